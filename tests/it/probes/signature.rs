//! Tests `signature` on the small account.

use std::sync::Arc;

use attestry::plan::{Plan, policy_document};
use sha2::{Digest, Sha256};

use super::fake::{Fake, Rotation, SIGNER, Signing, Trouble};
use super::{RUN, called, cases, fact, judge, mark_of, matrix_of, needed, run, verdicts};

const OLD: &[u8] = b"an old message";

const SIGNS: &str = r#"id: P
title: Probes
severity: high
cases:
  signs:
    probe: signature
    with: { key: KEY, algorithm: ECDSA_SHA_256, sign: true OLD }
    when_none: violated
    expect: { signed: true, verifies: true, verifies_offline: true }
    examples:
      violated: { signed: false }
"#;

fn fake(signing: Signing, is_disabled: bool) -> Arc<Fake> {
    let fake = Fake::new(Rotation::Sticks).with_state(|it| {
        let key = it.keys.get_mut("k4").unwrap();
        let state = if is_disabled { "Disabled" } else { "Enabled" };
        (key.now, key.shown) = (state, state);
    });
    fake.with_signer(|signer| {
        signer.signing = signing;
        let message = format!("signed by a probe of Attestry, for nothing else: {}", mark_of(&RUN, "P/signs"));
        signer.messages = vec![message.into_bytes(), OLD.to_vec()];
    });
    Arc::new(fake)
}

/// The arguments of an old signature of the account.
fn old(fake: &Fake, kept: bool) -> String {
    let (signature, key) = fake.with_signer(|signer| (signer.signature(OLD), signer.public_key()));
    let key = if kept { format!(", old_public_key: \"{key}\"") } else { String::new() };
    format!(", old_message: YW4gb2xkIG1lc3NhZ2U=, old_signature: \"{signature}\"{key}")
}

fn policy(old: &str) -> String {
    SIGNS.replace("KEY", SIGNER).replace(" OLD", old)
}

fn only_old(old: &str, facts: &str) -> String {
    policy(old).replace(", sign: true", "").replace("signed: true, verifies: true, verifies_offline: true", facts)
}

#[test]
fn a_signature_is_met_when_it_is_verified_and_violated_on_each_wrong_key() {
    for (signing, is_disabled, wrong) in [
        (Signing::Right, false, &[][..]),
        (Signing::VerifiesAll, false, &["verifies"]),
        (Signing::VerifiesNone, false, &["verifies"]),
        (Signing::SignsOther, false, &["verifies", "verifies_offline"]),
        (Signing::OtherKey, false, &["verifies_offline"]),
        (Signing::Right, true, &["signed", "verifies", "verifies_offline"]),
    ] {
        let (fake, folder) = (fake(signing, is_disabled), tempfile::tempdir().unwrap());
        let cases = cases(&policy(""), "");
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        let result = judge(&cases, &outcome);
        let verdict = if wrong.is_empty() { "met" } else { "violated" };
        assert_eq!(result.cases[0].verdict.word(), verdict, "{signing:?}");
        let differences: Vec<_> = result.cases[0].resources[0].differences.iter().map(|it| &*it.attribute).collect();
        assert_eq!(differences, wrong, "{signing:?}");
        assert_eq!(fact(&outcome, "last_error").is_none(), wrong.is_empty(), "{signing:?}");
        // An old signature was not given, so nothing is said of one.
        assert_eq!(fact(&outcome, "old_verifies"), None, "{signing:?}");
    }
}

#[test]
fn an_old_signature_is_verified_by_a_disabled_key_offline_alone() {
    let both = "old_verifies: true, old_verifies_offline: true";
    let offline = "old_verifies_offline: true";
    for (is_disabled, kept, facts, verdict) in [
        (false, false, both, "met"),
        (false, true, both, "met"),
        (true, true, both, "violated"),
        (true, true, offline, "met"),
        (true, false, offline, "violated"),
    ] {
        let (fake, folder) = (fake(Signing::Right, is_disabled), tempfile::tempdir().unwrap());
        let cases = cases(&only_old(&old(&fake, kept), facts), "");
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        assert_eq!(verdicts(&cases, &outcome), [verdict], "disabled: {is_disabled}, kept: {kept}, {facts}");
        assert!(!fake.log().contains(&"Sign".to_owned()), "{:?}", fake.log());
        assert_eq!(fact(&outcome, "signed"), None);
    }
}

