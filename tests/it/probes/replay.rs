//! Tests `secret-rotation` with `replay` and `consumer` on the small account.

use std::io::{Read as _, Write as _};

use super::fake::{Consumer, Replay};
use super::*;

pub const REPLAY: &str = r#"id: P
title: Probes
severity: high
cases:
  repeated:
    probe: secret-rotation
    with: { secret: "${secret}", within: 1s, replay: true }
    when_none: violated
    expect: { rotated: true, repeated_steps: 4, replay_unchanged: true, pending_kept: true, replay_error: { absent: true } }
    examples:
      violated: { rotated: true }
"#;

fn consumed(by: &str) -> String {
    REPLAY.replace("replay: true", &format!("consumer: \"{by}\", consumer_within: 0s")).replace(
        "repeated_steps: 4, replay_unchanged: true, pending_kept: true",
        "consumer_follows: true, consumer_took: { at_most: 60s }",
    )
}

fn run_with(policy: &str, change: impl FnOnce(&mut Fake)) -> (Vec<Case>, Arc<Fake>, Outcome) {
    let cases = cases(policy, "probe/secret");
    let mut fake = Fake::new(Rotation::Works(1));
    change(&mut fake);
    let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
    let before = fake.listing();
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(outcome.residue, Vec::<String>::new());
    assert_eq!(fake.listing(), before);
    (cases, fake, outcome)
}

#[test]
fn a_replay_is_met_when_nothing_changes_and_violated_on_each_wrong_function() {
    for (replay, accepted, steps, unchanged, kept, why) in [
        (Replay::Right, true, 4, true, Some(true), ""),
        (Replay::Refused, false, 4, true, Some(true), ""),
        (Replay::RotatesAgain, true, 4, false, None, "a new version exists"),
        (Replay::Creates, true, 4, false, None, "a new version exists"),
        (Replay::MovesBack, true, 4, false, None, "a label moved"),
        (Replay::Fails, true, 3, true, None, "setSecret: KeyError: 'new_value'"),
        (
            Replay::CreatesBesidePending,
            true,
            4,
            true,
            Some(false),
            "createSecret for a pending version: a new version exists",
        ),
        (
            Replay::FailsOnPending,
            true,
            4,
            true,
            Some(false),
            "createSecret for a pending version: an error that contains the value of AWSPENDING",
        ),
    ] {
        let (cases, fake, outcome) = run_with(REPLAY, |fake| fake.replay = replay);
        let right = matches!(replay, Replay::Right | Replay::Refused);
        assert_eq!(
            verdicts(&cases, &outcome),
            [if right { "met" } else { "violated" }],
            "{replay:?}: {:?}",
            outcome.populations[0].resources[0].facts
        );
        assert_eq!(fact(&outcome, "replay_accepted"), Some(accepted.into()), "{replay:?}");
        assert_eq!(fact(&outcome, "repeated_steps"), Some(i64::from(steps).into()), "{replay:?}");
        assert_eq!(fact(&outcome, "replay_unchanged"), Some(unchanged.into()), "{replay:?}");
        assert_eq!(fact(&outcome, "pending_kept"), kept.map(Into::into), "{replay:?}");
        let told = match fact(&outcome, "replay_error") {
            Some(Value::Text(text)) => text,
            other => format!("{other:?}").replace("None", ""),
        };
        assert!(told.starts_with(why) && why.is_empty() == told.is_empty(), "{replay:?}: {told}");
        assert!(!format!("{outcome:?}").contains(CANARY), "{replay:?}");
        assert_eq!(fake.log().iter().filter(|call| *call == "RotateSecret").count(), 2, "{replay:?}");
    }
}

/// A half that was not tried is never credited: not without `replay`, not without a rotation, not for a secret whose
/// earlier version lost its label.
#[test]
fn what_was_not_repeated_is_not_met() {
    let (without, at_once) = (REPLAY.replace(", replay: true", ""), REPLAY.replace("within: 1s", "within: 0s"));
    for (policy, rotation) in
        [(&without, Rotation::Works(1)), (&at_once, Rotation::Sticks), (&REPLAY.to_owned(), Rotation::LosesPrevious)]
    {
        for only in ["repeated_steps: 4", "replay_unchanged: true", "pending_kept: true"] {
            if rotation == Rotation::LosesPrevious && only != "pending_kept: true" {
                continue;
            }
            let start = policy.find("expect: {").unwrap();
            let end = policy.find("    examples").unwrap();
            let policy = format!("{}expect: {{ {only} }}\n{}", &policy[..start], &policy[end..]);
            let (cases, fake, outcome) = run_with(&policy, |fake| fake.rotation = rotation);
            assert_eq!(verdicts(&cases, &outcome), ["violated"], "{rotation:?}, {only}");
            let invoked = fake.log().contains(&"Invoke".to_owned());
            assert_eq!(invoked, rotation == Rotation::LosesPrevious, "{rotation:?}, {only}");
        }
    }
}

