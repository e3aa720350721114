//! Decides one request: allowed, denied, or undecided with the condition keys that decide it.
//!
//! The logic has three values. A fact is unknown when the context does not contain it, when a value is no readable
//! number or date, or when AWS does not document the rule. The module returns a decision only if no unknown fact can
//! change it. The rules are those of the IAM User Guide, "Policy evaluation logic". This module must not know JSON or
//! facts.

mod conditions;
mod decision;
mod found;
mod principals;
mod request;
mod statement;
mod truth;
mod values;

pub use conditions::{holds, undecided_keys};
pub use decision::{Decision, Policies, decide};
pub use found::{Layer, StatementPlace};
pub(super) use principals::is_session_of;
pub use request::{Request, Subject};
pub use truth::Truth;
pub(super) use values::date as instant;

#[cfg(test)]
mod tests;
