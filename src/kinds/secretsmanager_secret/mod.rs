//! `secretsmanager.secret`: schema. The attributes that Secrets Manager returns for a secret, without its value.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
#[cfg(feature = "aws")]
mod key;
#[cfg(feature = "aws")]
mod schedule;

use crate::kinds::kms_key::LIST_ALIASES;
use crate::kinds::support::analyzer;
use attestry_core::facts::iam::STATEMENTS;
use attestry_core::facts::{Attribute, Call, Field, Frequency, Kind, Pace, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::{COLLECTOR, secrets};

pub(super) const LIST_SECRETS: Call =
    Call::new("secretsmanager", "ListSecrets", "secretsmanager:ListSecrets", Frequency::Population { page: 100 })
        .pace(Pace::per_second(100.0))
        .paged(Paging::by("NextToken", &["SecretList"], 100).limited("MaxResults", 100))
        .kept();
const DESCRIBE_SECRET: Call =
    Call::new("secretsmanager", "DescribeSecret", "secretsmanager:DescribeSecret", Frequency::Resource)
        .pace(Pace::per_second(40_000.0))
        .kept();
const LIST_SECRET_VERSION_IDS: Call =
    Call::new("secretsmanager", "ListSecretVersionIds", "secretsmanager:ListSecretVersionIds", Frequency::Resource)
        .pace(Pace::per_second(50.0))
        .paged(Paging::by("NextToken", &["Versions"], 100).limited("MaxResults", 100))
        .kept();
const GET_RESOURCE_POLICY: Call =
    Call::new("secretsmanager", "GetResourcePolicy", "secretsmanager:GetResourcePolicy", Frequency::Resource)
        .pace(Pace::per_second(50.0))
        .kept();
const CHECK_PUBLIC: Call = analyzer::public_call(&[GET_RESOURCE_POLICY.operation]);

const TEXTS: Type = Type::List(&Type::Text);

const VERSION: &[Field] = &[Field::new("id", Type::Text), Field::new("stages", TEXTS)];

const VERSION_KEYS: &[Field] = &[
    Field::new("id", Type::Text),
    Field::new("stages", TEXTS),
    Field::new("created", Type::Time),
    Field::new("kms_keys", TEXTS),
];

const UNLABELLED: &[Field] =
    &[Field::new("id", Type::Text), Field::new("created", Type::Time), Field::new("replaced", Type::Time)];

const REPLICA: &[Field] = &[
    Field::new("region", Type::Text),
    Field::new("status", Type::Text),
    Field::new("kms_key", Type::Text),
    Field::new("message", Type::Text),
];

const fn listed(name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
    LIST_SECRETS.yields(name, of, field, doc)
}

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "secretsmanager.secret",
    plural: "secrets",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A secret of this account and Region, also one that is scheduled for deletion and one that is a replica.",
    attributes: &[
        listed("arn", Type::Text, "SecretList[].ARN", "Secret ARN."),
        listed("name", Type::Text, "SecretList[].Name", "Name."),
        listed("description", Type::Text, "SecretList[].Description", "Description; absent when it is empty."),
        listed(
            "type",
            Type::Text,
            "SecretList[].Type",
            "Partner type of a managed external secret; absent for other secrets.",
        ),
        listed("created", Type::Time, "SecretList[].CreatedDate", "When the secret was created."),
        listed(
            "last_changed",
            Type::Time,
            "SecretList[].LastChangedDate",
            "When the secret or its metadata was last changed; absent when AWS does not tell.",
        ),
        listed(
            "last_accessed",
            Type::Time,
            "SecretList[].LastAccessedDate",
            "Day on which the value was last read in this Region; absent when it never was.",
        ),
        listed(
            "last_rotated",
            Type::Time,
            "SecretList[].LastRotatedDate",
            "When the last rotation succeeded; absent when none did; not applicable to replicas.",
        ),
        listed(
            "next_rotation",
            Type::Time,
            "SecretList[].NextRotationDate",
            "When the next rotation is due, in the past after a failed one; absent without rotation; not applicable to \
             replicas.",
        ),
        listed(
            "rotation.enabled",
            Type::Bool,
            "SecretList[].RotationEnabled",
            "Whether the secret rotates automatically; false when rotation was never configured; not applicable to \
             replicas, which their primary rotates.",
        ),
        listed(
            "rotation.period",
            Type::Duration,
            "SecretList[].RotationRules.AutomaticallyAfterDays",
            "Longest time between two rotations of the schedule, from days, a `rate()` or a `cron()` expression; absent \
             without a schedule; not known for expressions that are not understood (see `rotation.schedule`); not \
             applicable to replicas.",
        )
        .within(4 * 3600, 3000 * 86_400),
        listed(
            "rotation.schedule",
            Type::Text,
            "SecretList[].RotationRules.ScheduleExpression",
            "The `rate()` or `cron()` expression; absent when the schedule is given in days or there is none; not \
             applicable to replicas.",
        ),
        listed(
            "rotation.window",
            Type::Duration,
            "SecretList[].RotationRules.Duration",
            "Length of the rotation window; absent when it is not set; not applicable to replicas.",
        )
        .within(3600, 7 * 86_400),
        listed(
            "rotation.function",
            Type::Text,
            "SecretList[].RotationLambdaARN",
            "ARN of the rotation function; absent without rotation and for managed rotation; not applicable to \
             replicas.",
        ),
        listed(
            "kms_key.given",
            Type::Text,
            "SecretList[].KmsKeyId",
            "Key as it was given: ARN, id or alias; absent for the AWS managed key aws/secretsmanager.",
        ),
        LIST_ALIASES.yields(
            "kms_key.id",
            Type::Text,
            "Aliases[].TargetKeyId",
            "Id of the key that `kms_key.given` leads to today; absent when the alias points at no key; not applicable \
             when the alias belongs to another account.",
        ),
        LIST_ALIASES.yields(
            "kms_key.aliases",
            TEXTS,
            "Aliases[].AliasName",
            "Alias names that point at the key, empty when none does; not applicable when the key belongs to another \
             account.",
        ),
        LIST_ALIASES.yields(
            "kms_key.aws_managed",
            Type::Bool,
            "Aliases[].AliasName",
            "Whether the key is the AWS managed key aws/secretsmanager, given or by default.",
        ),
        listed(
            "versions",
            Type::List(&Type::Record(VERSION)),
            "SecretList[].SecretVersionsToStages",
            "Versions that carry staging labels, with their labels; empty when there are none.",
        ),
        listed(
            "stages",
            TEXTS,
            "SecretList[].SecretVersionsToStages",
            "All staging labels in use, such as AWSCURRENT, AWSPREVIOUS and AWSPENDING; empty when there are none.",
        ),
        listed(
            "pending",
            Type::Bool,
            "SecretList[].SecretVersionsToStages",
            "Whether AWSPENDING is on a version that is not AWSCURRENT: a rotation that is in progress or failed.",
        ),
        listed("tags", Type::Map(&Type::Text), "SecretList[].Tags", "Tags; empty when there are none."),
        listed(
            "own_tags",
            Type::Map(&Type::Text),
            "SecretList[].Tags",
            "Tags without those that AWS sets itself, whose keys begin with `aws:`; empty when there are none.",
        ),
        listed(
            "owning_service",
            Type::Text,
            "SecretList[].OwningService",
            "Id of the AWS service that manages the secret; absent when none does.",
        ),
        listed(
            "deleted",
            Type::Time,
            "SecretList[].DeletedDate",
            "When the secret was marked for deletion; absent when it is not. AWS documents this date in two ways: do \
             no arithmetic on it.",
        ),
        listed(
            "primary_region",
            Type::Text,
            "SecretList[].PrimaryRegion",
            "Region of the primary of a replicated secret; absent when the secret is not replicated.",
        ),
        listed(
            "replica",
            Type::Bool,
            "SecretList[].PrimaryRegion",
            "Whether the secret is a replica: its primary is in another Region.",
        ),
        DESCRIBE_SECRET.yields(
            "replicas",
            Type::List(&Type::Record(REPLICA)),
            "ReplicationStatus[]",
            "Replicas in other Regions with their status (InSync, Failed, InProgress) and key; empty when there are \
             none.",
        ),
        DESCRIBE_SECRET.yields(
            "replica_regions",
            TEXTS,
            "ReplicationStatus[].Region",
            "Regions of the replicas; empty when there are none.",
        ),
        LIST_SECRET_VERSION_IDS.yields(
            "current.created",
            Type::Time,
            "Versions[].CreatedDate",
            "When the AWSCURRENT version was created; absent when there is none.",
        ),
        LIST_SECRET_VERSION_IDS.yields(
            "current.kms_keys",
            TEXTS,
            "Versions[].KmsKeyIds",
            "Keys that really encrypt the AWSCURRENT version, as ARNs, or DefaultEncryptionKey for aws/secretsmanager; \
             absent when there is no such version.",
        ),
        LIST_SECRET_VERSION_IDS.yields(
            "version_keys",
            Type::List(&Type::Record(VERSION_KEYS)),
            "Versions[]",
            "Versions with staging labels: when each was created and which keys really encrypt it.",
        ),
        LIST_SECRET_VERSION_IDS.yields(
            "unlabelled",
            Type::List(&Type::Record(UNLABELLED)),
            "Versions[].CreatedDate",
            "Versions without staging labels, which AWS may delete: when each was created, and when the next version was, \
             absent for the youngest; empty when there are none left.",
        ),
        GET_RESOURCE_POLICY.yields(
            "policy",
            STATEMENTS,
            "ResourcePolicy",
            "Statements of the resource policy; absent when there is none; not applicable to a secret that is \
             scheduled for deletion and whose policy AWS therefore does not show.",
        ),
        analyzer::public(),
        analyzer::reasons(),
    ],
    calls: &[
        LIST_SECRETS,
        LIST_ALIASES,
        DESCRIBE_SECRET,
        LIST_SECRET_VERSION_IDS,
        GET_RESOURCE_POLICY,
        CHECK_PUBLIC,
    ],
};
