//! `alarm`: sets an alarm to ALARM, and watches whether its message reaches the topic.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts, `state.rs` is the artifact. Must not know
//! AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;
#[cfg(feature = "aws")]
pub(super) mod state;

use super::alert::listening;
use attestry_core::facts::{Argument, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

const DESCRIBED: &str = "DescribeAlarms";

const fn described(name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, of, DESCRIBED, field, doc)
}

const fn received(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    Attribute::new(name, of, "ReceiveMessage", "Messages[].Body", doc)
}

static KIND: Kind = Kind {
    name: "probe.alarm",
    plural: "alarms",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "An alarm that the probe set to ALARM, and whether its message reached the topic.",
    attributes: &[
        described("case", Type::Text, "with", "The case that set the alarm."),
        described("name", Type::Text, "with", "The alarm, as the case names it."),
        described("arn", Type::Text, "AlarmArn", "ARN of the alarm."),
        described("state", Type::Text, "StateValue", "State of the alarm before the probe: OK or INSUFFICIENT_DATA."),
        described("actions_enabled", Type::Bool, "ActionsEnabled", "Whether the actions of the alarm are enabled."),
        received(
            "alerted",
            Type::Bool,
            "Whether a message about this change of the state reached the topic. The probe listens some seconds longer \
             than `within`, so that it misses none; `took` has the time of the message.",
        ),
        received(
            "took",
            Type::Duration,
            "Whole seconds from the change of the state until its message was received; absent without a message.",
        ),
        received("names_alarm", Type::Bool, "Whether the message names the alarm; absent when there was none."),
        Attribute::new(
            "recorded",
            Type::Bool,
            "DescribeAlarmHistory",
            "AlarmHistoryItems[].HistoryData",
            "Whether the history of the alarm has this change of the state.",
        ),
        Attribute::new(
            "cleaned",
            Type::Bool,
            "SetAlarmState",
            "the ledger",
            "Whether the alarm no longer has the state of the probe, and queue and subscription are gone.",
        ),
    ],
    calls: &[
        Call::new("cloudwatch", DESCRIBED, "cloudwatch:DescribeAlarms", Frequency::Resource),
        listening::CREATE_QUEUE,
        listening::SUBSCRIBE,
        Call::new("cloudwatch", "SetAlarmState", "cloudwatch:SetAlarmState", Frequency::Resource),
        listening::RECEIVE_MESSAGE,
        Call::new("cloudwatch", "DescribeAlarmHistory", "cloudwatch:DescribeAlarmHistory", Frequency::Resource),
        listening::LIST_SUBSCRIPTIONS,
        listening::UNSUBSCRIBE,
        listening::GET_QUEUE_URL,
        listening::GET_QUEUE_ATTRIBUTES,
        listening::DELETE_QUEUE,
    ],
};

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "alarm",
    kind: &KIND,
    target: "alarm",
    arguments: &[
        Argument::required(
            "alarm",
            Type::Text,
            "Name of a metric alarm or a composite alarm that may fire for a trial.",
        ),
        Argument::required("topic", Type::Text, "ARN of the topic of its action, in the first Region of the stage."),
        Argument::optional(
            "within",
            Type::Duration,
            "How long the message may take; 2m without it. Without a message, the probe waits for all of it.",
        ),
    ],
    calls: |_| KIND.calls.iter().collect(),
};
