//! `attestry diff`: what changed between two runs; offline.

use std::path::{Path, PathBuf};

use super::probes::{find_kind, words};
use super::seal::broken;
use super::verify::plain;
use super::{Ended, output};
use attestry_core::evidence::{self, Format};
use attestry_core::report::{Delta, Results};
use attestry_core::source::{Unread, read_plain};
use attestry_core::verify::Exit;

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The earlier run: its output directory or bundle, which is verified, or its `results.json`, which is not.
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

/// Name of the results in evidence.
const RESULTS: &str = "results.json";

/// Reads the results of a run: from its evidence, which must verify, or from a file that anybody may have written.
pub(super) fn read(path: &Path) -> Result<Results, Ended> {
    let shown = plain(&path.display().to_string());
    let wrong = |why: String| Ended::new(Exit::Usage, format!("{shown}: {why}"));
    let bundle = path.file_name().and_then(|name| Format::of_name(&name.to_string_lossy())).is_some();
    let text = if bundle || path.is_dir() {
        let mut verified = evidence::verify_holding(path, &|path| path == RESULTS, words(), find_kind)
            .map_err(|damage| broken(path, &damage))?;
        if let Some(unchecked) = &verified.unchecked {
            let by = plain(&unchecked.tool);
            output::tell(&format!("warning: {shown}: {RESULTS} is not checked against the facts: written by {by}"));
        }
        let lacks = || wrong(format!("it has no {RESULTS}; `run` without --report writes it"));
        verified.contents.remove(RESULTS).ok_or_else(lacks)?
    } else {
        let unread = |why: Unread| wrong(why.to_string());
        let text = read_plain(path, MOST).map_err(unread)?;
        output::tell(&format!("warning: {shown} is unverified; of a directory or bundle the facts would be asked"));
        text
    };
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
