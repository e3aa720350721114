//! Tests of filter patterns: single events, decisions, and comparisons of both.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod buses;
mod decisions;
mod events;
mod properties;
