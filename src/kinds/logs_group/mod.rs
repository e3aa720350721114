//! `logs.group`: schema. The attributes that CloudWatch Logs returns for a log group.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use crate::kinds::support::tagged::GET_TAGGED;
use attestry_core::alerts::facts::FILTER;
use attestry_core::facts::{Call, Frequency, Kind, Pace, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::{COLLECTOR, arn, groups};

pub(super) const GROUPS: Call =
    Call::new("logs", "DescribeLogGroups", "logs:DescribeLogGroups", Frequency::Population { page: 50 })
        .pace(Pace::per_second(10.0))
        .paged(Paging::by("nextToken", &["logGroups"], 50).limited("limit", 50))
        .kept();
const FILTERS: Call =
    Call::new("logs", "DescribeMetricFilters", "logs:DescribeMetricFilters", Frequency::Joined { page: 50 })
        .pace(Pace::per_second(5.0))
        .paged(Paging::by("nextToken", &["metricFilters"], 50).limited("limit", 50))
        .kept();

const FILTERED: Type = Type::Record(FILTER);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "logs.group",
    plural: "log groups",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A CloudWatch Logs log group of this account and Region, of every class; groups of linked accounts are not part \
          of the population.",
    attributes: &[
        GROUPS.yields("name", Type::Text, "logGroups[].logGroupName", "Log group name."),
        GROUPS.yields("arn", Type::Text, "logGroups[].logGroupArn", "Log group ARN, without `:*` at its end."),
        GROUPS.yields(
            "retention",
            Type::Duration,
            "logGroups[].retentionInDays",
            "How long events are kept, in days; absent when they never expire. An account-level retention policy \
             overrides the group's own, and this is what applies.",
        )
        .within_days(1, 3653)
        .where_none("never expires"),
        GROUPS.yields(
            "never_expires",
            Type::Bool,
            "logGroups[].retentionInDays",
            "Whether events are kept for ever: AWS tells no retention.",
        ),
        GROUPS.yields(
            "retention_policy",
            Type::Text,
            "logGroups[].retentionPolicyName",
            "Name of the account-level retention policy that sets the retention; absent when the group's own applies.",
        ),
        GROUPS.yields(
            "kms_key",
            Type::Text,
            "logGroups[].kmsKeyId",
            "ARN of the KMS key that encrypts the group; absent when CloudWatch Logs uses a key of its own.",
        ).referring("kms.key"),
        GROUPS.yields(
            "class",
            Type::Text,
            "logGroups[].logGroupClass",
            "STANDARD, INFREQUENT_ACCESS or DELIVERY; absent when AWS does not tell.",
        ),
        GROUPS.yields("stored_bytes", Type::Integer, "logGroups[].storedBytes", "Stored bytes; AWS estimates."),
        GROUPS.yields(
            "deletion_protection",
            Type::Bool,
            "logGroups[].deletionProtectionEnabled",
            "Whether the group refuses to be deleted; absent when it was never set, which protects nothing.",
        ),
        GROUPS.yields(
            "data_protection",
            Type::Text,
            "logGroups[].dataProtectionStatus",
            "Status of the group's data protection policy: ACTIVATED, DELETED, ARCHIVED or DISABLED; absent when the \
             group never had one.",
        ),
        GROUPS.yields(
            "data_protection_inherited",
            Type::Bool,
            "logGroups[].inheritedProperties",
            "Whether the account's data protection policy applies to the group.",
        ),
        GROUPS.yields("created", Type::Time, "logGroups[].creationTime", "When the group was created."),
        FILTERS.yields(
            "metric_filters",
            Type::List(&FILTERED),
            "metricFilters[]",
            "Metric filters of the group, one record for each metric a filter feeds; empty when it has none. `value` is what \
             an event adds, `default` what is reported without one, absent when nothing is. `dimensions` are the names of \
             those that the metric gets, `transformed` whether transformed events are looked at, and `criteria` which \
             accounts and Regions; absent when all.",
        ),
        GET_TAGGED.yields(
            "tags",
            Type::Map(&Type::Text),
            "ResourceTagMappingList[].Tags",
            "Tags by key; empty when the group has none.",
        ),
    ],
    calls: &[GROUPS, FILTERS, GET_TAGGED],
};
