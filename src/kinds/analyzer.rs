//! What IAM Access Analyzer says of policy documents: the calls and attributes that kinds with such a document share.
//!
//! Each distinct document is checked once in a place; the checks cost money. Must not know what is expected of a document.

use std::sync::Arc;

use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::{
    Access as Granted, AccessCheckPolicyType, AccessCheckResourceType, CheckAccessNotGrantedResult,
    CheckNoPublicAccessResult, Location, PathElement, PolicyType, ReasonSummary, ValidatePolicyFinding,
};
use sha2::{Digest, Sha256};

use super::convert::malformed;
use super::pages::Pages;
use crate::aws::At;
use crate::facts::{
    ACCESS, Access, Attribute, Call, Cause, Fact, Field, Gap, Oracle, Question, Reach, Resource, Type, Value,
};
use crate::iam::facts::from_values;
use crate::iam::{Policy, document};

const PUBLIC: &str = "CheckNoPublicAccess";
const VALIDATE: &str = "ValidatePolicy";
const GRANTED: &str = "CheckAccessNotGranted";

const TEXTS: Type = Type::List(&Type::Text);

/// A finding about a document.
const FINDING: &[Field] = &[
    Field::new("type", Type::Text),
    Field::new("code", Type::Text),
    Field::new("message", Type::Text),
    Field::new("places", TEXTS),
];

/// The call that says whether the attribute `policy`, which these operations tell, lets the public in.
pub(super) const fn public_call(after: &'static [&'static str]) -> Call {
    Call::new("access-analyzer", PUBLIC, "access-analyzer:CheckNoPublicAccess", Reach::Resource)
        .of(Oracle::AccessAnalyzer)
        .after(after)
}

/// The attribute `analyzer.public`.
pub(super) const fn public() -> Attribute {
    Attribute::new(
        crate::facts::PUBLIC,
        Type::Bool,
        PUBLIC,
        "result",
        "Whether Access Analyzer says that `policy` might let the public in, whatever else protects the resource; absent when \
         there is no policy.",
    )
}

/// The attribute `analyzer.reasons`.
pub(super) const fn reasons() -> Attribute {
    Attribute::new(
        "analyzer.reasons",
        TEXTS,
        PUBLIC,
        "reasons[]",
        "Why Access Analyzer says so, in its words; empty when the policy is not public, absent as `analyzer.public`.",
    )
}

/// The call that looks for mistakes.
pub(super) const VALIDATE_CALL: Call =
    Call::new("access-analyzer", VALIDATE, "access-analyzer:ValidatePolicy", Reach::Resource)
        .of(Oracle::AccessAnalyzer);

/// The attribute `analyzer.findings`.
pub(super) const fn findings() -> Attribute {
    Attribute::new(
        "analyzer.findings",
        Type::List(&Type::Record(FINDING)),
        VALIDATE,
        "findings[]",
        "What Access Analyzer finds wrong with the version that is in force. `type` is ERROR, SECURITY_WARNING, WARNING or \
         SUGGESTION, `code` its name for it, `places` are such as `Statement[0].Action`; empty when it finds nothing.",
    )
}

/// The call that says whether claims about access hold.
pub(super) const GRANTED_CALL: Call =
    Call::new("access-analyzer", GRANTED, "access-analyzer:CheckAccessNotGranted", Reach::Asked)
        .of(Oracle::AccessAnalyzer);

/// The attribute `analyzer.access`.
pub(super) const fn access() -> Attribute {
    Attribute::new(
        ACCESS,
        Type::List(&Type::Record(Access::FIELDS)),
        GRANTED,
        "result",
        "Whether Access Analyzer says that the version in force might grant what claims about `statements` are about: any of \
         the actions on any of the resources, on all where `resources` is absent. Not applicable where no claim asks what it \
         can be asked.",
    )
}

/// Sets the attributes of [`public_call`].
pub(super) async fn check_public(at: &At, resource: &mut Resource, of: AccessCheckResourceType) -> Result<(), Gap> {
    let text = match resource.get("policy") {
        Some(Fact::Known(Value::List(statements))) => rebuilt(statements)?,
        Some(none @ (Fact::Absent | Fact::NotApplicable(_))) => {
            let none = none.clone();
            resource.set_all_of(PUBLIC, &none);
            return Ok(());
        }
        _ => return Err(malformed("there is no policy that could be checked")),
    };
    let key = once(PUBLIC, &[of.as_str(), &text]);
    let told = at
        .once(key, async {
            let request = at.client(Client::new).check_no_public_access().policy_document(text).resource_type(of);
            let answer = request.send().await?;
            let public = match answer.result() {
                Some(CheckNoPublicAccessResult::Pass) => false,
                Some(CheckNoPublicAccessResult::Fail) => true,
                other => return Err(unclear(PUBLIC, other.map(CheckNoPublicAccessResult::as_str))),
            };
            Ok((public, answer.reasons().iter().map(reason).collect::<Vec<String>>()))
        })
        .await?;
    let (public, reasons) = &*told;
    resource.set("analyzer.public", *public);
    resource.set("analyzer.reasons", Value::texts(reasons));
    Ok(())
}

