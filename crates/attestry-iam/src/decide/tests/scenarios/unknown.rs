//! Tests unknown facts, and the actions, resources and statements that a policy covers.

use super::*;
use crate::Known;

#[test]
fn what_is_unknown() {
    let to_if = |principal: &str| names("Allow", &format!(r#""Principal":{{"AWS":"{principal}"}}"#), IF);
    check(vec![
        ("a conditional allow", user(ANNA), Policies { identity: may_if(), ..none() }, "undecided Identity [k]"),
        (
            "a conditional allow beside a certain one",
            user(ANNA),
            Policies { identity: [may_if(), may()].concat(), ..none() },
            "allowed Identity",
        ),
        (
            "a conditional deny",
            user(ANNA),
            Policies { identity: [deny_if(), may()].concat(), ..none() },
            "undecided Identity [k]",
        ),
        (
            "a conditional deny of what nothing allows",
            user(ANNA),
            Policies { identity: deny_if(), ..none() },
            "lacks Identity",
        ),
        (
            "a conditional deny beside a certain one",
            user(ANNA),
            Policies { identity: [deny_if(), deny(), may()].concat(), ..none() },
            "denied Identity",
        ),
        (
            "a conditional allow of what the boundary lacks",
            user(ANNA),
            Policies { identity: may_if(), boundary: Some(other()), ..none() },
            "lacks Boundary",
        ),
        (
            "a conditional boundary",
            user(ANNA),
            Policies { identity: may(), boundary: Some(may_if()), ..none() },
            "undecided Boundary [k]",
        ),
        (
            "a conditional control policy",
            user(ANNA),
            Policies { identity: may(), scps: vec![may_if()], ..none() },
            "undecided ServiceControl [k]",
        ),
        (
            "a conditional resource policy",
            user(ANNA),
            Policies { resource: to_if(ANNA), ..none() },
            "undecided Resource [k]",
        ),
        (
            "a conditional resource policy beside an identity policy",
            user(ANNA),
            Policies { resource: to_if(ANNA), identity: may(), ..none() },
            "allowed Identity",
        ),
        (
            "conditions on both sides",
            user(EVE),
            Policies { resource: to_if(EVE), identity: may_if(), ..none() },
            "undecided Identity Resource [k]",
        ),
        (
            "a condition here, and nothing there",
            user(EVE),
            Policies { resource: to_if(EVE), ..none() },
            "lacks Identity",
        ),
    ]);
}

fn one_statement(version: &str, elements: &str, resource: &str, context: Context) -> String {
    let text = format!(r#"{{"Version":"{version}","Statement":{{"Effect":"Allow",{elements}}}}}"#);
    let policies = Policies { identity: vec![parse("p", &text, Form::Identity).unwrap()], ..none() };
    told(&decide(&Request { resource: resource.to_owned(), ..asked(user(ANNA), context) }, &policies))
}

#[test]
fn actions_and_resources() {
    let known = || Context::unknown().with("aws:username", ["anna"]).without("gone");
    for (rule, version, elements, resource, expected) in [
        ("actions in any case", "2012-10-17", r#""Action":"S3:gETo*","Resource":"*""#, "r", "allowed Identity"),
        ("an action of another service", "2012-10-17", r#""Action":"s4:*","Resource":"*""#, "r", "lacks Identity"),
        ("not this action", "2012-10-17", r#""NotAction":["s3:Put*"],"Resource":"*""#, "r", "allowed Identity"),
        ("all but this action", "2012-10-17", r#""NotAction":["s3:Get*"],"Resource":"*""#, "r", "lacks Identity"),
        ("no action", "2012-10-17", r#""Action":[],"Resource":"*""#, "r", "lacks Identity"),
        (
            "a resource across colons",
            "2012-10-17",
            r#""Action":"*","Resource":"arn:*:x""#,
            "arn:a:b:c:d:x",
            "allowed Identity",
        ),
        ("resources keep their case", "2012-10-17", r#""Action":"*","Resource":"A""#, "a", "lacks Identity"),
        ("not this resource", "2012-10-17", r#""Action":"*","NotResource":"a*""#, "b", "allowed Identity"),
        ("all but this resource", "2012-10-17", r#""Action":"*","NotResource":["b","a*"]"#, "ab", "lacks Identity"),
        (
            "a variable",
            "2012-10-17",
            r#""Action":"*","Resource":"h/${aws:username}/*""#,
            "h/anna/x",
            "allowed Identity",
        ),
        (
            "a variable of 2008",
            "2008-10-17",
            r#""Action":"*","Resource":"h/${aws:username}/*""#,
            "h/anna/x",
            "lacks Identity",
        ),
        (
            "an unknown variable",
            "2012-10-17",
            r#""Action":"*","Resource":"h/${x}/*""#,
            "h/anna/x",
            "undecided Identity [x]",
        ),
        (
            "an unknown variable that cannot matter",
            "2012-10-17",
            r#""Action":"*","Resource":"h/${x}/*""#,
            "i/anna/x",
            "lacks Identity",
        ),
        (
            "an unknown variable beside what matches",
            "2012-10-17",
            r#""Action":"*","Resource":["h/${x}/*","h/*"]"#,
            "h/anna/x",
            "allowed Identity",
        ),
        (
            "a variable that cannot be filled",
            "2012-10-17",
            r#""Action":"*","Resource":"h/${gone}/*""#,
            "h//x",
            "lacks Identity",
        ),
        (
            "a variable that cannot be filled, negated",
            "2012-10-17",
            r#""Action":"*","NotResource":"h/${gone}""#,
            "r",
            "undecided Identity [gone]",
        ),
        ("a default", "2012-10-17", r#""Action":"*","Resource":"h/${gone, 'all'}/*""#, "h/all/x", "allowed Identity"),
    ] {
        assert_eq!(one_statement(version, elements, resource, known()), expected, "{rule}");
    }
}

#[test]
fn keys_that_follow_from_who_asks() {
    let keys = |subject| asked(subject, Context::unknown().with("k", ["v"])).with_principal_keys().context;
    let told = |subject, key: &str| match keys(subject).get(key) {
        Known::Values(values) => values.join(" "),
        other => format!("{other:?}"),
    };
    assert_eq!(told(user(ANNA), "aws:username"), "anna");
    assert_eq!(told(user(ANNA), "aws:PrincipalArn"), ANNA);
    assert_eq!(told(user(ANNA), "aws:PrincipalAccount"), US);
    assert_eq!(told(role(), "aws:PrincipalArn"), ROLE);
    assert_eq!(told(role(), "aws:PrincipalType"), "AssumedRole");
    assert_eq!(told(role(), "aws:username"), "Absent");
    assert_eq!(told(federated(), "aws:PrincipalArn"), FEDERATED);
    assert_eq!(told(root(THEM), "aws:PrincipalAccount"), THEM);
    assert_eq!(told(root(THEM), "aws:PrincipalArn"), "Unknown");
    assert_eq!(told(service("x.amazonaws.com"), "aws:PrincipalIsAWSService"), "true");
    assert_eq!(told(Subject::Anonymous, "aws:PrincipalAccount"), "Absent");
    assert_eq!(told(Subject::Anonymous, "aws:PrincipalType"), "Unknown");
    assert_eq!(told(user(ANNA), "k"), "v");
}

#[test]
fn the_statement_is_named() {
    let two = r#"{"Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"},
        {"Sid":"Read","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let policies = Policies { identity: vec![parse("reader", two, Form::Identity).unwrap()], ..none() };
    let Decision::Allowed { by: Some(by) } = decide(&asked(user(ANNA), Context::complete()), &policies) else {
        panic!()
    };
    assert_eq!((by.layer, &*by.policy, by.sid.as_deref(), by.statement), (Layer::Identity, "reader", Some("Read"), 1));
}
