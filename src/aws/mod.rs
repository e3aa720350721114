//! AWS as a place to read from: sessions, pacing, paging, error classes, record and replay, described accounts.
//!
//! Must not name a resource kind, an attribute or a policy.

mod at;
mod calls;
mod gap;
mod operation;
mod pace;
mod quota;
mod session;
mod stub;
mod transport;
pub mod wire;

pub use at::{At, GLOBAL};
pub use calls::{Call, CallLog};
pub use gap::refused_with;
pub use operation::{Operation, tracked};
pub use pace::Pace;
pub use session::{Backend, Identity, Recorder, Refusal, Role, Session, Target, identity, open};
pub use stub::{Described, Recording};
pub use transport::Link;
