//! What becomes of one request: allowed, denied, or undecided with the condition keys that decide it.
//!
//! Everything is three-valued. What the context does not say, what cannot be read as a number or date, and what AWS does
//! not document is unknown, and an answer is given only where no unknown could change it. Must not know JSON or facts.

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
pub use found::{At, Layer};
pub(super) use principals::is_session_of;
pub use request::{Request, Subject};
pub use truth::Truth;
pub(super) use values::date as instant;

#[cfg(test)]
mod tests;
