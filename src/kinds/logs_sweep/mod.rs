//! `logs.sweep`: schema. What a sweep of a log group's events found, and what it read.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;
mod events;
mod eyes;

use crate::facts::{Attribute, Call, Field, Kind, Reach, Scope, Type};

pub(super) use collect::Collect;

const GROUPS: &str = "DescribeLogGroups";
const SECRETS: &str = "ListSecrets";
const VALUES: &str = "GetSecretValue";
const EVENTS: &str = "FilterLogEvents";

const PART: Type = Type::Record(&[
    Field::new("arn", Type::Text),
    Field::new("version", Type::Text),
    Field::new("path", Type::Text),
    Field::new("why", Type::Text),
]);

const VALUE_FINDING: Type = Type::Record(&[
    Field::new("arn", Type::Text),
    Field::new("version", Type::Text),
    Field::new("path", Type::Text),
    Field::new("form", Type::Text),
    Field::new("count", Type::Integer),
    Field::new("stream", Type::Text),
    Field::new("event", Type::Text),
    Field::new("time", Type::Text),
    Field::new("context", Type::Text),
    Field::new("fingerprint", Type::Text),
]);

const PATTERN_FINDING: Type = Type::Record(&[
    Field::new("rule", Type::Text),
    Field::new("title", Type::Text),
    Field::new("proven", Type::Bool),
    Field::new("count", Type::Integer),
    Field::new("stream", Type::Text),
    Field::new("event", Type::Text),
    Field::new("time", Type::Text),
    Field::new("context", Type::Text),
    Field::new("fingerprint", Type::Text),
]);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "logs.sweep",
    plural: "swept log groups",
    scope: Scope::Regional,
    doc: "The events of a log group, each looked at on this machine. Only the groups that `where` leaves are read: choose \
          by name. The stage's `log_sweep` says how far back and for the values of which secrets.",
    attributes: &[
        Attribute::new("name", Type::Text, GROUPS, "logGroups[].logGroupName", "Log group name."),
        Attribute::new("arn", Type::Text, GROUPS, "logGroups[].logGroupArn", "Log group ARN, without `:*` at its end."),
        Attribute::new(
            "class",
            Type::Text,
            GROUPS,
            "logGroups[].logGroupClass",
            "STANDARD, INFREQUENT_ACCESS or DELIVERY; absent when AWS does not tell.",
        ),
        Attribute::new(
            "stored_bytes",
            Type::Integer,
            GROUPS,
            "logGroups[].storedBytes",
            "Stored bytes, to compare `bytes_read` with; AWS estimates, and counts compressed.",
        ),
        Attribute::new(
            "masked",
            Type::Bool,
            GROUPS,
            "logGroups[].dataProtectionStatus",
            "Whether a data protection policy of the group or the account masks parts of the events: what is masked was \
             not looked at.",
        ),
        Attribute::new(
            "secrets",
            Type::List(&Type::Text),
            SECRETS,
            "SecretList[].ARN",
            "ARNs of the secrets whose values are looked for; without those that are scheduled for deletion, whose values \
             AWS does not give.",
        ),
        Attribute::new(
            "values_searched",
            Type::Integer,
            VALUES,
            "SecretString",
            "How many values are looked for: AWSCURRENT, AWSPREVIOUS and AWSPENDING of each secret, whole, by JSON leaf and \
             by line, in each of the forms that logs give them.",
        ),
        Attribute::new(
            "not_searchable",
            Type::List(&PART),
            VALUES,
            "SecretString",
            "Values that are too short or too common to be told from other text; empty when all are looked for.",
        ),
        Attribute::new(
            "from",
            Type::Time,
            EVENTS,
            "startTime",
            "The time of the first event that was wanted; absent when all were.",
        ),
        Attribute::new(
            "until",
            Type::Time,
            EVENTS,
            "endTime",
            "The end of the sweep, fixed before the first group was read.",
        ),
        Attribute::new("pages", Type::Integer, EVENTS, "nextToken", "Pages of events that were read, to the last one."),
        Attribute::new("events_read", Type::Integer, EVENTS, "events[]", "Events that were looked at."),
        Attribute::new("bytes_read", Type::Integer, EVENTS, "events[].message", "Bytes of those events."),
        Attribute::new(
            "streams_read",
            Type::Integer,
            EVENTS,
            "events[].logStreamName",
            "Log streams that those events are of.",
        ),
        Attribute::new("first_event", Type::Time, EVENTS, "events[].timestamp", "Their first time; absent without any."),
        Attribute::new("last_event", Type::Time, EVENTS, "events[].timestamp", "Their last time; absent without any."),
        Attribute::new(
            "value_findings",
            Type::List(&VALUE_FINDING),
            EVENTS,
            "events[].message",
            "Values of secrets that stand in events: which part of which version, in which form, how often, and the first \
             place. Empty only where everything was read, nothing was masked and every value could be looked for.",
        )
        .needing(&[VALUES]),
        Attribute::new(
            "pattern_findings",
            Type::List(&PATTERN_FINDING),
            EVENTS,
            "events[].message",
            "Texts in events that look like secrets: which rule, how often, and the first place. Empty only where \
             everything was read and nothing was masked.",
        ),
    ],
    calls: &[
        Call::new("logs", GROUPS, "logs:DescribeLogGroups", Reach::Population(50)),
        Call::new("secretsmanager", SECRETS, "secretsmanager:ListSecrets", Reach::Joined(100)),
        Call::new("secretsmanager", VALUES, "secretsmanager:GetSecretValue", Reach::Joined(1))
            .after(&[SECRETS])
            .also(&["kms:Decrypt"])
            .of_values(),
        Call::new("logs", EVENTS, "logs:FilterLogEvents", Reach::Resource),
    ],
};
