//! Scenarios, and an exhaustive comparison.

mod exhaustive;
mod scenarios;
