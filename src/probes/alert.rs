//! `alert`: an access to a probe secret, told to the detector or really made, and whether its alert reaches the topic.
//!
//! A queue of the probe's own listens to the topic. What it hears is only compared with what was done. Must not know what
//! is expected.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use super::function_log::{error_in, shown};
use super::listener::{Listener, PAUSES_AFTER};
use super::proof::describe;
use super::role::{Role, assume};
use super::{Acting, Probe, Scene, Target, trail_event, value};
use crate::aws::client::{Api, Client, LAMBDA};
use attestry_core::facts::{
    Argument, Arguments, Attribute, Call, Cause, Frequency, Gap, Kind, ProbeSpec, Resource, Scope, Type, Value,
};

/// The probe.
pub(super) struct Alert;

const INVOKE: Api = LAMBDA.post("Invoke", "/2015-03-31/functions/{FunctionName}/invocations").payload("Payload");

const EVENT: &str = "event";
const REAL: &str = "real";

const fn observed(name: &'static str, of: Type, call: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, of, call, "with", doc)
}

const fn heard(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    Attribute::new(name, of, "ReceiveMessage", "Messages[].Body", doc)
}

static KIND: Kind = Kind {
    name: "probe.alert",
    plural: "accesses",
    scope: Scope::Regional,
    doc: "An access to a probe secret, and whether an alert about it reached the topic.",
    attributes: &[
        observed("case", Type::Text, "DescribeSecret", "The case that made the access."),
        observed("name", Type::Text, "DescribeSecret", "The secret, as the case names it."),
        Attribute::new("arn", Type::Text, "DescribeSecret", "ARN", "ARN of the secret."),
        observed(
            "path",
            Type::Text,
            "DescribeSecret",
            "The way that the access took to the detector, as the case gives it.",
        ),
        observed("principal", Type::Text, "DescribeSecret", "ARN of the role whose access it was."),
        observed(
            "fed",
            Type::Text,
            "DescribeSecret",
            "Who told the detector in place of CloudTrail and EventBridge: `probe` with `path: event`, `endpoint` where the \
             stage is no account of AWS; absent when they did.",
        ),
        Attribute::new(
            "function_error",
            Type::Text,
            "Invoke",
            "Payload",
            "Type and message of the error that the detector ended with; absent when it ended well or was not invoked by \
             the probe.",
        ),
        heard(
            "alerted",
            Type::Bool,
            "Whether an alert about this very access reached the topic. It is listened for some seconds longer than `within`, \
             so that none is missed; `took` says when it came.",
        ),
        heard(
            "took",
            Type::Duration,
            "Whole seconds from the access until its alert was received; absent when none was.",
        ),
        heard("names_secret", Type::Bool, "Whether the alert names the secret; absent when there was none."),
        heard("names_principal", Type::Bool, "Whether the alert names the role; absent when there was none."),
        heard(
            "control_alerted",
            Type::Bool,
            "Whether the access of `control` was alerted; absent without it. Silence about an access says something only \
             when this is true.",
        ),
        Attribute::new(
            "cleaned",
            Type::Bool,
            "DeleteQueue",
            "the ledger",
            "Whether nothing is left of queue and subscription.",
        ),
    ],
    calls: &[
        Call::new("secretsmanager", "DescribeSecret", "secretsmanager:DescribeSecret", Frequency::Resource),
        Call::new("sqs", "CreateQueue", "sqs:CreateQueue", Frequency::Resource),
        Call::new("sns", "Subscribe", "sns:Subscribe", Frequency::Resource),
        Call::new("lambda", "Invoke", "lambda:InvokeFunction", Frequency::Resource),
        Call::new("sts", "AssumeRole", "sts:AssumeRole", Frequency::Resource),
        Call::new("sqs", "ReceiveMessage", "sqs:ReceiveMessage", Frequency::Resource),
        Call::new("sns", "ListSubscriptionsByTopic", "sns:ListSubscriptionsByTopic", Frequency::Resource),
        Call::new("sns", "Unsubscribe", "sns:Unsubscribe", Frequency::Resource),
        Call::new("sqs", "GetQueueUrl", "sqs:GetQueueUrl", Frequency::Resource),
        Call::new("sqs", "GetQueueAttributes", "sqs:GetQueueAttributes", Frequency::Resource),
        Call::new("sqs", "DeleteQueue", "sqs:DeleteQueue", Frequency::Resource),
    ],
};

