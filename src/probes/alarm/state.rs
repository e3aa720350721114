//! The state ALARM that the probe `alarm` sets. The next evaluation of the alarm also ends it.
//!
//! Must not know the actions of the alarm.

use std::fmt;

use aws_smithy_types::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::client::{Api, CLOUDWATCH, Client, cbor_instant};
use crate::aws::{AccountRegion, Pages};
use crate::probes::runner::artifact::{Artifact, ArtifactKind, Marked, Pending, Search, parse};
use crate::probes::runner::ownership::{Origin, Ownership, instant};
use crate::probes::support::malformed;
use attestry_core::facts::Gap;

const DESCRIBE: Api = CLOUDWATCH.api("DescribeAlarms");
const SET: Api = CLOUDWATCH.api("SetAlarmState");

/// The state in which an alarm runs its actions.
pub(super) const ALARM: &str = "ALARM";

/// The state of an alarm without an evaluation. AWS evaluates it again.
const UNKNOWN: &str = "INSUFFICIENT_DATA";

/// The kind of this artifact.
pub(in crate::probes) static ALARM_STATE: ArtifactKind = ArtifactKind {
    name: "alarm-state",
    probe: "alarm",
    parse: parse::<AlarmState>,
    search: Search::Listing(|at| Box::pin(search(at))),
};

/// The state of an alarm.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlarmState {
    pub(super) alarm: String,
    /// The mark at the end of the reason of the state.
    pub(super) mark: String,
    /// The state before.
    pub(super) before: String,
}

impl fmt::Display for AlarmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state ALARM of alarm {}, set by {}", self.alarm, self.mark)
    }
}

impl Artifact for AlarmState {
    fn kind(&self) -> &'static ArtifactKind {
        &ALARM_STATE
    }

    fn undo(&self) -> String {
        format!(
            "aws cloudwatch set-alarm-state --alarm-name {} --state-value {} --state-reason undone",
            self.alarm, self.before
        )
    }

    fn bears(&self, mark: &str, _: &str, _: &str) -> bool {
        self.mark == mark
    }

    fn is_seen_late(&self) -> bool {
        true
    }

    fn find<'a>(&'a self, at: &'a AccountRegion, origin: &'a Origin) -> Pending<'a, Result<Ownership, Gap>> {
        Box::pin(self.look_up(at, origin))
    }

    fn remove<'a>(&'a self, at: &'a AccountRegion, handle: String) -> Pending<'a, Result<(), Gap>> {
        Box::pin(async move {
            let reason = format!("a probe of Attestry puts the state back: {}", self.mark);
            set(at, &handle, &self.before, &reason).await
        })
    }
}

impl AlarmState {
    async fn look_up(&self, at: &AccountRegion, origin: &Origin) -> Result<Ownership, Gap> {
        let Some(alarm) = find(at, &self.alarm).await? else { return Ok(Ownership::Gone) };
        if alarm.state_value != ALARM || !alarm.reason()?.ends_with(&origin.mark) {
            return Ok(Ownership::Gone);
        }
        let proof = origin.check_time("the state", instant(alarm.state_updated_timestamp.as_ref()));
        Ok(Ownership::judged(self.alarm.clone(), proof))
    }
}

/// The reason of the state ALARM, which the message and the history repeat.
pub(super) fn reason(mark: &str) -> String {
    format!("a probe of Attestry tries this alarm; nothing happened: {mark}")
}

/// Sets the state of an alarm.
pub(super) async fn set(at: &AccountRegion, alarm: &str, state: &str, reason: &str) -> Result<(), Gap> {
    let input = json!({ "AlarmName": alarm, "StateValue": state, "StateReason": reason });
    at.client(Client::new).send(&SET, input).await?;
    Ok(())
}

/// An alarm, as far as the probe needs it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Alarm {
    alarm_name: String,
    pub(super) alarm_arn: String,
    pub(super) state_value: String,
    pub(super) actions_enabled: bool,
    state_reason: Option<String>,
    #[serde(default, deserialize_with = "cbor_instant")]
    state_updated_timestamp: Option<DateTime>,
}

impl Alarm {
    fn reason(&self) -> Result<&str, Gap> {
        self.state_reason.as_deref().ok_or_else(|| malformed("the answer contains no reason of the state"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    metric_alarms: Option<Vec<Alarm>>,
    composite_alarms: Option<Vec<Alarm>>,
    next_token: Option<String>,
}

impl Described {
    fn all(self) -> impl Iterator<Item = Alarm> {
        self.metric_alarms.into_iter().chain(self.composite_alarms).flatten()
    }
}

/// Both types of alarms. Without the types, AWS returns no composite alarm.
const TYPES: [&str; 2] = ["MetricAlarm", "CompositeAlarm"];

/// The alarm of that name; `None` when there is none.
pub(super) async fn find(at: &AccountRegion, name: &str) -> Result<Option<Alarm>, Gap> {
    let input = json!({ "AlarmNames": [name], "AlarmTypes": TYPES });
    let found: Described = at.client(Client::new).call(&DESCRIBE, input).await?;
    Ok(found.all().find(|alarm| alarm.alarm_name == name))
}

async fn search(at: &AccountRegion) -> Result<Vec<Marked>, Gap> {
    let (mut found, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        let input = json!({ "AlarmTypes": TYPES, "StateValue": ALARM, "MaxRecords": 100, "NextToken": pages.token() });
        let page: Described = at.client(Client::new).call(&DESCRIBE, input).await?;
        let next = page.next_token.clone();
        for alarm in page.all() {
            let reason = alarm.reason()?;
            let mark = reason.rsplit(' ').next().unwrap_or_default().to_owned();
            // The state before is in the ledger alone. From this one, AWS evaluates the alarm again.
            let make = |_| AlarmState { alarm: alarm.alarm_name.clone(), mark, before: UNKNOWN.to_owned() };
            found.extend(Marked::by(reason, make));
        }
        pages.turn(next.as_deref(), false)?;
    }
    Ok(found)
}
