//! Compares proofs over random trust policies of web identities with every token of a small world.

use std::sync::Arc;

use super::world::{Dice, Request, Rules, short};
use crate::prove::{Catalogue, Exception, Guarded, Proof, Prover};
use crate::{Condition, Effect, Operator, Policy, Principal, Quantity, Statement, Test, Which};

const OWNER: &str = "111111111111";
const CODE: &str = "token.actions.githubusercontent.com";
const POOLS: &str = "cognito-identity.amazonaws.com";
const MEDIA: &str = "graph.facebook.com";
const MAIL: &str = "accounts.google.com";
/// A provider for which the owners of tokens are unknown.
const OWN: &str = "id.example.com/bank";

const TEXT: &[Test] = &[Test::StringEquals, Test::StringNotEquals, Test::StringLike, Test::StringNotLike];

/// The claims of each provider, and the values with which policies compare them.
const CLAIMS: &[(&str, &str, &[&str])] = &[
    (CODE, "sub", &["repo:ours/*", "repo:ours/app", "repo:*", "*", "repo:ours*", "*:ours"]),
    (CODE, "aud", &["sts.amazonaws.com", "*"]),
    (POOLS, "aud", &["eu-west-1:ours", "eu-west-1:*", "*"]),
    (POOLS, "amr", &["authenticated", "unauthenticated", "*authenticated"]),
    (MEDIA, "app_id", &["ours", "*"]),
    (MAIL, "aud", &["ours", "*"]),
    (MAIL, "sub", &["ours", "*"]),
    (OWN, "sub", &["ours", "*"]),
    (OWN, "aud", &["ours", "*"]),
];

impl Dice {
    fn claim(&mut self, host: &str) -> Condition {
        let of_host: Vec<_> = CLAIMS.iter().filter(|(of, _, _)| *of == host).collect();
        // Sometimes the policy has a claim of another provider. Tokens of this provider do not have it.
        let (host, claim, values) =
            if self.roll(12) == 0 { CLAIMS[self.roll(CLAIMS.len())] } else { *of_host[self.roll(of_host.len())] };
        let test = TEXT[self.roll(TEXT.len())];
        let quantity = (self.roll(5) == 0).then_some(Quantity::Any);
        let if_exists = quantity.is_none() && self.roll(6) == 0;
        let values = (0..1 + self.roll(2)).map(|_| self.one(values).to_owned()).collect();
        Condition { operator: Operator { test, if_exists, quantity }, key: format!("{host}:{claim}"), values }
    }

    fn trust(&mut self, host: &str) -> Statement {
        let principal = if [POOLS, MEDIA, MAIL].contains(&host) { host.to_owned() } else { provider(host) };
        Statement {
            sid: None,
            effect: if self.roll(4) == 0 { Effect::Deny } else { Effect::Allow },
            principals: Some(Which::In(vec![Principal::Federated(principal)])),
            actions: Which::In(vec!["sts:AssumeRoleWithWebIdentity".to_owned()]),
            resources: None,
            conditions: (0..self.roll(3)).map(|_| self.claim(host)).collect(),
        }
    }
}

fn provider(host: &str) -> String {
    format!("arn:aws:iam::{OWNER}:oidc-provider/{host}")
}

