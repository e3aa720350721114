//! Tests the probes that wait for events: alerts and access records. Also tests the notice of a run.

use super::*;
use fake::{Detector, RECORDS, ROTATOR, TOPIC};

pub const ALERT: &str = r#"id: P
title: Probes
severity: high
cases:
  told:
    probe: alert
    with: { secret: "${secret}", topic: "arn:aws:sns:eu-central-1:000000000001:alerts", path: event, function: detector,
            as: "arn:aws:iam::000000000001:role/ops/stranger", within: 1s }
    when_none: violated
    expect: { alerted: true, took: { at_most: 1s }, names_secret: true, names_principal: true, fed: probe }
    examples: { violated: { alerted: false } }
  read:
    probe: alert
    with: { secret: "${secret}", topic: "arn:aws:sns:eu-central-1:000000000001:alerts", path: real,
            as: "arn:aws:iam::000000000001:role/ops/stranger", within: 1s }
    when_none: violated
    expect: { alerted: true, names_secret: true, names_principal: true, fed: endpoint, control_alerted: { absent: true } }
    examples: { violated: { alerted: false } }
  quiet:
    probe: alert
    with: { secret: "${secret}", topic: "arn:aws:sns:eu-central-1:000000000001:alerts", path: real, within: 0s,
            as: "arn:aws:iam::000000000001:role/reader", control: "arn:aws:iam::000000000001:role/ops/stranger" }
    when_none: violated
    expect: { alerted: false, control_alerted: true }
    examples: { violated: { alerted: true } }
"#;

pub const RECORD: &str = r#"id: P
title: Probes
severity: high
cases:
  recorded:
    probe: access-record
    with: { secret: "${secret}", log_group: /bank/access, as: "arn:aws:iam::000000000001:role/reader", within: 0s, settle: 0s }
    when_none: violated
    expect: { records: 1, missing: { count: 0 }, leaked: { count: 0 } }
    examples: { violated: { records: 0 } }
"#;

/// Returns the cases of both sorts of alerts, without waiting. The real alert is then also among the alerts of the
/// control.
pub fn at_once() -> String {
    let (first, last) = (ALERT.find("  read:").unwrap(), ALERT.find("  quiet:").unwrap());
    (ALERT[..first].to_owned() + &ALERT[last..]).replace("within: 1s", "within: 0s")
}

fn run_with(policy: &str, secret: &str, change: impl FnOnce(&mut Fake)) -> (Vec<Case>, Arc<Fake>, Outcome) {
    let cases = cases(policy, secret);
    let mut fake = Fake::new(Rotation::Works(1));
    change(&mut fake);
    let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
    let before = fake.listing();
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(outcome.residue, Vec::<String>::new());
    assert_eq!(fake.listing(), before);
    (cases, fake, outcome)
}

/// Returns the attributes that differ, case by case.
fn wrong(cases: &[Case], outcome: &Outcome) -> Vec<(&'static str, Vec<String>)> {
    let result = judge(cases, outcome);
    let of = |case: &attestry::verify::CaseResult| {
        let differences = case.resources.iter().flat_map(|it| &it.differences);
        (case.verdict.word(), differences.map(|it| it.attribute.to_string()).collect())
    };
    result.cases.iter().map(of).collect()
}

