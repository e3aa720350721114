//! Tests evidence that was edited and sealed again. The attacker has everything except the key. Each derived file must
//! follow from the inputs and facts.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use attestry::evidence::{
    Contents, Damage, Format, Limits, Link, Manifest, Verified, digest, pack, unpack, verify, verify_bundle,
};
use attestry::policy::Vocabulary;
use attestry::{kinds, report};

use crate::common;

fn attestry(at: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent").current_dir(at);
    command.args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const POLICY: &str = "id: P\ntitle: P\nseverity: high\ncases:\n  keys:\n    title: no key rotates\n    each: kms.key\n    \
                      when_none: violated\n    expect: { rotation.enabled: false }\n  roles:\n    title: roles\n    each: iam.role\n    \
                      when_none: violated\n    expect: { name: { present: true } }\n";

/// Makes a run in two Regions, compared with an earlier run, as a bundle.
fn bundle(at: &Path) -> Contents {
    let account = crate::common::whole_text();
    common::write_suite(at, &common::whole(), POLICY, Some(&account));
    for (out, more) in
        [("before", &[][..]), ("out", &["--baseline", "before", "--previous", "before", "--bundle", "b.zip"])]
    {
        let fixed = ["run", "suite.yaml", "--stage", "here", "--quiet", "--out", out];
        let ran = attestry(at, &[&fixed, more].concat());
        assert!(at.join(out).join("manifest.json").exists(), "{}", said(&ran));
    }
    unpack(&std::fs::read(at.join("b.zip")).unwrap(), &Limits::default()).unwrap()
}

fn check(contents: &Contents) -> Result<Verified, Vec<Damage>> {
    let packed = pack(contents, Format::Zip, &Limits::default()).unwrap();
    verify_bundle(&packed, Vocabulary::new(kinds::schemas()), kinds::find)
}

/// Makes the manifest fit the change, as an attacker does after each change.
fn sealed(contents: &mut Contents, link: impl FnOnce(&mut Link)) {
    let mut manifest: Manifest = serde_json::from_slice(&contents["manifest.json"]).unwrap();
    link(&mut manifest.link);
    manifest.files.clear();
    for (path, bytes) in contents.iter().filter(|(path, _)| *path != "manifest.json") {
        let entry = serde_json::json!({ "path": path, "size": bytes.len(), "sha256": digest(bytes) });
        manifest.files.push(serde_json::from_value(entry).unwrap());
    }
    contents.insert("manifest.json".into(), manifest.write().unwrap());
}

fn text(contents: &Contents, path: &str) -> String {
    String::from_utf8(contents[path].clone()).unwrap()
}

fn replaced(contents: &mut Contents, path: &str, from: &str, to: &str) {
    let before = text(contents, path);
    let after = before.replacen(from, to, 1);
    assert_ne!(before, after, "{path}: {from}");
    contents.insert(path.into(), after.into());
}

/// Changes a member of `run.json`, in the format of a run.
fn ran(contents: &mut Contents, member: &str, value: serde_json::Value) {
    let mut run: serde_json::Value = serde_json::from_slice(&contents[RUN]).unwrap();
    assert_ne!(run[member], value);
    run[member] = value;
    contents.insert(RUN.into(), format!("{}\n", serde_json::to_string_pretty(&run).unwrap()).into());
}

const RUN: &str = "evidence/run.json";
const FACTS: &str = "evidence/facts.jsonl";
const CALLS: &str = "evidence/calls.jsonl";
const VERDICTS: &str = "evidence/verdicts.json";
const SCOPE: &str = "evidence/circumstances.json";
const BASIS: &str = "evidence/basis.json";
const BASELINE: &str = "evidence/baseline.json";

type Forge = fn(&mut Contents);

/// The name, the forgery, and the words of the damage.
const FORGERIES: &[(&str, Forge, &str)] = &[
    ("backend", |it| ran(it, "backend", "aws".into()), "another backend"),
    ("another description", |it| ran(it, "backend", "described account b.yaml".into()), "another backend"),
    ("suite", |it| ran(it, "suite", "other".into()), "another suite"),
    ("title", |it| ran(it, "title", "Made by the bank".into()), "another title"),
    ("stage", |it| ran(it, "stage", "prod".into()), "another stage"),
    ("Regions", |it| ran(it, "regions", serde_json::json!(["us-east-1"])), "another regions"),
    ("gate", |it| ran(it, "gate", "critical".into()), "another gate"),
    ("calls", |it| ran(it, "calls", 9_999.into()), "another calls"),
    ("throttled", |it| ran(it, "throttled", 7.into()), "another throttled"),
    ("selected", |it| ran(it, "selected", serde_json::json!(["P/keys"])), "another selected"),
    ("judged at", |it| ran(it, "evaluated_at", "2026-01-01T00:00:00Z".into()), "another evaluated_at"),
    ("started", |it| ran(it, "started", "2020-01-01T00:00:00Z".into()), "another id"),
    ("more said of the run", |it| ran(it, "signed", true.into()), "not as a run writes it"),
    (
        "caller",
        |it| replaced(it, RUN, "\"account\": \"111122223333\"", "\"account\": \"999988887777\""),
        "another account",
    ),
    ("no caller", |it| ran(it, "callers", serde_json::json!([])), "another account"),
    ("scope", |it| replaced(it, SCOPE, "accounts that the stage does not name", "nothing"), "another scope"),
    ("scope of accounts", |it| replaced(it, SCOPE, "111122223333", "999988887777"), "another scope"),
    (
        "a call less",
        |it| {
            let all = text(it, CALLS);
            it.insert(CALLS.into(), all.split_once('\n').unwrap().1.into());
        },
        "another calls",
    ),
    ("a call elsewhere", |it| replaced(it, CALLS, "111122223333", "999988887777"), "another account"),
    ("no call", |it| it.get_mut(CALLS).unwrap().extend(b"x\n"), "is no call"),
    ("no log of calls", |it| drop(it.remove(CALLS)), "missing file: evidence/calls.jsonl"),
    (
        "facts of another account",
        |it| {
            let all = text(it, FACTS);
            it.insert(FACTS.into(), all.replace("111122223333", "999988887777").into());
        },
        "in account 999988887777, aws-global: stage `here` does not look there",
    ),
    (
        "facts of another Region",
        |it| {
            let all = text(it, FACTS);
            it.insert(FACTS.into(), all.replace("\"region\":\"eu-central-1\"", "\"region\":\"eu-central-9\"").into());
        },
        "eu-central-9: stage `here` does not look there",
    ),
    (
        "no facts of a Region",
        |it| keep_facts(it, |line| !line.contains("\"region\":\"eu-central-1\"")),
        "neither facts of keys",
    ),
    ("no facts of a kind", |it| keep_facts(it, |line| !line.contains("iam.role")), "neither facts of roles"),
    (
        "facts twice",
        |it| {
            let all = text(it, FACTS);
            it.insert(FACTS.into(), format!("{all}{all}").into());
        },
        ": twice",
    ),
    ("what was found before", |it| replaced(it, BASELINE, "\"violated\"", "\"waived\""), "forged report"),
    ("the gate of the exit", |it| replaced(it, BASIS, "\"new_only\": false", "\"new_only\": true"), "forged report"),
    ("an endpoint", |it| replaced(it, BASIS, "\"endpoint\": false", "\"endpoint\": true"), "another backend"),
    ("a file more", |it| drop(it.insert("report-final.html".into(), b"all is well".to_vec())), "which no run leaves"),
    (
        "an input that nobody reads",
        |it| drop(it.insert("evidence/inputs/approved.txt".into(), b"signed".to_vec())),
        "which no run leaves",
    ),
    ("evidence more", |it| drop(it.insert("evidence/more.json".into(), b"{}".to_vec())), "which no run leaves"),
];

/// Keeps populations with their resources. `keep` selects the line of the population.
fn keep_facts(contents: &mut Contents, keep: fn(&str) -> bool) {
    let (mut kept, mut keeping) = (String::new(), true);
    for line in text(contents, FACTS).lines() {
        keeping = if line.starts_with("{\"population\"") { keep(line) } else { keeping };
        if keeping {
            kept.push_str(&format!("{line}\n"));
        }
    }
    contents.insert(FACTS.into(), kept.into());
}

type Relink = fn(&mut Link);

const LINKS: &[(&str, Relink, &str)] = &[
    ("run", |it| it.run = "20260101T000000Z-00000000".into(), "another run"),
    ("suite", |it| it.suite = "other".into(), "another suite"),
    ("stage", |it| it.stage = "prod".into(), "another stage"),
    ("sequence", |it| it.sequence = 1, "without a run before it"),
    ("no previous", |it| it.previous = None, "without a run before it"),
    ("words", |it| it.run = "signed by 9a4f: tamper-evident".into(), "no id of a run"),
    ("a line", |it| it.run.push_str("\nsigned by 9a4f: tamper-evident"), "no id of a run"),
    ("words before", |it| it.previous.as_mut().unwrap().run = "x\u{1b}[2J\nsigned".into(), "no id of a run"),
    ("a digest", |it| it.previous.as_mut().unwrap().manifest = "\u{1b}[2J".into(), "digest of the manifest before"),
    ("a stage", |it| it.stage = "here\nsigned by 9a4f".into(), "no name of one"),
];

#[test]
fn what_is_edited_and_sealed_again_is_noticed() {
    let desk = tempfile::tempdir().unwrap();
    let whole = bundle(desk.path());
    let verified = check(&whole).unwrap_or_else(|damage| panic!("{damage:?}"));
    assert!(verified.unchecked.is_none() && whole.contains_key(BASELINE));
    let noticed = |name: &str, contents: &Contents, words: &str| {
        let damage = check(contents).err().unwrap_or_else(|| panic!("{name}: nothing was noticed"));
        let told: Vec<String> = damage.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|it| it.contains(words)), "{name}: {told:?}");
    };
    for (name, forge, words) in FORGERIES {
        let mut forged = whole.clone();
        forge(&mut forged);
        sealed(&mut forged, |_| {});
        noticed(name, &forged, words);
    }
    for (name, relink, words) in LINKS {
        let mut forged = whole.clone();
        sealed(&mut forged, relink);
        noticed(name, &forged, words);
    }
    for report in report::ALL {
        let file = report.file();
        let mut forged = whole.clone();
        forged.get_mut(file).unwrap().push(b' ');
        sealed(&mut forged, |_| {});
        noticed(file, &forged, &format!("forged report: {file}"));
    }
    // The signing command refuses the forged evidence too.
    let mut forged = whole.clone();
    replaced(&mut forged, "report.html", "violated", "met");
    sealed(&mut forged, |_| {});
    std::fs::write(desk.path().join("forged.zip"), pack(&forged, Format::Zip, &Limits::default()).unwrap()).unwrap();
    assert_eq!(attestry(desk.path(), &["evidence", "keygen", "k"]).status.code(), Some(0));
    let signed = attestry(desk.path(), &["evidence", "pack", "forged.zip", "signed.zip", "--sign", "k"]);
    assert_eq!(signed.status.code(), Some(6), "{}", said(&signed));
    assert!(!desk.path().join("signed.zip").exists());
}

