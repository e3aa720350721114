//! Tests `fetch` on the small account and a server of this machine.

use super::fake::PUBLIC;
use super::replay::serve;
use super::*;

fn policy(url: &str, keys: &str) -> String {
    format!(
        r#"id: P
title: Probes
severity: high
cases:
  published:
    probe: fetch
    with: {{ url: "{url}", keys: [{keys}] }}
    when_none: violated
    expect: {{ status: 200, all_published: true, missing: {{ count: 0 }}, others: 0, private_parts: false }}
    examples: {{ violated: {{ status: 404 }} }}
"#
    )
}

const BOTH: &str = "alias/sign/ec, alias/sign/rsa";

fn page(keys: &[&str]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

fn run_with(policy: &str, refused: &[&'static str]) -> (Vec<Case>, Arc<Fake>, Outcome) {
    let (cases, folder) = (cases(policy, ""), tempfile::tempdir().unwrap());
    let mut fake = Fake::new(Rotation::Sticks);
    fake.refused = refused.iter().copied().collect();
    let fake = Arc::new(fake);
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert!(outcome.residue.is_empty() && outcome.cleaned.is_empty());
    (cases, fake, outcome)
}

#[test]
fn a_page_is_met_when_it_has_the_keys_and_violated_on_each_wrong_one() {
    let [(_, ec), (_, rsa)] = PUBLIC;
    let other = ec.replace("AQEB", "AgIC");
    let private = rsa.replace("\"e\"", "\"d\":\"AQAB\",\"e\"");
    for (status, body, verdict, wrong) in [
        ("200 OK", page(&[ec, rsa]), "met", ""),
        ("200 OK", page(&[rsa, ec, rsa]), "met", ""),
        ("200 OK", page(&[ec]), "violated", "missing"),
        ("200 OK", page(&[]), "violated", "all_published"),
        ("200 OK", page(&[ec, rsa, &other]), "violated", "others"),
        ("200 OK", page(&[ec, &other]), "violated", "all_published"),
        ("200 OK", page(&[ec, &private]), "violated", "private_parts"),
        ("200 OK", "<html>".to_owned(), "violated", "all_published"),
        ("404 No", page(&[ec, rsa]), "violated", "status"),
        ("404 No", page(&[ec, rsa]), "violated", "all_published"),
        ("302 Found\r\nlocation: https://127.0.0.1/", page(&[ec, rsa]), "violated", "status"),
    ] {
        let url = format!("http://{}/jwks.json", serve(status, body.clone()));
        let (cases, _, outcome) = run_with(&policy(&url, BOTH), &[]);
        let result = judge(&cases, &outcome);
        assert_eq!(result.cases[0].verdict.word(), verdict, "{status} {body}");
        let differences = &result.cases[0].resources[0].differences;
        assert!(wrong.is_empty() || differences.iter().any(|it| it.attribute == wrong), "{body}: {differences:?}");
        assert!(!format!("{outcome:?}").contains("AQAB"), "{outcome:?}");
    }
}

/// A page or a key that was not seen is never met and never violated.
#[test]
fn what_was_not_compared_is_not_evaluated() {
    let right = page(&PUBLIC.map(|it| it.1));
    let url = format!("http://{}/", serve("200 OK", right.clone()));
    let large = format!("http://{}/", serve("200 OK", format!("{right}{}", " ".repeat(70_000))));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, keys, refused) in [
        (format!("http://{nobody}/"), BOTH, &[][..]),
        (large, BOTH, &[]),
        (url.replace("http:", "https:"), BOTH, &[]),
        (url.replace("http://", "http://me:word@"), BOTH, &[]),
        ("http://keys.bank.example/".to_owned(), BOTH, &[]),
        (url.clone(), "", &[]),
        (url.clone(), "alias/sign/none", &[]),
        (url.clone(), BOTH, &["GetPublicKey"]),
    ] {
        let (cases, _, outcome) = run_with(&policy(&url, keys), refused);
        assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"], "{url} {keys} {refused:?}");
    }
    let (cases, fake, outcome) = run_with(&policy(&url, BOTH), &[]);
    assert_eq!(verdicts(&cases, &outcome), ["met"]);
    assert_eq!(fake.log(), ["GetCallerIdentity", "GetPublicKey", "GetPublicKey"]);
    let calls = Plan::new(cases).probe_calls();
    assert_eq!(calls.iter().map(|call| call.permission).collect::<Vec<_>>(), ["kms:GetPublicKey"]);
}

#[test]
fn whatever_call_of_a_fetch_fails_it_is_not_met() {
    let url = format!("http://{}/", serve("200 OK", page(&[PUBLIC[0].1])));
    let troubles = [Trouble::KilledBefore, Trouble::KilledAfter, Trouble::Denied, Trouble::Lost, Trouble::Stopped];
    assert!(matrix(&policy(&url, BOTH), Rotation::Sticks, &troubles) >= 20);
}
