//! The probes: cases that act on an account, watch the effect, and clean up.
//!
//! A probe is a source of facts, like a collector. Its observations are the attributes of a kind of its own, so verdicts,
//! reports and evidence need no code for probes. A probe is one folder and one line in the list below. The `mod.rs` of the
//! folder is the specification: pure data, which compiles without the feature `aws`. Its `act.rs` acts. The folder `runner` runs
//! probes and cleans up after them, and `support` has the parts that several probes share. Must not know policies, verdicts
//! or reports.

mod access_record;
mod alarm;
mod alert;
mod alert_on_action;
mod archive_query;
mod decrypts_after_rotation;
mod denied;
mod fetch;
mod key_lifecycle;
mod rollback;
#[cfg(feature = "aws")]
mod runner;
mod secret_rotation;
mod signature;
#[cfg(feature = "aws")]
mod support;

use attestry_core::facts::{Kind, ProbeSpec};

#[cfg(feature = "aws")]
pub use runner::{
    Outcome, Running, Task,
    artifact::{Artifact, ArtifactKind, LedgerForm, List, Marked, Pending, Search, artifact},
    cleanup::{Cleaned, CleanupScope, cleanup, cleanup_by_search},
    cleanup_pace::{CLEANUP_TIME, CleanupPace, HURRIED_TIME},
    context::ProbeContext,
    ledger::{Entry, Ledger, LedgerError, Ledgers, RecordedIntent, Unfinished},
    notice::publish,
    ownership::{Origin, Ownership},
    perform,
    probe::{Acting, Probe, Target},
    withhold,
};

/// The lists of the two halves of these probes.
macro_rules! probes {
    ($($folder:ident),* $(,)?) => {
        /// The specification of every probe, in the order of documentation.
        pub static SPECS: &[&ProbeSpec] = &[$(&$folder::SPEC),*];

        /// Every probe, in the order of documentation.
        #[cfg(feature = "aws")]
        pub const ALL: &[&dyn Probe] = &[$(&$folder::act::Act),*];
    };
}

probes! {
    access_record,
    alarm,
    alert,
    alert_on_action,
    archive_query,
    decrypts_after_rotation,
    denied,
    fetch,
    key_lifecycle,
    rollback,
    secret_rotation,
    signature,
}

/// Every kind of artifact, in the order of a search in the account. A subscription comes before its queue, which is its proof.
#[cfg(feature = "aws")]
pub static ARTIFACTS: &[&ArtifactKind] = &[
    &denied::secret::SECRET,
    &secret_rotation::rotation::ROTATION,
    &secret_rotation::pending_label::PENDING_LABEL,
    &denied::parameter::PARAMETER,
    &alarm::state::ALARM_STATE,
    &alert::subscription::SUBSCRIPTION,
    &alert::queue::QUEUE,
    &key_lifecycle::key_state::KEY_STATE,
    &rollback::version::VERSION,
    &rollback::alias::ALIAS_KIND,
];

/// The specification of every probe.
pub fn specs() -> impl Iterator<Item = &'static ProbeSpec> {
    SPECS.iter().copied()
}

/// The probe of that name.
#[cfg(feature = "aws")]
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Probe> {
    ALL.iter().copied().find(|probe| probe.spec().name == name)
}

/// The kind of that name, if a probe has it.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    specs().map(|spec| spec.kind).find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_probe_is_whole() {
        let names: Vec<&str> = specs().map(|spec| spec.name).collect();
        assert!(names.is_sorted(), "{names:?}");
        for spec in specs() {
            assert_eq!(spec.kind.name, format!("probe.{}", spec.name));
            let target = spec.arguments.iter().find(|argument| argument.name == spec.target);
            assert!(target.is_some_and(|argument| argument.required), "{}: no target", spec.name);
            for name in ["case", "name", "cleaned"] {
                assert!(spec.kind.attribute(name).is_some(), "{}: no {name}", spec.name);
            }
            for attribute in spec.kind.attributes {
                assert!(spec.kind.call(attribute.call).is_some(), "{}: {}", spec.name, attribute.name);
                assert!(attribute.doc.ends_with('.'), "{}: {}", spec.name, attribute.name);
            }
        }
    }

    /// Both halves of a probe stand in one line of the list.
    #[cfg(feature = "aws")]
    #[test]
    fn the_halves_of_a_probe_belong_together() {
        assert!(ALL.iter().map(|probe| probe.spec().name).eq(specs().map(|spec| spec.name)));
    }
}
