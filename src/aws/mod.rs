//! The access to AWS: sessions, pacing, paging, error classes, recording and replay, and described accounts.
//!
//! This module must not name a kind, an attribute or a policy.

mod account_region;
pub mod bucket;
mod calls;
pub mod client;
mod clock;
pub mod described;
mod flow;
mod gap;
mod gone;
mod operation;
mod operations;
mod outside;
mod pace;
mod pages;
mod quota;
mod reach;
pub mod recording;
mod renewal;
pub mod securityhub;
mod session;
mod signing;
mod sparing;
mod transport;
mod unreadable;
pub mod validate;
mod whole;
pub mod wire;

pub use account_region::{AccountRegion, GLOBAL};
pub use calls::{CallLog, LoggedCall};
pub use clock::{Clocks, TOLERANCE, clocks};
pub use described::Described;
pub use flow::Flow;
pub use gap::{OrGap, gap_of, refused_with};
pub use gone::gone_codes;
pub use operation::{ACCOUNT_BLOCK, Operation};
pub use operations::Operations;
pub use outside::{Page, get, post};
pub use pace::Pace;
pub use pages::{MOST_ITEMS, Pages};
pub use reach::Connection;
pub use session::{Backend, Identity, Refusal, Role, Session, Target, identity, open};
pub use signing::SigningKey;
pub use sparing::{Unread, sparing, tells};
pub use transport::Link;
