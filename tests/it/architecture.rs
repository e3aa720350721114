//! Tests the architecture: the modules that a module may name, the places of outside crates, the size of files, and the
//! tests that the invariants of ARCHITECTURE.md name.
//!
//! The dependencies between crates need no test, because Cargo checks them. `crates/clippy.toml` forbids the clock and
//! the environment in the pure crates.

mod modules;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use modules::{Module, below, files, modules, packages, root};
use names::Names;
use proc_macro2::{TokenStream, TokenTree};

/// The modules that each module may name. A module may name only modules before it.
const ALLOWED: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("facts", &["iam", "logs"]),
    ("kind_files", &["source", "facts", "iam"]),
    ("alerts", &["facts"]),
    ("matchers", &["facts", "iam", "alerts"]),
    ("policy", &["source", "facts", "kind_files", "matchers"]),
    ("plan", &["facts", "policy"]),
    ("verify", &["facts", "matchers", "policy"]),
    ("mutants", &["source", "facts", "matchers", "policy", "verify"]),
    ("report", &["source", "facts", "matchers", "policy", "verify"]),
    // A verifier writes the reports again and compares them.
    ("evidence", &["source", "facts", "policy", "verify", "report"]),
    ("aws", &["source", "facts", "model"]),
    ("collect", &["facts", "aws", "plan"]),
    ("kinds", &["source", "facts", "kind_files", "iam", "model", "alerts", "aws", "collect", "logs"]),
    ("probes", &["source", "facts", "aws", "logs"]),
    ("failure", &["source", "verify", "evidence"]),
    ("distinct_paths", &["source", "verify", "failure"]),
    ("runtime", &["verify", "failure"]),
    ("trusted", &["source", "verify", "evidence", "failure"]),
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
            "distinct_paths",
            "runtime",
            "trusted",
            "vocabulary",
        ],
    ),
    ("trials", &["policy", "verify", "run"]),
    (
        "cli",
        &[
            "source",
            "facts",
            "kind_files",
            "matchers",
            "policy",
            "plan",
            "aws",
            "collect",
            "kinds",
            "probes",
            "logs",
            "verify",
            "mutants",
            "report",
            "evidence",
            "failure",
            "distinct_paths",
            "runtime",
            "trusted",
            "vocabulary",
            "reference",
            "log_files",
            "run",
        ],
    ),
];

/// Crates that count as one module in the table above, and crates whose modules are in the table.
const LEAVES: [(&str, &str); 3] = [("attestry_iam", "iam"), ("attestry_logs", "logs"), ("attestry_model", "model")];
const LAYERED: [&str; 2] = ["attestry", "attestry_core"];

/// The files and folders that may name an outside crate or a part of one. The replacement of such a crate then changes
/// one place.
const FENCES: &[(&str, &[&str])] = &[
    ("granit_parser", &["crates/attestry-core/src/source/yaml.rs"]),
    ("annotate_snippets", &["crates/attestry-core/src/source/render.rs"]),
    ("strsim", &["crates/attestry-core/src/source/closest.rs"]),
    ("quick_junit", &["crates/attestry-core/src/report/junit.rs"]),
    ("libtest_mimic", &["src/trials.rs"]),
    ("indicatif", &["src/cli/support/progress.rs"]),
    (
        "ring",
        &[
            "crates/attestry-core/src/evidence/keys.rs",
            "crates/attestry-core/src/evidence/manifest.rs",
            "crates/attestry-core/src/evidence/timestamp/",
            "src/aws/bucket/",
            "src/probes/signature/offline.rs",
        ],
    ),
    ("unicode_normalization", &["crates/attestry-core/src/evidence/path.rs"]),
    ("der", &["crates/attestry-core/src/evidence/timestamp/"]),
    ("webpki", &["crates/attestry-core/src/evidence/timestamp/"]),
    ("rustls_pki_types", &["crates/attestry-core/src/evidence/timestamp/"]),
    ("ruzstd", &["crates/attestry-core/src/evidence/archive/"]),
    ("clap", &["src/cli/"]),
    (
        "rustix",
        &[
            "src/run/core_dumps.rs",
            "src/cli/support/limits.rs",
            "crates/attestry-core/src/source/plain.rs",
            "crates/attestry-core/src/source/pipe.rs",
            "crates/attestry-core/src/evidence/output/system.rs",
        ],
    ),
    ("aws_sdk_*", &["src/kinds/", "src/probes/", "src/aws/"]),
    ("aws_config", &["src/aws/"]),
    ("aws_runtime", &["src/aws/client/runtime.rs"]),
    ("aws_smithy_runtime", &["src/aws/client/runtime.rs"]),
    ("regex", &["crates/attestry-core/src/matchers/", "crates/attestry-core/src/policy/regexes.rs"]),
    ("regex_automata", &["crates/attestry-logs/src/rules/"]),
    (
        "flate2",
        &[
            "crates/attestry-core/src/evidence/archive/",
            "crates/attestry-core/src/kind_files/set.rs",
            "crates/attestry-core/src/policy/catalogue.rs",
            "crates/attestry-iam/src/reference/packed.rs",
            "crates/attestry-logs/src/read/",
            "crates/attestry-model/src/data/",
        ],
    ),
    ("quick_xml", &["crates/attestry-model/src/wire/read/xml.rs"]),
    ("aws_smithy_cbor", &["crates/attestry-model/src/wire/", "src/aws/wire/cbor.rs"]),
    ("libdeflater", &["crates/attestry-logs/src/read/gzip.rs"]),
    ("fearless_simd", &["crates/attestry-logs/src/rules/slots.rs", "crates/attestry-logs/src/values/bits.rs"]),
    ("jiff::Timestamp::now", &["src/cli/", "src/run/", "src/aws/", "src/probes/"]),
    ("std::time::SystemTime::now", &["src/aws/"]),
    ("fs_err", &["src/cli/commands/reference.rs", "src/log_files/", "src/aws/recording/"]),
    (
        "std::fs",
        &[
            "crates/attestry-core/src/source/plain.rs",
            "crates/attestry-core/src/source/pipe.rs",
            "crates/attestry-core/src/evidence/",
            "src/cli/",
            "src/distinct_paths.rs",
            "src/run/",
            "src/log_files/",
            "src/probes/runner/ledger/",
        ],
    ),
    ("std::env", &["src/cli/", "src/distinct_paths.rs", "src/run/", "src/trials.rs", "src/aws/session"]),
    ("std::net::TcpStream", &[]),
    ("std::process::Command", &[]),
];

