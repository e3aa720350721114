//! The probes: cases that act on an account, watch what happens, and leave nothing behind.
//!
//! A probe is a source of facts like a collector: its observations are attributes of a kind of its own, so that verdicts,
//! reports and evidence know nothing of it. To add a probe, add a file and a line to [`ALL`]. Whatever a probe creates is
//! in the [`Ledger`] before it exists, and is undone by [`perform`], or by [`sweep`] when the run was killed.
//! Must not know policies, verdicts or reports.

mod access_record;
mod alert;
mod clean;
mod decrypts_after_rotation;
mod denied;
mod digest;
mod forms;
mod function_log;
mod haste;
mod ledger;
mod listener;
mod machinery;
mod made;
mod mark;
mod notice;
mod proof;
mod role;
mod scene;
mod secret_rotation;
mod sweep;
mod trail_event;
mod value;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use attestry_core::facts::{Arguments, Gap, Kind, ProbeSpec, Resource};

pub use haste::{CLEANING, HURRIED, Haste, TOGETHER};
pub use ledger::{Announced, Entry, Ledger, LedgerError, Ledgers, Unfinished};
pub use machinery::{Outcome, Running, Task, perform, withhold};
pub use made::Made;
pub use notice::publish;
pub use proof::Claim;
pub use scene::Scene;
pub use sweep::{Ground, Swept, search, sweep};

/// Every probe, in the order of documentation.
pub const ALL: &[&dyn Probe] = &[
    &access_record::AccessRecord,
    &alert::Alert,
    &decrypts_after_rotation::DecryptsAfterRotation,
    &denied::Denied,
    &secret_rotation::SecretRotation,
];

/// An act under way. It ends with whether there was anything to act on, or with what AWS would not tell.
pub type Acting<'a> = Pin<Box<dyn Future<Output = Result<Target, Gap>> + Send + 'a>>;

/// Whether what a probe is about exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// It does, and was acted on.
    Found,
    /// It does not; the case says what that means.
    Missing,
}

/// Acts, and sets what it observes.
///
/// A probe only acts and watches. When it ends, however it ends, the machinery undoes what the probe announced with
/// [`Scene::intend`] before it created it.
pub trait Probe: Sync {
    /// The probe as policies and plans know it.
    fn spec(&self) -> &'static ProbeSpec;

    /// What it changes, in words for the people whose account it is.
    fn effects(&self, arguments: &Arguments) -> Vec<String>;

    /// The longest time that acting and watching may take.
    fn limit(&self, arguments: &Arguments) -> Duration;

    /// Acts, watches and sets every attribute of its kind. What is not set is not known.
    fn act<'a>(&'a self, scene: &'a Scene, seen: &'a mut Resource) -> Acting<'a>;
}

/// The descriptor of every probe.
pub fn specs() -> impl Iterator<Item = &'static ProbeSpec> {
    ALL.iter().map(|probe| probe.spec())
}

/// The probe of that name.
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
    fn what_is_made_names_a_probe_that_exists() {
        let name = || "x".to_owned();
        for made in [
            Made::Secret { name: name() },
            Made::Parameter { name: name() },
            Made::Queue { name: name() },
            Made::Subscription { topic: name(), queue: name() },
            Made::Rotation { secret: name(), version: name(), before: [].into(), begun: jiff::Timestamp::UNIX_EPOCH },
        ] {
            assert!(find(made.probe()).is_some(), "{made}: {}", made.probe());
        }
    }

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
}
