//! The resource policies of a function, of its aliases and of its published versions. Each of them has its own policy.
//! A principal that may invoke an alias runs the function.
//!
//! This module must not know what is expected of a policy.

use serde::Deserialize;
use serde_json::json;

use super::{ALIASES, POLICY, VERSIONS};
use crate::aws::client::{Api, Client, LAMBDA};
use crate::kinds::support::convert::{malformed, named};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::documents::statements;
use attestry_core::facts::{Cause, Gap, Value};

const GET_POLICY: Api = LAMBDA.get(POLICY.operation, "/2015-03-31/functions/{FunctionName}/policy{?Qualifier}");
const LIST_ALIASES: Api =
    LAMBDA.get(ALIASES.operation, "/2015-03-31/functions/{FunctionName}/aliases{?Marker,MaxItems}");
const LIST_VERSIONS: Api =
    LAMBDA.get(VERSIONS.operation, "/2015-03-31/functions/{FunctionName}/versions{?Marker,MaxItems}");

/// The qualifier of the unpublished version. This version has the policy of the function.
const UNPUBLISHED: &str = "$LATEST";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Aliases {
    aliases: Option<Vec<Alias>>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Alias {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versions {
    versions: Option<Vec<Version>>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    version: Option<String>,
}

/// Returns the statements of the policy of a function, or of one of its aliases or versions if there is a qualifier.
/// Returns `None` when there is no policy.
pub(super) async fn policy(
    client: &Client,
    function: &str,
    qualifier: Option<&str>,
) -> Result<Option<Vec<Value>>, Gap> {
    let input = json!({ "FunctionName": function, "Qualifier": qualifier });
    match client.call::<Policy>(&GET_POLICY, input).await {
        Ok(answer) => {
            let policy = answer.policy.ok_or_else(|| malformed("the answer has no policy"))?;
            statements(&policy).map(Some)
        }
        Err(gap) if gap.code == "ResourceNotFoundException" && gap.cause != Cause::Gone => Ok(None),
        // A deleted alias does not mean a deleted function. The function stays, and the permissions of the alias are
        // unknown.
        Err(gap) if gap.cause == Cause::Gone && qualifier.is_some() => Err(gap.with_cause(Cause::Unexpected)),
        Err(gap) => Err(gap),
    }
}

/// Returns the policies of the aliases of a function.
pub(super) async fn alias_policies(client: &Client, function: &str, arn: &str) -> Result<Value, Gap> {
    let (mut names, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        let input = json!({ "FunctionName": function, "MaxItems": 50, "Marker": pages.token() });
        let page: Aliases = client.call(&LIST_ALIASES, input).await?;
        for alias in page.aliases.iter().flatten() {
            names.push(named(alias.name.as_deref(), "name of an alias")?.to_owned());
        }
        pages.keeps(names.len())?;
        pages.turn(page.next_marker.as_deref(), false)?;
    }
    policies(client, function, arn, names).await
}

/// Returns the policies of the published versions of a function.
pub(super) async fn version_policies(client: &Client, function: &str, arn: &str) -> Result<Value, Gap> {
    let (mut numbers, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        let input = json!({ "FunctionName": function, "MaxItems": 50, "Marker": pages.token() });
        let page: Versions = client.call(&LIST_VERSIONS, input).await?;
        for version in page.versions.iter().flatten() {
            let number = named(version.version.as_deref(), "number of a version")?;
            if number != UNPUBLISHED {
                numbers.push(number.to_owned());
            }
        }
        pages.keeps(numbers.len())?;
        pages.turn(page.next_marker.as_deref(), false)?;
    }
    policies(client, function, arn, numbers).await
}

async fn policies(client: &Client, function: &str, arn: &str, qualifiers: Vec<String>) -> Result<Value, Gap> {
    let mut found = Vec::new();
    for qualifier in qualifiers {
        let Some(statements) = policy(client, function, Some(&qualifier)).await? else { continue };
        let own = format!("{arn}:{qualifier}");
        let statements = statements.into_iter().map(|it| without_resource(it, &own)).collect();
        found.push(Value::record([
            ("qualifier", Some(qualifier.as_str().into())),
            ("statements", Some(Value::List(statements))),
        ]));
    }
    Ok(Value::List(found))
}

/// Removes the resource of a statement when it is the alias or version that has the policy. The judgement gets only the
/// ARN of the function. A resource with a pattern can match the alias or version, so it is removed, too.
fn without_resource(statement: Value, own: &str) -> Value {
    let Value::Map(mut fields) = statement else { return statement };
    let about_own = |item: &Value| matches!(item, Value::Text(text) if text == own || text.contains(['*', '?']));
    if matches!(fields.get("resources"), Some(Value::List(items)) if items.iter().any(about_own)) {
        fields.remove("resources");
    }
    fields.remove("not_resources");
    Value::Map(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_about_what_it_belongs_to() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:pay";
        let of = |resource: &str| {
            let document =
                json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": resource }] });
            let statement = statements(&document.to_string()).map(|mut all| all.remove(0));
            match statement.map(|it| without_resource(it, &format!("{arn}:live"))) {
                Ok(Value::Map(fields)) => fields.contains_key("resources"),
                other => unreachable!("{other:?}"),
            }
        };
        for (resource, told) in [
            (format!("{arn}:live"), false),
            (format!("{arn}:*"), false),
            ("*".to_owned(), false),
            (arn.to_owned(), true),
        ] {
            assert_eq!(of(&resource), told, "{resource}");
        }
    }
}
