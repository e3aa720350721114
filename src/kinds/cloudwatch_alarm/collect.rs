//! `cloudwatch.alarm`: collector.
//!
//! Must not know what is expected of an alarm.

use serde::Deserialize;
use serde_json::json;

use super::{ALARMS, KIND};
use crate::aws::At;
use crate::aws::client::{Api, CLOUDWATCH, Client};
use crate::collect::{Collector, Listing, Pending};
use crate::facts::{Call, Fact, Gap, Kind, Resource, Value};
use crate::kinds::convert::{malformed, maybe_word, named};
use crate::kinds::pages::Pages;

const DESCRIBE_ALARMS: Api = CLOUDWATCH.api(ALARMS);

const METRIC_ALARM: &str = "MetricAlarm";
const COMPOSITE_ALARM: &str = "CompositeAlarm";
const LOG_ALARM: &str = "LogAlarm";

const NOT_COMPOSITE: Fact = Fact::not_applicable("a composite alarm watches other alarms, not a metric");
const NOT_LOG: Fact = Fact::not_applicable("a log alarm watches a query, not a metric");
const NO_RULE: Fact = Fact::not_applicable("only a composite alarm has a rule");

/// What only metric alarms have.
const OF_METRIC: [&str; 6] =
    ["metric.name", "metric.namespace", "metrics", "statistic", "period", "evaluation_periods"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Alarms {
    metric_alarms: Option<Vec<Alarm>>,
    composite_alarms: Option<Vec<Alarm>>,
    log_alarms: Option<Vec<Alarm>>,
    next_token: Option<String>,
}

/// An alarm of any type; each type has some of these.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Alarm {
    alarm_name: Option<String>,
    alarm_arn: Option<String>,
    actions_enabled: Option<bool>,
    alarm_actions: Option<Vec<String>>,
    #[serde(rename = "OKActions")]
    ok_actions: Option<Vec<String>>,
    state_value: Option<String>,
    metric_name: Option<String>,
    namespace: Option<String>,
    metrics: Option<Vec<Query>>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    period: Option<i32>,
    comparison_operator: Option<String>,
    threshold: Option<f64>,
    evaluation_periods: Option<i32>,
    treat_missing_data: Option<String>,
    alarm_rule: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Query {
    id: Option<String>,
    metric_stat: Option<Stat>,
    expression: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stat {
    metric: Option<Metric>,
    stat: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    metric_name: Option<String>,
    namespace: Option<String>,
}

/// Reads alarms.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            let mut pages = Pages::default();
            while pages.go_on() {
                let input = json!({
                    // Without types AWS answers with metric alarms only.
                    "AlarmTypes": [METRIC_ALARM, COMPOSITE_ALARM, LOG_ALARM],
                    "MaxRecords": 100,
                    "NextToken": pages.token(),
                });
                let page: Alarms = at.client(Client::new).call(&DESCRIBE_ALARMS, input).await?;
                pages.turn(page.next_token.as_deref(), false)?;
                for alarm in page.metric_alarms.iter().flatten() {
                    set_metric_alarm(add(found, alarm)?, alarm);
                }
                for alarm in page.composite_alarms.iter().flatten() {
                    set_composite_alarm(add(found, alarm)?, alarm);
                }
                for alarm in page.log_alarms.iter().flatten() {
                    set_log_alarm(add(found, alarm)?, alarm);
                }
            }
            Ok(())
        })
    }

    fn read<'a>(&'a self, _at: &'a At, call: &'static Call, _resource: &'a mut Resource) -> Pending<'a> {
        unreachable!("cloudwatch.alarm has no call {}", call.operation)
    }
}

fn add<'a>(found: &'a mut Listing, alarm: &Alarm) -> Result<&'a mut Resource, Gap> {
    let arn = named(alarm.alarm_arn.as_deref(), "ARN of an alarm")?;
    let name = alarm.alarm_name.as_deref();
    let resource = found.add(arn, name.unwrap_or(arn));
    resource.set("name", name);
    resource.set("arn", arn);
    Ok(resource)
}

