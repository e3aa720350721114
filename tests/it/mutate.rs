//! Tests `attestry mutate`: the survivors of a weak suite, its exit codes, and the sources of its facts.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

use crate::common::root;

/// Runs the program in a folder, and returns the exit code and both outputs.
fn attestry(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("attestry").unwrap();
    let done = command.current_dir(folder).args(arguments).env("NO_COLOR", "1").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

const WEAK: &str = "any: [{ retention: { at_least: 365d } }, { deletion_protection: true }]";
const BETTER: &str = "retention: { at_least: 365d }, deletion_protection: true";

/// A suite with one case about one log group of the account of the shipped suites.
fn suite(folder: &Path, expect: &str) {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let account = std::fs::read_to_string(root().join("suites/accounts/embedded.yaml")).unwrap();
    write("account.yaml", &account);
    write(
        "policy.yaml",
        &format!(
            "id: LOG\ntitle: The access log is kept\nseverity: high\ncases:\n  kept:\n    title: kept\n    each: logs.group\n    \
             where: {{ name: /aws/secretsmanager/bank-access-dev }}\n    when_none: violated\n    expect: {{ {expect} }}\n"
        ),
    );
    write(
        "suite.yaml",
        "suite: log\ntitle: Log\npolicies: [policy.yaml]\nstages:\n  here: { account: \"647751526084\", regions: \
         [ap-southeast-2], described: account.yaml }\n  there: { account: \"647751526084\", regions: [ap-southeast-2] }\n  \
         near: { account: \"647751526084\", regions: [ap-southeast-2], endpoint: \"http://127.0.0.1:9\" }\n",
    );
}

const HERE: [&str; 4] = ["mutate", "suite.yaml", "--stage", "here"];

#[test]
fn the_survivors_of_a_weak_case_are_listed_and_a_better_case_has_none() {
    let folder = tempfile::tempdir().unwrap();
    suite(folder.path(), WEAK);
    let (code, out, err) = attestry(folder.path(), &HERE);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for expected in [
        "  SURVIVES logs.group retention across: 1 of 1\n           /aws/secretsmanager/bank-access-dev: 2557d -> 364d\n           read by LOG/kept\n",
        "  SURVIVES logs.group deletion_protection flipped: 1 of 1\n           /aws/secretsmanager/bank-access-dev: true -> false\n           read by LOG/kept\n",
        "exit 0: 4 survivors, and no gate is set\n",
    ] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
    // The gate counts the survivors.
    for (gate, expected) in [("3", 1), ("4", 0)] {
        let (code, out, _) = attestry(folder.path(), &[&HERE[..], &["--gate", gate]].concat());
        assert_eq!(code, expected, "{out}");
        assert!(out.ends_with(&format!("exit {expected}: 4 survivors, and the gate allows {gate}\n")), "{out}");
    }
    suite(folder.path(), BETTER);
    let (code, out, _) = attestry(folder.path(), &[&HERE[..], &["--gate", "0"]].concat());
    assert_eq!(code, 0, "{out}");
    assert!(out.ends_with("exit 0: no mutant survives unaccepted\n") && !out.contains("SURVIVES"), "{out}");
}

#[test]
fn accepted_survivors_do_not_count_and_a_useless_acceptance_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    suite(folder.path(), WEAK);
    let accept = |text: &str| {
        std::fs::write(folder.path().join("accept.yaml"), text).unwrap();
        attestry(folder.path(), &[&HERE[..], &["--gate", "0", "--accept", "accept.yaml"]].concat())
    };
    let all = "accept:\n  - { kind: logs.group, fact: retention, reason: one protection is enough }\n  - { kind: logs.group, change: \
               [flipped, absent], reason: one protection is enough }\n";
    let (code, out, _) = accept(all);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains(" 4 accepted, 0 survivors"), "{out}");
    let (code, out, _) =
        accept(&format!("{all}  - {{ kind: logs.group, change: renamed, reason: the name is no fact }}\n"));
    assert_eq!(code, 0, "{out}");
    let useless = "  acceptance 3 (logs.group) is not needed: a case notices what it accepts: the name is no fact\n";
    assert!(out.contains(useless), "{out}");
    // A pattern that no mutant has is a mistake.
    let wrong = format!("{all}  - {{ kind: logs.group, fact: retentoin, reason: a slip }}\n");
    let (code, out, _) = accept(&wrong);
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("acceptance 3 (logs.group) matches no mutant: a slip\n"), "{out}");
    assert!(out.ends_with("exit 2: 1 acceptance matches no mutant; also 0 survivors\n"), "{out}");
    let (code, _, err) = accept("accept:\n  - { kind: logs.group, change: flippd, reason: a }\n");
    assert_eq!(code, 2);
    assert!(err.contains("unknown change `flippd`") && err.contains("accept.yaml:2:"), "{err}");
    let (code, _, err) = attestry(folder.path(), &[&HERE[..], &["--accept", "no.yaml"]].concat());
    assert!(code == 2 && err.contains("no.yaml"), "{err}");
}

