//! Tests which callers the policy of a resource allows.

use crate::prove::{Catalogue, Doubt, Exception, Grant, Guarded, Proof, Prover};
use crate::{Form, parse};

const OWNER: &str = "647751526084";
const KEY: &str = "arn:aws:kms:eu-central-1:647751526084:key/1";

fn guarded(arn: &str, statements: &str) -> Guarded {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let policy = Some(parse("policy", &text, Form::Resource).unwrap());
    Guarded { arn: arn.into(), owner: OWNER.into(), policy, grants: Vec::new() }
}

fn allow(principal: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "*", "Resource": "*", "Condition": {{{condition}}}}}"#
    )
}

fn line(proof: &Proof) -> String {
    match proof {
        Proof::Proved => "proved".into(),
        Proof::Refuted(found) => {
            let found = &found[0];
            format!("{} may {} on {} by #{}", found.principal, found.action, found.resource, found.by[0].statement)
        }
        Proof::Undecided(Doubt::Conditions { keys, .. }) => format!("undecided: {}", keys.join(", ")),
        Proof::Undecided(Doubt::UnknownAccount { principal, .. }) => format!("whose is {principal}?"),
        Proof::Undecided(doubt) => format!("{doubt:?}"),
    }
}

#[test]
fn everyone_is_public_unless_a_condition_names_somebody() {
    let public = "* may kms:CancelKeyDeletion on arn:aws:kms:eu-central-1:647751526084:key/1 by #0";
    for (principal, condition, expected) in [
        (r#""*""#, "", public),
        (r#"{"AWS": "*"}"#, "", public),
        (r#"{"AWS": "arn:aws:iam::647751526084:root"}"#, "", "proved"),
        (r#"{"AWS": "arn:aws:iam::111122223333:role/x"}"#, "", "proved"),
        (r#"{"Service": "logs.eu-central-1.amazonaws.com"}"#, "", "proved"),
        (r#""*""#, r#""StringEquals": {"kms:CallerAccount": "647751526084"}"#, "proved"),
        (r#""*""#, r#""StringEqualsIfExists": {"kms:CallerAccount": "647751526084"}"#, public),
        (r#""*""#, r#""StringEquals": {"aws:PrincipalOrgID": "o-abc123"}"#, "proved"),
        (r#""*""#, r#""StringLike": {"aws:PrincipalOrgID": "o-abc123"}"#, "proved"),
        (r#""*""#, r#""StringLike": {"aws:PrincipalOrgID": "o-*"}"#, public),
        (r#""*""#, r#""StringLike": {"aws:userid": "AROAEXAMPLE:*"}"#, "proved"),
        (r#""*""#, r#""StringLike": {"aws:userid": "*:anna"}"#, public),
        (r#""*""#, r#""ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-abc123/*"}"#, public),
        (r#""*""#, r#""ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc123/r-1/*"}"#, "proved"),
        (r#""*""#, r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::647751526084:role/*"}"#, "proved"),
        (r#""*""#, r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}"#, public),
        (r#""*""#, r#""StringEquals": {"aws:SourceVpce": "vpce-1"}"#, "proved"),
        (r#""*""#, r#""StringEquals": {"aws:PrincipalTag/team": "bank"}"#, public),
        (r#""*""#, r#""Bool": {"aws:SecureTransport": "true"}"#, public),
        (r#""*""#, r#""Null": {"aws:PrincipalOrgID": "false"}"#, public),
        (r#""*""#, r#""StringNotEquals": {"aws:PrincipalAccount": "111122223333"}"#, public),
        (r#""*""#, r#""IpAddress": {"aws:SourceIp": "192.0.2.0/24"}"#, "proved"),
        (r#""*""#, r#""IpAddress": {"aws:SourceIp": "0.0.0.0/1"}"#, public),
        (r#""*""#, r#""NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}"#, public),
    ] {
        let proof = Prover::new(Catalogue::aws()).no_public_principal(&guarded(KEY, &allow(principal, condition)));
        assert_eq!(line(&proof), expected, "{principal} {condition}");
    }
}

#[test]
fn a_deny_for_all_others_closes_what_is_open_to_everyone() {
    let claim = |statements: &str| line(&Prover::new(Catalogue::aws()).no_public_principal(&guarded(KEY, statements)));
    let open = allow(r#""*""#, "");
    let deny = |more: &str| format!(r#"{open}, {{"Effect": "Deny", "Action": "*", "Resource": "*", {more}}}"#);
    let others = r#""Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abc123"}}"#;
    assert_eq!(claim(&deny(&format!(r#""Principal": "*", {others}"#))), "proved");
    assert_eq!(claim(&deny(r#""NotPrincipal": {"AWS": "arn:aws:iam::647751526084:root"}"#)), "proved");
    let http = r#""Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}"#;
    assert!(claim(&deny(http)).starts_with("* may kms:"));
    assert!(claim(&deny(r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#)).starts_with("* may kms:"));
    let negated =
        r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*"}"#;
    assert_eq!(claim(negated), format!("* may kms:Decrypt on {KEY} by #0"));
}

#[test]
fn what_is_of_another_resource_does_not_count() {
    let object =
        r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bank/*"}"#;
    let claim = |arn: &str| line(&Prover::new(Catalogue::aws()).no_public_principal(&guarded(arn, object)));
    assert_eq!(claim("arn:aws:s3:::bank"), "* may s3:GetObject on arn:aws:s3:::bank/x by #0");
    assert_eq!(claim("arn:aws:s3:::bank-logs"), "proved");
}

#[test]
fn other_accounts_are_seen_wherever_they_are_named() {
    let except = |accounts: &[&str]| Exception::new(accounts.iter().map(|it| (*it).to_owned()));
    let claim = |statements: &str, except: Exception| {
        line(&Prover::new(Catalogue::aws()).no_cross_account_except(&guarded(KEY, statements), &except))
    };
    let none = || except(&[]);
    for (principal, condition, expected) in [
        (r#"{"AWS": "arn:aws:iam::647751526084:root"}"#, "", "proved"),
        (r#"{"AWS": "647751526084"}"#, "", "proved"),
        (r#"{"AWS": "111122223333"}"#, "", "111122223333"),
        (r#"{"AWS": "arn:aws:iam::111122223333:role/x"}"#, "", "arn:aws:iam::111122223333:role/x"),
        (r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/x/s"}"#, "", "arn:aws:sts::111122223333:assumed-role/x/s"),
        (r#""*""#, "", "*"),
        (r#""*""#, r#""StringEquals": {"kms:CallerAccount": "647751526084"}"#, "proved"),
        (r#""*""#, r#""StringEquals": {"kms:CallerAccount": ["647751526084", "111122223333"]}"#, "111122223333"),
        (r#""*""#, r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}"#, "111122223333"),
        (r#""*""#, r#""StringEquals": {"aws:PrincipalOrgID": "o-1"}"#, "whose is o-1?"),
        (r#"{"AWS": "AROAEXAMPLE"}"#, "", "proved"),
        (r#"{"Service": "sns.amazonaws.com"}"#, "", "sns.amazonaws.com may"),
        (
            r#"{"Service": "sns.amazonaws.com"}"#,
            r#""StringEquals": {"aws:SourceAccount": "111122223333"}"#,
            "sns.amazonaws.com may",
        ),
    ] {
        let found = claim(&allow(principal, condition), none());
        assert!(found.starts_with(expected), "{principal} {condition}: {found}");
    }
    let foreign = allow(r#"{"AWS": ["111122223333", "444455556666"]}"#, "");
    assert!(claim(&foreign, except(&["111122223333"])).starts_with("444455556666 may"));
    assert_eq!(claim(&foreign, except(&["111122223333", "444455556666"])), "proved");
    let denied = format!(
        r#"{foreign}, {{"Effect": "Deny", "Principal": {{"AWS": "444455556666"}}, "Action": "*", "Resource": "*"}}"#
    );
    assert_eq!(claim(&denied, except(&["111122223333"])), "proved");
}

#[test]
fn what_denies_spare_of_everyone_is_another_account() {
    let claim = |deny: &str| {
        let deny = format!(r#"{{"Effect": "Deny", "Action": "*", "Resource": "*", {deny}}}"#);
        let of = guarded(KEY, &format!("{}, {deny}", allow(r#""*""#, "")));
        line(&Prover::new(Catalogue::aws()).no_cross_account_except(&of, &Exception::default()))
    };
    let unless = |key: &str, values: &str| {
        claim(&format!(r#""Principal": "*", "Condition": {{"StringNotEquals": {{"{key}": {values}}}}}"#))
    };
    assert_eq!(unless("aws:PrincipalAccount", r#""647751526084""#), "proved");
    assert!(unless("aws:PrincipalAccount", r#"["647751526084", "111122223333"]"#).starts_with("111122223333 may"));
    assert_eq!(unless("aws:PrincipalOrgID", r#""o-1""#), "undecided: aws:PrincipalOrgID");
    assert_eq!(claim(r#""NotPrincipal": {"AWS": "arn:aws:iam::647751526084:root"}"#), "proved");
    let spared = claim(r#""NotPrincipal": {"AWS": ["647751526084", "arn:aws:iam::111122223333:root"]}"#);
    assert!(spared.starts_with("111122223333 may"), "{spared}");
}

#[test]
fn a_service_that_others_could_send_is_reported() {
    let except = Exception::default();
    let claim = |condition: &str| {
        let of = guarded(KEY, &allow(r#"{"Service": "sns.amazonaws.com"}"#, condition));
        line(&Prover::new(Catalogue::aws()).no_cross_account_except(&of, &except))
    };
    assert!(claim("").starts_with("sns.amazonaws.com may kms:"));
    assert_eq!(claim(r#""StringEquals": {"aws:SourceAccount": "647751526084"}"#), "proved");
    assert_eq!(claim(r#""ArnLike": {"aws:SourceArn": "arn:aws:sns:*:647751526084:*"}"#), "proved");
}

#[test]
fn a_grant_lets_in_as_well() {
    let grant = |grantee: &str| Grant {
        name: "g-1".into(),
        grantee: grantee.into(),
        operations: vec!["Decrypt".into()],
        constrained: true,
    };
    let claim = |grantee: &str| {
        let of = Guarded { arn: KEY.into(), owner: OWNER.into(), policy: None, grants: vec![grant(grantee)] };
        line(&Prover::new(Catalogue::aws()).no_cross_account_except(&of, &Exception::default()))
    };
    assert_eq!(claim("arn:aws:iam::647751526084:role/x"), "proved");
    assert_eq!(
        claim("arn:aws:iam::111122223333:role/x"),
        format!("arn:aws:iam::111122223333:role/x may kms:Decrypt on {KEY} by #0")
    );
}

#[test]
fn who_is_let_in_by_the_policy_alone() {
    const ROLE: &str = "arn:aws:iam::647751526084:role/developer";
    let claim = |statements: &str| line(&Prover::new(Catalogue::aws()).shuts_out(&guarded(KEY, statements), ROLE));
    for (principal, condition, expected) in [
        (r#"{"AWS": "arn:aws:iam::647751526084:role/developer"}"#, "", "arn:aws:iam::647751526084:role/developer may"),
        (r#""*""#, "", "arn:aws:iam::647751526084:role/developer may"),
        // The account is named: its own policies decide, and they do not matter here.
        (r#"{"AWS": "arn:aws:iam::647751526084:root"}"#, "", "proved"),
        (r#"{"AWS": "arn:aws:iam::647751526084:role/other"}"#, "", "proved"),
        (r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, "", "proved"),
        (
            r#"{"AWS": "arn:aws:iam::647751526084:role/developer"}"#,
            r#""StringEquals": {"aws:PrincipalTag/team": "x"}"#,
            "undecided: aws:PrincipalTag/team",
        ),
    ] {
        let found = claim(&allow(principal, condition));
        assert!(found.starts_with(expected), "{principal} {condition}: {found}");
    }
    let grants =
        vec![Grant { name: "g".into(), grantee: ROLE.into(), operations: vec!["Decrypt".into()], constrained: true }];
    let of = Guarded { arn: KEY.into(), owner: OWNER.into(), policy: None, grants };
    assert!(matches!(Prover::new(Catalogue::aws()).shuts_out(&of, ROLE), Proof::Refuted(_)));
}

#[test]
fn a_grant_to_a_session_lets_its_role_in() {
    const ROLE: &str = "arn:aws:iam::647751526084:role/path/developer";
    for (grantee, lets_in) in [
        ("arn:aws:sts::647751526084:assumed-role/developer/anna", true),
        ("arn:aws:sts::647751526084:assumed-role/other/anna", false),
        ("arn:aws:sts::111122223333:assumed-role/developer/anna", false),
    ] {
        let grants = vec![Grant {
            name: "g".into(),
            grantee: grantee.into(),
            operations: vec!["Decrypt".into()],
            constrained: false,
        }];
        let of = Guarded { arn: KEY.into(), owner: OWNER.into(), policy: None, grants };
        let proof = Prover::new(Catalogue::aws()).shuts_out(&of, ROLE);
        assert_eq!(matches!(proof, Proof::Refuted(_)), lets_in, "{grantee}: {proof:?}");
    }
}

#[test]
fn what_is_certain_of_a_named_caller_decides() {
    let claim = |statements: &str| {
        let of = guarded(KEY, statements);
        line(&Prover::new(Catalogue::aws()).no_cross_account_except(&of, &Exception::default()))
    };
    let named = r#"{"AWS": "arn:aws:iam::111122223333:role/x"}"#;
    let deny = |principal: &str, condition: &str| {
        format!(
            r#"{}, {{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {{{condition}}}}}"#,
            allow(principal, "")
        )
    };
    for condition in [
        r#""ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/x"}"#,
        r#""Bool": {"aws:PrincipalIsAWSService": "false"}"#,
        r#""StringEquals": {"aws:PrincipalType": "AssumedRole"}"#,
    ] {
        assert_eq!(claim(&deny(named, condition)), "proved", "{condition}");
    }
    let other = r#""ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/y"}"#;
    assert!(claim(&deny(named, other)).starts_with("arn:aws:iam::111122223333:role/x may"));
    assert_eq!(claim(&allow(named, other)), "proved");
    // The claim leaves open which caller of the account sends the request.
    let whole = r#"{"AWS": "arn:aws:iam::111122223333:root"}"#;
    assert!(claim(&deny(whole, other)).starts_with("111122223333 may"));
}

#[test]
fn an_action_without_resources_is_not_asked_of_a_policy() {
    let claim = |action: &str| {
        let statement =
            format!(r#"{{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:{action}", "Resource": "*"}}"#);
        let secret = "arn:aws:secretsmanager:eu-central-1:647751526084:secret:bank-a-Ab1Cd2";
        line(&Prover::new(Catalogue::aws()).no_public_principal(&guarded(secret, &statement)))
    };
    assert_eq!(claim("GetRandomPassword"), "proved");
    assert!(claim("GetSecretValue").starts_with("* may secretsmanager:GetSecretValue"));
}

#[test]
fn a_wildcard_that_crosses_colons_names_nobody_for_sure() {
    let claim = |test: &str, value: &str| {
        let condition = format!(r#""{test}": {{"aws:SourceArn": "{value}"}}"#);
        line(&Prover::new(Catalogue::aws()).no_public_principal(&guarded(KEY, &allow(r#""*""#, &condition))))
    };
    // The name of a function of another account could contain the owner:
    // arn:aws:lambda:r:999999999999:function:647751526084:x.
    assert_eq!(claim("StringLike", "arn:aws:lambda:*:647751526084:*"), "undecided: aws:SourceArn");
    assert_eq!(claim("StringLike", "arn:aws:lambda:eu-west-1:647751526084:*"), "proved");
    assert_eq!(claim("ArnLike", "arn:aws:lambda:*:647751526084:*"), "proved");
}
