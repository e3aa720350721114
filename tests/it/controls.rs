//! Tests `attestry controls`, which shows what a suite does for each control.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

use crate::common::root;

/// Runs `attestry controls` in the repository or in another folder, and returns the exit code and both outputs.
fn controls(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("attestry").unwrap();
    let done = command.current_dir(folder).arg("controls").args(arguments).env("NO_COLOR", "1").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

/// A suite with one control of each state. One control is missing.
fn house(folder: &Path) {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "house.catalogue",
        "framework: house\nname: House rules\ncontrols: { H-1: Keys rotate, H-2: Doors are shut, H-3: Doors are painted, \
         H-10: Windows are shut }\nmanual: { H-2: A person must look., H-3: No API returns the colour. }\n",
    );
    write(
        "policy.yaml",
        "id: A\ntitle: House\nseverity: low\ncases:\n  keys:\n    each: kms.key\n    when_none: met\n    expect: { \
         rotation.enabled: true }\n    controls: { house: [H-1] }\n  doors:\n    each: attestation\n    when_none: \
         violated\n    expect: { valid: true }\n    controls: { house: [H-2] }\n",
    );
    let stages = "stages: { dev: { account: \"000000000001\", regions: [eu-west-1] } }\n";
    write(
        "suite.yaml",
        &format!("suite: s\ntitle: S\npolicies: [policy.yaml]\ncatalogues: [house.catalogue]\n{stages}"),
    );
    write(
        "none.policy",
        "id: A\ntitle: P\nseverity: low\ncases: { a: { each: kms.key, when_none: met, expect: { name: x } } }\n",
    );
    write("none.yaml", &format!("suite: n\ntitle: N\npolicies: [none.policy]\n{stages}"));
}

#[test]
fn each_control_of_a_suite_has_its_state() {
    let folder = tempfile::tempdir().unwrap();
    house(folder.path());
    let expected = "\
house: House rules
  tested     H-1   Keys rotate (A/keys)
  attested   H-2   Doors are shut (A/doors)
  manual     H-3   Doors are painted (No API returns the colour.)
  missing    H-10  Windows are shut
  ── 4 controls: 1 tested, 0 part, 1 attested, 1 manual, 0 impossible, 1 missing
";
    assert_eq!(controls(folder.path(), &["suite.yaml"]), (0, expected.to_owned(), String::new()));
    let (code, json, _) = controls(folder.path(), &["suite.yaml", "--missing", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let house = &json["frameworks"][0];
    assert_eq!(
        (code, &json["suites"][0], &house["framework"], &house["summary"]["tested"]),
        (0, &"s".into(), &"house".into(), &1.into())
    );
    let missing: Vec<&Value> = house["controls"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(missing, ["H-10"]);
}

#[test]
fn a_missing_control_has_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    house(folder.path());
    let (code, text, error) = controls(folder.path(), &["suite.yaml", "--missing", "--fail-on-missing"]);
    assert_eq!((code, error.as_str()), (3, "error: 1 control has neither a case nor a reason\n"));
    assert_eq!(text.lines().filter(|line| line.starts_with("  missing")).count(), 1, "{text}");
    // The suite cites no control of this framework, so all are missing.
    let (code, text, _) = controls(folder.path(), &["suite.yaml", "--framework", "mod-045", "--fail-on-missing"]);
    assert_eq!(code, 3);
    assert!(
        text.ends_with("  ── 7 controls: 0 tested, 0 part, 0 attested, 0 manual, 0 impossible, 7 missing\n"),
        "{text}"
    );
    let (code, _, error) = controls(folder.path(), &["suite.yaml", "--framework", "huose"]);
    assert_eq!(code, 2);
    assert!(error.contains("did you mean `house`?"), "{error}");
    let (code, _, error) = controls(folder.path(), &["none.yaml", "--fail-on-missing"]);
    assert_eq!((code, error.as_str()), (4, "error: suite n cites no control\n"));
    assert_eq!(controls(folder.path(), &["none.yaml", "--framework", "mod-045"]).0, 0);
}

/// What one suite tests, another one need not test. The ids of cases then name their suite.
#[test]
fn several_suites_count_as_one() {
    let folder = tempfile::tempdir().unwrap();
    house(folder.path());
    std::fs::write(
        folder.path().join("windows.policy"),
        "id: B\ntitle: Windows\nseverity: low\ncases: { shut: { each: kms.key, when_none: met, expect: { name: x }, \
         controls: { house: [H-10, { id: H-1, untested: the rear door }] } } }\n",
    )
    .unwrap();
    let suite = std::fs::read_to_string(folder.path().join("suite.yaml")).unwrap();
    let second = suite.replace("policy.yaml", "windows.policy").replace("suite: s", "suite: t");
    std::fs::write(folder.path().join("second.yaml"), second).unwrap();
    let expected = "\
house: House rules
  tested     H-1   Keys rotate (s:A/keys, t:B/shut)
  attested   H-2   Doors are shut (s:A/doors)
  manual     H-3   Doors are painted (No API returns the colour.)
  tested     H-10  Windows are shut (t:B/shut)
  ── 4 controls: 2 tested, 0 part, 1 attested, 1 manual, 0 impossible, 0 missing
";
    let both = ["suite.yaml", "second.yaml", "--fail-on-missing"];
    assert_eq!(controls(folder.path(), &both), (0, expected.to_owned(), String::new()));
    let (code, _, error) = controls(folder.path(), &["none.yaml", "none.yaml"]);
    assert_eq!((code, error.as_str()), (4, "error: suites n, n cite no control\n"));
}

#[test]
fn a_mistake_in_the_suite_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    house(folder.path());
    let path = folder.path().join("policy.yaml");
    let policy = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, policy.replace("[H-1]", "[H-3]")).unwrap();
    let (code, text, error) = controls(folder.path(), &["suite.yaml"]);
    assert!(error.starts_with("warning[cited-untestable]"), "{error}");
    assert!(code == 0 && text.contains("  tested     H-3 "), "{text}");
    std::fs::write(&path, policy.replace("[H-1]", "[H-4]")).unwrap();
    let (code, _, error) = controls(folder.path(), &["suite.yaml"]);
    assert!(code == 2 && error.starts_with("error[unknown-control]"), "{error}");
}

