//! `attestry logs`: sweeps log files for values of secrets, and for text that looks like a secret.

use std::path::PathBuf;

use crate::cli::support::output;
use crate::cli::support::progress::Bytes;
use crate::distinct_paths::DistinctPaths;
use crate::failure::Failure;
use crate::log_files::{self, FileSweep, Files, LONG, Masks, check_target, write_target};
use crate::run::core_dumps;
use attestry_core::source::printable;
use attestry_core::verify::Exit;

/// Arguments of `logs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Log files (plain text or gzip), and directories with log files.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// The values to search for: a file or `/dev/fd/N` with one JSON object on each line, `{"name": …, "version": …,
    /// "value": …}`. Without it, the command searches only for patterns.
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,

    /// Write the complete report to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The number of files that the command reads at the same time. The default is the number of processors.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,

    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if args.values.is_some() {
        core_dumps::forbid()?;
    }
    let key = log_files::key()?;
    let files = Files::below(&args.files);
    check_output(args, &files)?;
    let engine = log_files::engine(args.values.as_deref(), &key)?;
    let bar = Bytes::new(args.quiet, files.files.iter().map(|(_, length)| length).sum());
    let sweep = FileSweep { engine: &engine, key: &key, jobs: args.jobs, progress: &|bytes| bar.add(bytes) };
    let mut report = sweep.report(&files);
    bar.finish();
    let mut masks = Masks::new(&engine);
    report.mask(&mut masks);
    let mut reason = report.reason();
    if let Some(path) = &args.output {
        let json = report.json(&masks)?;
        let written = check_output(args, &files)
            .map_err(|failure| failure.message)
            .and_then(|()| write_target(path, &(json + "\n")).map_err(|error| printable(&error.to_string(), LONG)));
        if let Err(error) = written {
            reason = reason.also(Exit::Output, format!("the report was not written: {error}"));
        }
    }
    output::print(&report.text(&reason, &masks)?);
    if reason.exit == Exit::Met { Ok(()) } else { Err(Failure::reported(reason.exit)) }
}

/// Refuses to write the report over an input.
fn check_output(args: &Args, files: &Files) -> Result<(), Failure> {
    let Some(target) = &args.output else { return Ok(()) };
    let mut paths = DistinctPaths::default();
    let swept = files.files.iter().map(|(path, _)| path);
    swept.chain(&args.files).for_each(|path| paths.input("a file of the sweep", path));
    args.values.iter().for_each(|path| paths.input("--values", path));
    paths.output("--output", target);
    paths.check()?;
    check_target(target).map_err(|error| Failure::new(Exit::Usage, printable(&error.to_string(), LONG)))
}
