//! `logs.sweep`: schema. What a sweep of a log group's events found, and what it read.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;
mod events;
mod eyes;
mod streams;
mod told;
mod values;
mod walk;

use attestry_core::facts::{Attribute, Call, Field, Frequency, Kind, Scope, Type};

pub(super) use collect::{Collect, look, looking};
pub(super) use eyes::Eyes;
pub(super) use told::{records, told};
pub(super) use values::withheld;

const GROUPS: &str = "DescribeLogGroups";
const SECRETS: &str = "ListSecrets";
const VALUES: &str = "GetSecretValue";
const PARAMETERS: &str = "DescribeParameters";
const PARAMETER_VALUES: &str = "GetParameters";
const EARLIER: &str = "GetParameterHistory";
const STREAMS: &str = "DescribeLogStreams";
const EVENTS: &str = "FilterLogEvents";
const STREAM: &str = "GetLogEvents";
const UNMASK: &str = "logs:Unmask";

/// What is known once the events are read, with one operation or the other.
const fn read(name: &'static str, of: Type, source: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, of, EVENTS, source, doc).needing(&[STREAM])
}

/// The fields of a value that cannot be looked for.
pub(super) const PART: Type = Type::Record(&[
    Field::new("arn", Type::Text),
    Field::new("version", Type::Text),
    Field::new("path", Type::Text),
    Field::new("why", Type::Text),
]);

/// The fields of a finding.
pub(super) const VALUE_FINDING: Type = Type::Record(&[
    Field::new("arn", Type::Text),
    Field::new("version", Type::Text),
    Field::new("path", Type::Text),
    Field::new("form", Type::Text),
    Field::new("count", Type::Integer),
    Field::new("source", Type::Text),
    Field::new("stream", Type::Text),
    Field::new("event", Type::Text),
    Field::new("time", Type::Text),
    Field::new("context", Type::Text),
    Field::new("fingerprint", Type::Text),
]);

/// The fields of a finding.
pub(super) const PATTERN_FINDING: Type = Type::Record(&[
    Field::new("rule", Type::Text),
    Field::new("title", Type::Text),
    Field::new("proven", Type::Bool),
    Field::new("count", Type::Integer),
    Field::new("source", Type::Text),
    Field::new("stream", Type::Text),
    Field::new("event", Type::Text),
    Field::new("time", Type::Text),
    Field::new("context", Type::Text),
    Field::new("fingerprint", Type::Text),
]);

/// Whose values are looked for.
pub(super) const SECRETS_WANTED: Attribute = Attribute::new(
    "secrets",
    Type::List(&Type::Text),
    SECRETS,
    "SecretList[].ARN",
    "ARNs of the secrets whose values are looked for; without those that are scheduled for deletion, whose values \
     AWS does not give.",
);

/// Whose values are looked for as well.
pub(super) const PARAMETERS_WANTED: Attribute = Attribute::new(
    "parameters",
    Type::List(&Type::Text),
    PARAMETERS,
    "Parameters[].ARN",
    "ARNs of the SecureString parameters whose values are looked for.",
);

/// How much is looked for.
pub(super) const VALUES_SEARCHED: Attribute = Attribute::new(
    "values_searched",
    Type::Integer,
    VALUES,
    "SecretString",
    "How many values are looked for: AWSCURRENT, AWSPREVIOUS and AWSPENDING of each secret and each SecureString \
     parameter with its earlier versions, whole, by JSON leaf and by line, in each of the forms that logs give them.",
)
.needing(&[PARAMETER_VALUES, EARLIER]);

/// What cannot be looked for.
pub(super) const NOT_SEARCHABLE: Attribute = Attribute::new(
    "not_searchable",
    Type::List(&PART),
    VALUES,
    "SecretString",
    "Values that are too short or too common to be told from other text; empty when all are looked for.",
)
.needing(&[PARAMETER_VALUES, EARLIER]);

/// How much of it is of parameters.
pub(super) const PARAMETERS_SEARCHED: Attribute = Attribute::new(
    "parameters_searched",
    Type::Integer,
    PARAMETER_VALUES,
    "Parameters[].Value",
    "How many SecureString parameters are among what is looked for.",
)
.needing(&[VALUES, EARLIER]);

/// How many of their earlier values are.
pub(super) const EARLIER_SEARCHED: Attribute = Attribute::new(
    "earlier_searched",
    Type::Integer,
    EARLIER,
    "Parameters[].Value",
    "How many earlier values of SecureString parameters are among what is looked for.",
)
.needing(&[VALUES, PARAMETER_VALUES]);

/// The list of secrets.
pub(super) const LIST_SECRETS: Call =
    Call::new("secretsmanager", SECRETS, "secretsmanager:ListSecrets", Frequency::Joined { page: 100 });

/// The list of parameters.
pub(super) const LIST_PARAMETERS: Call =
    Call::new("ssm", PARAMETERS, "ssm:DescribeParameters", Frequency::Joined { page: 50 });

