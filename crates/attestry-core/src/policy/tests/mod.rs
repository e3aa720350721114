//! Tests of the language from outside: the messages for wrong text, and the meaning of right text.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod bad;
mod choosing;
mod controls;
mod judging;
mod limits;
mod parameters;
mod tables;
mod windows;

use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;

use super::*;
use crate::facts::iam::STATEMENTS;
use crate::facts::{
    Argument, Attribute, ByAttribute, Call, Fact, Field, Frequency, Kind, ProbeSpec, Resource, Scope, Type, Value,
    Window,
};
use crate::source::{Diagnostics, render};

const fn attribute(name: &'static str, of: Type) -> Attribute {
    Attribute::new(name, of, "ListThings", "Things[]", "Made up.")
}

const GRANT: &[Field] =
    &[Field::new("grantee", Type::Text), Field::new("days", Type::Integer), Field::new("count", Type::Integer)];

const ATTRIBUTES: &[Attribute] = &[
    attribute("id", Type::Text),
    attribute("name", Type::Text),
    attribute("rotation.enabled", Type::Bool),
    attribute("rotation.period", Type::Duration).where_none("turns by hand"),
    attribute("count", Type::Integer),
    attribute("last", Type::Time),
    attribute("tags", Type::Map(&Type::Text)),
    attribute("zones", Type::List(&Type::Text)),
    attribute("grants", Type::List(&Type::Record(GRANT))),
    attribute("owner", Type::Record(GRANT)),
    attribute("parts", Type::List(&Type::Text)).referring("test.thing"),
    attribute("policy", STATEMENTS),
];

const CALLS: &[Call] = &[Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 10 })];

static THING: Kind = Kind {
    name: "test.thing",
    plural: "things",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A thing.",
    attributes: ATTRIBUTES,
    calls: CALLS,
};

static GLOBAL: Kind = Kind {
    name: "test.global",
    plural: "global things",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "A thing.",
    attributes: ATTRIBUTES,
    calls: CALLS,
};

/// A kind whose cases need a window.
static EVENT: Kind = Kind {
    name: "test.event",
    plural: "events",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "An event.",
    attributes: ATTRIBUTES,
    calls: &[Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 10 }).windowed(
        &Window {
            needed: true,
            time: "last",
            late: 900,
            most: Some(90 * 86_400),
            by: &[
                ByAttribute { attribute: "grants", field: "grantee", key: "Grantee" },
                ByAttribute { attribute: "name", field: "", key: "Name" },
                ByAttribute { attribute: "rotation.enabled", field: "", key: "Enabled" },
            ],
            ..Window::OPTIONAL
        },
    )],
};

/// A kind whose cases must have a value that the call can select by.
static RECORD: Kind = Kind {
    name: "test.record",
    plural: "records",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A record.",
    attributes: ATTRIBUTES,
    calls: &[Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 10 }).windowed(
        &Window {
            needed: true,
            time: "last",
            by: &[
                ByAttribute { attribute: "name", field: "", key: "Name" },
                ByAttribute { attribute: "zones", field: "", key: "Zone" },
            ],
            only_by: true,
            ..Window::OPTIONAL
        },
    )],
};

static TURN: ProbeSpec = ProbeSpec {
    name: "secret-rotation",
    kind: &THING,
    target: "secret",
    arguments: &[
        Argument::required("secret", Type::Text, "Which one."),
        Argument::optional("within", Type::Duration, "How long."),
        Argument::optional("how", Type::Text, "How.").one_of(&["slowly", "at-once"]),
    ],
    calls: |_| Vec::new(),
};

/// The shipped catalogues are parsed once for all tests.
fn words() -> Vocabulary {
    static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(Catalogues::shipped);
    Vocabulary {
        kinds: Kinds::new([&THING, &GLOBAL, &EVENT, &RECORD, &ATTESTATION]),
        probes: vec![&TURN],
        catalogues: CATALOGUES.clone(),
    }
}

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// Loads a suite with one policy in a directory of its own. `cases` is the text below `cases:`.
fn load(parameters: &str, stage: &str, cases: &str) -> Loaded {
    let directory = tempfile::tempdir().unwrap();
    let suite = format!(
        "suite: demo\ntitle: Demo\npolicies: [policy.yaml]\n{parameters}\nstages:\n  dev:\n    account: \"000000000001\"\n    \
         regions: [eu-central-1]\n    {stage}\n"
    );
    let policy = format!("id: T-1\ntitle: Things\nseverity: high\ncases:\n{cases}\n");
    std::fs::write(directory.path().join("suite.yaml"), suite).unwrap();
    std::fs::write(directory.path().join("policy.yaml"), policy).unwrap();
    load_suite(directory.path(), Path::new("suite.yaml"), words())
}

fn case(expect: &str) -> String {
    format!("  a:\n    each: test.thing\n    when_none: met\n    expect: {expect}")
}

/// The cases of right text. Wrong text ends the test with the diagnostics.
fn compiled(loaded: &Loaded, overrides: &[(&str, &str)]) -> Vec<Case> {
    let mut sink = loaded.diagnostics.clone();
    let suite = &loaded.library.suites[0];
    let overrides: Vec<_> = overrides.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let compiled = compile(suite, &suite.stages[0], &overrides, &mut sink);
    assert!(sink.is_empty(), "{}", render(&loaded.library.files, &sink, false));
    compiled.unwrap().cases
}

fn expectation(expect: &str) -> Expectation {
    compiled(&load("", "", &case(expect)), &[]).remove(0).expect
}

fn codes(sink: &Diagnostics) -> Vec<&'static str> {
    sink.iter().map(|it| it.code).collect()
}

/// A thing with the given facts. All other attributes are absent.
fn thing(facts: &[(&'static str, Fact)]) -> Resource {
    let mut thing = Resource::new(&THING, "000000000001".into(), "eu-central-1".into(), "id", "name");
    for attribute in ATTRIBUTES {
        thing.set(attribute.name, Fact::Absent);
    }
    for (name, fact) in facts {
        thing.set(name, fact.clone());
    }
    thing
}
