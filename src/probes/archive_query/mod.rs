//! `archive-query`: searches the archive of CloudTrail for a known event, with a query of Athena.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts, `statement.rs` writes the query. Must not
//! know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;
#[cfg(feature = "aws")]
mod statement;

use attestry_core::facts::{Argument, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

const START: &str = "StartQueryExecution";
const LOOK: &str = "GetQueryExecution";
const RESULTS: &str = "GetQueryResults";

const fn given(name: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, Type::Text, START, "with", doc)
}

const fn result(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    Attribute::new(name, of, RESULTS, "ResultSet.Rows", doc)
}

static KIND: Kind = Kind {
    name: "probe.archive-query",
    plural: "queries",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A query over the archive of CloudTrail for a known event.",
    attributes: &[
        given("case", "The case that made the query."),
        given("name", "The table, as the case names it."),
        given("event", "The name of the event, as the case gives it."),
        given("resource", "ARN of the resource of the event, as the case gives it."),
        result(
            "found",
            Type::Bool,
            "Whether the archive has such an event about the resource in the time of the query.",
        ),
        result("rows", Type::Integer, "The number of such events; 100 when there are more."),
        result("latest", Type::Time, "Time of the latest such event; absent when there was none."),
        Attribute::new(
            "took",
            Type::Duration,
            LOOK,
            "QueryExecution.Status.State",
            "Whole seconds from the request until the result was there.",
        ),
        Attribute::new(
            "scanned",
            Type::Integer,
            LOOK,
            "QueryExecution.Statistics.DataScannedInBytes",
            "The bytes that Athena scanned and charges for; absent when it returned no number.",
        ),
        Attribute::new(
            "cleaned",
            Type::Bool,
            START,
            "the ledger",
            "Always true: the query ends by itself, and its result stays in the bucket of the workgroup.",
        ),
    ],
    calls: &[
        Call::new("athena", START, "athena:StartQueryExecution", Frequency::Resource),
        Call::new("athena", LOOK, "athena:GetQueryExecution", Frequency::Resource),
        Call::new("athena", RESULTS, "athena:GetQueryResults", Frequency::Resource),
    ],
};

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "archive-query",
    kind: &KIND,
    target: "table",
    arguments: &[
        Argument::required(
            "table",
            Type::Text,
            "`database.table` in the catalogue of the first Region of the stage, with the columns that AWS documents for \
             the logs of CloudTrail. Athena reads it with the permissions of the caller of the stage in Glue and S3.",
        ),
        Argument::required(
            "workgroup",
            Type::Text,
            "The workgroup of Athena. It must have a place for its results, and each result stays there.",
        ),
        Argument::required("event", Type::Text, "The name of the event, such as RotationSucceeded or RotateKey."),
        Argument::required("resource", Type::Text, "ARN of the secret or key of the event."),
        Argument::optional("over", Type::Duration, "How far back from the run the event may be; 90d without it."),
        Argument::optional(
            "day_column",
            Type::Text,
            "The partition column that has the day as 2026/11/30. Without it, Athena scans the whole table.",
        ),
        Argument::optional("within", Type::Duration, "How long the query may take; 5m without it."),
    ],
    calls: |_| KIND.calls.iter().collect(),
};
