//! Tests the output of a run with the binary. It must be complete and reproducible, judged again offline, and never
//! half written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::common::{self, root, whole, write_suite};
use attestry::evidence::{Damage, Manifest, Verified, digest, verify, verify_holding};
use attestry::policy::Vocabulary;
use attestry::{kinds, report};

const SUITE: &str = "suites/mod-045.yaml";

/// Returns the command of the binary without the credentials and settings of the user of the test.
fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent").current_dir(root());
    command
}

fn run(suite: &Path, stage: &str, out: &Path, more: &[&str]) -> Output {
    binary().arg("run").arg(suite).args(["--stage", stage, "--quiet", "--out"]).arg(out).args(more).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a shipped suite in a temporary folder that is removed after the test.
fn shipped() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let ran = run(Path::new(SUITE), "embedded", &out, &[]);
    assert!(out.join("manifest.json").exists(), "{}", said(&ran));
    (directory, out)
}

fn check(out: &Path) -> Result<Verified, Vec<Damage>> {
    verify(out, Vocabulary::new(kinds::schemas()), kinds::find)
}

#[test]
fn a_violation_is_explained_by_a_counterexample_and_the_statement_at_fault() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    run(Path::new(SUITE), "embedded-drifted", &out, &[]);
    let explain = |cases: &[&str]| binary().arg("explain").arg(&out).args(cases).output().unwrap();
    let told = said(&explain(&["FR-277/no-role-fills-the-shadow-store"]));
    for part in [
        "policies/mod-045/fr-277.yaml:",
        "role/bank-operations-dev  violated",
        "action: ssm:PutParameter",
        ":parameter/bank-secrets/",
        "by: statement 1 of PowerUserAccess",
        "at fault",
        "not_actions: [iam:*, organizations:*, account:*]",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // The message about an undecided claim names the keys that decide it.
    let told = said(&explain(&[]));
    assert!(told.contains("depends on aws:PrincipalTag/team"), "{told}");
    let wrong = explain(&["FR-277/no-role-fills-the-shadow-stores"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said(&wrong).contains("did you mean"), "{}", said(&wrong));
}

/// Writes the manifest again after a change of its file. An attacker can do the same.
fn reseal(out: &Path, change: impl FnOnce(&mut Manifest)) {
    let path = out.join("manifest.json");
    let mut manifest: Manifest = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    std::fs::write(&path, manifest.write().unwrap()).unwrap();
}

#[test]
fn evidence_is_judged_again_offline() {
    let (_kept, out) = shipped();
    let verified = check(&out).unwrap_or_else(|damage| panic!("{damage:?}"));
    assert!(verified.files > 5 && verified.result.tally().cases > 0);
    let told = binary().arg("verify").arg(&out).output().unwrap();
    assert_eq!(told.status.code(), Some(0), "{}", said(&told));

    type Harm = fn(&Path);
    type Expected = fn(&Damage) -> bool;
    let facts = "evidence/facts.jsonl";
    assert!(out.join(facts).exists());
    let harms: &[(&str, Harm, Expected)] = &[
        (
            "missing",
            |out| std::fs::remove_file(out.join("evidence/calls.jsonl")).unwrap(),
            |it| matches!(it, Damage::Missing(path) if path == "evidence/calls.jsonl"),
        ),
        (
            "extra",
            |out| std::fs::write(out.join("evidence/more.txt"), "x").unwrap(),
            |it| matches!(it, Damage::Extra(path) if path == "evidence/more.txt"),
        ),
        (
            "altered",
            |out| std::fs::write(out.join("evidence/facts.jsonl"), "").unwrap(),
            |it| matches!(it, Damage::Altered { path, .. } if path == "evidence/facts.jsonl"),
        ),
        (
            "no manifest",
            |out| std::fs::remove_file(out.join("manifest.json")).unwrap(),
            |it| matches!(it, Damage::NoManifest(_)),
        ),
        (
            "schema",
            |out| reseal(out, |it| it.schema = "attestry.manifest/9".into()),
            |it| matches!(it, Damage::UnsupportedSchema(schema) if schema == "attestry.manifest/9"),
        ),
        (
            "escaping",
            |out| reseal(out, |it| it.files[0].path = "../outside".into()),
            |it| matches!(it, Damage::EscapingPath(path) if path == "../outside"),
        ),
        ("twice", |out| reseal(out, |it| it.files.push(it.files[0].clone())), |it| matches!(it, Damage::NamedTwice(_))),
        ("other verdicts", turn_a_fact, |it| matches!(it, Damage::OtherVerdicts { .. })),
        #[cfg(unix)]
        ("link", link, |it| matches!(it, Damage::Special(path) if path == "evidence/facts.jsonl")),
    ];
    for (name, harm, expected) in harms {
        let (_kept, out) = shipped();
        harm(&out);
        let damage = check(&out).err().unwrap_or_else(|| panic!("{name}: nothing was noticed"));
        assert!(damage.iter().any(expected), "{name}: {damage:?}");
        let told = binary().arg("verify").arg(&out).output().unwrap();
        assert_eq!(told.status.code(), Some(6), "{name}: {}", said(&told));
    }
}

/// Replaces a file by a link to the same bytes. The link could lead to other bytes later.
#[cfg(unix)]
fn link(out: &Path) {
    let facts = out.join("evidence/facts.jsonl");
    let elsewhere = out.parent().unwrap().join("facts");
    std::fs::rename(&facts, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &facts).unwrap();
}

/// Improves a fact, and makes the manifest fit the change.
fn turn_a_fact(out: &Path) {
    let path = out.join("evidence/facts.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let turned = text.replace(":true", ":TRUE").replace(":false", ":true").replace(":TRUE", ":false");
    assert_ne!(text, turned);
    std::fs::write(&path, &turned).unwrap();
    reseal(out, |manifest| {
        let entry = manifest.files.iter_mut().find(|it| it.path == "evidence/facts.jsonl").unwrap();
        entry.sha256 = digest(turned.as_bytes());
        entry.size = turned.len() as u64;
    });
}

#[test]
fn two_runs_leave_the_same_facts_and_verdicts() {
    let ((_one, first), (_two, second)) = (shipped(), shipped());
    for path in ["evidence/facts.jsonl", "evidence/verdicts.json", "evidence/basis.json"] {
        assert_eq!(std::fs::read(first.join(path)).unwrap(), std::fs::read(second.join(path)).unwrap(), "{path}");
    }
}

/// Reports are many times larger than the judged files. A verifier holds only their digest.
#[test]
fn what_is_not_judged_is_checked_and_not_held() {
    let (_kept, out) = shipped();
    let held = |path: &str| check(&out).unwrap().contents.contains_key(path);
    assert!(held("evidence/facts.jsonl") && held("evidence/inputs/suites/mod-045.yaml") && held("manifest.json"));
    assert!(!held("results.json") && !held("evidence/calls.jsonl"));
    let all = verify_holding(&out, &|_| true, Vocabulary::new(kinds::schemas()), kinds::find).unwrap();
    assert_eq!(all.contents.len(), all.files + 1, "all files, and the manifest");
    let mut altered = all.contents["results.json"].clone();
    altered.push(b'\n');
    std::fs::write(out.join("results.json"), &altered).unwrap();
    let damage = check(&out).unwrap_err();
    assert!(matches!(damage.as_slice(), [Damage::Altered { path, .. }] if path == "results.json"), "{damage:?}");
}

#[test]
fn every_report_names_the_backend() {
    let (_kept, out) = shipped();
    for file in report::ALL.iter().map(|report| report.file()).chain(["evidence/run.json"]) {
        let text = std::fs::read_to_string(out.join(file)).unwrap();
        assert!(text.contains("described account suites/accounts/embedded.yaml"), "{file}");
    }
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("mine");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("thesis.txt"), "years").unwrap();
    let ran = run(Path::new(SUITE), "embedded", &out, &[]);
    assert_eq!(ran.status.code(), Some(6), "{}", said(&ran));
    assert_eq!(std::fs::read_to_string(out.join("thesis.txt")).unwrap(), "years");
    assert_eq!(names(directory.path()), ["mine"]);
    assert_eq!(names(&out), ["thesis.txt"]);
}

fn names(directory: &Path) -> Vec<String> {
    let names = std::fs::read_dir(directory).unwrap().flatten().map(|it| it.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn an_output_that_cannot_be_written_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file"), "x").unwrap();
    let ran = run(Path::new(SUITE), "embedded", &directory.path().join("file/out"), &[]);
    assert_eq!(ran.status.code(), Some(6), "{}", said(&ran));
    assert_eq!(names(directory.path()), ["file"]);
}

/// A limit on the size of files simulates a full disk. The write fails at the end of the run.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let directory = tempfile::tempdir().unwrap();
    let script = "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\"";
    let ran = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_attestry"), "run", SUITE, "--stage", "embedded", "--quiet", "--out"])
        .arg(directory.path().join("out"))
        .current_dir(root())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(6), "{}", said(&ran));
    assert_eq!(names(directory.path()), [] as [&str; 0]);
}

