//! Tests the described accounts. The conforming one is met. The drifted one shows exactly the planted faults.

use std::collections::BTreeSet;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// Runs a suite on a stage, or the cases that the patterns select. Returns the exit code and the cases. They are the cases
/// that are neither met nor not applicable, each as `verdict case resource`.
fn run(suite: &str, stage: &str, cases: &[&str]) -> (i32, BTreeSet<String>) {
    let out = tempfile::tempdir().unwrap();
    let target = out.path().join("out");
    let done = Command::cargo_bin("attestry")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["run", &format!("suites/{suite}.yaml"), "--stage", stage, "--quiet", "--out"])
        .arg(&target)
        .args(cases)
        .output()
        .unwrap();
    let results: Value = serde_json::from_str(&std::fs::read_to_string(target.join("results.json")).unwrap()).unwrap();
    let mut found = BTreeSet::new();
    for case in results["cases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        for resource in case["resources"].as_array().unwrap() {
            let verdict = resource["verdict"].as_str().unwrap();
            if matches!(verdict, "violated" | "waived" | "not_evaluated") {
                found.insert(format!("{verdict} {id} {}", resource["name"].as_str().unwrap()));
            }
        }
        if case["incomplete"] == true && case["gaps"].as_array().is_some_and(|gaps| !gaps.is_empty()) {
            found.insert(format!("incomplete {id}"));
        }
    }
    (done.status.code().unwrap(), found)
}

fn expected(name: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/embedded").join(name);
    std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Compares the result with the list in `tests/it/embedded/`. `ATTESTRY_BLESS=1` writes the list. Read it before you
/// commit it.
fn assert_found(suite: &str, stage: &str, exit: i32) {
    assert_selected(suite, stage, &[], exit);
}

fn assert_selected(suite: &str, stage: &str, cases: &[&str], exit: i32) {
    let (code, found) = run(suite, stage, cases);
    let name = format!("{suite}-{stage}.txt");
    if std::env::var_os("ATTESTRY_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/embedded");
        std::fs::create_dir_all(&path).unwrap();
        let text: String = found.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(path.join(&name), text).unwrap();
    }
    let expected = expected(&name);
    let missed: Vec<_> = expected.difference(&found).collect();
    let extra: Vec<_> = found.difference(&expected).collect();
    assert!(missed.is_empty() && extra.is_empty(), "{name}: not found {missed:#?}, not planted {extra:#?}");
    assert_eq!(code, exit, "{name}");
}

#[test]
fn the_conforming_account_is_met() {
    assert_found("mod-045", "embedded", 0);
    assert_found("cis-aws", "embedded", 0);
    assert_found("cis-aws-attested", "embedded", 0);
    assert_found("mod-045-attested", "embedded", 0);
    assert_found("fsbp", "embedded", 0);
    assert_found("hardening", "embedded", 0);
    for suite in DOCUMENTS {
        assert_found(suite, "embedded", 0);
    }
}

/// The suites of the other source documents. Each has accounts of its own.
const DOCUMENTS: [&str; 4] = ["sec-004", "rotation-runbook", "atp-key-rotation", "buzz-tutor-kms"];

#[test]
fn the_drifted_account_shows_every_planted_fault_and_nothing_else() {
    assert_found("mod-045", "embedded-drifted", 3);
    assert_found("cis-aws", "embedded-drifted", 3);
    assert_found("fsbp", "embedded-drifted", 3);
    for suite in DOCUMENTS {
        assert_found(suite, "embedded-drifted", 1);
    }
}

/// The policies about the workload of the bank, without its secrets, logs and identities.
const WORKLOAD: [&str; 9] = [
    "CIS-ACCOUNT",
    "CIS-DATABASES",
    "CIS-IDENTITIES",
    "CIS-NETWORK",
    "CIS-ORGANIZATION",
    "CIS-ROOT-DEVICE",
    "CIS-SECURITY-HUB",
    "CIS-STORAGE",
    "CIS-WEB-LOGS",
];

/// The policies about the services of the workload.
const SERVICES: [&str; 8] = [
    "FSBP-API-GATEWAY",
    "FSBP-DATABASES",
    "FSBP-DETECTION",
    "FSBP-EC2",
    "FSBP-ENDPOINTS",
    "FSBP-LOAD-BALANCERS",
    "FSBP-PUBLIC",
    "FSBP-STORAGE",
];

#[test]
fn the_drifted_workload_shows_every_planted_fault_and_nothing_else() {
    assert_selected("cis-aws", "workload-drifted", &WORKLOAD, 3);
    assert_selected("fsbp", "workload-drifted", &SERVICES, 1);
}

/// Checks the names of cases and policies in the table of tests of the design document. None of them may be missing or
/// misspelt.
#[test]
fn every_case_of_the_table_of_mod_045_is_in_the_suites() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ids: BTreeSet<String> = [("mod-045", "embedded"), ("mod-045-probes", "dev")]
        .iter()
        .flat_map(|(suite, stage)| {
            let args = ["list", &format!("suites/{suite}.yaml"), "--stage", stage, "--ids"];
            let done = Command::cargo_bin("attestry").unwrap().current_dir(root).args(args).output().unwrap();
            String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let page = std::fs::read_to_string(root.join("docs/mod-045.md")).unwrap();
    let from_the_first = page.lines().skip_while(|line| !line.starts_with("| 1 |"));
    let rows: Vec<&str> = from_the_first.take_while(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), 22);
    for row in rows {
        let ours = row.split(" | ").nth(3).unwrap();
        let named = ours.split('`').skip(1).step_by(2).filter(|it| it.contains('-') && !it.contains('*'));
        for name in named {
            let name = name.replace("PROBES/", "MOD-045-PROBES/").replace("ALERTS/", "MOD-045-ALERTS/");
            let known = ids.iter().any(|id| *id == name || id.split('/').any(|part| part == name));
            assert!(known, "{name} in {row}");
        }
    }
}
