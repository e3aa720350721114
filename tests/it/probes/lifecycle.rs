//! Tests `key-lifecycle` on the small account.

use std::sync::Arc;

use attestry::plan::{Plan, policy_document};

use super::fake::{CONSENT, Fake, Life, RUN_TAG, Rotation, Trouble};
use super::{RUN, cases, fact, judge, matrix_of, places, run, searched, swept, swept_by, undisturbed, verdicts};

pub const DELETED: &str = r#"id: P
title: Probes
severity: high
cases:
  lives:
    probe: key-lifecycle
    with: { key: alias/probe/key, deletion: true, within: 1s }
    when_none: violated
    expect: { disabled: true, enabled: true, scheduled: true, canceled: true, recovered: true }
    examples:
      violated: { disabled: false }
"#;

pub fn disabled_alone() -> String {
    DELETED.replace(", deletion: true", "").replace(", scheduled: true, canceled: true, recovered: true", "")
}

fn fake(life: Life) -> Arc<Fake> {
    Arc::new(Fake::new(Rotation::Sticks).living(life))
}

#[test]
fn a_key_is_met_when_each_step_works_and_violated_at_the_first_one_that_does_not() {
    let (waiting, at_once) = (cases(DELETED, ""), cases(&DELETED.replace("within: 1s", "within: 0s"), ""));
    for (life, verdict, wrong, unknown) in [
        (Life::Right(0), "met", "", &[][..]),
        (Life::Right(3), "met", "", &[]),
        (Life::WorksDisabled, "violated", "disabled", &["enabled", "scheduled", "canceled", "recovered"]),
        (Life::StaysDisabled, "violated", "enabled", &["scheduled", "canceled", "recovered"]),
        (Life::Forgets, "violated", "enabled", &["scheduled", "canceled", "recovered"]),
        (Life::WorksPending, "violated", "scheduled", &["canceled", "recovered"]),
        (Life::StaysPending, "violated", "canceled", &["recovered"]),
        (Life::StaysUnrecovered, "violated", "recovered", &[]),
    ] {
        let (fake, folder) = (fake(life), tempfile::tempdir().unwrap());
        let before = fake.listing();
        let cases = if verdict == "met" { &waiting } else { &at_once };
        let outcome = run(cases, &fake, folder.path()).unwrap();
        let result = judge(cases, &outcome);
        assert_eq!(result.cases[0].verdict.word(), verdict, "{life:?}: {:?}", result.cases[0]);
        let differences = &result.cases[0].resources[0].differences;
        assert!(wrong.is_empty() || differences.iter().any(|it| it.attribute == wrong), "{life:?}: {differences:?}");
        // A step that was not tried is neither true nor false.
        for name in unknown {
            assert_eq!(fact(&outcome, name), None, "{life:?}: {name}");
        }
        assert_eq!(fact(&outcome, "last_error").is_none(), wrong.is_empty(), "{life:?}");
        assert_eq!(fact(&outcome, "disable_took").is_some(), wrong != "disabled", "{life:?}");
        assert!(outcome.residue.is_empty(), "{life:?}: {:?}", outcome.residue);
        assert_eq!(fake.listing(), before, "{life:?}");
    }
}

#[test]
fn a_case_about_a_step_that_was_not_tried_is_never_met() {
    let recovered = DELETED.replace("disabled: true, enabled: true, scheduled: true, canceled: true, ", "");
    let (first, folder) = (fake(Life::WorksDisabled), tempfile::tempdir().unwrap());
    let at_once = cases(&recovered.replace("within: 1s", "within: 0s"), "");
    let outcome = run(&at_once, &first, folder.path()).unwrap();
    assert_eq!(verdicts(&at_once, &outcome), ["not_evaluated"]);
    // Without `deletion`, the facts about it are absent.
    let without = cases(&recovered.replace(", deletion: true", ""), "");
    let (second, folder) = (fake(Life::Right(0)), tempfile::tempdir().unwrap());
    let outcome = run(&without, &second, folder.path()).unwrap();
    assert_eq!(verdicts(&without, &outcome), ["violated"]);
    assert!(!second.log().contains(&"ScheduleKeyDeletion".to_owned()), "{:?}", second.log());
}

