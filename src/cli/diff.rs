//! `attestry diff`: what changed between two runs; offline.

use std::path::{Path, PathBuf};

use super::{Ended, output};
use crate::report::{Delta, Results};
use crate::source::{Unread, read_plain};
use crate::verify::Exit;

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The earlier run: its output directory, or its `results.json`.
    earlier: PathBuf,

    /// The later run.
    later: PathBuf,
}

/// Ends with 1 when something is newly violated, with 3 when something is newly not seen.
pub(super) fn run(args: &Args) -> Result<(), Ended> {
    let (earlier, later) = (read(&args.earlier)?, read(&args.later)?);
    comparable(&earlier, later.about())?;
    let delta = Delta::between(&earlier, &later);
    output::print(&delta.words());
    if !delta.newly_blind.is_empty() || !delta.less_seen.is_empty() {
        return Err(Ended::told(Exit::Incomplete));
    }
    if !delta.new.is_empty() {
        return Err(Ended::told(Exit::Violation));
    }
    Ok(())
}

/// Longest results that are read: those of 10,000 resources in 50 cases have a quarter of it.
const MOST: u64 = 1 << 30;

/// Reads the results of a run from its output directory, or from the file itself.
pub(super) fn read(path: &Path) -> Result<Results, Ended> {
    let wrong = |why: String| Ended::new(Exit::Usage, format!("{}: {why}", path.display()));
    let file = if path.is_dir() { path.join("results.json") } else { path.to_owned() };
    let unread = |why: Unread| Ended::new(Exit::Usage, format!("{}: {why}", file.display()));
    let text = read_plain(&file, MOST).map_err(unread)?;
    Results::read(&text).map_err(|error| wrong(error.to_string()))
}

/// Refuses to compare runs that are about something else.
pub(super) fn comparable(earlier: &Results, (suite, stage): (&str, &str)) -> Result<(), Ended> {
    let (its_suite, its_stage) = earlier.about();
    if (its_suite, its_stage) == (suite, stage) {
        return Ok(());
    }
    let message = format!("{its_suite} on {its_stage} cannot be compared with {suite} on {stage}");
    Err(Ended::new(Exit::Usage, message))
}
