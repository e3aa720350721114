//! The plan: from the cases to the facts that they need, then to the calls, and then to the permissions for the calls.
//!
//! The module does no I/O. This module must not know how calls are made.

mod demand;
mod permissions;

pub use demand::{Demand, Interest, Plan, WindowWanted};
pub use permissions::{policy_document, terraform};

#[cfg(test)]
mod tests;
