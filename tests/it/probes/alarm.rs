//! Tests `alarm` on the small account.

use super::fake::{Firing, TOPIC};
use super::*;

pub const ALARM: &str = r#"id: P
title: Probes
severity: high
cases:
  fires:
    probe: alarm
    with: { alarm: probe-alarm, topic: "arn:aws:sns:eu-central-1:000000000001:alerts", within: 0s }
    when_none: violated
    expect: { alerted: true, took: { at_most: 1s }, names_alarm: true, recorded: true, actions_enabled: true }
    examples: { violated: { alerted: false } }
"#;

fn run_with(policy: &str, firing: Firing) -> (Vec<Case>, Arc<Fake>, Outcome) {
    let (cases, folder) = (cases(policy, ""), tempfile::tempdir().unwrap());
    let fake = Arc::new(Fake::new(Rotation::Sticks).with_alarm(firing));
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(outcome.residue, Vec::<String>::new());
    (cases, fake, outcome)
}

#[test]
fn an_alarm_is_met_when_its_message_comes_and_violated_on_each_wrong_one() {
    for (firing, verdict, wrong) in [
        (Firing::Right, "met", ""),
        (Firing::FallsBack, "met", ""),
        (Firing::Silent, "violated", "alerted"),
        (Firing::Vague, "violated", "alerted"),
        (Firing::Forgets, "violated", "recorded"),
    ] {
        let (cases, fake, outcome) = run_with(ALARM, firing);
        let result = judge(&cases, &outcome);
        assert_eq!(result.cases[0].verdict.word(), verdict, "{firing:?}");
        let differences = &result.cases[0].resources[0].differences;
        assert!(wrong.is_empty() || differences.iter().any(|it| it.attribute == wrong), "{firing:?}: {differences:?}");
        assert_eq!(fake.listing(), Fake::new(Rotation::Sticks).listing(), "{firing:?}");
        let sets = fake.log().iter().filter(|call| *call == "SetAlarmState").count();
        assert_eq!(sets, if firing == Firing::FallsBack { 1 } else { 2 }, "{firing:?}");
    }
}

/// AWS runs no action for a state that an alarm has already. The probe also must not end a real alarm.
#[test]
fn an_alarm_that_rings_is_not_touched_and_a_missing_one_is_what_the_case_declares() {
    let (cases, fake, outcome) = run_with(ALARM, Firing::Rings);
    assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"]);
    assert_eq!(fake.log(), ["GetCallerIdentity", "DescribeAlarms"]);
    let (cases, _, outcome) = run_with(ALARM, Firing::RingsFirst);
    assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"]);
    for name in ["probe-alarm", TOPIC] {
        let (cases, fake, outcome) = run_with(&ALARM.replace(name, &format!("{name}x")), Firing::Right);
        assert_eq!(verdicts(&cases, &outcome), ["violated"], "{name}");
        assert!(!fake.log().contains(&"SetAlarmState".to_owned()), "{name}");
    }
}

#[test]
fn wherever_an_alarm_probe_ends_nothing_is_left() {
    let killed = [Trouble::KilledBefore, Trouble::KilledAfter];
    let failing = [Trouble::Denied, Trouble::Throttled, Trouble::Lost, Trouble::Stopped];
    let points = matrix(ALARM, Rotation::Sticks, &killed) + matrix(ALARM, Rotation::Sticks, &failing);
    println!("{points} points, nothing left");
    assert!(points > 100, "{points}");
}

/// A stage that names only `alarm` also consents to the removal of its queue.
#[test]
fn a_stage_that_names_the_alarm_alone_gets_rid_of_its_queue() {
    let cases = cases(ALARM, "");
    let calm = run_with(ALARM, Firing::Right).1;
    let number = 1 + calm.log().iter().position(|call| call == "SetAlarmState").unwrap();
    let mut fake = Fake::new(Rotation::Sticks);
    fake.trouble = Some((number, Trouble::KilledAfter));
    let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
    let before = fake.listing();
    assert!(run(&cases, &fake, folder.path()).is_none());
    fake.calm();
    let places = places(&fake);
    assert_eq!(fake.listing().len(), before.len() + 3);
    let other = swept_by(&["denied"], folder.path(), &places);
    assert_eq!((other.gone.len(), other.left.len()), (0, 3), "{other:?}");
    assert_eq!(swept_by(&["alarm"], folder.path(), &places).left, Vec::<String>::new());
    assert_eq!(fake.listing(), before);
}

#[test]
fn permissions_of_the_alarm_probe_equal_what_is_called() {
    let (cases, fake, _) = run_with(ALARM, Firing::Right);
    let calls = Plan::new(cases).probe_calls();
    let needed: std::collections::BTreeSet<&str> = calls.iter().map(|call| call.operation).collect();
    let log = fake.log();
    let called = log.iter().map(String::as_str).filter(|call| *call != "GetCallerIdentity").collect();
    assert_eq!(needed, called);
}
