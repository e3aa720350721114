//! Tests `rollback` on the small account.

use std::sync::Arc;

use attestry::plan::{Plan, policy_document};

use super::fake::{Fake, Pointing, Rotation, Trouble, Way};
use super::{called, cases, fact, judge, matrix_of, needed, places, run, searched, swept, undisturbed, verdicts};

pub const BOTH: &str = r#"id: P
title: Probes
severity: high
cases:
  back:
    probe: rollback
    with: { secret: "${secret}", first_key: alias/probe/first, second_key: alias/probe/second, within: 1s }
    when_none: violated
    expect: { moved: true, back: true, alias_moved: true, alias_back: true, decrypts: true }
    examples:
      violated: { moved: false }
"#;

fn secret_alone() -> String {
    BOTH.replace(", first_key: alias/probe/first, second_key: alias/probe/second", "")
        .replace(", alias_moved: true, alias_back: true, decrypts: true", "")
}

fn fake(way: Way, pointing: Pointing) -> Fake {
    let mut fake = Fake::new(Rotation::Sticks).with_previous().pointing(pointing);
    (fake.way, fake.lists_labels) = (way, true);
    fake
}

#[test]
fn a_rollback_is_met_when_both_ways_work_and_violated_on_each_that_does_not() {
    let (waiting, at_once) =
        (cases(BOTH, "probe/secret"), cases(&BOTH.replace("within: 1s", "within: 0s"), "probe/secret"));
    for (way, pointing, wrong, unknown) in [
        (Way::Right, Pointing::Right(0), "", ""),
        (Way::Right, Pointing::Right(3), "", ""),
        (Way::Stays, Pointing::Right(0), "moved", "back"),
        (Way::NoWayBack, Pointing::Right(0), "back", ""),
        (Way::OtherValue, Pointing::Right(0), "back", ""),
        (Way::Right, Pointing::Stays, "alias_moved", "alias_back"),
        (Way::Right, Pointing::NoWayBack, "alias_back", ""),
        (Way::Right, Pointing::Loses, "decrypts", ""),
    ] {
        let (fake, folder) = (Arc::new(fake(way, pointing)), tempfile::tempdir().unwrap());
        let before = fake.listing();
        let cases = if wrong.is_empty() { &waiting } else { &at_once };
        let outcome = run(cases, &fake, folder.path()).unwrap();
        let result = judge(cases, &outcome);
        let verdict = if wrong.is_empty() { "met" } else { "violated" };
        assert_eq!(
            result.cases[0].verdict.word(),
            verdict,
            "{way:?} {pointing:?}: {:?}",
            outcome.populations[0].resources[0].facts
        );
        let differences = &result.cases[0].resources[0].differences;
        assert!(wrong.is_empty() || differences.iter().any(|it| it.attribute == wrong), "{way:?}: {differences:?}");
        assert!(unknown.is_empty() || fact(&outcome, unknown).is_none(), "{way:?} {pointing:?}: {unknown}");
        assert_eq!(fact(&outcome, "last_error").is_none(), wrong.is_empty(), "{way:?} {pointing:?}");
        assert!(outcome.residue.is_empty(), "{way:?} {pointing:?}: {:?}", outcome.residue);
        if way != Way::OtherValue {
            assert_eq!(fake.listing(), before, "{way:?} {pointing:?}");
        }
    }
}

#[test]
fn a_half_that_was_not_tried_is_never_met() {
    let alias = BOTH.replace("moved: true, back: true, alias", "alias");
    for (policy, verdict) in [
        // Without keys, the facts about the alias are absent.
        (alias.replace(", first_key: alias/probe/first, second_key: alias/probe/second", ""), "violated"),
        (alias.replace(", second_key: alias/probe/second", ""), "not_evaluated"),
        (alias.replace("alias/probe/second", "alias/probe/first"), "not_evaluated"),
        (alias.replace("alias/probe/second", "alias/probe/key"), "not_evaluated"),
        (alias.replace("alias/probe/second", "alias/aws/s3"), "not_evaluated"),
        (alias.replace("alias/probe/second", "alias/other"), "not_evaluated"),
    ] {
        let cases = cases(&policy, "probe/secret");
        let (fake, folder) = (Arc::new(fake(Way::Right, Pointing::Right(0))), tempfile::tempdir().unwrap());
        let before = fake.listing();
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        assert_eq!(verdicts(&cases, &outcome), [verdict], "{policy}");
        assert!(!fake.log().contains(&"CreateAlias".to_owned()), "{policy}");
        assert_eq!(fake.listing(), before, "{policy}");
    }
    // An alias that is never seen is no alias that went back.
    let cases = cases(&alias.replace("within: 1s", "within: 0s"), "probe/secret");
    let (fake, folder) = (Arc::new(fake(Way::Right, Pointing::Unseen)), tempfile::tempdir().unwrap());
    let before = fake.listing();
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"]);
    assert_eq!((fake.listing(), fact(&outcome, "back")), (before, Some(true.into())));
}

