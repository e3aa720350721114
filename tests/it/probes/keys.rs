//! Tests `decrypts-after-rotation` on the small account.

use std::path::Path;
use std::sync::Arc;

use attestry::plan::{Plan, policy_document};

use super::fake::{ALIAS, Aging, Fake, Rotation, Trouble};
use super::{attestry, cases, code, fact, judge, matrix, places, run, suite, swept, verdicts};

const ROTATED: &str = r#"id: P
title: Probes
severity: high
cases:
  decrypts:
    probe: decrypts-after-rotation
    with: { key: alias/probe/key, rotate: true, within: 1s }
    when_none: violated
    expect: { decrypts: true, rotated: true, new_material: true }
    examples:
      violated: { decrypts: false }
"#;

fn dry() -> String {
    ROTATED.replace(", rotate: true", "").replace(", rotated: true, new_material: true", "")
}

fn key(aging: Aging, used: usize) -> Arc<Fake> {
    Arc::new(Fake::new(Rotation::Sticks).with_key(aging, used))
}

fn calls(fake: &Fake, operation: &str) -> usize {
    fake.log().iter().filter(|call| *call == operation).count()
}

#[test]
fn a_key_is_met_when_its_rotation_works_and_violated_on_each_wrong_one() {
    let cases = cases(ROTATED, "");
    let at_once = super::cases(&ROTATED.replace("within: 1s", "within: 0s"), "");
    for (aging, verdict, wrong, why) in [
        (Aging::Works(1), "met", "", ""),
        (Aging::Works(4), "met", "", ""),
        (Aging::Sticks, "violated", "rotated", "the rotation was not completed in time"),
        (Aging::KeepsMaterial, "violated", "new_material", ""),
        (Aging::LosesMaterial, "violated", "decrypts", "InvalidCiphertextException"),
        (Aging::Mixes, "violated", "decrypts", "decrypted to something else"),
        (Aging::Disabled, "violated", "decrypts", "DisabledException"),
    ] {
        let (fake, folder) = (key(aging, 3), tempfile::tempdir().unwrap());
        let cases = if aging == Aging::Sticks { &at_once } else { &cases };
        let outcome = run(cases, &fake, folder.path()).unwrap();
        let result = judge(cases, &outcome);
        assert_eq!(result.cases[0].verdict.word(), verdict, "{aging:?}");
        let differences = &result.cases[0].resources[0].differences;
        assert!(wrong.is_empty() || differences.iter().any(|it| it.attribute == wrong), "{aging:?}: {differences:?}");
        let told = format!("{:?}", fact(&outcome, "last_error"));
        assert!(told.contains(why) && (why.is_empty() == (told == "None")), "{aging:?}: {told}");
        assert_eq!(fact(&outcome, "left"), Some(22_i64.into()));
        assert_eq!(calls(&fake, "RotateKeyOnDemand"), usize::from(aging != Aging::Disabled), "{aging:?}");
    }
}

#[test]
fn a_key_is_not_rotated_unless_the_case_says_so() {
    let cases = cases(&dry(), "");
    for (aging, verdict) in [(Aging::Works(1), "met"), (Aging::Disabled, "violated")] {
        let (fake, folder) = (key(aging, 24), tempfile::tempdir().unwrap());
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        assert_eq!(verdicts(&cases, &outcome), [verdict]);
        assert_eq!((fact(&outcome, "left"), fact(&outcome, "rotated")), (Some(1_i64.into()), None));
        assert_eq!(calls(&fake, "RotateKeyOnDemand"), 0);
    }
    let document = policy_document(&Plan::new(cases)).to_string();
    assert!(document.contains("kms:Decrypt") && !document.contains("kms:RotateKeyOnDemand"), "{document}");
}

#[test]
fn rotations_that_are_kept_back_are_not_used() {
    let more = ROTATED.replace("rotate: true", "rotate: true, reserve: 21");
    let all = ROTATED.replace("rotate: true", "rotate: true, reserve: 0");
    for (policy, used, rotates) in [
        (ROTATED, 19, true),
        (ROTATED, 20, false),
        (ROTATED, 25, false),
        (&more, 3, true),
        (&more, 4, false),
        (&all, 24, true),
        (&all, 25, false),
    ] {
        let (cases, fake, folder) = (cases(policy, ""), key(Aging::Works(1), used), tempfile::tempdir().unwrap());
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        let place = format!("{used} used: {policy}");
        assert_eq!(verdicts(&cases, &outcome), [if rotates { "met" } else { "not_evaluated" }], "{place}");
        assert_eq!(calls(&fake, "RotateKeyOnDemand"), usize::from(rotates), "{place}");
        assert!(fact(&outcome, "left").is_some(), "{place}");
    }
    // A rotation that has begun counts as used too.
    let (cases, folder) = (cases(ROTATED, ""), tempfile::tempdir().unwrap());
    let fake = Arc::new(Fake::new(Rotation::Sticks).with_key(Aging::Sticks, 3).rotating());
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"]);
    assert_eq!((fact(&outcome, "left"), calls(&fake, "RotateKeyOnDemand")), (Some(21_i64.into()), 0));
}