/// Another version can explain a verdict with other sentences, and its verdicts must still follow from the facts.
#[test]
fn verdicts_of_another_version_are_compared_without_their_sentences() {
    let desk = tempfile::tempdir().unwrap();
    let whole = bundle(desk.path());
    let with = |forges: &[Forge]| {
        let mut forged = whole.clone();
        forges.iter().for_each(|forge| forge(&mut forged));
        sealed(&mut forged, |_| {});
        check(&forged)
    };
    let older: Forge = |it| ran(it, "tool", "attestry 0.0.1".into());
    let sentence: Forge = |it| replaced(it, VERDICTS, "KeyRotationEnabled", "Rotates");
    let verdict: Forge = |it| replaced(it, VERDICTS, "\"verdict\": \"violated\"", "\"verdict\": \"met\"");
    let of_ours = with(&[sentence]).unwrap_err();
    assert!(matches!(&of_ours[..], [Damage::OtherVerdicts { .. }]), "{of_ours:?}");
    let files = with(&[older, sentence]).unwrap().unchecked.unwrap().files;
    assert!(files.iter().any(|file| file == VERDICTS), "{files:?}");
    assert!(!with(&[older]).unwrap().unchecked.unwrap().files.iter().any(|file| file == VERDICTS));
    let other = with(&[older, verdict]).unwrap_err();
    let [damage @ Damage::VerdictsOfAnotherVersion { .. }] = &other[..] else { panic!("{other:?}") };
    let message = damage.to_string();
    assert!(message.contains("`attestry.verdicts/1`") && message.contains("attestry 0.0.1"), "{message}");
}