#[test]
fn exit_codes_through_the_binary() {
    let directory = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join("tests/accounts/whole.yaml")).unwrap();
    let denied = text.replace("    ListKeys: {", "    ListKeys: { error: AccessDeniedException }\n    Unused: {");
    let alias = |expected: &str| {
        format!(
            "id: P\ntitle: P\nseverity: high\ncases:\n  a:\n    title: a\n    each: kms.key\n    where: {{ name: key-1 }}\n    \
             when_none: violated\n    expect: {{ rotation.enabled: {expected} }}\n"
        )
    };
    let (account, good, bad) = (whole(), alias("true"), alias("false"));
    for (name, policy, described, code) in [
        ("met", good.as_str(), text.as_str(), 0),
        ("violated", bad.as_str(), text.as_str(), 1),
        (
            "no such attribute",
            "id: P\ntitle: P\nseverity: high\ncases:\n  a: { each: kms.key, expect: { nothing: 1 } }\n",
            text.as_str(),
            2,
        ),
        ("denied", good.as_str(), denied.as_str(), 3),
    ] {
        let suite = write_suite(directory.path(), &account, policy, Some(described));
        let ran = run(&suite, "here", &directory.path().join("out"), &[]);
        assert_eq!(ran.status.code(), Some(code), "{name}: {}", said(&ran));
    }
    let suite = write_suite(directory.path(), &account, &good, Some(&text.replace(common::ACCOUNT, "999988887777")));
    let other = run(&suite, "here", &directory.path().join("other"), &[]);
    assert_eq!(other.status.code(), Some(2), "{}", said(&other));
    assert!(said(&other).contains("nothing was read") && !directory.path().join("other").exists());
    for arguments in [&["run", SUITE, "--stage", "nowhere"][..], &["run", "no-such-suite.yaml"], &["nonsense"]] {
        let ran = binary().args(arguments).output().unwrap();
        assert_eq!(ran.status.code(), Some(2), "{arguments:?}: {}", said(&ran));
    }
    for arguments in [&["--help"][..], &["run", "--help"], &["verify", "--help"], &["--version"]] {
        let ran = binary().args(arguments).output().unwrap();
        assert_eq!(ran.status.code(), Some(0), "{arguments:?}: {}", said(&ran));
        assert!(!ran.stdout.is_empty());
    }
}

