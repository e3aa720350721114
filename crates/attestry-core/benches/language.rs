//! Measures what a join and a table cost: `cargo bench -p attestry-core --bench language`.
//!
//! A join of 10,000 resources with 10,000 others, and a table of 5,000 rows over 5,000 resources. The program ends with
//! an error when a target is missed.
#![allow(
    clippy::print_stdout,
    clippy::panic,
    clippy::unwrap_used,
    clippy::exit,
    clippy::disallowed_methods,
    reason = "a benchmark is a program"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use attestry_core::facts::{Call, Fact, Frequency, Kind, Population, Resource, Scope, Type};
use attestry_core::policy::{Case, Root, Vocabulary, compile, load_suite_of};
use attestry_core::source::Diagnostics;
use attestry_core::verify::{Verdict, evaluate};
use jiff::Timestamp;

const LIST: Call = Call::new("box", "ListBoxes", "box:ListBoxes", Frequency::Population { page: 1000 });
const LIST_ALARMS: Call = Call::new("alarm", "ListAlarms", "alarm:ListAlarms", Frequency::Population { page: 1000 });

static BOX: Kind = Kind {
    name: "test.box",
    plural: "boxes",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A box.",
    attributes: &[
        LIST.yields("id", Type::Text, "Boxes[].Id", "Id."),
        LIST.yields("name", Type::Text, "Boxes[].Name", "Name."),
        LIST.yields("owner", Type::Text, "Boxes[].Owner", "Owner."),
    ],
    calls: &[LIST],
};

static ALARM: Kind = Kind {
    name: "test.alarm",
    plural: "alarms",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "An alarm.",
    attributes: &[
        LIST_ALARMS.yields("id", Type::Text, "Alarms[].Id", "Id."),
        LIST_ALARMS.yields("watches", Type::Text, "Alarms[].Box", "The box that it watches."),
    ],
    calls: &[LIST_ALARMS],
};

/// The targets: a join, and a table compiled and judged.
const JOIN: Duration = Duration::from_millis(200);
const TABLE: Duration = Duration::from_secs(1);

fn now() -> Timestamp {
    Timestamp::constant(1_795_219_200, 0)
}

fn cases(cases: &str, table: &str) -> Vec<Case> {
    let suite = "suite: s\ntitle: S\ntables: { boxes: t.csv }\npolicies: [p.yaml]\nstages:\n  dev: { account: \"111122223333\", regions: [eu-west-1] }\n";
    let policy = format!("id: P\ntitle: P\nseverity: high\ncases:\n{cases}");
    let texts = [("s.yaml", suite), ("p.yaml", &policy), ("t.csv", table)];
    let root = Root::Held(texts.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes())).collect());
    let loaded = load_suite_of(&root, Path::new("s.yaml"), Vocabulary::new([&BOX, &ALARM]));
    let mut sink = Diagnostics::new();
    let suite = loaded.library.suites.first().unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    let compiled = compile(suite, suite.stages.first().unwrap(), &[], &mut sink);
    compiled.unwrap_or_else(|| panic!("{sink:?} {:?}", loaded.diagnostics)).cases
}

fn population(kind: &'static Kind, count: usize, facts: impl Fn(usize) -> Vec<(&'static str, String)>) -> Population {
    let resource = |number: usize| {
        let id = format!("{}-{number}", kind.name);
        let mut resource = Resource::new(kind, "111122223333".into(), "eu-west-1".into(), id.clone(), id.clone());
        resource.set("id", Fact::from(id));
        for (name, value) in facts(number) {
            resource.set(name, Fact::from(value));
        }
        resource
    };
    Population {
        kind,
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        resources: (0..count).map(resource).collect(),
        gaps: Vec::new(),
        reaches: Vec::new(),
    }
}

/// Prints the best of five runs. Returns whether it is within the target.
fn measure(what: &str, target: Duration, run: impl Fn()) -> bool {
    let once = || {
        let begun = Instant::now();
        run();
        begun.elapsed()
    };
    let best = (0..5).map(|_| once()).min().unwrap();
    println!("{what}: {:.0} ms, at most {:.0} ms", best.as_secs_f64() * 1000.0, target.as_secs_f64() * 1000.0);
    best <= target
}

fn all_met(cases: &[Case], populations: &[Population]) {
    let result = evaluate(cases, populations, &[], now());
    let met = result.cases.iter().filter(|case| matches!(case.verdict, Verdict::Met(_))).count();
    assert_eq!(met, cases.len());
}

fn main() {
    let named = |number: usize| vec![("name", format!("box {number}")), ("owner", format!("team {}", number % 7))];
    let watched = |number: usize| vec![("watches", format!("box {number}"))];
    let both = [population(&BOX, 10_000, named), population(&ALARM, 10_000, watched)];
    let join = "  a:\n    each: test.box\n    when_none: violated\n    expect: { related: { kind: test.alarm, where: { watches: { equals: { of: name } } } } }\n";
    let joined = cases(join, "name\nx\n");
    let mut kept = measure("a join of 10,000 resources with 10,000 others", JOIN, || all_met(&joined, &both));

    let mut table = "name,owner\n".to_owned();
    (0..5_000).for_each(|number| writeln!(table, "box {number},team {}", number % 7).unwrap());
    let each = "  a:\n    for_each: row in boxes\n    each: test.box\n    when_none: violated\n    where: { name: \"${row.name}\" }\n    expect: { owner: \"${row.owner}\" }\n";
    let boxes = [population(&BOX, 5_000, named)];
    kept &= measure("a table of 5,000 rows over 5,000 resources, compiled and judged", TABLE, || {
        all_met(&cases(each, &table), &boxes);
    });
    if !kept {
        std::process::exit(1);
    }
}
