//! Tests typical policies, and the facts that hold for them.

use crate::decide::{Policies, Subject};
use crate::language::Budget;
use crate::prove::{Area, Catalogue, Counterexample, Doubt, Holder, Proof, Prover, Rights, Set};
use crate::{Callers, Context, Form, Policy, parse};

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

/// Returns the counterexample as `action on resource by policy#statement, …`.
fn told(found: &Counterexample) -> String {
    let by: Vec<String> = found.by.iter().map(|at| format!("{}#{}", at.policy, at.statement)).collect();
    format!("{} on {} by {}", found.action, found.resource, by.join(", "))
}

/// Returns the answer in one line.
pub(super) fn line(proof: &Proof) -> String {
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
            // A holder of the role may have used an MFA device.
            format!("secretsmanager:GetSecretValue on {secret}:x by app#0"),
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
    // The key of an object can contain colons, and so can the path of a role.
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
fn a_later_action_reads_where_all_of_its_verb_do() {
    let reads = Set::everything().except(["*/read", "*/list"]);
    let claim = |action: &str| {
        line(&never(
            &role(&format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}"#)),
            reads.clone(),
            Set::everything(),
        ))
    };
    assert_eq!(claim("cloudformation:Detect*"), "proved");
    assert_eq!(claim("cloudformation:DetectStack*"), "proved");
    // AWS also uses this verb for actions that write. The second service has no action with the verb.
    assert!(claim("codedeploy:Batch*").starts_with("unknown action: codedeploy:batch"));
    assert!(claim("kms:Detect*").starts_with("unknown action: kms:detect"));
    // `CheckInLicense` writes.
    assert!(claim("license-manager:Check*").starts_with("license-manager:CheckInLicense on "));
    let writes = Set::everything().except(["*/list"]);
    let detects = role(r#"{"Effect": "Allow", "Action": "cloudformation:Detect*", "Resource": "*"}"#);
    assert!(line(&never(&detects, writes, Set::everything())).starts_with("cloudformation:DetectStackDrift on "));
}

#[test]
fn services_of_statements_are_read_as_actions_are() {
    let claim = |action: &str| {
        let rights = role(&format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}"#));
        line(&never(&rights, Set::of(["secretsmanager:GetSecretValue"]), Set::everything()))
    };
    for action in ["SecretsManager:Get*", "s?cretsmanager:GetSecretValue", "*:Get*", "*", "secretsmanager*"] {
        assert!(claim(action).starts_with("secretsmanager:GetSecretValue on "), "{action}");
    }
    for action in ["kms:*", "secretsmanage:*", "s3:Get*"] {
        assert_eq!(claim(action), "proved", "{action}");
    }
}

/// Returns the rights of any holder of a document that stands alone.
pub(super) fn document(statements: &str) -> Rights {
    let subject = Subject::anyone("647751526084", "arn:aws:iam::647751526084:policy/app");
    Rights { subject, policies: Policies { identity: vec![policy("app", statements)], ..Policies::default() } }
}

#[test]
fn a_user_without_more_can_have_a_document() {
    let claim =
        |statements: &str| line(&never(&document(statements), Set::of(["iam:ChangePassword"]), Set::everything()));
    let own =
        r#"{"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::*:user/${aws:username}"}"#;
    assert_eq!(claim(own), "iam:ChangePassword on arn:aws:iam::647751526084:user/anyone by app#0");
    let with = |condition: &str| {
        claim(&format!(
            r#"{{"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "*", "Condition": {{{condition}}}}}"#
        ))
    };
    let found = "iam:ChangePassword on arn:aws:iam::647751526084:user/x by app#0";
    assert_eq!(with(r#""StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}"#), found);
    assert_eq!(with(r#""StringEquals": {"aws:PrincipalType": "User"}"#), found);
    // It is unknown whether such a holder exists.
    for condition in [
        r#""StringEquals": {"aws:username": "bob"}"#,
        r#""StringEquals": {"aws:PrincipalTag/team": "a"}"#,
        r#""StringEquals": {"aws:SourceIdentity": "bob"}"#,
    ] {
        assert!(with(condition).starts_with("undecided: "), "{condition}");
    }
    // A role has no user name.
    let app = never(&role(own), Set::of(["iam:ChangePassword"]), Set::everything());
    assert!(line(&app).starts_with("undecided: aws:username"));
}

#[test]
fn where_anybody_asks_somebody_is_like_that() {
    let claim = |condition: &str| {
        let allow = format!(
            r#"{{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": {{{condition}}}}}"#
        );
        let area = Area { actions: Set::of(["sts:AssumeRole"]), resources: Set::everything() };
        let known = Context::unknown().with("aws:PrincipalAccount", ["647751526084"]).of(Callers::Anybody);
        line(&Prover::new(Catalogue::aws()).never(&document(&allow), &area, &known))
    };
    let found = "sts:AssumeRole on arn:aws:iam::647751526084:role/x by app#0";
    for condition in [
        r#""StringEquals": {"aws:username": "bob"}"#,
        r#""StringEquals": {"aws:PrincipalTag/team": "a"}"#,
        r#""StringEquals": {"aws:SourceIdentity": "bob"}"#,
        r#""StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}"#,
    ] {
        assert_eq!(claim(condition), found, "{condition}");
    }
    // A user has no session of a role.
    let both = claim(r#""StringEquals": {"aws:username": "bob", "aws:SourceIdentity": "bob"}"#);
    assert!(both.starts_with("undecided: "), "{both}");
}

#[test]
fn what_is_hard_of_one_action_does_not_hide_another() {
    let tags: Vec<String> =
        ('a'..='h').map(|it| format!(r#""aws:RequestTag/{it}": "${{aws:PrincipalTag/{it}}}-*"}}"#)).collect();
    let hard: Vec<String> = ["CreateTable", "DeleteTable", "UpdateTable", "DeleteBackup", "DeleteItem", "PutItem"]
        .iter()
        .flat_map(|action| tags.iter().map(move |tag| (action, tag)))
        .map(|(action, tag)| {
            format!(
                r#"{{"Effect": "Allow", "Action": "dynamodb:{action}", "Resource": "*", "Condition": {{"StringLike": {{{tag}}}}}"#
            )
        })
        .collect();
    let easy = r#"{"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}}"#;
    let rights = role(&format!("{}, {easy}", hard.join(", ")));
    let area = Area { actions: Set::of(["dynamodb/mutate", "sqs/mutate"]), resources: Set::everything() };
    let prover = Prover::new(Catalogue::aws()).with(Budget::of(80_000));
    let found = line(&prover.never(&rights, &area, &Context::unknown()));
    assert!(found.starts_with("sqs:PurgeQueue on arn:aws:sqs:eu-central-1:"), "{found}");
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
        "secretsmanager:DeleteSecret on arn:aws:secretsmanager:eu-central-1:647751526084:secret:x by "
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
    let claim = |of: &[(&Rights, bool)]| {
        let holder = |(rights, is_certain): &(&Rights, bool)| Holder {
            rights: (*rights).clone(),
            context: Context::unknown(),
            is_certain: *is_certain,
        };
        let identities: Vec<Holder> = of.iter().map(holder).collect();
        Prover::new(Catalogue::aws()).separates(&identities, [&read, &delete])
    };
    assert_eq!(line(&claim(&[(&reader, true)])), "proved");
    assert_eq!(
        line(&claim(&[(&reader, true), (&keeper, true)])),
        "secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-central-1:647751526084:secret:x by app#0; \
         kms:ScheduleKeyDeletion on arn:aws:kms:eu-central-1:647751526084:key/x by app#0"
    );
    // Two identities that may act together leave it open, where the proof needs both.
    let found = claim(&[(&reader, true), (&reader, false), (&keeper, false)]);
    assert!(matches!(&found, Proof::Undecided(Doubt::Uncertain { examples, .. }) if examples.len() == 2), "{found:?}");
    assert_eq!(line(&claim(&[(&reader, true), (&reader, false)])), "proved");
    let both = role(r#"{"Effect": "Allow", "Action": ["secretsmanager:*", "kms:*"], "Resource": "*"}"#);
    assert!(matches!(claim(&[(&both, true), (&keeper, false)]), Proof::Refuted(_)));
    assert!(matches!(claim(&[(&reader, true), (&both, false)]), Proof::Undecided(Doubt::Uncertain { .. })));
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
        // Guides of AWS grant the actions in this way.
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*".to_owned(), "s3:ListAllMyBuckets on arn:aws:s3:::*"),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::bank-*".to_owned(), "proved"),
        ("logs:PutResourcePolicy", format!("arn:aws:logs:us-east-1:{own}:*"), "undecided"),
        ("logs:PutResourcePolicy", format!("arn:aws:logs:us-east-1:{own}:log-group:*"), "undecided"),
        ("logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group::log-stream:*".to_owned(), "undecided"),
        ("iam:ListRoles", format!("arn:aws:iam::{own}:role/*"), "undecided"),
        // One resource of a type does not stand for all of them. Resources of another account are outside of the claim.
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

/// Returns the answer to the claim that an action is never granted. All keys that follow from the identity are known.
fn claim(rights: &Rights, action: &str, resources: Set) -> Proof {
    let known = rights.known().since("2026-11-29T00:00:00Z".parse().unwrap());
    let area = Area { actions: Set::of([action]), resources };
    Prover::new(Catalogue::aws()).never(rights, &area, &known)
}

/// Returns the keys of the only counterexample, as `key=value`.
fn said(proof: &Proof) -> String {
    let Proof::Refuted(found) = proof else { return line(proof) };
    let keys = found[0].context.keys().filter(|(key, known)| !Subject::tells(key, *known));
    let shown = keys.map(|(key, known)| match known {
        crate::Known::Values(values) => format!("{key}={}", values.join("+")),
        _ => format!("no {key}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[test]
fn what_a_caller_can_choose_refutes_and_what_it_is_does_not() {
    let allow = |condition: &str| {
        role(&format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{{condition}}}}}"#))
    };
    for (condition, action, expected) in [
        (
            r#""StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}"#,
            "iam:PassRole",
            "iam:passedtoservice=glue.amazonaws.com",
        ),
        (
            r#""StringNotEquals": {"iam:PassedToService": "glue.amazonaws.com"}"#,
            "iam:PassRole",
            "iam:passedtoservice=x.amazonaws.com",
        ),
        (r#""Bool": {"aws:SecureTransport": "true"}"#, "s3:GetObject", "aws:securetransport=true"),
        (r#""IpAddress": {"aws:SourceIp": "198.51.100.0/24"}"#, "s3:GetObject", "aws:sourceip=198.51.100.0"),
        (r#""NumericGreaterThan": {"s3:max-keys": "10"}"#, "s3:ListBucket", "s3:max-keys=11"),
        (
            r#""ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}, "Null": {"aws:TagKeys": "false"}"#,
            "sqs:TagQueue",
            "aws:tagkeys=a",
        ),
        (
            r#""DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}"#,
            "s3:GetObject",
            "aws:currenttime=2030-01-01T00:00:01Z",
        ),
        (
            r#""StringLike": {"s3:prefix": "home/*"}, "Bool": {"aws:ViaAWSService": "false"}"#,
            "s3:ListBucket",
            "aws:viaawsservice=false, s3:prefix=home/",
        ),
        (r#""StringEquals": {"aws:PrincipalTag/team": "a"}"#, "s3:GetObject", "undecided: aws:PrincipalTag/team"),
        (r#""StringEquals": {"aws:PrincipalOrgID": "o-a"}"#, "s3:GetObject", "undecided: aws:PrincipalOrgID"),
        (r#""StringEquals": {"aws:SourceAccount": "647751526084"}"#, "s3:GetObject", "proved"),
        (r#""DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}"#, "s3:GetObject", "proved"),
        (r#""NumericLessThan": {"aws:EpochTime": "1577836800"}"#, "s3:GetObject", "proved"),
        (r#""StringEquals": {"s3:prefix": "a"}, "StringNotEquals": {"s3:prefix": "a"}"#, "s3:ListBucket", "proved"),
        // A request through an endpoint has no public address. The number of seconds since the use of an MFA device
        // comes with the device.
        (
            r#""IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringEquals": {"aws:SourceVpce": "vpce-1"}"#,
            "s3:GetObject",
            "undecided: ",
        ),
    ] {
        let found = said(&claim(&allow(condition), action, Set::everything()));
        assert!(found.starts_with(expected), "{condition}: {found}");
    }
}

#[test]
fn what_nobody_chooses_does_not_matter_where_every_value_allows() {
    let allow = |condition: &str| {
        format!(r#"{{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {{{condition}}}}}"#)
    };
    let equals = allow(r#""StringEquals": {"aws:PrincipalTag/t": "a"}"#);
    let other = allow(r#""StringNotEquals": {"aws:PrincipalTag/t": "a"}"#);
    let present = allow(r#""StringNotEquals": {"aws:PrincipalTag/t": "a"}, "Null": {"aws:PrincipalTag/t": "false"}"#);
    let ask = |statements: String| claim(&role(&statements), "s3:GetObject", Set::everything());
    assert!(matches!(ask(format!("{equals}, {other}")), Proof::Refuted(_)));
    assert!(matches!(ask(format!("{equals}, {present}")), Proof::Undecided(_)));
    // All sessions of a role have its id.
    let rights = role(&allow(r#""StringNotLike": {"aws:userid": "AROAOTHER:*"}"#));
    let known = rights.known().like("aws:userid", "AROAOWN:*");
    let area = Area { actions: Set::of(["s3:GetObject"]), resources: Set::everything() };
    assert!(matches!(Prover::new(Catalogue::aws()).never(&rights, &area, &known), Proof::Refuted(_)));
}

#[test]
fn a_key_that_the_action_does_not_have_is_not_chosen() {
    let allow = |condition: &str| {
        role(&format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{{condition}}}}}"#))
    };
    let days = r#""NumericGreaterThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": "29"}"#;
    let ask = |action: &str| said(&claim(&allow(days), action, Set::everything()));
    assert_eq!(ask("kms:ScheduleKeyDeletion"), "kms:schedulekeydeletionpendingwindowindays=30");
    assert!(ask("kms:DisableKey").starts_with("undecided: kms:ScheduleKeyDeletionPendingWindowInDays"));
}

#[test]
fn conditions_on_one_key_are_seen_together() {
    let statements = |allow: &str, deny: &str| {
        role(&format!(
            r#"{{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {{{allow}}}}},
               {{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {{{deny}}}}}"#
        ))
    };
    let tag = |operator: &str, value: &str| format!(r#""{operator}": {{"aws:PrincipalTag/t": "{value}"}}"#);
    for (allow, deny, expected) in [
        (tag("StringEquals", "a"), tag("StringLike", "a*"), "proved"),
        (tag("StringLike", "a*"), tag("StringEquals", "a"), "undecided: aws:PrincipalTag/t"),
        (tag("StringLike", "?"), tag("Null", "false"), "proved"),
        (tag("Null", "true"), tag("StringNotEquals", "a"), "proved"),
        (tag("Null", "true"), tag("StringNotEqualsIfExists", "a"), "proved"),
        (tag("StringEqualsIfExists", "a"), tag("StringNotEquals", "b"), "proved"),
    ] {
        let found = line(&claim(&statements(&allow, &deny), "s3:GetObject", Set::everything()));
        assert!(found.starts_with(expected), "{allow} {deny}: {found}");
    }
}

#[test]
fn what_an_arn_says_is_known_of_its_request() {
    let allow = |condition: &str| {
        role(&format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {{{condition}}}}}"#))
    };
    let region = r#""StringEquals": {"aws:RequestedRegion": "eu-west-1"}"#;
    let account = r#""StringEquals": {"aws:ResourceAccount": "111122223333"}"#;
    let queue = |region: &str, account: &str| Set::of([format!("arn:aws:sqs:{region}:{account}:*")]);
    for (condition, action, resources, expected) in [
        (region, "sqs:SendMessage", queue("us-east-1", "*"), "proved"),
        (region, "sqs:SendMessage", queue("*", "*"), "aws:requestedregion=eu-west-1"),
        (region, "iam:GetRole", Set::everything(), "proved"),
        (region, "s3:GetObject", Set::everything(), "aws:requestedregion=eu-west-1"),
        (account, "sqs:SendMessage", queue("*", "444455556666"), "proved"),
        (account, "sqs:SendMessage", queue("*", "111122223333"), "aws:resourceaccount=111122223333"),
        // The ARN of a bucket does not contain its owner. Some caller may have such a bucket, but the owner of a named
        // bucket is unknown.
        (account, "s3:GetObject", Set::everything(), "aws:resourceaccount=111122223333"),
        (account, "s3:GetObject", Set::of(["arn:aws:s3:::b/k"]), "undecided: aws:ResourceAccount"),
    ] {
        let found = said(&claim(&allow(condition), action, resources));
        assert!(found.starts_with(expected), "{condition} {action}: {found}");
    }
}

#[test]
fn a_device_is_chosen_by_whoever_may_register_one() {
    let user = |statements: &str| Rights {
        subject: Subject::User { arn: "arn:aws:iam::647751526084:user/anna".to_owned() },
        ..role(statements)
    };
    let mfa = r#""Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#;
    let only_with = format!(r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", {mfa}}}"#);
    let register =
        r#"{"Effect": "Allow", "Action": "iam:EnableMFADevice", "Resource": "arn:aws:iam::*:user/${aws:username}"}"#;
    let ask = |rights: &Rights| said(&claim(rights, "s3:GetObject", Set::everything()));
    assert_eq!(ask(&user(&format!("{only_with}, {register}"))), "aws:multifactorauthpresent=true");
    assert!(ask(&user(&only_with)).starts_with("undecided: aws:MultiFactorAuthPresent of app#0"));
}

#[test]
fn nobody_is_said_to_change_what_aws_owns_or_to_name_what_aws_does_not_allow() {
    let allow = |action: &str, resource: &str| {
        role(&format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"}}"#))
    };
    for (action, resource, expected) in [
        ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/*", "proved"),
        ("iam:GetPolicy", "arn:aws:iam::aws:policy/*", "iam:GetPolicy on arn:aws:iam::aws:policy/x by app#0"),
        ("iam:DeleteRole", "arn:aws:iam::aws:role/*", "proved"),
        (
            "ssm:SendCommand",
            "arn:aws:ssm:*::document/AWS-*",
            "ssm:SendCommand on arn:aws:ssm:eu-central-1::document/AWS- by app#0",
        ),
        ("sqs:SendMessage", "arn:aws:*:*:*:*:ok", "proved"),
        ("rds:DeleteDBInstance", "arn:aws:rds:*:*:db:*:*", "proved"),
        (
            "rds:DeleteDBSnapshot",
            "arn:aws:rds:*:*:snapshot:rds:*",
            "rds:DeleteDBSnapshot on arn:aws:rds:eu-central-1:647751526084:snapshot:rds:x by app#0",
        ),
        ("dynamodb:GetRecords", "arn:aws:dynamodb:*:*:table/*/stream/*:*:*", "dynamodb:GetRecords on "),
        ("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/*:*", "proved"),
        (
            "iot:UpdateThing",
            "arn:aws:iot:*:*:thing/*:*",
            "iot:UpdateThing on arn:aws:iot:eu-central-1:647751526084:thing/",
        ),
        ("codebuild:BatchGetBuilds", "arn:aws:codebuild:*:*:*:key/*", "proved"),
    ] {
        let found = line(&claim(&allow(action, resource), action, Set::everything()));
        assert!(found.starts_with(expected), "{action} {resource}: {found}");
    }
}

#[test]
fn a_budget_that_ends_keeps_what_was_in_doubt() {
    let rights = role(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/t": "a"}}}"#,
    );
    let area = Area { actions: Set::everything(), resources: Set::everything() };
    let found = line(&Prover::new(Catalogue::aws()).with(Budget::of(60_000)).never(&rights, &area, &rights.known()));
    assert!(found.starts_with("undecided: aws:PrincipalTag/t of app#0"), "{found}");
}

#[test]
fn a_variable_that_every_request_has_leaves_a_deny_sure() {
    let denied = |variable: &str| {
        let rights = role(&format!(
            r#"{{"Effect": "Deny", "Action": "s3:CreateBucket", "NotResource": "arn:aws:s3:::*-${{{variable}}}-an"}}"#
        ));
        let area = Area { actions: Set::of(["s3:CreateBucket"]), resources: Set::of(["arn:aws:s3:::evil"]) };
        line(&Prover::new(Catalogue::aws()).denied(&rights, &area, &Context::unknown()))
    };
    assert_eq!(denied("aws:RequestedRegion"), "proved");
    // Without its key, the statement might be invalid.
    assert!(denied("aws:PrincipalTag/t").starts_with("undecided: aws:PrincipalTag/t"));
}
