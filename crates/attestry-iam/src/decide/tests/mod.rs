//! Tests conditions and decisions rule by rule, and the properties of all of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod conditions;
mod properties;
mod scenarios;
