//! `attestry run`: turns the arguments into a [`Run`], and prints its outcome.

use std::path::PathBuf;
use std::time::Instant;

use super::plan;
use crate::cli::support::args::{OutputArgs, SelectionArgs};
use crate::cli::support::progress::Progress;
use crate::cli::support::{output, signals};
use crate::failure::Failure;
use crate::run::probing::LEDGERS;
use crate::run::{Interrupt, Outcome, Run, signal_name};
use crate::runtime::block_on;
use attestry_core::report;
use attestry_core::verify::Exit;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: SelectionArgs,

    #[command(flatten)]
    output: OutputArgs,

    /// Send requests to this URL instead of AWS, for example to an emulator on this machine.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// Record the redacted traffic in this directory. A stage with `recording:` can replay it.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,

    /// The directory of the ledgers. A probe writes a ledger entry before it creates an artifact.
    #[arg(long, value_name = "DIR", default_value = LEDGERS)]
    ledger: PathBuf,

    /// Compare with an earlier run: its output directory, its bundle, or its `results.json`.
    #[arg(long, value_name = "RUN")]
    baseline: Option<PathBuf>,

    /// The violations that fail the run: all of them, or only those that the baseline does not have.
    #[arg(long, value_enum, value_name = "WHICH", default_value = "all")]
    gate: Gate,

    /// Show the effects of the probes and the planned calls. The run makes no call.
    #[arg(long)]
    dry_run: bool,

    /// Print only the summary, without progress and without the list of cases.
    #[arg(long, short)]
    quiet: bool,
}

/// The violations that fail a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Gate {
    /// All violations.
    All,
    /// Violations that the baseline does not have.
    New,
}

/// Runs, and returns the exit code of the verdicts.
pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let clock = Instant::now();
    let progress = Progress::new(args.quiet);
    let interrupt = Interrupt::default();
    let run = args.run().watch(progress.watch()).interrupt(interrupt.clone());
    let selected = run.select()?;
    if args.dry_run {
        output::print(&format!("{}{}", selected.effects, plan::show(&selected.selection, plan::ASSUMED)));
        return Ok(Exit::Met.code());
    }
    let outcome = block_on(async {
        signals::watch(&interrupt)?;
        run.perform(selected).await
    });
    progress.finish();
    show(&outcome?, args.quiet, clock)
}

impl Args {
    fn run(&self) -> Run {
        let mut run = Run::from_request(self.selection.request())
            .output(self.output.plan())
            .ledger(&self.ledger)
            .gate_new(self.gate == Gate::New)
            .messages(output::message);
        if let Some(url) = &self.endpoint {
            run = run.endpoint(url);
        }
        if let Some(directory) = &self.record {
            run = run.record(directory);
        }
        if let Some(earlier) = &self.baseline {
            run = run.baseline(earlier);
        }
        run
    }
}

/// Prints the verdicts, even when the evidence could not be written. The last line has both results.
fn show(outcome: &Outcome, quiet: bool, clock: Instant) -> Result<u8, Failure> {
    let mut console = Vec::new();
    report::console(&outcome.record(), quiet, clock.elapsed(), &mut console)
        .map_err(|error| Failure::new(Exit::Output, error.to_string()))?;
    output::print(&String::from_utf8_lossy(&console));
    outcome.output_line().into_iter().for_each(output::message);
    match outcome.stopped_by() {
        Some(signal) => Err(Failure::stopped(signal, signal_name(signal), "after clean-up")),
        None => Ok(outcome.exit_code()),
    }
}
