//! Judges the access points of S3, which are another path to the objects of a bucket. The ARN of an access point does
//! not contain the name of its bucket.
//!
//! This module must not know how a claim is proved.

use super::claim::{Area, Doubt, Proof, Set};
use super::identity::Prover;
use crate::language::{Class, Pattern, Token};

const BUCKETS: &str = "arn:*:s3:::?*";
const ACCESS_POINTS: &str = "arn:*:s3:*:*:accesspoint/*";

impl Prover<'_> {
    /// Extends a proof about buckets to their access points. The function `of` judges the access points.
    pub(super) fn by_access_points(&self, area: &Area, proof: Proof, of: impl FnOnce(&Area) -> Proof) -> Proof {
        if proof != Proof::Proved {
            return proof;
        }
        // The partition must not contain a colon. Otherwise the pattern would also cover other services.
        let (begin, rest) = (Pattern::text("arn:"), Pattern::glob(":s3:::?*"));
        let partition = [Token::Many(Class::Field)];
        let buckets = Pattern::new([begin.tokens(), &partition, rest.tokens()].concat());
        let may_be_bucket = |claimed: &String| !Pattern::glob(claimed).excludes(&buckets);
        if !area.resources.of.iter().any(may_be_bucket) {
            return proof;
        }
        let actions = self.both(area);
        if actions.is_empty() {
            return proof;
        }
        // The name of an object can look like an access point. Such an object is not an access point.
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

    /// Returns the actions on a bucket or an object that also apply to an access point.
    fn both(&self, area: &Area) -> Vec<String> {
        let patterns = [BUCKETS, ACCESS_POINTS].map(Pattern::glob);
        let all = self.catalogue.known(&self.catalogue.spread(&area.actions), Some(&[&Pattern::glob("s3:*")]));
        let is_both = |formats: &[Pattern]| patterns.iter().all(|it| formats.iter().any(|format| !format.excludes(it)));
        all.into_iter().filter(|it| is_both(&self.catalogue.anywhere(it, "aws"))).map(|it| it.name.clone()).collect()
    }
}
