//! Judges claims about the managed policies of AWS, and measures the answers and the CPU time.
//!
//! `cargo bench -p attestry-core --bench managed -- FOLDER`. The folder has one JSON document for each policy.
//! `ci/bench/managed.py` writes it. Each undecided answer is a gap of this engine, because the policy is complete. The
//! program ends with an error when a target is missed.
#![allow(
    clippy::print_stdout,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::exit,
    clippy::disallowed_methods,
    reason = "a benchmark is a program"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use attestry_core::facts::iam::to_values;
use attestry_core::facts::{GLOBAL, Kind, Resource, Scope, Value};
use attestry_core::matchers::{MatchContext, MatchResult, Operand, find};
use attestry_iam::{Form, Policy, parse};

/// The most policies that a claim may leave undecided, and the most CPU time of all claims.
const PASS_ROLE: usize = 30;
const READS: usize = 20;
const TIME: Duration = Duration::from_secs(10);

/// The claims of the form `never_grants`, besides the two with a target.
const NEVER: &[&str] = &[
    "secretsmanager/values",
    "ssm/values",
    "*/values",
    "kms/decrypt",
    "kms/destroy",
    "iam/escalate",
    "*/escalate",
    "*/permissions",
    "*/tagging",
    "*/write",
    "*/mutate",
    "iam/mutate",
    "s3/mutate",
    "s3/read",
    "kms/mutate",
    "lambda/write",
    "ec2/mutate",
    "organizations/mutate",
    "iam:CreateAccessKey",
    "s3:GetObject",
];

static KIND: Kind = Kind {
    name: "iam.managed_policy",
    plural: "managed policies",
    scope: Scope::Global,
    doc: "A managed policy.",
    parent: None,
    qualified: "",
    attributes: &[],
    calls: &[],
};

fn main() {
    let Some(folder) = std::env::args().skip(1).find(|it| !it.starts_with("--")) else {
        println!("usage: cargo bench -p attestry-core --bench managed -- FOLDER");
        return;
    };
    let documents: BTreeMap<String, Value> = policies(Path::new(&folder), "")
        .into_iter()
        .map(|it| (it.name.to_string(), Value::List(to_values(&it))))
        .collect();
    println!("{} managed policies", documents.len());
    let operand =
        |actions: &[&str]| Operand::Value(Value::record([("actions", Some(Value::texts(actions.iter().copied())))]));
    let mut missed = false;
    let began = cpu();
    let mut judge = |matcher: &str, actions: &[&str], most: Option<usize>| {
        let (from, claim) = (cpu(), operand(actions));
        let mut count = [0; 3];
        let mut open = Vec::new();
        for (name, document) in &documents {
            let id = format!("arn:aws:iam::aws:policy/{name}");
            let resource = Resource::new(&KIND, "111122223333".into(), GLOBAL.into(), id, name.as_str());
            let context = MatchContext::of(&resource, "2026-11-20T12:00:00Z".parse().unwrap());
            let at = match find(matcher).unwrap().test(Some(document), &claim, &context) {
                MatchResult::Holds => 0,
                MatchResult::Fails(_) => 1,
                MatchResult::Undecided(why) => {
                    open.push(format!("  {name}: {why}"));
                    2
                }
                MatchResult::Withheld => panic!("{name} is withheld"),
            };
            count[at] += 1;
        }
        let took = cpu().saturating_sub(from);
        let target = most.map(|most| {
            missed |= open.len() > most;
            format!("; at most {most} undecided")
        });
        println!(
            "{matcher} {}: holds, fails, undecided: {count:?}; {} ms{}",
            actions.join(" "),
            took.as_millis(),
            target.unwrap_or_default()
        );
        if most.is_some() {
            open.iter().for_each(|line| println!("{line}"));
        }
    };
    judge("never_grants", &["iam:PassRole"], Some(PASS_ROLE));
    judge("grants_only", &["*/read", "*/list"], Some(READS));
    for actions in NEVER {
        judge("never_grants", &[actions], None);
    }
    let took = cpu().saturating_sub(began);
    missed |= took > TIME;
    println!("{} claims: {:.1} s of CPU time; at most {} s", NEVER.len() + 2, took.as_secs_f64(), TIME.as_secs());
    if missed {
        std::process::exit(1);
    }
}

/// The CPU time of this process until now.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// The policies of a folder, by their paths and names. The name of a file is the name of its policy.
fn policies(folder: &Path, path: &str) -> Vec<Policy> {
    let files = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = |entry: std::fs::DirEntry| {
        let file = entry.path();
        let name = format!("{path}{}", file.file_stem().unwrap().to_string_lossy());
        if file.is_dir() {
            return policies(&file, &format!("{name}/"));
        }
        let text = std::fs::read_to_string(&file).unwrap();
        vec![parse(&name, &text, Form::Identity).unwrap_or_else(|error| panic!("{name}: {error}"))]
    };
    files.flat_map(|entry| read(entry.unwrap())).collect()
}
