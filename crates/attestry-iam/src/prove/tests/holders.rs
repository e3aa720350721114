//! Tests documents that can be attached to any identity.

use super::scenarios::{document, line};
use crate::prove::{Area, Catalogue, Proof, Prover, Set};
use crate::{Callers, Context, Known};

const ACCOUNT: &str = "647751526084";

/// Proves that a document with one condition does not allow an action on any role.
fn proof(condition: &str, account: Option<&str>) -> Proof {
    let allow =
        format!(r#"{{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*", "Condition": {{{condition}}}}}"#);
    let area = Area { actions: Set::of(["sts:AssumeRole"]), resources: Set::everything() };
    let known =
        account.into_iter().fold(Context::unknown(), |known, account| known.with("aws:PrincipalAccount", [account]));
    Prover::new(Catalogue::aws()).never(&document(&allow), &area, &known.of(Callers::Holders))
}

#[test]
fn a_holder_has_the_tags_and_the_session_that_a_condition_names() {
    for condition in [
        r#""StringEquals": {"aws:PrincipalTag/team": "a"}"#,
        r#""StringLike": {"aws:PrincipalTag/team": "a*"}, "Null": {"aws:PrincipalTag/other": "true"}"#,
        r#""StringEquals": {"aws:SourceIdentity": "bob"}"#,
        r#""StringEquals": {"aws:FederatedProvider": "cognito-identity.amazonaws.com"}"#,
        r#""StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}"#,
    ] {
        let found = line(&proof(condition, Some(ACCOUNT)));
        assert_eq!(found, "sts:AssumeRole on arn:aws:iam::647751526084:role/x by app#0", "{condition}");
    }
}

#[test]
fn no_holder_has_a_session_of_a_role_and_the_name_of_a_user() {
    let condition = r#""StringEquals": {"aws:SourceIdentity": "bob"}"#;
    let Proof::Refuted(found) = proof(condition, Some(ACCOUNT)) else { panic!("not refuted") };
    assert_eq!(found[0].principal, "arn:aws:iam::647751526084:role/anyone");
    assert_eq!(found[0].context.get("aws:username"), Known::Absent);
    let both = r#""StringEquals": {"aws:SourceIdentity": "bob", "aws:username": "anyone"}"#;
    assert!(line(&proof(both, Some(ACCOUNT))).starts_with("undecided: "));
}

#[test]
fn the_account_of_a_holder_determines_its_organization() {
    let condition = r#""StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#;
    assert!(line(&proof(condition, None)).starts_with("sts:AssumeRole on "));
    assert!(line(&proof(condition, Some(ACCOUNT))).starts_with("undecided: aws:PrincipalOrgID"));
}

#[test]
fn the_name_of_a_holder_is_not_assumed() {
    for condition in [
        r#""StringEquals": {"aws:username": "bob"}"#,
        r#""ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::647751526084:role/admin"}"#,
        r#""StringLike": {"aws:userid": "AROAEXAMPLEID:*"}"#,
    ] {
        assert!(line(&proof(condition, Some(ACCOUNT))).starts_with("undecided: "), "{condition}");
    }
    // Neither a user nor a role is a service.
    let found = line(&proof(r#""Bool": {"aws:PrincipalIsAWSService": "true"}"#, Some(ACCOUNT)));
    assert!(!found.starts_with("sts:AssumeRole"), "{found}");
}
