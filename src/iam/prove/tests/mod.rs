//! Scenarios, and an exhaustive comparison.

mod exhaustive;
mod resources;
mod scenarios;
