//! Tests properties of all policies and requests.

use proptest::prelude::*;

use crate::decide::{Decision, Policies, Request, Subject, decide};
use crate::{Context, Form, Policy, parse};

const KEYS: &[&str] = &["k", "aws:username", "aws:TagKeys", "aws:userid"];

fn pick(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(of).prop_map(str::to_owned)
}

/// Conditions with readable values and a documented meaning.
fn condition() -> impl Strategy<Value = String> {
    let text = (
        pick(&["", "ForAllValues:", "ForAnyValue:"]),
        pick(&["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"]),
        pick(KEYS),
        pick(&[r#""a""#, r#"["a","b*"]"#, r#""*""#, r#""${aws:username, 'b'}""#, r#"["${k, 'a'}","B"]"#]),
    )
        .prop_map(|(quantity, test, key, values)| format!(r#"{{"{quantity}{test}":{{"{key}":{values}}}}}"#));
    let if_exists =
        (pick(&["StringEqualsIfExists", "StringNotLikeIfExists"]), pick(KEYS), pick(&[r#""a""#, r#"["b","c"]"#]))
            .prop_map(|(test, key, values)| format!(r#"{{"{test}":{{"{key}":{values}}}}}"#));
    let missing = (pick(KEYS), any::<bool>()).prop_map(|(key, is)| format!(r#"{{"Null":{{"{key}":"{is}"}}}}"#));
    prop_oneof![2 => Just("{}".to_owned()), 3 => text, 1 => if_exists, 1 => missing]
}

fn statement(principal: bool) -> impl Strategy<Value = String> {
    let principals = &[
        r#""*""#,
        r#"{"AWS":"arn:aws:iam::1:user/a"}"#,
        r#"{"AWS":["1","arn:aws:iam::1:role/a"]}"#,
        r#"{"AWS":"arn:aws:sts::1:assumed-role/a/s"}"#,
        r#"{"AWS":"AROAX"}"#,
        r#"{"Service":"x.amazonaws.com"}"#,
    ];
    (
        pick(&["Allow", "Allow", "Deny"]),
        pick(&[
            r#""Action":"s3:*""#,
            r#""Action":["s3:Get*","s3:List*"]"#,
            r#""NotAction":"s3:Put*""#,
            r#""Action":"*""#,
        ]),
        pick(&[
            r#""Resource":"*""#,
            r#""Resource":"arn:aws:s3:::b/${aws:username, 'x'}/*""#,
            r#""NotResource":"arn:aws:s3:::c*""#,
            r#""Resource":["arn:aws:s3:::b*"]"#,
        ]),
        pick(principals),
        condition(),
    )
        .prop_map(move |(effect, action, resource, who, condition)| {
            let who = if principal { format!(r#""Principal":{who},"#) } else { String::new() };
            format!(r#"{{"Effect":"{effect}",{who}{action},{resource},"Condition":{condition}}}"#)
        })
}

fn policy(form: Form) -> impl Strategy<Value = Policy> {
    prop::collection::vec(statement(form == Form::Resource), 1..4).prop_map(move |statements| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        parse("p", &text, form).unwrap()
    })
}

fn policies() -> impl Strategy<Value = Policies> {
    let some = || prop::collection::vec(policy(Form::Identity), 0..3);
    (
        prop::collection::vec(prop::collection::vec(policy(Form::Identity), 1..3), 0..2),
        prop::collection::vec(prop::collection::vec(policy(Form::Resource), 1..3), 0..2),
        prop::option::weighted(0.3, some()),
        some(),
        prop::option::of(policy(Form::Resource)),
        prop::option::weighted(0.3, some()),
        any::<bool>(),
    )
        .prop_map(|(scps, rcps, boundary, identity, resource, session, resource_must_allow)| Policies {
            scps,
            rcps,
            boundary,
            identity,
            resource,
            session,
            resource_must_allow,
        })
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        Just(Subject::User { arn: "arn:aws:iam::1:user/a".to_owned() }),
        Just(Subject::User { arn: "arn:aws:iam::2:user/a".to_owned() }),
        Just(Subject::Role {
            arn: "arn:aws:iam::1:role/a".to_owned(),
            session: Some("arn:aws:sts::1:assumed-role/a/s".to_owned())
        }),
        Just(Subject::Root { account: "1".to_owned() }),
        Just(Subject::Service { name: "x.amazonaws.com".to_owned() }),
        Just(Subject::Anonymous),
    ]
}

/// Each key is absent or has values. The first two are also variables, so they have at most one value.
fn keys() -> impl Strategy<Value = Vec<Option<Vec<String>>>> {
    let values = |most| prop::option::of(prop::collection::vec(pick(&["a", "b", "bb", "", "AROAX:s"]), 0..=most));
    (values(1), values(1), values(3), values(1)).prop_map(|(one, two, three, four)| vec![one, two, three, four])
}

/// The context in which only some keys are known.
fn context(keys: &[Option<Vec<String>>], told: &[bool], complete: bool) -> Context {
    let start = if complete { Context::complete() } else { Context::unknown() };
    KEYS.iter().zip(keys).zip(told).filter(|(_, told)| **told).fold(start, |context, ((key, values), _)| match values {
        Some(values) => context.with(key, values.clone()),
        None => context.without(key),
    })
}

fn request(principal: Subject, action: &str, resource: &str, context: Context) -> Request {
    let (action, resource) = (action.to_owned(), resource.to_owned());
    Request { principal, action, resource, resource_account: "1".to_owned(), context }
}

fn allowed(decision: &Decision) -> Option<bool> {
    match decision {
        Decision::Allowed { .. } => Some(true),
        Decision::ExplicitDeny { .. } | Decision::ImplicitDeny { .. } => Some(false),
        Decision::Undecided { .. } => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// With a complete context and readable values every request is decided. Fewer known keys never change one decision
    /// into the other. An undecided result names a key that was removed.
    #[test]
    fn knowing_less_only_undecides(
        policies in policies(), subject in subject(), keys in keys(),
        told in prop::collection::vec(any::<bool>(), KEYS.len()),
        action in pick(&["s3:GetObject", "s3:PutObject", "ec2:RunInstances"]),
        resource in pick(&["arn:aws:s3:::b/a/x", "arn:aws:s3:::b/x/x", "arn:aws:s3:::c"]),
    ) {
        let all = decide(&request(subject.clone(), &action, &resource, context(&keys, &[true; 4], true)), &policies);
        prop_assert!(allowed(&all).is_some(), "{:?}", all);
        let less = decide(&request(subject, &action, &resource, context(&keys, &told, false)), &policies);
        match &less {
            Decision::Undecided { keys, by } => {
                let withheld = |key: &String| {
                    KEYS.iter().zip(&told).any(|(known, told)| !told && known.eq_ignore_ascii_case(key))
                };
                prop_assert!(!keys.is_empty() && keys.iter().all(withheld), "{:?}", less);
                prop_assert!(!by.is_empty());
            }
            decided => prop_assert_eq!(allowed(decided), allowed(&all), "{:?} {:?}", less, all),
        }
    }

    /// An explicit deny stays, even when the principal gets more policies.
    #[test]
    fn more_identity_policies_never_undo_a_deny(
        policies in policies(), subject in subject(), keys in keys(), more in policy(Form::Identity)
    ) {
        let asked = request(subject, "s3:GetObject", "arn:aws:s3:::b/a/x", context(&keys, &[true; 4], true));
        let before = decide(&asked, &policies);
        let mut policies = policies;
        policies.identity.push(more);
        if matches!(before, Decision::ExplicitDeny { .. }) {
            let after = decide(&asked, &policies);
            prop_assert!(matches!(after, Decision::ExplicitDeny { .. }), "{:?}", after);
        }
    }
}
