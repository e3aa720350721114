//! `alert-on-action`: assumes a role or invokes a function, and watches whether the alert about that action reaches the topic.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts. The artifacts are those of `alert`. Must not
//! know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;

use super::alert::listening;
use attestry_core::facts::{Argument, Arguments, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

/// The actions.
const ASSUME: &str = "assume-role";
const INVOKE: &str = "invoke-function";

/// The text in an event that the probe replaces.
#[cfg(feature = "aws")]
const PLACE: &str = "{mark}";

const fn acted(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    Attribute::new(name, of, "CreateQueue", "with", doc)
}

const fn received(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    Attribute::new(name, of, "ReceiveMessage", "Messages[].Body", doc)
}

static KIND: Kind = Kind {
    name: "probe.alert-on-action",
    plural: "actions",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "An action of the probe, and whether an alert about it reached the topic.",
    attributes: &[
        acted("case", Type::Text, "The case that acted."),
        acted("name", Type::Text, "The role or the function, as the case names it."),
        acted("action", Type::Text, "The action, as the case names it."),
        acted(
            "fed",
            Type::Text,
            "The sender of the event in place of CloudTrail and EventBridge: `probe` with `invoke-function`, `endpoint` \
             where the stage is no account of AWS; absent when CloudTrail and EventBridge delivered it.",
        ),
        Attribute::new(
            "function_error",
            Type::Text,
            "Invoke",
            "Payload",
            "Type and message of the error of the function; absent when it succeeded or when the probe assumed a role.",
        ),
        received(
            "alerted",
            Type::Bool,
            "Whether an alert about this action reached the topic: a message with the name of the session, or with the \
             mark in the event. The probe listens some seconds longer than `within`, so that it misses none; `took` has \
             the time of the alert.",
        ),
        received(
            "took",
            Type::Duration,
            "Whole seconds from the action until its alert was received; absent without an alert.",
        ),
        received(
            "names_resource",
            Type::Bool,
            "Whether the alert names the role or function; absent without an alert.",
        ),
        Attribute::new("cleaned", Type::Bool, "DeleteQueue", "the ledger", "Whether queue and subscription are gone."),
    ],
    calls: &[
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
    name: "alert-on-action",
    kind: &KIND,
    target: "resource",
    arguments: &[
        Argument::required(
            "action",
            Type::Text,
            "`assume-role`: the caller of the stage assumes the role and forgets the credentials. `invoke-function`: the \
             probe invokes the function with `event`.",
        )
        .one_of(&[ASSUME, INVOKE]),
        Argument::required("resource", Type::Text, "ARN of the role, or name or ARN of the function."),
        Argument::required("topic", Type::Text, "ARN of the topic of the alerts, in the first Region of the stage."),
        Argument::optional(
            "event",
            Type::Text,
            "The event for the function as JSON; `invoke-function` needs it. The probe replaces each `{mark}` in it by its \
             own mark, and there must be one: by it, the probe recognises the alert.",
        ),
        Argument::optional(
            "within",
            Type::Duration,
            "How long an alert may take; the default is 1m with `invoke-function` and 10m with `assume-role`. Without an \
             alert, the probe waits for all of it.",
        ),
    ],
    calls,
};

fn calls(arguments: &Arguments) -> Vec<&'static Call> {
    let other = if arguments.text("action") == Some(INVOKE) { "AssumeRole" } else { "Invoke" };
    KIND.calls.iter().filter(|call| call.operation != other).collect()
}
