//! Measures the cost of all reports of a large run: 10,000 resources in 50 cases. A tenth of the resources is not as
//! expected.
//!
//! It also measures the time to seal the reports into a bundle, to verify the bundle and to judge it again.
//!
//! Run it with `cargo bench --bench reports`. It prints a table, and ends with an error when it misses a target. With a
//! directory as argument (`-- DIR`), it leaves the reports there for `ci/formats/page.py --large DIR`.
#![allow(
    clippy::print_stdout,
    clippy::panic,
    clippy::unwrap_used,
    clippy::exit,
    clippy::indexing_slicing,
    reason = "a benchmark is a program"
)]

#[path = "sealed/mod.rs"]
mod sealed;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use attestry::evidence::Scope;
use attestry::facts::{Kind, Population, Resource, Value};
use attestry::kinds;
use attestry::policy::{Vocabulary, compile, load_suite};
use attestry::report::{ALL, Record, write_all};
use attestry::verify::{Caller, Reason, Run, TOOL, evaluate};
use jiff::Timestamp;

const RESOURCES: usize = 10_000;
const CASES: usize = 50;
const TARGET: Duration = Duration::from_secs(2);
const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-central-1";

const SUITE: &str = r#"suite: large
title: A large account
policies: [policies/*.yaml]
stages: { prod: { account: "111122223333", regions: [eu-central-1] } }
"#;

/// Returns one policy with all cases. In each case, another tenth of the log groups violates the expectation.
fn policy() -> String {
    let mut text = "id: L-1\ntitle: Logs are kept\nseverity: high\ncontrols:\n  nist-800-53-r5: [SC-12, IA-5]\nrationale: Without logs nobody knows.\nremediation: Set the retention.\ncases:\n".to_owned();
    for case in 0..CASES {
        writeln!(
            text,
            "  case-{case}:\n    each: logs.group\n    when_none: violated\n    expect: {{ retention: {{ at_least: 365d }}, name: {{ not: {{ glob: \"*{}\" }} }} }}",
            case % 10
        )
        .unwrap();
    }
    text
}

fn population(kind: &'static Kind) -> Population {
    let group = |at: usize| {
        let name = format!("/aws/lambda/bank-payments-{at:06}");
        let id = format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}");
        let mut resource = Resource::new(kind, ACCOUNT.into(), REGION.into(), id, name.as_str());
        resource.set("name", name.as_str());
        resource.set("retention", Value::days(2557));
        resource
    };
    let resources = (0..RESOURCES).map(group).collect();
    Population {
        kind,
        account: ACCOUNT.into(),
        region: REGION.into(),
        resources,
        gaps: Vec::new(),
        reaches: Vec::new(),
    }
}

fn run(now: Timestamp) -> Run {
    Run {
        id: "19700101T000000Z-0a1b2c3d".into(),
        tool: TOOL.into(),
        suite: "large".into(),
        title: "A large account".into(),
        stage: "prod".into(),
        backend: "aws".into(),
        clock: String::new(),
        callers: vec![Caller { account: ACCOUNT.into(), arn: String::new(), user_id: String::new() }],
        regions: vec![REGION.into()],
        started: now,
        finished: now,
        evaluated_at: now,
        gate: "info",
        selected: Vec::new(),
        parameters: Vec::new(),
        calls: 10_000,
        throttled: 0,
    }
}

fn load(root: &Path) -> attestry::policy::Loaded {
    std::fs::create_dir(root.join("policies")).unwrap();
    std::fs::write(root.join("large.yaml"), SUITE).unwrap();
    std::fs::write(root.join("policies/l-1.yaml"), policy()).unwrap();
    load_suite(root, Path::new("large.yaml"), Vocabulary::new(kinds::schemas()))
}

fn main() {
    let leave = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).map(PathBuf::from);
    let root = tempfile::tempdir().unwrap();
    let mut loaded = load(root.path());
    let suite = loaded.library.suites[0].clone();
    let compiled = compile(&suite, &suite.stages[0], &[], &mut loaded.diagnostics);
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    let compiled = compiled.unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let populations = vec![population(compiled.cases[0].kind)];
    let result = evaluate(&compiled.cases, &populations, &compiled.waivers, now);
    let exit = Reason::of(&result, suite.gate);
    let record = Record {
        run: &run(now),
        result: &result,
        populations: &populations,
        delta: None,
        exit: &exit,
        files: &loaded.library.files,
        catalogues: &loaded.words.catalogues,
    };
    // This phase comes before the reports, because the memory that the reports keep does not belong to the run.
    let sealed = sealed::measure(&record, &Scope::of(&suite, &suite.stages[0]), root.path());
    println!("{RESOURCES} resources, {CASES} cases\n| report | ms | MB |\n| --- | ---: | ---: |");
    for report in ALL {
        let (begin, mut out) = (Instant::now(), Vec::new());
        report.write(&record, &mut out).unwrap();
        let took = begin.elapsed();
        println!("| {} | {} | {:.1} |", report.name(), took.as_millis(), out.len() as f64 / 1e6);
        if let Some(directory) = &leave {
            std::fs::create_dir_all(directory).unwrap();
            std::fs::write(directory.join(report.file()), out).unwrap();
        }
    }
    // The reports are written in parallel, as in a run.
    let begin = Instant::now();
    write_all(ALL, &|report| report.write(&record, &mut std::io::sink())).unwrap();
    let total = begin.elapsed();
    println!("| all together | {} | |", total.as_millis());
    let reached = sealed.tell(total);
    if total > TARGET || !reached {
        println!("a target is missed; all reports may take {} ms", TARGET.as_millis());
        std::process::exit(1);
    }
}