static SPEC: ProbeSpec = ProbeSpec {
    name: "alert",
    kind: &KIND,
    target: "secret",
    arguments: &[
        Argument::required("secret", Type::Text, "Name or ARN of a secret that exists to be read by probes."),
        Argument::required("topic", Type::Text, "ARN of the topic of the alerts, in the first Region of the stage."),
        Argument::required(
            "path",
            Type::Text,
            "`event`: the probe invokes `function` with the event that CloudTrail would have sent. `real`: the role reads \
             the secret, and everything in between must work.",
        )
        .one_of(&[EVENT, REAL]),
        Argument::required("as", Type::Text, "ARN of the role whose access it is. `real` assumes it, `event` only names it."),
        Argument::optional("function", Type::Text, "Name or ARN of the detector; `path: event` needs it."),
        Argument::optional(
            "session",
            Type::Text,
            "What the name of the role's session begins with, such as the name of a role that may read. Whoever assumes a \
             role chooses that name, so a detector must not go by it.",
        ),
        Argument::optional(
            "control",
            Type::Text,
            "ARN of a role whose access must be alerted. It is made beside the other one, by the same way.",
        ),
        Argument::optional(
            "within",
            Type::Duration,
            "How long an alert may take; 1m with `path: event` and 10m with `real` without it. All of it is waited for \
             when there is none.",
        ),
    ],
    calls,
};

fn calls(arguments: &Arguments) -> Vec<&'static Call> {
    let other = if arguments.text("path") == Some(EVENT) { "AssumeRole" } else { "Invoke" };
    KIND.calls.iter().filter(|call| call.operation != other).collect()
}

fn within(arguments: &Arguments) -> Duration {
    let usual = if arguments.text("path") == Some(EVENT) { 60 } else { 600 };
    Duration::from_secs(arguments.seconds("within").unwrap_or(usual))
}

/// Who accesses: the role that the case is about, then that of its control.
fn roles(arguments: &Arguments) -> impl Iterator<Item = &str> {
    ["as", "control"].into_iter().filter_map(|name| arguments.text(name))
}

impl Probe for Alert {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let text = |name: &str| arguments.text(name).unwrap_or_default();
        let (secret, topic) = (text("secret"), text("topic"));
        let mut effects = vec![format!(
            "makes the queue attestry-… and subscribes it to {topic}; removes both at the end. What others publish in the \
             meantime is received too, and forgotten"
        )];
        effects.extend(roles(arguments).map(|role| match text("path") {
            EVENT => format!(
                "invokes the function {} with a made event: {role} reads {secret}. If that is an anomaly, people are alerted",
                text("function")
            ),
            _ => format!("reads the value of {secret} as {role} and forgets it. If that is an anomaly, people are alerted"),
        }));
        effects
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        within(arguments).saturating_add(Duration::from_secs(90))
    }

    fn act<'a>(&'a self, scene: &'a Scene, seen: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(scene, seen))
    }
}

async fn act(scene: &Scene, seen: &mut Resource) -> Result<Target, Gap> {
    let text = |name: &str| scene.arguments.text(name).unwrap_or_default();
    let (secret, path) = (text("secret"), text("path"));
    seen.set("path", path);
    seen.set("principal", text("as"));
    seen.set("fed", fed(path, scene.at.is_aws()));
    if path == EVENT && text("function").is_empty() {
        let message = "`path: event` needs the argument `function`".to_owned();
        return Err(Gap::new(Cause::Unexpected).with_message(message));
    }
    let mut accesses = Vec::new();
    for (number, role) in roles(&scene.arguments).enumerate() {
        let disguise = scene.arguments.text("session").filter(|_| number == 0);
        accesses.push(Access::new(Role::of(role)?, format!("{}-{number}", scene.name()), disguise));
    }
    let Some(described) = describe(&scene.at, secret).await? else { return Ok(Target::Missing) };
    seen.set("arn", described.arn());
    let Some(listener) = Listener::begin(scene, text("topic")).await? else { return Ok(Target::Missing) };

    let begun = Instant::now();
    let mut failed = None;
    for access in &mut accesses {
        access.begun = Instant::now();
        match access.make(scene, path, secret).await? {
            Made::Done => {}
            Made::Failed(error) => failed = failed.or(Some(error)),
            Made::NoFunction => return Ok(Target::Missing),
        }
    }
    seen.set("function_error", failed);
    let listening = within(&scene.arguments).saturating_add(scene.pause.saturating_mul(PAUSES_AFTER));
    loop {
        let left = listening.saturating_sub(begun.elapsed());
        for message in listener.hear(&scene.at, left).await? {
            accesses.iter_mut().for_each(|access| access.hear(&message, secret));
        }
        if left.is_zero() || accesses.iter().all(|access| access.alert.is_some()) {
            break;
        }
        tokio::time::sleep(scene.pause).await;
    }
    let mut alerts = accesses.into_iter().map(|access| access.alert);
    let alert = alerts.next().flatten();
    seen.set("alerted", alert.is_some());
    seen.set("took", alert.as_ref().map(|it| Value::Duration(i64::try_from(it.took.as_secs()).unwrap_or(i64::MAX))));
    seen.set("names_secret", alert.as_ref().map(|it| it.names_secret));
    seen.set("names_principal", alert.as_ref().map(|it| it.names_principal));
    seen.set("control_alerted", alerts.next().map(|it| it.is_some()));
    Ok(Target::Found)
}