#[test]
fn a_secret_without_consent_is_not_touched() {
    let cases = cases(&secret_alone(), "probe/secret");
    let (fake, folder) = (Arc::new(fake(Way::Right, Pointing::Right(0))), tempfile::tempdir().unwrap());
    fake.without_tags();
    let before = fake.listing();
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"]);
    assert!(!fake.log().contains(&"PutSecretValue".to_owned()) && fake.listing() == before, "{:?}", fake.log());
}

#[test]
fn wherever_a_rollback_ends_the_labels_are_back_and_the_alias_is_gone() {
    let killed = [Trouble::KilledBefore, Trouble::KilledAfter];
    let failing = [Trouble::Denied, Trouble::Lost, Trouble::Stopped];
    let right = || fake(Way::Right, Pointing::Right(0));
    let first_version = || {
        let mut fake = Fake::new(Rotation::Sticks);
        fake.lists_labels = true;
        fake
    };
    let at_once = BOTH.replace("within: 1s", "within: 0s");
    let mut points = matrix_of(BOTH, &right, &killed, true);
    points += matrix_of(BOTH, &right, &failing, false);
    points += matrix_of(&secret_alone(), &right, &[Trouble::Throttled], true);
    points += matrix_of(&secret_alone(), &first_version, &killed, true);
    points += matrix_of(&at_once, &|| fake(Way::NoWayBack, Pointing::NoWayBack), &killed, true);
    println!("{points} points, nothing left");
    assert!(points > 300, "{points}");
}

/// When a person changed the secret after the run was killed, the cleanup leaves it and reports it.
#[test]
fn a_secret_that_was_changed_since_is_left() {
    let cases = cases(&secret_alone(), "probe/secret");
    let calm = Arc::new(fake(Way::Right, Pointing::Right(0)));
    run(&cases, &calm, tempfile::tempdir().unwrap().path()).unwrap();
    let number = 1 + calm.log().iter().position(|call| call == "PutSecretValue").unwrap();
    type Change = fn(&Fake);
    let changes: [(&str, Change); 2] =
        [("another change followed", Fake::put_by_hand), ("does not name the probe", Fake::without_tags)];
    for (why, change) in changes {
        let mut killed = fake(Way::Right, Pointing::Right(0));
        // The call after it makes the new version current.
        killed.trouble = Some((number + 1, Trouble::KilledAfter));
        let (killed, folder) = (Arc::new(killed), tempfile::tempdir().unwrap());
        assert!(run(&cases, &killed, folder.path()).is_none());
        change(&killed);
        let (left, places) = (killed.listing(), places(&undisturbed(&killed)));
        for done in [swept(folder.path(), &places), searched(&["rollback"], &places, 120)] {
            assert!(done.gone.is_empty() && done.left.iter().any(|it| it.contains(why)), "{why}: {done:?}");
        }
        assert_eq!(killed.listing(), left, "{why}");
    }
}

#[test]
fn permissions_of_the_rollback_equal_what_is_called() {
    for policy in [BOTH, &secret_alone()] {
        let (cases, folder) = (cases(policy, "probe/secret"), tempfile::tempdir().unwrap());
        let fake = Arc::new(fake(Way::Right, Pointing::Right(1)));
        run(&cases, &fake, folder.path()).unwrap();
        assert_eq!(needed(&policy_document(&Plan::new(cases))), called(&fake));
    }
}