#[test]
fn an_alert_is_met_when_it_comes_and_violated_on_each_wrong_detector() {
    let all = ["met", "met", "met"];
    let names = ["names_principal", "names_secret"];
    for (detector, verdicts, first, last) in [
        (Detector::Right, all, &[][..], &[][..]),
        (Detector::Silent, ["violated"; 3], &["alerted"], &["control_alerted"]),
        (Detector::Shouts, ["met", "met", "violated"], &[], &["alerted"]),
        (Detector::Vague, ["violated", "violated", "met"], &names, &[]),
        (Detector::Fails, ["violated"; 3], &["alerted"], &["control_alerted"]),
    ] {
        let (cases, fake, outcome) = run_with(ALERT, "probe/secret", |fake| fake.detector = detector);
        // The cases come in the order of their names: quiet, read, told.
        let told = wrong(&cases, &outcome);
        let by_name = |name: &str| {
            let index = cases.iter().position(|case| case.id.ends_with(name)).unwrap();
            told[index].clone()
        };
        let found = ["/told", "/read", "/quiet"].map(|name| by_name(name).0);
        assert_eq!(found, verdicts, "{detector:?}: {told:?}");
        let differs = |name: &str, wanted: &[&str]| {
            let (_, attributes) = by_name(name);
            assert!(wanted.iter().all(|it| attributes.iter().any(|known| known == it)), "{detector:?}: {attributes:?}");
        };
        differs("/told", first);
        differs("/quiet", last);
        let error = outcome.populations[0].resources.iter().find_map(|it| match it.get("function_error") {
            Some(Fact::Known(Value::Text(error))) => Some(error.clone()),
            _ => None,
        });
        assert_eq!(error.as_deref(), (detector == Detector::Fails).then_some("KeyError: 'detail'"));
        assert!(fake.agents().iter().any(|it| it.contains(&format!("attestry-{}-", *RUN))), "{:?}", fake.agents());
        // The caller of the stage never reads a value for this probe.
        assert_eq!(fake.log().iter().filter(|call| *call == "GetSecretValue").count(), 3);
        assert_eq!(outcome.cleaned.len(), 6, "{:?}", outcome.cleaned);
    }
}

#[test]
fn a_topic_a_function_or_a_group_that_does_not_exist_is_what_the_case_declares() {
    for (policy, name) in [(ALERT, TOPIC), (ALERT, "function: detector"), (RECORD, RECORDS)] {
        let (cases, fake, outcome) = run_with(&policy.replace(name, &format!("{name}x")), "probe/secret", |_| {});
        let verdicts = verdicts(&cases, &outcome);
        assert!(verdicts.contains(&"violated") && !verdicts.contains(&"not_evaluated"), "{name}: {verdicts:?}");
        assert!(name != RECORDS || !fake.log().contains(&"GetSecretValue".to_owned()), "nothing was read in vain");
    }
}

#[test]
fn a_record_is_met_when_it_is_right_and_violated_on_each_wrong_writer() {
    let leaked = |outcome: &Outcome| fact(outcome, "leaked");
    for (detector, verdict, attributes, forms) in [
        (Detector::Right, "met", &[][..], &[][..]),
        (Detector::Drops, "violated", &["records"], &[]),
        (Detector::Twice, "violated", &["records"], &[]),
        (Detector::Leaks, "violated", &["leaked"], &["raw"]),
        (Detector::LeaksElsewhere, "violated", &["leaked"], &["base64"]),
        (Detector::Bare, "violated", &["missing"], &[]),
    ] {
        let (cases, fake, outcome) = run_with(RECORD, "probe/secret", |fake| {
            fake.detector = detector;
            fake.remember(&format!("what another read left: {CANARY}-v1"));
        });
        let told = wrong(&cases, &outcome);
        assert_eq!(told[0].0, verdict, "{detector:?}: {told:?}");
        for attribute in attributes {
            assert!(told[0].1.iter().any(|it| it == attribute), "{detector:?}: {told:?}");
        }
        assert_eq!(leaked(&outcome), Some(Value::texts(forms.iter().copied())), "{detector:?}");
        assert!(!format!("{outcome:?}").contains(CANARY));
        assert!(fake.log().iter().filter(|call| *call == "GetSecretValue").count() == 1);
    }
}

