//! The architecture, held by a test: who may name whom, where outside crates may appear, how large files may grow, and
//! that every invariant of ARCHITECTURE.md names a test that exists.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test may fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which modules a module may name. Dependencies run from the end of the sentence to its beginning, never back.
const ALLOWED: &[(&str, &[&str])] = &[
    ("source", &[]),
    // What a secret looks like is told in one place, and facts withhold what looks like one.
    ("facts", &["logs"]),
    ("iam", &["facts"]),
    ("alerts", &["facts"]),
    ("matchers", &["facts", "iam", "alerts"]),
    ("policy", &["source", "facts", "matchers"]),
    ("plan", &["facts", "policy"]),
    ("aws", &["source", "facts"]),
    ("collect", &["facts", "aws", "plan"]),
    ("kinds", &["facts", "iam", "alerts", "aws", "collect", "logs"]),
    ("probes", &["facts", "aws", "logs"]),
    ("logs", &[]),
    ("verify", &["source", "facts", "policy"]),
    ("report", &["source", "facts", "matchers", "policy", "verify"]),
    // A verifier writes the reports again, and compares.
    ("evidence", &["source", "facts", "policy", "verify", "report"]),
    ("failure", &["source", "verify", "evidence"]),
    ("vocabulary", &["facts", "policy", "kinds", "probes"]),
    ("reference", &["facts", "iam", "matchers", "kinds", "probes"]),
    ("log_files", &["source", "verify", "logs", "failure"]),
    (
        "run",
        &[
            "source",
            "facts",
            "policy",
            "plan",
            "aws",
            "collect",
            "kinds",
            "probes",
            "verify",
            "report",
            "evidence",
            "failure",
            "vocabulary",
        ],
    ),
    ("trials", &["policy", "verify", "run"]),
    (
        "cli",
        &[
            "source",
            "facts",
            "iam",
            "matchers",
            "policy",
            "plan",
            "aws",
            "collect",
            "kinds",
            "probes",
            "logs",
            "verify",
            "report",
            "evidence",
            "failure",
            "vocabulary",
            "reference",
            "log_files",
            "run",
        ],
    ),
];

/// Where an outside crate may be named, by the start of the path. Replacing it is then a change in one place.
const FENCES: &[(&str, &[&str])] = &[
    ("granit_parser", &["src/source/yaml.rs", "src/source/builder.rs"]),
    ("annotate_snippets", &["src/source/render.rs"]),
    ("strsim", &["src/source/closest.rs"]),
    ("quick_junit", &["src/report/junit.rs", "src/report/junit/"]),
    ("libtest_mimic", &["src/trials.rs"]),
    ("indicatif", &["src/cli/support/progress.rs"]),
    ("ring", &["src/evidence/keys.rs", "src/evidence/manifest.rs", "src/evidence/timestamp/", "src/aws/bucket/"]),
    ("unicode_normalization", &["src/evidence/path.rs"]),
    ("der", &["src/evidence/timestamp/"]),
    ("webpki", &["src/evidence/timestamp/"]),
    ("rustls_pki_types", &["src/evidence/timestamp/"]),
    ("ruzstd", &["src/evidence/archive/"]),
    ("clap", &["src/cli/"]),
    (
        "rustix",
        &[
            "src/run/core_dumps.rs",
            "src/cli/support/limits.rs",
            "src/source/plain.rs",
            "src/source/pipe.rs",
            "src/evidence/output/system.rs",
        ],
    ),
    ("aws_sdk_", &["src/kinds/", "src/probes/", "src/aws/"]),
    ("aws_config", &["src/aws/"]),
    ("aws_runtime", &["src/aws/client/runtime.rs"]),
    ("aws_smithy_runtime", &["src/aws/client/runtime.rs"]),
    ("regex", &["src/matchers/", "src/policy/regexes.rs"]),
    ("regex_automata", &["src/logs/rules/"]),
    ("flate2", &["src/evidence/archive/", "src/logs/read/"]),
    ("libdeflater", &["src/logs/read/gzip.rs"]),
    ("fearless_simd", &["src/logs/rules/slots.rs", "src/logs/values/bits.rs"]),
    ("Timestamp::now", &["src/cli/", "src/run/", "src/aws/", "src/probes/"]),
    ("fs_err", &["src/evidence/", "src/cli/", "src/log_files/", "src/aws/recording/", "src/probes/ledger/"]),
    (
        "std::fs",
        &[
            "src/source/plain.rs",
            "src/source/pipe.rs",
            "src/evidence/",
            "src/cli/",
            "src/run/",
            "src/log_files/",
            "src/aws/recording/",
            "src/probes/runner/ledger/",
        ],
    ),
    ("std::env", &["src/cli/", "src/run/", "src/trials.rs", "src/aws/session"]),
];

/// Lines of code that no file may exceed, tests at its end not counted.
const MOST_LINES: usize = 600;

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// Path below the repository and text, without test modules and comments.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("src"), &mut found);
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("tests.rs") || path.ends_with("sample.rs")
}

fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn module_of(path: &str) -> &str {
    path.strip_prefix("src/").and_then(|rest| rest.split(['/', '.']).next()).unwrap_or_default()
}

