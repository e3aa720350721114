//! Sends policy documents to IAM Access Analyzer for a check.
//!
//! Each distinct document is checked once in an account and Region, because the checks cost money. This module must not
//! know what is expected of a document.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{GRANTED, PUBLIC, VALIDATE};
use crate::aws::AccountRegion;
use crate::aws::client::{ACCESS_ANALYZER, Api, Client};
use crate::kinds::support::convert::malformed;
use crate::kinds::support::pages::Pages;
use attestry_core::facts::iam::{NoPolicy, from_values};
use attestry_core::facts::{ACCESS, Access, Cause, Fact, Gap, Question, Resource, Value};
use attestry_iam::{Policy, document};

const CHECK_PUBLIC: Api = ACCESS_ANALYZER.post(PUBLIC, "/policy/check-no-public-access");
const VALIDATE_POLICY: Api = ACCESS_ANALYZER.post(VALIDATE, "/policy/validation{?maxResults,nextToken}");
const CHECK_GRANTED: Api = ACCESS_ANALYZER.post(GRANTED, "/policy/check-access-not-granted");

/// The answer of a check.
#[derive(Deserialize)]
struct Checked {
    result: Option<String>,
    reasons: Option<Vec<Reason>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reason {
    description: Option<String>,
    statement_index: Option<i32>,
    statement_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Findings {
    findings: Vec<Finding>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    finding_type: String,
    issue_code: String,
    finding_details: String,
    locations: Vec<Location>,
}

#[derive(Deserialize)]
struct Location {
    path: Vec<Element>,
}

/// A step of a path. It has one of these fields, or only unknown fields.
#[derive(Deserialize)]
struct Element {
    index: Option<i64>,
    key: Option<String>,
    value: Option<String>,
}

impl Checked {
    /// Returns whether the check failed.
    fn fails(&self, operation: &str) -> Result<bool, Gap> {
        match self.result.as_deref() {
            Some("PASS") => Ok(false),
            Some("FAIL") => Ok(true),
            other => Err(unclear(operation, other)),
        }
    }

    fn why(&self) -> Vec<String> {
        self.reasons.iter().flatten().map(reason).collect()
    }
}

/// Sets the attributes of [`public_call`](super::public_call). `of` is the type of the resource, such as
/// `AWS::S3::Bucket`.
pub(in crate::kinds) async fn check_public(
    at: &AccountRegion,
    resource: &mut Resource,
    of: &'static str,
) -> Result<(), Gap> {
    let text = match resource.get("policy") {
        Some(Fact::Known(Value::List(statements))) => rebuilt(statements)?,
        Some(none @ (Fact::Absent | Fact::NotApplicable(_))) => {
            let none = none.clone();
            resource.set_all_of(PUBLIC, &none);
            return Ok(());
        }
        _ => return Err(malformed("there is no policy that could be checked")),
    };
    let key = once(PUBLIC, &[of, &text]);
    let told = at
        .once(key, async {
            let input = json!({ "policyDocument": text, "resourceType": of });
            let answer: Checked = at.client(Client::new).call(&CHECK_PUBLIC, input).await?;
            Ok((answer.fails(PUBLIC)?, answer.why()))
        })
        .await?;
    let (public, reasons) = &*told;
    resource.set("analyzer.public", *public);
    resource.set("analyzer.reasons", Value::texts(reasons));
    Ok(())
}

/// Sets the attribute of [`VALIDATE_CALL`](super::VALIDATE_CALL) for an identity policy.
pub(in crate::kinds) async fn validate(at: &AccountRegion, resource: &mut Resource, text: String) -> Result<(), Gap> {
    let key = once(VALIDATE, &[&text]);
    let found: Arc<Vec<Value>> = at
        .once(key, async {
            let mut found = Vec::new();
            let mut pages = Pages::default();
            while pages.go_on() {
                let input = json!({
                    "policyDocument": text,
                    "policyType": "IDENTITY_POLICY",
                    "nextToken": pages.token(),
                });
                let page: Findings = at.client(Client::new).call(&VALIDATE_POLICY, input).await?;
                pages.turn(page.next_token.as_deref(), false)?;
                found.extend(page.findings.iter().map(finding));
            }
            Ok(found)
        })
        .await?;
    resource.set("analyzer.findings", Value::List(found.to_vec()));
    Ok(())
}

/// Sets the attribute of [`GRANTED_CALL`](super::GRANTED_CALL) for an identity policy.
pub(in crate::kinds) async fn ask(
    at: &AccountRegion,
    resource: &mut Resource,
    text: &str,
    questions: &[Question],
) -> Result<(), Gap> {
    let mut answers = Vec::new();
    for question in questions {
        let (actions, resources) = (question.actions.join(" "), question.resources.join(" "));
        let told = at.once(once(GRANTED, &[text, &actions, &resources]), granted(at, text, question)).await?;
        answers.push(told.to_value());
    }
    resource.set(ACCESS, Value::List(answers));
    Ok(())
}

async fn granted(at: &AccountRegion, text: &str, question: &Question) -> Result<Access, Gap> {
    let access = json!({ "actions": question.actions, "resources": question.resources });
    let input = json!({ "policyDocument": text, "access": [access], "policyType": "IDENTITY_POLICY" });
    let answer: Checked = at.client(Client::new).call(&CHECK_GRANTED, input).await?;
    Ok(Access {
        actions: question.actions.clone(),
        resources: question.resources.clone(),
        granted: answer.fails(GRANTED)?,
        reasons: answer.why(),
    })
}

/// Builds the document of a list of statements. It refuses redacted parts, because the result would be another
/// document.
fn rebuilt(statements: &[Value]) -> Result<String, Gap> {
    let refused =
        |why: NoPolicy| Gap::new(Cause::Undecided).with_message(format!("the policy cannot be checked: {why}"));
    match from_values("policy", statements).map_err(refused)?.as_slice() {
        [] => Ok(document(&Policy { name: "policy".into(), variables: true, statements: Vec::new() })),
        [policy] => Ok(document(policy)),
        _ => Err(malformed("several documents where one is expected")),
    }
}

/// Returns the key of a check. The same check runs once in an account and Region, for all callers.
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

/// Returns the text of a reason: `statement 2 (AllowAll): …`
fn reason(reason: &Reason) -> String {
    let description = reason.description.as_deref().unwrap_or_default();
    let sid = reason.statement_id.as_deref().filter(|it| !it.is_empty());
    let sid = sid.map(|it| format!(" ({it})")).unwrap_or_default();
    match reason.statement_index {
        Some(index) => format!("statement {}{sid}: {description}", i64::from(index) + 1),
        None => description.to_owned(),
    }
}

fn finding(finding: &Finding) -> Value {
    Value::record([
        ("type", Some(finding.finding_type.as_str().into())),
        ("code", Some(finding.issue_code.as_str().into())),
        ("message", Some(finding.finding_details.as_str().into())),
        ("places", Some(Value::texts(finding.locations.iter().map(place)))),
    ])
}

fn place(location: &Location) -> String {
    location.path.iter().fold(String::new(), |path, element| match (element.index, &element.key, &element.value) {
        (Some(index), ..) => format!("{path}[{index}]"),
        (None, Some(name), _) | (None, None, Some(name)) if path.is_empty() => name.clone(),
        (None, Some(name), _) | (None, None, Some(name)) => format!("{path}.{name}"),
        (None, None, None) => path,
    })
}
