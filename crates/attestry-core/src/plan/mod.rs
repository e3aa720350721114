//! The plan: from cases to the facts they need, hence to the calls, and to the permissions for them.
//!
//! Pure. Must not know how calls are made.

mod demand;
mod permissions;

pub use demand::{Demand, Interest, Plan};
pub use permissions::{policy_document, terraform};

#[cfg(test)]
mod tests;
