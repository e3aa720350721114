//! Judges stored facts by other policies, and finds the changed verdicts.
//!
//! This module must not know the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::judged::{Judged, judge};
use super::{Damage, Verified};
use crate::facts::Kind;
use crate::policy::{Root, Vocabulary};
use crate::verify::CaseResult;

/// The change of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The id of the case.
    pub case: String,
    /// The stored verdict. Absent if the case is new.
    pub before: Option<&'static str>,
    /// The verdict now. Absent if the case does not exist any more.
    pub after: Option<&'static str>,
    /// The resources whose verdict changed, each with the verdict before and the verdict now.
    pub resources: Vec<(String, &'static str, &'static str)>,
}

impl Verified {
    /// Judges the stored facts by the suite with the same path below another root.
    ///
    /// # Errors
    /// The texts there cannot be used.
    pub fn judged_by(
        &self,
        root: &Path,
        words: Vocabulary,
        find: impl Fn(&str) -> Option<&'static Kind>,
    ) -> Result<Judged, Damage> {
        judge(&self.contents, &Root::Directory(root), words, find)
    }
}

/// Returns the changes in the order of the cases. Cases that do not exist any more come last.
#[must_use]
pub fn changes(before: &[CaseResult], after: &[CaseResult]) -> Vec<Change> {
    let find = |all: &[CaseResult], id: &str| all.iter().position(|case| case.case.id == id);
    let mut changes = Vec::new();
    for now in after {
        let was = find(before, &now.case.id).and_then(|at| before.get(at));
        let resources = was.map(|was| moved(was, now)).unwrap_or_default();
        // A case that stays violated, but with less complete data, is also a change.
        let seen = was.is_some_and(|was| was.is_incomplete() == now.is_incomplete());
        let (was, is) = (was.map(|was| was.verdict.word()), now.verdict.word());
        if was != Some(is) || !seen || !resources.is_empty() {
            changes.push(Change { case: now.case.id.clone(), before: was, after: Some(is), resources });
        }
    }
    for was in before.iter().filter(|was| find(after, &was.case.id).is_none()) {
        let (case, verdict) = (was.case.id.clone(), Some(was.verdict.word()));
        changes.push(Change { case, before: verdict, after: None, resources: Vec::new() });
    }
    changes
}

/// The word instead of a verdict for a resource that the case is not about.
const OUTSIDE: &str = "outside";

fn moved(was: &CaseResult, now: &CaseResult) -> Vec<(String, &'static str, &'static str)> {
    let (was, now) = (verdicts(was), verdicts(now));
    let keys: BTreeSet<_> = was.keys().chain(now.keys()).collect();
    let both = keys.into_iter().map(|key| {
        let of = |all: &BTreeMap<_, &'static str>| all.get(key).copied().unwrap_or(OUTSIDE);
        (key.2.to_owned(), of(&was), of(&now))
    });
    both.filter(|(_, was, now)| was != now).collect()
}

/// Returns the verdict of each resource, by account, Region and id.
fn verdicts(of: &CaseResult) -> BTreeMap<(&str, &str, &str), &'static str> {
    of.resources.iter().map(|it| ((&*it.account, &*it.region, &*it.id), it.verdict.word())).collect()
}
