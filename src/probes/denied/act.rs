//! Tries the action, and records the artifacts that it would create.
//!
//! The probe adds no tags: a role may lack the permission to tag, and that refusal would look like the expected one. Must not
//! know what is expected.

use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::json;

use super::SPEC;
use super::parameter::Parameter;
use super::secret::Secret;
use crate::aws::client::{Api, Client, SSM};
use crate::aws::{AccountRegion, OrGap};
use crate::probes::runner::mark::description;
use crate::probes::support::gap;
use crate::probes::support::role::{Role, assume};
use crate::probes::support::secret::read_value;
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Gap, ProbeSpec, Resource};

/// The acting half.
pub(in crate::probes) struct Act;

const PUT_PARAMETER: Api = SSM.api("PutParameter");

/// The value of the secret or parameter that the probe creates.
const VALUE: &str = "made by a probe of Attestry; no secret";

impl Probe for Act {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let resource = arguments.text("resource").unwrap_or_default();
        let who =
            arguments.text("as").map_or_else(|| "as the caller of the stage".to_owned(), |role| format!("as {role}"));
        let undone = "; if that is allowed, deletes it at once";
        vec![match arguments.text("action").unwrap_or_default() {
            "create-secret" => format!("tries to create the secret {resource}attestry-… {who}{undone}"),
            "put-parameter" => format!("tries to store the SecureString {resource}attestry-… {who}{undone}"),
            "get-secret-value" => {
                format!("tries to read the value of {resource} {who}; if that is allowed, forgets it")
            }
            _ => format!("tries to assume the role {resource} {who}; if that is allowed, forgets the credentials"),
        }]
    }

    fn limit(&self, _: &Arguments) -> Duration {
        Duration::from_secs(60)
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(async move {
            let text = |name: &str| context.arguments.text(name).unwrap_or_default();
            observed.set("action", text("action"));
            observed.set("arn", context.arguments.text("as"));
            if let (true, Some(role)) = (creates(text("action")), context.arguments.text("as"))
                && Role::parse(role)?.account != &*context.at.account
            {
                // The cleanup could neither find nor remove an artifact of that account.
                return Err(gap(Cause::Unexpected, format!("`{role}` is a role of another account than the stage's")));
            }
            let other = match context.arguments.text("as") {
                Some(role) => Some(assume(&context.at, role, &context.name(), &context.name()).await?),
                None => None,
            };
            let who = other.as_ref().unwrap_or(&*context.at);
            match attempt(context, who, text("action"), text("resource")).await {
                Ok(()) => {
                    observed.set("allowed", true);
                    observed.set("code", None::<&str>);
                    observed.set("explicit", None::<bool>);
                }
                Err(gap) if gap.cause == Cause::Denied => {
                    observed.set("allowed", false);
                    observed.set("explicit", gap.message.contains("explicit deny"));
                    observed.set("code", gap.code.clone());
                }
                Err(gap) => return Err(gap),
            }
            Ok(Target::Found)
        })
    }
}

/// Whether the action creates an artifact.
fn creates(action: &str) -> bool {
    matches!(action, "create-secret" | "put-parameter")
}

async fn attempt(context: &ProbeContext, who: &AccountRegion, action: &str, resource: &str) -> Result<(), Gap> {
    let secrets = || who.client(aws_sdk_secretsmanager::Client::new);
    match action {
        "create-secret" => {
            let name = format!("{resource}{}", context.name());
            context.record_intent(Secret { name: name.clone() })?;
            let create = secrets().create_secret().name(name).description(description(&context.name()));
            create.secret_string(VALUE).send().await.or_gap()?;
        }
        "put-parameter" => {
            let name = format!("{resource}{}", context.name());
            context.record_intent(Parameter { name: name.clone() })?;
            let input = json!({
                "Name": name, "Value": VALUE, "Type": "SecureString", "Overwrite": false,
                "Description": description(&context.name()),
            });
            who.client(Client::new).call::<IgnoredAny>(&PUT_PARAMETER, input).await?;
        }
        "get-secret-value" => {
            read_value(who, resource, None).await?;
        }
        _ => drop(assume(who, resource, &context.name(), &context.name()).await?),
    }
    Ok(())
}
