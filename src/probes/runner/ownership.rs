//! The proof that the run created an artifact, before Attestry removes it.
//!
//! A name is no proof, because any person can choose it. A ledger is no proof, because each holder of its key can write
//! one. So four things must hold: the artifact bears the mark of the run in its place, a second field that AWS keeps
//! repeats the mark, AWS created it while the run acted, and its value did not change since. Attestry reports an
//! artifact without this proof, and does not remove it. Must not know any single artifact, or how one is removed.

use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::artifact::Artifact;
use super::mark::{self, description, mark};
use crate::aws::AccountRegion;
use crate::probes::support::gap;
use attestry_core::facts::{Cause, Gap};

/// How much the clocks of AWS and of a run may differ, and how long AWS may retry a creation.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);

/// How long after its line in the ledger an artifact may have been created. No probe takes longer.
const AFTER_INTENT: SignedDuration = SignedDuration::from_hours(1);

/// How long after the start of the run an artifact may have been created, when only the id of the run is left. Probes act
/// after all reads.
const AFTER_START: SignedDuration = SignedDuration::from_hours(6);

/// The expected origin of an artifact: the mark of its run and case, and the time in which AWS must have created it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub(in crate::probes) mark: String,
    since: Timestamp,
    until: Timestamp,
    /// Whether a ledger names the artifact. Otherwise only its own name does.
    pub(in crate::probes) is_recorded: bool,
}

/// Whether an artifact exists, and whether the run created it.
#[derive(Debug, PartialEq, Eq)]
pub enum Ownership {
    /// It does not exist.
    Gone,
    /// The run created it. The handle is the name by which AWS removes it.
    Ours(String),
    /// It exists, and the proof fails for this reason.
    Foreign(String),
}

impl Ownership {
    /// The result of a proof.
    pub(in crate::probes) fn judged(handle: impl Into<String>, proof: Result<(), String>) -> Self {
        proof.map_or_else(Self::Foreign, |()| Self::Ours(handle.into()))
    }
}

impl Origin {
    /// The origin by a ledger: the case recorded its intent at that time.
    #[must_use]
    pub fn recorded(run: &str, case: &str, at: Timestamp) -> Self {
        Self::between(mark(run, case), at, AFTER_INTENT, true)
    }

    /// The origin by a name alone.
    pub(super) fn named(mark: &str, start: Timestamp) -> Self {
        Self::between(mark.to_owned(), start, AFTER_START, false)
    }

    fn between(mark: String, from: Timestamp, longest: SignedDuration, is_recorded: bool) -> Self {
        let since = from.checked_sub(TOLERANCE).unwrap_or(from);
        Self { mark, since, until: from.checked_add(longest).unwrap_or(from), is_recorded }
    }

    /// Checks the name of the artifact, before the first call.
    ///
    /// # Errors
    /// The name is not the one that the probe gave.
    pub(super) fn check_name(&self, artifact: &dyn Artifact, at: &AccountRegion) -> Result<(), String> {
        let is_mark = mark::parse(&self.mark).is_some_and(|(parsed, _)| parsed == self.mark);
        if is_mark && artifact.bears(&self.mark, &at.account, &at.region) {
            return Ok(());
        }
        Err(format!("it does not carry {}, so Attestry did not make it", self.mark))
    }

    /// Checks the time of creation by AWS.
    ///
    /// # Errors
    /// AWS did not create it while the run acted.
    pub(in crate::probes) fn check_time(&self, what: &str, created: Option<Timestamp>) -> Result<(), String> {
        match created {
            Some(created) if self.since <= created && created <= self.until => Ok(()),
            Some(created) => Err(format!("AWS created {what} at {created}, and the run acted after {}", self.since)),
            None => Err(format!("AWS returned no time of creation for {what}")),
        }
    }

    /// Checks a time that AWS may have rounded to the start or the end of a day.
    ///
    /// # Errors
    /// Also without the rounding, it is not in the time in which the run acted.
    pub(in crate::probes) fn check_day(&self, what: &str, time: Option<Timestamp>) -> Result<(), String> {
        let day = SignedDuration::from_hours(24);
        let (since, until) = (self.since.saturating_sub(day), self.until.saturating_add(day));
        match (time, since, until) {
            (Some(time), Ok(since), Ok(until)) if since <= time && time <= until => Ok(()),
            (Some(time), ..) => Err(format!("AWS dates {what} as of {time}, and the run acted after {}", self.since)),
            (None, ..) => Err(format!("AWS returned no time for {what}")),
        }
    }

    /// Checks the description that AWS keeps.
    ///
    /// # Errors
    /// It is not the description that a probe gives.
    pub(in crate::probes) fn check_description(&self, found: Option<&str>) -> Result<(), String> {
        if found == Some(&*description(&self.mark)) {
            return Ok(());
        }
        Err("only its name bears the mark of a probe, and its description does not".to_owned())
    }
}

/// The gap for an answer that AWS may complete in a moment.
pub(in crate::probes) fn not_seen_yet(message: &str) -> Gap {
    gap(Cause::Undecided, message)
}

/// An instant of the SDK.
pub(in crate::probes) fn instant(time: Option<&DateTime>) -> Option<Timestamp> {
    Timestamp::from_second(time?.secs()).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const RUN: &str = "20261120T221500Z-0a1b2c3d";

    #[test]
    fn a_creation_belongs_to_the_time_of_its_origin() {
        let start: Timestamp = "2026-11-20T22:15:00Z".parse().unwrap();
        let (recorded, mark) = (Origin::recorded(RUN, "P/c", start), mark(RUN, "P/c"));
        let named = Origin::named(&mark, start);
        for (minutes, by_ledger, by_name) in [
            (-16, false, false),
            (-15, true, true),
            (0, true, true),
            (60, true, true),
            (61, false, true),
            (6 * 60, false, true),
            (6 * 60 + 1, false, false),
        ] {
            let created = start.checked_add(SignedDuration::from_mins(minutes)).ok();
            assert_eq!(recorded.check_time("it", created).is_ok(), by_ledger, "{minutes}");
            assert_eq!(named.check_time("it", created).is_ok(), by_name, "{minutes}");
        }
        assert!(recorded.check_time("it", None).is_err());
        for (hours, holds) in [(-25, false), (-24, true), (0, true), (25, true), (26, false)] {
            let time = start.checked_add(SignedDuration::from_hours(hours)).ok();
            assert_eq!(recorded.check_day("it", time).is_ok(), holds, "{hours}");
        }
        assert!(recorded.check_day("it", None).is_err());
    }
}
