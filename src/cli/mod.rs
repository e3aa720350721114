//! The command line: one file a subcommand, and the only place where everything is put together.
//!
//! Nobody names this module. Exit codes are those of [`Exit`].

mod apart;
mod check;
mod circumstances;
mod completions;
mod cores;
mod diff;
mod evidence;
mod examples;
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
mod room;
mod run;
mod schema;
mod seal;
mod signals;
mod signing;
mod stage;
mod suite;
mod sweep;
mod timestamp;
mod trials;
mod verify;

use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use attestry_core::verify::Exit;

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
    let parsed = examples::add(Cli::command()).try_get_matches().and_then(|found| Cli::from_arg_matches(&found));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            let written = error.print().and_then(|()| std::io::stdout().flush());
            if error.use_stderr() {
                return ExitCode::from(Exit::Usage.code());
            }
            output::broken(written);
            return output::finish(Ok(Exit::Met.code()));
        }
    };
    cli.color.apply();
    // A panic is told by its hook; here it gets an exit code of the table.
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| room::make().and_then(|()| cli.command.run())));
    let defect = || Err(Ended::new(Exit::Output, "this is a defect of Attestry, or the machine gave it too little"));
    output::finish(ended.unwrap_or_else(|_| defect()))
}

impl Command {
    /// Runs the command, and gives its exit code.
    fn run(self) -> Result<u8, Ended> {
        let ended = match self {
            Self::Run(args) => return run::run(&args),
            Self::Check(args) => check::run(&args),
            Self::Plan(args) => plan::run(&args),
            Self::Permissions(args) => permissions::run(&args),
            Self::List(args) => list::run(&args),
            Self::Sweep(args) => sweep::run(&args),
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
