//! The acting half of a probe, as the runner sees it.
//!
//! Must not know any single probe.

use std::time::Duration;

use super::artifact::Pending;
use super::context::ProbeContext;
use attestry_core::facts::{Arguments, Gap, ProbeSpec, Resource};

/// The work of a probe under way. It ends with the target, or with the data that AWS did not return.
pub type Acting<'a> = Pending<'a, Result<Target, Gap>>;

/// Whether the target of a probe exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// It exists, and the probe acted on it.
    Found,
    /// It does not exist. The case decides what that means.
    Missing,
}

/// The acting half of a probe: it acts, and sets its observations.
///
/// A probe only acts and watches. When it ends, for whatever reason, the runner removes the artifacts that the probe recorded
/// with [`ProbeContext::record_intent`] before it created them.
pub trait Probe: Sync {
    /// The specification, for policies and plans.
    fn spec(&self) -> &'static ProbeSpec;

    /// The names of the artifacts that it creates and that another probe lists as its own.
    fn also_creates(&self) -> &'static [&'static str] {
        &[]
    }

    /// The changes that it makes, in words for the people who own the account.
    fn effects(&self, arguments: &Arguments) -> Vec<String>;

    /// The longest time for acting and watching.
    fn limit(&self, arguments: &Arguments) -> Duration;

    /// Acts, watches and sets every attribute of its kind. An attribute that is not set is unknown.
    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a>;
}
