//! Tests `alert-on-action` on the small account.

use super::fake::{Detector, TOPIC};
use super::*;

pub const ACTIONS: &str = r#"id: P
title: Probes
severity: high
cases:
  assumed:
    probe: alert-on-action
    with: { action: assume-role, resource: "arn:aws:iam::000000000001:role/emergency", within: 0s,
            topic: "arn:aws:sns:eu-central-1:000000000001:alerts" }
    when_none: violated
    expect: { alerted: true, took: { at_most: 1s }, names_resource: true, fed: endpoint }
    examples: { violated: { alerted: false } }
  invoked:
    probe: alert-on-action
    with: { action: invoke-function, resource: notifier, event: '{"tenant": "probe-{mark}"}', within: 0s,
            topic: "arn:aws:sns:eu-central-1:000000000001:alerts" }
    when_none: violated
    expect: { alerted: true, took: { at_most: 1s }, function_error: { absent: true }, fed: probe }
    examples: { violated: { alerted: false } }
"#;

fn run_with(policy: &str, detector: Detector) -> (Vec<Case>, Arc<Fake>, Outcome) {
    let (cases, folder) = (cases(policy, ""), tempfile::tempdir().unwrap());
    let mut fake = Fake::new(Rotation::Sticks);
    fake.detector = detector;
    let fake = Arc::new(fake);
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(outcome.residue, Vec::<String>::new());
    assert_eq!(fake.listing(), Fake::new(Rotation::Sticks).listing());
    (cases, fake, outcome)
}

#[test]
fn an_action_is_met_when_its_alert_comes_and_violated_on_each_wrong_notifier() {
    for (detector, assumed, invoked) in [
        (Detector::Right, "met", "met"),
        (Detector::Silent, "violated", "violated"),
        // An alert without the session or the mark could be about anything.
        (Detector::Vague, "violated", "violated"),
        (Detector::Fails, "met", "violated"),
    ] {
        let (cases, fake, outcome) = run_with(ACTIONS, detector);
        assert_eq!(verdicts(&cases, &outcome), [assumed, invoked], "{detector:?}");
        let error = outcome.populations[0].resources.iter().find_map(|it| match it.get("function_error") {
            Some(Fact::Known(Value::Text(error))) => Some(error.clone()),
            _ => None,
        });
        assert_eq!(error.as_deref(), (detector == Detector::Fails).then_some("ValueError: no such tenant"));
        assert_eq!(fake.log().iter().filter(|call| *call == "AssumeRole").count(), 1);
    }
}

#[test]
fn a_wrong_event_is_not_sent_and_a_missing_resource_is_what_the_case_declares() {
    let (cases, fake, outcome) = run_with(&ACTIONS.replace("{mark}", "mark"), Detector::Right);
    assert_eq!(verdicts(&cases, &outcome), ["met", "not_evaluated"]);
    assert!(!fake.log().contains(&"Invoke".to_owned()));
    let (cases, _, outcome) = run_with(&ACTIONS.replace("notifier", "nobody"), Detector::Right);
    assert_eq!(verdicts(&cases, &outcome), ["met", "violated"]);
    let (cases, fake, outcome) = run_with(&ACTIONS.replace(TOPIC, &format!("{TOPIC}x")), Detector::Right);
    assert_eq!(verdicts(&cases, &outcome), ["violated", "violated"]);
    assert!(!fake.log().contains(&"AssumeRole".to_owned()));
}

#[test]
fn wherever_an_action_ends_nothing_is_left() {
    let killed = [Trouble::KilledBefore, Trouble::KilledAfter];
    let failing = [Trouble::Denied, Trouble::Stopped];
    let points = matrix(ACTIONS, Rotation::Sticks, &killed) + matrix(ACTIONS, Rotation::Sticks, &failing);
    println!("{points} points, nothing left");
    assert!(points > 100, "{points}");
}

#[test]
fn permissions_of_an_action_equal_what_is_called() {
    let (cases, fake, _) = run_with(ACTIONS, Detector::Right);
    let log = fake.log();
    let called: std::collections::BTreeSet<&str> =
        log.iter().map(String::as_str).filter(|call| *call != "GetCallerIdentity").collect();
    let needed = |cases: &[Case]| -> std::collections::BTreeSet<&'static str> {
        Plan::new(cases.to_vec()).probe_calls().iter().map(|call| call.operation).collect()
    };
    assert_eq!(needed(&cases), called);
    assert!(!needed(&cases[..1]).contains("Invoke") && !needed(&cases[1..]).contains("AssumeRole"));
}
