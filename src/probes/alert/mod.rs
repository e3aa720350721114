//! `alert`: accesses a probe secret, and watches whether the alert about that access reaches the topic.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts, `queue.rs` and `subscription.rs` are
//! the artifacts. Must not know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;
#[cfg(feature = "aws")]
pub(super) mod listener;
pub(super) mod listening;
#[cfg(feature = "aws")]
pub(super) mod queue;
#[cfg(feature = "aws")]
pub(super) mod subscription;
#[cfg(feature = "aws")]
mod trail_event;

use attestry_core::facts::{Argument, Arguments, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

/// The names of the artifacts of a listener.
#[cfg(feature = "aws")]
pub(super) const QUEUE_NAME: &str = "queue";
#[cfg(feature = "aws")]
pub(super) const SUBSCRIPTION_NAME: &str = "subscription";

const EVENT: &str = "event";
const REAL: &str = "real";

const fn observed(name: &'static str, of: Type, call: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, of, call, "with", doc)
}

const fn received(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    Attribute::new(name, of, "ReceiveMessage", "Messages[].Body", doc)
}

static KIND: Kind = Kind {
    name: "probe.alert",
    plural: "accesses",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "An access to a probe secret, and whether an alert about it reached the topic.",
    attributes: &[
        observed("case", Type::Text, "DescribeSecret", "The case that made the access."),
        observed("name", Type::Text, "DescribeSecret", "The secret, as the case names it."),
        Attribute::new("arn", Type::Text, "DescribeSecret", "ARN", "ARN of the secret."),
        observed("path", Type::Text, "DescribeSecret", "The path of the access to the detector, as the case gives it."),
        observed("principal", Type::Text, "DescribeSecret", "ARN of the role that made the access."),
        observed(
            "fed",
            Type::Text,
            "DescribeSecret",
            "The sender of the event in place of CloudTrail and EventBridge: `probe` with `path: event`, `endpoint` \
             where the stage is no account of AWS; absent when CloudTrail and EventBridge delivered it.",
        ),
        Attribute::new(
            "function_error",
            Type::Text,
            "Invoke",
            "Payload",
            "Type and message of the error of the detector; absent when it succeeded or when the probe did not \
             invoke it.",
        ),
        received(
            "alerted",
            Type::Bool,
            "Whether an alert about this access reached the topic. The probe listens some seconds longer than \
             `within`, so that it misses none; `took` has the time of the alert.",
        ),
        received(
            "took",
            Type::Duration,
            "Whole seconds from the access until its alert was received; absent without an alert.",
        ),
        received("names_secret", Type::Bool, "Whether the alert names the secret; absent when there was none."),
        received("names_principal", Type::Bool, "Whether the alert names the role; absent when there was none."),
        received(
            "control_alerted",
            Type::Bool,
            "Whether the access of `control` caused an alert; absent without `control`. A missing alert about the \
             other access means something only when this is true.",
        ),
        Attribute::new("cleaned", Type::Bool, "DeleteQueue", "the ledger", "Whether queue and subscription are gone."),
    ],
    calls: &[
        Call::new("secretsmanager", "DescribeSecret", "secretsmanager:DescribeSecret", Frequency::Resource),
        listening::CREATE_QUEUE,
        listening::SUBSCRIBE,
        Call::new("lambda", "Invoke", "lambda:InvokeFunction", Frequency::Resource),
        Call::new("sts", "AssumeRole", "sts:AssumeRole", Frequency::Resource),
        listening::RECEIVE_MESSAGE,
        listening::LIST_SUBSCRIPTIONS,
        listening::UNSUBSCRIBE,
        listening::GET_QUEUE_URL,
        listening::GET_QUEUE_ATTRIBUTES,
        listening::DELETE_QUEUE,
    ],
};

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "alert",
    kind: &KIND,
    target: "secret",
    arguments: &[
        Argument::required("secret", Type::Text, "Name or ARN of a secret that exists to be read by probes."),
        Argument::required("topic", Type::Text, "ARN of the topic of the alerts, in the first Region of the stage."),
        Argument::required(
            "path",
            Type::Text,
            "`event`: the probe invokes `function` with the event that CloudTrail would send. `real`: the role reads \
             the secret, and each part between the read and the topic must work.",
        )
        .one_of(&[EVENT, REAL]),
        Argument::required(
            "as",
            Type::Text,
            "ARN of the role that makes the access. `real` assumes it, `event` only names it.",
        ),
        Argument::optional("function", Type::Text, "Name or ARN of the detector; `path: event` needs it."),
        Argument::optional(
            "session",
            Type::Text,
            "The start of the name of the role's session, such as the name of a role that may read. The caller of \
             AssumeRole chooses that name, so a detector must not trust it.",
        ),
        Argument::optional(
            "control",
            Type::Text,
            "ARN of a role whose access must cause an alert. Its access takes the same path, beside the other one.",
        ),
        Argument::optional(
            "within",
            Type::Duration,
            "How long an alert may take; the default is 1m with `path: event` and 10m with `real`. Without an alert, \
             the probe waits for all of it.",
        ),
    ],
    calls,
};

fn calls(arguments: &Arguments) -> Vec<&'static Call> {
    let other = if arguments.text("path") == Some(EVENT) { "AssumeRole" } else { "Invoke" };
    KIND.calls.iter().filter(|call| call.operation != other).collect()
}
