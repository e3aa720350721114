//! `cloudwatch.alarm`: collector.
//!
//! Must not know what is expected of an alarm.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm, LogAlarm, MetricAlarm, MetricDataQuery};

use super::KIND;
use crate::aws::At;
use crate::collect::{Collector, Listing, Pending};
use crate::facts::{Call, Fact, Kind, Resource, Value};
use crate::kinds::pages::Pages;

const NOT_COMPOSITE: Fact = Fact::not_applicable("a composite alarm watches other alarms, not a metric");
const NOT_LOG: Fact = Fact::not_applicable("a log alarm watches a query, not a metric");
const NO_RULE: Fact = Fact::not_applicable("only a composite alarm has a rule");

/// What only metric alarms have.
const OF_METRIC: [&str; 6] =
    ["metric.name", "metric.namespace", "metrics", "statistic", "period", "evaluation_periods"];

/// Reads alarms.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            // Without types AWS answers with metric alarms only.
            let request = at
                .client(Client::new)
                .describe_alarms()
                .alarm_types(AlarmType::MetricAlarm)
                .alarm_types(AlarmType::CompositeAlarm)
                .alarm_types(AlarmType::LogAlarm);
            let mut pages = request.max_records(100).into_paginator().send();
            let mut walk = Pages::default();
            while let Some(page) = pages.next().await {
                let page = page?;
                walk.turn(page.next_token(), false)?;
                for alarm in page.metric_alarms() {
                    set_metric_alarm(add(found, alarm.alarm_arn(), alarm.alarm_name()), alarm);
                }
                for alarm in page.composite_alarms() {
                    set_composite_alarm(add(found, alarm.alarm_arn(), alarm.alarm_name()), alarm);
                }
                for alarm in page.log_alarms() {
                    set_log_alarm(add(found, alarm.alarm_arn(), alarm.alarm_name()), alarm);
                }
            }
            Ok(())
        })
    }

    fn read<'a>(&'a self, _at: &'a At, call: &'static Call, _resource: &'a mut Resource) -> Pending<'a> {
        unreachable!("cloudwatch.alarm has no call {}", call.operation)
    }
}

fn add<'a>(found: &'a mut Listing, arn: Option<&str>, name: Option<&str>) -> &'a mut Resource {
    let resource = found.add(arn.or(name).unwrap_or_default(), name.unwrap_or_default());
    resource.set("name", name);
    resource.set("arn", arn);
    resource
}

fn set_metric_alarm(resource: &mut Resource, alarm: &MetricAlarm) {
    let statistic = alarm.statistic().map(|it| it.as_str()).or(alarm.extended_statistic());
    resource.set("type", AlarmType::MetricAlarm.as_str());
    resource.set("actions_enabled", alarm.actions_enabled());
    resource.set("alarm_actions", Value::texts(alarm.alarm_actions()));
    resource.set("ok_actions", Value::texts(alarm.ok_actions()));
    resource.set("state", alarm.state_value().map(|it| it.as_str()));
    resource.set("metric.name", alarm.metric_name());
    resource.set("metric.namespace", alarm.namespace());
    resource.set("metrics", Value::List(metrics(alarm)));
    resource.set("statistic", statistic);
    resource.set("period", alarm.period().map(|seconds| Value::Duration(seconds.into())));
    resource.set("comparison", alarm.comparison_operator().map(|it| it.as_str()));
    resource.set("threshold", alarm.threshold().map(|it| it.to_string()));
    resource.set("evaluation_periods", alarm.evaluation_periods());
    resource.set("missing_data", alarm.treat_missing_data());
    resource.set("rule", NO_RULE);
}

fn set_composite_alarm(resource: &mut Resource, alarm: &CompositeAlarm) {
    resource.set("type", AlarmType::CompositeAlarm.as_str());
    resource.set("actions_enabled", alarm.actions_enabled());
    resource.set("alarm_actions", Value::texts(alarm.alarm_actions()));
    resource.set("ok_actions", Value::texts(alarm.ok_actions()));
    resource.set("state", alarm.state_value().map(|it| it.as_str()));
    for attribute in OF_METRIC.into_iter().chain(["comparison", "threshold", "missing_data"]) {
        resource.set(attribute, NOT_COMPOSITE);
    }
    resource.set("rule", alarm.alarm_rule());
}

fn set_log_alarm(resource: &mut Resource, alarm: &LogAlarm) {
    resource.set("type", AlarmType::LogAlarm.as_str());
    resource.set("actions_enabled", alarm.actions_enabled());
    resource.set("alarm_actions", Value::texts(alarm.alarm_actions()));
    resource.set("ok_actions", Value::texts(alarm.ok_actions()));
    resource.set("state", alarm.state_value().map(|it| it.as_str()));
    for attribute in OF_METRIC {
        resource.set(attribute, NOT_LOG);
    }
    resource.set("comparison", alarm.comparison_operator().map(|it| it.as_str()));
    resource.set("threshold", alarm.threshold().map(|it| it.to_string()));
    resource.set("missing_data", alarm.treat_missing_data());
    resource.set("rule", NO_RULE);
}

fn metrics(alarm: &MetricAlarm) -> Vec<Value> {
    if !alarm.metrics().is_empty() {
        return alarm.metrics().iter().map(query).collect();
    }
    let statistic = alarm.statistic().map(|it| it.as_str()).or(alarm.extended_statistic());
    let plain = alarm.metric_name().map(|name| {
        Value::record([
            ("name", Some(name.into())),
            ("namespace", alarm.namespace().map(Value::from)),
            ("statistic", statistic.map(Value::from)),
        ])
    });
    plain.into_iter().collect()
}

fn query(query: &MetricDataQuery) -> Value {
    let stat = query.metric_stat();
    let metric = stat.and_then(|it| it.metric());
    Value::record([
        ("id", query.id().map(Value::from)),
        ("name", metric.and_then(|it| it.metric_name()).map(Value::from)),
        ("namespace", metric.and_then(|it| it.namespace()).map(Value::from)),
        ("statistic", stat.and_then(|it| it.stat()).map(Value::from)),
        ("expression", query.expression().map(Value::from)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource() -> Resource {
        Resource::new(&KIND, "1".into(), "r".into(), "a", "a")
    }

    #[test]
    fn every_alarm_type_sets_every_attribute() {
        let (mut metric, mut composite, mut log) = (resource(), resource(), resource());
        set_metric_alarm(&mut metric, &MetricAlarm::builder().metric_name("m").threshold(1.0).build());
        set_composite_alarm(&mut composite, &CompositeAlarm::builder().alarm_rule("ALARM(a)").build());
        set_log_alarm(&mut log, &LogAlarm::builder().threshold(0.5).build());
        for resource in [&metric, &composite, &log] {
            for attribute in KIND.attributes.iter().filter(|it| !["name", "arn"].contains(&it.name)) {
                assert!(resource.get(attribute.name).is_some(), "{}", attribute.name);
            }
        }
        assert_eq!(metric.text("threshold"), Some("1"));
        assert_eq!(log.text("threshold"), Some("0.5"));
        let plain = Value::List(vec![Value::record([("name", Some("m".into()))])]);
        assert_eq!(metric.get("metrics"), Some(&Fact::Known(plain)));
    }
}
