//! `config.recorder`: collector.
//!
//! This module must not know what is expected of a recorder.

use crate::aws::OrGap;
use aws_sdk_config::Client;
use aws_sdk_config::types::{ConfigurationRecorder, DeliveryChannel, RecordingFrequency, RecordingStrategyType};

use super::iam_types::recorded;
use super::{CHANNELS, KIND, STATUS};
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert;
use attestry_core::facts::{Gap, Resource, Value};

/// Reads Config recorders.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&STATUS, |at, resource| Box::pin(describe_configuration_recorder_status(at, resource))),
    Read::of(&CHANNELS, |at, resource| Box::pin(describe_delivery_channels(at, resource))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let answer = at.client(Client::new).describe_configuration_recorders().send().await.or_gap()?;
    for recorder in answer.configuration_recorders() {
        let name = convert::named(recorder.name(), "name of a recorder")?;
        set_recorder(found.add(recorder.arn().unwrap_or(name), name), recorder);
    }
    Ok(())
}

async fn describe_configuration_recorder_status(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let all = at
        .once("config:DescribeConfigurationRecorderStatus", async {
            let answer = at.client(Client::new).describe_configuration_recorder_status().send().await.or_gap()?;
            convert::told(answer.configuration_recorders_status, "status of any recorder")
        })
        .await?;
    let status = all.iter().find(|status| status.name() == Some(&resource.name));
    let status = convert::told(status, "status of this recorder")?;
    resource.set("recording", status.recording());
    resource.set("last_status", status.last_status().map(|it| it.as_str()));
    resource.set("last_status_change", convert::time(status.last_status_change_time()));
    resource.set("last_error", status.last_error_code());
    Ok(())
}

async fn describe_delivery_channels(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let all = at
        .once("config:DescribeDeliveryChannels", async {
            let answer = at.client(Client::new).describe_delivery_channels().send().await.or_gap()?;
            convert::told(answer.delivery_channels, "list of channels")
        })
        .await?;
    let channel = all.first();
    resource.set("delivery.present", channel.is_some());
    resource.set("delivery.bucket", channel.and_then(DeliveryChannel::s3_bucket_name));
    resource.set("delivery.kms_key", channel.and_then(DeliveryChannel::s3_kms_key_arn));
    resource.set("delivery.topic", channel.and_then(DeliveryChannel::sns_topic_arn));
    Ok(())
}

fn set_recorder(resource: &mut Resource, recorder: &ConfigurationRecorder) {
    let group = recorder.recording_group();
    let excluded = group.and_then(|it| it.exclusion_by_resource_types());
    let strategy = group.and_then(|it| it.recording_strategy()).and_then(|it| it.use_only());
    let types = |types: Option<&[_]>| {
        Value::texts(types.unwrap_or_default().iter().map(aws_sdk_config::types::ResourceType::as_str))
    };
    resource.set("name", recorder.name());
    resource.set("arn", recorder.arn());
    resource.set("role", recorder.role_arn());
    resource.set("all_supported", group.map(|it| it.all_supported()));
    resource.set("include_global", group.map(|it| it.include_global_resource_types()));
    let region = resource.region.clone();
    resource.set("records_iam", group.map(|it| recorded(it, &region)).transpose());
    resource.set("strategy", convert::maybe_word(strategy.map(|it| it.as_str()), RecordingStrategyType::values()));
    resource.set("resource_types", types(group.map(|it| it.resource_types())));
    resource.set("excluded_types", types(excluded.map(|it| it.resource_types())));
    let frequency = recorder.recording_mode().map(|it| it.recording_frequency().as_str());
    resource.set("frequency", convert::maybe_word(frequency, RecordingFrequency::values()));
}
