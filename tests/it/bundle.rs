//! Tests bundles with the binary: it packs, signs, verifies, chains and judges them again. It must report each kind of
//! damage by its name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use attestry::evidence::{Contents, Format, Limits, Manifest, digest, pack, unpack};

use crate::common;

/// Runs the binary without the credentials and settings of the user of the test.
fn attestry(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A temporary folder that is removed after the test.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// Runs the shipped suite. Its findings do not matter here.
    fn run(&self, stage: &str, more: &[&str]) -> Output {
        let out = self.at("out");
        let fixed = ["run", "suites/mod-045.yaml", "--stage", stage, "--quiet", "--out", &out];
        attestry(&[&fixed[..], more].concat())
    }

    fn key(&self, name: &str) -> String {
        let key = self.at(name);
        let made = attestry(&["evidence", "keygen", &key]);
        assert_eq!(made.status.code(), Some(0), "{}", said(&made));
        key
    }

    fn harmed(&self, bundle: &str, harm: impl FnOnce(&mut Contents)) -> String {
        let limits = Limits::default();
        let mut contents = unpack(&std::fs::read(bundle).unwrap(), &limits).unwrap();
        harm(&mut contents);
        let path = self.at("harmed.tar.zst");
        std::fs::write(&path, pack(&contents, Format::TarZst, &limits).unwrap()).unwrap();
        path
    }
}

/// Changes a file and makes the manifest fit it. An attacker without the key can do the same.
fn resealed(contents: &mut Contents, path: &str, bytes: Vec<u8>) {
    let mut manifest: Manifest = serde_json::from_slice(&contents["manifest.json"]).unwrap();
    let entry = manifest.files.iter_mut().find(|it| it.path == path).unwrap();
    (entry.size, entry.sha256) = (bytes.len() as u64, digest(&bytes));
    contents.insert(path.to_owned(), bytes);
    contents.insert("manifest.json".to_owned(), manifest.write().unwrap());
}

#[test]
fn a_signed_bundle_is_verified_with_the_key_and_reported_as_unverified_without_it() {
    let desk = Desk::new();
    let key = desk.key("key.pem");
    for name in ["b.tar.zst", "b.zip"] {
        let bundle = desk.at(name);
        let ran = desk.run("embedded", &["--bundle", &bundle, "--sign", &key]);
        assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
        let public = format!("{key}.pub");
        for evidence in [&bundle, &desk.at("out")] {
            let told = attestry(&["verify", evidence, "--key", &public]);
            assert_eq!(told.status.code(), Some(0), "{}", said(&told));
            assert!(said(&told).contains("\nsigned by ") && said(&told).contains("tamper-evident"), "{}", said(&told));
            let told = attestry(&["verify", evidence]);
            assert_eq!(told.status.code(), Some(0), "{}", said(&told));
            let said = said(&told);
            assert!(
                said.contains("signature not checked against a key you trust") && !said.contains("\nsigned"),
                "{said}"
            );
        }
    }
}

#[test]
fn the_same_evidence_gives_the_same_bytes_whichever_way_it_went() {
    let desk = Desk::new();
    let first = desk.at("first.tar.zst");
    desk.run("embedded", &["--bundle", &first]);
    let (zip, again, direct) = (desk.at("b.zip"), desk.at("again.tar.zst"), desk.at("direct.tar.zst"));
    for (from, to) in [(&first, &zip), (&zip, &again), (&desk.at("out"), &direct)] {
        let packed = attestry(&["evidence", "pack", from, to]);
        assert_eq!(packed.status.code(), Some(0), "{}", said(&packed));
    }
    let bytes = std::fs::read(&first).unwrap();
    assert_eq!(bytes, std::fs::read(&again).unwrap());
    assert_eq!(bytes, std::fs::read(&direct).unwrap());
    let wrong = attestry(&["evidence", "pack", &first, &desk.at("b.rar")]);
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
}

type Harm = fn(&mut Contents);

const FACTS: &str = "evidence/facts.jsonl";
const SIGNED: &str = "attestations.intoto.jsonl";

