//! AWS as a place to read from: sessions, pacing, paging, error classes, record and replay, described accounts.
//!
//! Must not name a resource kind, an attribute or a policy.

mod at;
mod gap;
mod operation;
pub mod wire;

pub use at::At;
pub use gap::refused_with;
pub use operation::Operation;
