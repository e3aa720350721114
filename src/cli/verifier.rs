//! The program `attestry-verify`: the commands for a person who received evidence. It holds no AWS code and no network code.
//!
//! This module must not know what a command does.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::commands::{explain, reperform, verify};
use super::support::output;
use crate::failure::Failure;
use attestry_core::verify::Exit;

/// Verifies the evidence of a run of Attestry. It works offline and makes no network request.
#[derive(Debug, Parser)]
#[command(name = "attestry-verify", version, max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: output::Color,
}

/// A subcommand with its arguments.
#[derive(Debug, Subcommand)]
enum Command {
    /// Check evidence and evaluate its verdicts again.
    Verify(verify::Args),
    /// Evaluate stored facts again, with the stored policies or with other policies.
    Reperform(reperform::Args),
    /// Explain the verdict of a case: the counterexample, the statement at fault and the place to fix.
    Explain(explain::Args),
}

impl Command {
    /// Runs the command and returns its exit code.
    fn run(self) -> Result<u8, Failure> {
        let ended = match self {
            Self::Verify(args) => verify::run(&args),
            Self::Reperform(args) => reperform::run(&args),
            Self::Explain(args) => explain::run(&args),
        };
        ended.map(|()| Exit::Met.code())
    }
}

/// Parses the arguments of the process, runs the command and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    super::run(Cli::try_parse, |cli| cli.color, |cli| cli.command.run())
}