#[test]
fn evidence_has_the_same_mutants_as_the_run_that_left_it() {
    let folder = tempfile::tempdir().unwrap();
    suite(folder.path(), WEAK);
    let json = |arguments: &[&str]| {
        let (code, out, err) = attestry(folder.path(), &[&HERE[..], &["--format", "json"], arguments].concat());
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        out
    };
    let first = json(&[]);
    assert_eq!(first, json(&[]), "the same facts give the same bytes");
    let (code, ..) =
        attestry(folder.path(), &["run", "suite.yaml", "--stage", "here", "--out", "out", "--bundle", "b.zip"]);
    assert_eq!(code, 0);
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let first = read(&first);
    for evidence in ["out", "b.zip"] {
        let again = read(&json(&["--bundle", evidence]));
        assert_eq!(again["summary"], first["summary"]);
        assert_eq!(again["evaluated_at"], first["evaluated_at"]);
        assert_eq!(again["source"], format!("evidence {evidence}"));
    }
    // With evidence, a stage on AWS is of use, too.
    let (code, out, _) = attestry(folder.path(), &["mutate", "suite.yaml", "--stage", "there", "--bundle", "b.zip"]);
    assert!(code == 0 && out.contains("4 survivors"), "{out}");
    // Other policies are tried on the same facts.
    suite(folder.path(), BETTER);
    assert_eq!(read(&json(&["--bundle", "b.zip"]))["summary"]["survivors"], 0);
    assert_eq!(first["schema"], "attestry.mutants/1");
    let survivor = &first["summary"]["list"][0];
    for member in ["kind", "account", "region", "id", "name", "fact", "change", "before", "after", "cases"] {
        assert!(!survivor[member].is_null(), "{member}: {survivor}");
    }
}

#[test]
fn a_stage_that_needs_calls_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    suite(folder.path(), WEAK);
    for stage in ["there", "near"] {
        let (code, out, err) = attestry(folder.path(), &["mutate", "suite.yaml", "--stage", stage]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(&format!("stage `{stage}` needs AWS or an endpoint")), "{err}");
        assert!(err.contains("`recording:`") && err.contains("`--bundle`"), "{err}");
    }
    let (code, _, err) = attestry(folder.path(), &[&HERE[..], &["--bundle", "no.zip"]].concat());
    assert!(code == 6 && err.contains("no.zip"), "{err}");
}

#[test]
fn a_case_that_was_not_evaluated_makes_the_result_incomplete() {
    let folder = tempfile::tempdir().unwrap();
    suite(folder.path(), BETTER);
    let path = folder.path().join("account.yaml");
    let account = std::fs::read_to_string(&path).unwrap();
    let denied = account.replacen(
        "    DescribeLogGroups:\n",
        "    DescribeLogGroups: { error: AccessDeniedException, message: no }\n    DescribeLogGroupsBefore:\n",
        1,
    );
    assert_ne!(denied, account);
    std::fs::write(&path, denied).unwrap();
    let (code, out, _) = attestry(folder.path(), &[&HERE[..], &["--gate", "0"]].concat());
    assert_eq!(code, 3, "{out}");
    assert!(out.ends_with("exit 3: 1 case not fully evaluated, and a gap is no mutant; also 0 survivors\n"), "{out}");
}

#[test]
fn no_secret_of_the_account_reaches_the_output() {
    let folder = tempfile::tempdir().unwrap();
    suite(folder.path(), "tags: { present: true }, tags.environment: { present: true }");
    let path = folder.path().join("account.yaml");
    let account = std::fs::read_to_string(&path).unwrap();
    let token = format!("glpat-{}9", "x".repeat(22));
    let secret =
        account.replace("Value: MOD-045 }, { Key: environment", &format!("Value: {token} }}, {{ Key: environment"));
    assert_ne!(secret, account);
    std::fs::write(&path, secret).unwrap();
    for format in ["text", "json"] {
        let (code, out, err) = attestry(folder.path(), &[&HERE[..], &["--format", format]].concat());
        assert!(code == 0 || code == 3, "{out}{err}");
        assert!(!out.contains(&token) && !err.contains(&token), "{out}{err}");
    }
}

#[test]
fn each_survivor_of_a_shipped_suite_is_listed_as_harmless_with_its_reason() {
    for suite in ["atp-key-rotation", "buzz-tutor-kms", "cis-aws", "mod-045", "rotation-runbook", "sec-004"] {
        let (file, list) = (format!("suites/{suite}.yaml"), format!("suites/harmless/{suite}.yaml"));
        let arguments = ["mutate", &file, "--stage", "embedded", "--accept", &list, "--gate", "0"];
        let (code, out, err) = attestry(root(), &arguments);
        assert_eq!(code, 0, "{out}{err}");
        assert!(!out.contains("is not needed") && !err.contains("is not needed"), "{out}{err}");
    }
}
