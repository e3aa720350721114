//! Another way to the same data: an access point has an ARN of its own, which does not say to which bucket it leads.
//!
//! Must not know how a claim is proved.

use super::claim::{Area, Doubt, Proof, Set};
use super::identity::Prover;
use crate::facts::PARTITIONS;
use crate::iam::language::Pattern;

const BUCKETS: &str = "arn:*:s3:::?*";
const ACCESS_POINTS: &str = "arn:*:s3:*:*:accesspoint/*";

impl Prover<'_> {
    /// What a proof says of buckets, where they may also be reached by access points: `of` judges those.
    pub(super) fn by_access_points(&self, area: &Area, proof: Proof, of: impl FnOnce(&Area) -> Proof) -> Proof {
        // In one partition after the other: a star for all of them stands for colons too, and so for other services.
        let buckets: Vec<_> = PARTITIONS.iter().map(|it| Pattern::glob(&BUCKETS.replacen('*', it.name, 1))).collect();
        let may_be_bucket = |claimed: &Pattern| buckets.iter().any(|it| !claimed.excludes(it));
        if proof != Proof::Proved || !area.resources.of.iter().any(|it| may_be_bucket(&Pattern::glob(it))) {
            return proof;
        }
        let actions = self.both(area);
        if actions.is_empty() {
            return proof;
        }
        // A name of an object may look like an access point, and is none.
        let except = area.resources.except.iter().map(String::as_str).chain([BUCKETS]);
        let resources = Set::of([ACCESS_POINTS]).except(except);
        let (resource, by) = match of(&Area { actions: Set::of(actions), resources }) {
            Proof::Refuted(found) => match found.into_iter().next() {
                Some(one) => (one.resource, one.by),
                None => return proof,
            },
            Proof::Undecided(Doubt::Conditions { example, by, .. }) => (example.resource, by),
            _ => return proof,
        };
        let Some(by) = by.into_iter().next() else { return proof };
        Proof::Undecided(Doubt::Beyond { what: format!("to which bucket {resource} leads is"), by })
    }

    /// The actions that AWS asks for a bucket or an object, and for those of an access point.
    fn both(&self, area: &Area) -> Vec<String> {
        let patterns = [BUCKETS, ACCESS_POINTS].map(Pattern::glob);
        let all = self.catalogue.known(&self.catalogue.spread(&area.actions), Some(&[&Pattern::glob("s3:*")]));
        let is_both = |formats: &[Pattern]| patterns.iter().all(|it| formats.iter().any(|format| !format.excludes(it)));
        all.into_iter().filter(|it| is_both(&self.catalogue.anywhere(it, "aws"))).map(|it| it.name.clone()).collect()
    }
}
