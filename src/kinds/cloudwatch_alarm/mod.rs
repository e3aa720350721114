//! `cloudwatch.alarm`: schema. The attributes that CloudWatch returns for an alarm.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod composites;
#[cfg(feature = "aws")]
mod math;
#[cfg(feature = "aws")]
mod one_event;
#[cfg(feature = "aws")]
mod rule;
#[cfg(feature = "aws")]
mod topics;

use super::sns_topic;
use attestry_core::facts::{Call, Field, Frequency, Kind, Pace, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

const ALARMS: Call =
    Call::new("cloudwatch", "DescribeAlarms", "cloudwatch:DescribeAlarms", Frequency::Population { page: 100 })
        .pace(Pace::per_second(9.0))
        .paged(Paging::by("NextToken", &["CompositeAlarms", "MetricAlarms"], 50).limited("MaxRecords", 100))
        .kept();
const TOPICS: Call = sns_topic::ATTRIBUTES.after(&[ALARMS.operation]);

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
    parent: None,
    qualified: "",
    doc: "A CloudWatch alarm of this account and Region: metric, composite and log alarms.",
    attributes: &[
        ALARMS.yields("name", Type::Text, "MetricAlarms[].AlarmName", "Alarm name."),
        ALARMS.yields("arn", Type::Text, "MetricAlarms[].AlarmArn", "Alarm ARN."),
        ALARMS.yields(
            "type",
            Type::Text,
            "MetricAlarms, CompositeAlarms, LogAlarms",
            "MetricAlarm, CompositeAlarm or LogAlarm.",
        ),
        ALARMS.yields(
            "actions_enabled",
            Type::Bool,
            "MetricAlarms[].ActionsEnabled",
            "Whether actions run when the state changes.",
        ),
        ALARMS.yields(
            "alarm_actions",
            Type::List(&Type::Text),
            "MetricAlarms[].AlarmActions",
            "ARNs that are called when the alarm goes off; empty when nobody is told.",
        ),
        ALARMS.yields(
            "ok_actions",
            Type::List(&Type::Text),
            "MetricAlarms[].OKActions",
            "ARNs that are called when the alarm is over.",
        ),
        ALARMS.yields("state", Type::Text, "MetricAlarms[].StateValue", "OK, ALARM or INSUFFICIENT_DATA."),
        ALARMS.yields(
            "metric.name",
            Type::Text,
            "MetricAlarms[].MetricName",
            "Metric that is watched; absent when the alarm computes several, see metrics. Does not apply to composite and \
             log alarms.",
        ),
        ALARMS.yields(
            "metric.namespace",
            Type::Text,
            "MetricAlarms[].Namespace",
            "Namespace of the metric; absent when the alarm computes several, see metrics. Does not apply to composite \
             and log alarms.",
        ),
        ALARMS.yields(
            "metrics",
            Type::List(&METRIC),
            "MetricAlarms[].Metrics",
            "All metrics and expressions that the alarm looks at, one record for a plain alarm; `account` is there where \
             the metric is of another one. Does not apply to composite and log alarms.",
        ),
        ALARMS.yields(
            "statistic",
            Type::Text,
            "MetricAlarms[].Statistic",
            "Statistic or percentile of the metric; absent when the alarm computes several. Does not apply to composite \
             and log alarms.",
        ),
        ALARMS.yields(
            "period",
            Type::Duration,
            "MetricAlarms[].Period",
            "Length of one data point, in seconds; absent when the alarm computes several metrics. Does not apply to \
             composite and log alarms.",
        )
        .within(1, 7 * 86_400),
        ALARMS.yields(
            "comparison",
            Type::Text,
            "MetricAlarms[].ComparisonOperator",
            "How value and threshold are compared, such as GreaterThanOrEqualToThreshold. Does not apply to composite \
             alarms.",
        ),
        ALARMS.yields(
            "threshold",
            Type::Text,
            "MetricAlarms[].Threshold",
            "Threshold as decimal text, such as 1 or 0.5; absent for anomaly detection. Does not apply to composite \
             alarms.",
        ),
        ALARMS.yields(
            "evaluation_periods",
            Type::Integer,
            "MetricAlarms[].EvaluationPeriods",
            "Data points that are looked at. Does not apply to composite and log alarms.",
        )
        .within(1, 100_000),
        ALARMS.yields(
            "datapoints_to_alarm",
            Type::Integer,
            "MetricAlarms[].DatapointsToAlarm",
            "Data points that must breach; all that are looked at where AWS tells no number. Does not apply to composite \
             and log alarms.",
        )
        .within(1, 100_000),
        ALARMS.yields(
            "goes_off_at_one_event",
            Type::Bool,
            "MetricAlarms[]",
            "Whether the alarm surely goes off when its metric counts one event as 1, and is not on without one: metric \
             math, statistic, comparison, threshold, data points and missing data together. Undecided where it depends on \
             what else the metric has. Does not apply to composite and log alarms.",
        ),
        ALARMS.yields(
            "missing_data",
            Type::Text,
            "MetricAlarms[].TreatMissingData",
            "How missing data counts: breaching, notBreaching, ignore or missing; absent when not set, which is missing. \
             Does not apply to composite alarms.",
        ),
        ALARMS.yields(
            "rule",
            Type::Text,
            "CompositeAlarms[].AlarmRule",
            "Expression over other alarms. Applies to composite alarms only.",
        ),
        ALARMS.yields(
            "composite_actions",
            Type::List(&Type::Text),
            "CompositeAlarms[].AlarmActions",
            "ARNs that are called by composite alarms that surely go off with this one and whose actions are enabled; empty \
             when there are none. Undecided where it depends on other alarms whether such a one goes off or calls.",
        ),
        TOPICS.yields(
            "topics",
            Type::List(&TOPIC),
            "Attributes.SubscriptionsConfirmed",
            "SNS topics among `alarm_actions`, each with its confirmed subscriptions; a topic that is gone has none. Not known \
             where a topic is of another account: only that account tells who listens.",
        ),
    ],
    calls: &[ALARMS, TOPICS],
};