/// The values of secrets.
pub(super) const GET_SECRETS: Call =
    Call::new("secretsmanager", VALUES, "secretsmanager:GetSecretValue", Frequency::Joined { page: 1 })
        .after(&[SECRETS])
        .also(&["kms:Decrypt"])
        .of_values();

/// The values of parameters.
pub(super) const GET_PARAMETERS: Call =
    Call::new("ssm", PARAMETER_VALUES, "ssm:GetParameters", Frequency::Joined { page: 10 })
        .after(&[PARAMETERS])
        .also(&["kms:Decrypt"])
        .of_values();

/// Their earlier values.
pub(super) const GET_EARLIER: Call =
    Call::new("ssm", EARLIER, "ssm:GetParameterHistory", Frequency::Joined { page: 1 })
        .after(&[PARAMETERS])
        .also(&["kms:Decrypt"])
        .of_values();

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "logs.sweep",
    plural: "swept log groups",
    scope: Scope::Regional,
    doc: "The events of a log group, each looked at on this machine. Only the groups that `where` leaves are read: choose \
          by name. The stage's `log_sweep` says how far back, for which values, and which sample.",
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
             not looked at, unless the stage says `unmask: true`.",
        ),
        SECRETS_WANTED,
        PARAMETERS_WANTED,
        VALUES_SEARCHED,
        NOT_SEARCHABLE,
        PARAMETERS_SEARCHED,
        EARLIER_SEARCHED,
        Attribute::new("streams", Type::Integer, STREAMS, "logStreams[]", "Log streams of the group."),
        Attribute::new(
            "streams_wanted",
            Type::Integer,
            STREAMS,
            "logStreams[]",
            "Log streams that are to be read: all of them, or those of the stage's sample.",
        ),
        read("from", Type::Time, "startTime", "The time of the first event that was wanted; absent when all were."),
        read("until", Type::Time, "endTime", "The end of the sweep, fixed before the first group was read."),
        read(
            "sample",
            Type::Text,
            "events[]",
            "The sample that the stage has swept, such as `10% of hours, seed a`; absent when everything is.",
        ),
        read(
            "quota_left",
            Type::Integer,
            "events[]",
            "Percent of the account's quotas for reading events that the sweep leaves to everybody else.",
        ),
        Attribute::new(
            "read_with",
            Type::Text,
            STREAM,
            "events[]",
            "GetLogEvents for a group of few big streams, else FilterLogEvents. Both quotas are used at once.",
        )
        .needing(&[EVENTS]),
        read(
            "time_read",
            Type::Duration,
            "startTime",
            "How much time the events that were read are of: the window, or the sample's part of it; absent when all time is.",
        ),
        read("pages", Type::Integer, "nextToken", "Pages of events that were read, to the last one."),
        read("events_read", Type::Integer, "events[]", "Events that were looked at."),
        read("bytes_read", Type::Integer, "events[].message", "Bytes of those events."),
        read("streams_read", Type::Integer, "events[].logStreamName", "Log streams that those events are of."),
        read("first_event", Type::Time, "events[].timestamp", "Their first time; absent without any."),
        read("last_event", Type::Time, "events[].timestamp", "Their last time; absent without any."),
        read(
            "value_findings",
            Type::List(&VALUE_FINDING),
            "events[].message",
            "Values of secrets and SecureString parameters that stand in events: which part of which version, in which \
             form, how often, and the first place. Empty only where everything was read, nothing was masked and every \
             value could be looked for.",
        )
        .needing(&[VALUES, PARAMETER_VALUES, EARLIER, STREAM]),
        read(
            "pattern_findings",
            Type::List(&PATTERN_FINDING),
            "events[].message",
            "Texts in events that look like secrets: which rule, how often, and the first place. Empty only where \
             everything was read and nothing was masked.",
        ),
        read(
            "sampled_value_findings",
            Type::List(&VALUE_FINDING),
            "events[].message",
            "The same as `value_findings`, for a policy that accepts the `sample` it names: empty where nothing was found in \
             it, whatever was not read.",
        )
        .needing(&[VALUES, PARAMETER_VALUES, EARLIER, STREAM]),
        read(
            "sampled_pattern_findings",
            Type::List(&PATTERN_FINDING),
            "events[].message",
            "The same as `pattern_findings`, for a policy that accepts the `sample` it names.",
        ),
    ],
    calls: &[
        Call::new("logs", GROUPS, "logs:DescribeLogGroups", Frequency::Population { page: 50 }),
        LIST_SECRETS,
        LIST_PARAMETERS,
        GET_SECRETS,
        GET_PARAMETERS,
        GET_EARLIER,
        Call::new("logs", STREAMS, "logs:DescribeLogStreams", Frequency::Resource),
        Call::new("logs", EVENTS, "logs:FilterLogEvents", Frequency::Resource).after(&[STREAMS]).unmasking(UNMASK),
        Call::new("logs", STREAM, "logs:GetLogEvents", Frequency::Resource).after(&[STREAMS]).unmasking(UNMASK),
    ],
};
