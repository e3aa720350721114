//! `events.rule`: schema. The attributes that EventBridge returns for a rule.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod pattern;

use attestry_core::facts::{Call, Field, Frequency, Kind, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

const RULES: Call = Call::new("events", "ListRules", "events:ListRules", Frequency::Population { page: 100 })
    .paged(Paging::by("NextToken", &["Rules"], 100).limited("Limit", 100))
    .kept();
const TARGETS: Call = Call::new("events", "ListTargetsByRule", "events:ListTargetsByRule", Frequency::Resource)
    .paged(Paging::by("NextToken", &["Targets"], 100).limited("Limit", 100))
    .kept();

const TARGET: Type =
    Type::Record(&[Field::new("id", Type::Text), Field::new("arn", Type::Text), Field::new("dead_letter", Type::Text)]);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "events.rule",
    plural: "event rules",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "An EventBridge rule on the default event bus of this account and Region, the only bus that gets events of AWS \
          services; rules on other buses are not part of the population.",
    attributes: &[
        RULES.yields("name", Type::Text, "Rules[].Name", "Rule name."),
        RULES.yields("arn", Type::Text, "Rules[].Arn", "Rule ARN."),
        RULES.yields(
            "state",
            Type::Text,
            "Rules[].State",
            "DISABLED, ENABLED or ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS.",
        ),
        RULES.yields(
            "receives_read_only_events",
            Type::Bool,
            "Rules[].State",
            "Whether read-only management events of CloudTrail, such as GetSecretValue, reach the rule: only in state \
             ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS. Plain ENABLED never gets them.",
        ),
        RULES.yields(
            "event_pattern",
            Type::Text,
            "Rules[].EventPattern",
            "The event pattern as JSON text; absent for a rule that only has a schedule.",
        ),
        RULES.yields(
            "pattern.sources",
            Type::List(&Type::Text),
            "Rules[].EventPattern",
            "What the pattern allows as `source`; a matcher such as a prefix is its JSON text, and alternatives of `$or` \
             are joined. Absent when the pattern does not restrict it. Does not apply without a pattern.",
        ),
        RULES.yields(
            "pattern.detail_types",
            Type::List(&Type::Text),
            "Rules[].EventPattern",
            "What the pattern allows as `detail-type`; see pattern.sources.",
        ),
        RULES.yields(
            "pattern.event_sources",
            Type::List(&Type::Text),
            "Rules[].EventPattern",
            "What the pattern allows as `detail.eventSource`, the service of a CloudTrail event; see pattern.sources.",
        ),
        RULES.yields(
            "pattern.event_names",
            Type::List(&Type::Text),
            "Rules[].EventPattern",
            "What the pattern allows as `detail.eventName`, the operation of a CloudTrail event; see pattern.sources.",
        ),
        RULES.yields(
            "schedule",
            Type::Text,
            "Rules[].ScheduleExpression",
            "The rate or cron expression; absent when the rule has none.",
        ),
        RULES.yields(
            "managed_by",
            Type::Text,
            "Rules[].ManagedBy",
            "Service principal that made the rule; absent when the account did.",
        ),
        RULES.yields(
            "role",
            Type::Text,
            "Rules[].RoleArn",
            "ARN of the role that targets are called with; absent when none is set.",
        ).referring("iam.role"),
        TARGETS.yields(
            "targets",
            Type::List(&TARGET),
            "Targets[]",
            "Targets, each with the ARN of its dead-letter queue where it has one; empty when the rule has no target.",
        ),
    ],
    calls: &[RULES, TARGETS],
};
