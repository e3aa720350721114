//! Filter patterns: single events, decisions, and both against each other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod buses;
mod decisions;
mod events;
mod properties;
