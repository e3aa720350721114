//! `key-lifecycle`: disables a probe key and enables it again; if the case requires it, also schedules its deletion, cancels
//! that and recovers the key.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts, `key_state.rs` is the artifact. Must not
//! know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;
#[cfg(feature = "aws")]
pub(super) mod key_state;

use attestry_core::facts::{Argument, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

const fn call(operation: &'static str, permission: &'static str) -> Call {
    Call::new("kms", operation, permission, Frequency::Resource)
}

static KIND: Kind = Kind {
    name: "probe.key-lifecycle",
    plural: "keys",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A probe key that was disabled and enabled again, and recovered from a scheduled deletion where the case asks for \
          it.",
    attributes: &[
        Attribute::new("case", Type::Text, "DescribeKey", "with", "The case that changed the key."),
        Attribute::new("name", Type::Text, "DescribeKey", "with", "The key, as the case names it."),
        Attribute::new("arn", Type::Text, "DescribeKey", "KeyMetadata.Arn", "ARN of the key."),
        Attribute::new(
            "disabled",
            Type::Bool,
            "Encrypt",
            "the answer",
            "Whether AWS refused both Encrypt and Decrypt with DisabledException within the time given.",
        ),
        Attribute::new(
            "disable_took",
            Type::Duration,
            "Encrypt",
            "the answer",
            "Whole seconds from DisableKey until AWS refused both; absent when it never did.",
        ),
        Attribute::new(
            "enabled",
            Type::Bool,
            "Encrypt",
            "the answer",
            "Whether the disabled key encrypted and decrypted again within the time given, also the bytes from before.",
        ),
        Attribute::new(
            "enable_took",
            Type::Duration,
            "Encrypt",
            "the answer",
            "Whole seconds from EnableKey until the key worked; absent when it never did.",
        ),
        Attribute::new(
            "scheduled",
            Type::Bool,
            "Encrypt",
            "the answer",
            "Whether the key was pending deletion within the time given, in 7 days, and AWS refused both Encrypt and \
             Decrypt with KMSInvalidStateException; absent without `deletion`.",
        ),
        Attribute::new(
            "schedule_took",
            Type::Duration,
            "Encrypt",
            "the answer",
            "Whole seconds from ScheduleKeyDeletion until AWS refused both; absent when it never did.",
        ),
        Attribute::new(
            "canceled",
            Type::Bool,
            "DescribeKey",
            "KeyMetadata.KeyState",
            "Whether the key was no longer pending deletion, and disabled, within the time given; absent without \
             `deletion`.",
        ),
        Attribute::new(
            "cancel_took",
            Type::Duration,
            "DescribeKey",
            "KeyMetadata.KeyState",
            "Whole seconds from CancelKeyDeletion until the key was disabled; absent when it never was.",
        ),
        Attribute::new(
            "recovered",
            Type::Bool,
            "Encrypt",
            "the answer",
            "Whether the key encrypted and decrypted again after the canceled deletion within the time given, also the \
             bytes from before; absent without `deletion`.",
        ),
        Attribute::new(
            "recover_took",
            Type::Duration,
            "Encrypt",
            "the answer",
            "Whole seconds from the second EnableKey until the key worked; absent when it never did.",
        ),
        Attribute::new(
            "last_error",
            Type::Text,
            "Encrypt",
            "the answer",
            "The step that was not completed in time, with the last state; absent when every step was.",
        ),
        Attribute::new(
            "cleaned",
            Type::Bool,
            "UntagResource",
            "the ledger",
            "Whether the key is enabled again and no tag of the run is left.",
        ),
    ],
    calls: &[
        call("DescribeKey", "kms:DescribeKey"),
        call("ListResourceTags", "kms:ListResourceTags"),
        call("ListGrants", "kms:ListGrants"),
        call("TagResource", "kms:TagResource"),
        call("Encrypt", "kms:Encrypt"),
        call("Decrypt", "kms:Decrypt"),
        call("DisableKey", "kms:DisableKey"),
        call("EnableKey", "kms:EnableKey"),
        call(SCHEDULE, "kms:ScheduleKeyDeletion"),
        call(CANCEL, "kms:CancelKeyDeletion"),
        call("UntagResource", "kms:UntagResource"),
    ],
};

const SCHEDULE: &str = "ScheduleKeyDeletion";
const CANCEL: &str = "CancelKeyDeletion";

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "key-lifecycle",
    kind: &KIND,
    target: "key",
    arguments: &[
        Argument::required(
            "key",
            Type::Text,
            "ARN, id or alias of a key that exists for this probe. Its tag `attestry:probe` must name `key-lifecycle`.",
        ),
        Argument::optional(
            "deletion",
            Type::Bool,
            "Whether the probe also schedules the deletion of the key, with 7 days, and cancels it.",
        ),
        Argument::optional("within", Type::Duration, "How long each step may take; 5m without it."),
    ],
    calls: |arguments| {
        let deletion = arguments.is_set("deletion");
        KIND.calls.iter().filter(|call| deletion || !matches!(call.operation, SCHEDULE | CANCEL)).collect()
    },
};
