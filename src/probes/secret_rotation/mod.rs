//! `secret-rotation`: rotates a probe secret, and watches whether the rotation works while clients go on reading.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts, `rotation.rs` is the artifact. Must not
//! know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;
#[cfg(feature = "aws")]
pub(super) mod rotation;

use attestry_core::facts::{Argument, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

const fn observed(
    name: &'static str,
    of: Type,
    call: &'static str,
    field: &'static str,
    doc: &'static str,
) -> Attribute {
    Attribute::new(name, of, call, field, doc)
}

const STAGES: &str = "VersionIdsToStages";

static KIND: Kind = Kind {
    name: "probe.secret-rotation",
    plural: "rotations",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A rotation of a probe secret that the probe forced and watched.",
    attributes: &[
        observed("case", Type::Text, "DescribeSecret", "with", "The case that rotated it."),
        observed("name", Type::Text, "DescribeSecret", "with", "The secret, as the case names it."),
        observed("arn", Type::Text, "DescribeSecret", "ARN", "ARN of the secret."),
        observed(
            "rotated",
            Type::Bool,
            "DescribeSecret",
            STAGES,
            "Whether the new version, and no other, had AWSCURRENT within the time given.",
        ),
        observed(
            "took",
            Type::Duration,
            "DescribeSecret",
            STAGES,
            "Whole seconds from the request until the new version had AWSCURRENT; absent when it never had.",
        ),
        observed(
            "pending_left",
            Type::Bool,
            "DescribeSecret",
            STAGES,
            "Whether a version without AWSCURRENT had AWSPENDING at the end, before the cleanup.",
        ),
        observed(
            "previous_readable",
            Type::Bool,
            "GetSecretValue",
            "VersionStage=AWSPREVIOUS",
            "Whether AWSPREVIOUS was the version that was current before, with the same value; false when the secret \
             did not rotate.",
        ),
        observed(
            "value_changed",
            Type::Bool,
            "GetSecretValue",
            "SecretString",
            "Whether the current value differs from the value before; false when the secret did not rotate.",
        ),
        observed(
            "reads",
            Type::Integer,
            "GetSecretValue",
            "VersionStage=AWSCURRENT",
            "The number of reads of the current value during the rotation; absent without `zero_downtime`.",
        ),
        observed(
            "failed_reads",
            Type::Integer,
            "GetSecretValue",
            "VersionStage=AWSCURRENT",
            "The number of these reads that failed; absent without `zero_downtime`.",
        ),
        observed(
            "last_error",
            Type::Text,
            "FilterLogEvents",
            "events[].message",
            "The reason why the rotation did not begin; or that it stayed pending, with type and message of the last \
             error in the log group of its function since the request; absent when the rotation worked.",
        ),
        observed(
            "cleaned",
            Type::Bool,
            "UpdateSecretVersionStage",
            "the ledger",
            "Whether no label of the rotation is left.",
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
    ],
    calls: |_| KIND.calls.iter().collect(),
};
