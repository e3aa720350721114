//! Tests decisions. Each scenario has the name of the documented rule that it shows.

mod callers;
mod layers;
mod unknown;

use crate::decide::{Decision, Layer, Policies, Request, Subject, decide};
use crate::{Context, Form, Policy, parse};

const US: &str = "111122223333";
const ACCOUNT: &str = "arn:aws:iam::111122223333:root";
const ANNA: &str = "arn:aws:iam::111122223333:user/anna";
const OTTO: &str = "arn:aws:iam::111122223333:user/otto";
const ROLE: &str = "arn:aws:iam::111122223333:role/app/reader";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/reader/one";
const LINKED: &str = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/anna";
const THEM: &str = "444455556666";
const EVE: &str = "arn:aws:iam::444455556666:user/eve";
const EVES_ACCOUNT: &str = "arn:aws:iam::444455556666:root";

fn user(arn: &str) -> Subject {
    Subject::User { arn: arn.to_owned() }
}

fn role() -> Subject {
    Subject::Role { arn: ROLE.to_owned(), session: Some(SESSION.to_owned()) }
}

fn some_session() -> Subject {
    Subject::Role { arn: ROLE.to_owned(), session: None }
}

fn federated() -> Subject {
    Subject::FederatedUser { arn: FEDERATED.to_owned(), user: ANNA.to_owned() }
}

fn root(account: &str) -> Subject {
    Subject::Root { account: account.to_owned() }
}

fn service(name: &str) -> Subject {
    Subject::Service { name: name.to_owned() }
}

/// A policy with one statement for `s3:GetObject` on `arn:aws:s3:::b/k`. The other elements are given.
fn policy(effect: &str, form: Form, rest: &str) -> Policy {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"S","Effect":"{effect}","Action":"s3:Get*","Resource":"*"{rest}}}]}}"#
    );
    parse("p", &text, form).unwrap()
}

fn may() -> Vec<Policy> {
    vec![policy("Allow", Form::Identity, "")]
}

fn deny() -> Vec<Policy> {
    vec![policy("Deny", Form::Identity, "")]
}

/// A policy that allows another action.
fn other() -> Vec<Policy> {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}"#;
    vec![parse("p", text, Form::Identity).unwrap()]
}

/// A condition on the key `k`.
const IF: &str = r#","Condition":{"StringEquals":{"k":"v"}}"#;

fn may_if() -> Vec<Policy> {
    vec![policy("Allow", Form::Identity, IF)]
}

fn deny_if() -> Vec<Policy> {
    vec![policy("Deny", Form::Identity, IF)]
}

fn names(effect: &str, element: &str, rest: &str) -> Option<Policy> {
    Some(policy(effect, Form::Resource, &format!(r#",{element}{rest}"#)))
}

fn to(principal: &str) -> Option<Policy> {
    names("Allow", &format!(r#""Principal":{{"AWS":"{principal}"}}"#), "")
}

fn not_to(principal: &str) -> Option<Policy> {
    names("Deny", &format!(r#""Principal":{{"AWS":"{principal}"}}"#), "")
}

fn denies_all_but(principals: &[&str]) -> Option<Policy> {
    names("Deny", &format!(r#""NotPrincipal":{{"AWS":{}}}"#, serde_json::to_string(principals).unwrap()), "")
}

fn none() -> Policies {
    Policies::default()
}

fn told(decision: &Decision) -> String {
    match decision {
        Decision::Allowed { by: Some(by) } => format!("allowed {:?}", by.layer),
        Decision::Allowed { by: None } => "allowed".to_owned(),
        Decision::ExplicitDeny { by } => format!("denied {:?}", by.layer),
        Decision::ImplicitDeny { layer } => format!("lacks {layer:?}"),
        Decision::Undecided { keys, by } => {
            let layers: Vec<_> = by.iter().map(|it| format!("{:?}", it.layer)).collect();
            format!("undecided {} [{}]", layers.join(" "), keys.join(" "))
        }
    }
}

fn asked(principal: Subject, context: Context) -> Request {
    Request {
        principal,
        action: "s3:GetObject".to_owned(),
        resource: "arn:aws:s3:::b/k".to_owned(),
        resource_account: US.to_owned(),
        context,
    }
}

fn check(rows: Vec<(&str, Subject, Policies, &str)>) {
    let mut wrong = Vec::new();
    for (rule, subject, policies, expected) in rows {
        let found = told(&decide(&asked(subject, Context::unknown()), &policies));
        if found != expected {
            wrong.push(format!("{rule}: {found}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