/// Sets the attribute of [`VALIDATE_CALL`] for an identity policy.
pub(super) async fn validate(at: &At, resource: &mut Resource, text: String) -> Result<(), Gap> {
    let key = once(VALIDATE, &[&text]);
    let found: Arc<Vec<Value>> = at
        .once(key, async {
            let mut found = Vec::new();
            let mut pages = Pages::default();
            let request = at.client(Client::new).validate_policy().policy_document(text);
            let mut answers = request.policy_type(PolicyType::IdentityPolicy).into_paginator().send();
            while let Some(page) = answers.next().await {
                let page = page?;
                pages.turn(page.next_token(), false)?;
                found.extend(page.findings().iter().map(finding));
            }
            Ok(found)
        })
        .await?;
    resource.set("analyzer.findings", Value::List(found.to_vec()));
    Ok(())
}

/// Sets the attribute of [`GRANTED_CALL`] for an identity policy.
pub(super) async fn ask(at: &At, resource: &mut Resource, text: &str, questions: &[Question]) -> Result<(), Gap> {
    let mut answers = Vec::new();
    for question in questions {
        let (actions, resources) = (question.actions.join(" "), question.resources.join(" "));
        let told = at.once(once(GRANTED, &[text, &actions, &resources]), granted(at, text, question)).await?;
        answers.push(told.to_value());
    }
    resource.set(ACCESS, Value::List(answers));
    Ok(())
}

async fn granted(at: &At, text: &str, question: &Question) -> Result<Access, Gap> {
    let asked = Granted::builder()
        .set_actions(Some(question.actions.clone()))
        .set_resources((!question.resources.is_empty()).then(|| question.resources.clone()))
        .build();
    let request = at.client(Client::new).check_access_not_granted().policy_document(text).access(asked);
    let answer = request.policy_type(AccessCheckPolicyType::IdentityPolicy).send().await?;
    let granted = match answer.result() {
        Some(CheckAccessNotGrantedResult::Pass) => false,
        Some(CheckAccessNotGrantedResult::Fail) => true,
        other => return Err(unclear(GRANTED, other.map(CheckAccessNotGrantedResult::as_str))),
    };
    Ok(Access {
        actions: question.actions.clone(),
        resources: question.resources.clone(),
        granted,
        reasons: answer.reasons().iter().map(reason).collect(),
    })
}

/// The document of a list of statements. One with redacted parts would be another document.
fn rebuilt(statements: &[Value]) -> Result<String, Gap> {
    let refused =
        |why: String| Gap { message: format!("the policy cannot be checked: {why}"), ..Gap::new(Cause::Undecided) };
    match from_values("policy", statements).map_err(refused)?.as_slice() {
        [] => Ok(document(&Policy { name: "policy".into(), variables: true, statements: Vec::new() })),
        [policy] => Ok(document(policy)),
        _ => Err(malformed("several documents where one is expected")),
    }
}

/// What is asked, once in a place, whoever asks it.
fn once(operation: &str, of: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in of {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("access-analyzer:{operation}:{hex}")
}

fn unclear(operation: &str, result: Option<&str>) -> Gap {
    malformed(format!("{operation} answers neither PASS nor FAIL but {}", result.unwrap_or("nothing")))
}

/// `statement 2 (AllowAll): …`
fn reason(reason: &ReasonSummary) -> String {
    let description = reason.description().unwrap_or_default();
    let sid = reason.statement_id().filter(|it| !it.is_empty()).map(|it| format!(" ({it})")).unwrap_or_default();
    match reason.statement_index() {
        Some(index) => format!("statement {}{sid}: {description}", i64::from(index) + 1),
        None => description.to_owned(),
    }
}

fn finding(finding: &ValidatePolicyFinding) -> Value {
    Value::record([
        ("type", Some(finding.finding_type().as_str().into())),
        ("code", Some(finding.issue_code().into())),
        ("message", Some(finding.finding_details().into())),
        ("places", Some(Value::texts(finding.locations().iter().map(place)))),
    ])
}

fn place(location: &Location) -> String {
    location.path().iter().fold(String::new(), |path, element| match element {
        PathElement::Index(index) => format!("{path}[{index}]"),
        PathElement::Key(name) | PathElement::Value(name) if path.is_empty() => name.clone(),
        PathElement::Key(name) | PathElement::Value(name) => format!("{path}.{name}"),
        _ => path,
    })
}
