//! `cloudwatch.alarm`: collector.
//!
//! This module must not know what is expected of an alarm.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::composites::{Composite, called};
use super::one_event::{self, Watch};
use super::rule::Rule;
use super::{ALARMS, KIND, TOPICS, topics};
use crate::aws::AccountRegion;
use crate::aws::client::{Api, CLOUDWATCH, Client};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert::{malformed, maybe_word, named};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::{Cause, Fact, Gap, Resource, Value};

const DESCRIBE_ALARMS: Api = CLOUDWATCH.api(ALARMS.operation);

const METRIC_ALARM: &str = "MetricAlarm";
const COMPOSITE_ALARM: &str = "CompositeAlarm";
const LOG_ALARM: &str = "LogAlarm";

const NOT_COMPOSITE: Fact = Fact::not_applicable("a composite alarm watches other alarms, not a metric");
const NOT_LOG: Fact = Fact::not_applicable("a log alarm watches a query, not a metric");
const NO_RULE: Fact = Fact::not_applicable("only a composite alarm has a rule");

/// The attributes that only metric alarms have.
const OF_METRIC: [&str; 8] = [
    "metric.name",
    "metric.namespace",
    "metrics",
    "statistic",
    "period",
    "evaluation_periods",
    "datapoints_to_alarm",
    "goes_off_at_one_event",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Alarms {
    metric_alarms: Option<Vec<Alarm>>,
    composite_alarms: Option<Vec<Alarm>>,
    log_alarms: Option<Vec<Alarm>>,
    next_token: Option<String>,
}

/// An alarm of any type. Each type has some of these fields.
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
    datapoints_to_alarm: Option<i32>,
    dimensions: Option<Vec<Dimension>>,
    actions_suppressor: Option<String>,
    treat_missing_data: Option<String>,
    alarm_rule: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Query {
    id: Option<String>,
    metric_stat: Option<Stat>,
    expression: Option<String>,
    period: Option<i32>,
    return_data: Option<bool>,
    account_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stat {
    metric: Option<Metric>,
    stat: Option<String>,
    period: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    metric_name: Option<String>,
    namespace: Option<String>,
    dimensions: Option<Vec<Dimension>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension {
    name: String,
    value: String,
}

/// Reads alarms.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[Read::of(&TOPICS, |at, resource| Box::pin(topics::read(at, resource)))];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let mut seen: Vec<Alarms> = Vec::new();
    let walked = walk(at, &mut seen).await;
    let all = || seen.iter().flat_map(|page| page.composite_alarms.iter().flatten());
    let composites: Vec<Composite> = all().map(composite).collect();
    // A composite alarm on a page that AWS did not return can also call an ARN.
    let called = |alarm: &Alarm| match &walked {
        Ok(()) => called(or_empty(alarm.alarm_name.as_deref()), or_empty(alarm.alarm_arn.as_deref()), &composites),
        Err(gap) => Err(gap.clone()),
    };
    let kinds: [(Of, Set); 3] = [
        (|page| page.metric_alarms.as_ref(), set_metric_alarm),
        (|page| page.composite_alarms.as_ref(), set_composite_alarm),
        (|page| page.log_alarms.as_ref(), set_log_alarm),
    ];
    for page in &seen {
        for (of, set) in kinds {
            for alarm in of(page).into_iter().flatten() {
                let resource = add(found, alarm)?;
                set(resource, alarm);
                resource.set("composite_actions", called(alarm));
            }
        }
    }
    walked
}

type Of = fn(&Alarms) -> Option<&Vec<Alarm>>;
type Set = fn(&mut Resource, &Alarm);

async fn walk(at: &AccountRegion, seen: &mut Vec<Alarms>) -> Result<(), Gap> {
    let mut pages = Pages::default();
    while pages.go_on() {
        let input = json!({
            // Without types, AWS returns only metric alarms.
            "AlarmTypes": [METRIC_ALARM, COMPOSITE_ALARM, LOG_ALARM],
            "MaxRecords": 100,
            "NextToken": pages.token(),
        });
        let page: Alarms = at.client(Client::new).call(&DESCRIBE_ALARMS, input).await?;
        pages.turn(page.next_token.as_deref(), false)?;
        seen.push(page);
    }
    Ok(())
}

fn or_empty(text: Option<&str>) -> &str {
    text.unwrap_or_default()
}

fn composite(alarm: &Alarm) -> Composite {
    // If AWS did not return this field, the actions can be on.
    let on = alarm.actions_enabled.unwrap_or(true);
    Composite {
        name: or_empty(alarm.alarm_name.as_deref()).to_owned(),
        arn: or_empty(alarm.alarm_arn.as_deref()).to_owned(),
        rule: alarm.alarm_rule.as_deref().and_then(Rule::parse),
        actions: if on { alarm.alarm_actions.clone().unwrap_or_default() } else { Vec::new() },
        suppressed: alarm.actions_suppressor.as_ref().is_some_and(|it| !it.is_empty())
            || alarm.actions_enabled.is_none(),
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

/// Sets the attributes that alarms of every type have.
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
    resource.set("datapoints_to_alarm", alarm.datapoints_to_alarm.or(alarm.evaluation_periods));
    let told = one_event::goes_off(&watch(alarm));
    resource.set("goes_off_at_one_event", told.map_err(|message| Gap::new(Cause::Undecided).with_message(message)));
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
        return queries.iter().map(|it| query(it, alarm)).collect();
    }
    let plain = alarm.metric_name.as_deref().map(|name| {
        Value::record([
            ("name", Some(name.into())),
            ("namespace", alarm.namespace.as_deref().map(Value::from)),
            ("statistic", statistic(alarm).map(Value::from)),
            ("period", alarm.period.map(|seconds| Value::Duration(seconds.into()))),
            ("dimensions", Some(dimensions(alarm.dimensions.as_ref()))),
        ])
    });
    plain.into_iter().collect()
}

fn dimensions(told: Option<&Vec<Dimension>>) -> Value {
    let pairs = told.into_iter().flatten().map(|it| (it.name.clone(), Value::from(&it.value)));
    Value::Map(pairs.collect::<BTreeMap<_, _>>())
}

/// Returns the settings that decide whether one event is enough. When AWS does not return a setting, there is no
/// result.
fn watch(alarm: &Alarm) -> Watch {
    let plain = || one_event::Query {
        id: "m1".to_owned(),
        metric: Some((or_empty(statistic(alarm)).to_owned(), alarm.period.unwrap_or_default().into())),
        expression: None,
        returned: true,
    };
    let query = |it: &Query| one_event::Query {
        id: or_empty(it.id.as_deref()).to_owned(),
        metric: it.metric_stat.as_ref().map(|stat| {
            (or_empty(stat.stat.as_deref()).to_owned(), stat.period.or(it.period).unwrap_or_default().into())
        }),
        expression: it.expression.clone(),
        returned: it.return_data.unwrap_or(true),
    };
    let queries = match alarm.metrics.as_ref().filter(|all| !all.is_empty()) {
        Some(queries) => queries.iter().map(query).collect(),
        None => alarm.metric_name.iter().map(|_| plain()).collect(),
    };
    let periods = alarm.evaluation_periods.map_or(0, i64::from);
    Watch {
        queries,
        comparison: or_empty(alarm.comparison_operator.as_deref()).to_owned(),
        threshold: alarm.threshold.filter(|it| it.is_finite()),
        datapoints: alarm.datapoints_to_alarm.map_or(periods, i64::from),
        missing_data: or_empty(alarm.treat_missing_data.as_deref()).to_owned(),
    }
}

fn query(query: &Query, alarm: &Alarm) -> Value {
    let stat = query.metric_stat.as_ref();
    let metric = stat.and_then(|it| it.metric.as_ref());
    let own = alarm.alarm_arn.as_deref().and_then(|arn| arn.split(':').nth(4));
    let period = stat.and_then(|it| it.period).or(query.period);
    Value::record([
        ("id", query.id.as_deref().map(Value::from)),
        ("name", metric.and_then(|it| it.metric_name.as_deref()).map(Value::from)),
        ("namespace", metric.and_then(|it| it.namespace.as_deref()).map(Value::from)),
        ("statistic", stat.and_then(|it| it.stat.as_deref()).map(Value::from)),
        ("expression", query.expression.as_deref().map(Value::from)),
        ("period", period.map(|seconds| Value::Duration(seconds.into()))),
        ("dimensions", metric.map(|it| dimensions(it.dimensions.as_ref()))),
        ("account", query.account_id.as_deref().filter(|it| Some(*it) != own).map(Value::from)),
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
            let elsewhere = ["name", "arn", "composite_actions", "topics"];
            for attribute in KIND.attributes.iter().filter(|it| !elsewhere.contains(&it.name)) {
                assert!(resource.get(attribute.name).is_some(), "{}", attribute.name);
            }
        }
        assert_eq!(metric.text("threshold"), Some("1"));
        assert_eq!(log.text("threshold"), Some("0.5"));
        let plain = Value::List(vec![Value::record([
            ("name", Some("m".into())),
            ("dimensions", Some(Value::Map(BTreeMap::new()))),
        ])]);
        assert_eq!(metric.get("metrics"), Some(&Fact::Known(plain)));
    }
}