/// The maximum number of lines of code in a file, without tests.
const MOST_LINES: usize = 600;

static MODULES: LazyLock<Vec<Module>> = LazyLock::new(modules);

fn product() -> impl Iterator<Item = &'static Module> {
    MODULES.iter().filter(|it| !it.test)
}

#[test]
fn modules_name_only_what_comes_before_them() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let leaves = BTreeMap::from(LEAVES);
    let (mut wrong, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for (module, path) in Names::of(&MODULES).all() {
        let Some(own) = module.path.first().filter(|_| LAYERED.contains(&&*module.package)) else { continue };
        let row = allowed.get(&**own).unwrap_or_else(|| panic!("{}: no row in ALLOWED", module.file));
        let named = match &path[..] {
            [of, ..] if leaves.contains_key(&**of) => leaves[&**of],
            [of, named, ..] if LAYERED.contains(&&**of) && allowed.contains_key(&**named) => named,
            // A `use` of all names of a crate uses the names of all its modules.
            [of, named] if LAYERED.contains(&&**of) && named == "*" => "*",
            _ => continue,
        };
        seen.insert((own.clone(), named.to_owned()));
        if named != own && !row.contains(&named) {
            wrong.insert(format!("{} names {named}: {}", module.file, path.join("::")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unused = ALLOWED.iter().flat_map(|(own, row)| row.iter().map(|named| ((*own).to_owned(), (*named).to_owned())));
    let unused: Vec<_> = unused.filter(|it| !seen.contains(it)).collect();
    assert!(unused.is_empty(), "no module needs these any more: {unused:?}");
}

#[test]
fn outside_crates_stay_behind_their_fence() {
    let (mut wrong, mut seen) = (BTreeSet::new(), BTreeSet::new());
    // The tasks for developers are not part of the product.
    for (module, path) in Names::of(&MODULES).all().filter(|(module, _)| !module.package.starts_with("xtask")) {
        let named = path.join("::");
        for (fence, places) in FENCES {
            let is_it = match (fence.strip_suffix('*'), named.strip_suffix("::*")) {
                (Some(begin), _) => named.starts_with(begin),
                // `use std::*` also brings `std::fs` into scope.
                (None, Some(of)) if fence.strip_prefix(of).is_some_and(|it| it.starts_with("::")) => true,
                (None, _) => named.strip_prefix(fence).is_some_and(|it| it.is_empty() || it.starts_with("::")),
            };
            if is_it && !places.iter().any(|place| module.file.starts_with(place)) {
                wrong.insert(format!("{} names {named}", module.file));
            }
            if is_it {
                seen.extend(
                    places.iter().filter(|place| module.file.starts_with(**place)).map(|place| (*fence, *place)),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unused = FENCES.iter().flat_map(|(fence, places)| places.iter().map(move |place| (*fence, *place)));
    let unused: Vec<_> = unused.filter(|it| !seen.contains(it)).collect();
    assert!(unused.is_empty(), "no file needs these any more: {unused:?}");
}

/// No crate compiles a file that no `mod` declares. Its tests would never run.
#[test]
fn every_file_belongs_to_a_crate() {
    let known: BTreeSet<&str> = MODULES.iter().map(|it| &*it.file).collect();
    let all = packages().into_iter().flat_map(|folder| files(&folder.join("src"))).map(|path| below(&path));
    let lost: Vec<String> = all.filter(|file| !known.contains(&**file)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn every_module_has_a_header() {
    let has = |it: &Module| it.begin.starts_with("//! ") || it.begin == "#![doc = include_str!(\"../README.md\")]";
    let without: Vec<&str> = product().filter(|it| !has(it)).map(|it| &*it.file).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn files_stay_small() {
    let large: Vec<_> = product().filter(|it| it.lines > MOST_LINES).map(|it| (&it.file, it.lines)).collect();
    assert!(large.is_empty(), "{large:?}");
}

/// The open folders: the crate, the module, and the names that make a module a member of its list.
const OPEN: [(&str, &str, &[&str]); 4] = [
    ("attestry", "kinds", &["KIND"]),
    ("attestry", "probes", &["Probe"]),
    ("attestry_core", "matchers", &["Matcher", "Proves"]),
    ("attestry_core", "report", &["Report"]),
];

#[test]
fn every_member_of_an_open_folder_is_in_its_list() {
    for (package, folder, traits) in OPEN {
        let inside = || product().filter(|it| it.package == package && it.path.first().is_some_and(|it| it == folder));
        let list = inside().find(|it| it.path.len() == 1).unwrap();
        assert!(list.listed.len() >= 5, "{folder} has no list ALL");
        let mut members = BTreeMap::<&str, usize>::new();
        for module in inside().filter(|it| it.path.len() > 1) {
            *members.entry(&module.path[1]).or_default() +=
                module.implemented.iter().filter(|it| traits.contains(&&***it)).count();
        }
        for (member, count) in members {
            let listed = list.listed.iter().filter(|it| *it == member).count();
            assert!(listed >= count, "{folder}::{member} has {count} of {traits:?}, and ALL has {listed}");
        }
    }
}

/// Collects the names of tests in tokens. A test is a function behind an attribute whose last word is `test`, also in
/// macros.
fn tests(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let (mut is_test, mut is_function) = (false, false);
    let mut before = String::new();
    for token in tokens {
        match &token {
            TokenTree::Group(group) => {
                tests(group.stream(), found);
                let last = group.stream().into_iter().filter_map(|it| match it {
                    TokenTree::Ident(name) => Some(name.to_string()),
                    _ => None,
                });
                let of_attribute = before == "#";
                let last: Vec<String> = last.collect();
                let marks = of_attribute && last.iter().any(|it| it == "test") && last[0] != "cfg";
                is_test = marks || of_attribute && is_test;
            }
            TokenTree::Ident(name) if is_function => {
                found.extend(is_test.then(|| name.to_string()));
                is_function = false;
            }
            TokenTree::Ident(name) => is_function = name == "fn",
            _ => {}
        }
        before = token.to_string();
    }
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let mut known = BTreeSet::new();
    let folders = packages().into_iter().flat_map(|it| [it.join("src"), it.join("tests")]);
    for path in folders.flat_map(|folder| files(&folder)) {
        tests(std::fs::read_to_string(path).unwrap().parse().unwrap(), &mut known);
    }
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| I")) {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let number = cells.next().unwrap();
        rows.push(number.to_owned());
        let guards = cells.nth(1).expect("a third column with the guarding tests");
        let names: Vec<&str> = guards.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{number} names no test");
        let missing: Vec<_> = names.into_iter().filter(|name| !known.contains(*name)).collect();
        assert!(missing.is_empty(), "{number}: these are no tests: {missing:?}");
    }
    let wanted: Vec<String> = (1..=rows.len()).map(|number| format!("I{number}")).collect();
    assert!(rows.len() > 9 && rows == wanted, "{rows:?}");
}

/// Words of a table, and the one file that contains the table. A second table of the same fact would soon differ.
const TABLES: &[(&str, &[&str])] = &[
    ("src/aws/gap.rs", &["RequestLimitExceeded", "BandwidthLimitExceeded", "contains(\"Throttl\")", "NotSignedUp"]),
    ("src/aws/gone.rs", &["TrailNotFoundException", "\"NoSuchBucket\"", "NonExistentQueue", "\"ParameterNotFound\""]),
    (
        "crates/attestry-core/src/facts/partition.rs",
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
    let mut wrong = Vec::new();
    for (home, words) in TABLES {
        let (own, others): (Vec<_>, Vec<_>) = product().partition(|it| it.file == *home);
        for word in *words {
            let twice = others.iter().filter(|it| it.code.contains(word));
            wrong.extend(twice.map(|it| format!("{}: {word}", it.file)));
        }
        assert!(own.iter().any(|it| words.iter().any(|word| it.code.contains(word))), "{home} has none of {words:?}");
    }
    assert!(wrong.is_empty(), "use the table: {wrong:#?}");
}
