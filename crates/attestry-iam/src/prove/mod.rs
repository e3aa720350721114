//! Proves claims about *every* request. A claim is proved, refuted with a counterexample, or undecided with the reason.
//!
//! Two bounds keep the answers sound for all condition keys of a request. The first bound is the set of requests that
//! *can* be allowed: each Allow that may apply, without the Denies that surely apply. The second bound is the set of
//! requests that are *surely* allowed: each Allow that surely applies, without the Denies that may apply. The claim
//! that nothing is allowed is proved when the first set is empty. It is refuted when the second set is not empty. In
//! all other cases the claim is undecided, and the answer names the condition keys that decide. The prover reports a
//! counterexample only when `decide` confirms it.
//!
//! Assumptions: an ARN has one of the formats that the reference lists for the action. Claims about identities do not
//! cover resource policies, RCPs, and the actions that services take on their own. This module must not know AWS
//! clients, kinds or verdicts.

mod access_points;
mod actions;
mod asked;
mod assume;
mod callers;
mod catalogue;
mod claim;
mod everyone;
mod identity;
mod keys;
mod outsider;
mod parts;
mod party;
mod possible;
mod providers;
mod reachable;
mod refine;
mod resource;
mod said;
mod samples;
mod search;
mod space;
mod term;
mod values;
mod witness;

pub use assume::{Assumable, Member};
pub use catalogue::Catalogue;
pub use claim::{Area, Counterexample, Doubt, Proof, Set};
pub use identity::{Holder, Prover, Rights};
pub use outsider::Exception;
pub use resource::{Grant, Guarded};

#[cfg(test)]
mod tests;
