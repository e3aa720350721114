//! The compiled cases as Rust tests: `cargo test --test suites` and `cargo nextest run` list, filter and run them.
//!
//! Listing needs no network. All cases of a suite share one collection, made when the first of them runs, of exactly the
//! cases that the filter leaves. The only place that names libtest-mimic.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use super::stage::Ground;
use super::suite::{Chosen, Selection};
use crate::collect::{Watch, collect};
use crate::kinds;
use attestry_core::plan::Plan;
use attestry_core::verify::{CaseResult, Exit, ResourceVerdict, Verdict, complete, evaluate};

/// Runs the cases of these suites as tests, against the stage `ATTESTRY_STAGE`, or `embedded` without it.
#[must_use]
pub fn trials(suites: &[&Path]) -> ExitCode {
    let arguments = Arguments::from_args();
    if arguments.test_threads == Some(0) {
        super::output::tell("error: --test-threads must be at least 1");
        return ExitCode::from(Exit::Usage.code());
    }
    let stage = std::env::var("ATTESTRY_STAGE").unwrap_or_else(|_| "embedded".to_owned());
    let mut all = Vec::new();
    for suite in suites {
        let selection = Selection {
            suite: suite.to_path_buf(),
            stage: Some(stage.clone()),
            cases: Vec::new(),
            parameters: Vec::new(),
        };
        let chosen = match selection.choose() {
            Ok(chosen) => chosen,
            Err(ended) => return super::output::end(&ended),
        };
        all.extend(of_suite(chosen, &arguments));
    }
    let conclusion = libtest_mimic::run(&arguments, all);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

fn of_suite(mut chosen: Chosen, arguments: &Arguments) -> Vec<Trial> {
    let names: Vec<(String, String)> =
        chosen.cases.iter().map(|case| (name(&chosen.suite.id.value, &case.id), case.id.clone())).collect();
    let selected = |name: &str| {
        let probe = Trial::test(name, || Ok(()));
        !arguments.is_filtered_out(&probe) && !arguments.is_ignored(&probe)
    };
    // A filter cuts API calls too: only what will run is collected for.
    chosen.cases.retain(|case| selected(&name(&chosen.suite.id.value, &case.id)));
    let acting: BTreeSet<String> =
        chosen.cases.iter().filter(|case| case.probe.is_some()).map(|case| case.id.clone()).collect();
    chosen.cases.retain(|case| case.probe.is_none());
    let shared = Arc::new((chosen, OnceLock::new()));
    names
        .into_iter()
        .map(|(name, id)| {
            let acting = acting.contains(&id);
            let shared = Arc::clone(&shared);
            Trial::ignorable_test(name, move || {
                if acting {
                    return Ok(Completion::ignored_with("a probe acts only in `attestry run`"));
                }
                let (chosen, results) = &*shared;
                let results: &Results = results.get_or_init(|| perform(chosen));
                let results = results.as_ref().map_err(|error| Failed::from(error.as_str()))?;
                results.get(&id).map_or_else(|| Err(Failed::from("the case was not run")), outcome)
            })
        })
        .collect()
}

type Results = Result<BTreeMap<String, CaseResult>, String>;

fn name(suite: &str, case: &str) -> String {
    format!("{suite}::{}", case.replace('/', "::"))
}

fn perform(chosen: &Chosen) -> Results {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut ground = Ground::new(chosen, None, None, None).map_err(|ended| ended.message)?;
        let opened = ground.open().await.map_err(|ended| ended.message)?;
        let plan = Plan::new(chosen.cases.clone());
        let silent: Watch = Arc::new(|_| {});
        let mut populations = collect(&plan, &opened.places, kinds::collector, ground.now, &silent).await;
        complete(&chosen.stage, &chosen.cases, &mut populations);
        let result = evaluate(&chosen.cases, &populations, &chosen.waivers, ground.now);
        Ok(result.cases.into_iter().map(|case| (case.case.id.clone(), case)).collect())
    })
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
