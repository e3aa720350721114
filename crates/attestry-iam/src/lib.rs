//! IAM policy documents: parse, decide, prove.
//!
//! Pure: documents and a request, or a claim over all requests, in; an answer with its reason out. Must not know AWS
//! clients, kinds, policies of Attestry or verdicts. Three questions, each on top of the one before:
//!
//! - `parse`: what does the document say? Exactly as AWS reads it, or an error with its place.
//! - `decide`: what becomes of this one request? Allowed, denied, or undecided with the condition keys that decide it.
//! - `prove`: what becomes of *every* request of a claim? Proved, refuted with a counterexample, or undecided.
//!
//! `facts` takes documents through facts and back; no other file here may name them.

mod context;
mod decide;
pub mod language;
mod parse;
mod pattern;
mod policy;
pub mod prove;
pub mod reference;
mod write;

pub use context::{Context, Known};
pub use decide::{At, Decision, Layer, Policies, Request, Subject, Truth, decide, holds, undecided_keys};
pub use parse::{Form, Malformed, decoded, operator, parse};
pub use pattern::{Case, Pattern, Resolved, resolved};
pub use policy::{Condition, Effect, Operator, Policy, Principal, Quantity, Statement, Test, Which};
pub use prove::{Area, Catalogue, Counterexample, Doubt, Exception, Grant, Guarded, Proof, Prover, Rights, Set};
pub use write::document;
