//! `attestry diff`: compares two runs.

use std::path::PathBuf;

use crate::cli::support::output;
use crate::failure::Failure;
use crate::run::{check_comparable, read_results};
use attestry_core::report::Delta;
use attestry_core::verify::Exit;

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The earlier run: its output directory or bundle, or its `results.json`. The command does not verify a
    /// `results.json`.
    earlier: PathBuf,

    /// The later run, in the same forms.
    later: PathBuf,
}

/// Compares the two runs. The exit code is 1 for new violations and 3 for lost coverage.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let (earlier, later) = (read_results(&args.earlier, output::message)?, read_results(&args.later, output::message)?);
    check_comparable(&earlier, later.about())?;
    let delta = Delta::between(&earlier, &later);
    output::print(&delta.words());
    if !delta.newly_blind.is_empty() || !delta.less_seen.is_empty() {
        return Err(Failure::reported(Exit::Incomplete));
    }
    if !delta.new.is_empty() {
        return Err(Failure::reported(Exit::Violation));
    }
    Ok(())
}
