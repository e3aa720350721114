//! The parts that several probes share.
//!
//! Must not know any single probe, the runner or the ledger.

pub(super) mod digest;
pub(super) mod forms;
pub(super) mod function;
pub(super) mod function_log;
pub(super) mod page;
pub(super) mod role;
pub(super) mod secret;

use attestry_core::facts::{Cause, Gap};

/// A gap that the probe found itself.
pub(super) fn gap(cause: Cause, message: impl Into<String>) -> Gap {
    Gap::new(cause).with_message(message)
}

/// The gap for an answer of AWS that lacks a part.
pub(super) fn malformed(message: &str) -> Gap {
    gap(Cause::Malformed, message)
}
