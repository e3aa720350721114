//! `logs.sweep`: schema. The findings of a sweep of a log group's events, and the amount of data that it read.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod events;
#[cfg(feature = "aws")]
mod search_targets;
#[cfg(feature = "aws")]
mod streams;
#[cfg(feature = "aws")]
mod told;
#[cfg(feature = "aws")]
mod values;
#[cfg(feature = "aws")]
mod walk;

use super::{logs_group::GROUPS, secretsmanager_secret, ssm_parameter};
use attestry_core::facts::{Attribute, Call, Field, Frequency, Kind, Pace, Paging, Scope, Type, Window};

#[cfg(feature = "aws")]
pub(super) use collect::{
    COLLECTOR, get_earlier, get_parameters, get_secrets, list_parameters, list_secrets, looking, masked,
};
#[cfg(feature = "aws")]
pub(super) use search_targets::SearchTargets;
#[cfg(feature = "aws")]
pub(super) use told::{records, told};
#[cfg(feature = "aws")]
pub(super) use values::withheld;

/// The rates of FilterLogEvents in requests per second, for the Regions with a rate of their own. AWS does not raise
/// these rates.
const FILTER_RATES: &[(&[&str], f64)] = &[
    (&["us-east-1"], 25.0),
    (&["ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"], 5.0),
];

/// The rates of GetLogEvents in requests per second.
const GET_RATES: &[(&[&str], f64)] = &[
    (&["eu-west-3"], 30.0),
    (
        &["us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-3", "ap-southeast-3", "ca-west-1", "il-central-1"],
        10.0,
    ),
];

const STREAMS: Call = Call::new("logs", "DescribeLogStreams", "logs:DescribeLogStreams", Frequency::Resource)
    .pace(Pace::per_second(25.0))
    .paged(Paging::by("nextToken", &["logStreams"], 50).limited("limit", 50));
/// The call that reads a group page by page.
pub(super) const FILTER: Call = Call::new("logs", "FilterLogEvents", "logs:FilterLogEvents", Frequency::Resource)
    .pace(Pace::by_region(FILTER_RATES, 10.0))
    .paged(Paging::by("nextToken", &["events"], 10_000).limited("limit", 10_000));
const EVENTS: Call = FILTER.after(&[STREAMS.operation]).unmasking(UNMASK).windowed(&WINDOW);
const STREAM: Call = Call::new("logs", "GetLogEvents", "logs:GetLogEvents", Frequency::Resource)
    .after(&[STREAMS.operation])
    .unmasking(UNMASK)
    .pace(Pace::by_region(GET_RATES, 25.0))
    .paged(
        Paging::by("nextToken", &["events"], 10_000).answered("nextForwardToken").limited("limit", 10_000).repeating(),
    );

const UNMASK: &str = "logs:Unmask";

/// The stage sets the time that is read. A group can keep its events for a shorter time.
static WINDOW: Window = Window { kept: "retention", ..Window::OPTIONAL };

/// Creates an attribute that results from reading the events, whichever of the two operations reads them.
const fn read(name: &'static str, of: Type, source: &'static str, doc: &'static str) -> Attribute {
    EVENTS.yields(name, of, source, doc).needing(&[STREAM.operation])
}

/// The fields of a value that the sweep cannot search for.
pub(super) const PART: Type = Type::Record(&[
    Field::new("arn", Type::Text),
    Field::new("version", Type::Text),
    Field::new("path", Type::Text),
    Field::new("why", Type::Text),
]);

/// The fields of a finding of a value.
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

/// The fields of a finding of a rule.
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

/// The secrets whose values the sweep searches for.
pub(super) const SECRETS_WANTED: Attribute = LIST_SECRETS.yields(
    "secrets",
    Type::List(&Type::Text),
    "SecretList[].ARN",
    "ARNs of the secrets whose values are looked for; without those that are scheduled for deletion, whose values \
     AWS does not give.",
);

/// The parameters whose values the sweep searches for.
pub(super) const PARAMETERS_WANTED: Attribute = LIST_PARAMETERS.yields(
    "parameters",
    Type::List(&Type::Text),
    "Parameters[].ARN",
    "ARNs of the SecureString parameters whose values are looked for.",
);

/// The number of values that the sweep searches for.
pub(super) const VALUES_SEARCHED: Attribute = GET_SECRETS
    .yields(
        "values_searched",
        Type::Integer,
        "SecretString",
        "How many values are looked for: AWSCURRENT, AWSPREVIOUS and AWSPENDING of each secret and each SecureString \
     parameter with its earlier versions, whole, by JSON leaf and by line, in each of the forms that logs give them.",
    )
    .needing(&[GET_PARAMETERS.operation, GET_EARLIER.operation]);

/// The values that the sweep cannot search for.
pub(super) const NOT_SEARCHABLE: Attribute = GET_SECRETS
    .yields(
        "not_searchable",
        Type::List(&PART),
        "SecretString",
        "Values that are too short or too common to be told from other text; empty when all are looked for.",
    )
    .needing(&[GET_PARAMETERS.operation, GET_EARLIER.operation]);

/// The number of parameters whose values the sweep searches for.
pub(super) const PARAMETERS_SEARCHED: Attribute = GET_PARAMETERS
    .yields(
        "parameters_searched",
        Type::Integer,
        "Parameters[].Value",
        "How many SecureString parameters are among what is looked for.",
    )
    .needing(&[GET_SECRETS.operation, GET_EARLIER.operation]);

