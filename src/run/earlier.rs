//! The results of an earlier run, for a comparison.
//!
//! This module must not know what the comparison shows.

use std::path::Path;

use super::Messages;
use crate::failure::Failure;
use crate::vocabulary::{find_kind, vocabulary};
use attestry_core::evidence::{self, Format};
use attestry_core::report::Results;
use attestry_core::source::{Unread, printable, read_plain};
use attestry_core::verify::Exit;

/// The limit of results, in bytes. The results of 10,000 resources in 50 cases have a quarter of it.
const MOST: u64 = 1 << 30;

/// The name of the results in evidence.
const RESULTS: &str = "results.json";

/// Reads the results of a run: from its evidence, which must verify, or from a file without any proof.
pub(crate) fn read_results(path: &Path, messages: Messages) -> Result<Results, Failure> {
    let shown = printable(&path.display().to_string(), 200);
    let wrong = |why: String| Failure::new(Exit::Usage, format!("{shown}: {why}"));
    let bundle = path.file_name().and_then(|name| Format::of_name(&name.to_string_lossy())).is_some();
    let text = if bundle || path.is_dir() {
        let mut verified = evidence::verify_holding(path, &|path| path == RESULTS, vocabulary(), find_kind)
            .map_err(|damage| Failure::of_damage(path, &damage))?;
        if let Some(unchecked) = &verified.unchecked {
            let by = printable(&unchecked.tool, 200);
            messages(&format!("warning: {shown}: {RESULTS} is not checked against the facts: written by {by}"));
        }
        let lacks = || wrong(format!("it has no {RESULTS}; `run` without --report writes it"));
        verified.contents.remove(RESULTS).ok_or_else(lacks)?
    } else {
        let unread = |why: Unread| wrong(why.to_string());
        let text = read_plain(path, MOST).map_err(unread)?;
        messages(&format!("warning: {shown} is unverified; a directory or bundle of the run would be verified"));
        text
    };
    Results::read(&text).map_err(|error| wrong(error.to_string()))
}

/// Refuses to compare runs of different suites or stages.
pub(crate) fn check_comparable(earlier: &Results, (suite, stage): (&str, &str)) -> Result<(), Failure> {
    let (its_suite, its_stage) = earlier.about();
    if (its_suite, its_stage) == (suite, stage) {
        return Ok(());
    }
    let message = format!("{its_suite} on {its_stage} cannot be compared with {suite} on {stage}");
    Err(Failure::new(Exit::Usage, message))
}