/// The name, the damage, and the words that only its message contains.
type Harmed = (&'static str, Harm, &'static str);

const HARMS: &[Harmed] = &[
    ("missing", |it| drop(it.remove("evidence/calls.jsonl")), "missing file: evidence/calls.jsonl"),
    ("extra", |it| drop(it.insert("more.txt".into(), vec![])), "file that the manifest does not name: more.txt"),
    ("altered", |it| it.get_mut(FACTS).unwrap().push(b' '), "altered file: evidence/facts.jsonl has the digest"),
    (
        "altered report",
        |it| it.get_mut("results.json").unwrap().push(b' '),
        "altered file: results.json has the digest",
    ),
    (
        "wrong digest",
        |it| {
            let text = String::from_utf8(it["manifest.json"].clone()).unwrap();
            let mut manifest: Manifest = serde_json::from_str(&text).unwrap();
            manifest.files[0].sha256 = "0".repeat(64);
            it.insert("manifest.json".into(), manifest.write().unwrap());
        },
        "and the manifest says 0000000000000000",
    ),
    ("no manifest", |it| drop(it.remove("manifest.json")), "no readable manifest.json"),
    ("other form", |it| it.get_mut("manifest.json").unwrap().push(b'\n'), "manifest.json is not in its one form"),
    (
        "schema",
        |it| {
            let text = String::from_utf8(it["manifest.json"].clone()).unwrap();
            it.insert("manifest.json".into(), text.replace("attestry.manifest/", "attestry.manifest/9").into());
        },
        "the manifest has the schema `attestry.manifest/9",
    ),
    (
        "other verdicts",
        |it| {
            let text = String::from_utf8(it[FACTS].clone()).unwrap();
            let turned = text.replace(":true", ":TRUE").replace(":false", ":true").replace(":TRUE", ":false");
            resealed(it, FACTS, turned.into());
        },
        "the stored facts do not give the stored verdicts",
    ),
    (
        "resealed",
        |it| resealed(it, "results.json", b"{}".to_vec()),
        "forged report: results.json is not what the facts give",
    ),
    (
        // The change touches nothing that is judged or follows from it, so only the signature reveals it.
        "another pipeline",
        |it| {
            let text = String::from_utf8(it["evidence/circumstances.json"].clone()).unwrap();
            resealed(
                it,
                "evidence/circumstances.json",
                text.replace("\"pipeline\": null", "\"pipeline\":  null").into(),
            );
        },
        "the signed statement `https://in-toto.io/attestation/test-result/v0.1` is not the one of this evidence",
    ),
    ("not signed", |it| drop(it.remove(SIGNED)), "not signed: there is no attestations.intoto.jsonl"),
    (
        "bad signature",
        |it| {
            let text = String::from_utf8(it[SIGNED].clone()).unwrap();
            let at = text.find("\"sig\":\"").unwrap() + 20;
            let other = if &text[at..=at] == "A" { "B" } else { "A" };
            it.insert(SIGNED.into(), [&text[..at], other, &text[at + 1..]].concat().into());
        },
        "bad signature: it names the key",
    ),
    (
        "one statement",
        |it| {
            let text = String::from_utf8(it[SIGNED].clone()).unwrap();
            it.insert(SIGNED.into(), format!("{}\n", text.lines().next().unwrap()).into());
        },
        "1 statements where 2 belong",
    ),
    (
        "no envelope",
        |it| drop(it.insert(SIGNED.into(), b"{}\n{}\n".to_vec())),
        "attestations.intoto.jsonl: missing field",
    ),
];