#[test]
fn no_credentials_and_no_network_say_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let policy = "id: P\ntitle: P\nseverity: high\ncases:\n  a:\n    title: a\n    each: kms.key\n    when_none: violated\n    expect: { enabled: true }\n";
    let suite = write_suite(directory.path(), &whole(), policy, None);
    let clock = Instant::now();
    for (more, code, what) in
        [(&[][..], 2, "no AWS credentials were found"), (&["--endpoint", "http://127.0.0.1:1"], 3, "does not answer")]
    {
        let ran = run(&suite, "here", &directory.path().join("out"), more);
        assert_eq!(ran.status.code(), Some(code), "{}", said(&ran));
        assert!(said(&ran).contains(what) && said(&ran).contains("help:"), "{}", said(&ran));
        assert!(!directory.path().join("out").exists());
    }
    assert!(clock.elapsed() < Duration::from_secs(40), "{:?}", clock.elapsed());
}

/// Runs a suite over the account of the tests, and keeps the answers. The folder is removed after the test.
fn answered(policy: &str, account: &str, more: &[&str]) -> (tempfile::TempDir, PathBuf, Output) {
    let directory = tempfile::tempdir().unwrap();
    write_suite(directory.path(), &whole(), policy, Some(account));
    let out = directory.path().join("out");
    let suite = directory.path().join("suite.yaml");
    let mut command = binary();
    command
        .current_dir(directory.path())
        .arg("run")
        .arg(&suite)
        .args(["--stage", "here", "--quiet", "--out"])
        .arg(&out);
    let ran = command.args(more).output().unwrap();
    (directory, out, ran)
}

fn account() -> String {
    std::fs::read_to_string(root().join("tests/accounts/whole.yaml")).unwrap()
}

