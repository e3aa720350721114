//! Every folder of `tests/diagnostics/` has one mistake and, in `expected.txt`, the message to the user about it.
//! `ATTESTRY_BLESS=1` writes the current messages. Read the difference before you commit it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::*;
use crate::source::summary;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/diagnostics")
}

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// The findings of `attestry check`: first the mistakes in the text, then the mistakes in the examples.
fn check(folder: &Path) -> (Diagnostics, String) {
    let mut loaded = load_suite(folder, Path::new("suite.yaml"), words());
    for suite in &loaded.library.suites {
        check_examples(suite, &mut loaded.diagnostics);
    }
    let now = "2026-11-20T22:15:00Z".parse().unwrap();
    check_expiries(&loaded.library.suites, now, &mut loaded.diagnostics);
    let text = render(&loaded.library.files, &loaded.diagnostics, false);
    (loaded.diagnostics, text)
}

#[test]
fn every_mistake_is_reported_as_expected() {
    let bless = std::env::var_os("ATTESTRY_BLESS").is_some();
    let mut wrong = Vec::new();
    for folder in folders() {
        let (found, text) = check(&folder);
        assert!(!found.is_empty(), "{} is accepted", folder.display());
        let expected = folder.join("expected.txt");
        if bless {
            std::fs::write(&expected, &text).unwrap();
        }
        let told = std::fs::read_to_string(&expected).unwrap_or_default();
        if told != text {
            wrong.push(format!("{}\n--- expected\n{told}\n--- told\n{text}", folder.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(folders().len() >= 40, "the collection is whole");
}

#[test]
fn every_place_has_file_line_and_column() {
    for folder in folders() {
        let (found, text) = check(&folder);
        for diagnostic in &found {
            assert!(diagnostic.span.is_some(), "{}: {} has no place", folder.display(), diagnostic.message);
        }
        let places = text.lines().filter(|line| line.trim_start().starts_with("--> ")).count();
        assert!(places >= found.len(), "{}: {}\n{text}", folder.display(), summary(&found));
    }
}

/// Codes that need no file. They are about the command line or about several suites, and other tests of this module
/// cover them.
const ELSEWHERE: &[&str] = &[
    "no-consent",
    "unknown-parameter",
    "duplicate-parameter",
    "policy-without-suite",
    "selects-nothing",
    "unknown-prefix",
];

#[test]
fn every_code_has_an_example() {
    let mut emitted = BTreeSet::new();
    let source = |folder: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
    };
    for path in source("policy").chain(source("kind_files")) {
        if path.extension().is_none_or(|it| it != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for start in ["Diagnostic::error(", "Diagnostic::error_nowhere(", ".unexpected("] {
            for call in source.split(start).skip(1) {
                let code = call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                emitted.insert(code.unwrap_or_else(|| panic!("{}: a code is a literal", path.display())).to_owned());
            }
        }
    }
    assert!(emitted.len() > 40, "{emitted:?}");
    let shown: BTreeSet<String> = folders()
        .iter()
        .flat_map(|folder| codes(&check(folder).0))
        .chain(ELSEWHERE.iter().copied())
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = emitted.difference(&shown).collect();
    assert!(missing.is_empty(), "codes without an example in bad/: {missing:?}");
}

#[test]
fn a_file_of_more_than_a_mebibyte_is_refused_before_it_is_read() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("suite.yaml"), "#".repeat((1 << 20) + 1)).unwrap();
    let loaded = load_suite(directory.path(), Path::new("suite.yaml"), words());
    assert_eq!(codes(&loaded.diagnostics), ["unreadable-file"]);
    assert!(loaded.diagnostics.iter().next().unwrap().message.contains("1 MiB"));
    assert!(loaded.paths.is_empty());
}

#[test]
fn a_policy_that_no_suite_names_and_one_that_two_suites_name() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let suite = |id: &str| {
        format!(
            "suite: {id}\ntitle: S\npolicies: [../policies/shared.yaml]\nstages: {{ dev: {{ account: \"000000000001\", \
             regions: [eu-west-1] }} }}\n"
        )
    };
    write("suites/one.yaml", &suite("one"));
    write("suites/two.yaml", &suite("two"));
    let policy = |id: &str, kind: &str| {
        format!(
            "id: {id}\ntitle: P\nseverity: low\ncases: {{ a: {{ each: {kind}, when_none: met, expect: {{ name: x }} }} }}\n"
        )
    };
    write("policies/shared.yaml", &policy("A", "test.thnig"));
    write("policies/lonely.yaml", &policy("B", "test.thing"));
    let load = || load_all(directory.path(), Path::new("suites"), Path::new("policies"), words());
    let loaded = load();
    // The mistake in the shared policy is reported once, although two suites name the policy.
    assert_eq!(codes(&loaded.diagnostics), ["unknown-kind", "policy-without-suite"]);
    assert_eq!(loaded.paths.len(), 4);
    std::fs::remove_dir_all(directory.path().join("suites")).unwrap();
    assert!(codes(&load().diagnostics).contains(&"no-file"), "a directory without suites is a mistake");
}

#[test]
fn a_catalogue_counts_in_the_suite_that_brings_it() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let suite = |id: &str, more: &str| {
        format!(
            "suite: {id}\ntitle: S\npolicies: [p.policy]\n{more}stages: {{ dev: {{ account: \"000000000001\", regions: \
             [eu-west-1] }} }}\n"
        )
    };
    write("house.catalogue", "framework: house\nname: House rules\ncontrols: { H-1: Doors are shut }\n");
    write(
        "p.policy",
        "id: A\ntitle: P\nseverity: low\ncontrols: { house: [H-1] }\ncases: { a: { each: test.thing, when_none: met, expect: { \
         name: x } } }\n",
    );
    write("one.yaml", &suite("one", "catalogues: [house.catalogue]\n"));
    let load = || load_all(directory.path(), Path::new(""), Path::new("none"), words());
    let alone = load();
    assert!(alone.diagnostics.is_empty(), "{:?}", alone.diagnostics);
    let control = Control { framework: "house".into(), id: "H-1".into() };
    assert_eq!(alone.words.catalogues.title(&control), Some("Doors are shut"));
    write("two.yaml", &suite("two", ""));
    assert_eq!(codes(&load().diagnostics), ["unknown-framework"]);
}
