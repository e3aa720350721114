//! `cloudtrail.trail`: schema. The attributes that CloudTrail returns for a trail.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod selectors;

use attestry_core::facts::{Call, Frequency, Kind, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

const TRAILS: Call =
    Call::new("cloudtrail", "DescribeTrails", "cloudtrail:DescribeTrails", Frequency::Population { page: 5 }).kept();
const STATUS: Call = Call::new("cloudtrail", "GetTrailStatus", "cloudtrail:GetTrailStatus", Frequency::Resource).kept();
const SELECTORS: Call =
    Call::new("cloudtrail", "GetEventSelectors", "cloudtrail:GetEventSelectors", Frequency::Resource).kept();

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "cloudtrail.trail",
    plural: "trails",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A CloudTrail trail whose home is this Region, also the organization's trail; the shadows of a multi-Region trail \
          in other Regions are not counted again. A trail that records here and whose home is none of the Regions of the \
          stage counts in the first of these, and is asked for at home.",
    attributes: &[
        TRAILS.yields("name", Type::Text, "trailList[].Name", "Trail name."),
        TRAILS.yields("arn", Type::Text, "trailList[].TrailARN", "Trail ARN."),
        TRAILS.yields("bucket", Type::Text, "trailList[].S3BucketName", "Bucket that gets the log files.").referring("s3.bucket"),
        TRAILS.yields(
            "kms_key",
            Type::Text,
            "trailList[].KmsKeyId",
            "ARN of the KMS key that encrypts log files; absent when S3 encrypts them with its own key.",
        ).referring("kms.key"),
        TRAILS.yields(
            "multi_region",
            Type::Bool,
            "trailList[].IsMultiRegionTrail",
            "Whether the trail records all enabled Regions.",
        ),
        TRAILS.yields(
            "organization",
            Type::Bool,
            "trailList[].IsOrganizationTrail",
            "Whether the trail records all accounts of the organization.",
        ),
        TRAILS.yields(
            "validation",
            Type::Bool,
            "trailList[].LogFileValidationEnabled",
            "Whether digest files are written, with which log files can be validated.",
        ),
        TRAILS.yields(
            "global_events",
            Type::Bool,
            "trailList[].IncludeGlobalServiceEvents",
            "Whether events of global services such as IAM are recorded.",
        ),
        TRAILS.yields(
            "log_group",
            Type::Text,
            "trailList[].CloudWatchLogsLogGroupArn",
            "ARN of the log group that gets events too, with `:*` at its end; absent when there is none.",
        ),
        TRAILS.yields(
            "topic",
            Type::Text,
            "trailList[].SnsTopicARN",
            "ARN of the topic that is told of new log files; absent when there is none.",
        ),
        TRAILS.yields("home_region", Type::Text, "trailList[].HomeRegion", "Region where the trail was made."),
        STATUS.yields("logging", Type::Bool, "IsLogging", "Whether the trail is recording."),
        STATUS.yields(
            "latest_delivery",
            Type::Time,
            "LatestDeliveryTime",
            "When log files were last delivered to the bucket; absent before the first delivery.",
        ),
        STATUS.yields(
            "latest_delivery_error",
            Type::Text,
            "LatestDeliveryError",
            "Error of S3 at the last delivery; absent when it went well.",
        ),
        STATUS.yields(
            "latest_log_group_delivery",
            Type::Time,
            "LatestCloudWatchLogsDeliveryTime",
            "When events were last delivered to the log group; absent when there is none or nothing was delivered.",
        ),
        STATUS.yields(
            "latest_log_group_error",
            Type::Text,
            "LatestCloudWatchLogsDeliveryError",
            "Error at the last delivery to the log group; absent when it went well.",
        ),
        STATUS.yields(
            "latest_digest",
            Type::Time,
            "LatestDigestDeliveryTime",
            "When a digest file was last delivered; absent without validation.",
        ),
        SELECTORS.yields(
            "records_management_events",
            Type::Bool,
            "EventSelectors[].IncludeManagementEvents",
            "Whether a selector takes any management events, even if only some: the others tell which.",
        ),
        SELECTORS.yields(
            "read_write",
            Type::Text,
            "EventSelectors[].ReadWriteType",
            "Which management events all selectors together take: All, ReadOnly or WriteOnly; absent when they take none.",
        ),
        SELECTORS.yields(
            "excluded_sources",
            Type::List(&Type::Text),
            "EventSelectors[].ExcludeManagementEventSources",
            "Services, such as kms.amazonaws.com, whose management events some selector leaves out; sorted, empty when \
             none.",
        ),
        SELECTORS.yields(
            "records_reads_of_management",
            Type::Bool,
            "EventSelectors, AdvancedEventSelectors",
            "Whether one selector takes the read-only management events of every service, with no service left out and no \
             other condition.",
        ),
        SELECTORS.yields(
            "records_writes_of_management",
            Type::Bool,
            "EventSelectors, AdvancedEventSelectors",
            "Whether one selector takes the writing management events of every service, with no service left out and no \
             other condition.",
        ),
        SELECTORS.yields(
            "records_reads_of_kms",
            Type::Bool,
            "EventSelectors, AdvancedEventSelectors",
            "Whether one selector takes all read-only management events of kms.amazonaws.com, such as Decrypt.",
        ),
        SELECTORS.yields(
            "records_reads_of_secrets",
            Type::Bool,
            "EventSelectors, AdvancedEventSelectors",
            "Whether one selector takes all read-only management events of secretsmanager.amazonaws.com, such as \
             GetSecretValue.",
        ),
        SELECTORS.yields(
            "data_events.s3_read",
            Type::Bool,
            "EventSelectors[].DataResources, AdvancedEventSelectors",
            "Whether one selector takes reads of every object in every bucket; the bucket of the trail itself may be left out.",
        ),
        SELECTORS.yields(
            "data_events.s3_write",
            Type::Bool,
            "EventSelectors[].DataResources, AdvancedEventSelectors",
            "Whether one selector takes writes of every object in every bucket; the bucket of the trail itself may be left out.",
        ),
        SELECTORS.yields(
            "data_events.types",
            Type::List(&Type::Text),
            "EventSelectors[].DataResources[].Type, AdvancedEventSelectors",
            "Resource types of which some data events are taken, sorted; empty when none.",
        ),
    ],
    calls: &[TRAILS, STATUS, SELECTORS],
};
