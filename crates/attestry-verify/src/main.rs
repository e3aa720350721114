//! The `attestry-verify` binary: arguments in, exit code out.
//!
//! Must not know AWS or the network. A test reads its dependency tree.

use std::process::ExitCode;

fn main() -> ExitCode {
    attestry::verify_main()
}