/// Another version writes other bytes. The output reports each file as unchecked, and the signing command refuses such
/// evidence.
#[test]
fn reports_of_another_version_are_reported_as_unchecked() {
    let desk = tempfile::tempdir().unwrap();
    let whole = bundle(desk.path());
    let reports: BTreeSet<&str> = report::ALL.iter().map(|report| report.file()).collect();
    let other: &[(&str, Forge)] = &[
        ("another version", |it| ran(it, "tool", "attestry 0.0.1\u{1b}[2J\nsigned by 9a4f".into())),
        ("an earlier basis", |it| {
            replaced(it, BASIS, "attestry.basis/2", "attestry.basis/1");
            replaced(it, BASIS, "\"endpoint\": false,", "");
            let end =
                text(it, BASIS).replace(",\n  \n  \"new_only\": false", "").replace(",\n  \"new_only\": false", "");
            it.insert(BASIS.into(), end.into());
        }),
    ];
    for (name, forge) in other {
        let mut older = whole.clone();
        forge(&mut older);
        older.get_mut("results.json").unwrap().push(b' ');
        sealed(&mut older, |_| {});
        let verified = check(&older).unwrap_or_else(|damage| panic!("{name}: {damage:?}"));
        let files = verified.unchecked.unwrap_or_else(|| panic!("{name}: nothing is told")).files;
        assert_eq!(files.iter().map(String::as_str).collect::<BTreeSet<_>>(), reports, "{name}");
        std::fs::write(desk.path().join("older.zip"), pack(&older, Format::Zip, &Limits::default()).unwrap()).unwrap();
        let told = attestry(desk.path(), &["verify", "older.zip"]);
        assert_eq!(told.status.code(), Some(0), "{name}: {}", said(&told));
        for file in &reports {
            assert!(
                said(&told).contains(&format!("not checked against the facts: {file}, written by attestry 0.")),
                "{}",
                said(&told)
            );
        }
        assert!(!said(&told).contains("\nsigned") && !said(&told).contains('\u{1b}'), "{}", said(&told));
        attestry(desk.path(), &["evidence", "keygen", "k"]);
        let signed = attestry(desk.path(), &["evidence", "pack", "older.zip", "signed.zip", "--sign", "k"]);
        assert_eq!(signed.status.code(), Some(6), "{name}: {}", said(&signed));
        // Files that do not depend on the version are compared nevertheless.
        replaced(&mut older, RUN, "\"stage\": \"here\"", "\"stage\": \"prod\"");
        sealed(&mut older, |_| {});
        assert!(check(&older).is_err(), "{name}");
    }
}