#[test]
fn every_harm_has_its_own_words() {
    let desk = Desk::new();
    let (key, bundle) = (desk.key("key.pem"), desk.at("b.tar.zst"));
    desk.run("embedded", &["--bundle", &bundle, "--sign", &key]);
    let public = format!("{key}.pub");
    let mut seen = BTreeSet::new();
    for (name, harm, words) in HARMS {
        let harmed = desk.harmed(&bundle, harm);
        let told = attestry(&["verify", &harmed, "--key", &public]);
        assert_eq!(told.status.code(), Some(6), "{name}: {}", said(&told));
        assert!(said(&told).contains(words), "{name}: {}", said(&told));
        assert!(seen.insert(words), "{name}");
        for (other, _, words) in HARMS.iter().filter(|(other, _, _)| other != name) {
            // A wrong digest and an altered file are the same difference.
            let twins = [*name, *other].iter().all(|it| ["altered", "wrong digest"].contains(it));
            assert!(twins || !said(&told).contains(words), "{name} says {other}: {}", said(&told));
        }
    }
    let stranger = desk.key("stranger.pem");
    let told = attestry(&["verify", &bundle, "--key", &format!("{stranger}.pub")]);
    assert_eq!(told.status.code(), Some(6), "{}", said(&told));
    assert!(said(&told).contains("unknown key: signed by "), "{}", said(&told));
    let both = attestry(&["verify", &bundle, "--key", &format!("{stranger}.pub"), "--key", &public]);
    assert_eq!(both.status.code(), Some(0), "{}", said(&both));
    let secret = attestry(&["verify", &bundle, "--key", &key]);
    assert_eq!(secret.status.code(), Some(2), "{}", said(&secret));
}

/// Other tests cover invalid archives. This test checks that the message is reported.
#[test]
fn archives_that_attestry_did_not_pack_are_refused() {
    let desk = Desk::new();
    let path = desk.at("b.zip");
    for (bytes, words) in [(&b"hello"[..], "not a .tar.zst or .zip file"), (b"PK\x05\x06", "the central directory")] {
        std::fs::write(&path, bytes).unwrap();
        let told = attestry(&["verify", &path]);
        assert_eq!(told.status.code(), Some(6), "{}", said(&told));
        assert!(said(&told).contains("the archive is refused") && said(&told).contains(words), "{}", said(&told));
    }
    let told = attestry(&["verify", &desk.at("nothing")]);
    assert_eq!(told.status.code(), Some(6), "{}", said(&told));
}

#[test]
fn runs_of_a_stage_are_a_chain_and_a_missing_one_shows() {
    let desk = Desk::new();
    let bundles: Vec<String> = (1..=3).map(|at| desk.at(&format!("{at}.tar.zst"))).collect();
    for bundle in &bundles {
        desk.run("embedded", &["--bundle", bundle]);
    }
    let verify = |which: &[usize]| {
        let paths: Vec<&str> = which.iter().map(|at| bundles[*at].as_str()).collect();
        attestry(&[&["verify"][..], &paths].concat())
    };
    let whole = verify(&[0, 1, 2]);
    assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));
    assert!(said(&whole).contains("the first of its chain") && said(&whole).contains("number 3 of its chain"));
    for (which, words) in [
        (&[0, 2][..], "broken chain: "),
        (&[1, 0], "it names no evidence before it"),
        (&[0, 0], "it names no evidence before it"),
    ] {
        let told = verify(which);
        assert_eq!(told.status.code(), Some(6), "{which:?}: {}", said(&told));
        assert!(said(&told).contains("broken chain") && said(&told).contains(words), "{which:?}: {}", said(&told));
    }
    // Another stage in the same directory begins a new chain. It refuses `--previous` with a bundle of the first stage.
    let other = desk.at("other.zip");
    desk.run("embedded-drifted", &["--bundle", &other]);
    assert!(said(&attestry(&["verify", &other])).contains("the first of its chain"));
    let told = attestry(&["verify", &bundles[2], &other]);
    assert!(said(&told).contains("the other of suite"), "{}", said(&told));
    let refused = desk.run("embedded-drifted", &["--previous", &bundles[2]]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    // A run in another place follows the bundle that it gets.
    let follows = desk.at("4.zip");
    let fourth = desk.run("embedded", &["--bundle", &follows, "--previous", &bundles[2]]);
    assert_eq!(fourth.status.code(), Some(0), "{}", said(&fourth));
    let told = attestry(&["verify", &bundles[2], &follows]);
    assert_eq!(told.status.code(), Some(0), "{}", said(&told));
}

