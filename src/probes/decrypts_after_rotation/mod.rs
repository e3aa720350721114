//! `decrypts-after-rotation`: encrypts random bytes under a key, rotates the key if the case requires it, and decrypts
//! them.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts. Must not know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;

use attestry_core::facts::{Argument, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

const fn call(operation: &'static str, permission: &'static str) -> Call {
    Call::new("kms", operation, permission, Frequency::Resource)
}

static KIND: Kind = Kind {
    name: "probe.decrypts-after-rotation",
    plural: "keys",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "Random bytes that were encrypted under a key and decrypted again, after a rotation of the key where the case \
          asks for one.",
    attributes: &[
        Attribute::new("case", Type::Text, "DescribeKey", "with", "The case that used the key."),
        Attribute::new("name", Type::Text, "DescribeKey", "with", "The key, as the case names it."),
        Attribute::new("arn", Type::Text, "DescribeKey", "KeyMetadata.Arn", "ARN of the key."),
        Attribute::new(
            "left",
            Type::Integer,
            "ListKeyRotations",
            "Rotations[].RotationType",
            "How many of the 25 on-demand rotations in the life of the key were left before the probe used one.",
        ),
        Attribute::new(
            "rotated",
            Type::Bool,
            "ListKeyRotations",
            "Rotations[].RotationType",
            "Whether the list of completed rotations had a new one within the time given; absent without `rotate`.",
        ),
        Attribute::new(
            "took",
            Type::Duration,
            "ListKeyRotations",
            "Rotations[].RotationType",
            "Whole seconds from the request until the rotation was completed; absent when it never was.",
        ),
        Attribute::new(
            "new_material",
            Type::Bool,
            "GenerateDataKeyWithoutPlaintext",
            "KeyMaterialId",
            "Whether a data key from after the rotation is under other key material than the bytes from before it; \
             absent without `rotate`.",
        ),
        Attribute::new(
            "decrypts",
            Type::Bool,
            "Decrypt",
            "Plaintext",
            "Whether the bytes that were encrypted first are decrypted to the same bytes at the end, after the \
             rotation where there was one.",
        ),
        Attribute::new(
            "last_error",
            Type::Text,
            "Decrypt",
            "the answer",
            "The reason why the bytes were not decrypted, or that the rotation was not completed; absent when both \
             worked.",
        ),
        Attribute::new(
            "cleaned",
            Type::Bool,
            "DescribeKey",
            "the ledger",
            "Always true, since the probe creates nothing.",
        ),
    ],
    calls: &[
        call("DescribeKey", "kms:DescribeKey"),
        call("ListKeyRotations", "kms:ListKeyRotations"),
        call("GetKeyRotationStatus", "kms:GetKeyRotationStatus"),
        call("Encrypt", "kms:Encrypt"),
        call("Decrypt", "kms:Decrypt"),
        call(ROTATE, "kms:RotateKeyOnDemand"),
        call(RENEWED, "kms:GenerateDataKeyWithoutPlaintext"),
    ],
};

const ROTATE: &str = "RotateKeyOnDemand";
const RENEWED: &str = "GenerateDataKeyWithoutPlaintext";

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "decrypts-after-rotation",
    kind: &KIND,
    target: "key",
    arguments: &[
        Argument::required("key", Type::Text, "ARN, id or alias of a customer managed key for symmetric encryption."),
        Argument::optional(
            "rotate",
            Type::Bool,
            "Whether the key is rotated in between: this cannot be undone, and AWS allows it 25 times in the life of a key.",
        ),
        Argument::optional(
            "reserve",
            Type::Integer,
            "How many on-demand rotations are never used by this probe; 5 without it.",
        ),
        Argument::optional("within", Type::Duration, "How long the rotation may take; 10m without it."),
    ],
    calls: |arguments| {
        let rotates = arguments.is_set("rotate");
        KIND.calls.iter().filter(|call| rotates || !matches!(call.operation, ROTATE | RENEWED)).collect()
    },
};
