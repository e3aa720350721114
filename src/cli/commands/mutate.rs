//! `attestry mutate`: breaks the facts that a suite reads, and lists the mutants that no case notices.

use std::fmt::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::ValueEnum;
use serde_json::json;

use crate::cli::support::args::SelectionArgs;
use crate::cli::support::output;
use crate::cli::support::progress::Steps;
use crate::failure::Failure;
use crate::run::Run;
use crate::run::facts::Facts;
use attestry_core::mutants::{Accepted, Group, Mutants, State, Summary, Survivor, Tried};
use attestry_core::source::{Diagnostics, Files, Limits, printable, read_plain};
use attestry_core::verify::Exit;

/// Arguments of `mutate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: SelectionArgs,

    /// Break the facts of this evidence: the output directory of a run, or a bundle. Without it, the stage must have
    /// `described:` or `recording:`.
    #[arg(long, value_name = "EVIDENCE")]
    bundle: Option<PathBuf>,

    /// A YAML file with the harmless survivors: changes that no case detects. They are under the key `accept`, each with
    /// a reason.
    #[arg(long, value_name = "FILE")]
    accept: Option<PathBuf>,

    /// End with exit code 1 when there are more survivors than this number. Accepted survivors do not count.
    #[arg(long, value_name = "N")]
    gate: Option<usize>,

    /// The largest number of survivors that are shown for each group. A group is the same change of the same fact, on
    /// several resources.
    #[arg(long, value_name = "N", default_value_t = 3)]
    most: usize,

    /// The format of the output.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// One JSON document, with every survivor.
    Json,
}

/// Judges all mutants, and returns the exit code.
pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let accepted = args.accept.as_deref().map_or_else(|| Ok(Accepted::default()), read_accepted)?;
    let request = args.selection.request();
    let whole = request.cases.is_empty();
    let run = Run::from_request(request).messages(output::message);
    let facts = match &args.bundle {
        Some(path) => run.facts_of_evidence(path)?,
        None => run.facts()?,
    };
    let mutants = Mutants::new(&facts.selection.cases, &facts.populations, &accepted, facts.now);
    let summary = mutants.summary(try_all(&mutants, args.quiet));
    let (exit, sentence) = exit(&summary, args.gate, whole);
    output::print(&match args.format {
        Format::Text => format!("{}exit {}: {sentence}\n", text(&facts, &summary, args.most), exit.code()),
        Format::Json => json(&facts, &summary, exit, &sentence),
    });
    Ok(exit.code())
}

/// Reads the list of accepted survivors.
fn read_accepted(path: &Path) -> Result<Accepted, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| Failure::new(Exit::Usage, format!("{}: {why}", path.display()));
    let most = u64::try_from(Limits::default().bytes).unwrap_or(u64::MAX);
    let bytes = read_plain(path, most).map_err(|why| unreadable(&why))?;
    let text = std::str::from_utf8(&bytes).map_err(|why| unreadable(&why))?;
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    let accepted = Accepted::read(files.add(path.display().to_string(), text), text, &mut sink);
    if sink.has_errors() { Err(Failure::of_diagnostics(&files, &sink)) } else { Ok(accepted) }
}

/// Tries all subjects on all cores. The results are in the order of the subjects.
fn try_all(mutants: &Mutants<'_>, quiet: bool) -> Vec<Tried> {
    let (next, bar) = (AtomicUsize::new(0), Steps::new(quiet, mutants.len()));
    let work = || {
        let (mut worker, mut done) = (mutants.worker(), Vec::new());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= mutants.len() {
                return done;
            }
            done.push((number, worker.try_subject(number)));
            bar.step();
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut all: Vec<(usize, Tried)> = std::thread::scope(|scope| {
        let begin = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let workers: Vec<_> = (1..cores).filter_map(begin).collect();
        let here = work();
        let joined = workers.into_iter().map(|it| it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.chain([here]).flatten().collect()
    });
    bar.finish();
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, tried)| tried).collect()
}

