//! `attestry controls`: shows the state of each control of a framework in one or more suites.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;

use crate::cli::support::output;
use crate::failure::Failure;
use crate::run::selection;
use crate::vocabulary::vocabulary;
use attestry_core::policy::{ControlState, FrameworkControls, Loaded, StatedControl, load_suite, states};
use attestry_core::source::printable;
use attestry_core::verify::Exit;

/// Arguments of `controls`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The suite files. Several suites are shown as one: a control counts as tested when one suite tests it.
    #[arg(value_name = "SUITE", required = true)]
    suites: Vec<PathBuf>,

    /// Show only this framework. Without it, the command shows each framework that a policy of the suites cites.
    #[arg(long, value_name = "NAME")]
    framework: Option<String>,

    /// Show only the controls that have no case, and no documented reason why they have none.
    #[arg(long)]
    missing: bool,

    /// End with exit code 3 when a control has no case, and no documented reason why it has none.
    #[arg(long)]
    fail_on_missing: bool,

    /// The format of the output.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// One JSON document.
    Json,
    /// A Markdown table for each framework.
    Markdown,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let loaded = args.suites.iter().map(|path| load(path, args.framework.as_deref())).collect::<Result<Vec<_>, _>>()?;
    let mut suites = Vec::with_capacity(loaded.len());
    for (loaded, path) in loaded.iter().zip(&args.suites) {
        output::diagnostics(&loaded.library.files, &loaded.diagnostics);
        let Some(suite) = loaded.library.suites.first() else {
            return Err(Failure::new(Exit::Usage, format!("{} holds no suite", path.display())));
        };
        suites.push((suite, &loaded.words.catalogues));
    }
    let ids: Vec<&str> = suites.iter().map(|(suite, _)| suite.id.value.as_str()).collect();
    let frameworks = states(&suites, args.framework.as_deref());
    if frameworks.is_empty() {
        let (noun, verb) = if ids.len() == 1 { ("suite", "cites") } else { ("suites", "cite") };
        return Err(Failure::new(Exit::Nothing, format!("{noun} {} {verb} no control", ids.join(", "))));
    }
    let missing: usize = frameworks.iter().map(FrameworkControls::missing).sum();
    let shown: Vec<Shown> = frameworks.into_iter().map(|it| Shown::new(it, args.missing)).collect();
    output::print(&match args.format {
        Format::Text => shown.iter().map(Shown::text).collect::<Vec<_>>().join("\n"),
        Format::Json => format!("{:#}\n", json!({ "suites": ids, "frameworks": shown })),
        Format::Markdown => shown.iter().map(Shown::markdown).collect::<Vec<_>>().join("\n"),
    });
    if args.fail_on_missing && missing > 0 {
        let verb = if missing == 1 { "control has" } else { "controls have" };
        return Err(Failure::new(Exit::Incomplete, format!("{missing} {verb} neither a case nor a reason")));
    }
    Ok(())
}

/// Reads a suite. A mistake in its files is a failure, and so is a framework without a catalogue.
fn load(path: &Path, framework: Option<&str>) -> Result<Loaded, Failure> {
    let (root, path) = selection::root_of(path)?;
    let mut loaded = load_suite(&root, &path, vocabulary());
    if let Some(framework) = framework {
        loaded.words.catalogues.check_framework(framework, &mut loaded.diagnostics);
    }
    if loaded.diagnostics.has_errors() {
        return Err(Failure::of_diagnostics(&loaded.library.files, &loaded.diagnostics));
    }
    Ok(loaded)
}

/// A framework in the output: all of its controls or only the missing ones, and the number of all controls in each
/// state.
#[derive(Debug, Serialize)]
struct Shown {
    summary: BTreeMap<ControlState, usize>,
    #[serde(flatten)]
    of: FrameworkControls,
}

impl Shown {
    fn new(mut of: FrameworkControls, only_missing: bool) -> Self {
        let summary = of.tally();
        of.controls.retain(|it| !only_missing || it.state == ControlState::Missing);
        Self { summary, of }
    }

    fn text(&self) -> String {
        let mut text = format!("{}: {}\n", self.of.framework, printable(&self.of.name, LONGEST));
        let width = self.of.controls.iter().map(|it| it.id.len()).max().unwrap_or(0);
        for control in &self.of.controls {
            let StatedControl { id, title, state, .. } = control;
            let _ = write!(text, "  {:<10} {id:<width$}  {}", state.word(), printable(title, LONGEST));
            let _ = writeln!(text, "{}", why(control).map(|why| format!(" ({why})")).unwrap_or_default());
        }
        let _ = writeln!(text, "  ── {}", self.counts());
        text
    }

