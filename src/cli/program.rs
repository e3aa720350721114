//! The program `attestry`: all commands, and their dispatch.
//!
//! This module must not know what a command does.

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use super::commands::{
    check, cleanup, completions, controls, diff, evidence, explain, kinds, list, logs, mutate, permissions, plan, push,
    reference, reperform, run, schema, verify,
};
use super::support::{examples, limits, output};
use crate::failure::Failure;
use attestry_core::verify::Exit;

/// Verifies an AWS account against declarative policies. A case is met only when Attestry read all data that the case needs.
#[derive(Debug, Parser)]
#[command(name = "attestry", version, max_term_width = 110, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: output::Color,
}

/// A subcommand with its arguments.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run a suite against a stage, and write reports and evidence.
    Run(Box<run::Args>),
    /// Check policies, suites and waivers, and evaluate their examples. It works offline.
    Check(check::Args),
    /// Show the cases of a run and its planned calls. The command makes no call.
    Plan(plan::Args),
    /// Print the IAM policy that a run needs.
    Permissions(permissions::Args),
    /// List the cases of a suite.
    List(list::Args),
    /// Show the controls of each framework: those that a suite tests, and those without a case. It works offline.
    Controls(controls::Args),
    /// Replace each fact that a suite reads with a wrong value, one at a time. List the changes that no case detects. It works offline.
    Mutate(mutate::Args),
    /// Remove what the probes of a killed run left in the account.
    Cleanup(cleanup::Args),
    /// Search log files for values of secrets and for text that looks like a secret. It works offline.
    Logs(logs::Args),
    /// Check evidence and evaluate its verdicts again. It works offline and without credentials.
    Verify(verify::Args),
    /// Evaluate stored facts again, with the stored policies or with other policies. It works offline.
    Reperform(reperform::Args),
    /// Pack, sign, store and find evidence, and create keys for signatures.
    Evidence(evidence::Args),
    /// Send the findings of a run to another service.
    Push(push::Args),
    /// Explain the verdict of a case: the counterexample, the statement at fault and the place to fix. It works offline.
    Explain(explain::Args),
    /// Compare two runs: new, fixed and remaining violations, and lost coverage. It works offline.
    Diff(diff::Args),
    /// Show the kinds of resources with their attributes, or the matchers.
    Kinds(kinds::Args),
    /// Write the reference of matchers, kinds and probes as Markdown pages.
    Reference(reference::Args),
    /// Print the JSON Schema of a file format, for example for an editor.
    Schema(schema::Args),
    /// Print shell completions.
    Completions(completions::Args),
}

impl Command {
    /// Runs the command and returns its exit code.
    fn run(self) -> Result<u8, Failure> {
        let ended = match self {
            Self::Run(args) => return run::run(&args),
            Self::Mutate(args) => return mutate::run(&args),
            Self::Check(args) => check::run(&args),
            Self::Plan(args) => plan::run(&args),
            Self::Permissions(args) => permissions::run(&args),
            Self::List(args) => list::run(&args),
            Self::Controls(args) => controls::run(&args),
            Self::Cleanup(args) => cleanup::run(&args),
            Self::Logs(args) => logs::run(&args),
            Self::Verify(args) => verify::run(&args),
            Self::Reperform(args) => reperform::run(&args),
            Self::Evidence(args) => evidence::run(&args),
            Self::Push(args) => push::run(&args),
            Self::Explain(args) => explain::run(&args),
            Self::Diff(args) => diff::run(&args),
            Self::Kinds(args) => kinds::run(&args),
            Self::Reference(args) => reference::run(&args),
            Self::Schema(args) => schema::run(&args),
            Self::Completions(args) => completions::run(&args, &mut Cli::command()),
        };
        ended.map(|()| Exit::Met.code())
    }
}

/// Parses the arguments of the process, runs the command and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let parsed = || {
        let found = examples::add(Cli::command()).try_get_matches();
        found.and_then(|found| Cli::from_arg_matches(&found))
    };
    super::run(parsed, |cli| cli.color, |cli| limits::check().and_then(|()| cli.command.run()))
}
