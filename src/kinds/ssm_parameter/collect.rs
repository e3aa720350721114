//! `ssm.parameter`: collector.
//!
//! Must not know what is expected of a parameter. Never decrypts.

use std::sync::Arc;

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{ParameterMetadata, ParameterType};

use super::{KIND, VALUE};
use crate::aws::At;
use crate::collect::{Collector, Listing, Pending};
use crate::facts::{Call, Fact, Gap, Kind, Resource, Value};
use crate::kinds::convert::{malformed, time};
use crate::kinds::pages::{Listed, Pages};
use crate::kinds::plain_secret::looks_secret;

const NEVER_READ: &str = "values of SecureString parameters are never read";

/// Reads parameters.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            let parameters = parameters(at).await?;
            for parameter in &parameters.items {
                let name = parameter.name().unwrap_or_default();
                set_parameter(found.add(parameter.arn().unwrap_or(name), name), parameter);
            }
            parameters.whole()
        })
    }

    fn read<'a>(&'a self, at: &'a At, call: &'static Call, resource: &'a mut Resource) -> Pending<'a> {
        Box::pin(async move {
            match call.operation {
                VALUE => match resource.text("type") {
                    // Only the types that are known to be plain: a new type may be another kind of secret.
                    Some("String" | "StringList") => {
                        let answer = at
                            .client(Client::new)
                            .get_parameter()
                            .name(&resource.name)
                            .with_decryption(false)
                            .send()
                            .await?;
                        let parameter = answer.parameter().ok_or_else(|| malformed("the answer has no parameter"))?;
                        if parameter.r#type() == Some(&ParameterType::SecureString) {
                            resource.set_all_of(VALUE, &Fact::not_applicable(NEVER_READ));
                        } else {
                            set_value(resource, parameter.value().unwrap_or_default());
                        }
                    }
                    _ => resource.set_all_of(VALUE, &Fact::not_applicable(NEVER_READ)),
                },
                other => unreachable!("ssm.parameter has no call {other}"),
            }
            Ok(())
        })
    }
}

/// All parameters, for every kind that is about them.
pub(in crate::kinds) async fn parameters(at: &At) -> Result<Arc<Listed<ParameterMetadata>>, Gap> {
    at.once("ssm:DescribeParameters", async {
        let mut parameters = Vec::new();
        let walked = walk(at, &mut parameters).await;
        Ok(Listed::new(parameters, walked))
    })
    .await
}

/// Short and empty pages with a token are normal here: only a missing token is the end.
async fn walk(at: &At, parameters: &mut Vec<ParameterMetadata>) -> Result<(), Gap> {
    let mut answers = at.client(Client::new).describe_parameters().max_results(50).into_paginator().send();
    let mut pages = Pages::default();
    while let Some(page) = answers.next().await {
        let mut page = page?;
        parameters.append(&mut page.parameters.take().unwrap_or_default());
        pages.turn(page.next_token(), false)?;
    }
    Ok(())
}

fn set_parameter(resource: &mut Resource, parameter: &ParameterMetadata) {
    let of = parameter.r#type();
    let policies = parameter.policies().iter().map(|policy| {
        Value::record([
            ("type", policy.policy_type().map(Value::from)),
            ("text", policy.policy_text().map(Value::from)),
            ("status", policy.policy_status().map(Value::from)),
        ])
    });
    resource.set("name", parameter.name());
    resource.set("arn", parameter.arn());
    resource.set("type", of.map(ParameterType::as_str));
    resource.set("tier", parameter.tier().map(|it| it.as_str()));
    resource.set("version", parameter.version());
    resource.set("modified", time(parameter.last_modified_date()));
    resource.set("modified_by", parameter.last_modified_user());
    resource.set("data_type", parameter.data_type());
    resource.set("policies", Value::List(policies.collect()));
    match of {
        Some(ParameterType::String | ParameterType::StringList) => {
            resource
                .set("key_id", Fact::not_applicable("only a SecureString parameter is encrypted with a chosen key"));
        }
        _ => resource.set("key_id", parameter.key_id()),
    }
}

fn set_value(resource: &mut Resource, value: &str) {
    let last = resource.name.rsplit('/').next().unwrap_or_default();
    let secret = looks_secret(last, value);
    resource.set("secret_looking", secret);
    if secret {
        resource.set("value", Fact::not_applicable("the value looks like a secret and is withheld"));
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
        assert!(matches!(resource.get("value"), Some(Fact::NotApplicable(_))));
        let arn = "arn:aws:iam::111122223333:policy/bank-secrets-namespace";
        let resource = read("/bank/dev/secrets/namespace-policy/arn", arn);
        assert_eq!(resource.text("value"), Some(arn));
    }

    #[test]
    fn a_key_applies_to_secure_strings_only() {
        for (of, key, applies) in [
            (ParameterType::SecureString, Some("alias/aws/ssm"), true),
            (ParameterType::String, None, false),
            (ParameterType::StringList, None, false),
        ] {
            let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
            let parameter = ParameterMetadata::builder().r#type(of.clone()).set_key_id(key.map(str::to_owned)).build();
            set_parameter(&mut resource, &parameter);
            assert_eq!(matches!(resource.get("key_id"), Some(Fact::NotApplicable(_))), !applies, "{of}");
        }
    }
}
