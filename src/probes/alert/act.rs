//! Makes the access, by an event for the detector or by a real read, and waits for its alert on a queue of the probe.
//!
//! A received message is only compared with the access. Must not know what is expected.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::listener::{Listener, PAUSES_AFTER};
use super::{EVENT, SPEC, trail_event};
use crate::probes::support::function::{Invoked, invoke};
use crate::probes::support::function_log::excerpt;
use crate::probes::support::gap;
use crate::probes::support::role::{Role, assume};
use crate::probes::support::secret::{describe, read_value_once};
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Gap, ProbeSpec, Resource, Value};

/// The acting half.
pub(in crate::probes) struct Act;

fn within(arguments: &Arguments) -> Duration {
    let usual = if arguments.text("path") == Some(EVENT) { 60 } else { 600 };
    Duration::from_secs(arguments.seconds("within").unwrap_or(usual))
}

/// The roles that access the secret: the role of the case, then the role of its control.
fn roles(arguments: &Arguments) -> impl Iterator<Item = &str> {
    ["as", "control"].into_iter().filter_map(|name| arguments.text(name))
}

impl Probe for Act {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let text = |name: &str| arguments.text(name).unwrap_or_default();
        let (secret, topic) = (text("secret"), text("topic"));
        let mut effects = vec![format!(
            "creates the queue attestry-… and subscribes it to {topic}; removes both at the end. The queue also receives the \
             other messages of the topic, and the probe forgets them"
        )];
        effects.extend(roles(arguments).map(|role| match text("path") {
            EVENT => format!(
                "invokes the function {} with an event of the probe: {role} reads {secret}. If that is an anomaly, people are alerted",
                text("function")
            ),
            _ => format!("reads the value of {secret} as {role} and forgets it. If that is an anomaly, people are alerted"),
        }));
        effects
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
    let (secret, path) = (text("secret"), text("path"));
    observed.set("path", path);
    observed.set("principal", text("as"));
    observed.set("fed", fed_by(path, context.at.is_aws()));
    if path == EVENT && text("function").is_empty() {
        return Err(gap(Cause::Unexpected, "`path: event` needs the argument `function`"));
    }
    let mut accesses = Vec::new();
    for (number, role) in roles(&context.arguments).enumerate() {
        let disguise = context.arguments.text("session").filter(|_| number == 0);
        accesses.push(Access::new(Role::parse(role)?, format!("{}-{number}", context.name()), disguise));
    }
    let Some(described) = describe(&context.at, secret).await? else { return Ok(Target::Missing) };
    observed.set("arn", described.arn());
    let Some(listener) = Listener::begin(context, text("topic")).await? else { return Ok(Target::Missing) };

    let begun = Instant::now();
    let mut failed = None;
    for access in &mut accesses {
        access.begun = Instant::now();
        match access.perform(context, path, secret).await? {
            Performed::Done => {}
            Performed::Failed(error) => failed = failed.or(Some(error)),
            Performed::NoFunction => return Ok(Target::Missing),
        }
    }
    observed.set("function_error", failed);
    let listening = within(&context.arguments).saturating_add(context.pause.saturating_mul(PAUSES_AFTER));
    loop {
        let left = listening.saturating_sub(begun.elapsed());
        for message in listener.receive(&context.at, left).await? {
            accesses.iter_mut().for_each(|access| access.receive(&message, secret));
        }
        if left.is_zero() || accesses.iter().all(|access| access.alert.is_some()) {
            break;
        }
        tokio::time::sleep(context.pause).await;
    }
    let mut alerts = accesses.into_iter().map(|access| access.alert);
    let alert = alerts.next().flatten();
    observed.set("alerted", alert.is_some());
    observed
        .set("took", alert.as_ref().map(|it| Value::Duration(i64::try_from(it.took.as_secs()).unwrap_or(i64::MAX))));
    observed.set("names_secret", alert.as_ref().map(|it| it.names_secret));
    observed.set("names_principal", alert.as_ref().map(|it| it.names_principal));
    observed.set("control_alerted", alerts.next().map(|it| it.is_some()));
    Ok(Target::Found)
}

/// The feeder of the detector in place of CloudTrail and EventBridge.
fn fed_by(path: &str, is_aws: bool) -> Option<&'static str> {
    match path {
        EVENT => Some("probe"),
        _ if is_aws => None,
        _ => Some("endpoint"),
    }
}