#[test]
fn the_alias_of_an_aws_service_is_not_touched_and_a_missing_key_is_what_the_case_declares() {
    for (name, verdict, asked) in [("alias/aws/s3", "not_evaluated", 0), ("alias/probe/other", "violated", 1)] {
        let cases = cases(&ROTATED.replace("alias/probe/key", name), "");
        let (fake, folder) = (key(Aging::Works(1), 3), tempfile::tempdir().unwrap());
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        assert_eq!(verdicts(&cases, &outcome), [verdict], "{name}");
        assert_eq!(fake.log().len(), 1 + asked, "{name}: {:?}", fake.log());
    }
}

#[test]
fn wherever_a_key_probe_ends_nothing_is_left_and_no_second_rotation_is_used() {
    let troubles = [
        Trouble::KilledBefore,
        Trouble::KilledAfter,
        Trouble::Denied,
        Trouble::Throttled,
        Trouble::ThrottledForEver,
        Trouble::Lost,
        Trouble::Stopped,
    ];
    // The account panics at a second rotation.
    let points = matrix(ROTATED, Rotation::Sticks, &troubles) + matrix(&dry(), Rotation::Sticks, &troubles);
    println!("{points} points, nothing left");
    assert!(points > 100, "{points}");
}

/// If only the answer is lost, the rotation has begun. A second request would use up another rotation.
#[test]
fn a_rotation_is_asked_for_once() {
    let cases = cases(ROTATED, "");
    let (calm, folder) = (key(Aging::Works(1), 3), tempfile::tempdir().unwrap());
    run(&cases, &calm, folder.path()).unwrap();
    let number = 1 + calm.log().iter().position(|call| call == "RotateKeyOnDemand").unwrap();
    for trouble in [Trouble::Lost, Trouble::Throttled] {
        let mut fake = Fake::new(Rotation::Sticks).with_key(Aging::Works(1), 3);
        fake.trouble = Some((number, trouble));
        let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        assert_eq!(calls(&fake, "RotateKeyOnDemand"), 1, "{trouble:?}");
        assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"], "{trouble:?}");
    }
}

#[test]
fn permissions_of_the_key_probe_equal_what_is_called() {
    for policy in [ROTATED, &dry()] {
        let (cases, fake, folder) = (cases(policy, ""), key(Aging::Works(2), 3), tempfile::tempdir().unwrap());
        run(&cases, &fake, folder.path()).unwrap();
        let document = policy_document(&Plan::new(cases));
        let actions = document["Statement"][0]["Action"].as_array().unwrap();
        let mut needed: Vec<String> =
            actions.iter().map(|it| it.as_str().unwrap().strip_prefix("kms:").unwrap().to_owned()).collect();
        let mut called: Vec<String> = fake.log().into_iter().filter(|call| call != "GetCallerIdentity").collect();
        needed.sort();
        called.sort();
        called.dedup();
        assert_eq!(needed, called);
    }
}

fn everything_below(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            text.push_str(&everything_below(&entry.path()));
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()));
        }
    }
    text
}

/// The binary reports the remaining rotations before it uses one. It leaves none of its plaintexts behind.
#[test]
fn a_leftover_is_reported_before_a_rotation_is_used() {
    let (fake, directory) = (key(Aging::Works(1), 8), tempfile::tempdir().unwrap());
    let url = fake.serve();
    suite(directory.path(), ROTATED, "", "decrypts-after-rotation");
    let (exit, told) = code(&attestry(directory.path(), &url, &["run", "--dry-run"]).output().unwrap());
    assert_eq!(exit, Some(0), "{told}");
    let declared = "this cannot be undone, and AWS allows it 25 times in the life of a key";
    assert!(told.contains(declared) && told.contains("calls kms:RotateKeyOnDemand"), "{told}");
    assert!(told.contains("only if it is more than 5") && fake.log().is_empty(), "{told}");

    let (exit, told) = code(&attestry(directory.path(), &url, &["run", "--out", "out"]).output().unwrap());
    assert_eq!(exit, Some(0), "{told}");
    assert!(told.contains("17 of 25 on-demand rotations are left, and one is used now"), "{told}");
    let (kept, plaintexts) = (everything_below(directory.path()) + &told, fake.plaintexts());
    assert!(kept.contains(ALIAS) && plaintexts.len() == 1);
    assert!(!kept.contains(plaintexts[0].trim_end_matches('=')), "{kept}");

    // A killed run leaves nothing, so the cleanup finds nothing.
    let swept = swept(&directory.path().join("target/attestry/ledger"), &places(&fake));
    assert!(swept.gone.is_empty());
}
