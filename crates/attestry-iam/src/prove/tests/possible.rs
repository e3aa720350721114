//! Tests that no answer rests on values that no request can have.

use super::scenarios::{document, line};
use crate::prove::{Area, Catalogue, Guarded, Proof, Prover, Set};
use crate::{Callers, Context, Form, parse};

const ACTION: &str = "sqs:PurgeQueue";

/// Proves that a policy of a role does not allow an action on any queue.
fn never(statements: &str, known: Context) -> Proof {
    let area = Area { actions: Set::of([ACTION]), resources: Set::everything() };
    Prover::new(Catalogue::aws()).never(&document(statements), &area, &known)
}

fn allow(resource: &str, condition: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": "{ACTION}", "Resource": "{resource}", "Condition": {{{condition}}}}}"#)
}

/// Returns the answer about outsiders of a queue.
fn cross_account(allow: &str) -> Proof {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{allow}]}}"#);
    let policy = parse("queue", &text, Form::Resource).unwrap();
    let arn = "arn:aws:sqs:eu-central-1:647751526084:q".to_owned();
    let of = Guarded { arn, owner: "647751526084".into(), policy: Some(policy), grants: Vec::new() };
    Prover::new(Catalogue::aws()).no_cross_account_except(&of, &Default::default())
}

#[test]
fn a_key_that_no_caller_chooses_leads_to_one_resource_or_decides() {
    let [one, other] = ["one", "other"].map(|name| format!("arn:aws:sqs:eu-central-1:647751526084:{name}"));
    let [tagged, untagged] = ["false", "true"].map(|it| format!(r#""Null": {{"aws:PrincipalTag/t": "{it}"}}"#));
    let statements = format!("{}, {}", allow(&one, &tagged), allow(&one, &untagged));
    assert_eq!(line(&never(&statements, Context::unknown())), format!("{ACTION} on {one} by app#0"));
    let statements = format!("{}, {}", allow(&one, &tagged), allow(&other, &untagged));
    let found = line(&never(&statements, Context::unknown()));
    assert!(found.starts_with("undecided: aws:PrincipalTag/t"), "{found}");
}

#[test]
fn ids_of_networks_have_their_form() {
    for (key, test, covered) in [
        ("aws:SourceVpc", "StringNotLike", "vpc-*"),
        ("aws:SourceVpce", "StringNotLike", "vpce-*"),
        ("aws:SourceVpcArn", "ArnNotLike", "arn:aws:ec2:*:*:vpc/*"),
        ("aws:SourceVpcArn", "StringNotLike", "arn:aws:ec2:*:vpc/*"),
    ] {
        let condition = format!(r#""{test}": {{"{key}": "{covered}"}}, "Null": {{"{key}": "false"}}"#);
        assert_eq!(line(&never(&allow("*", &condition), Context::unknown())), "proved", "{condition}");
        let other = condition.replace("Not", "");
        assert!(line(&never(&allow("*", &other), Context::unknown())).starts_with(ACTION), "{other}");
        let open = allow("*", &condition).replace(r#""Action""#, r#""Principal": "*", "Action""#);
        assert!(!matches!(cross_account(&open), Proof::Refuted(_)), "{condition}");
    }
    // A VPC of another account has an ARN of the same form.
    let condition = r#""ArnNotLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:647751526084:vpc/*"}, "Null": {"aws:SourceVpcArn": "false"}"#;
    let open = allow("*", condition).replace(r#""Action""#, r#""Principal": "*", "Action""#);
    let Proof::Refuted(found) = cross_account(&open) else { panic!("{condition}") };
    let Some(crate::Known::Values([arn])) = Some(found[0].context.get("aws:SourceVpcArn")) else { panic!("no ARN") };
    assert!(arn.starts_with("arn:aws:ec2:") && arn.split(':').count() == 6, "{arn}");
}

#[test]
fn a_path_begins_with_its_organization() {
    let conditions = |id: &str, path: &str| {
        format!(r#""StringLike": {{"aws:PrincipalOrgPaths": "{path}", "aws:PrincipalOrgID": "{id}"}}"#)
    };
    let any = Context::unknown().of(Callers::Holders);
    let contrary = conditions("o-theirs", "o-ours/r-1/*");
    assert!(!line(&never(&allow("*", &contrary), any.clone())).starts_with(ACTION), "{contrary}");
    let same = conditions("o-ours", "o-ours/r-1/ou-1/");
    assert!(line(&never(&allow("*", &same), any)).starts_with(ACTION), "{same}");
    let open = |condition: &str| {
        let allow = allow("*", condition).replace(r#""Action""#, r#""Principal": {"AWS": "222222222222"}, "Action""#);
        matches!(cross_account(&allow), Proof::Refuted(_))
    };
    assert!(!open(&contrary), "{contrary}");
    assert!(open(&same), "{same}");
    // The id follows from the path, although no condition names it in full.
    assert!(open(
        r#""StringLike": {"aws:PrincipalOrgPaths": "o-ours/r-1/*"}, "StringNotEquals": {"aws:PrincipalOrgID": "o-theirs"}"#
    ));
}
