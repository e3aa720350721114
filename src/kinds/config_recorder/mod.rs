//! `config.recorder`: schema. What AWS Config tells of a configuration recorder.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;
mod iam_types;

use attestry_core::facts::{Attribute, Call, Frequency, Kind, Scope, Type};

pub(super) use collect::Collect;

const RECORDERS: &str = "DescribeConfigurationRecorders";
const STATUS: &str = "DescribeConfigurationRecorderStatus";
const CHANNELS: &str = "DescribeDeliveryChannels";

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "config.recorder",
    plural: "Config recorders",
    scope: Scope::Regional,
    doc: "The customer-managed AWS Config recorder of this account and Region: none where Config is off. Recorders that \
          services own are not part of the population.",
    attributes: &[
        Attribute::new("name", Type::Text, RECORDERS, "ConfigurationRecorders[].name", "Recorder name."),
        Attribute::new(
            "arn",
            Type::Text,
            RECORDERS,
            "ConfigurationRecorders[].arn",
            "Recorder ARN; absent when AWS does not tell it.",
        ),
        Attribute::new(
            "role",
            Type::Text,
            RECORDERS,
            "ConfigurationRecorders[].roleARN",
            "ARN of the role that Config reads with; absent when none is set.",
        ),
        Attribute::new(
            "all_supported",
            Type::Bool,
            RECORDERS,
            "ConfigurationRecorders[].recordingGroup.allSupported",
            "Whether all supported Regional resource types are recorded, with no exclusion; absent without a recording group.",
        ),
        Attribute::new(
            "include_global",
            Type::Bool,
            RECORDERS,
            "ConfigurationRecorders[].recordingGroup.includeGlobalResourceTypes",
            "The flag as it is set; absent without a recording group. It means something only beside `all_supported`: \
             `records_iam` tells what is recorded.",
        ),
        Attribute::new(
            "records_iam",
            Type::Bool,
            RECORDERS,
            "ConfigurationRecorders[].recordingGroup",
            "Whether IAM users, groups, roles and customer managed policies, all four, are recorded here: by \
             `include_global` beside all types, by not being excluded, or by being included; false in Regions that Config \
             came to after February 2022, which cannot record them; absent without a recording group.",
        ),
        Attribute::new(
            "strategy",
            Type::Text,
            RECORDERS,
            "ConfigurationRecorders[].recordingGroup.recordingStrategy.useOnly",
            "ALL_SUPPORTED_RESOURCE_TYPES, INCLUSION_BY_RESOURCE_TYPES or EXCLUSION_BY_RESOURCE_TYPES; absent on \
             recorders that were set up without one.",
        ),
        Attribute::new(
            "resource_types",
            Type::List(&Type::Text),
            RECORDERS,
            "ConfigurationRecorders[].recordingGroup.resourceTypes",
            "The only resource types that are recorded; empty when the recorder does not choose by inclusion.",
        ),
        Attribute::new(
            "excluded_types",
            Type::List(&Type::Text),
            RECORDERS,
            "ConfigurationRecorders[].recordingGroup.exclusionByResourceTypes.resourceTypes",
            "Resource types that are not recorded; empty when the recorder does not choose by exclusion.",
        ),
        Attribute::new(
            "frequency",
            Type::Text,
            RECORDERS,
            "ConfigurationRecorders[].recordingMode.recordingFrequency",
            "CONTINUOUS or DAILY, unless a resource type overrides it; absent when not set, which is continuous.",
        ),
        Attribute::new(
            "recording",
            Type::Bool,
            STATUS,
            "ConfigurationRecordersStatus[].recording",
            "Whether the recorder is on; absent when AWS reports no status for it.",
        ),
        Attribute::new(
            "last_status",
            Type::Text,
            STATUS,
            "ConfigurationRecordersStatus[].lastStatus",
            "Result of the last recording: Pending, Success, Failure or NotApplicable; absent before the first one.",
        ),
        Attribute::new(
            "last_status_change",
            Type::Time,
            STATUS,
            "ConfigurationRecordersStatus[].lastStatusChangeTime",
            "When last_status changed; absent before the first recording.",
        ),
        Attribute::new(
            "last_error",
            Type::Text,
            STATUS,
            "ConfigurationRecordersStatus[].lastErrorCode",
            "Error code of the last failed recording; absent when there was none.",
        ),
        Attribute::new(
            "delivery.present",
            Type::Bool,
            CHANNELS,
            "DeliveryChannels[]",
            "Whether this account and Region has a delivery channel; without one a recorder cannot start.",
        ),
        Attribute::new(
            "delivery.bucket",
            Type::Text,
            CHANNELS,
            "DeliveryChannels[].s3BucketName",
            "Bucket that gets the history; absent without a delivery channel.",
        ),
        Attribute::new(
            "delivery.kms_key",
            Type::Text,
            CHANNELS,
            "DeliveryChannels[].s3KmsKeyArn",
            "ARN of the key that encrypts what is delivered; absent when none is set.",
        ),
        Attribute::new(
            "delivery.topic",
            Type::Text,
            CHANNELS,
            "DeliveryChannels[].snsTopicARN",
            "ARN of the topic that is told of changes; absent when none is set.",
        ),
    ],
    calls: &[
        Call::new("config", RECORDERS, "config:DescribeConfigurationRecorders", Frequency::Population { page: 1 }),
        Call::new("config", STATUS, "config:DescribeConfigurationRecorderStatus", Frequency::Joined { page: 1 }),
        Call::new("config", CHANNELS, "config:DescribeDeliveryChannels", Frequency::Joined { page: 1 }),
    ],
};
