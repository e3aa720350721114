//! Fuzzes arbitrary bytes as a policy document, and requests from its own words.
//!
//! No input may cause a panic or a long run. Another JSON reader must accept each document that we accept. Less
//! knowledge about a request must never turn an allow into a deny, or a deny into an allow.
#![no_main]

use std::time::Duration;

use attestry_iam::{
    Condition, Context, Decision, Form, Policies, Policy, Request, Statement, Subject, Which, decide, decoded, parse,
};
use libfuzzer_sys::fuzz_target;

mod clock;

/// A limit far above the time of both operations for the longest input.
const LONG: Duration = Duration::from_secs(2);

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let started = clock::worked();
    let Ok(text) = decoded(text) else { return };
    let read = [Form::Identity, Form::Resource, Form::Trust].map(|form| parse("p", &text, form));
    assert!((clock::worked() - started) < LONG, "reading takes {:?}", (clock::worked() - started));
    if read.iter().any(Result::is_ok) {
        serde_json::from_str::<serde::de::IgnoredAny>(&text).expect("we read what is not JSON");
    }
    let seed = bytes.iter().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    for policy in read.into_iter().flatten() {
        for statement in &policy.statements {
            let started = clock::worked();
            ask(&policy, statement, seed);
            assert!((clock::worked() - started) < LONG, "deciding takes {:?}", (clock::worked() - started));
        }
    }
});

fn ask(policy: &Policy, statement: &Statement, seed: usize) {
    let identity = statement.principals.is_none();
    let policies = Policies {
        scps: if seed & 1 == 0 { vec![] } else { vec![vec![policy.clone()]] },
        identity: if identity { vec![policy.clone()] } else { vec![] },
        resource: (!identity).then(|| policy.clone()),
        boundary: (seed & 2 == 0).then(|| vec![policy.clone()]),
        resource_must_allow: seed & 4 == 0,
        ..Policies::default()
    };
    let all = request(statement, context(&statement.conditions, |_| true), seed);
    let some = Request { context: context(&statement.conditions, |index| (seed >> index) & 1 == 0), ..all.clone() };
    let (all, some) = (allowed(&decide(&all, &policies)), allowed(&decide(&some, &policies)));
    if let (Some(all), Some(some)) = (all, some) {
        assert_eq!(all, some, "knowing less turned the answer");
    }
}

fn request(statement: &Statement, context: Context, seed: usize) -> Request {
    let plain = |list: Option<&String>| list.map_or("x".to_owned(), |it| it.replace(['*', '?'], "y"));
    let first = |which: &Which<String>| match which {
        Which::In(list) | Which::NotIn(list) => plain(list.get(seed % list.len().max(1))),
    };
    let arn = |kind: &str| format!("arn:aws:iam::1:{kind}");
    let principal = match seed / 8 % 6 {
        0 => Subject::User { arn: arn("user/u") },
        1 => Subject::Role { arn: arn("role/r"), session: None },
        2 => Subject::Role { arn: arn("role/r"), session: Some("arn:aws:sts::1:assumed-role/r/s".to_owned()) },
        3 => Subject::Root { account: "1".to_owned() },
        4 => Subject::Service { name: "x.amazonaws.com".to_owned() },
        _ => Subject::Anonymous,
    };
    Request {
        principal,
        action: first(&statement.actions),
        resource: statement.resources.as_ref().map_or("*".to_owned(), first),
        resource_account: if seed / 64 % 2 == 0 { "1" } else { "2" }.to_owned(),
        context,
    }
}

/// Returns the keys of conditions with their wanted values. Unknown keys are left out.
fn context(conditions: &[Condition], known: impl Fn(usize) -> bool) -> Context {
    let mut context = Context::unknown();
    let mut told = std::collections::BTreeSet::new();
    for (index, condition) in conditions.iter().enumerate() {
        if told.insert(condition.key.to_ascii_lowercase()) && known(index) {
            context = context.with(&condition.key, condition.values.clone());
        }
    }
    context
}

fn allowed(decision: &Decision) -> Option<bool> {
    match decision {
        Decision::Allowed { .. } => Some(true),
        Decision::ExplicitDeny { .. } | Decision::ImplicitDeny { .. } => Some(false),
        Decision::Undecided { .. } => None,
    }
}
