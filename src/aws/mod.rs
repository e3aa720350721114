//! AWS as a place to read from: sessions, pacing, paging, error classes, record and replay, described accounts.
//!
//! Must not name a resource kind, an attribute or a policy.

mod at;
mod gap;
mod operation;
pub mod wire;

pub use at::{At, GLOBAL};
pub use gap::refused_with;
pub use operation::Operation;

/// Runs a read so that its gaps know the operation they come from.
pub async fn tracked<F: std::future::Future>(read: F) -> F::Output {
    read.await
}