#[test]
fn modules_name_only_what_comes_before_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !is_test_file(path)) {
        let module = module_of(path);
        if matches!(module, "lib" | "main") {
            continue;
        }
        let (_, allowed) = ALLOWED.iter().find(|(name, _)| *name == module).unwrap_or_else(|| panic!("{path}: no row"));
        let code = code(text);
        for (index, _) in code.match_indices("crate::") {
            let named: String =
                code[index + 7..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let known = ALLOWED.iter().any(|(name, _)| *name == named);
            if known && named != module && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{path} names {named}"));
            }
        }
        // `use crate::{a, b}` would slip through the scan above.
        assert!(!code.contains("use crate::{") || module == "cli", "{path}: one `use crate::…` line a module");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The engine is about documents; what the rest of the program calls facts is known to one of its files.
#[test]
fn the_engine_names_facts_in_one_file() {
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("src/iam/") && !is_test_file(path)) {
        assert!(path == "src/iam/facts.rs" || !code(text).contains("crate::facts"), "{path} names facts");
    }
}

#[test]
fn outside_crates_stay_behind_their_fence() {
    let mut wrong = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| !is_test_file(path)) {
        let code = code(text);
        for (name, places) in FENCES {
            let named = code.match_indices(name).any(|(index, _)| {
                let before = code[..index].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '.')
                    && (name.contains("::") || name.ends_with('_') || code[index + name.len()..].starts_with("::"))
            });
            if named && !places.iter().any(|place| path.starts_with(place)) {
                wrong.push(format!("{path} names {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_says_what_it_is_for() {
    for (path, text) in sources().iter().filter(|(path, _)| !is_test_file(path)) {
        assert!(text.starts_with("//! ") || text.starts_with("/*!"), "{path} has no module documentation");
    }
}

#[test]
fn files_stay_small() {
    for (path, text) in sources().iter().filter(|(path, _)| !is_test_file(path)) {
        let lines = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().lines().count();
        assert!(lines <= MOST_LINES, "{path} has {lines} lines");
    }
}

#[test]
fn every_folder_of_an_open_list_is_in_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    for (folder, list) in [
        ("src/kinds", "src/kinds/mod.rs"),
        ("src/report", "src/report/mod.rs"),
        ("src/matchers", "src/matchers/mod.rs"),
        ("src/probes", "src/probes/mod.rs"),
    ] {
        let list = listed(list);
        for entry in std::fs::read_dir(root.join(folder)).unwrap().flatten() {
            let name = entry.path().file_stem().unwrap().to_string_lossy().into_owned();
            // A list that declares its folders by a macro has one line a folder.
            let is_listed = list.contains(&format!("mod {name};")) || list.contains(&format!("\n    {name},\n"));
            assert!(
                name == "mod" || is_listed || name == "snapshots",
                "{folder}/{name} is not declared"
            );
            let module = entry.path().join("mod.rs");
            let is_kind = std::fs::read_to_string(module).is_ok_and(|text| text.contains("static KIND: Kind"));
            if folder == "src/kinds" && is_kind {
                assert!(list.contains(&format!("\n    {name},")), "{name} is not in `kinds!`");
            }
        }
    }
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let mut tests = String::new();
    let mut found = Vec::new();
    files(&root.join("src"), &mut found);
    files(&root.join("tests"), &mut found);
    for path in found {
        tests.push_str(&std::fs::read_to_string(path).unwrap());
    }
    let mut seen = BTreeSet::new();
    for line in text.lines().filter(|line| line.starts_with("| I")) {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let number = cells.next().unwrap();
        seen.insert(number.to_owned());
        let guards = cells.nth(1).expect("a third column with the guarding tests");
        let names: Vec<&str> = guards.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{number} names no test");
        for name in names {
            let function = name.rsplit("::").next().unwrap();
            assert!(tests.contains(&format!("fn {function}(")), "{number}: no test `{name}`");
        }
    }
    let wanted: BTreeSet<String> = (1..=13).map(|number| format!("I{number}")).collect();
    assert_eq!(seen, wanted);
}

/// Words that stand for a table, and the one file that has it: a second table of the same fact sooner or later says something
/// else.
const TABLES: &[(&str, &[&str])] = &[
    ("src/aws/gap.rs", &["RequestLimitExceeded", "BandwidthLimitExceeded", "contains(\"Throttl\")", "NotSignedUp"]),
    ("src/aws/gone.rs", &["TrailNotFoundException", "\"NoSuchBucket\"", "NonExistentQueue", "\"ParameterNotFound\""]),
    (
        "src/facts/partition.rs",
        &[
            "\"aws-cn\"",
            "\"aws-us-gov\"",
            "\"us-gov-\"",
            "\"cn-\"",
            "amazonaws.com.cn",
            "c2s.ic.gov",
            "\"mx-central-1\"",
        ],
    ),
    (
        "src/aws/wire/protocol.rs",
        &["\"monitoring\" =>", "(\"monitoring\"", "\"cloudwatch\" =>", "(\"cloudwatch\", \"monitoring\""],
    ),
];

#[test]
fn no_table_exists_twice() {
    let sources = sources();
    let mut wrong = Vec::new();
    for (home, words) in TABLES {
        for word in *words {
            let others = sources.iter().filter(|(path, _)| !is_test_file(path) && path.as_str() != *home);
            wrong.extend(
                others.filter(|(_, text)| code(text).contains(word)).map(|(path, _)| format!("{path}: {word}")),
            );
        }
        let text = code(sources.get(*home).unwrap());
        assert!(words.iter().any(|word| text.contains(word)), "{home} has none of {words:?}");
    }
    assert!(wrong.is_empty(), "use the table: {wrong:#?}");
}
