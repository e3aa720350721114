//! `kms.key`: schema. The attributes that AWS KMS returns for a key.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod aliases;
#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod materials;
#[cfg(feature = "aws")]
mod public_key;
#[cfg(feature = "aws")]
mod recorded;
#[cfg(feature = "aws")]
mod rotation;

use super::cloudtrail_event::LOOKUP_EVENTS;
use crate::kinds::support::analyzer;
use crate::kinds::support::tagged::GET_TAGGED;
use attestry_core::facts::iam::GRANT;
use attestry_core::facts::iam::STATEMENTS;
use attestry_core::facts::{Call, Field, Frequency, Kind, Pace, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use aliases::{Aliases, aliases};
#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

const LIST_KEYS: Call = Call::new("kms", "ListKeys", "kms:ListKeys", Frequency::Population { page: 1000 })
    .pace(Pace::per_second(500.0))
    .paged(Paging::by("Marker", &["Keys"], 100).answered("NextMarker").limited("Limit", 1000).flagged("Truncated"))
    .kept();
const DESCRIBE_KEY: Call =
    Call::new("kms", "DescribeKey", "kms:DescribeKey", Frequency::Resource).pace(Pace::per_second(2000.0)).kept();
const GET_KEY_ROTATION_STATUS: Call =
    Call::new("kms", "GetKeyRotationStatus", "kms:GetKeyRotationStatus", Frequency::Resource)
        .after(&[DESCRIBE_KEY.operation])
        .pace(Pace::per_second(1000.0))
        .kept();
const LIST_KEY_ROTATIONS: Call = Call::new("kms", "ListKeyRotations", "kms:ListKeyRotations", Frequency::Resource)
    .after(&[DESCRIBE_KEY.operation])
    .pace(Pace::per_second(100.0))
    .paged(Paging::by("Marker", &["Rotations"], 100).answered("NextMarker").limited("Limit", 1000).flagged("Truncated"))
    .kept();
const ROTATE_EVENTS: Call = LOOKUP_EVENTS.made(Frequency::Joined { page: 50 }).after(&[LIST_KEY_ROTATIONS.operation]);
const GET_PUBLIC_KEY: Call = Call::new("kms", "GetPublicKey", "kms:GetPublicKey", Frequency::Resource)
    .after(&[DESCRIBE_KEY.operation])
    .pace(Pace::per_second(2000.0))
    .kept();
const GET_KEY_POLICY: Call =
    Call::new("kms", "GetKeyPolicy", "kms:GetKeyPolicy", Frequency::Resource).pace(Pace::per_second(1000.0)).kept();
const LIST_GRANTS: Call = Call::new("kms", "ListGrants", "kms:ListGrants", Frequency::Resource)
    .pace(Pace::per_second(100.0))
    .paged(Paging::by("Marker", &["Grants"], 50).answered("NextMarker").limited("Limit", 100).flagged("Truncated"))
    .kept();
const CHECK_PUBLIC: Call = analyzer::public_call(&[GET_KEY_POLICY.operation]);

pub(super) const LIST_ALIASES: Call =
    Call::new("kms", "ListAliases", "kms:ListAliases", Frequency::Joined { page: 100 })
        .pace(Pace::per_second(500.0))
        .paged(Paging::by("Marker", &["Aliases"], 50).answered("NextMarker").limited("Limit", 100).flagged("Truncated"))
        .kept();

const ROTATION: Type =
    Type::Record(&[Field::new("date", Type::Time), Field::new("type", Type::Text), Field::new("material", Type::Text)]);
const MATERIAL: Type = Type::Record(&[
    Field::new("id", Type::Text),
    Field::new("state", Type::Text),
    Field::new("date", Type::Time),
    Field::new("type", Type::Text),
    Field::new("import", Type::Text),
    Field::new("expires", Type::Time),
]);
const RECORDED_ROTATION: Type = Type::Record(&[
    Field::new("date", Type::Time),
    Field::new("type", Type::Text),
    Field::new("material", Type::Text),
    Field::new("recorded", Type::Bool),
]);

const TEXTS: Type = Type::List(&Type::Text);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "kms.key",
    plural: "keys",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A KMS key of this account and Region. Keys that AWS services manage are part of the population.",
    attributes: &[
        LIST_KEYS.yields("id", Type::Text, "Keys[].KeyId", "Key id."),
        LIST_KEYS.yields("arn", Type::Text, "Keys[].KeyArn", "Key ARN."),
        LIST_KEYS.yields("name", Type::Text, "Keys[].KeyId", "Key id; a key has names only through aliases."),
        LIST_ALIASES.yields(
            "aliases",
            TEXTS,
            "Aliases[].AliasName",
            "Alias names that point at the key; empty when none does.",
        ),
        GET_TAGGED.yields(
            "tags",
            Type::Map(&Type::Text),
            "ResourceTagMappingList[].Tags",
            "Tags; empty when there are none.",
        ),
        DESCRIBE_KEY.yields("manager", Type::Text, "KeyMetadata.KeyManager", "CUSTOMER or AWS."),
        DESCRIBE_KEY.yields(
            "state",
            Type::Text,
            "KeyMetadata.KeyState",
            "Such as Enabled, Disabled, PendingDeletion, PendingImport, PendingReplicaDeletion or Unavailable.",
        ),
        DESCRIBE_KEY.yields("enabled", Type::Bool, "KeyMetadata.Enabled", "Whether the state is Enabled."),
        DESCRIBE_KEY.yields(
            "spec",
            Type::Text,
            "KeyMetadata.KeySpec",
            "Type of key material, such as SYMMETRIC_DEFAULT, RSA_2048 or HMAC_256.",
        ),
        DESCRIBE_KEY.yields(
            "usage",
            Type::Text,
            "KeyMetadata.KeyUsage",
            "ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC or KEY_AGREEMENT.",
        ),
        DESCRIBE_KEY.yields(
            "origin",
            Type::Text,
            "KeyMetadata.Origin",
            "Where the key material came from: AWS_KMS, EXTERNAL (imported), AWS_CLOUDHSM or EXTERNAL_KEY_STORE.",
        ),
        DESCRIBE_KEY.yields(
            "custom_key_store",
            Type::Text,
            "KeyMetadata.CustomKeyStoreId",
            "Id of the custom key store; absent for keys outside of one.",
        ),
        DESCRIBE_KEY.yields(
            "description",
            Type::Text,
            "KeyMetadata.Description",
            "Description; absent when it is empty.",
        ),
        DESCRIBE_KEY.yields("created", Type::Time, "KeyMetadata.CreationDate", "When the key was created."),
        DESCRIBE_KEY.yields(
            "deletion_date",
            Type::Time,
            "KeyMetadata.DeletionDate",
            "When the key will be deleted; absent unless its state is PendingDeletion.",
        ),
        DESCRIBE_KEY.yields(
            "deletion_window",
            Type::Duration,
            "KeyMetadata.PendingDeletionWindowInDays",
            "Waiting period before deletion, of a multi-Region primary that waits for its replicas to be deleted; \
             absent otherwise.",
        )
        .within_days(1, 365),
        DESCRIBE_KEY.yields(
            "material_expires",
            Type::Time,
            "KeyMetadata.ValidTo",
            "When imported key material expires; absent when it does not or was not imported.",
        ),
        DESCRIBE_KEY.yields(
            "material.current",
            Type::Text,
            "KeyMetadata.CurrentKeyMaterialId",
            "Id of the key material that encrypts; absent while the key waits for an import; not applicable to asymmetric and \
             HMAC keys and to keys of custom key stores.",
        )
        .aside(),
        DESCRIBE_KEY.yields(
            "multi_region.enabled",
            Type::Bool,
            "KeyMetadata.MultiRegion",
            "Whether the key is a multi-Region key.",
        ),
        DESCRIBE_KEY.yields(
            "multi_region.role",
            Type::Text,
            "KeyMetadata.MultiRegionConfiguration.MultiRegionKeyType",
            "PRIMARY or REPLICA; not applicable to single-Region keys.",
        ),
        DESCRIBE_KEY.yields(
            "multi_region.primary_region",
            Type::Text,
            "KeyMetadata.MultiRegionConfiguration.PrimaryKey.Region",
            "Region of the primary key; not applicable to single-Region keys.",
        ),
        DESCRIBE_KEY.yields(
            "multi_region.replica_regions",
            TEXTS,
            "KeyMetadata.MultiRegionConfiguration.ReplicaKeys[].Region",
            "Regions of the replica keys, empty when there are none; not applicable to single-Region keys.",
        ),
        GET_KEY_ROTATION_STATUS.yields(
            "rotation.enabled",
            Type::Bool,
            "KeyRotationEnabled",
            "Whether the key rotates automatically, false for imported material; not applicable to AWS managed, \
             asymmetric and HMAC keys, to keys of custom key stores and to keys that wait for deletion.",
        ),
        GET_KEY_ROTATION_STATUS.yields(
            "rotation.period",
            Type::Duration,
            "RotationPeriodInDays",
            "Time between automatic rotations, in days; absent when automatic rotation is off; not applicable as \
             `rotation.enabled`.",
        )
        .decided_by(&["KeyRotationEnabled"])
        .within_days(1, 2560),
        GET_KEY_ROTATION_STATUS.yields(
            "rotation.next",
            Type::Time,
            "NextRotationDate",
            "When the next automatic rotation is due; absent when automatic rotation is off; not applicable as \
             `rotation.enabled`.",
        )
        .decided_by(&["KeyRotationEnabled"]),
        GET_KEY_ROTATION_STATUS.yields(
            "rotation.on_demand_started",
            Type::Time,
            "OnDemandRotationStartDate",
            "When an on-demand rotation that is still in progress began; absent when none is; not applicable as \
             `rotation.enabled`.",
        ),
        LIST_KEY_ROTATIONS.yields(
            "rotations.count",
            Type::Integer,
            "Rotations[]",
            "Number of completed rotations, those of AWS managed keys too; not applicable otherwise as `rotation.enabled`.",
        ),
        LIST_KEY_ROTATIONS.yields(
            "rotations.on_demand",
            Type::Integer,
            "Rotations[].RotationType",
            "Number of completed rotations of type ON_DEMAND, of which AWS allows 25 a key; not applicable as \
             `rotations.count`.",
        ),
        LIST_KEY_ROTATIONS.yields(
            "rotations.last",
            Type::Time,
            "Rotations[].RotationDate",
            "When the last rotation was completed; absent when there was none; not applicable as `rotations.count`.",
        ),
        LIST_KEY_ROTATIONS.yields(
            "rotations.all",
            Type::List(&ROTATION),
            "Rotations[]",
            "The completed rotations with date, type and id of the new material; not applicable as `rotations.count`.",
        ),
        LIST_KEY_ROTATIONS.yields(
            "materials",
            Type::List(&MATERIAL),
            "Rotations[]",
            "All key material with id, state (CURRENT, NON_CURRENT, PENDING_ROTATION, \
             PENDING_MULTI_REGION_IMPORT_AND_ROTATION), date and type of its rotation (absent for the first material), state \
             of its import (IMPORTED, PENDING_IMPORT) and expiry; not applicable as `rotations.count`.",
        )
        .aside(),
        ROTATE_EVENTS.yields(
            "rotations.recent",
            Type::List(&RECORDED_ROTATION),
            "Events[]",
            "The rotations of the last 89 days, without the last day, and whether CloudTrail `recorded` each one: an event \
             RotateKey of the key with the same material, or within a day of it where the event names no material; not \
             applicable as `rotations.count`.",
        ),
        GET_PUBLIC_KEY.yields(
            "public_key.sha256",
            Type::Text,
            "PublicKey",
            "SHA-256 of the public key (DER, SubjectPublicKeyInfo) in lower-case hexadecimal digits; not applicable to \
             symmetric and HMAC keys, to keys that wait for deletion, and to disabled keys whose public key AWS refuses.",
        ),
        GET_KEY_POLICY.yields(
            "policy",
            STATEMENTS,
            "Policy",
            "Statements of the key policy; elements that a statement does not have are absent.",
        ),
        LIST_GRANTS.yields(
            "grants",
            Type::List(&Type::Record(GRANT)),
            "Grants[]",
            "Grants on the key: grantee and retiring principals, issuing account, operations, and constraints as \
             `Name key=value`, a `=` of the key behind a backslash; empty when there are none.",
        ),
        analyzer::public(),
        analyzer::reasons(),
    ],
    calls: &[
        LIST_KEYS,
        LIST_ALIASES,
        GET_TAGGED,
        DESCRIBE_KEY,
        GET_KEY_ROTATION_STATUS,
        LIST_KEY_ROTATIONS,
        ROTATE_EVENTS,
        GET_PUBLIC_KEY,
        GET_KEY_POLICY,
        LIST_GRANTS,
        CHECK_PUBLIC,
    ],
};
