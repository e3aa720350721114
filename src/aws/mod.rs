//! AWS as a place to read from: sessions, pacing, paging, error classes, record and replay, described accounts.
//!
//! Must not name a resource kind, an attribute or a policy.

mod at;
pub mod described;
mod gap;
mod operation;
pub mod recording;
pub mod wire;

pub use at::At;
pub use operation::Operation;