    /// A table with a row for each control, and with all of its cases.
    fn markdown(&self) -> String {
        let cell = |text: &str| printable(text, LONGEST).replace('|', "\\|");
        let mut text = format!("## {}\n\n{}.\n\n", cell(&self.of.name), self.counts());
        text.push_str("| id | control | state | cases, or the reason |\n|---|---|---|---|\n");
        for control in &self.of.controls {
            let StatedControl { id, title, state, cases, reason } = control;
            let cases: Vec<String> = cases.iter().map(|case| format!("`{case}`")).collect();
            let why = match (reason.as_deref(), state) {
                (Some(reason), ControlState::Part) => format!("{}; not tested: {}", cases.join(" "), cell(reason)),
                (Some(reason), _) if cases.is_empty() => cell(reason),
                _ => cases.join(" "),
            };
            let _ = writeln!(text, "| {id} | {} | {} | {why} |", cell(title), state.word());
        }
        text
    }

    /// The number of all controls, and of those in each state.
    fn counts(&self) -> String {
        let all: usize = self.summary.values().sum();
        let counts: Vec<String> =
            self.summary.iter().map(|(state, count)| format!("{count} {}", state.word())).collect();
        format!("{all} controls: {}", counts.join(", "))
    }
}

/// Returns the reason for the state of a control: its first cases, or the reason of the catalogue.
fn why(control: &StatedControl) -> Option<String> {
    if control.cases.is_empty() {
        return control.reason.as_deref().map(|reason| printable(reason, LONGEST));
    }
    let first: Vec<&str> = control.cases.iter().take(CASES).map(String::as_str).collect();
    let more = control.cases.len().saturating_sub(CASES);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    let untested = control.reason.as_deref().filter(|_| control.state == ControlState::Part);
    let untested = untested.map(|it| format!("; not tested: {}", printable(it, LONGEST))).unwrap_or_default();
    Some(format!("{}{tail}{untested}", first.join(", ")))
}

/// The largest number of characters of one text.
const LONGEST: usize = 500;

/// The largest number of cases on a line. The JSON document has all of them.
const CASES: usize = 3;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn framework() -> FrameworkControls {
        let control = |id: &str, state, cases: &[&str], reason: Option<&str>| StatedControl {
            id: id.into(),
            title: format!("Title {id}"),
            state,
            cases: cases.iter().map(|it| (*it).to_owned()).collect(),
            reason: reason.map(str::to_owned),
        };
        FrameworkControls {
            framework: "house".into(),
            name: "House rules".into(),
            controls: vec![
                control("1.1", ControlState::Tested, &["A/a", "A/b", "B/a", "B/b", "B/c"], None),
                control("1.2", ControlState::Attested, &["A/said"], Some("A person must look.")),
                control("1.10", ControlState::Manual, &[], Some("No API returns it.")),
                control("2.1", ControlState::Impossible, &[], Some("Nothing shows it.\u{1b}[2J")),
                control("2.2", ControlState::Missing, &[], None),
                control("3.1", ControlState::Part, &["A/a"], Some("the users")),
            ],
        }
    }

    #[test]
    fn every_state_is_shown_with_its_reason() {
        let expected = "\
house: House rules
  tested     1.1   Title 1.1 (A/a, A/b, B/a and 2 more)
  attested   1.2   Title 1.2 (A/said)
  manual     1.10  Title 1.10 (No API returns it.)
  impossible 2.1   Title 2.1 (Nothing shows it.␛[2J)
  missing    2.2   Title 2.2
  part       3.1   Title 3.1 (A/a; not tested: the users)
  ── 6 controls: 1 tested, 1 part, 1 attested, 1 manual, 1 impossible, 1 missing
";
        assert_eq!(Shown::new(framework(), false).text(), expected);
    }

    #[test]
    fn a_table_has_all_cases_and_reasons() {
        let expected = "\
## House rules

6 controls: 1 tested, 1 part, 1 attested, 1 manual, 1 impossible, 1 missing.

| id | control | state | cases, or the reason |
|---|---|---|---|
| 1.1 | Title 1.1 | tested | `A/a` `A/b` `B/a` `B/b` `B/c` |
| 1.2 | Title 1.2 | attested | `A/said` |
| 1.10 | Title 1.10 | manual | No API returns it. |
| 2.1 | Title 2.1 | impossible | Nothing shows it.␛[2J |
| 2.2 | Title 2.2 | missing |  |
| 3.1 | Title 3.1 | part | `A/a`; not tested: the users |
";
        assert_eq!(Shown::new(framework(), false).markdown(), expected);
    }

    #[test]
    fn only_the_missing_controls_are_shown_beside_the_numbers_of_all() {
        let expected = "\
house: House rules
  missing    2.2  Title 2.2
  ── 6 controls: 1 tested, 1 part, 1 attested, 1 manual, 1 impossible, 1 missing
";
        assert_eq!(Shown::new(framework(), true).text(), expected);
        let json = serde_json::to_value(Shown::new(framework(), true)).unwrap();
        assert_eq!(
            json,
            json!({
                "framework": "house",
                "name": "House rules",
                "summary": { "tested": 1, "part": 1, "attested": 1, "manual": 1, "impossible": 1, "missing": 1 },
                "controls": [{ "id": "2.2", "title": "Title 2.2", "state": "missing", "cases": [], "reason": null }],
            })
        );
    }
}