/// Runs a suite in a folder with suites and policies, and changes the policy afterwards.
#[test]
fn verdicts_are_given_again_and_others_by_other_policies() {
    let desk = Desk::new();
    let bundle = desk.at("b.tar.zst");
    desk.run("embedded-drifted", &["--bundle", &bundle]);
    let verdicts = desk.at("verdicts.json");
    let told = attestry(&["reperform", &bundle, "--verdicts", &verdicts]);
    assert_eq!(told.status.code(), Some(0), "{}", said(&told));
    assert!(said(&told).contains("byte-identical with the stored verdicts"), "{}", said(&told));
    let stored = PathBuf::from(desk.at("out/evidence/verdicts.json"));
    assert_eq!(std::fs::read(&verdicts).unwrap(), std::fs::read(stored).unwrap());

    // With the stored texts as a checkout, nothing changes. After a change of one policy, only the verdicts of its
    // cases change.
    let inputs = desk.at("out/evidence/inputs");
    let same = attestry(&["reperform", &bundle, "--policies", &inputs]);
    assert_eq!(same.status.code(), Some(0), "{}", said(&same));
    let file = Path::new(&inputs).join("policies/mod-045/dt-002.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replace("      rotation.enabled: true\n", "      rotation.enabled: false\n");
    assert_ne!(text, changed);
    std::fs::write(&file, changed).unwrap();
    let other = attestry(&["reperform", &bundle, "--policies", &inputs]);
    assert_eq!(other.status.code(), Some(1), "{}", said(&other));
    assert!(said(&other).contains("met -> violated"), "{}", said(&other));
    assert!(said(&other).contains("have other verdicts than the stored ones"), "{}", said(&other));
    let nowhere = attestry(&["reperform", &bundle, "--policies", &desk.at("nowhere")]);
    assert_eq!(nowhere.status.code(), Some(2), "{}", said(&nowhere));
}

#[test]
fn nothing_is_overwritten_by_a_new_key_and_its_file_is_private() {
    let desk = Desk::new();
    let key = desk.key("key.pem");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = attestry(&["evidence", "keygen", &key]);
    assert_eq!(again.status.code(), Some(6), "{}", said(&again));
    let text = std::fs::read_to_string(&key).unwrap();
    assert!(!said(&again).contains(text.lines().nth(1).unwrap()));
}

#[test]
fn a_key_that_cannot_sign_stops_before_anything_is_read() {
    let desk = Desk::new();
    std::fs::write(desk.at("key.pem"), "hello").unwrap();
    for key in [desk.at("key.pem"), desk.at("nothing.pem"), "arn:aws:kms".to_owned()] {
        let ran = desk.run("embedded", &["--sign", &key]);
        assert_eq!(ran.status.code(), Some(2), "{key}: {}", said(&ran));
        assert!(!Path::new(&desk.at("out")).exists());
    }
    let ran = desk.run("embedded", &["--bundle", &desk.at("b.rar")]);
    assert_eq!(ran.status.code(), Some(2), "{}", said(&ran));
}

#[test]
fn circumstances_are_reported() {
    let desk = Desk::new();
    let out = desk.at("out");
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command.env_clear().env("HOME", "/nonexistent").current_dir(env!("CARGO_MANIFEST_DIR"));
    command.env("GITLAB_CI", "true").env("CI_COMMIT_SHA", "0a1b2c").env("CI_JOB_URL", "https://ci.example/jobs/7");
    // A secret in the wrong variable does not reach the evidence.
    let secret = format!("note=ghp_{}", "a1".repeat(18));
    command.env("CI_COMMIT_REF_NAME", &secret).env("GITLAB_USER_LOGIN", "ana");
    let ran = command.args(["run", "suites/mod-045.yaml", "--stage", "embedded", "--quiet", "--out", &out]).output();
    assert_eq!(ran.as_ref().unwrap().status.code(), Some(0), "{}", said(&ran.unwrap()));
    let text = std::fs::read_to_string(desk.at("out/evidence/circumstances.json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let pipeline = serde_json::json!({
        "system": "gitlab-ci", "run": "https://ci.example/jobs/7", "commit": "0a1b2c", "reference": "note=[redacted]", "actor": "ana",
    });
    assert_eq!(told["pipeline"], pipeline);
    assert_eq!(told["command"][1], "run");
    assert_eq!(told["command"].as_array().unwrap().len(), 8);
    let run: serde_json::Value =
        serde_json::from_slice(&std::fs::read(desk.at("out/evidence/run.json")).unwrap()).unwrap();
    let caller = serde_json::json!([{
        "account": "647751526084",
        "arn": "arn:aws:sts::647751526084:assumed-role/described/attestry",
        "user_id": "AROADESCRIBEDACCOUNT:attestry",
    }]);
    assert_eq!(run["callers"], caller);
    let program = std::fs::read(env!("CARGO_BIN_EXE_attestry")).unwrap();
    assert_eq!(told["binary_sha256"], digest(&program));
    assert_eq!(told["residue"], serde_json::json!([]));
    assert!(told["scope"]["left_out"].as_array().unwrap().len() == 3, "{text}");
}

const ATTESTED: &str = "id: P
title: P
severity: high
cases:
  drilled:
    title: the restore drill was done
    each: attestation
    where: { id: restore-drill }
    when_none: violated
    expect: { valid: true, owner: { contains: platform } }
";

/// An attestation of a person counts from its date until its expiry, as long as its files are unchanged.
#[test]
fn what_people_say_counts_until_it_expires() {
    let account = common::whole();
    let described = crate::common::whole_text();
    let today = account.as_of.strftime("%Y-%m-%d").to_string();
    let minutes = digest(b"all came back");
    let said_text = |from: &str, to: &str, sha256: &str| {
        format!(
            "attestations:\n  - id: restore-drill\n    statement: every secret came back\n    owner: platform\n    date: {from}\n    \
             expires: {to}\n    files: [{{ path: minutes.txt, sha256: {sha256} }}]\n"
        )
    };
    let (old, other) = ("2001-01-01", digest(b"other"));
    for (name, text, code) in [
        ("counts", Some(said_text(old, "2999-01-01", &minutes)), 0),
        ("its last day", Some(said_text(&today, &today, &minutes)), 0),
        ("expired", Some(said_text(old, "2001-02-01", &minutes)), 1),
        ("not yet said", Some(said_text("2998-01-01", "2999-01-01", &minutes)), 1),
        ("altered file", Some(said_text(old, "2999-01-01", &other)), 1),
        ("nobody says it", None, 1),
    ] {
        let desk = Desk::new();
        let suite = common::write_suite(desk.0.path(), &account, ATTESTED, Some(&described));
        std::fs::write(desk.at("minutes.txt"), "all came back").unwrap();
        if let Some(text) = &text {
            std::fs::write(desk.at("said.yaml"), text).unwrap();
            let whole = std::fs::read_to_string(&suite).unwrap();
            std::fs::write(&suite, whole.replace("stages:\n", "attestations: [said.yaml]\nstages:\n")).unwrap();
        }
        let bundle = desk.at("b.zip");
        let (suite, out) = (suite.display().to_string(), desk.at("out"));
        let ran = attestry(&["run", &suite, "--stage", "here", "--quiet", "--out", &out, "--bundle", &bundle]);
        assert_eq!(ran.status.code(), Some(code), "{name}: {}", said(&ran));
        let told = attestry(&["verify", &bundle]);
        assert_eq!(told.status.code(), Some(0), "{name}: {}", said(&told));
        let words = "expired attestation: `restore-drill` by platform counted until";
        // The last day of the described account is in the past by now.
        assert_eq!(said(&told).contains(words), ["expired", "its last day"].contains(&name), "{name}: {}", said(&told));
    }
}
