//! The `attestry-verify` binary: arguments in, exit code out.
//!
//! This crate must not know AWS or the network. A test checks the dependency tree of the crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    attestry::verify_main()
}
