//! The cases of suites as Rust tests: `cargo test --test suites` and `cargo nextest run` list, filter and run them.
//!
//! The list needs no network. The first case of a suite that runs starts one run for all its filtered cases. No other
//! module names libtest-mimic.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::run::Run;
use crate::run::selection::Selection;
use attestry_core::policy::Case;
use attestry_core::verify::{CaseResult, Exit, ResourceVerdict, Verdict};

/// Runs the cases of these suites as tests, against the stage `ATTESTRY_STAGE`, or `embedded` without it.
#[must_use]
pub fn trials(suites: &[&Path]) -> ExitCode {
    let arguments = Arguments::from_args();
    if arguments.test_threads == Some(0) {
        return refuse("error: --test-threads must be at least 1", Exit::Usage.code());
    }
    let stage = std::env::var("ATTESTRY_STAGE").unwrap_or_else(|_| "embedded".to_owned());
    let mut all = Vec::new();
    for suite in suites {
        let run = Run::new(*suite, stage.clone()).messages(show);
        match run.selection() {
            Ok(selection) => all.extend(trials_of_suite(run, selection, &arguments)),
            Err(failure) => return refuse(&format!("error: {failure}"), failure.code()),
        }
    }
    let conclusion = libtest_mimic::run(&arguments, all);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// Shows a message on standard error.
fn show(message: &str) {
    let _ = writeln!(anstream::stderr(), "{message}");
}

fn refuse(message: &str, code: u8) -> ExitCode {
    show(message);
    ExitCode::from(code)
}

fn trials_of_suite(run: Run, selection: Selection, arguments: &Arguments) -> Vec<Trial> {
    let suite = selection.suite.id.value;
    // A filter saves API calls, too: facts are collected only for the cases that will run.
    let is_wanted = |name: &str| {
        let trial = Trial::test(name, || Ok(()));
        !arguments.is_filtered_out(&trial) && !arguments.is_ignored(&trial)
    };
    let reading = selection.cases.iter().filter(|case| case.probe.is_none() && is_wanted(&name(&suite, &case.id)));
    let shared = Arc::new((run.cases(reading.map(|case| case.id.clone())), OnceLock::new()));
    let trial = |case: Case| {
        let (shared, id, acts) = (Arc::clone(&shared), case.id, case.probe.is_some());
        Trial::ignorable_test(name(&suite, &id), move || {
            if acts {
                return Ok(Completion::ignored_with("a probe acts only in `attestry run`"));
            }
            let (run, results) = &*shared;
            let results: &Results = results.get_or_init(|| perform(run));
            let results = results.as_ref().map_err(|error| Failed::from(error.as_str()))?;
            results.get(&id).map_or_else(|| Err(Failed::from("the case was not run")), outcome)
        })
    };
    selection.cases.into_iter().map(trial).collect()
}

type Results = Result<BTreeMap<String, CaseResult>, String>;

fn name(suite: &str, case: &str) -> String {
    format!("{suite}::{}", case.replace('/', "::"))
}

fn perform(run: &Run) -> Results {
    let outcome = run.execute().map_err(|failure| failure.to_string())?;
    let cases = outcome.result().cases.iter();
    Ok(cases.map(|case| (case.case.id.clone(), case.clone())).collect())
}

fn outcome(result: &CaseResult) -> Result<Completion, Failed> {
    match result.verdict {
        Verdict::Met(_) => Ok(Completion::Completed),
        Verdict::NotApplicable => Ok(Completion::ignored_with("not applicable")),
        Verdict::Waived => Ok(Completion::ignored_with("waived")),
        Verdict::Violated | Verdict::NotEvaluated => Err(Failed::from(explain(result))),
    }
}

fn explain(result: &CaseResult) -> String {
    let mut lines = vec![format!("{}: {}", result.verdict.word(), result.case.title)];
    for resource in result.with(&[ResourceVerdict::Violated]) {
        for it in &resource.differences {
            lines.push(format!("{}: {} {}, expected {}", resource.name, it.attribute, it.actual, it.expected));
        }
        if resource.differences.is_empty() {
            lines.push(format!("{}: {}", resource.name, resource.reason));
        }
    }
    let gaps =
        result.gaps.iter().chain(result.with(&[ResourceVerdict::NotEvaluated]).flat_map(|resource| &resource.gaps));
    lines.extend(gaps.map(|gap| format!("{gap} {}", gap.resource)));
    lines.join("\n")
}
