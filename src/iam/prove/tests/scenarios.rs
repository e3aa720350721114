//! What people write, and what is true of it.

use crate::iam::decide::{Policies, Subject};
use crate::iam::language::Budget;
use crate::iam::prove::{Area, Catalogue, Counterexample, Doubt, Proof, Prover, Rights, Set};
use crate::iam::{Context, Form, Policy, parse};

const BANK: &str = "arn:aws:secretsmanager:*:647751526084:secret:bank-*";
const ROLE: &str = "arn:aws:iam::647751526084:role/bank-app";

fn policy(name: &str, statements: &str) -> Policy {
    parse(name, &format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#), Form::Identity).unwrap()
}

fn role(statements: &str) -> Rights {
    let subject = Subject::Role { arn: ROLE.into(), session: None };
    Rights { subject, policies: Policies { identity: vec![policy("app", statements)], ..Policies::default() } }
}

fn never(rights: &Rights, actions: Set, resources: Set) -> Proof {
    let area = Area { actions, resources };
    Prover::new(Catalogue::aws()).never(rights, &area, &Context::unknown())
}

fn outside() -> Set {
    Set::outside([BANK])
}

/// `action on resource by policy#statement, …`
fn told(found: &Counterexample) -> String {
    let by: Vec<String> = found.by.iter().map(|at| format!("{}#{}", at.policy, at.statement)).collect();
    format!("{} on {} by {}", found.action, found.resource, by.join(", "))
}

/// The answer in one line.
fn line(proof: &Proof) -> String {
    match proof {
        Proof::Proved => "proved".into(),
        Proof::Refuted(found) => found.iter().map(told).collect::<Vec<_>>().join("; "),
        Proof::Undecided(Doubt::Conditions { keys, by, example }) => {
            let by: Vec<String> = by.iter().map(|at| format!("{}#{}", at.policy, at.statement)).collect();
            format!("undecided: {} of {}, {}", keys.join(", "), by.join(", "), told(example))
        }
        Proof::Undecided(Doubt::UnknownAction { example, .. }) => format!("unknown action: {}", told(example)),
        Proof::Undecided(doubt) => format!("undecided: {doubt:?}"),
    }
}

#[test]
fn rights_stay_within_the_namespace() {
    let allow = |action: &str, resource: &str| {
        format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#)
    };
    let deny_outside = format!(r#"{{"Effect": "Deny", "Action": "secretsmanager:*", "NotResource": "{BANK}"}}"#);
    let secret = "arn:aws:secretsmanager:eu-central-1:647751526084:secret";
    for (statements, expected) in [
        (allow("secretsmanager:GetSecretValue", BANK), "proved".to_owned()),
        (allow("secretsmanager:*", BANK), "proved".to_owned()),
        (allow("secretsmanager:GetSecretValue", "*"), format!("secretsmanager:GetSecretValue on {secret}:x by app#0")),
        (
            allow("SECRETSMANAGER:getsecret*", "arn:aws:secretsmanager:*:*:secret:bank*"),
            format!("secretsmanager:GetSecretValue on {secret}:bank by app#0"),
        ),
        (
            allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:ban?-x"),
            format!("secretsmanager:GetSecretValue on {secret}:banx-x by app#0"),
        ),
        (
            allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:111122223333:secret:bank-*"),
            "secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-central-1:111122223333:secret:bank- by app#0"
                .into(),
        ),
        (format!("{}, {deny_outside}", allow("*", "*")), "proved".to_owned()),
        (
            format!(r#"{{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}, {deny_outside}"#),
            "proved".to_owned(),
        ),
        (
            r#"{"Effect": "Allow", "NotAction": "secretsmanager:[a-z]*", "Resource": "*"}"#.to_owned(),
            format!("secretsmanager:AcceptCrossAccountReplication on {secret}:x by app#0"),
        ),
        (
            format!(
                r#"{{"Effect": "Allow", "NotAction": "secretsmanager:*", "Resource": "*"}}, {}"#,
                allow("secretsmanager:DeleteSecret", BANK)
            ),
            "proved".to_owned(),
        ),
        (
            format!(
                r#"{}, {{"Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {{"Bool": {{"aws:MultiFactorAuthPresent": "false"}}}}}}"#,
                allow("secretsmanager:GetSecretValue", "*")
            ),
            format!(
                "undecided: aws:MultiFactorAuthPresent of app#1, secretsmanager:GetSecretValue on {secret}:x by app#0"
            ),
        ),
        (
            r#"{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
                "Resource": "arn:aws:secretsmanager:*:*:secret:${aws:username}-*"}"#
                .to_owned(),
            format!("undecided: aws:username of app#0, secretsmanager:GetSecretValue on {secret}:- by app#0"),
        ),
        (
            r#"{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
                "Resource": "arn:aws:secretsmanager:*:647751526084:secret:bank-${aws:username}-*"}"#
                .to_owned(),
            "proved".to_owned(),
        ),
    ] {
        assert_eq!(
            line(&never(&role(&statements), Set::of(["secretsmanager:*"]), outside())),
            expected,
            "{statements}"
        );
    }
}

#[test]
fn no_name_with_colons_stands_for_two_resources_where_names_have_none() {
    let allow = |action: &str, resource: &str| {
        role(&format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#))
    };
    let on = |action: &str, resource: &str, claimed: &str| {
        line(&never(&allow(action, resource), Set::of([action]), Set::of([claimed])))
    };
    let shadow = "arn:aws:ssm:*:647751526084:parameter/bank-secrets/*";
    assert_eq!(on("ssm:PutParameter", "arn:aws:ssm:*:*:parameter/bank/*", shadow), "proved");
    assert!(
        on("ssm:PutParameter", "arn:aws:ssm:*:*:parameter/bank*", shadow).ends_with("parameter/bank-secrets/ by app#0")
    );
    let group = "arn:aws:logs:eu-west-1:647751526084:log-group:/bank/access";
    let inside = format!("{group}:*");
    let erase = "logs:DeleteLogStream";
    assert_eq!(on(erase, "arn:aws:logs:*:*:log-group:/aws/lambda/*", &inside), "proved");
    assert_eq!(
        on(erase, &format!("{group}:log-stream:*"), &inside),
        format!("{erase} on {group}:log-stream:x by app#0")
    );
    // The key of an object may have colons, and so may the path of a role.
    let (ours, theirs) = ("arn:aws:s3:::bank/*:a", "arn:aws:s3:::*:b:a");
    assert_ne!(on("s3:GetObject", ours, theirs), "proved");
    let (ours, theirs) = ("arn:aws:iam::*:role/a/*:b/*", "arn:aws:iam::*:b/c");
    assert_ne!(on("iam:GetRole", ours, theirs), "proved");
}

#[test]
fn boundaries_sessions_and_control_policies_take_away() {
    let wide = role(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#);
    let narrow = || policy("narrow", &format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "{BANK}"}}"#));
    let open = || policy("open", r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#);
    let claim = |policies: Policies| {
        let rights =
            Rights { policies: Policies { identity: wide.policies.identity.clone(), ..policies }, ..wide.clone() };
        line(&never(&rights, Set::of(["secretsmanager:*Value"]), outside()))
    };
    let none = Policies::default;
    let found = "secretsmanager:BatchGetSecretValue on * by app#0";
    assert_eq!(claim(none()), found);
    assert_eq!(claim(Policies { boundary: Some(vec![open(), narrow()]), ..none() }), format!("{found}, open#0"));
    assert_eq!(claim(Policies { boundary: Some(vec![narrow()]), ..none() }), "proved");
    assert_eq!(claim(Policies { boundary: Some(Vec::new()), ..none() }), "proved");
    assert_eq!(claim(Policies { session: Some(vec![narrow()]), ..none() }), "proved");
    assert_eq!(
        claim(Policies { scps: vec![vec![open()], vec![open(), narrow()]], ..none() }),
        format!("{found}, open#0, open#0")
    );
    assert_eq!(claim(Policies { scps: vec![vec![open()], vec![narrow()]], ..none() }), "proved");
}

#[test]
fn what_only_an_unknown_action_shows_is_undecided() {
    let rights = role(
        r#"{"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "secretsmanager:Grant*"], "Resource": "*"}"#,
    );
    let claim = |actions: Set| line(&never(&rights, actions, Set::everything()));
    assert_eq!(
        claim(Set::of(["secretsmanager:*"]).except(["secretsmanager:Get*"])),
        "unknown action: secretsmanager:grant on x by app#0"
    );
    assert_eq!(claim(Set::of(["secretsmanager:*"]).except(["secretsmanager:G*"])), "proved");
    assert_eq!(claim(Set::of(["secretsmanager:DeleteSecret", "secretsmanager:PutSecretValue"])), "proved");
}

#[test]
fn a_deny_outside_is_seen_to_be_complete_or_not() {
    let area = |actions: &[&str]| Area { actions: Set::of(actions.iter().copied()), resources: outside() };
    let denied = |statements: &str, actions: &[&str]| {
        line(&Prover::new(Catalogue::aws()).denied(&role(statements), &area(actions), &Context::unknown()))
    };
    let deny = |actions: &str, more: &str| {
        format!(r#"{{"Effect": "Deny", "Action": {actions}, "NotResource": "{BANK}"{more}}}"#)
    };
    assert_eq!(denied(&deny(r#""secretsmanager:*""#, ""), &["secretsmanager:*"]), "proved");
    assert_eq!(
        denied(&deny(r#"["secretsmanager:Put*", "secretsmanager:Delete*"]"#, ""), &["secretsmanager:PutSecretValue"]),
        "proved"
    );
    assert_eq!(
        denied(
            &deny(r#"["secretsmanager:Put*"]"#, ""),
            &["secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"]
        ),
        "secretsmanager:DeleteSecret on arn:aws:secretsmanager:eu-central-1:647751526084:secret:x by "
    );
    let mfa = r#", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#;
    assert_eq!(
        denied(&deny(r#""secretsmanager:*""#, mfa), &["secretsmanager:DeleteSecret"]),
        "undecided: aws:MultiFactorAuthPresent of app#0, \
         secretsmanager:DeleteSecret on arn:aws:secretsmanager:eu-central-1:647751526084:secret:x by "
    );
    let narrow =
        r#"{"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "arn:aws:secretsmanager:*:*:secret:prod-*"}"#;
    assert_eq!(
        denied(narrow, &["secretsmanager:DeleteSecret"]),
        "secretsmanager:DeleteSecret on arn:aws:secretsmanager:eu-central-1:647751526084:secret:x by app#0"
    );
}

#[test]
fn mfa_is_required_only_where_its_absence_is_denied_too() {
    const KEY: &str = "aws:MultiFactorAuthPresent";
    let without = [Context::unknown().without(KEY), Context::unknown().with(KEY, ["false"])];
    let area = Area { actions: Set::of(["secretsmanager:DeleteSecret"]), resources: Set::everything() };
    let requires = |condition: &str| {
        let statements = format!(
            r#"{{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "{BANK}", "Condition": {{{condition}}}}}"#
        );
        line(&Prover::new(Catalogue::aws()).requires(&role(&statements), &area, &without))
    };
    let shown = "secretsmanager:DeleteSecret on arn:aws:secretsmanager:eu-central-1:647751526084:secret:bank- by app#0";
    assert_eq!(requires(r#""Bool": {"aws:MultiFactorAuthPresent": "true"}"#), "proved");
    assert_eq!(requires(r#""BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}"#), shown);
    assert_eq!(
        requires(r#""NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}"#),
        format!("undecided: aws:MultiFactorAuthAge of app#0, {shown}")
    );
    let statements = r#"{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}"#;
    let found = Prover::new(Catalogue::aws()).requires(&role(statements), &area, &without);
    assert!(line(&found).ends_with("secret:x by app#0"), "{}", line(&found));
    assert!(matches!(found, Proof::Refuted(_)));
}

#[test]
fn duties_are_separate_or_one_request_for_each_shows_that_they_are_not() {
    let reader = role(r#"{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}"#);
    let keeper = role(r#"{"Effect": "Allow", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}"#);
    let area = |action: &str| Area { actions: Set::of([action]), resources: Set::everything() };
    let (read, delete) = (area("secretsmanager:GetSecretValue"), area("kms:ScheduleKeyDeletion"));
    let claim = |rights: &[Rights]| {
        line(&Prover::new(Catalogue::aws()).separates(rights, [&read, &delete], &Context::unknown()))
    };
    assert_eq!(claim(std::slice::from_ref(&reader)), "proved");
    assert_eq!(
        claim(&[reader, keeper]),
        "secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-central-1:647751526084:secret:x by app#0; \
         kms:ScheduleKeyDeletion on arn:aws:kms:eu-central-1:647751526084:key/x by app#0"
    );
}

#[test]
fn what_follows_from_who_asks_decides() {
    let rights = role(
        r#"{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:*:secret:${aws:username}-*"},
           {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalType": "User"}}}"#,
    );
    let area = Area { actions: Set::of(["secretsmanager:GetSecretValue"]), resources: outside() };
    let claim = |context: &Context| line(&Prover::new(Catalogue::aws()).never(&rights, &area, context));
    assert_eq!(claim(&rights.known()), "proved");
    assert!(claim(&Context::unknown()).starts_with("undecided: aws:PrincipalType of app#1"));
}

#[test]
fn what_the_reference_calls_without_resources_may_name_all_of_them() {
    let own = "647751526084";
    for (action, resource, expected) in [
        // As AWS's own guides grant them.
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*".to_owned(), "undecided"),
        ("logs:PutResourcePolicy", format!("arn:aws:logs:us-east-1:{own}:*"), "undecided"),
        ("logs:PutResourcePolicy", format!("arn:aws:logs:us-east-1:{own}:log-group:*"), "undecided"),
        ("logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group::log-stream:*".to_owned(), "undecided"),
        ("iam:ListRoles", format!("arn:aws:iam::{own}:role/*"), "undecided"),
        // One of a kind is not all of them, and another account's are not asked for.
        ("kms:CreateKey", format!("arn:aws:kms:eu-central-1:{own}:key/1"), "proved"),
        ("logs:PutResourcePolicy", format!("arn:aws:logs:*:{own}:log-group:bank-*"), "proved"),
        ("logs:PutResourcePolicy", "arn:aws:logs:us-east-1:111122223333:*".to_owned(), "proved"),
        ("logs:PutResourcePolicy", "*".to_owned(), "logs:PutResourcePolicy on *"),
    ] {
        let rights = role(&format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#));
        let found = line(&never(&rights, Set::of([action]), Set::everything()));
        assert!(found.starts_with(expected), "{action} {resource}: {found}");
    }
}

#[test]
fn nobody_proves_anything_about_root() {
    let rights = Rights { subject: Subject::Root { account: "647751526084".into() }, policies: Policies::default() };
    assert_eq!(never(&rights, Set::everything(), Set::everything()), Proof::Undecided(Doubt::NoIdentity));
}

#[test]
fn a_budget_that_is_used_up_is_said() {
    let rights = role(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#);
    let area = Area { actions: Set::everything(), resources: outside() };
    let proof = Prover::new(Catalogue::aws()).with(Budget::of(100)).never(&rights, &area, &Context::unknown());
    assert_eq!(proof, Proof::Undecided(Doubt::TooComplex));
}
