//! The command line: `commands` has one file for each subcommand, `support` has what they share.
//!
//! No other module names this one. Exit codes are those of [`Exit`].

mod commands;
mod support;

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::failure::Failure;
use attestry_core::verify::Exit;
use commands::Command;
use support::{examples, limits, output, panics};

/// Verifies an AWS account against declarative policies. A case passes only when Attestry saw all of its data.
#[derive(Debug, Parser)]
#[command(name = "attestry", version, max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: output::Color,
}

/// Parses the arguments of the process, runs the command and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    panics::redact();
    let parsed = examples::add(Cli::command()).try_get_matches().and_then(|found| Cli::from_arg_matches(&found));
    let cli = match parsed {
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
    cli.color.apply();
    // The hook shows the message of a panic. Here the panic gets an exit code of the table.
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| limits::check().and_then(|()| cli.command.run())));
    let defect =
        || Err(Failure::new(Exit::Output, "this is a defect of Attestry, or the machine has too little memory"));
    output::finish(ended.unwrap_or_else(|_| defect()))
}