/// Two names that some systems treat as one file are damage in evidence, in a directory and in a bundle.
#[test]
fn names_that_are_one_file_somewhere_are_damage() {
    let desk = tempfile::tempdir().unwrap();
    let whole = bundle(desk.path());
    for (one, other) in [("a.yaml", "A.yaml"), ("\u{e9}.yaml", "e\u{301}.yaml")] {
        let mut twice = whole.clone();
        for name in [one, other] {
            twice.insert(format!("evidence/inputs/{name}"), b"x: 1\n".to_vec());
        }
        sealed(&mut twice, |_| {});
        let out = desk.path().join(format!("out-{}", one.len()));
        for (path, bytes) in &twice {
            let path = out.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let damage = verify(&out, Vocabulary::new(kinds::schemas()), kinds::find).expect_err("it is noticed");
        assert!(damage.iter().any(|it| matches!(it, Damage::NamedTwice(_))), "{damage:?}");
        assert!(pack(&twice, Format::Zip, &Limits::default()).is_err());
    }
}

/// A run detects the problem before its first request.
#[test]
fn a_run_refuses_inputs_that_are_one_file_somewhere() {
    let desk = tempfile::tempdir().unwrap();
    bundle(desk.path());
    let suite = std::fs::read_to_string(desk.path().join("suite.yaml")).unwrap();
    for (one, other) in
        [("a.yaml", "A.yaml"), ("\u{e9}.yaml", "e\u{301}.yaml"), ("a.yaml", "b:c.yaml"), ("a.yaml", "nul.yaml")]
    {
        for (name, id) in [(one, "Q"), (other, "R")] {
            std::fs::write(desk.path().join(name), POLICY.replacen("id: P", &format!("id: {id}"), 1)).unwrap();
        }
        let both = suite.replace("[policy.yaml]", &format!("[\"{one}\", \"{other}\"]"));
        std::fs::write(desk.path().join("suite.yaml"), both).unwrap();
        let ran = attestry(desk.path(), &["run", "suite.yaml", "--stage", "here", "--quiet", "--out", "refused"]);
        assert_eq!(ran.status.code(), Some(2), "{other}: {}", said(&ran));
        assert!(said(&ran).contains("evidence cannot hold"), "{other}: {}", said(&ran));
        assert!(!desk.path().join("refused").exists());
    }
}

/// A second judgement by a stage with other places reports that these places were not collected.
#[test]
fn facts_that_another_stage_wants_are_missing_and_not_met() {
    let desk = tempfile::tempdir().unwrap();
    bundle(desk.path());
    for (name, from, to, place) in [
        ("a Region more", "regions: [", "regions: [ap-south-1, ", "in account 111122223333, ap-south-1"),
        ("another account", "account: \"111122223333\"", "account: \"444455556666\"", "in account 444455556666"),
        (
            "an account more",
            "account: \"111122223333\"",
            "accounts: [{ account: \"111122223333\" }, { account: \"444455556666\" }]",
            "in account 444455556666",
        ),
    ] {
        let other = desk.path().join("other");
        std::fs::create_dir_all(&other).unwrap();
        for file in ["suite.yaml", "policy.yaml"] {
            let text = std::fs::read_to_string(desk.path().join(file)).unwrap();
            std::fs::write(other.join(file), text.replace(from, to)).unwrap();
        }
        let told = attestry(desk.path(), &["reperform", "out", "--policies", "other", "--verdicts", "v.json"]);
        assert_eq!(told.status.code(), Some(1), "{name}: {}", said(&told));
        assert!(said(&told).contains(&format!("no facts of keys {place}")), "{name}: {}", said(&told));
        let verdicts: serde_json::Value =
            serde_json::from_slice(&std::fs::read(desk.path().join("v.json")).unwrap()).unwrap();
        for case in verdicts["cases"].as_array().unwrap() {
            let blind = case["coverage"]["enumerated"] == false && case["verdict"] != "met";
            assert!(blind || name == "a Region more" && case["id"] == "P/roles", "{name}: {case}");
        }
    }
}

/// A comparison reads results through the manifest. It reports results without a valid manifest as unverified.
#[test]
fn results_are_compared_only_when_their_evidence_verifies() {
    let desk = tempfile::tempdir().unwrap();
    let whole = bundle(desk.path());
    let diff = |earlier: &str| attestry(desk.path(), &["diff", earlier, "out"]);
    let (verified, bare) = (diff("b.zip"), diff("out/results.json"));
    assert!(!said(&verified).contains("unverified"), "{}", said(&verified));
    assert!(said(&bare).contains("unverified"), "{}", said(&bare));
    assert_eq!((verified.status.code(), bare.status.code()), (Some(0), Some(0)));
    let mut forged = whole;
    replaced(&mut forged, "results.json", "\"verdict\":\"violated\"", "\"verdict\":\"met\"");
    std::fs::write(desk.path().join("before/results.json"), &forged["results.json"]).unwrap();
    sealed(&mut forged, |_| {});
    std::fs::write(desk.path().join("forged.zip"), pack(&forged, Format::Zip, &Limits::default()).unwrap()).unwrap();
    for evidence in ["before", "forged.zip"] {
        let told = diff(evidence);
        assert_eq!(told.status.code(), Some(6), "{evidence}: {}", said(&told));
        let fixed = ["run", "suite.yaml", "--stage", "here", "--quiet", "--out", "again", "--baseline", evidence];
        let ran = attestry(desk.path(), &fixed);
        assert_eq!(ran.status.code(), Some(6), "{evidence}: {}", said(&ran));
        assert!(!desk.path().join("again").exists());
    }
}

/// Digests and similar texts identify a key. A signature cannot put words onto the line that reports it.
#[test]
fn a_signature_names_no_key_by_words() {
    let desk = tempfile::tempdir().unwrap();
    bundle(desk.path());
    attestry(desk.path(), &["evidence", "keygen", "k"]);
    let packed = attestry(desk.path(), &["evidence", "pack", "b.zip", "signed.zip", "--sign", "k"]);
    assert_eq!(packed.status.code(), Some(0), "{}", said(&packed));
    let signed = unpack(&std::fs::read(desk.path().join("signed.zip")).unwrap(), &Limits::default()).unwrap();
    let id = said(&attestry(desk.path(), &["verify", "signed.zip", "--key", "k.pub"]));
    let id =
        id.split_once("\nsigned by ").and_then(|(_, rest)| rest.split_once(": tamper-evident")).unwrap().0.to_owned();
    const SIGNED: &str = "attestations.intoto.jsonl";
    for (name, fits) in [
        ("9a4f: tamper-evident", false),
        ("x\\nsigned by 9a4f", false),
        ("\\u001b[2J", false),
        ("SHA256:ab/cd+0=", true),
    ] {
        let mut named = signed.clone();
        let lines = text(&named, SIGNED).replace(&format!("\"keyid\":\"{id}\""), &format!("\"keyid\":\"{name}\""));
        assert!(!lines.contains(&id));
        named.insert(SIGNED.into(), lines.into());
        std::fs::write(desk.path().join("named.zip"), pack(&named, Format::Zip, &Limits::default()).unwrap()).unwrap();
        let told = attestry(desk.path(), &["verify", "named.zip"]);
        assert_eq!(told.status.code(), Some(if fits { 0 } else { 6 }), "{name}: {}", said(&told));
        assert!(!said(&told).lines().any(|line| line.trim_start().starts_with("signed")), "{}", said(&told));
    }
}