#[test]
fn a_consumer_is_met_when_it_follows_and_must_answer_before() {
    for (consumer, verdict, rotations) in [
        (Consumer::Follows(0), "met", 1),
        (Consumer::Follows(3), "met", 1),
        (Consumer::Stays, "violated", 1),
        (Consumer::Mute, "not_evaluated", 0),
        (Consumer::Fails, "not_evaluated", 0),
    ] {
        let wait = if consumer == Consumer::Follows(3) { "60s" } else { "0s" };
        let policy = consumed("consumer").replace("consumer_within: 0s", &format!("consumer_within: {wait}"));
        let (cases, fake, outcome) = run_with(&policy, |fake| fake.consumer = consumer);
        assert_eq!(verdicts(&cases, &outcome), [verdict], "{consumer:?}");
        assert_eq!(fake.log().iter().filter(|call| *call == "RotateSecret").count(), rotations, "{consumer:?}");
        assert_eq!(fact(&outcome, "replay_unchanged"), None);
    }
    let (cases, _, outcome) = run_with(&consumed("nowhere"), |_| {});
    assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"]);
    let (cases, _, outcome) = run_with(&consumed("consumer"), |fake| fake.rotation_enabled = false);
    assert_eq!(verdicts(&cases, &outcome), ["violated"]);
    assert_eq!(fact(&outcome, "consumer_follows"), Some(false.into()));
}

/// Serves one page for ever, and returns its address without the scheme.
pub fn serve(status: &'static str, body: String) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    address
}

#[test]
fn a_consumer_behind_a_url_is_read_over_tls_or_on_this_machine() {
    let old = serve("200 OK", json!({ "VersionId": "v1" }).to_string());
    for (url, verdict) in [
        (format!("http://{old}/version"), "violated"),
        (format!("https://{old}/version"), "not_evaluated"),
        ("http://consumer.bank.example/version".to_owned(), "not_evaluated"),
        (format!("http://{}/", serve("500 No", json!({ "VersionId": "v1" }).to_string())), "not_evaluated"),
        (
            format!("http://{}/", serve("302 Found\r\nlocation: /x", json!({ "VersionId": "v1" }).to_string())),
            "not_evaluated",
        ),
        (format!("http://{}/", serve("200 OK", " ".repeat(70_000))), "not_evaluated"),
    ] {
        let (cases, fake, outcome) = run_with(&consumed(&url), |_| {});
        assert_eq!(verdicts(&cases, &outcome), [verdict], "{url}");
        assert_eq!(fake.log().contains(&"RotateSecret".to_owned()), verdict == "violated", "{url}");
        assert!(!fake.log().contains(&"Invoke".to_owned()));
    }
    let document = policy_document(&Plan::new(cases(&consumed("https://x.example/"), "probe/secret"))).to_string();
    assert!(!document.contains("lambda:InvokeFunction"), "{document}");
}

#[test]
fn wherever_a_replay_ends_nothing_is_left() {
    let killed = [Trouble::KilledBefore, Trouble::KilledAfter];
    let failing = [Trouble::Denied, Trouble::Stopped];
    let points = matrix(REPLAY, Rotation::Works(1), &killed)
        + matrix(REPLAY, Rotation::Works(1), &failing)
        + matrix(&consumed("consumer"), Rotation::Works(1), &killed);
    println!("{points} points, nothing left");
    assert!(points > 100, "{points}");
}

#[test]
fn permissions_of_a_replay_equal_what_is_called() {
    let called = |fake: &Fake| fake.log().into_iter().filter(|call| call != "GetCallerIdentity");
    let (cases, works, _) = run_with(REPLAY, |_| {});
    let (_, sticks, _) = run_with(&REPLAY.replace("within: 1s", "within: 0s"), |fake| fake.rotation = Rotation::Sticks);
    let called: std::collections::BTreeSet<String> = called(&works).chain(called(&sticks)).collect();
    let calls = Plan::new(cases).probe_calls();
    let needed: std::collections::BTreeSet<String> = calls.iter().map(|call| call.operation.to_owned()).collect();
    assert_eq!(needed, called);
}
