//! `cloudtrail.trail`: collector.
//!
//! This module must not know what is expected of a trail.

use aws_smithy_types::DateTime;
use serde::Deserialize;
use serde_json::json;

use super::selectors::{Access, AdvancedEventSelector, EventSelector, Selectors};
use super::{KIND, SELECTORS, STATUS, TRAILS};
use crate::aws::AccountRegion;
use crate::aws::client::{Api, CLOUDTRAIL, Client, epoch_seconds};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert::{named, partition, region, time};
use attestry_core::facts::{Gap, Resource, Value};

const DESCRIBE_TRAILS: Api = CLOUDTRAIL.api(TRAILS.operation);
const GET_STATUS: Api = CLOUDTRAIL.api(STATUS.operation);
const GET_SELECTORS: Api = CLOUDTRAIL.api(SELECTORS.operation);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trails {
    trail_list: Option<Vec<Trail>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Trail {
    name: Option<String>,
    #[serde(rename = "TrailARN")]
    trail_arn: Option<String>,
    s3_bucket_name: Option<String>,
    kms_key_id: Option<String>,
    is_multi_region_trail: Option<bool>,
    is_organization_trail: Option<bool>,
    log_file_validation_enabled: Option<bool>,
    include_global_service_events: Option<bool>,
    cloud_watch_logs_log_group_arn: Option<String>,
    #[serde(rename = "SnsTopicARN")]
    sns_topic_arn: Option<String>,
    home_region: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    is_logging: Option<bool>,
    #[serde(default, deserialize_with = "epoch_seconds")]
    latest_delivery_time: Option<DateTime>,
    latest_delivery_error: Option<String>,
    #[serde(default, deserialize_with = "epoch_seconds")]
    latest_cloud_watch_logs_delivery_time: Option<DateTime>,
    latest_cloud_watch_logs_delivery_error: Option<String>,
    #[serde(default, deserialize_with = "epoch_seconds")]
    latest_digest_delivery_time: Option<DateTime>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AllSelectors {
    event_selectors: Option<Vec<EventSelector>>,
    advanced_event_selectors: Option<Vec<AdvancedEventSelector>>,
}

/// Reads trails.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&STATUS, |at, resource| Box::pin(get_trail_status(at, resource))),
    Read::of(&SELECTORS, |at, resource| Box::pin(get_event_selectors(at, resource))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    // The request includes shadow trails, because the trail of an organization is a shadow in its member accounts.
    let input = json!({ "includeShadowTrails": true });
    let answer: Trails = at.client(Client::new).call(&DESCRIBE_TRAILS, input).await?;
    // A shadow does not have the status and the selectors of its trail, so the collector reads each trail only in its
    // home Region. When the run does not read the home Region of a trail, the shadow stands for the trail and counts
    // once.
    let counts =
        |trail: &&Trail| trail.home_region.as_deref().is_none_or(|home| home == &*at.region || at.looks_after(home));
    for trail in answer.trail_list.iter().flatten().filter(counts) {
        let arn = named(trail.trail_arn.as_deref(), "ARN of a trail")?;
        set_trail(found.add(arn, trail.name.as_deref().unwrap_or(arn)), trail);
    }
    Ok(())
}

/// Returns the client for the home Region of the trail.
fn at_home(at: &AccountRegion, resource: &Resource) -> Result<Client, Gap> {
    match resource.text("home_region") {
        Some(home) if *home != *at.region => Ok(Client::new(&at.sdk_in(region(home)?))),
        _ => Ok(at.client(Client::new)),
    }
}

async fn get_trail_status(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = at_home(at, resource)?;
    set_status(resource, client.call(&GET_STATUS, json!({ "Name": resource.id })).await?);
    Ok(())
}

async fn get_event_selectors(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = at_home(at, resource)?;
    let input = json!({ "TrailName": resource.id });
    set_selectors(resource, &client.call(&GET_SELECTORS, input).await?);
    Ok(())
}

fn set_trail(resource: &mut Resource, trail: &Trail) {
    resource.set("name", trail.name.as_deref());
    resource.set("arn", trail.trail_arn.as_deref());
    resource.set("bucket", trail.s3_bucket_name.as_deref());
    resource.set("kms_key", trail.kms_key_id.as_deref());
    resource.set("multi_region", trail.is_multi_region_trail);
    resource.set("organization", trail.is_organization_trail);
    resource.set("validation", trail.log_file_validation_enabled);
    resource.set("global_events", trail.include_global_service_events);
    resource.set("log_group", trail.cloud_watch_logs_log_group_arn.as_deref());
    resource.set("topic", trail.sns_topic_arn.as_deref());
    resource.set("home_region", trail.home_region.as_deref());
}

fn set_status(resource: &mut Resource, status: Status) {
    let error = |text: Option<String>| text.filter(|text| !text.is_empty());
    resource.set("logging", status.is_logging);
    resource.set("latest_delivery", time(status.latest_delivery_time.as_ref()));
    resource.set("latest_delivery_error", error(status.latest_delivery_error));
    resource.set("latest_log_group_delivery", time(status.latest_cloud_watch_logs_delivery_time.as_ref()));
    resource.set("latest_log_group_error", error(status.latest_cloud_watch_logs_delivery_error));
    resource.set("latest_digest", time(status.latest_digest_delivery_time.as_ref()));
}

fn set_selectors(resource: &mut Resource, answer: &AllSelectors) {
    let bucket = resource.text("bucket").map(str::to_owned);
    let of = Selectors {
        partition: partition(&resource.region),
        bucket: bucket.as_deref(),
        classic: answer.event_selectors.as_deref().unwrap_or_default(),
        advanced: answer.advanced_event_selectors.as_deref().unwrap_or_default(),
    };
    let reads = |source| of.take_management(Access::Read, source);
    resource.set("records_management_events", of.take_some_management());
    resource.set("read_write", of.read_write());
    resource.set("excluded_sources", Value::texts(of.excluded_sources()));
    resource.set("records_reads_of_management", reads(None));
    resource.set("records_writes_of_management", of.take_management(Access::Write, None));
    resource.set("records_reads_of_kms", reads(Some("kms.amazonaws.com")));
    resource.set("records_reads_of_secrets", reads(Some("secretsmanager.amazonaws.com")));
    resource.set("data_events.s3_read", of.take_all_objects(Access::Read));
    resource.set("data_events.s3_write", of.take_all_objects(Access::Write));
    resource.set("data_events.types", Value::texts(of.data_types()));
}
