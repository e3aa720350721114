//! What becomes of *every* request of a claim: proved, refuted with a counterexample, or undecided with the reason.
//!
//! Two bounds keep the answers sound, whatever the condition keys of a request are. What *can* be allowed: each Allow
//! that may apply, without the Denies that surely do. What *surely* is: each Allow that surely applies, without the
//! Denies that may. A claim that nothing is allowed is proved where the first is empty and refuted where the second is
//! not; between them lies what the named condition keys decide. No counterexample is told that `decide` does not confirm.
//!
//! Assumed: an ARN has one of the formats that the reference gives for the action; resource policies, RCPs and what
//! services do for themselves are outside of the claims over identities. Must not know AWS clients, kinds or verdicts.

mod access_points;
mod actions;
mod asked;
mod callers;
mod catalogue;
mod claim;
mod everyone;
mod identity;
mod keys;
mod outsider;
mod parts;
mod party;
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

pub use catalogue::Catalogue;
pub use claim::{Area, Counterexample, Doubt, Proof, Set};
pub use identity::{Prover, Rights};
pub use outsider::Exception;
pub use resource::{Grant, Guarded};

#[cfg(test)]
mod tests;
