//! Sets the alarm to ALARM, and waits for its message on a queue of the probe.
//!
//! A received message is only compared with the mark of the probe. Must not know what is expected.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::SPEC;
use super::state::{ALARM, AlarmState, find, reason, set};
use crate::aws::AccountRegion;
use crate::aws::client::{Api, CLOUDWATCH, Client};
use crate::probes::alert::listener::{Listener, PAUSES_AFTER};
use crate::probes::alert::{QUEUE_NAME, SUBSCRIPTION_NAME};
use crate::probes::support::gap;
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Gap, ProbeSpec, Resource, Value};

/// The acting half.
pub(in crate::probes) struct Act;

const HISTORY: Api = CLOUDWATCH.api("DescribeAlarmHistory");

const WITHIN: u64 = 120;

fn within(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("within").unwrap_or(WITHIN))
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
        let (alarm, topic) = (text("alarm"), text("topic"));
        vec![
            format!(
                "creates the queue attestry-… and subscribes it to {topic}; removes both at the end. The queue also receives \
                 the other messages of the topic, and the probe forgets them"
            ),
            format!(
                "sets the alarm {alarm} to ALARM, so that AWS runs all its actions for this state: people are alerted, and \
                 other actions change what they change. Its reason names the probe"
            ),
            format!("puts the state of {alarm} back, so that AWS runs its actions for the state before"),
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
    let (name, at, mark) = (text("alarm"), &context.at, context.name());
    let Some(alarm) = find(at, name).await? else { return Ok(Target::Missing) };
    observed.set("arn", alarm.alarm_arn.as_str());
    observed.set("state", alarm.state_value.as_str());
    observed.set("actions_enabled", alarm.actions_enabled);
    // Without a change of the state, AWS runs no action. And something may really be wrong.
    if alarm.state_value == ALARM {
        return Err(gap(Cause::Undecided, "the alarm is in the state ALARM already, so it is not touched"));
    }
    let Some(listener) = Listener::begin(context, text("topic")).await? else { return Ok(Target::Missing) };

    context.record_intent(AlarmState { alarm: name.to_owned(), mark: mark.clone(), before: alarm.state_value })?;
    let begun = Instant::now();
    set(at, name, ALARM, &reason(&mark)).await?;
    let listening = within(&context.arguments).saturating_add(context.pause.saturating_mul(PAUSES_AFTER));
    let (mut message, mut recorded) = (None, false);
    loop {
        let left = listening.saturating_sub(begun.elapsed());
        if message.is_none() {
            let received = listener.receive(at, left).await?;
            let ours = received.iter().find(|text| text.contains(&mark));
            message = ours.map(|text| (begun.elapsed(), text.contains(name)));
        }
        recorded = recorded || is_recorded(at, name, &mark).await?;
        if left.is_zero() || (message.is_some() && recorded) {
            break;
        }
        tokio::time::sleep(context.pause).await;
    }
    // Another change of the state may have come first. Then no message was due.
    if message.is_none() && !recorded {
        return Err(gap(Cause::Undecided, "neither a message nor the history shows the change of the state"));
    }
    let seconds = |took: Duration| Value::Duration(i64::try_from(took.as_secs()).unwrap_or(i64::MAX));
    observed.set("alerted", message.is_some());
    observed.set("took", message.map(|(took, _)| seconds(took)));
    observed.set("names_alarm", message.map(|(_, names)| names));
    observed.set("recorded", recorded);
    Ok(Target::Found)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct History {
    alarm_history_items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    history_data: Option<String>,
}

/// Whether the latest changes of the state have the mark.
async fn is_recorded(at: &AccountRegion, alarm: &str, mark: &str) -> Result<bool, Gap> {
    let input = json!({
        "AlarmName": alarm, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "HistoryItemType": "StateUpdate",
        "MaxRecords": 20, "ScanBy": "TimestampDescending",
    });
    let history: History = at.client(Client::new).call(&HISTORY, input).await?;
    let mut items = history.alarm_history_items.iter().filter_map(|item| item.history_data.as_deref());
    // The history also has the change back, whose reason ends with the mark, too.
    Ok(items.any(|data| data.contains(&reason(mark))))
}