/// The facts of a run are the old signature of a later run.
#[test]
fn what_a_run_signed_is_an_old_signature_of_the_next_one() {
    let (fake, folder) = (fake(Signing::Right, false), tempfile::tempdir().unwrap());
    let outcome = run(&cases(&policy(""), ""), &fake, folder.path()).unwrap();
    let text = |name: &str| match fact(&outcome, name) {
        Some(attestry::facts::Value::Text(text)) => text.to_string(),
        other => panic!("{name}: {other:?}"),
    };
    let kept = format!(", old_message: {}, old_signature: \"{}\"", text("message"), text("signature"));
    let cases = cases(&only_old(&kept, "old_verifies: true, old_verifies_offline: true"), "");
    let outcome = run(&cases, &fake, tempfile::tempdir().unwrap().path()).unwrap();
    assert_eq!(verdicts(&cases, &outcome), ["met"], "{kept}");
}

/// A wrong signature, message, key or digest of a key is never met. A part that is missing is no answer.
#[test]
fn what_does_not_belong_together_is_never_met() {
    let facts = "old_verifies_offline: true";
    let right = fake(Signing::Right, true);
    let good = old(&right, true);
    let other = old(&fake(Signing::Right, true), true);
    let (own_key, other_key) =
        (good.split("old_public_key: ").nth(1).unwrap(), other.split("old_public_key: ").nth(1).unwrap());
    let der = {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.decode(own_key.trim_matches('"')).unwrap()
    };
    let pin: String = Sha256::digest(&der).iter().map(|byte| format!("{byte:02x}")).collect();
    for (old, verdict) in [
        (good.clone(), "met"),
        (format!("{good}, public_key_sha256: \"{pin}\""), "met"),
        (format!("{good}, public_key_sha256: \"{}\"", pin.replace('a', "b").replace('0', "1")), "violated"),
        (good.replace(own_key, other_key), "violated"),
        (good.replace("YW4gb2xk", "YW4gb2xl"), "violated"),
        (good.replace("YW4gb2xk", "YW4-b2xk"), "not_evaluated"),
        (good.replace(", old_message: YW4gb2xkIG1lc3NhZ2U=", ""), "not_evaluated"),
        (String::new(), "not_evaluated"),
    ] {
        let cases = cases(&only_old(&old, facts), "");
        let outcome = run(&cases, &right, tempfile::tempdir().unwrap().path()).unwrap();
        assert_eq!(verdicts(&cases, &outcome), [verdict], "{old}");
    }
    // A key of another use is not used.
    let cases = cases(&policy("").replace(SIGNER, "alias/probe/key"), "");
    let outcome = run(&cases, &right, tempfile::tempdir().unwrap().path()).unwrap();
    assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"]);
}

#[test]
fn wherever_a_signature_ends_nothing_is_left() {
    let troubles = [Trouble::KilledAfter, Trouble::Denied, Trouble::Throttled, Trouble::Lost, Trouble::Stopped];
    let make = || Arc::into_inner(fake(Signing::Right, false)).unwrap();
    let points = matrix_of(&policy(""), &make, &troubles, true);
    assert!(points > 40, "{points}");
}

#[test]
fn permissions_of_the_signature_equal_what_is_called() {
    let fake = fake(Signing::Right, false);
    let old = old(&fake, true);
    for policy in [policy(""), policy(&old), only_old(&old, "old_verifies: true")] {
        let fake = self::fake(Signing::Right, false);
        let cases = cases(&policy, "");
        run(&cases, &fake, tempfile::tempdir().unwrap().path()).unwrap();
        assert_eq!(needed(&policy_document(&Plan::new(cases))), called(&fake), "{policy}");
    }
}
