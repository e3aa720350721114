//! Attestry verifies a deployed AWS account against declarative policies.
//!
//! [`Run`] gives a Rust program the verdicts of a suite. The other modules are its parts, in the order in which the data
//! flows: a policy is read ([`source`]) and checked ([`policy`]) against the kinds of resources ([`facts`], [`kinds`])
//! with [`matchers`]. A [`plan`] lists the needed calls. Facts are collected ([`collect`]) from [`aws`]. Verdicts are
//! evaluated ([`verify`]). A run is reported ([`report`]) and sealed ([`evidence`]).
//!
//! `ARCHITECTURE.md` has the map and the invariants. `tests/it/architecture.rs` checks the allowed dependencies.

#[cfg(feature = "aws")]
pub mod aws;
mod cli;
#[cfg(feature = "aws")]
pub mod collect;
mod distinct_paths;
mod failure;
pub mod kinds;
#[cfg(feature = "aws")]
mod log_files;
pub mod probes;
#[cfg(feature = "aws")]
pub mod reference;
#[cfg(feature = "aws")]
mod run;
#[cfg(feature = "aws")]
mod runtime;
#[cfg(feature = "aws")]
mod trials;
mod trusted;
pub mod vocabulary;

pub use attestry_core::{alerts, evidence, facts, kind_files, matchers, mutants, plan, policy, report, source, verify};
pub use {attestry_iam as iam, attestry_logs as logs};

#[cfg(feature = "aws")]
pub use cli::main;
pub use cli::verify_main;
pub use failure::Failure;
#[cfg(feature = "aws")]
pub use run::{Interrupt, Messages, Outcome, OutputPlan, Run};
#[cfg(feature = "aws")]
pub use trials::trials;
