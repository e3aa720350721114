//! `denied`: tries what must be forbidden, and undoes it at once if it is allowed.
//!
//! Nothing is tagged on creation: a role may lack the permission to tag, and that refusal would look like the wanted one.
//! Must not know what is expected.

use crate::aws::OrGap;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::json;

use super::mark::description;
use super::role::{Role, assume};
use super::{Acting, Made, Probe, Scene, Target, value};
use crate::aws::At;
use crate::aws::client::{Api, Client, SSM};
use attestry_core::facts::{
    Argument, Arguments, Attribute, Call, Cause, Frequency, Gap, Kind, ProbeSpec, Resource, Scope, Type,
};

/// The probe.
pub(super) struct Denied;

const PUT_PARAMETER: Api = SSM.api("PutParameter");

/// What can be tried: each has its undo.
const ACTIONS: &[&str] = &["assume-role", "create-secret", "get-secret-value", "put-parameter"];

/// What is stored by the probe if it may store something.
const VALUE: &str = "made by a probe of Attestry; no secret";

const fn observed(name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, of, "AssumeRole", field, doc)
}

static KIND: Kind = Kind {
    name: "probe.denied",
    plural: "attempts",
    scope: Scope::Regional,
    doc: "An attempt to do what must be forbidden: what AWS answered.",
    attributes: &[
        observed("case", Type::Text, "with", "The case that tried it."),
        observed("name", Type::Text, "with", "What was tried on."),
        observed("arn", Type::Text, "with", "The role that tried it; absent when it was the caller of the stage."),
        observed("action", Type::Text, "with", "What was tried."),
        observed(
            "allowed",
            Type::Bool,
            "the answer",
            "Whether AWS allowed it; any error but a refusal leaves this unknown.",
        ),
        observed("code", Type::Text, "the answer", "The code of the refusal; absent when it was allowed."),
        observed(
            "explicit",
            Type::Bool,
            "the answer",
            "Whether the refusal names an explicit deny, which no other policy can overrule; absent when it was allowed.",
        ),
        observed("cleaned", Type::Bool, "the ledger", "Whether nothing is left of it."),
    ],
    calls: &[
        ASSUME,
        Call::new("secretsmanager", "DescribeSecret", "secretsmanager:DescribeSecret", Frequency::Resource),
        Call::new("secretsmanager", "DeleteSecret", "secretsmanager:DeleteSecret", Frequency::Resource),
        Call::new("ssm", "ListTagsForResource", "ssm:ListTagsForResource", Frequency::Resource),
        Call::new("ssm", "DescribeParameters", "ssm:DescribeParameters", Frequency::Resource),
        Call::new("ssm", "DeleteParameter", "ssm:DeleteParameter", Frequency::Resource),
    ],
};

const ASSUME: Call = Call::new("sts", "AssumeRole", "sts:AssumeRole", Frequency::Resource);

static SPEC: ProbeSpec = ProbeSpec {
    name: "denied",
    kind: &KIND,
    target: "resource",
    arguments: &[
        Argument::required("action", Type::Text, "What is tried.").one_of(ACTIONS),
        Argument::required(
            "resource",
            Type::Text,
            "On what: the secret or role itself; for what is created, the start of its name.",
        ),
        Argument::optional("as", Type::Text, "ARN of the role that tries it; the caller of the stage without it."),
    ],
    calls,
};

/// The attempt itself is not among them: it must be forbidden, and nobody should allow it for this probe.
fn calls(arguments: &Arguments) -> Vec<&'static Call> {
    let service = match arguments.text("action") {
        Some("create-secret") => "secretsmanager",
        Some("put-parameter") => "ssm",
        _ => "",
    };
    let assumes = arguments.text("as").is_some();
    KIND.calls.iter().filter(|call| call.service == service || (assumes && call.service == "sts")).collect()
}

impl Probe for Denied {
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

    fn act<'a>(&'a self, scene: &'a Scene, seen: &'a mut Resource) -> Acting<'a> {
        Box::pin(async move {
            let text = |name: &str| scene.arguments.text(name).unwrap_or_default();
            seen.set("action", text("action"));
            seen.set("arn", scene.arguments.text("as"));
            if let (true, Some(role)) = (creates(text("action")), scene.arguments.text("as"))
                && Role::of(role)?.account != &*scene.at.account
            {
                // What it made there could be neither looked at nor undone.
                let message = format!("`{role}` is a role of another account than the stage's");
                return Err(Gap::new(Cause::Unexpected).with_message(message));
            }
            let other = match scene.arguments.text("as") {
                Some(role) => Some(assume(&scene.at, role, &scene.name(), &scene.name()).await?),
                None => None,
            };
            let who = other.as_ref().unwrap_or(&*scene.at);
            match attempt(scene, who, text("action"), text("resource")).await {
                Ok(()) => {
                    seen.set("allowed", true);
                    seen.set("code", None::<&str>);
                    seen.set("explicit", None::<bool>);
                }
                Err(gap) if gap.cause == Cause::Denied => {
                    seen.set("allowed", false);
                    seen.set("explicit", gap.message.contains("explicit deny"));
                    seen.set("code", gap.code.clone());
                }
                Err(gap) => return Err(gap),
            }
            Ok(Target::Found)
        })
    }
}

/// Whether something is there afterwards that was not there before.
fn creates(action: &str) -> bool {
    matches!(action, "create-secret" | "put-parameter")
}

async fn attempt(scene: &Scene, who: &At, action: &str, resource: &str) -> Result<(), Gap> {
    let secrets = || who.client(aws_sdk_secretsmanager::Client::new);
    match action {
        "create-secret" => {
            let name = format!("{resource}{}", scene.name());
            scene.intend(Made::Secret { name: name.clone() })?;
            let create = secrets().create_secret().name(name).description(description(&scene.name()));
            create.secret_string(VALUE).send().await.or_gap()?;
        }
        "put-parameter" => {
            let name = format!("{resource}{}", scene.name());
            scene.intend(Made::Parameter { name: name.clone() })?;
            let input = json!({
                "Name": name, "Value": VALUE, "Type": "SecureString", "Overwrite": false,
                "Description": description(&scene.name()),
            });
            who.client(Client::new).call::<IgnoredAny>(&PUT_PARAMETER, input).await?;
        }
        "get-secret-value" => {
            value::read(who, resource, None).await?;
        }
        _ => drop(assume(who, resource, &scene.name(), &scene.name()).await?),
    }
    Ok(())
}
