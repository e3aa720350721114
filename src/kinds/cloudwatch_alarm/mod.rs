//! `cloudwatch.alarm`: schema. What CloudWatch tells of an alarm.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;
mod composites;
mod math;
mod one_event;
mod rule;
mod topics;

use attestry_core::facts::{Attribute, Call, Field, Frequency, Kind, Scope, Type};

pub(super) use collect::Collect;

const ALARMS: &str = "DescribeAlarms";
const TOPICS: &str = "GetTopicAttributes";

const METRIC: Type = Type::Record(&[
    Field::new("id", Type::Text),
    Field::new("name", Type::Text),
    Field::new("namespace", Type::Text),
    Field::new("statistic", Type::Text),
    Field::new("expression", Type::Text),
    Field::new("period", Type::Duration),
    Field::new("dimensions", Type::Map(&Type::Text)),
    Field::new("account", Type::Text),
]);

const TOPIC: Type = Type::Record(&[
    Field::new("arn", Type::Text),
    Field::new("name", Type::Text),
    Field::new("confirmed", Type::Integer),
]);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "cloudwatch.alarm",
    plural: "alarms",
    scope: Scope::Regional,
    doc: "A CloudWatch alarm of this account and Region: metric, composite and log alarms.",
    attributes: &[
        Attribute::new("name", Type::Text, ALARMS, "MetricAlarms[].AlarmName", "Alarm name."),
        Attribute::new("arn", Type::Text, ALARMS, "MetricAlarms[].AlarmArn", "Alarm ARN."),
        Attribute::new(
            "type",
            Type::Text,
            ALARMS,
            "MetricAlarms, CompositeAlarms, LogAlarms",
            "MetricAlarm, CompositeAlarm or LogAlarm.",
        ),
        Attribute::new(
            "actions_enabled",
            Type::Bool,
            ALARMS,
            "MetricAlarms[].ActionsEnabled",
            "Whether actions run when the state changes.",
        ),
        Attribute::new(
            "alarm_actions",
            Type::List(&Type::Text),
            ALARMS,
            "MetricAlarms[].AlarmActions",
            "ARNs that are called when the alarm goes off; empty when nobody is told.",
        ),
        Attribute::new(
            "ok_actions",
            Type::List(&Type::Text),
            ALARMS,
            "MetricAlarms[].OKActions",
            "ARNs that are called when the alarm is over.",
        ),
        Attribute::new("state", Type::Text, ALARMS, "MetricAlarms[].StateValue", "OK, ALARM or INSUFFICIENT_DATA."),
        Attribute::new(
            "metric.name",
            Type::Text,
            ALARMS,
            "MetricAlarms[].MetricName",
            "Metric that is watched; absent when the alarm computes several, see metrics. Does not apply to composite and \
             log alarms.",
        ),
        Attribute::new(
            "metric.namespace",
            Type::Text,
            ALARMS,
            "MetricAlarms[].Namespace",
            "Namespace of the metric; absent when the alarm computes several, see metrics. Does not apply to composite \
             and log alarms.",
        ),
        Attribute::new(
            "metrics",
            Type::List(&METRIC),
            ALARMS,
            "MetricAlarms[].Metrics",
            "All metrics and expressions that the alarm looks at, one record for a plain alarm; `account` is there where \
             the metric is of another one. Does not apply to composite and log alarms.",
        ),
        Attribute::new(
            "statistic",
            Type::Text,
            ALARMS,
            "MetricAlarms[].Statistic",
            "Statistic or percentile of the metric; absent when the alarm computes several. Does not apply to composite \
             and log alarms.",
        ),
        Attribute::new(
            "period",
            Type::Duration,
            ALARMS,
            "MetricAlarms[].Period",
            "Length of one data point, in seconds; absent when the alarm computes several metrics. Does not apply to \
             composite and log alarms.",
        )
        .within(1, 7 * 86_400),
        Attribute::new(
            "comparison",
            Type::Text,
            ALARMS,
            "MetricAlarms[].ComparisonOperator",
            "How value and threshold are compared, such as GreaterThanOrEqualToThreshold. Does not apply to composite \
             alarms.",
        ),
        Attribute::new(
            "threshold",
            Type::Text,
            ALARMS,
            "MetricAlarms[].Threshold",
            "Threshold as decimal text, such as 1 or 0.5; absent for anomaly detection. Does not apply to composite \
             alarms.",
        ),
        Attribute::new(
            "evaluation_periods",
            Type::Integer,
            ALARMS,
            "MetricAlarms[].EvaluationPeriods",
            "Data points that are looked at. Does not apply to composite and log alarms.",
        )
        .within(1, 100_000),
        Attribute::new(
            "datapoints_to_alarm",
            Type::Integer,
            ALARMS,
            "MetricAlarms[].DatapointsToAlarm",
            "Data points that must breach; all that are looked at where AWS tells no number. Does not apply to composite \
             and log alarms.",
        )
        .within(1, 100_000),
        Attribute::new(
            "goes_off_at_one_event",
            Type::Bool,
            ALARMS,
            "MetricAlarms[]",
            "Whether the alarm surely goes off when its metric counts one event as 1, and is not on without one: metric \
             math, statistic, comparison, threshold, data points and missing data together. Undecided where it depends on \
             what else the metric has. Does not apply to composite and log alarms.",
        ),
        Attribute::new(
            "missing_data",
            Type::Text,
            ALARMS,
            "MetricAlarms[].TreatMissingData",
            "How missing data counts: breaching, notBreaching, ignore or missing; absent when not set, which is missing. \
             Does not apply to composite alarms.",
        ),
        Attribute::new(
            "rule",
            Type::Text,
            ALARMS,
            "CompositeAlarms[].AlarmRule",
            "Expression over other alarms. Applies to composite alarms only.",
        ),
        Attribute::new(
            "composite_actions",
            Type::List(&Type::Text),
            ALARMS,
            "CompositeAlarms[].AlarmActions",
            "ARNs that are called by composite alarms that surely go off with this one and whose actions are enabled; empty \
             when there are none. Undecided where it depends on other alarms whether such a one goes off or calls.",
        ),
        Attribute::new(
            "topics",
            Type::List(&TOPIC),
            TOPICS,
            "Attributes.SubscriptionsConfirmed",
            "SNS topics among `alarm_actions`, each with its confirmed subscriptions; a topic that is gone has none. Not known \
             where a topic is of another account: only that account tells who listens.",
        ),
    ],
    calls: &[
        Call::new("cloudwatch", ALARMS, "cloudwatch:DescribeAlarms", Frequency::Population { page: 100 }),
        Call::new("sns", TOPICS, "sns:GetTopicAttributes", Frequency::Resource).after(&[ALARMS]),
    ],
};