/// What alarms of every type have.
fn set_alarm(resource: &mut Resource, of: &'static str, alarm: &Alarm) {
    resource.set("type", of);
    resource.set("actions_enabled", alarm.actions_enabled);
    resource.set("alarm_actions", Value::texts(alarm.alarm_actions.iter().flatten()));
    resource.set("ok_actions", Value::texts(alarm.ok_actions.iter().flatten()));
    resource.set("state", maybe_word(alarm.state_value.as_deref(), &["OK", "ALARM", "INSUFFICIENT_DATA"]));
}

fn set_metric_alarm(resource: &mut Resource, alarm: &Alarm) {
    set_alarm(resource, METRIC_ALARM, alarm);
    resource.set("metric.name", alarm.metric_name.as_deref());
    resource.set("metric.namespace", alarm.namespace.as_deref());
    resource.set("metrics", Value::List(metrics(alarm)));
    resource.set("statistic", statistic(alarm));
    resource.set("period", alarm.period.map(|seconds| Value::Duration(seconds.into())));
    resource.set("evaluation_periods", alarm.evaluation_periods);
    set_threshold(resource, alarm);
    resource.set("rule", NO_RULE);
}

fn set_composite_alarm(resource: &mut Resource, alarm: &Alarm) {
    set_alarm(resource, COMPOSITE_ALARM, alarm);
    for attribute in OF_METRIC.into_iter().chain(["comparison", "threshold", "missing_data"]) {
        resource.set(attribute, NOT_COMPOSITE);
    }
    resource.set("rule", alarm.alarm_rule.as_deref());
}

fn set_log_alarm(resource: &mut Resource, alarm: &Alarm) {
    set_alarm(resource, LOG_ALARM, alarm);
    for attribute in OF_METRIC {
        resource.set(attribute, NOT_LOG);
    }
    set_threshold(resource, alarm);
    resource.set("rule", NO_RULE);
}

fn set_threshold(resource: &mut Resource, alarm: &Alarm) {
    resource.set("comparison", alarm.comparison_operator.as_deref());
    resource.set("threshold", alarm.threshold.map(threshold).transpose());
    resource.set("missing_data", alarm.treat_missing_data.as_deref());
}

fn threshold(number: f64) -> Result<String, Gap> {
    if number.is_finite() { Ok(number.to_string()) } else { Err(malformed(format!("{number} is no threshold"))) }
}

fn statistic(alarm: &Alarm) -> Option<&str> {
    alarm.statistic.as_deref().or(alarm.extended_statistic.as_deref())
}

fn metrics(alarm: &Alarm) -> Vec<Value> {
    if let Some(queries) = alarm.metrics.as_ref().filter(|all| !all.is_empty()) {
        return queries.iter().map(query).collect();
    }
    let plain = alarm.metric_name.as_deref().map(|name| {
        Value::record([
            ("name", Some(name.into())),
            ("namespace", alarm.namespace.as_deref().map(Value::from)),
            ("statistic", statistic(alarm).map(Value::from)),
        ])
    });
    plain.into_iter().collect()
}

fn query(query: &Query) -> Value {
    let stat = query.metric_stat.as_ref();
    let metric = stat.and_then(|it| it.metric.as_ref());
    Value::record([
        ("id", query.id.as_deref().map(Value::from)),
        ("name", metric.and_then(|it| it.metric_name.as_deref()).map(Value::from)),
        ("namespace", metric.and_then(|it| it.namespace.as_deref()).map(Value::from)),
        ("statistic", stat.and_then(|it| it.stat.as_deref()).map(Value::from)),
        ("expression", query.expression.as_deref().map(Value::from)),
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
        set_metric_alarm(
            &mut metric,
            &Alarm { metric_name: Some("m".into()), threshold: Some(1.0), ..Alarm::default() },
        );
        set_composite_alarm(&mut composite, &Alarm { alarm_rule: Some("ALARM(a)".into()), ..Alarm::default() });
        set_log_alarm(&mut log, &Alarm { threshold: Some(0.5), ..Alarm::default() });
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