#[test]
fn no_shipped_suite_contradicts_a_catalogue() {
    for suite in crate::common::SHIPPED {
        let (code, _, error) = controls(root(), &[suite]);
        assert_eq!((code, error.as_str()), (0, ""), "{suite}");
    }
}

/// No recommendation of the benchmarks is left without a case or a reason.
#[test]
fn every_recommendation_of_cis_has_a_case_or_a_reason() {
    for framework in ["cis-aws-3.0", "cis-aws-5.0", "cis-aws-6.0", "cis-aws-7.0"] {
        let (code, text, _) =
            controls(root(), &["suites/cis-aws.yaml", "--framework", framework, "--missing", "--fail-on-missing"]);
        assert_eq!(code, 0, "{text}");
    }
}

/// The suites of the five source documents, those that read and those that act.
const DOCUMENTS: &[&str] = &[
    "suites/mod-045.yaml",
    "suites/mod-045-probes.yaml",
    "suites/mod-045-attested.yaml",
    "suites/sec-004.yaml",
    "suites/sec-004-probes.yaml",
    "suites/rotation-runbook.yaml",
    "suites/atp-key-rotation.yaml",
    "suites/atp-key-rotation-probes.yaml",
    "suites/buzz-tutor-kms.yaml",
];

/// No requirement of a source document is left without a case or a reason, and a part that is not tested is named.
/// `docs/requirements.md` has the table. `ATTESTRY_BLESS=1` writes it again.
#[test]
fn every_requirement_of_the_source_documents_has_a_case_or_a_reason() {
    let of = |more: &[&str]| {
        let arguments: Vec<&str> =
            DOCUMENTS.iter().chain(&["--framework", "seed-requirements"]).chain(more).copied().collect();
        controls(root(), &arguments)
    };
    let (code, table, _) = of(&["--format", "markdown"]);
    assert_eq!(code, 0, "{table}");
    let page = format!(
        "# Requirements of the source documents\n\nEach requirement of the five documents that Attestry was built for, \
         with the cases that test it. A part that no case tests\nis named. `attestry controls` writes this table from \
         {} suites; do not edit it.\n\n{table}",
        DOCUMENTS.len()
    );
    let path = root().join("docs/requirements.md");
    if std::env::var_os("ATTESTRY_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let old = std::fs::read_to_string(&path).unwrap_or_default() != page;
    assert!(!old, "{} is old: ATTESTRY_BLESS=1 cargo test --test it controls", path.display());
    let (code, missing, _) = of(&["--missing", "--fail-on-missing"]);
    assert_eq!(code, 0, "{missing}");
    assert!(missing.contains("── 340 controls: "), "{missing}");
    let unstated = table.lines().filter(|line| line.contains("| part |") && !line.contains("; not tested: ")).count();
    assert_eq!(unstated, 0, "{table}");
}
