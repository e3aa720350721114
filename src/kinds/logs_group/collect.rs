//! `logs.group`: collector.
//!
//! This module must not know what is expected of a log group.

use crate::aws::OrGap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{
    DataProtectionStatus, InheritedProperty, LogGroup, LogGroupClass, MetricFilter, MetricTransformation,
};

use super::{FILTERS, KIND};
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert::{maybe_word, milliseconds, named};
use crate::kinds::support::pages::{Listed, Pages};
use crate::kinds::support::tagged::{GET_TAGGED, tagged};
use attestry_core::facts::{Gap, Resource, Value};

/// Reads log groups.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&FILTERS, |at, resource| Box::pin(describe_metric_filters(at, resource))),
    Read::of(&GET_TAGGED, |at, resource| Box::pin(get_resources(at, resource))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let groups = groups(at).await?;
    for group in &groups.items {
        let arn = named(arn(group), "ARN of a log group")?;
        set_group(found.add(arn, group.log_group_name().unwrap_or(arn)), group);
    }
    groups.whole()
}

async fn describe_metric_filters(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let filters = metric_filters(at).await?.get(&resource.name).cloned().unwrap_or_default();
    resource.set("metric_filters", Value::List(filters));
    Ok(())
}

async fn get_resources(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    resource.set("tags", tagged(at, "logs:log-group").await?.of(&resource.id));
    Ok(())
}

/// Returns all log groups, for every kind that needs them.
pub(in crate::kinds) async fn groups(at: &AccountRegion) -> Result<Arc<Listed<LogGroup>>, Gap> {
    at.once("logs:DescribeLogGroups", async {
        let mut groups = Vec::new();
        let walked = walk(at, &mut groups).await;
        Ok(Listed::new(groups, walked))
    })
    .await
}

async fn walk(at: &AccountRegion, groups: &mut Vec<LogGroup>) -> Result<(), Gap> {
    // The request never has logGroupNamePattern. With a pattern, AWS omits the retention and the key. Every group would
    // seem to keep its events for ever under AWS's own key.
    let mut pages = at.client(Client::new).describe_log_groups().limit(50).into_paginator().send();
    let mut walk = Pages::default();
    while let Some(page) = pages.next().await {
        let mut page = page.or_gap()?;
        groups.append(&mut page.log_groups.take().unwrap_or_default());
        walk.keeps(groups.len())?;
        walk.turn(page.next_token(), false)?;
    }
    Ok(())
}

/// Returns the ARN of a group, without `:*` at its end.
pub(in crate::kinds) fn arn(group: &LogGroup) -> Option<&str> {
    group.log_group_arn().or(group.arn()).map(|arn| arn.strip_suffix(":*").unwrap_or(arn))
}

fn set_group(resource: &mut Resource, group: &LogGroup) {
    let retention = group.retention_in_days();
    let inherited = group.inherited_properties().contains(&InheritedProperty::AccountDataProtection);
    resource.set("name", group.log_group_name());
    resource.set("arn", arn(group));
    resource.set("retention", retention.map(Value::days));
    resource.set("never_expires", retention.is_none());
    resource.set("retention_policy", group.retention_policy_name());
    resource.set("kms_key", group.kms_key_id());
    resource.set("class", maybe_word(group.log_group_class().map(|it| it.as_str()), LogGroupClass::values()));
    resource.set("stored_bytes", group.stored_bytes());
    resource.set("deletion_protection", group.deletion_protection_enabled());
    let protection = group.data_protection_status().map(|it| it.as_str());
    resource.set("data_protection", maybe_word(protection, DataProtectionStatus::values()));
    resource.set("data_protection_inherited", inherited);
    resource.set("created", milliseconds(group.creation_time()));
}

/// Returns the metric filters of all groups, by group name. One walk without a group name replaces one call for each
/// group.
async fn metric_filters(at: &AccountRegion) -> Result<Arc<BTreeMap<String, Vec<Value>>>, Gap> {
    at.once("logs:DescribeMetricFilters", async {
        let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let mut pages = at.client(Client::new).describe_metric_filters().limit(50).into_paginator().send();
        let mut walk = Pages::default();
        while let Some(page) = pages.next().await {
            let page = page.or_gap()?;
            for filter in page.metric_filters() {
                let group = named(filter.log_group_name(), "log group of a metric filter")?;
                found.entry(group.to_owned()).or_default().extend(records(filter)?);
            }
            walk.turn(page.next_token(), false)?;
        }
        Ok(found)
    })
    .await
}

fn records(filter: &MetricFilter) -> Result<Vec<Value>, Gap> {
    let system = filter.emit_system_field_dimensions().iter();
    let dimensions = |metric: &MetricTransformation| {
        let own: BTreeSet<&String> = metric.dimensions().into_iter().flat_map(|all| all.keys()).collect();
        own.into_iter().chain(system.clone()).cloned().collect::<Vec<_>>()
    };
    let record = |metric: &MetricTransformation| {
        Ok(Value::record([
            ("name", Some(named(filter.filter_name(), "name of a metric filter")?.into())),
            ("pattern", filter.filter_pattern().map(Value::from)),
            ("metric_name", Some(named(Some(metric.metric_name()), "name of a metric")?.into())),
            ("metric_namespace", Some(named(Some(metric.metric_namespace()), "namespace of a metric")?.into())),
            ("value", Some(named(Some(metric.metric_value()), "value of a metric")?.into())),
            ("default", metric.default_value().map(|it| it.to_string().into())),
            ("dimensions", Some(Value::texts(dimensions(metric)))),
            ("transformed", Some(filter.apply_on_transformed_logs().into())),
            ("criteria", filter.field_selection_criteria().filter(|it| !it.is_empty()).map(Value::from)),
        ]))
    };
    filter.metric_transformations().iter().map(record).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]
mod tests {
    use super::*;
    use attestry_core::facts::Fact;

    #[test]
    fn a_group_without_retention_never_expires() {
        let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
        set_group(&mut resource, &LogGroup::builder().arn("arn:aws:logs:r:1:log-group:a:*").build());
        assert_eq!(resource.get("retention"), Some(&Fact::Absent));
        assert_eq!(resource.get("never_expires"), Some(&Fact::from(true)));
        assert_eq!(resource.text("arn"), Some("arn:aws:logs:r:1:log-group:a"));
        set_group(&mut resource, &LogGroup::builder().retention_in_days(2557).creation_time(1_000).build());
        assert_eq!(resource.get("retention"), Some(&Fact::from(Value::days(2557))));
        assert_eq!(resource.get("never_expires"), Some(&Fact::from(false)));
        assert_eq!(resource.get("created"), Some(&Fact::Known(Value::Time(jiff::Timestamp::from_second(1).unwrap()))));
        for (retention, created) in [(-1, i64::MAX), (0, i64::MIN), (3654, i64::MAX)] {
            let group = LogGroup::builder().retention_in_days(retention).creation_time(created).build();
            set_group(&mut resource, &group);
            for attribute in ["retention", "created"] {
                assert!(matches!(resource.get(attribute), Some(Fact::Unknown(_))), "{attribute} {retention} {created}");
            }
        }
    }
}
