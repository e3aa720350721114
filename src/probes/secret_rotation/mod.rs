//! `secret-rotation`: rotates a probe secret, and watches whether the rotation works while clients go on reading.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts, `replay.rs` repeats, `rotation.rs` and
//! `pending_label.rs` are the artifacts. Must not know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;
#[cfg(feature = "aws")]
mod consumer;
#[cfg(feature = "aws")]
mod last_error;
#[cfg(feature = "aws")]
pub(super) mod pending_label;
#[cfg(feature = "aws")]
mod replay;
#[cfg(feature = "aws")]
pub(super) mod rotation;

use attestry_core::facts::{Argument, Arguments, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

const INVOKE: &str = "Invoke";
const STAGES: &str = "VersionIdsToStages";

/// The labels of versions.
#[cfg(feature = "aws")]
const CURRENT: &str = "AWSCURRENT";
#[cfg(feature = "aws")]
const PENDING: &str = "AWSPENDING";
#[cfg(feature = "aws")]
const PREVIOUS: &str = "AWSPREVIOUS";

static KIND: Kind = Kind {
    name: "probe.secret-rotation",
    plural: "rotations",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A rotation of a probe secret that the probe forced and watched.",
    attributes: &[
        Attribute::new("case", Type::Text, "DescribeSecret", "with", "The case that rotated it."),
        Attribute::new("name", Type::Text, "DescribeSecret", "with", "The secret, as the case names it."),
        Attribute::new("arn", Type::Text, "DescribeSecret", "ARN", "ARN of the secret."),
        Attribute::new(
            "rotated",
            Type::Bool,
            "DescribeSecret",
            STAGES,
            "Whether the new version, and no other, had AWSCURRENT within the time given.",
        ),
        Attribute::new(
            "took",
            Type::Duration,
            "DescribeSecret",
            STAGES,
            "Whole seconds from the request until the new version had AWSCURRENT; absent when it never had.",
        ),
        Attribute::new(
            "pending_left",
            Type::Bool,
            "DescribeSecret",
            STAGES,
            "Whether a version without AWSCURRENT had AWSPENDING at the end, before the cleanup.",
        ),
        Attribute::new(
            "previous_readable",
            Type::Bool,
            "GetSecretValue",
            "VersionStage=AWSPREVIOUS",
            "Whether AWSPREVIOUS was the version that was current before, with the same value; false when the secret \
             did not rotate.",
        ),
        Attribute::new(
            "value_changed",
            Type::Bool,
            "GetSecretValue",
            "SecretString",
            "Whether the current value differs from the value before; false when the secret did not rotate.",
        ),
        Attribute::new(
            "reads",
            Type::Integer,
            "GetSecretValue",
            "VersionStage=AWSCURRENT",
            "The number of reads of the current value during the rotation; absent without `zero_downtime`.",
        ),
        Attribute::new(
            "failed_reads",
            Type::Integer,
            "GetSecretValue",
            "VersionStage=AWSCURRENT",
            "The number of these reads that failed; absent without `zero_downtime`.",
        ),
        Attribute::new(
            "last_error",
            Type::Text,
            "FilterLogEvents",
            "events[].message",
            "The reason why the rotation did not begin; or that it stayed pending, with type and message of the last \
             error in the log group of its function since the request; absent when the rotation worked.",
        ),
        Attribute::new(
            "consumer_follows",
            Type::Bool,
            INVOKE,
            "Payload",
            "Whether the consumer used the new version within `consumer_within`; false when the secret did not rotate, \
             absent without `consumer`. The probe cannot check the answer of the consumer.",
        ),
        Attribute::new(
            "consumer_took",
            Type::Duration,
            INVOKE,
            "Payload",
            "Whole seconds until the consumer used the new version, from the last time at which that version was not \
             current yet; absent when it never did.",
        ),
        Attribute::new(
            "replay_accepted",
            Type::Bool,
            "RotateSecret",
            "ClientRequestToken",
            "Whether AWS accepted a second request with the token of the finished rotation. A refusal because of the \
             state of the secret changes nothing either. Absent without `replay`, or when the secret did not rotate.",
        ),
        Attribute::new(
            "repeated_steps",
            Type::Integer,
            INVOKE,
            "Payload",
            "How many of the four steps the rotation function ran again for the finished rotation, without an error; \
             absent without `replay`, or when the secret did not rotate.",
        ),
        Attribute::new(
            "replay_unchanged",
            Type::Bool,
            "ListSecretVersionIds",
            "Versions[]",
            "Whether the second request and the repeated steps left the secret as it was: no new version, no moved \
             label, the same current value. The probe looks for about ten seconds after the second request. Absent \
             without `replay`, or when the secret did not rotate.",
        ),
        Attribute::new(
            "pending_kept",
            Type::Bool,
            INVOKE,
            "Payload",
            "Whether createSecret ended without an error and changed nothing for a version that was pending with a \
             value already; absent without `replay`, or when something before it failed.",
        ),
        Attribute::new(
            "replay_error",
            Type::Text,
            INVOKE,
            "Payload",
            "The first failure or change of the replay; absent without one, and without `replay`.",
        ),
        Attribute::new(
            "cleaned",
            Type::Bool,
            "UpdateSecretVersionStage",
            "the ledger",
            "Whether no label AWSPENDING of the probe is left.",
        ),
    ],
    calls: &[
        Call::new("secretsmanager", "DescribeSecret", "secretsmanager:DescribeSecret", Frequency::Resource),
        Call::new("secretsmanager", "GetSecretValue", "secretsmanager:GetSecretValue", Frequency::Resource),
        Call::new("secretsmanager", "RotateSecret", "secretsmanager:RotateSecret", Frequency::Resource),
        Call::new(
            "secretsmanager",
            "UpdateSecretVersionStage",
            "secretsmanager:UpdateSecretVersionStage",
            Frequency::Resource,
        ),
        Call::new("secretsmanager", "ListSecretVersionIds", "secretsmanager:ListSecretVersionIds", Frequency::Resource),
        Call::new("lambda", INVOKE, "lambda:InvokeFunction", Frequency::Resource),
        Call::new("lambda", "GetFunctionConfiguration", "lambda:GetFunctionConfiguration", Frequency::Resource),
        Call::new("logs", "FilterLogEvents", "logs:FilterLogEvents", Frequency::Resource),
    ],
};

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "secret-rotation",
    kind: &KIND,
    target: "secret",
    arguments: &[
        Argument::required("secret", Type::Text, "Name or ARN of a secret that exists to be rotated by this probe."),
        Argument::optional("within", Type::Duration, "How long a rotation may take; 2m without it."),
        Argument::optional(
            "zero_downtime",
            Type::Bool,
            "Whether the probe reads the current value all the time, as a client would.",
        ),
        Argument::optional(
            "replay",
            Type::Bool,
            "Whether the probe repeats the finished rotation: the request with the same token, each of the four steps, \
             and createSecret for a version that is pending. A rotation function must change nothing then.",
        ),
        Argument::optional(
            "consumer",
            Type::Text,
            "A consumer of the secret: the name or ARN of a function that is invoked with `SecretId`, or an https URL. It \
             answers with `{\"VersionId\": …}`, the id of the version that it uses.",
        ),
        Argument::optional(
            "consumer_within",
            Type::Duration,
            "How long the consumer may take until it uses the new version; 60s without it.",
        ),
    ],
    calls,
};

fn calls(arguments: &Arguments) -> Vec<&'static Call> {
    let by_function = arguments.text("consumer").is_some_and(|consumer| !consumer.contains("://"));
    let invokes = by_function || arguments.is_set("replay");
    KIND.calls.iter().filter(|call| invokes || call.operation != INVOKE).collect()
}