/// Returns tokens that any caller can have, whatever the policy is. They belong to foreign projects, pools and apps.
fn tokens(host: &str) -> Vec<Request> {
    let key = |claim: &str| format!("{host}:{claim}");
    let of = |provider: &str, claims: &[(&str, &str)]| {
        let claims: Vec<(String, &str)> = claims.iter().map(|(claim, value)| (key(claim), *value)).collect();
        let claims: Vec<(&str, &str)> = claims.iter().map(|(claim, value)| (claim.as_str(), *value)).collect();
        Request::token(provider, &claims)
    };
    match host {
        CODE => {
            let subs = ["repo:far/x", "repo:ours2/x", "repo:ours2/x:ours", "far:ours", "x"];
            let all = subs.iter().flat_map(|sub| ["sts.amazonaws.com", "y", "*"].map(|aud| (sub, aud)));
            all.map(|(sub, aud)| of(&provider(host), &[("sub", sub), ("aud", aud)])).collect()
        }
        POOLS => vec![
            of(host, &[("sub", "x"), ("aud", "eu-west-1:far"), ("amr", "authenticated")]),
            of(host, &[("sub", "x"), ("aud", "us-east-1:far"), ("amr", "authenticated")]),
            of(host, &[("sub", "x"), ("aud", "us-east-1:far"), ("amr", "unauthenticated")]),
            of(host, &[("sub", "x"), ("aud", "eu-west-1:far"), ("amr", "unauthenticated")]),
        ],
        MAIL => vec![of(host, &[("aud", "far"), ("sub", "far")])],
        MEDIA => vec![of(host, &[("app_id", "far")])],
        _ => vec![of(&provider(host), &[("sub", "far"), ("aud", "far")])],
    }
}

#[test]
fn no_answer_about_tokens_is_unsound() {
    let sets = std::env::var("ATTESTRY_SETS").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000);
    let action = ("sts:AssumeRoleWithWebIdentity".to_owned(), vec!["arn:*:iam::*:role/*".to_owned()]);
    let catalogue = Catalogue::new("2026-01-01", [action]);
    let prover = Prover::new(&catalogue);
    let mut dice = Dice(23);
    let (mut proved, mut refuted, mut blind, mut wrong) = (0, 0, 0, Vec::new());
    for _ in 0..sets {
        let host = dice.one(&[CODE, CODE, POOLS, MEDIA, MAIL, OWN]);
        let statements = (0..1 + dice.roll(2)).map(|_| dice.trust(host)).collect();
        let policy = Policy { name: Arc::from("trust"), variables: true, statements };
        let arn = format!("arn:aws:iam::{OWNER}:role/r");
        let of = Guarded { arn, owner: OWNER.into(), policy: Some(policy.clone()), grants: Vec::new() };
        let rules = Rules::loose();
        let open = tokens(host);
        let open = open.iter().find(|it| rules.allows(&policy, "sts:AssumeRoleWithWebIdentity", it, OWNER));
        // A guest of a named pool can also be any caller, when the policy accepts guests.
        let guest = tokens(POOLS).pop().unwrap();
        let guest = ["eu-west-1:ours", "eu-west-1:far", "us-east-1:far"].map(|aud| {
            let mut guest = guest.clone();
            guest.keys.insert(format!("{POOLS}:aud"), vec![aud.to_owned()]);
            guest
        });
        let to_guest = guest.iter().any(|it| rules.allows(&policy, "sts:AssumeRoleWithWebIdentity", it, OWNER));
        // Any caller can also be of another account.
        let others = prover.no_cross_account_except(&of, &Exception::default());
        if let (Proof::Proved, Some(open)) = (&others, open) {
            wrong.push(format!("proved of others, but {open:?}: {}", short(&policy)));
        }
        match prover.no_public_principal(&of) {
            Proof::Proved => {
                proved += 1;
                if let Some(open) = open {
                    wrong.push(format!("proved, but {open:?}: {}", short(&policy)));
                }
            }
            Proof::Refuted(_) => {
                refuted += 1;
                if host == OWN || open.is_none() && !to_guest {
                    wrong.push(format!("refuted, and nobody can: {}", short(&policy)));
                }
            }
            Proof::Undecided(_) => blind += usize::from(host != OWN && open.is_some()),
        }
    }
    let shown: Vec<&String> = wrong.iter().take(10).collect();
    assert!(wrong.is_empty(), "{} of {sets} sets: {shown:#?}", wrong.len());
    println!("{sets} sets; proved {proved}, refuted {refuted}, open though somebody can {blind}");
    assert!(proved * 10 > sets && refuted * 10 > sets && blind * 10 < sets, "{proved} {refuted} {blind}");
}
