//! The pure middle of Attestry: from the text of policies and from facts to verdicts, reports and evidence.
//!
//! Policy text is read ([`source`]) and checked ([`policy`]) against the kinds of resources ([`facts`]) with [`matchers`]; a
//! [`plan`] lists the facts that are needed; verdicts are evaluated ([`verify`]); a run is reported ([`report`]) and its evidence
//! sealed ([`evidence`]). Must not know AWS clients, collectors, the network or the command line.

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