/// The probe does not change a key without the consent of its owner, or one that something else holds.
#[test]
fn a_key_that_is_not_free_is_not_touched() {
    let cases = cases(DELETED, "");
    type Change = fn(Fake) -> Fake;
    let changes: [(&str, Change); 6] = [
        ("does not name the probe", |fake| fake.with_state(|it| it.keys.get_mut("k1").unwrap().tags.clear())),
        ("does not name the probe", |fake| {
            fake.with_state(|it| {
                it.keys.get_mut("k1").unwrap().tags.insert(CONSENT.to_owned(), "rollback".to_owned());
            })
        }),
        ("acts or left it", |fake| {
            fake.with_state(|it| {
                it.keys.get_mut("k1").unwrap().tags.insert(RUN_TAG.to_owned(), "other".to_owned());
            })
        }),
        ("it is Disabled", |fake| {
            fake.with_state(|it| {
                let key = it.keys.get_mut("k1").unwrap();
                (key.now, key.shown) = ("Disabled", "Disabled");
            })
        }),
        ("it has grants", |fake| fake.with_state(|it| it.grants = 1)),
        ("does not work before", |fake| fake.with_key(super::fake::Aging::Disabled, 0)),
    ];
    for (why, change) in changes {
        let (fake, folder) = (Arc::new(change(Fake::new(Rotation::Sticks))), tempfile::tempdir().unwrap());
        let before = fake.listing();
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"], "{why}");
        assert!(format!("{outcome:?}").contains(why), "{why}: {outcome:?}");
        assert_eq!(fake.listing(), before, "{why}");
        let changing = ["TagResource", "DisableKey", "ScheduleKeyDeletion", "EnableKey", "CancelKeyDeletion"];
        assert!(!fake.log().iter().any(|call| changing.contains(&&**call)), "{why}: {:?}", fake.log());
    }
}

#[test]
fn wherever_a_key_probe_of_states_ends_the_key_is_enabled_again() {
    let killed = [Trouble::KilledBefore, Trouble::KilledAfter];
    let failing = [Trouble::Denied, Trouble::Lost, Trouble::Stopped];
    let at_once = DELETED.replace("within: 1s", "within: 0s");
    let mut points = 0;
    for (policy, life) in [(DELETED, Life::Right(2)), (&at_once, Life::StaysPending)] {
        points += matrix_of(policy, &|| Fake::new(Rotation::Sticks).living(life), &killed, true);
    }
    points += matrix_of(DELETED, &|| Fake::new(Rotation::Sticks), &failing, false);
    points += matrix_of(&disabled_alone(), &|| Fake::new(Rotation::Sticks), &[Trouble::Throttled], true);
    println!("{points} points, the key is enabled again");
    assert!(points > 300, "{points}");
}

/// Without the tag of the run, or without consent, a true ledger changes no state.
#[test]
fn a_key_whose_tags_were_changed_since_is_left() {
    let cases = cases(DELETED, "");
    let calm = fake(Life::Right(0));
    run(&cases, &calm, tempfile::tempdir().unwrap().path()).unwrap();
    for (operation, gone) in [
        ("DisableKey", RUN_TAG),
        ("DisableKey", CONSENT),
        ("ScheduleKeyDeletion", RUN_TAG),
        ("ScheduleKeyDeletion", CONSENT),
    ] {
        let number = 1 + calm.log().iter().position(|call| call == operation).unwrap();
        let mut killed = Fake::new(Rotation::Sticks);
        killed.trouble = Some((number, Trouble::KilledAfter));
        let (killed, folder) = (Arc::new(killed), tempfile::tempdir().unwrap());
        assert!(run(&cases, &killed, folder.path()).is_none());
        killed.change_state(|it| drop(it.keys.get_mut("k1").unwrap().tags.remove(gone)));
        let (left, places) = (killed.listing(), places(&undisturbed(&killed)));
        let mut done = vec![swept_by(&["key-lifecycle"], folder.path(), &places)];
        if gone == CONSENT {
            done.push(searched(&["key-lifecycle"], &places, 120));
        }
        for done in done {
            assert!(done.gone.is_empty() && done.left.len() == 1, "{operation} {gone}: {done:?}");
            assert!(done.left[0].contains(gone), "{done:?}");
        }
        assert_eq!(killed.listing(), left, "{operation} {gone}");
        // With its tag, the same ledger puts the key back.
        killed.change_state(|it| {
            let tags = &mut it.keys.get_mut("k1").unwrap().tags;
            let mark = super::mark_of(&RUN, "P/lives");
            tags.insert(RUN_TAG.to_owned(), mark);
            tags.insert(CONSENT.to_owned(), "key-lifecycle".to_owned());
        });
        assert_eq!(swept(folder.path(), &places).left, Vec::<String>::new(), "{operation} {gone}");
    }
}

#[test]
fn permissions_of_the_state_probe_equal_what_is_called() {
    for policy in [DELETED, &disabled_alone()] {
        let (cases, fake, folder) = (cases(policy, ""), fake(Life::Right(1)), tempfile::tempdir().unwrap());
        run(&cases, &fake, folder.path()).unwrap();
        assert_eq!(super::needed(&policy_document(&Plan::new(cases))), super::called(&fake));
    }
}
