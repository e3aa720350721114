//! `cloudtrail.event`: schema. The management events that CloudTrail returns for a span of time.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod record;
#[cfg(feature = "aws")]
mod rotations;

use attestry_core::facts::{
    Attribute, ByAttribute, Call, Field, Frequency, GlobalRecords, Kind, Pace, Paging, Scope, Type, Window,
};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;
#[cfg(feature = "aws")]
pub(super) use rotations::{KeyRotation, KeyRotations, key_rotations};

/// The quota is two requests a second for each account and Region. AWS does not raise it.
pub(super) const LOOKUP_EVENTS: Call =
    Call::new("cloudtrail", "LookupEvents", "cloudtrail:LookupEvents", Frequency::Population { page: 50 })
        .pace(Pace::per_second(2.0))
        .paged(Paging::by("NextToken", &["Events"], 50).limited("MaxResults", 50));
const LOOKUP: Call = LOOKUP_EVENTS.windowed(&WINDOW);

/// The event history covers 90 days. CloudTrail usually has an event within 5 minutes, and promises 15 minutes.
static WINDOW: Window = Window {
    needed: true,
    time: "time",
    kept: "",
    late: 15 * 60,
    most: Some(90 * 24 * 3600),
    // The attribute that usually selects the fewest events comes first.
    by: &[
        ByAttribute { attribute: "resources", field: "name", key: "ResourceName" },
        ByAttribute { attribute: "name", field: "", key: "EventName" },
        ByAttribute { attribute: "user", field: "", key: "Username" },
        ByAttribute { attribute: "source", field: "", key: "EventSource" },
        ByAttribute { attribute: "read_only", field: "", key: "ReadOnly" },
    ],
    only_by: false,
    global: Some(&GlobalRecords { attribute: "source", is_regional }),
};

/// Services whose events are in the Region of the request. The events of every other service can be in the Region of the
/// global services.
const REGIONAL: &[&str] = &[
    "access-analyzer",
    "acm",
    "acm-pca",
    "apigateway",
    "athena",
    "autoscaling",
    "backup",
    "batch",
    "bedrock",
    "cloudformation",
    "cloudtrail",
    "codebuild",
    "codepipeline",
    "config",
    "dms",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "eks",
    "elasticache",
    "elasticfilesystem",
    "elasticloadbalancing",
    "elasticmapreduce",
    "es",
    "events",
    "firehose",
    "glue",
    "guardduty",
    "inspector2",
    "kafka",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "macie2",
    "monitoring",
    "mq",
    "rds",
    "redshift",
    "sagemaker",
    "scheduler",
    "secretsmanager",
    "securityhub",
    "sns",
    "sqs",
    "ssm",
    "states",
    "transfer",
];

fn is_regional(source: &str) -> bool {
    source.strip_suffix(".amazonaws.com").is_some_and(|service| REGIONAL.contains(&service))
}

const RESOURCE: Type = Type::Record(&[Field::new("type", Type::Text), Field::new("name", Type::Text)]);

const SERVICE_DETAILS: Type = Type::Record(&[
    Field::new("rotation_type", Type::Text),
    Field::new("key", Type::Text),
    Field::new("previous_material", Type::Text),
    Field::new("current_material", Type::Text),
    Field::new("secret", Type::Text),
]);

const REQUEST: Type = Type::Record(&[
    Field::new("secret", Type::Text),
    Field::new("key", Type::Text),
    Field::new("alias", Type::Text),
    Field::new("version_stage", Type::Text),
    Field::new("role", Type::Text),
    Field::new("key_spec", Type::Text),
    Field::new("pending_days", Type::Integer),
    Field::new("without_recovery", Type::Bool),
]);

/// Creates an attribute from the record of the event. The record is a JSON text inside the answer.
const fn recorded(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    LOOKUP.yields(name, of, "Events[].CloudTrailEvent", doc)
}

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "cloudtrail.event",
    plural: "events",
    scope: Scope::Regional,
    parent: None,
    qualified: "CloudTrail can deliver an event more than 15 minutes late, and an event that becomes 90 days old during the \
                run can be missing.",
    doc: "A management event of this account and Region in the event history of CloudTrail. `over` of the case sets how far \
          back it counts, at most 90 days; the last 15 minutes before the run are left out. The events of global services \
          such as IAM are in us-east-1.",
    attributes: &[
        LOOKUP.yields("id", Type::Text, "Events[].EventId", "Id of the event."),
        LOOKUP.yields("name", Type::Text, "Events[].EventName", "Name of the event, such as GetSecretValue."),
        LOOKUP.yields(
            "source",
            Type::Text,
            "Events[].EventSource",
            "Service of the event, such as secretsmanager.amazonaws.com.",
        ),
        LOOKUP.yields("time", Type::Time, "Events[].EventTime", "When the request was completed."),
        LOOKUP.yields(
            "read_only",
            Type::Bool,
            "Events[].ReadOnly",
            "Whether the operation only reads; absent when CloudTrail does not tell.",
        ),
        LOOKUP.yields(
            "user",
            Type::Text,
            "Events[].Username",
            "Name of the user or of the role session; absent for events of a service.",
        ),
        LOOKUP.yields(
            "resources",
            Type::List(&RESOURCE),
            "Events[].Resources",
            "Resources of the event, as CloudTrail names them: by name, id or ARN; empty when it names none.",
        ),
        recorded(
            "actor",
            Type::Text,
            "ARN of the caller, for a role that of the session; absent for services and for callers whom AWS does not name.",
        ),
        recorded(
            "actor_type",
            Type::Text,
            "Root, IAMUser, AssumedRole, AWSService, AWSAccount and others; absent for events of a service.",
        ),
        recorded(
            "issuer",
            Type::Text,
            "ARN of the role or user whose session the caller has; absent without a session.",
        ),
        recorded("session", Type::Text, "Name of the role session; absent for other callers."),
        recorded(
            "invoked_by",
            Type::Text,
            "Service that made the request for the caller or by itself; absent when the caller made it.",
        ),
        recorded("error_code", Type::Text, "Error that AWS answered; absent when the request succeeded."),
        recorded("type", Type::Text, "AwsApiCall, AwsServiceEvent, AwsConsoleSignIn and others."),
        recorded("category", Type::Text, "Management; absent in records of old versions."),
        recorded(
            "service_details",
            SERVICE_DETAILS,
            "What a service tells of its own event: the rotation of a key with its materials, or the ARN of the secret that \
             rotates; absent when it tells nothing of this.",
        ),
        recorded(
            "request",
            REQUEST,
            "The members of the request that name something: secret, key, alias, version_stage, role, key_spec, pending_days and \
             without_recovery; absent when there are none. Other members are not read.",
        ),
    ],
    calls: &[LOOKUP],
};

#[cfg(all(test, feature = "aws"))]
mod tests {
    use super::*;

    #[test]
    fn regional_services_have_no_global_endpoint() {
        for name in REGIONAL {
            let mut services = attestry_model::services().iter().filter(|it| it.name() == *name || it.host() == *name);
            assert!(services.clone().next().is_some(), "{name}: no service of AWS");
            assert!(services.all(|it| it.global("aws").is_none()), "{name}: one endpoint for all Regions");
            assert!(is_regional(&format!("{name}.amazonaws.com")), "{name}");
        }
        for source in
            ["iam.amazonaws.com", "sts.amazonaws.com", "signin.amazonaws.com", "organizations.amazonaws.com", "kms", ""]
        {
            assert!(!is_regional(source), "{source}");
        }
    }
}
