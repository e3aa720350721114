//! Makes the action under the mark of the probe, and waits for its alert on a queue of the probe.
//!
//! A received message is only compared with the mark. Must not know what is expected.

use std::time::Duration;

use serde_json::Value as Json;
use tokio::time::Instant;

use super::{ASSUME, INVOKE, PLACE, SPEC};
use crate::probes::alert::listener::{Listener, PAUSES_AFTER};
use crate::probes::alert::{QUEUE_NAME, SUBSCRIPTION_NAME};
use crate::probes::support::function::{Invoked, invoke};
use crate::probes::support::function_log::excerpt;
use crate::probes::support::gap;
use crate::probes::support::role::{Role, assume};
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Gap, ProbeSpec, Resource, Value};

/// The acting half.
pub(in crate::probes) struct Act;

fn within(arguments: &Arguments) -> Duration {
    let usual = if arguments.text("action") == Some(INVOKE) { 60 } else { 600 };
    Duration::from_secs(arguments.seconds("within").unwrap_or(usual))
}

impl Probe for Act {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn also_creates(&self) -> &'static [&'static str] {
        &[QUEUE_NAME, SUBSCRIPTION_NAME]
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let text = |name: &str| arguments.text(name).unwrap_or_default();
        let (resource, topic) = (text("resource"), text("topic"));
        vec![
            format!(
                "creates the queue attestry-… and subscribes it to {topic}; removes both at the end. The queue also receives \
                 the other messages of the topic, and the probe forgets them"
            ),
            match text("action") {
                INVOKE => format!(
                    "invokes the function {resource} with the event {}; the function does what it does for this event, and \
                     people may be alerted",
                    text("event")
                ),
                _ => format!("assumes the role {resource} and forgets its credentials; people may be alerted"),
            },
        ]
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        within(arguments).saturating_add(Duration::from_secs(90))
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(context, observed))
    }
}

async fn act(context: &ProbeContext, observed: &mut Resource) -> Result<Target, Gap> {
    let text = |name: &str| context.arguments.text(name).unwrap_or_default();
    let (at, mark) = (&context.at, context.name());
    let action = Action::read(text("action"), text("resource"), text("event"), &mark)?;
    observed.set("action", text("action"));
    let fed = match action {
        Action::Invoke { .. } => Some("probe"),
        Action::Assume(_) => (!at.is_aws()).then_some("endpoint"),
    };
    observed.set("fed", fed);
    let Some(listener) = Listener::begin(context, text("topic")).await? else { return Ok(Target::Missing) };

    let begun = Instant::now();
    let error = match action {
        Action::Assume(role) => {
            assume(at, role, &mark, &mark).await?;
            None
        }
        Action::Invoke { function, event } => match invoke(at, function, event).await? {
            Invoked::Done(_) => None,
            Invoked::Failed(error) => Some(excerpt(&error)),
            Invoked::Missing => return Ok(Target::Missing),
        },
    };
    observed.set("function_error", error);
    let listening = within(&context.arguments).saturating_add(context.pause.saturating_mul(PAUSES_AFTER));
    let mut alert = None;
    loop {
        let left = listening.saturating_sub(begun.elapsed());
        let received = listener.receive(at, left).await?;
        if let Some(message) = received.iter().find(|message| message.contains(&mark)) {
            alert = Some((begun.elapsed(), message.contains(text("resource"))));
        }
        if left.is_zero() || alert.is_some() {
            break;
        }
        tokio::time::sleep(context.pause).await;
    }
    let seconds = |took: Duration| Value::Duration(i64::try_from(took.as_secs()).unwrap_or(i64::MAX));
    observed.set("alerted", alert.is_some());
    observed.set("took", alert.map(|(took, _)| seconds(took)));
    observed.set("names_resource", alert.map(|(_, names)| names));
    Ok(Target::Found)
}

/// The action of a case.
#[derive(Debug, PartialEq)]
enum Action<'a> {
    /// Assume the role of this ARN.
    Assume(&'a str),
    /// Invoke a function with an event.
    Invoke { function: &'a str, event: Json },
}

impl<'a> Action<'a> {
    fn read(action: &str, resource: &'a str, event: &str, mark: &str) -> Result<Self, Gap> {
        let wrong = |why: &str| Err(gap(Cause::Unexpected, why));
        match action {
            ASSUME => {
                Role::parse(resource)?;
                if event.is_empty() { Ok(Self::Assume(resource)) } else { wrong("`assume-role` takes no `event`") }
            }
            _ if !event.contains(PLACE) => wrong("`event` must contain `{mark}`, by which the alert is recognised"),
            // The mark consists of letters, digits and hyphens, so the text stays JSON.
            _ => match serde_json::from_str(&event.replace(PLACE, mark)) {
                Ok(event) => Ok(Self::Invoke { function: resource, event }),
                Err(_) => wrong("`event` is no JSON"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_has_the_mark_and_a_role_has_no_event() {
        let role = "arn:aws:iam::000000000001:role/emergency";
        assert!(matches!(Action::read(ASSUME, role, "", "m"), Ok(Action::Assume(it)) if it == role));
        let read = Action::read(INVOKE, "notify", r#"{"tenant":"probe-{mark}"}"#, "m");
        assert!(
            matches!(read, Ok(Action::Invoke { function: "notify", event }) if event == json!({ "tenant": "probe-m" }))
        );
        for (action, resource, event) in [
            (ASSUME, role, "{}"),
            (ASSUME, "emergency", ""),
            (INVOKE, "notify", ""),
            (INVOKE, "notify", "{}"),
            (INVOKE, "notify", r#"{"tenant":"{mark}""#),
        ] {
            assert!(Action::read(action, resource, event, "m").is_err(), "{action} {event}");
        }
    }
}
