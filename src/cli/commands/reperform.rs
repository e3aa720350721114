//! `attestry reperform`: evaluates stored facts again, with the stored policies or with other policies.

use std::path::{Path, PathBuf};

use crate::cli::support::output;
use crate::distinct_paths::DistinctPaths;
use crate::failure::Failure;
use crate::vocabulary::{find_kind, vocabulary};
use attestry_core::evidence::{self, Change, changes, digest};
use attestry_core::policy::Severity;
use attestry_core::source::{printable, read_plain};
use attestry_core::verify::{CaseResult, Exit, Reason, RunResult};

/// Arguments of `reperform`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The output directory of a run, or a bundle.
    evidence: PathBuf,

    /// Use the suite at the same path below this directory instead of the stored suite, and show the changed verdicts. The
    /// directory can be a checkout.
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,

    /// Write the verdicts to this file.
    #[arg(long, value_name = "FILE")]
    verdicts: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(path) = &args.verdicts {
        check_target(args, path)?;
    }
    let verified = evidence::verify(&args.evidence, vocabulary(), find_kind)
        .map_err(|damage| Failure::of_damage(&args.evidence, &damage))?;
    let Some(root) = &args.policies else {
        print_summary(&verified.result, verified.gate);
        write(args, verified.verdicts())?;
        output::print("byte-identical with the stored verdicts\n");
        return Ok(());
    };
    let judged = verified.judged_by(root, vocabulary(), find_kind).map_err(|wrong| {
        output::message(&format!("error: {wrong}"));
        Failure::new(Exit::Usage, format!("{} cannot be used for this evidence", root.display()))
    })?;
    let found = changes(&verified.result.cases, &judged.result.cases);
    output::print(&found.iter().map(|change| show(change, &judged.result)).collect::<String>());
    print_summary(&judged.result, judged.gate);
    let mut verdicts = Vec::new();
    let written = evidence::write_verdicts(&judged.result, &mut verdicts);
    written.map_err(|error| Failure::new(Exit::Output, error.to_string()))?;
    write(args, &verdicts)?;
    if verdicts == verified.verdicts() {
        output::print("byte-identical with the stored verdicts\n");
    } else {
        output::print(&format!("{} cases have other verdicts than the stored ones\n", found.len()));
    }
    if found.is_empty() { Ok(()) } else { Err(Failure::reported(Exit::Violation)) }
}

/// Checks that the verdicts overwrite no input, and no file except earlier verdicts.
fn check_target(args: &Args, path: &Path) -> Result<(), Failure> {
    let mut paths = DistinctPaths::default();
    paths.output("the evidence", &args.evidence);
    args.policies.iter().for_each(|policies| paths.output("--policies", policies));
    paths.output("--verdicts", path);
    paths.check()?;
    let is_other = |bytes: &[u8]| {
        let read: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        !read
            .get("schema")
            .and_then(serde_json::Value::as_str)
            .is_some_and(|schema| schema.starts_with("attestry.verdicts/"))
    };
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.len() == 0 && meta.is_file() => Ok(()),
        Ok(meta) if !meta.is_file() || read_plain(path, MOST).map_or(true, |bytes| is_other(&bytes)) => {
            Err(Failure::new(Exit::Output, format!("{} holds no verdicts and is not overwritten", path.display())))
        }
        _ => Ok(()),
    }
}

/// The limit of a file of verdicts, in bytes.
const MOST: u64 = 256 << 20;

/// The largest number of resources that are shown for a changed case.
const SHOWN: usize = 10;

fn show(change: &Change, now: &RunResult) -> String {
    let word = |verdict: Option<&'static str>| verdict.unwrap_or("no such case");
    let case = now.cases.iter().find(|case| case.case.id == change.case);
    let less = if case.is_some_and(CaseResult::is_incomplete) { ", not all seen" } else { "" };
    let mut text = format!("{}: {} -> {}{less}\n", change.case, word(change.before), word(change.after));
    for gap in case.iter().flat_map(|case| &case.gaps).take(SHOWN) {
        text.push_str(&format!("  {}: {}\n", gap.cause.word(), printable(&gap.message, 300)));
    }
    for (id, before, after) in change.resources.iter().take(SHOWN) {
        let id = if id.is_empty() { "(the population)" } else { id };
        text.push_str(&format!("  {}: {before} -> {after}\n", printable(id, 200)));
    }
    if let Some(more) = change.resources.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        text.push_str(&format!("  and {more} more\n"));
    }
    text
}

fn print_summary(result: &RunResult, gate: Severity) {
    let tally = result.tally();
    let reason = Reason::of(result, gate);
    output::print(&format!(
        "{} cases: {} met, {} violated, {} not evaluated, {} not applicable, {} waived; exit {} ({})\n",
        tally.cases,
        tally.met,
        tally.violated,
        tally.not_evaluated,
        tally.not_applicable,
        tally.waived,
        reason.exit.code(),
        reason.sentence
    ));
}

fn write(args: &Args, verdicts: &[u8]) -> Result<(), Failure> {
    output::print(&format!("verdicts sha256:{}\n", digest(verdicts)));
    let Some(path) = &args.verdicts else { return Ok(()) };
    std::fs::write(path, verdicts).map_err(|error| Failure::new(Exit::Output, format!("{}: {error}", path.display())))
}
