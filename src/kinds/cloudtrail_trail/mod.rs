//! `cloudtrail.trail`: schema. What CloudTrail tells of a trail.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;
mod selectors;

use attestry_core::facts::{Attribute, Call, Frequency, Kind, Scope, Type};

pub(super) use collect::Collect;

const TRAILS: &str = "DescribeTrails";
const STATUS: &str = "GetTrailStatus";
const SELECTORS: &str = "GetEventSelectors";

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "cloudtrail.trail",
    plural: "trails",
    scope: Scope::Regional,
    doc: "A CloudTrail trail whose home is this Region, also the organization's trail; the shadows of a multi-Region trail \
          in other Regions are not counted again. A trail that records here and whose home is none of the Regions of the \
          stage counts in the first of these, and is asked for at home.",
    attributes: &[
        Attribute::new("name", Type::Text, TRAILS, "trailList[].Name", "Trail name."),
        Attribute::new("arn", Type::Text, TRAILS, "trailList[].TrailARN", "Trail ARN."),
        Attribute::new("bucket", Type::Text, TRAILS, "trailList[].S3BucketName", "Bucket that gets the log files."),
        Attribute::new(
            "kms_key",
            Type::Text,
            TRAILS,
            "trailList[].KmsKeyId",
            "ARN of the KMS key that encrypts log files; absent when S3 encrypts them with its own key.",
        ),
        Attribute::new(
            "multi_region",
            Type::Bool,
            TRAILS,
            "trailList[].IsMultiRegionTrail",
            "Whether the trail records all enabled Regions.",
        ),
        Attribute::new(
            "organization",
            Type::Bool,
            TRAILS,
            "trailList[].IsOrganizationTrail",
            "Whether the trail records all accounts of the organization.",
        ),
        Attribute::new(
            "validation",
            Type::Bool,
            TRAILS,
            "trailList[].LogFileValidationEnabled",
            "Whether digest files are written, with which log files can be validated.",
        ),
        Attribute::new(
            "global_events",
            Type::Bool,
            TRAILS,
            "trailList[].IncludeGlobalServiceEvents",
            "Whether events of global services such as IAM are recorded.",
        ),
        Attribute::new(
            "log_group",
            Type::Text,
            TRAILS,
            "trailList[].CloudWatchLogsLogGroupArn",
            "ARN of the log group that gets events too, with `:*` at its end; absent when there is none.",
        ),
        Attribute::new(
            "topic",
            Type::Text,
            TRAILS,
            "trailList[].SnsTopicARN",
            "ARN of the topic that is told of new log files; absent when there is none.",
        ),
        Attribute::new("home_region", Type::Text, TRAILS, "trailList[].HomeRegion", "Region where the trail was made."),
        Attribute::new("logging", Type::Bool, STATUS, "IsLogging", "Whether the trail is recording."),
        Attribute::new(
            "latest_delivery",
            Type::Time,
            STATUS,
            "LatestDeliveryTime",
            "When log files were last delivered to the bucket; absent before the first delivery.",
        ),
        Attribute::new(
            "latest_delivery_error",
            Type::Text,
            STATUS,
            "LatestDeliveryError",
            "Error of S3 at the last delivery; absent when it went well.",
        ),
        Attribute::new(
            "latest_log_group_delivery",
            Type::Time,
            STATUS,
            "LatestCloudWatchLogsDeliveryTime",
            "When events were last delivered to the log group; absent when there is none or nothing was delivered.",
        ),
        Attribute::new(
            "latest_log_group_error",
            Type::Text,
            STATUS,
            "LatestCloudWatchLogsDeliveryError",
            "Error at the last delivery to the log group; absent when it went well.",
        ),
        Attribute::new(
            "latest_digest",
            Type::Time,
            STATUS,
            "LatestDigestDeliveryTime",
            "When a digest file was last delivered; absent without validation.",
        ),
        Attribute::new(
            "records_management_events",
            Type::Bool,
            SELECTORS,
            "EventSelectors[].IncludeManagementEvents",
            "Whether a selector takes any management events, even if only some: the others tell which.",
        ),
        Attribute::new(
            "read_write",
            Type::Text,
            SELECTORS,
            "EventSelectors[].ReadWriteType",
            "Which management events all selectors together take: All, ReadOnly or WriteOnly; absent when they take none.",
        ),
        Attribute::new(
            "excluded_sources",
            Type::List(&Type::Text),
            SELECTORS,
            "EventSelectors[].ExcludeManagementEventSources",
            "Services, such as kms.amazonaws.com, whose management events some selector leaves out; sorted, empty when \
             none.",
        ),
        Attribute::new(
            "records_reads_of_management",
            Type::Bool,
            SELECTORS,
            "EventSelectors, AdvancedEventSelectors",
            "Whether one selector takes the read-only management events of every service, with no service left out and no \
             other condition.",
        ),
        Attribute::new(
            "records_writes_of_management",
            Type::Bool,
            SELECTORS,
            "EventSelectors, AdvancedEventSelectors",
            "Whether one selector takes the writing management events of every service, with no service left out and no \
             other condition.",
        ),
        Attribute::new(
            "records_reads_of_kms",
            Type::Bool,
            SELECTORS,
            "EventSelectors, AdvancedEventSelectors",
            "Whether one selector takes all read-only management events of kms.amazonaws.com, such as Decrypt.",
        ),
        Attribute::new(
            "records_reads_of_secrets",
            Type::Bool,
            SELECTORS,
            "EventSelectors, AdvancedEventSelectors",
            "Whether one selector takes all read-only management events of secretsmanager.amazonaws.com, such as \
             GetSecretValue.",
        ),
        Attribute::new(
            "data_events.s3_read",
            Type::Bool,
            SELECTORS,
            "EventSelectors[].DataResources, AdvancedEventSelectors",
            "Whether one selector takes reads of every object in every bucket; the bucket of the trail itself may be left out.",
        ),
        Attribute::new(
            "data_events.s3_write",
            Type::Bool,
            SELECTORS,
            "EventSelectors[].DataResources, AdvancedEventSelectors",
            "Whether one selector takes writes of every object in every bucket; the bucket of the trail itself may be left out.",
        ),
        Attribute::new(
            "data_events.types",
            Type::List(&Type::Text),
            SELECTORS,
            "EventSelectors[].DataResources[].Type, AdvancedEventSelectors",
            "Resource types of which some data events are taken, sorted; empty when none.",
        ),
    ],
    calls: &[
        Call::new("cloudtrail", TRAILS, "cloudtrail:DescribeTrails", Frequency::Population { page: 5 }),
        Call::new("cloudtrail", STATUS, "cloudtrail:GetTrailStatus", Frequency::Resource),
        Call::new("cloudtrail", SELECTORS, "cloudtrail:GetEventSelectors", Frequency::Resource),
    ],
};
