//! The pure middle of Attestry: from the text of policies and from facts to verdicts, reports and evidence.
//!
//! [`source`] reads the text of policies. [`policy`] checks it against the kinds of resources ([`facts`]) and the
//! [`matchers`]. A [`plan`] lists the facts that the cases need. [`verify`] evaluates the verdicts. [`report`] writes
//! the reports of a run, and [`evidence`] writes its evidence. This crate must not know AWS clients, collectors, the
//! network or the command line.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "the environment of a test says how much it tries"))]

pub mod alerts;
pub mod evidence;
pub mod facts;
pub mod kind_files;
pub mod matchers;
pub mod mutants;
pub mod plan;
pub mod policy;
pub mod report;
pub mod source;
pub mod verify;