/// One access of one role, and its alert.
struct Access<'a> {
    role: Role<'a>,
    /// The name in the user agent. The id of an event is made from it. No other access has it.
    name: String,
    /// The name of the session. No other access has it.
    session: String,
    begun: Instant,
    alert: Option<Alert>,
}

/// An alert, compared with its access.
struct Alert {
    took: Duration,
    names_secret: bool,
    names_principal: bool,
}

/// The result of an access.
enum Performed {
    Done,
    /// The function ended with this error.
    Failed(String),
    NoFunction,
}

impl<'a> Access<'a> {
    fn new(role: Role<'a>, name: String, disguise: Option<&str>) -> Self {
        // The name of a session has at most 64 characters, so a longer start leaves less for our own name.
        let session = disguise.map_or_else(|| name.clone(), |disguise| format!("{disguise}.{}", short(&name)));
        Self { role, name, session, begun: Instant::now(), alert: None }
    }

    async fn perform(&self, context: &ProbeContext, path: &str, secret: &str) -> Result<Performed, Gap> {
        if path != EVENT {
            let reader = assume(&context.at, self.role.arn, &self.session, &self.name).await?;
            read_value_once(&reader, secret).await?;
            return Ok(Performed::Done);
        }
        let event = trail_event::read(&self.role, (&self.session, &self.name), secret, (&context.at, Timestamp::now()));
        let function = context.arguments.text("function").unwrap_or_default();
        Ok(match invoke(&context.at, function, event).await? {
            Invoked::Done(_) => Performed::Done,
            Invoked::Failed(error) => Performed::Failed(excerpt(&error)),
            Invoked::Missing => Performed::NoFunction,
        })
    }

    /// Takes a message. It is about this access when it contains its session, its user agent or the id of its event.
    fn receive(&mut self, message: &str, secret: &str) {
        let ours = [&self.session, &self.name, &trail_event::id(&self.name)];
        if !ours.iter().any(|it| message.contains(it.as_str())) || self.alert.is_some() {
            return;
        }
        let session = self.role.session("");
        self.alert = Some(Alert {
            took: self.begun.elapsed(),
            names_secret: message.contains(secret),
            names_principal: message.contains(self.role.arn) || message.contains(&session),
        });
    }
}

/// A shorter name, which is unique as well.
fn short(name: &str) -> String {
    trail_event::id(name).chars().take(13).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::super::REAL;
    use super::*;

    #[test]
    fn only_aws_delivers_events_itself() {
        assert_eq!(
            (fed_by(REAL, true), fed_by(REAL, false), fed_by(EVENT, true)),
            (None, Some("endpoint"), Some("probe"))
        );
    }

    #[test]
    fn an_alert_is_recognised_by_session_or_event_alone() {
        let role = || Role::parse("arn:aws:iam::000000000001:role/reader").unwrap();
        let access = || Access::new(role(), "attestry-run-aa-0".to_owned(), None);
        let alert_of = |message: &str| {
            let mut access = access();
            access.receive(message, "bank/probe");
            access.alert.map(|it| (it.names_secret, it.names_principal))
        };
        let session = "arn:aws:sts::000000000001:assumed-role/reader/attestry-run-aa-0";
        assert_eq!(alert_of(&format!("{session} read bank/probe")), Some((true, true)));
        assert_eq!(alert_of(&format!("event {}", trail_event::id("attestry-run-aa-0"))), Some((false, false)));
        assert_eq!(alert_of("attestry-run-aa-0 by arn:aws:iam::000000000001:role/reader"), Some((false, true)));
        assert_eq!(alert_of("arn:aws:sts::000000000001:assumed-role/reader/attestry-run-aa-1 read bank/probe"), None);
    }

    #[test]
    fn a_disguised_session_is_recognised_and_fits() {
        let role = || Role::parse("arn:aws:iam::000000000001:role/reader").unwrap();
        let name = "attestry-20261120T221500Z-0a1b2c3d-ffeedd-0";
        let mut access = Access::new(role(), name.to_owned(), Some("bank-secrets-rotation-production-ap-southeast"));
        assert!(access.session.starts_with("bank-secrets-rotation-production-") && access.session.len() <= 64);
        let message = format!("assumed-role/reader/{} read it", access.session);
        access.receive(&message, "it");
        assert!(access.alert.is_some_and(|it| it.names_secret && it.names_principal == message.contains("sts")));
    }
}
