//! `logs.record`: schema. The records of a log group, with the fields of those that are JSON.
//!
//! Must not know how the calls are made. That is the job of `collect.rs`.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod fields;

use super::{logs_group::GROUPS, logs_sweep::FILTER};
use attestry_core::facts::{ByAttribute, Call, Frequency, Kind, Scope, Type, Window};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

/// A group can have any number of records, so each case names its groups. An agent can deliver a record late.
static WINDOW: Window = Window {
    needed: true,
    time: "time",
    late: 5 * 60,
    by: &[ByAttribute { attribute: "group", field: "", key: "LogGroup" }],
    only_by: true,
    ..Window::OPTIONAL
};

const RECORDS: Call = FILTER.made(Frequency::Population { page: 10_000 }).windowed(&WINDOW);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "logs.record",
    plural: "records",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A record of a log group that a case names, in the time that `over` sets. A list ends as truncated at 10,000 records \
          or 64 MiB. A case over more time than the group keeps its records is not evaluated. The fields become facts and stand \
          in the evidence, redacted like all facts: name only groups whose records hold no personal data and no secrets.",
    attributes: &[
        RECORDS.yields("id", Type::Text, "events[].eventId", "Id of the record."),
        RECORDS.yields("name", Type::Text, "events[].eventId", "The same."),
        RECORDS.yields("group", Type::Text, "events[].eventId", "Log group."),
        RECORDS.yields("stream", Type::Text, "events[].logStreamName", "Log stream."),
        RECORDS.yields("time", Type::Time, "events[].timestamp", "Time of the record, as its writer set it."),
        RECORDS.yields("json", Type::Bool, "events[].message", "Whether the record is a JSON object."),
        RECORDS.yields(
            "fields",
            Type::Map(&Type::Text),
            "events[].message",
            "Fields of a JSON object with their texts: `user.name` is the field `name` inside of `user`, and `tags.0` is the \
             first item of `tags`. A null is no field. Absent when the record is no JSON object. Unknown when the record begins \
             like JSON and is none, or has more than 200 fields, a field twice, or a text of more than 2,000 characters; a \
             field that a data protection policy masks is withheld.",
        ),
    ],
    calls: &[GROUPS, RECORDS],
};
