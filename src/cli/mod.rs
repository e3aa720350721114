//! The command line: `commands` has one file for each subcommand, `support` has their shared code. Two programs use it:
//! `program` is `attestry`, `verifier` is `attestry-verify`.
//!
//! No other module names this one. Exit codes are those of [`Exit`].

mod commands;
#[cfg(feature = "aws")]
mod program;
mod support;
mod verifier;

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use crate::failure::Failure;
use attestry_core::verify::Exit;
use support::{output, panics};

#[cfg(feature = "aws")]
pub use program::main;
pub use verifier::main as verify_main;

/// Parses the arguments of a program, runs its command and returns the exit code of the process.
fn run<Cli>(
    parse: impl FnOnce() -> Result<Cli, clap::Error>,
    color: impl FnOnce(&Cli) -> output::Color,
    command: impl FnOnce(Cli) -> Result<u8, Failure>,
) -> ExitCode {
    panics::redact();
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => {
            let written = error.print().and_then(|()| std::io::stdout().flush());
            if error.use_stderr() {
                return ExitCode::from(Exit::Usage.code());
            }
            output::keep_error(written);
            return output::finish(Ok(Exit::Met.code()));
        }
    };
    color(&cli).apply();
    // The hook shows the message of a panic. Here the panic gets an exit code of the table.
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| command(cli)));
    output::finish(ended.unwrap_or_else(|_| Err(panics::defect())))
}
