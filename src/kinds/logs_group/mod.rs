//! `logs.group`: schema. What CloudWatch Logs tells of a log group.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;

use attestry_core::alerts::facts::FILTER;
use attestry_core::facts::{Attribute, Call, Frequency, Kind, Scope, Type};

pub(super) use collect::{Collect, arn, groups};

const GROUPS: &str = "DescribeLogGroups";
const FILTERS: &str = "DescribeMetricFilters";
const TAGS: &str = "GetResources";

const FILTERED: Type = Type::Record(FILTER);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "logs.group",
    plural: "log groups",
    scope: Scope::Regional,
    doc: "A CloudWatch Logs log group of this account and Region, of every class; groups of linked accounts are not part \
          of the population.",
    attributes: &[
        Attribute::new("name", Type::Text, GROUPS, "logGroups[].logGroupName", "Log group name."),
        Attribute::new("arn", Type::Text, GROUPS, "logGroups[].logGroupArn", "Log group ARN, without `:*` at its end."),
        Attribute::new(
            "retention",
            Type::Duration,
            GROUPS,
            "logGroups[].retentionInDays",
            "How long events are kept, in days; absent when they never expire. An account-level retention policy \
             overrides the group's own, and this is what applies.",
        )
        .within_days(1, 3653)
        .where_none("never expires"),
        Attribute::new(
            "never_expires",
            Type::Bool,
            GROUPS,
            "logGroups[].retentionInDays",
            "Whether events are kept for ever: AWS tells no retention.",
        ),
        Attribute::new(
            "retention_policy",
            Type::Text,
            GROUPS,
            "logGroups[].retentionPolicyName",
            "Name of the account-level retention policy that sets the retention; absent when the group's own applies.",
        ),
        Attribute::new(
            "kms_key",
            Type::Text,
            GROUPS,
            "logGroups[].kmsKeyId",
            "ARN of the KMS key that encrypts the group; absent when CloudWatch Logs uses a key of its own.",
        ),
        Attribute::new(
            "class",
            Type::Text,
            GROUPS,
            "logGroups[].logGroupClass",
            "STANDARD, INFREQUENT_ACCESS or DELIVERY; absent when AWS does not tell.",
        ),
        Attribute::new(
            "stored_bytes",
            Type::Integer,
            GROUPS,
            "logGroups[].storedBytes",
            "Stored bytes; AWS estimates.",
        ),
        Attribute::new(
            "deletion_protection",
            Type::Bool,
            GROUPS,
            "logGroups[].deletionProtectionEnabled",
            "Whether the group refuses to be deleted; absent when it was never set, which protects nothing.",
        ),
        Attribute::new(
            "data_protection",
            Type::Text,
            GROUPS,
            "logGroups[].dataProtectionStatus",
            "Status of the group's data protection policy: ACTIVATED, DELETED, ARCHIVED or DISABLED; absent when the \
             group never had one.",
        ),
        Attribute::new(
            "data_protection_inherited",
            Type::Bool,
            GROUPS,
            "logGroups[].inheritedProperties",
            "Whether the account's data protection policy applies to the group.",
        ),
        Attribute::new("created", Type::Time, GROUPS, "logGroups[].creationTime", "When the group was created."),
        Attribute::new(
            "metric_filters",
            Type::List(&FILTERED),
            FILTERS,
            "metricFilters[]",
            "Metric filters of the group, one record for each metric a filter feeds; empty when it has none. `value` is what \
             an event adds, `default` what is reported without one, absent when nothing is. `dimensions` are the names of \
             those that the metric gets, `transformed` whether transformed events are looked at, and `criteria` which \
             accounts and Regions; absent when all.",
        ),
        Attribute::new(
            "tags",
            Type::Map(&Type::Text),
            TAGS,
            "ResourceTagMappingList[].Tags",
            "Tags by key; empty when the group has none.",
        ),
    ],
    calls: &[
        Call::new("logs", GROUPS, "logs:DescribeLogGroups", Frequency::Population { page: 50 }),
        Call::new("logs", FILTERS, "logs:DescribeMetricFilters", Frequency::Joined { page: 50 }),
        Call::new("tag", TAGS, "tag:GetResources", Frequency::Joined { page: 100 }),
    ],
};
