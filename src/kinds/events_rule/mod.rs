//! `events.rule`: schema. What EventBridge tells of a rule.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;
mod pattern;

use attestry_core::facts::{Attribute, Call, Field, Frequency, Kind, Scope, Type};

pub(super) use collect::Collect;

const RULES: &str = "ListRules";
const TARGETS: &str = "ListTargetsByRule";

const TARGET: Type =
    Type::Record(&[Field::new("id", Type::Text), Field::new("arn", Type::Text), Field::new("dead_letter", Type::Text)]);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "events.rule",
    plural: "event rules",
    scope: Scope::Regional,
    doc: "An EventBridge rule on the default event bus of this account and Region, the only bus that gets events of AWS \
          services; rules on other buses are not part of the population.",
    attributes: &[
        Attribute::new("name", Type::Text, RULES, "Rules[].Name", "Rule name."),
        Attribute::new("arn", Type::Text, RULES, "Rules[].Arn", "Rule ARN."),
        Attribute::new(
            "state",
            Type::Text,
            RULES,
            "Rules[].State",
            "DISABLED, ENABLED or ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS.",
        ),
        Attribute::new(
            "receives_read_only_events",
            Type::Bool,
            RULES,
            "Rules[].State",
            "Whether read-only management events of CloudTrail, such as GetSecretValue, reach the rule: only in state \
             ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS. Plain ENABLED never gets them.",
        ),
        Attribute::new(
            "event_pattern",
            Type::Text,
            RULES,
            "Rules[].EventPattern",
            "The event pattern as JSON text; absent for a rule that only has a schedule.",
        ),
        Attribute::new(
            "pattern.sources",
            Type::List(&Type::Text),
            RULES,
            "Rules[].EventPattern",
            "What the pattern allows as `source`; a matcher such as a prefix is its JSON text, and alternatives of `$or` \
             are joined. Absent when the pattern does not restrict it. Does not apply without a pattern.",
        ),
        Attribute::new(
            "pattern.detail_types",
            Type::List(&Type::Text),
            RULES,
            "Rules[].EventPattern",
            "What the pattern allows as `detail-type`; see pattern.sources.",
        ),
        Attribute::new(
            "pattern.event_sources",
            Type::List(&Type::Text),
            RULES,
            "Rules[].EventPattern",
            "What the pattern allows as `detail.eventSource`, the service of a CloudTrail event; see pattern.sources.",
        ),
        Attribute::new(
            "pattern.event_names",
            Type::List(&Type::Text),
            RULES,
            "Rules[].EventPattern",
            "What the pattern allows as `detail.eventName`, the operation of a CloudTrail event; see pattern.sources.",
        ),
        Attribute::new(
            "schedule",
            Type::Text,
            RULES,
            "Rules[].ScheduleExpression",
            "The rate or cron expression; absent when the rule has none.",
        ),
        Attribute::new(
            "managed_by",
            Type::Text,
            RULES,
            "Rules[].ManagedBy",
            "Service principal that made the rule; absent when the account did.",
        ),
        Attribute::new(
            "role",
            Type::Text,
            RULES,
            "Rules[].RoleArn",
            "ARN of the role that targets are called with; absent when none is set.",
        ),
        Attribute::new(
            "targets",
            Type::List(&TARGET),
            TARGETS,
            "Targets[]",
            "Targets, each with the ARN of its dead-letter queue where it has one; empty when the rule has no target.",
        ),
    ],
    calls: &[
        Call::new("events", RULES, "events:ListRules", Frequency::Population { page: 100 }),
        Call::new("events", TARGETS, "events:ListTargetsByRule", Frequency::Resource),
    ],
};
