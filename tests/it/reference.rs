//! Tests the generated reference. The committed pages match the registries, and their examples have the stated results.

use std::fmt::Write as _;
use std::path::Path;

use attestry::policy::{Vocabulary, check_examples, load_suite};
use attestry::{kinds, matchers, reference, source};

#[test]
fn the_committed_reference_is_what_the_registries_say() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    let pages = reference::pages();
    for (name, text) in &pages {
        let committed = std::fs::read_to_string(directory.join(name)).unwrap_or_default();
        assert!(committed == *text, "docs/reference/{name} is out of date: run `cargo run -- reference`");
    }
    for folder in ["matchers", "kinds", "probes"] {
        for file in std::fs::read_dir(directory.join(folder)).unwrap().flatten() {
            let name = format!("{folder}/{}", file.file_name().to_string_lossy());
            assert!(pages.iter().any(|(known, _)| *known == name), "docs/reference/{name} is about nothing");
        }
    }
}

/// Returns a policy with one case for each matcher, made of the examples of the matcher.
fn policy() -> String {
    let mut text = "id: REFERENCE\ntitle: Examples of all matchers\nseverity: low\ncases:\n".to_owned();
    let indented =
        |text: &str, by: usize| text.lines().fold(String::new(), |all, line| format!("{all}{:by$}{line}\n", ""));
    for matcher in matchers::ALL {
        let example = matcher.example();
        let (name, kind) = (matcher.keyword().replace('_', "-"), example.kind);
        write!(text, "  {name}:\n    each: {kind}\n    when_none: met\n    expect:\n{}", indented(example.expect, 6))
            .unwrap();
        write!(text, "    examples:\n      met:\n{}", indented(example.met, 8)).unwrap();
        write!(text, "      violated:\n{}", indented(example.violated, 8)).unwrap();
        if let Some(undecided) = example.undecided {
            write!(text, "      undecided:\n{}", indented(undecided, 8)).unwrap();
        }
    }
    text
}

#[test]
fn every_example_is_what_the_reference_says_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let suite = "suite: reference\ntitle: x\ngate: low\npolicies: [policy.yaml]\nstages:\n  here:\n    account: \"647751526084\"\n    regions: [ap-southeast-2]\n    described: x.yaml\n";
    std::fs::write(directory.path().join("suite.yaml"), suite).unwrap();
    std::fs::write(directory.path().join("policy.yaml"), policy()).unwrap();
    let mut loaded = load_suite(directory.path(), Path::new("suite.yaml"), Vocabulary::new(kinds::schemas()));
    let first = loaded.library.suites.first().expect("the suite is read");
    assert_eq!(first.policies.iter().map(|policy| policy.cases.len()).sum::<usize>(), matchers::ALL.len());
    check_examples(first, &mut loaded.diagnostics);
    let shown = source::render(&loaded.library.files, &loaded.diagnostics, false);
    assert!(!loaded.diagnostics.has_errors(), "{shown}");
}
