//! Attestry verifies a deployed AWS account against declarative policies.
//!
//! The modules are the sentence that the program is, in the order in which data walks through them, once, without
//! turning back: *policy text is read ([`source`]) and checked ([`policy`]) against the kinds of resources there are
//! ([`facts`], [`kinds`]) with [`matchers`]; a [`plan`] says which facts are needed; they are collected ([`collect`])
//! from [`aws`]; verdicts are evaluated ([`verify`]); a run is reported ([`report`]) and sealed ([`evidence`]).*
//!
//! `ARCHITECTURE.md` holds the map and the invariants; `tests/architecture.rs` holds the allowed dependencies.

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "aws")]
pub mod cli;
#[cfg(feature = "aws")]
pub mod collect;
pub mod kinds;
pub mod probes;

pub use attestry_core::{alerts, evidence, facts, matchers, plan, policy, report, source, verify};
pub use {attestry_iam as iam, attestry_logs as logs};
