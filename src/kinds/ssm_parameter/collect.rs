//! `ssm.parameter`: collector.
//!
//! This module must not know what is expected of a parameter. It never decrypts a value.

use std::sync::Arc;

use aws_smithy_types::DateTime;
use serde::Deserialize;
use serde_json::json;

use super::{KIND, PARAMETERS, VALUE};
use crate::aws::AccountRegion;
use crate::aws::client::{Api, Client, SSM, epoch_seconds};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert::{malformed, maybe_word, named, time, told, unknown};
use crate::kinds::support::pages::{Listed, Pages};
use attestry_core::facts::looks_secret;
use attestry_core::facts::{Cause, Fact, Gap, Resource, Value};

const NEVER_READ: &str = "values of SecureString parameters are never read";

const DESCRIBE_PARAMETERS: Api = SSM.api(PARAMETERS.operation);
const GET_PARAMETER: Api = SSM.api(VALUE.operation);

const SECURE: &str = "SecureString";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    parameters: Option<Vec<Parameter>>,
    next_token: Option<String>,
}

/// The data that Parameter Store returns for a parameter, without its value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(in crate::kinds) struct Parameter {
    pub(in crate::kinds) name: Option<String>,
    #[serde(rename = "ARN")]
    pub(in crate::kinds) arn: Option<String>,
    #[serde(rename = "Type")]
    of: Option<String>,
    key_id: Option<String>,
    tier: Option<String>,
    pub(in crate::kinds) version: i64,
    #[serde(deserialize_with = "epoch_seconds")]
    last_modified_date: Option<DateTime>,
    last_modified_user: Option<String>,
    data_type: Option<String>,
    policies: Option<Vec<Policy>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy_type: Option<String>,
    policy_text: Option<String>,
    policy_status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    parameter: Option<Plain>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Plain {
    #[serde(rename = "Type")]
    of: Option<String>,
    value: Option<String>,
}

impl Parameter {
    /// Returns whether the type of the parameter means that its value is no secret. This holds only for the types that
    /// are known to be plain, because a new type can be another kind of secret.
    pub(in crate::kinds) fn is_plain(&self) -> bool {
        matches!(self.of.as_deref(), Some("String" | "StringList"))
    }
}

/// Reads parameters.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[Read::of(&VALUE, |at, resource| Box::pin(get_parameter(at, resource)))];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let parameters = parameters(at).await?;
    for parameter in &parameters.items {
        let name = named(parameter.name.as_deref(), "name of a parameter")?;
        set_parameter(found.add(parameter.arn.as_deref().unwrap_or(name), name), parameter);
    }
    parameters.whole()
}

async fn get_parameter(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    match resource.text("type") {
        // These are the types that are known to be plain. A new type can be another kind of secret.
        Some("String" | "StringList") => {
            let input = json!({ "Name": resource.name, "WithDecryption": false });
            let answer: Told = at.client(Client::new).call(&GET_PARAMETER, input).await?;
            let parameter = answer.parameter.ok_or_else(|| malformed("the answer has no parameter"))?;
            if told(parameter.of.as_deref(), "type")? == SECURE {
                resource.set_all_of(VALUE.operation, &Fact::not_applicable(NEVER_READ));
            } else {
                set_value(resource, told(parameter.value.as_deref(), "value")?);
            }
        }
        _ => resource.set_all_of(VALUE.operation, &Fact::not_applicable(NEVER_READ)),
    };
    Ok(())
}

/// Returns all parameters, for every kind that needs them.
pub(in crate::kinds) async fn parameters(at: &AccountRegion) -> Result<Arc<Listed<Parameter>>, Gap> {
    at.once("ssm:DescribeParameters", async {
        let mut parameters = Vec::new();
        let walked = walk(at, &mut parameters).await;
        Ok(Listed::new(parameters, walked))
    })
    .await
}

/// Reads all pages. Short and empty pages with a token are normal here. Only a missing token is the end.
async fn walk(at: &AccountRegion, parameters: &mut Vec<Parameter>) -> Result<(), Gap> {
    let mut pages = Pages::default();
    while pages.go_on() {
        let input = json!({ "MaxResults": 50, "NextToken": pages.token() });
        let page: Page = at.client(Client::new).call(&DESCRIBE_PARAMETERS, input).await?;
        parameters.extend(page.parameters.into_iter().flatten());
        pages.keeps(parameters.len())?;
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Ok(())
}

fn set_parameter(resource: &mut Resource, parameter: &Parameter) {
    let policies = parameter.policies.iter().flatten().map(|policy| {
        Value::record([
            ("type", policy.policy_type.as_deref().map(Value::from)),
            ("text", policy.policy_text.as_deref().map(Value::from)),
            ("status", policy.policy_status.as_deref().map(Value::from)),
        ])
    });
    resource.set("name", parameter.name.as_deref());
    resource.set("arn", parameter.arn.as_deref());
    resource.set("type", maybe_word(parameter.of.as_deref(), &["String", "StringList", SECURE]));
    resource.set("tier", parameter.tier.as_deref());
    resource.set("version", parameter.version);
    resource.set("modified", time(parameter.last_modified_date.as_ref()));
    resource.set("modified_by", parameter.last_modified_user.as_deref());
    resource.set("data_type", parameter.data_type.as_deref());
    resource.set("policies", Value::List(policies.collect()));
    if parameter.is_plain() {
        resource.set("key_id", Fact::not_applicable("only a SecureString parameter is encrypted with a chosen key"));
    } else {
        resource.set("key_id", parameter.key_id.as_deref());
    }
}

fn set_value(resource: &mut Resource, value: &str) {
    let last = resource.name.rsplit('/').next().unwrap_or_default();
    let secret = looks_secret(last, value);
    resource.set("secret_looking", secret);
    if secret {
        let message = "the value looks like a secret and is withheld".to_owned();
        resource
            .set("value", unknown(resource, "ssm", VALUE.operation, Gap::new(Cause::Withheld).with_message(message)));
    } else {
        resource.set("value", value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Resource {
        let mut resource = Resource::new(&KIND, "1".into(), "r".into(), name, name);
        set_value(&mut resource, value);
        resource
    }

    #[test]
    fn a_value_that_looks_secret_does_not_become_a_fact() {
        let resource = read("/bank/db/password", "hunter2hunter2");
        assert_eq!(resource.get("secret_looking"), Some(&Fact::from(true)));
        assert!(matches!(resource.get("value"), Some(Fact::Unknown(gap)) if gap.cause == Cause::Withheld));
        let arn = "arn:aws:iam::111122223333:policy/bank-secrets-namespace";
        let resource = read("/bank/dev/secrets/namespace-policy/arn", arn);
        assert_eq!(resource.text("value"), Some(arn));
    }

    #[test]
    fn a_key_applies_to_secure_strings_only() {
        for (of, key, applies) in
            [(SECURE, Some("alias/aws/ssm"), true), ("String", None, false), ("StringList", None, false)]
        {
            let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
            let parameter = Parameter { of: Some(of.into()), key_id: key.map(str::to_owned), ..Parameter::default() };
            set_parameter(&mut resource, &parameter);
            assert_eq!(matches!(resource.get("key_id"), Some(Fact::NotApplicable(_))), !applies, "{of}");
        }
    }
}
