//! Starts the query once, waits for its end, and counts the rows of its result.
//!
//! Must not know what is expected.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::statement::{COLUMNS, MOST_ROWS, Parts, statement};
use super::{LOOK, RESULTS, SPEC, START};
use crate::aws::AccountRegion;
use crate::aws::client::{ATHENA, Api, Client};
use crate::probes::support::{gap, malformed};
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Gap, ProbeSpec, Resource, Value};

/// The acting half.
pub(in crate::probes) struct Act;

const WITHIN: u64 = 300;

/// 90 days, in seconds.
const OVER: u64 = 90 * 86_400;

fn within(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("within").unwrap_or(WITHIN))
}

impl Probe for Act {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let text = |name: &str| arguments.text(name).unwrap_or_default();
        vec![format!(
            "starts one query of Athena over the table {} for events {} of {}; Athena charges for the bytes that it scans. The \
             result stays in the bucket of the workgroup {}: this cannot be undone",
            text("table"),
            text("event"),
            text("resource"),
            text("workgroup")
        )]
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        within(arguments).saturating_add(Duration::from_secs(60))
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(context, observed))
    }
}

async fn act(context: &ProbeContext, observed: &mut Resource) -> Result<Target, Gap> {
    let arguments = &context.arguments;
    let text = |name: &str| arguments.text(name).unwrap_or_default();
    observed.set("event", text("event"));
    observed.set("resource", text("resource"));
    let parts = Parts {
        table: text("table"),
        event: text("event"),
        resource: text("resource"),
        day_column: arguments.text("day_column"),
    };
    let over = i64::try_from(arguments.seconds("over").unwrap_or(OVER)).unwrap_or(i64::MAX);
    let query = statement(parts, SignedDuration::from_secs(over), Timestamp::now());
    let query = query.map_err(|why| gap(Cause::Unexpected, why))?;
    context.show(&format!("Athena now scans {} and charges for it", text("table")));
    let begun = Instant::now();
    let id = start(context, &query, text("workgroup")).await?;
    let ended = watch(context, &id, begun).await?;
    let took = i64::try_from(begun.elapsed().as_secs()).unwrap_or(i64::MAX);
    let rows = results(&context.at, &id).await?;
    observed.set("found", !rows.is_empty());
    observed.set("rows", i64::try_from(rows.len()).unwrap_or(i64::MAX));
    observed.set("latest", rows.iter().max().copied().map(Value::Time));
    observed.set("took", Value::Duration(took));
    observed.set("scanned", ended);
    Ok(Target::Found)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Started {
    query_execution_id: String,
}

/// Starts the query. AWS starts a request with the same token once, so that a repeated request costs nothing.
async fn start(context: &ProbeContext, query: &str, workgroup: &str) -> Result<String, Gap> {
    let api: Api = ATHENA.api(START);
    let input = json!({ "QueryString": query, "WorkGroup": workgroup, "ClientRequestToken": context.name() });
    let started: Started = context.at.client(Client::new).call(&api, input).await?;
    Ok(started.query_execution_id)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Looked {
    query_execution: Execution,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Execution {
    status: Status,
    statistics: Option<Statistics>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    state: String,
    state_change_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statistics {
    data_scanned_in_bytes: Option<i64>,
}

/// Waits for the end of the query, and returns the scanned bytes. A query without a result has shown nothing.
async fn watch(context: &ProbeContext, id: &str, begun: Instant) -> Result<Option<i64>, Gap> {
    let api: Api = ATHENA.api(LOOK);
    loop {
        let looked: Looked = context.at.client(Client::new).call(&api, json!({ "QueryExecutionId": id })).await?;
        let Execution { status, statistics } = looked.query_execution;
        match status.state.as_str() {
            "SUCCEEDED" => return Ok(statistics.and_then(|it| it.data_scanned_in_bytes)),
            "FAILED" | "CANCELLED" => {
                let why = status.state_change_reason.unwrap_or_default();
                return Err(gap(Cause::Refused, format!("the query ended as {}: {why}", status.state)));
            }
            _ if begun.elapsed() >= within(&context.arguments) => {
                return Err(gap(Cause::TimedOut, "the query did not end in time"));
            }
            _ => tokio::time::sleep(context.pause).await,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Results {
    result_set: ResultSet,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultSet {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    data: Vec<Datum>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Datum {
    var_char_value: Option<String>,
}

/// The times of the found events. The first row of a result has the names of the columns.
async fn results(at: &AccountRegion, id: &str) -> Result<Vec<Timestamp>, Gap> {
    let api: Api = ATHENA.api(RESULTS);
    let input = json!({ "QueryExecutionId": id, "MaxResults": 1000 });
    let results: Results = at.client(Client::new).call(&api, input).await?;
    let cells = |row: &Row| -> Vec<String> {
        row.data.iter().map(|cell| cell.var_char_value.clone().unwrap_or_default()).collect()
    };
    let mut rows = results.result_set.rows.iter().map(cells);
    if rows.next().is_none_or(|names| names != COLUMNS) {
        return Err(malformed("the result does not begin with the names of its columns"));
    }
    let mut found = Vec::new();
    for row in rows {
        let time = match row.as_slice() {
            [id, time] if !id.is_empty() => time.parse().ok(),
            _ => None,
        };
        found.push(time.ok_or_else(|| malformed("a row of the result has no id or no time"))?);
    }
    if results.next_token.is_some() || found.len() > MOST_ROWS {
        return Err(malformed("the result has more rows than the query asked for"));
    }
    Ok(found)
}