/// Who tells the detector in place of CloudTrail and EventBridge.
fn fed(path: &str, is_aws: bool) -> Option<&'static str> {
    match path {
        EVENT => Some("probe"),
        _ if is_aws => None,
        _ => Some("endpoint"),
    }
}

/// One access of one role, and its alert.
struct Access<'a> {
    role: Role<'a>,
    /// In the user agent, and what the id of a made event is made of: nobody else's access has it.
    name: String,
    /// The session, which nobody else has either.
    session: String,
    begun: Instant,
    alert: Option<Heard>,
}

struct Heard {
    took: Duration,
    names_secret: bool,
    names_principal: bool,
}

enum Made {
    Done,
    /// The function ended with this error.
    Failed(String),
    NoFunction,
}

impl<'a> Access<'a> {
    fn new(role: Role<'a>, name: String, disguise: Option<&str>) -> Self {
        // The name of a session has 64 characters at most: what it begins with takes the room of our own name.
        let session = disguise.map_or_else(|| name.clone(), |disguise| format!("{disguise}.{}", short(&name)));
        Self { role, name, session, begun: Instant::now(), alert: None }
    }

    async fn make(&self, scene: &Scene, path: &str, secret: &str) -> Result<Made, Gap> {
        if path != EVENT {
            let reader = assume(&scene.at, self.role.arn, &self.session, &self.name).await?;
            value::read_once(&reader, secret).await?;
            return Ok(Made::Done);
        }
        let event = trail_event::read(&self.role, (&self.session, &self.name), secret, (&scene.at, Timestamp::now()));
        let function = scene.arguments.text("function").unwrap_or_default();
        let input = json!({ "FunctionName": function, "Payload": event });
        let answer = match scene.at.client(Client::new).send(&INVOKE, input).await {
            Ok(answer) => answer,
            Err(gap) if gap.code == "ResourceNotFoundException" => return Ok(Made::NoFunction),
            Err(gap) => return Err(gap),
        };
        let Some(kind) = answer.header("x-amz-function-error") else { return Ok(Made::Done) };
        let payload = String::from_utf8_lossy(&answer.body);
        Ok(Made::Failed(error_in(&payload).map_or_else(|| kind.to_owned(), |error| shown(&error))))
    }

    /// A message is about this access when it carries its session, its user agent or the id of its event.
    fn hear(&mut self, message: &str, secret: &str) {
        let ours = [&self.session, &self.name, &trail_event::id(&self.name)];
        if !ours.iter().any(|it| message.contains(it.as_str())) || self.alert.is_some() {
            return;
        }
        let session = self.role.session("");
        self.alert = Some(Heard {
            took: self.begun.elapsed(),
            names_secret: message.contains(secret),
            names_principal: message.contains(self.role.arn) || message.contains(&session),
        });
    }
}

/// A name that is shorter and no less unique.
fn short(name: &str) -> String {
    trail_event::id(name).chars().take(13).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn only_aws_carries_events_itself() {
        assert_eq!((fed(REAL, true), fed(REAL, false), fed(EVENT, true)), (None, Some("endpoint"), Some("probe")));
    }

    #[test]
    fn an_alert_is_known_by_session_or_event_and_by_nothing_else() {
        let role = || Role::of("arn:aws:iam::000000000001:role/reader").unwrap();
        let access = || Access::new(role(), "attestry-run-aa-0".to_owned(), None);
        let told = |message: &str| {
            let mut access = access();
            access.hear(message, "bank/probe");
            access.alert.map(|it| (it.names_secret, it.names_principal))
        };
        let session = "arn:aws:sts::000000000001:assumed-role/reader/attestry-run-aa-0";
        assert_eq!(told(&format!("{session} read bank/probe")), Some((true, true)));
        assert_eq!(told(&format!("event {}", trail_event::id("attestry-run-aa-0"))), Some((false, false)));
        assert_eq!(told("attestry-run-aa-0 by arn:aws:iam::000000000001:role/reader"), Some((false, true)));
        assert_eq!(told("arn:aws:sts::000000000001:assumed-role/reader/attestry-run-aa-1 read bank/probe"), None);
    }

    #[test]
    fn a_disguised_session_is_known_too_and_fits() {
        let role = || Role::of("arn:aws:iam::000000000001:role/reader").unwrap();
        let name = "attestry-20261120T221500Z-0a1b2c3d-ffeedd-0";
        let mut access = Access::new(role(), name.to_owned(), Some("bank-secrets-rotation-production-ap-southeast"));
        assert!(access.session.starts_with("bank-secrets-rotation-production-") && access.session.len() <= 64);
        let message = format!("assumed-role/reader/{} read it", access.session);
        access.hear(&message, "it");
        assert!(access.alert.is_some_and(|it| it.names_secret && it.names_principal == message.contains("sts")));
    }
}
