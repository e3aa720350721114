//! The parts that several probes share.
//!
//! Must not know any single probe, the runner or the ledger.

pub(super) mod digest;
pub(super) mod forms;
pub(super) mod function;
pub(super) mod function_log;
pub(super) mod key;
pub(super) mod page;
pub(super) mod role;
pub(super) mod sealed;
pub(super) mod secret;

use std::time::Duration;

use attestry_core::facts::{Cause, Gap, Value};

/// A gap that the probe found itself.
pub(super) fn gap(cause: Cause, message: impl Into<String>) -> Gap {
    Gap::new(cause).with_message(message)
}

/// The gap for an answer of AWS that lacks a part.
pub(super) fn malformed(message: &str) -> Gap {
    gap(Cause::Malformed, message)
}

/// A duration as a fact: its whole seconds.
pub(super) fn seconds(took: Duration) -> Value {
    Value::Duration(i64::try_from(took.as_secs()).unwrap_or(i64::MAX))
}
