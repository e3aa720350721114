//! `kms.key`: schema. What AWS KMS tells of a key.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod aliases;
mod collect;
mod rotation;

use crate::kinds::analyzer;
use crate::kinds::statements::STATEMENTS;
use attestry_core::facts::iam::GRANT;
use attestry_core::facts::{Attribute, Call, Frequency, Kind, Scope, Type};

pub(super) use aliases::{Aliases, aliases};
pub(super) use collect::Collect;

pub(super) const LIST_ALIASES: Call =
    Call::new("kms", "ListAliases", "kms:ListAliases", Frequency::Joined { page: 100 });

const TEXTS: Type = Type::List(&Type::Text);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "kms.key",
    plural: "keys",
    scope: Scope::Regional,
    doc: "A KMS key of this account and Region. Keys that AWS services manage are part of the population.",
    attributes: &[
        Attribute::new("id", Type::Text, "ListKeys", "Keys[].KeyId", "Key id."),
        Attribute::new("arn", Type::Text, "ListKeys", "Keys[].KeyArn", "Key ARN."),
        Attribute::new("name", Type::Text, "ListKeys", "Keys[].KeyId", "Key id; a key has names only through aliases."),
        Attribute::new(
            "aliases",
            TEXTS,
            "ListAliases",
            "Aliases[].AliasName",
            "Alias names that point at the key; empty when none does.",
        ),
        Attribute::new(
            "tags",
            Type::Map(&Type::Text),
            "GetResources",
            "ResourceTagMappingList[].Tags",
            "Tags; empty when there are none.",
        ),
        Attribute::new("manager", Type::Text, "DescribeKey", "KeyMetadata.KeyManager", "CUSTOMER or AWS."),
        Attribute::new(
            "state",
            Type::Text,
            "DescribeKey",
            "KeyMetadata.KeyState",
            "Such as Enabled, Disabled, PendingDeletion, PendingImport, PendingReplicaDeletion or Unavailable.",
        ),
        Attribute::new("enabled", Type::Bool, "DescribeKey", "KeyMetadata.Enabled", "Whether the state is Enabled."),
        Attribute::new(
            "spec",
            Type::Text,
            "DescribeKey",
            "KeyMetadata.KeySpec",
            "Type of key material, such as SYMMETRIC_DEFAULT, RSA_2048 or HMAC_256.",
        ),
        Attribute::new(
            "usage",
            Type::Text,
            "DescribeKey",
            "KeyMetadata.KeyUsage",
            "ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC or KEY_AGREEMENT.",
        ),
        Attribute::new(
            "origin",
            Type::Text,
            "DescribeKey",
            "KeyMetadata.Origin",
            "Where the key material came from: AWS_KMS, EXTERNAL (imported), AWS_CLOUDHSM or EXTERNAL_KEY_STORE.",
        ),
        Attribute::new(
            "custom_key_store",
            Type::Text,
            "DescribeKey",
            "KeyMetadata.CustomKeyStoreId",
            "Id of the custom key store; absent for keys outside of one.",
        ),
        Attribute::new(
            "description",
            Type::Text,
            "DescribeKey",
            "KeyMetadata.Description",
            "Description; absent when it is empty.",
        ),
        Attribute::new("created", Type::Time, "DescribeKey", "KeyMetadata.CreationDate", "When the key was created."),
        Attribute::new(
            "deletion_date",
            Type::Time,
            "DescribeKey",
            "KeyMetadata.DeletionDate",
            "When the key will be deleted; absent unless its state is PendingDeletion.",
        ),
        Attribute::new(
            "deletion_window",
            Type::Duration,
            "DescribeKey",
            "KeyMetadata.PendingDeletionWindowInDays",
            "Waiting period before deletion, of a multi-Region primary that waits for its replicas to be deleted; \
             absent otherwise.",
        )
        .within_days(1, 365),
        Attribute::new(
            "material_expires",
            Type::Time,
            "DescribeKey",
            "KeyMetadata.ValidTo",
            "When imported key material expires; absent when it does not or was not imported.",
        ),
        Attribute::new(
            "multi_region.enabled",
            Type::Bool,
            "DescribeKey",
            "KeyMetadata.MultiRegion",
            "Whether the key is a multi-Region key.",
        ),
        Attribute::new(
            "multi_region.role",
            Type::Text,
            "DescribeKey",
            "KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType",
            "PRIMARY or REPLICA; not applicable to single-Region keys.",
        ),
        Attribute::new(
            "multi_region.primary_region",
            Type::Text,
            "DescribeKey",
            "KeyMetadata.MultiRegionConfiguration.PrimaryKey.Region",
            "Region of the primary key; not applicable to single-Region keys.",
        ),
        Attribute::new(
            "multi_region.replica_regions",
            TEXTS,
            "DescribeKey",
            "KeyMetadata.MultiRegionConfiguration.ReplicaKeys[].Region",
            "Regions of the replica keys, empty when there are none; not applicable to single-Region keys.",
        ),
        Attribute::new(
            "rotation.enabled",
            Type::Bool,
            "GetKeyRotationStatus",
            "KeyRotationEnabled",
            "Whether the key rotates automatically, false for imported material; not applicable to AWS managed, \
             asymmetric and HMAC keys, to keys of custom key stores and to keys that wait for deletion.",
        ),
        Attribute::new(
            "rotation.period",
            Type::Duration,
            "GetKeyRotationStatus",
            "RotationPeriodInDays",
            "Time between automatic rotations, in days; absent when automatic rotation is off; not applicable as \
             `rotation.enabled`.",
        )
        .decided_by(&["KeyRotationEnabled"])
        .within_days(1, 2560),
        Attribute::new(
            "rotation.next",
            Type::Time,
            "GetKeyRotationStatus",
            "NextRotationDate",
            "When the next automatic rotation is due; absent when automatic rotation is off; not applicable as \
             `rotation.enabled`.",
        )
        .decided_by(&["KeyRotationEnabled"]),
        Attribute::new(
            "rotation.on_demand_started",
            Type::Time,
            "GetKeyRotationStatus",
            "OnDemandRotationStartDate",
            "When an on-demand rotation that is still in progress began; absent when none is; not applicable as \
             `rotation.enabled`.",
        ),
        Attribute::new(
            "rotations.count",
            Type::Integer,
            "ListKeyRotations",
            "Rotations[]",
            "Number of completed rotations, those of AWS managed keys too; not applicable otherwise as `rotation.enabled`.",
        ),
        Attribute::new(
            "rotations.on_demand",
            Type::Integer,
            "ListKeyRotations",
            "Rotations[].RotationType",
            "Number of completed rotations of type ON_DEMAND, of which AWS allows 25 a key; not applicable as \
             `rotations.count`.",
        ),
        Attribute::new(
            "rotations.last",
            Type::Time,
            "ListKeyRotations",
            "Rotations[].RotationDate",
            "When the last rotation was completed; absent when there was none; not applicable as `rotations.count`.",
        ),
        Attribute::new(
            "policy",
            STATEMENTS,
            "GetKeyPolicy",
            "Policy",
            "Statements of the key policy; elements that a statement does not have are absent.",
        ),
        Attribute::new(
            "grants",
            Type::List(&Type::Record(GRANT)),
            "ListGrants",
            "Grants[]",
            "Grants on the key: grantee and retiring principals, issuing account, operations, and constraints as \
             `Name key=value`, a `=` of the key behind a backslash; empty when there are none.",
        ),
        analyzer::public(),
        analyzer::reasons(),
    ],
    calls: &[
        Call::new("kms", "ListKeys", "kms:ListKeys", Frequency::Population { page: 1000 }),
        LIST_ALIASES,
        Call::new("tag", "GetResources", "tag:GetResources", Frequency::Joined { page: 100 }),
        Call::new("kms", "DescribeKey", "kms:DescribeKey", Frequency::Resource),
        Call::new("kms", "GetKeyRotationStatus", "kms:GetKeyRotationStatus", Frequency::Resource)
            .after(&["DescribeKey"]),
        Call::new("kms", "ListKeyRotations", "kms:ListKeyRotations", Frequency::Resource).after(&["DescribeKey"]),
        Call::new("kms", "GetKeyPolicy", "kms:GetKeyPolicy", Frequency::Resource),
        Call::new("kms", "ListGrants", "kms:ListGrants", Frequency::Resource),
        analyzer::public_call(&["GetKeyPolicy"]),
    ],
};
