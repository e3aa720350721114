//! `rollback`: makes a new version of a probe secret current and goes back to the version before; if the case names two
//! keys, also points an alias at the second one and back.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts, `version.rs` and `alias.rs` are the
//! artifacts. Must not know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;
#[cfg(feature = "aws")]
pub(super) mod alias;
#[cfg(feature = "aws")]
pub(super) mod version;

use attestry_core::facts::{Argument, Arguments, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

const fn secrets(operation: &'static str, permission: &'static str) -> Call {
    Call::new("secretsmanager", operation, permission, Frequency::Resource)
}

const fn keys(operation: &'static str, permission: &'static str) -> Call {
    Call::new("kms", operation, permission, Frequency::Resource)
}

static KIND: Kind = Kind {
    name: "probe.rollback",
    plural: "rollbacks",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A probe secret that got a new version and went back to the version before, and an alias that was pointed at a \
          second key and back where the case names two keys.",
    attributes: &[
        Attribute::new("case", Type::Text, "DescribeSecret", "with", "The case that went back."),
        Attribute::new("name", Type::Text, "DescribeSecret", "with", "The secret, as the case names it."),
        Attribute::new("arn", Type::Text, "DescribeSecret", "ARN", "ARN of the secret."),
        Attribute::new(
            "moved",
            Type::Bool,
            "GetSecretValue",
            "SecretString",
            "Whether the new version had AWSCURRENT and its value was read within the time given.",
        ),
        Attribute::new(
            "back",
            Type::Bool,
            "GetSecretValue",
            "SecretString",
            "Whether the version before had AWSCURRENT again and its value was read again within the time given.",
        ),
        Attribute::new(
            "took",
            Type::Duration,
            "GetSecretValue",
            "SecretString",
            "Whole seconds from UpdateSecretVersionStage until the value before was read again; absent when it never was.",
        ),
        Attribute::new(
            "alias_moved",
            Type::Bool,
            "Encrypt",
            "KeyId",
            "Whether encryptions under the alias used the second key within the time given; absent without the two keys.",
        ),
        Attribute::new(
            "alias_back",
            Type::Bool,
            "Encrypt",
            "KeyId",
            "Whether encryptions under the alias used the first key again within the time given; absent without the two \
             keys.",
        ),
        Attribute::new(
            "alias_took",
            Type::Duration,
            "Encrypt",
            "KeyId",
            "Whole seconds from UpdateAlias until the first key was used again; absent when it never was.",
        ),
        Attribute::new(
            "decrypts",
            Type::Bool,
            "Decrypt",
            "Plaintext",
            "Whether bytes that were encrypted under the alias before, and while it pointed at the second key, are still \
             decrypted at the end; absent without the two keys.",
        ),
        Attribute::new(
            "last_error",
            Type::Text,
            "GetSecretValue",
            "the answer",
            "The steps that were not completed, with the last answers; absent when every step was.",
        ),
        Attribute::new(
            "cleaned",
            Type::Bool,
            "UpdateSecretVersionStage",
            "the ledger",
            "Whether the labels are where they were before, and no alias is left.",
        ),
    ],
    calls: &[
        secrets("DescribeSecret", "secretsmanager:DescribeSecret"),
        secrets("GetSecretValue", "secretsmanager:GetSecretValue"),
        secrets("PutSecretValue", "secretsmanager:PutSecretValue"),
        secrets("UpdateSecretVersionStage", "secretsmanager:UpdateSecretVersionStage"),
        secrets("ListSecretVersionIds", "secretsmanager:ListSecretVersionIds"),
        keys("DescribeKey", "kms:DescribeKey"),
        keys("ListResourceTags", "kms:ListResourceTags"),
        keys("ListAliases", "kms:ListAliases"),
        keys("CreateAlias", "kms:CreateAlias"),
        keys("UpdateAlias", "kms:UpdateAlias"),
        keys("Encrypt", "kms:Encrypt"),
        keys("Decrypt", "kms:Decrypt"),
        keys("DeleteAlias", "kms:DeleteAlias"),
    ],
};

/// Whether the case names a key for the alias.
fn has_keys(arguments: &Arguments) -> bool {
    arguments.text("first_key").is_some() || arguments.text("second_key").is_some()
}

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "rollback",
    kind: &KIND,
    target: "secret",
    arguments: &[
        Argument::required(
            "secret",
            Type::Text,
            "Name or ARN of a secret that exists for this probe. Its tag `attestry:probe` must name `rollback`.",
        ),
        Argument::optional(
            "first_key",
            Type::Text,
            "ARN, id or alias of the key at which an alias of the probe points first. Its tag `attestry:probe` must name \
             `rollback`.",
        ),
        Argument::optional(
            "second_key",
            Type::Text,
            "The key at which the alias points then, with the same tag. `first_key` and `second_key` belong together.",
        ),
        Argument::optional("within", Type::Duration, "How long each step may take; 2m without it."),
    ],
    calls: |arguments| {
        let keys = has_keys(arguments);
        KIND.calls.iter().filter(|call| keys || call.service != "kms").collect()
    },
};
