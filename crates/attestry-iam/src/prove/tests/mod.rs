//! Tests of the prover: scenarios, and comparisons with an evaluation of every request of a small world.
#![allow(
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

mod access_points;
mod allows;
mod assume;
mod exhaustive;
mod holders;
mod outsiders;
mod parties;
mod possible;
mod resources;
mod scenarios;
mod tokens;
mod world;
mod worlds;
