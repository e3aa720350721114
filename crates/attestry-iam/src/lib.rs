#![doc = include_str!("../README.md")]
//!
//! This crate must not know AWS clients, the kinds and policies of Attestry, or verdicts.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "the environment of a test says how much it tries"))]

mod context;
mod decide;
pub mod language;
mod parse;
mod pattern;
mod policy;
pub mod prove;
pub mod reference;
mod write;

pub use context::{Callers, Context, Known};
pub use decide::{Decision, Layer, Policies, Request, StatementPlace, Subject, Truth, decide, holds, undecided_keys};
pub use parse::{Form, Malformed, decoded, operator, parse};
pub use pattern::{LetterCase, Pattern, Resolved, resolved};
pub use policy::{Condition, Effect, Operator, Policy, Principal, Quantity, Statement, Test, Which};
pub use prove::{
    Area, Assumable, Catalogue, Counterexample, Doubt, Exception, Grant, Guarded, Holder, Member, Proof, Prover,
    Rights, Set,
};
pub use write::document;
