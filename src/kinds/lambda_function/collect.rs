//! `lambda.function`: collector.
//!
//! Must not know what is expected of a function.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::{Architecture, EnvironmentError, EnvironmentResponse, FunctionConfiguration, Layer};
use jiff::Timestamp;

use super::environment::{Names, names};
use super::{CONFIGURATION, FUNCTIONS, KIND, POLICY};
use crate::aws::{At, refused_with};
use crate::collect::{Collector, Listing, Pending};
use crate::facts::{Call, Cause, Fact, Gap, Kind, Resource, Value};
use crate::kinds::convert::{malformed, unknown};
use crate::kinds::pages::Pages;
use crate::kinds::statements::statements;

/// Reads functions.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            let mut pages = at.client(Client::new).list_functions().max_items(50).into_paginator().send();
            let mut walk = Pages::default();
            while let Some(page) = pages.next().await {
                let page = page?;
                for function in page.functions() {
                    let name = function.function_name().unwrap_or_default();
                    let resource = found.add(function.function_arn().unwrap_or(name), name);
                    set_function(resource, function);
                    set_environment(resource, function.environment());
                }
                walk.turn(page.next_marker(), false)?;
            }
            Ok(())
        })
    }

    fn read<'a>(&'a self, at: &'a At, call: &'static Call, resource: &'a mut Resource) -> Pending<'a> {
        Box::pin(async move {
            let client = at.client(Client::new);
            match call.operation {
                CONFIGURATION => {
                    let answer = client.get_function_configuration().function_name(&resource.name).send().await?;
                    resource.set("state", answer.state().map(|it| it.as_str()));
                    resource.set("last_update", answer.last_update_status().map(|it| it.as_str()));
                }
                POLICY => match client.get_policy().function_name(&resource.name).send().await {
                    Ok(answer) => {
                        let policy = answer.policy().ok_or_else(|| malformed("the answer has no policy"))?;
                        resource.set("policy", Value::List(statements(policy)?));
                    }
                    Err(error) if refused_with(&error, &["ResourceNotFoundException"]) => {
                        resource.set("policy", Fact::Absent);
                    }
                    Err(error) => return Err(error.into()),
                },
                other => unreachable!("lambda.function has no call {other}"),
            }
            Ok(())
        })
    }
}

fn set_function(resource: &mut Resource, function: &FunctionConfiguration) {
    let vpc = function.vpc_config().and_then(|it| it.vpc_id()).filter(|id| !id.is_empty());
    let architectures = function.architectures();
    resource.set("name", function.function_name());
    resource.set("arn", function.function_arn());
    resource.set("runtime", function.runtime().map(|it| it.as_str()));
    resource.set("handler", function.handler());
    resource.set("role", function.role());
    resource.set("timeout", function.timeout().map(|seconds| Value::Duration(seconds.into())));
    resource.set("memory", function.memory_size());
    let names = || Value::texts(architectures.iter().map(Architecture::as_str));
    resource.set("architectures", (!architectures.is_empty()).then(names));
    let modified: Fact = match function.last_modified().map(time).transpose() {
        Ok(modified) => modified.into(),
        Err(gap) => unknown(resource, "lambda", FUNCTIONS, gap),
    };
    resource.set("last_modified", modified);
    resource.set("code_sha256", function.code_sha256());
    resource.set("kms_key", function.kms_key_arn().filter(|arn| !arn.is_empty()));
    resource.set("package_type", function.package_type().map(|it| it.as_str()));
    resource.set("vpc", vpc);
    resource.set("layers", Value::texts(function.layers().iter().filter_map(Layer::arn)));
    resource.set("log_group", function.logging_config().and_then(|it| it.log_group()));
}

/// Without permission for the customer key of an environment, Lambda answers with an error inside a good answer: that
/// is a blind spot, not an empty environment.
fn set_environment(resource: &mut Resource, environment: Option<&EnvironmentResponse>) {
    let variables = environment.and_then(EnvironmentResponse::variables);
    let (all, secret) = match (variables, environment.and_then(EnvironmentResponse::error)) {
        (_, Some(error)) => {
            let blind = unknown(resource, "lambda", FUNCTIONS, undecrypted(error));
            (blind.clone(), blind)
        }
        (variables, None) => {
            let Names { all, secret_looking } = variables.map(names).unwrap_or_default();
            (Fact::Known(Value::texts(all)), Fact::Known(Value::texts(secret_looking)))
        }
    };
    resource.set("environment.names", all);
    resource.set("environment.secret_looking", secret);
}

fn undecrypted(error: &EnvironmentError) -> Gap {
    let code = error.error_code().unwrap_or_default();
    let cause = if code.contains("AccessDenied") { Cause::Denied } else { Cause::Unexpected };
    let message = error.message().unwrap_or_default().to_owned();
    Gap { code: code.to_owned(), message, ..Gap::new(cause) }
}

/// Lambda writes instants as text: `2026-11-21T04:09:29.000+0000`.
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
        let error = EnvironmentError::builder().error_code("AccessDeniedException").message("no decrypt").build();
        let environment = EnvironmentResponse::builder().error(error).build();
        let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
        set_environment(&mut resource, Some(&environment));
        for attribute in ["environment.names", "environment.secret_looking"] {
            let Some(Fact::Unknown(gap)) = resource.get(attribute) else { panic!("{attribute} is known") };
            assert_eq!((gap.cause, gap.operation.as_str()), (Cause::Denied, FUNCTIONS));
        }
        set_environment(&mut resource, None);
        assert_eq!(resource.get("environment.names"), Some(&Fact::Known(Value::List(Vec::new()))));
    }
}