/// Returns the exit code with its sentence. If only a part of the suite is selected, some acceptances may match no
/// mutant.
fn exit(summary: &Summary, gate: Option<usize>, whole: bool) -> (Exit, String) {
    let wrong = summary.acceptances.iter().filter(|it| it.state == State::MatchesNothing).count();
    let survivors = some(summary.survivors, "survivor", "survivors");
    if wrong > 0 && whole {
        let verb = if wrong == 1 { "acceptance matches" } else { "acceptances match" };
        return (Exit::Usage, format!("{wrong} {verb} no mutant; also {survivors}"));
    }
    if summary.incomplete > 0 {
        let cases = some(summary.incomplete, "case", "cases");
        return (Exit::Incomplete, format!("{cases} not fully evaluated, and a gap is no mutant; also {survivors}"));
    }
    if summary.mutants == 0 {
        return (Exit::Nothing, "no case reads a fact that can be broken".to_owned());
    }
    match gate {
        Some(gate) if summary.survivors > gate => (Exit::Violation, format!("{survivors}, and the gate allows {gate}")),
        _ if summary.survivors == 0 => (Exit::Met, "no mutant survives unaccepted".to_owned()),
        Some(gate) => (Exit::Met, format!("{survivors}, and the gate allows {gate}")),
        None => (Exit::Met, format!("{survivors}, and no gate is set")),
    }
}

fn some(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Returns the survivors and the numbers as a text for people.
fn text(facts: &Facts, summary: &Summary, most: usize) -> String {
    let mut out = String::new();
    let (suite, stage) = (&facts.selection.suite.id.value, &facts.selection.stage.name.value);
    let _ = writeln!(out, "  {suite} on stage {stage} · {}", facts.source);
    for group in &summary.groups {
        show_group(&mut out, group, &summary.all, most);
    }
    for it in summary.acceptances.iter().filter(|it| it.state != State::Used) {
        let why = match it.state {
            State::MatchesNothing => "matches no mutant",
            State::NotNeeded | State::Used => "is not needed: a case notices what it accepts",
        };
        let _ = writeln!(out, "  acceptance {} ({}) {why}: {}", it.number, it.kind, it.reason);
    }
    let width = summary.kinds.iter().map(|it| it.kind.len()).max().unwrap_or_default().max(5);
    let _ = writeln!(
        out,
        "\n  {:<width$} {:>7} {:>10} {:>8} {:>8} {:>9} {:>10}",
        "kind", "facts", "unguarded", "mutants", "noticed", "accepted", "survivors"
    );
    for it in &summary.kinds {
        let _ = writeln!(
            out,
            "  {:<width$} {:>7} {:>10} {:>8} {:>8} {:>9} {:>10}",
            it.kind, it.facts, it.unguarded, it.mutants, it.noticed, it.accepted, it.survivors
        );
    }
    let blunt = summary.cases.iter().filter(|it| it.survivors > 0).count();
    let _ = writeln!(
        out,
        "  ── {} of {} facts: {} noticed, {} accepted, {} of {}{}",
        some(summary.mutants, "mutant", "mutants"),
        summary.facts,
        summary.noticed,
        summary.accepted,
        some(summary.survivors, "survivor", "survivors"),
        some(blunt, "case", "cases"),
        match summary.left_out {
            0 => String::new(),
            items => format!(" · {items} items of long lists were not broken one by one"),
        }
    );
    out
}

/// The limit of a shown value, in characters.
const VALUE: usize = 100;

/// The largest number of cases that are shown for a group.
const CASES: usize = 4;

fn show_group(out: &mut String, group: &Group, all: &[Survivor], most: usize) {
    let fact = if group.fact.is_empty() { String::new() } else { format!(" {}", group.fact) };
    let (count, change) = (group.survivors.len(), group.change.word());
    let _ = writeln!(out, "  SURVIVES {}{fact} {change}: {count} of {}", group.kind, group.tried);
    for survivor in group.survivors.iter().take(most).filter_map(|at| all.get(*at)) {
        let Survivor { name, fact, before, after, .. } = survivor;
        let (before, after) = (printable(before, VALUE), printable(after, VALUE));
        let what = if fact.is_empty() && before == "none" { String::new() } else { format!(": {before} -> {after}") };
        let path = if fact.contains('[') { format!(" {fact}") } else { String::new() };
        let _ = writeln!(out, "           {name}{path}{what}");
    }
    if let Some(more) = count.checked_sub(most).filter(|more| *more > 0 && most > 0) {
        let _ = writeln!(out, "           and {more} more");
    }
    let cases = group.cases.iter().take(CASES).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match group.cases.len().saturating_sub(CASES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let _ = writeln!(out, "           read by {cases}{more}");
}

/// The schema of the JSON document.
const SCHEMA: &str = "attestry.mutants/1";

fn json(facts: &Facts, summary: &Summary, exit: Exit, sentence: &str) -> String {
    let document = json!({
        "schema": SCHEMA,
        "suite": facts.selection.suite.id.value,
        "stage": facts.selection.stage.name.value,
        "source": facts.source,
        "evaluated_at": facts.now.to_string(),
        "exit": exit.code(),
        "sentence": sentence,
        "summary": summary,
    });
    format!("{document:#}\n")
}
