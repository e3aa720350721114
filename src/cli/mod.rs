//! The command line: one file a subcommand, and the only place where everything is put together.
//!
//! Nobody names this module. Exit codes are those of [`Exit`].

mod check;
mod circumstances;
mod completions;
mod cores;
mod diff;
mod evidence;
mod explain;
mod find;
mod keep;
mod kinds;
mod list;
mod logs;
mod network;
mod notice;
mod output;
mod panics;
mod permissions;
mod plan;
mod probes;
mod progress;
mod push;
mod reference;
mod reperform;
mod run;
mod schema;
mod seal;
mod signing;
mod stage;
mod suite;
mod sweep;
mod timestamp;
mod trials;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::verify::Exit;

pub use reference::pages;
pub use trials::trials;

/// Verifies an AWS account against declarative policies, and never passes what it did not look at.
#[derive(Debug, Parser)]
#[command(name = "attestry", version, max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to use colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: output::Color,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a suite against a stage, and leave reports and evidence.
    Run(Box<run::Args>),
    /// Check policies, suites and waivers, and evaluate their examples; no network.
    Check(check::Args),
    /// Show the cases and calls of a run without making any.
    Plan(plan::Args),
    /// Print the IAM policy that a run needs.
    Permissions(permissions::Args),
    /// List the cases of a suite.
    List(list::Args),
    /// Undo what the probes of a killed run left behind.
    Sweep(sweep::Args),
    /// Sweep log files for values of secrets, and for what looks like secrets; offline.
    Logs(logs::Args),
    /// Check evidence and evaluate its verdicts again; offline, no credentials.
    Verify(verify::Args),
    /// Give the verdicts again from stored facts, by the stored policies or by others; offline.
    Reperform(reperform::Args),
    /// Pack, sign, keep and find evidence, and make keys for it.
    Evidence(evidence::Args),
    /// Tell others what a run found.
    Push(push::Args),
    /// Tell why a case of a run is as it is: counterexample, statement at fault, where to mend it; offline.
    Explain(explain::Args),
    /// Compare two runs: new, fixed and remaining violations, and what is not seen any more; offline.
    Diff(diff::Args),
    /// Show the kinds of resources and their attributes, and the matchers.
    Kinds(kinds::Args),
    /// Write the reference of matchers and kinds as Markdown pages.
    Reference(reference::Args),
    /// Print the JSON Schema of a file format, for editors.
    Schema(schema::Args),
    /// Print shell completions.
    Completions(completions::Args),
}

/// Why a command ends otherwise than with the verdicts of a run.
#[derive(Debug)]
struct Ended {
    exit: Exit,
    /// What to tell, already for people; empty when everything was told.
    message: String,
}

impl Ended {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    fn told(exit: Exit) -> Self {
        Self::new(exit, "")
    }
}

/// Parses the arguments, runs the command and gives its exit code.
#[must_use]
pub fn main() -> ExitCode {
    panics::redact();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let help = !error.use_stderr();
            return ExitCode::from(if help { Exit::Met.code() } else { Exit::Usage.code() });
        }
    };
    cli.color.apply();
    let ended = match cli.command {
        Command::Run(args) => return run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Permissions(args) => permissions::run(&args),
        Command::List(args) => list::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Logs(args) => logs::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Reperform(args) => reperform::run(&args),
        Command::Evidence(args) => evidence::run(&args),
        Command::Push(args) => push::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Kinds(args) => kinds::run(&args),
        Command::Reference(args) => reference::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args, &mut Cli::command()),
    };
    match ended {
        Ok(()) => ExitCode::from(Exit::Met.code()),
        Err(ended) => output::end(&ended),
    }
}