#[test]
fn kept_answers_give_the_same_facts_again() {
    // Evidence may not keep these lists, so the second run would not have their lines.
    let lists = ["cloudtrail.event", "logs.record", "s3.object"];
    let policy = common::every_attribute(kinds::schemas().filter(|kind| !lists.contains(&kind.name)));
    let (directory, out, ran) = answered(&policy, &account(), &["--answers"]);
    assert!(out.join("evidence/answers/recording.json").exists(), "{}", said(&ran));
    assert!(check(&out).is_ok());
    let circumstances = std::fs::read_to_string(out.join("evidence/circumstances.json")).unwrap();
    assert!(circumstances.contains("answers are kept, redacted"), "{circumstances}");
    // The collectors read the stored answers again, and the facts are the same.
    let suite = directory.path().join("suite.yaml");
    let text = std::fs::read_to_string(&suite).unwrap();
    std::fs::write(&suite, text.replace("described: account.yaml", "recording: out/evidence/answers")).unwrap();
    let again = directory.path().join("again");
    let mut command = binary();
    command.current_dir(directory.path()).arg("run").arg(&suite).args(["--stage", "here", "--quiet", "--out"]);
    let ran = command.arg(&again).output().unwrap();
    let facts = |out: &Path| std::fs::read_to_string(out.join("evidence/facts.jsonl")).unwrap();
    let (facts, again) = (facts(&out), facts(&again));
    // An answer that evidence may not keep is a gap in the second run. All other facts are the same.
    let differs: Vec<_> = facts.lines().zip(again.lines()).filter(|(a, b)| a != b).collect();
    assert_eq!(facts.lines().count(), again.lines().count(), "{}", said(&ran));
    for (_, again) in &differs {
        let not_kept = ["FilterLogEvents", "GetParameter", "GetSecretValue", "ListObjectsV2", "LookupEvents"];
        assert!(not_kept.iter().any(|operation| again.contains(operation)), "{again}");
    }
    assert!(!differs.is_empty() && differs.len() * 4 < facts.lines().count(), "{differs:#?}");
}

#[test]
fn answers_with_values_are_not_kept_and_others_only_when_asked_for() {
    let policy = common::every_attribute(kinds::schemas());
    let (_kept, out, _) = answered(&policy, &account(), &["--answers"]);
    let calls = std::fs::read_to_string(out.join("evidence/calls.jsonl")).unwrap();
    let mut kept = Vec::new();
    for place in ["111122223333/us-east-1", "111122223333/eu-central-1"] {
        for entry in std::fs::read_dir(out.join("evidence/answers").join(place)).into_iter().flatten().flatten() {
            kept.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    assert!(kept.len() > 40, "{kept:?}");
    for value in ["GetSecretValue", "GetParameter", "FilterLogEvents", "LookupEvents", "AssumeRole"] {
        assert!(!kept.iter().any(|name| name.contains(value)), "{value}");
    }
    assert!(calls.contains("FilterLogEvents") || calls.contains("GetParameter"), "nothing was left out");
    let (_kept, out) = shipped();
    assert!(!out.join("evidence/answers").exists());
}

#[test]
fn a_list_that_aws_itself_counts_longer_is_not_complete() {
    const POLICY: &str = "id: P-1\ntitle: T\nseverity: high\ncases:\n  roles:\n    title: T\n    each: iam.role\n    when_none: violated\n    expect: { name: { present: true } }\n  account:\n    title: T\n    each: account\n    when_none: violated\n    expect: { counts.roles: { present: true } }\n";
    let case = |account: &str| {
        let (_kept, out, ran) = answered(POLICY, account, &[]);
        let read = std::fs::read_to_string(out.join("populations.json")).unwrap_or_else(|_| panic!("{}", said(&ran)));
        let told: serde_json::Value = serde_json::from_str(&read).unwrap();
        (ran.status.code(), told["cases"][0].clone(), check(&out).is_ok())
    };
    let (exit, roles, sound) = case(&account());
    assert_eq!((exit, sound), (Some(0), true), "{roles}");
    assert_eq!(roles["places"][0]["second_source"]["agrees"], true, "{roles}");
    let (exit, roles, sound) = case(&account().replace("Roles: 1,", "Roles: 2,"));
    // The second judgement from the stored facts is exactly as incomplete as the first one.
    assert_eq!((exit, sound), (Some(3), true), "{roles}");
    assert_eq!(roles["enumerated"], false);
    assert_eq!(roles["places"][0]["second_source"]["counted"], 2);
    assert!(roles["places"][0]["gaps"][0].as_str().unwrap().starts_with("miscounted iam:GetAccountSummary"), "{roles}");
}
