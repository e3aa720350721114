//! `cloudtrail.trail`: collector.
//!
//! Must not know what is expected of a trail.

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput;
use aws_sdk_cloudtrail::types::Trail;

use super::selectors::{Access, Selectors};
use super::{KIND, SELECTORS, STATUS};
use crate::aws::At;
use crate::collect::{Collector, Listing, Pending};
use crate::facts::{Call, Kind, Resource, Value};
use crate::kinds::convert::time;

/// Reads trails.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            // With shadows, because an organization's trail is a shadow in its member accounts.
            let answer = at.client(Client::new).describe_trails().include_shadow_trails(true).send().await?;
            // Status and selectors of a shadow are not those of the trail: each trail is asked for at home only.
            let at_home = |trail: &&Trail| trail.home_region().is_none_or(|home| home == &*at.region);
            for trail in answer.trail_list().iter().filter(at_home) {
                let name = trail.name().unwrap_or_default();
                set_trail(found.add(trail.trail_arn().unwrap_or(name), name), trail);
            }
            Ok(())
        })
    }

    fn read<'a>(&'a self, at: &'a At, call: &'static Call, resource: &'a mut Resource) -> Pending<'a> {
        Box::pin(async move {
            let client = at.client(Client::new);
            match call.operation {
                STATUS => set_status(resource, &client.get_trail_status().name(&resource.id).send().await?),
                SELECTORS => {
                    set_selectors(resource, &client.get_event_selectors().trail_name(&resource.id).send().await?);
                }
                other => unreachable!("cloudtrail.trail has no call {other}"),
            }
            Ok(())
        })
    }
}

fn set_trail(resource: &mut Resource, trail: &Trail) {
    resource.set("name", trail.name());
    resource.set("arn", trail.trail_arn());
    resource.set("bucket", trail.s3_bucket_name());
    resource.set("kms_key", trail.kms_key_id());
    resource.set("multi_region", trail.is_multi_region_trail());
    resource.set("organization", trail.is_organization_trail());
    resource.set("validation", trail.log_file_validation_enabled());
    resource.set("global_events", trail.include_global_service_events());
    resource.set("log_group", trail.cloud_watch_logs_log_group_arn());
    resource.set("topic", trail.sns_topic_arn());
    resource.set("home_region", trail.home_region());
}

fn set_status(resource: &mut Resource, status: &GetTrailStatusOutput) {
    let error = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    resource.set("logging", status.is_logging());
    resource.set("latest_delivery", time(status.latest_delivery_time()));
    resource.set("latest_delivery_error", error(status.latest_delivery_error()));
    resource.set("latest_log_group_delivery", time(status.latest_cloud_watch_logs_delivery_time()));
    resource.set("latest_log_group_error", error(status.latest_cloud_watch_logs_delivery_error()));
    resource.set("latest_digest", time(status.latest_digest_delivery_time()));
}

fn set_selectors(resource: &mut Resource, answer: &GetEventSelectorsOutput) {
    let of = Selectors { classic: answer.event_selectors(), advanced: answer.advanced_event_selectors() };
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
