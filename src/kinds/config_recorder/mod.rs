//! `config.recorder`: schema. The attributes that AWS Config returns for a configuration recorder.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod iam_types;

use attestry_core::facts::{Call, Frequency, Kind, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

const RECORDERS: Call = Call::new(
    "config",
    "DescribeConfigurationRecorders",
    "config:DescribeConfigurationRecorders",
    Frequency::Population { page: 1 },
)
.kept();
const STATUS: Call = Call::new(
    "config",
    "DescribeConfigurationRecorderStatus",
    "config:DescribeConfigurationRecorderStatus",
    Frequency::Joined { page: 1 },
)
.kept();
const CHANNELS: Call =
    Call::new("config", "DescribeDeliveryChannels", "config:DescribeDeliveryChannels", Frequency::Joined { page: 1 })
        .kept();

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "config.recorder",
    plural: "Config recorders",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "The customer-managed AWS Config recorder of this account and Region: none where Config is off. Recorders that \
          services own are not part of the population.",
    attributes: &[
        RECORDERS.yields("name", Type::Text, "ConfigurationRecorders[].name", "Recorder name."),
        RECORDERS.yields(
            "arn",
            Type::Text,
            "ConfigurationRecorders[].arn",
            "Recorder ARN; absent when AWS does not tell it.",
        ),
        RECORDERS.yields(
            "role",
            Type::Text,
            "ConfigurationRecorders[].roleARN",
            "ARN of the role that Config reads with; absent when none is set.",
        ).referring("iam.role"),
        RECORDERS.yields(
            "all_supported",
            Type::Bool,
            "ConfigurationRecorders[].recordingGroup.allSupported",
            "Whether all supported Regional resource types are recorded, with no exclusion; absent without a recording group.",
        ),
        RECORDERS.yields(
            "include_global",
            Type::Bool,
            "ConfigurationRecorders[].recordingGroup.includeGlobalResourceTypes",
            "The flag as it is set; absent without a recording group. It means something only beside `all_supported`: \
             `records_iam` tells what is recorded.",
        ),
        RECORDERS.yields(
            "records_iam",
            Type::Bool,
            "ConfigurationRecorders[].recordingGroup",
            "Whether IAM users, groups, roles and customer managed policies, all four, are recorded here: by \
             `include_global` beside all types, by not being excluded, or by being included; false in Regions that Config \
             came to after February 2022, which cannot record them; absent without a recording group.",
        ),
        RECORDERS.yields(
            "strategy",
            Type::Text,
            "ConfigurationRecorders[].recordingGroup.recordingStrategy.useOnly",
            "ALL_SUPPORTED_RESOURCE_TYPES, INCLUSION_BY_RESOURCE_TYPES or EXCLUSION_BY_RESOURCE_TYPES; absent on \
             recorders that were set up without one.",
        ),
        RECORDERS.yields(
            "resource_types",
            Type::List(&Type::Text),
            "ConfigurationRecorders[].recordingGroup.resourceTypes",
            "The only resource types that are recorded; empty when the recorder does not choose by inclusion.",
        ),
        RECORDERS.yields(
            "excluded_types",
            Type::List(&Type::Text),
            "ConfigurationRecorders[].recordingGroup.exclusionByResourceTypes.resourceTypes",
            "Resource types that are not recorded; empty when the recorder does not choose by exclusion.",
        ),
        RECORDERS.yields(
            "frequency",
            Type::Text,
            "ConfigurationRecorders[].recordingMode.recordingFrequency",
            "CONTINUOUS or DAILY, unless a resource type overrides it; absent when not set, which is continuous.",
        ),
        STATUS.yields(
            "recording",
            Type::Bool,
            "ConfigurationRecordersStatus[].recording",
            "Whether the recorder is on; absent when AWS reports no status for it.",
        ),
        STATUS.yields(
            "last_status",
            Type::Text,
            "ConfigurationRecordersStatus[].lastStatus",
            "Result of the last recording: Pending, Success, Failure or NotApplicable; absent before the first one.",
        ),
        STATUS.yields(
            "last_status_change",
            Type::Time,
            "ConfigurationRecordersStatus[].lastStatusChangeTime",
            "When last_status changed; absent before the first recording.",
        ),
        STATUS.yields(
            "last_error",
            Type::Text,
            "ConfigurationRecordersStatus[].lastErrorCode",
            "Error code of the last failed recording; absent when there was none.",
        ),
        CHANNELS.yields(
            "delivery.present",
            Type::Bool,
            "DeliveryChannels[]",
            "Whether this account and Region has a delivery channel; without one a recorder cannot start.",
        ),
        CHANNELS.yields(
            "delivery.bucket",
            Type::Text,
            "DeliveryChannels[].s3BucketName",
            "Bucket that gets the history; absent without a delivery channel.",
        ),
        CHANNELS.yields(
            "delivery.kms_key",
            Type::Text,
            "DeliveryChannels[].s3KmsKeyArn",
            "ARN of the key that encrypts what is delivered; absent when none is set.",
        ),
        CHANNELS.yields(
            "delivery.topic",
            Type::Text,
            "DeliveryChannels[].snsTopicARN",
            "ARN of the topic that is told of changes; absent when none is set.",
        ),
    ],
    calls: &[RECORDERS, STATUS, CHANNELS],
};