#[test]
fn a_rotation_that_sticks_tells_the_last_error_of_its_function_and_no_value() {
    let at_once = ROTATION.replace("within: 1s", "within: 0s");
    let told = |says: &str, refused: &[&'static str]| {
        let cases = cases(&at_once, "probe/secret");
        let mut fake = Fake::new(Rotation::Sticks);
        fake.rotator_says = says.to_owned();
        fake.refused = refused.iter().copied().collect();
        let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        assert_eq!(verdicts(&cases, &outcome), ["violated"], "{says}");
        assert!(!format!("{outcome:?}").contains(CANARY), "{outcome:?}");
        match outcome.populations[0].resources[0].get("last_error") {
            Some(Fact::Known(Value::Text(text))) => text.clone(),
            other => format!("{other:?}"),
        }
    };
    let stuck = "the rotation stayed pending";
    let error = "KeyError: 'new_value'";
    assert_eq!(told(&format!("[ERROR] {error}\nTraceback"), &[]), format!("{stuck}: {error}"));
    assert_eq!(told("START", &[]), format!("{stuck}, and {ROTATOR} holds no error"));
    let value = format!("[ERROR] ValueError: bad {CANARY}-v1");
    assert_eq!(told(&value, &[]), format!("{stuck}; {ROTATOR} holds an error that contains the value of AWSCURRENT"));
    let encoded = format!("[ERROR] ValueError: bad {}", aws_smithy_types::base64::encode(format!("{CANARY}-v1")));
    assert!(told(&encoded, &[]).contains("contains the value"));
    // When the caller may not read the log, the message reports that, and not an empty log.
    assert!(told(error, &["FilterLogEvents"]).contains("Denied"), "{}", told(error, &["FilterLogEvents"]));
}

#[test]
fn permissions_of_listening_probes_equal_what_is_called() {
    for policy in [ALERT, RECORD] {
        let (cases, fake, _) = run_with(policy, "probe/secret", |_| {});
        let calls = Plan::new(cases.clone()).with_notice(true).probe_calls();
        let needed: std::collections::BTreeSet<&str> =
            calls.iter().map(|call| call.operation).filter(|it| *it != "Publish").collect();
        let log = fake.log();
        // The role reads the value, and not the caller of the stage.
        let own = |call: &&str| !matches!(*call, "GetSecretValue" | "GetCallerIdentity");
        let called: std::collections::BTreeSet<&str> = log.iter().map(String::as_str).filter(own).collect();
        assert_eq!(needed, called);
        assert!(calls.iter().any(|call| call.permission == "sns:Publish"));
        assert!(calls.iter().all(|call| call.permission.starts_with(&format!("{}:", call.service))));
    }
}

#[test]
fn people_get_a_notice_before_and_after_and_no_probe_starts_without_one() {
    let suite_with = |directory: &Path| {
        suite(directory, DENIED, "probe/secret", "denied");
        let path = directory.join("suite.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}    notice: {TOPIC}\n")).unwrap();
    };
    let (fake, directory) = (Arc::new(Fake::new(Rotation::Sticks)), tempfile::tempdir().unwrap());
    let url = fake.serve();
    suite_with(directory.path());
    let (exit, told) = code(&attestry(directory.path(), &url, &["run", "--dry-run"]).output().unwrap());
    assert_eq!(exit, Some(0), "{told}");
    assert!(told.contains(&format!("notice to {TOPIC}")) && told.contains("calls sns:Publish"), "{told}");
    assert!(fake.log().is_empty());
    let (exit, told) = code(&attestry(directory.path(), &url, &["run"]).output().unwrap());
    assert_eq!(exit, Some(1), "{told}");
    let published = fake.published();
    assert_eq!(published.len(), 2, "{published:?}");
    for words in [ACCOUNT, "Attestry begins: ", "tries to create the secret outside/attestry-", "stage here"] {
        assert!(published[0].contains(words), "{words}: {}", published[0]);
    }
    for words in [ACCOUNT, "Attestry ended: ", "undone: secret outside/attestry-", "Nothing is left."] {
        assert!(published[1].contains(words), "{words}: {}", published[1]);
    }
    let log = fake.log();
    let of = |call: &str| log.iter().position(|it| it == call).unwrap();
    assert!(of("Publish") < of("AssumeRole") && log.last().unwrap() == "Publish", "{log:?}");

    let mut fake = Fake::new(Rotation::Sticks);
    fake.refused = ["Publish"].into();
    let fake = Arc::new(fake);
    let url = fake.serve();
    let (exit, told) = code(&attestry(directory.path(), &url, &["run"]).output().unwrap());
    assert_eq!(exit, Some(3), "{told}");
    assert!(told.contains("no probe is started: the notice was not published"), "{told}");
    assert_eq!(fake.log(), ["GetCallerIdentity", "Publish"]);
}
