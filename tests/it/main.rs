//! The integration tests. They are one program, so that the SDK is linked once. They use the binary and the public
//! interface.
//!
//! A test here must not change the state of the whole process: environment variables, the current directory, limits. A
//! test that needs such a change starts a child process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice,
    unreachable_pub,
    reason = "a test may fail loudly"
)]

mod accounts;
mod architecture;
mod assumable;
mod baseline;
mod bundle;
mod calls;
mod canaries;
mod clock;
mod common;
mod controls;
mod documents;
mod embedded;
mod ends;
mod evidence;
mod examples;
mod faults;
mod forged;
mod history;
mod kind_files;
mod log_sweep;
mod logs_command;
mod monitoring;
mod mutants;
mod mutate;
mod named;
mod names;
mod oracles;
mod own_kinds;
mod probes;
mod readme;
mod reference;
mod reports;
mod schemas;
mod trees;
mod unread;
