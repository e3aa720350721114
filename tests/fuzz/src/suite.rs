//! Fuzzes arbitrary texts as a suite with parameters, a policy and waivers, separated by zero bytes.
//!
//! No input may cause a panic, a long run or a too large allocation. A suite without an error must compile for each of
//! its stages, so that no run meets a mistake that `check` did not report.
#![no_main]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use attestry_core::facts::{self, Argument, Attribute, Call, Field, Frequency, Kind, ProbeSpec, Scope, Type};
use attestry_core::policy::{Catalogues, Root, Vocabulary, check_examples, compile, load_suite_of};
use attestry_core::source::{Diagnostics, render};
use libfuzzer_sys::fuzz_target;

mod clock;

/// A limit far above the time for the longest input.
const LONG: Duration = Duration::from_secs(5);

const fn attribute(name: &'static str, of: Type) -> Attribute {
    Attribute::new(name, of, "ListThings", "Things[]", "Made up.")
}

const GRANT: &[Field] = &[Field::new("grantee", Type::Text), Field::new("days", Type::Integer)];

static THING: Kind = Kind {
    name: "test.thing",
    plural: "things",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A thing.",
    attributes: &[
        attribute("id", Type::Text),
        attribute("name", Type::Text),
        attribute("rotation.enabled", Type::Bool),
        attribute("rotation.period", Type::Duration),
        attribute("count", Type::Integer),
        attribute("last", Type::Time),
        attribute("tags", Type::Map(&Type::Text)),
        attribute("zones", Type::List(&Type::Text)),
        attribute("grants", Type::List(&Type::Record(GRANT))),
        attribute("permissions", Type::Record(facts::iam::PERMISSIONS)),
    ],
    calls: &[Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 10 })],
};

static TURN: ProbeSpec = ProbeSpec {
    name: "secret-rotation",
    kind: &THING,
    target: "secret",
    arguments: &[
        Argument::required("secret", Type::Text, "Which one."),
        Argument::optional("within", Type::Duration, "How long."),
    ],
    calls: |_| Vec::new(),
};

static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(Catalogues::shipped);

fuzz_target!(|bytes: &[u8]| {
    let words = Vocabulary { catalogues: CATALOGUES.clone(), ..Vocabulary::new([&THING]).with_probes([&TURN]) };
    let names = ["suite.yaml", "policy.yaml", "waivers.yaml", "catalogue.yaml"];
    let files: BTreeMap<PathBuf, &[u8]> = names.iter().map(PathBuf::from).zip(bytes.split(|byte| *byte == 0)).collect();
    let started = clock::worked();
    let mut loaded = load_suite_of(&Root::Held(files), Path::new("suite.yaml"), words);
    if let Some(suite) = loaded.library.suites.first().filter(|_| !loaded.diagnostics.has_errors()) {
        for stage in &suite.stages {
            let mut sink = Diagnostics::new();
            let compiled = compile(suite, stage, &[], &mut sink);
            assert!(compiled.is_some(), "{}", render(&loaded.library.files, &sink, false));
        }
        check_examples(suite, &mut loaded.diagnostics);
    }
    render(&loaded.library.files, &loaded.diagnostics, false);
    assert!((clock::worked() - started) < LONG, "it takes {:?}", (clock::worked() - started));
});
