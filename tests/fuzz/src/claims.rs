//! Fuzzes arbitrary bytes as a policy document, and claims about it.
//!
//! No claim may cause a panic or exceed its budget. Each proof and each refutation must be right: after the proof that
//! nothing is allowed, no request from the words of the document may be allowed.
#![no_main]

use std::time::Duration;

use attestry_iam::{
    Area, Catalogue, Context, Decision, Exception, Form, Guarded, Policies, Policy, Proof, Prover, Request, Rights,
    Set, Subject, Which, decide, parse,
};
use libfuzzer_sys::fuzz_target;

mod clock;

/// A limit far above the time of the budget of a claim.
const LONG: Duration = Duration::from_secs(3);

const OWNER: &str = "647751526084";

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(policy) = parse("p", text, Form::Identity) {
        identity(&policy);
    }
    if let Ok(policy) = parse("p", text, Form::Resource) {
        resource(policy);
    }
});

fn identity(policy: &Policy) {
    let prover = Prover::new(Catalogue::aws());
    let subject = Subject::Role { arn: format!("arn:aws:iam::{OWNER}:role/r"), session: None };
    let policies = Policies { identity: vec![policy.clone()], ..Policies::default() };
    let rights = Rights { subject: subject.clone(), policies: policies.clone() };
    for statement in &policy.statements {
        let list = |which: &Which<String>| match which {
            Which::In(list) | Which::NotIn(list) => list.clone(),
        };
        let (actions, resources) =
            (list(&statement.actions), statement.resources.as_ref().map(list).unwrap_or_default());
        let plain = |list: &[String]| list.first().map_or("x".to_owned(), |it| it.replace(['*', '?'], "y"));
        let request = Request {
            principal: subject.clone(),
            action: plain(&actions),
            resource: plain(&resources),
            resource_account: OWNER.to_owned(),
            context: Context::unknown(),
        };
        let area = Area { actions: Set::of(actions), resources: Set::everything() };
        let elsewhere = Area { actions: area.actions.clone(), resources: Set::outside(resources) };
        for area in [&area, &elsewhere] {
            for proof in [
                timed(|| prover.never(&rights, area, &Context::unknown())),
                timed(|| prover.denied(&rights, area, &Context::unknown())),
            ] {
                if let Proof::Refuted(found) = proof {
                    assert!(!found.is_empty(), "a refutation without counterexample");
                }
            }
        }
        let known = attestry_iam::reference::action(&request.action).is_some_and(|action| {
            // The claim is about ARNs in the formats of the action.
            action.resources().iter().any(|format| {
                attestry_iam::Pattern::new(&format.pattern()).matches(&request.resource, attestry_iam::LetterCase::Exact)
            })
        });
        if known && timed(|| prover.never(&rights, &area, &Context::unknown())) == Proof::Proved {
            assert!(
                !matches!(decide(&request, &policies), Decision::Allowed { .. }),
                "proved never, and allowed: {request:?}"
            );
        }
    }
}

fn resource(policy: Policy) {
    let arn = format!("arn:aws:kms:eu-west-1:{OWNER}:key/1");
    let of = Guarded { arn, owner: OWNER.to_owned(), policy: Some(policy), grants: Vec::new() };
    let prover = Prover::new(Catalogue::aws());
    timed(|| prover.no_public_principal(&of));
    timed(|| prover.no_cross_account_except(&of, &Exception::default()));
    timed(|| prover.shuts_out(&of, &format!("arn:aws:iam::{OWNER}:role/developer")));
}

fn timed(claim: impl FnOnce() -> Proof) -> Proof {
    let started = clock::worked();
    let proof = claim();
    assert!((clock::worked() - started) < LONG, "a claim takes {:?}", (clock::worked() - started));
    proof
}
