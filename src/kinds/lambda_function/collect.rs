//! `lambda.function`: collector.
//!
//! This module must not know what is expected of a function.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::environment::{Names, names};
use super::qualified::{alias_policies, policy, version_policies};
use super::{ALIASES, CONFIGURATION, FUNCTIONS, KIND, POLICY, VERSIONS};
use crate::aws::AccountRegion;
use crate::aws::client::{Api, Client, LAMBDA};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert::{malformed, named, told, unknown};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::{Cause, Fact, Gap, Resource, Value};

const LIST_FUNCTIONS: Api = LAMBDA.get(FUNCTIONS.operation, "/2015-03-31/functions{?Marker,MaxItems}");
const GET_CONFIGURATION: Api =
    LAMBDA.get(CONFIGURATION.operation, "/2015-03-31/functions/{FunctionName}/configuration");

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Functions {
    functions: Option<Vec<Function>>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Function {
    function_name: Option<String>,
    function_arn: Option<String>,
    runtime: Option<String>,
    handler: Option<String>,
    role: Option<String>,
    timeout: Option<i32>,
    memory_size: Option<i32>,
    architectures: Option<Vec<String>>,
    last_modified: Option<String>,
    code_sha256: Option<String>,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    package_type: Option<String>,
    vpc_config: Option<Vpc>,
    layers: Option<Vec<Layer>>,
    logging_config: Option<Logging>,
    environment: Option<Environment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vpc {
    vpc_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Layer {
    arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logging {
    log_group: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: Option<HashMap<String, String>>,
    error: Option<Undecrypted>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Undecrypted {
    error_code: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    state: Option<String>,
    last_update_status: Option<String>,
}

/// Reads functions.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&CONFIGURATION, |at, resource| Box::pin(get_function_configuration(at, resource))),
    Read::of(&POLICY, |at, resource| Box::pin(get_policy(at, resource))),
    Read::of(&ALIASES, |at, resource| Box::pin(list_aliases(at, resource))),
    Read::of(&VERSIONS, |at, resource| Box::pin(list_versions_by_function(at, resource))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let mut pages = Pages::default();
    while pages.go_on() {
        let input = json!({ "MaxItems": 50, "Marker": pages.token() });
        let page: Functions = at.client(Client::new).call(&LIST_FUNCTIONS, input).await?;
        for function in page.functions.iter().flatten() {
            let arn = named(function.function_arn.as_deref(), "ARN of a function")?;
            let resource = found.add(arn, function.function_name.as_deref().unwrap_or(arn));
            set_function(resource, function);
            set_environment(resource, function.environment.as_ref());
        }
        pages.turn(page.next_marker.as_deref(), false)?;
    }
    Ok(())
}

async fn get_function_configuration(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = at.client(Client::new);
    let input = json!({ "FunctionName": resource.name });
    let answer: Configuration = client.call(&GET_CONFIGURATION, input).await?;
    resource.set("state", answer.state);
    resource.set("last_update", answer.last_update_status);
    Ok(())
}

async fn get_policy(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = at.client(Client::new);
    let policy = policy(&client, &resource.name, None).await?;
    resource.set("policy", policy.map(Value::List));
    Ok(())
}

async fn list_aliases(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = at.client(Client::new);
    let policies = alias_policies(&client, &resource.name, &resource.id).await?;
    resource.set("alias_policies", policies);
    Ok(())
}

async fn list_versions_by_function(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = at.client(Client::new);
    let policies = version_policies(&client, &resource.name, &resource.id).await?;
    resource.set("version_policies", policies);
    Ok(())
}

fn set_function(resource: &mut Resource, function: &Function) {
    let vpc = function.vpc_config.as_ref().and_then(|it| it.vpc_id.as_deref()).filter(|id| !id.is_empty());
    let architectures = function.architectures.as_ref().filter(|all| !all.is_empty());
    resource.set("name", function.function_name.as_deref());
    resource.set("arn", function.function_arn.as_deref());
    resource.set("runtime", function.runtime.as_deref());
    resource.set("handler", function.handler.as_deref());
    resource.set("role", function.role.as_deref());
    resource.set("timeout", function.timeout.map(|seconds| Value::Duration(seconds.into())));
    resource.set("memory", function.memory_size);
    resource.set("architectures", architectures.map(Value::texts));
    resource.set("last_modified", function.last_modified.as_deref().map(time).transpose());
    resource.set("code_sha256", function.code_sha256.as_deref());
    resource.set("kms_key", function.kms_key_arn.as_deref().filter(|arn| !arn.is_empty()));
    resource.set("package_type", function.package_type.as_deref());
    resource.set("vpc", vpc);
    let layers = function.layers.iter().flatten().map(|layer| named(layer.arn.as_deref(), "ARN of a layer"));
    resource.set("layers", layers.collect::<Result<Vec<&str>, Gap>>().map(Value::texts));
    resource.set("log_group", function.logging_config.as_ref().and_then(|it| it.log_group.as_deref()));
}

/// Sets the attributes of an environment. If the caller has no permission for the customer key, Lambda returns an error
/// inside a successful answer. This is a gap and not an empty environment.
fn set_environment(resource: &mut Resource, environment: Option<&Environment>) {
    let variables = match environment {
        None => Ok(None),
        Some(Environment { error: Some(error), .. }) => Err(undecrypted(error)),
        Some(Environment { variables, .. }) => told(variables.as_ref(), "variables").map(Some),
    };
    let (all, secret) = match variables {
        Err(gap) => {
            let blind = unknown(resource, "lambda", FUNCTIONS.operation, gap);
            (blind.clone(), blind)
        }
        Ok(variables) => {
            let Names { all, secret_looking } = variables.map(names).unwrap_or_default();
            (Fact::Known(Value::texts(all)), Fact::Known(Value::texts(secret_looking)))
        }
    };
    resource.set("environment.names", all);
    resource.set("environment.secret_looking", secret);
}

fn undecrypted(error: &Undecrypted) -> Gap {
    let code = error.error_code.clone().unwrap_or_default();
    let cause = if code.contains("AccessDenied") { Cause::Denied } else { Cause::Unexpected };
    Gap::new(cause).with_code(code).with_message(error.message.clone().unwrap_or_default())
}

/// Reads an instant. Lambda writes instants as text: `2026-11-21T04:09:29.000+0000`.
fn time(text: &str) -> Result<Value, Gap> {
    text.parse::<Timestamp>().map(Value::Time).map_err(|_| malformed("LastModified is not an instant"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn instants_of_lambda() {
        let expected = Value::Time("2026-11-21T04:09:29Z".parse().unwrap());
        assert_eq!(time("2026-11-21T04:09:29.000+0000"), Ok(expected));
        assert!(time("yesterday").is_err());
    }

    #[test]
    fn an_environment_that_could_not_be_decrypted_is_unknown_not_empty() {
        let error = json!({ "ErrorCode": "AccessDeniedException", "Message": "no decrypt" });
        let environment: Environment = serde_json::from_value(json!({ "Error": error })).unwrap();
        let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
        set_environment(&mut resource, Some(&environment));
        for attribute in ["environment.names", "environment.secret_looking"] {
            let Some(Fact::Unknown(gap)) = resource.get(attribute) else { panic!("{attribute} is known") };
            assert_eq!((gap.cause, gap.operation.as_str()), (Cause::Denied, FUNCTIONS.operation));
        }
        set_environment(&mut resource, None);
        assert_eq!(resource.get("environment.names"), Some(&Fact::Known(Value::List(Vec::new()))));
    }
}