/// The number of earlier values of parameters that the sweep searches for.
pub(super) const EARLIER_SEARCHED: Attribute = GET_EARLIER
    .yields(
        "earlier_searched",
        Type::Integer,
        "Parameters[].Value",
        "How many earlier values of SecureString parameters are among what is looked for.",
    )
    .needing(&[GET_SECRETS.operation, GET_PARAMETERS.operation]);

/// The list of secrets.
pub(super) const LIST_SECRETS: Call = secretsmanager_secret::LIST_SECRETS.made(Frequency::Joined { page: 100 });

/// The list of parameters.
pub(super) const LIST_PARAMETERS: Call = ssm_parameter::PARAMETERS.made(Frequency::Joined { page: 50 });

/// The values of secrets.
pub(super) const GET_SECRETS: Call =
    Call::new("secretsmanager", "GetSecretValue", "secretsmanager:GetSecretValue", Frequency::Joined { page: 1 })
        .after(&[LIST_SECRETS.operation])
        .also(&["kms:Decrypt"])
        .of_values()
        .pace(Pace::per_second(10_000.0));

/// The values of parameters.
pub(super) const GET_PARAMETERS: Call =
    Call::new("ssm", "GetParameters", "ssm:GetParameters", Frequency::Joined { page: 10 })
        .after(&[LIST_PARAMETERS.operation])
        .also(&["kms:Decrypt"])
        .of_values()
        .pace(Pace::shared("ssm:GetParameter", 40.0));

/// The earlier values of parameters.
pub(super) const GET_EARLIER: Call =
    Call::new("ssm", "GetParameterHistory", "ssm:GetParameterHistory", Frequency::Joined { page: 1 })
        .after(&[LIST_PARAMETERS.operation])
        .also(&["kms:Decrypt"])
        .of_values()
        .pace(Pace::Cautious)
        .paged(Paging::by("NextToken", &["Parameters"], 50).limited("MaxResults", 50));

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "logs.sweep",
    plural: "swept log groups",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "The events of a log group, each looked at on this machine. Only the groups that `where` leaves are read: choose \
          by name. The stage's `log_sweep` says how far back, for which values, and which sample.",
    attributes: &[
        GROUPS.yields("name", Type::Text, "logGroups[].logGroupName", "Log group name."),
        GROUPS.yields("arn", Type::Text, "logGroups[].logGroupArn", "Log group ARN, without `:*` at its end."),
        GROUPS.yields(
            "class",
            Type::Text,
            "logGroups[].logGroupClass",
            "STANDARD, INFREQUENT_ACCESS or DELIVERY; absent when AWS does not tell.",
        ),
        GROUPS.yields(
            "stored_bytes",
            Type::Integer,
            "logGroups[].storedBytes",
            "Stored bytes, to compare `bytes_read` with; AWS estimates, and counts compressed.",
        ),
        GROUPS.yields(
            "masked",
            Type::Bool,
            "logGroups[].dataProtectionStatus",
            "Whether a data protection policy of the group or the account masks parts of the events: what is masked was \
             not looked at, unless the stage says `unmask: true`.",
        ),
        GROUPS.yields(
            "retention",
            Type::Duration,
            "logGroups[].retentionInDays",
            "How long events are kept; absent when they never expire. A case over a longer time is not evaluated.",
        )
        .within_days(1, 3653),
        SECRETS_WANTED,
        PARAMETERS_WANTED,
        VALUES_SEARCHED,
        NOT_SEARCHABLE,
        PARAMETERS_SEARCHED,
        EARLIER_SEARCHED,
        STREAMS.yields("streams", Type::Integer, "logStreams[]", "Log streams of the group."),
        STREAMS.yields(
            "streams_wanted",
            Type::Integer,
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
        STREAM.yields(
            "read_with",
            Type::Text,
            "events[]",
            "GetLogEvents for a group of few big streams, else FilterLogEvents. Both quotas are used at once.",
        )
        .needing(&[EVENTS.operation]),
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
        .needing(&[GET_SECRETS.operation, GET_PARAMETERS.operation, GET_EARLIER.operation, STREAM.operation]),
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
        .needing(&[GET_SECRETS.operation, GET_PARAMETERS.operation, GET_EARLIER.operation, STREAM.operation]),
        read(
            "sampled_pattern_findings",
            Type::List(&PATTERN_FINDING),
            "events[].message",
            "The same as `pattern_findings`, for a policy that accepts the `sample` it names.",
        ),
    ],
    calls: &[
        GROUPS,
        LIST_SECRETS,
        LIST_PARAMETERS,
        GET_SECRETS,
        GET_PARAMETERS,
        GET_EARLIER,
        STREAMS,
        EVENTS,
        STREAM,
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_fast_as_the_region_lets() {
        for (region, filter, get) in [
            ("us-east-1", 25.0, 25.0),
            ("eu-west-3", 10.0, 30.0),
            ("ap-southeast-2", 10.0, 25.0),
            ("us-west-2", 10.0, 10.0),
            ("eu-central-1", 5.0, 10.0),
        ] {
            assert_eq!(
                (EVENTS.pace.rate_in(region), STREAM.pace.rate_in(region)),
                (Some(filter), Some(get)),
                "{region}"
            );
        }
    }
}
