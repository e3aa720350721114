//! The archive of the small account, behind Athena.

use serde_json::{Value, json};

/// The result of a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Query {
    /// It has this number of rows, after this number of looks.
    Finds(usize, usize),
    /// It fails.
    Fails,
    /// It never ends.
    Hangs,
    /// Its result has other columns.
    Strange,
    /// A row of its result has no time.
    Torn,
}

#[derive(Debug)]
pub struct Archive {
    pub query: Query,
    looks: usize,
    started: Option<String>,
}

impl Default for Archive {
    fn default() -> Self {
        Self { query: Query::Finds(1, 1), looks: 0, started: None }
    }
}

impl Archive {
    /// Answers a call of Athena. Returns `None` for any other call.
    pub fn change(&mut self, operation: &str, asked: &Value) -> Option<Result<Value, (&'static str, &'static str)>> {
        let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Ok(match operation {
            "StartQueryExecution" => {
                let token = text("ClientRequestToken");
                assert!((32..=128).contains(&token.len()), "Athena refuses the token {token}");
                assert!(self.started.as_ref().is_none_or(|it| *it == token), "a second query was started");
                if text("WorkGroup") != "audit" {
                    return Some(Err(("InvalidRequestException", "WorkGroup is not found.")));
                }
                for part in ["FROM \"trails\".\"logs\"", "'RotationSucceeded'", "secret:bank/probe"] {
                    assert!(text("QueryString").contains(part), "{part}: {asked}");
                }
                self.started = Some(token);
                json!({ "QueryExecutionId": "q-1" })
            }
            "GetQueryExecution" => {
                assert!(self.started.is_some());
                self.looks += 1;
                let state = match self.query {
                    Query::Finds(_, looks) if self.looks < looks => "RUNNING",
                    Query::Fails => "FAILED",
                    Query::Hangs => "QUEUED",
                    _ => "SUCCEEDED",
                };
                json!({ "QueryExecution": {
                    "QueryExecutionId": text("QueryExecutionId"),
                    "Status": { "State": state, "StateChangeReason": "TABLE_NOT_FOUND" },
                    "Statistics": { "DataScannedInBytes": 4096 },
                } })
            }
            "GetQueryResults" => {
                let row = |cells: [&str; 2]| json!({ "Data": cells.map(|cell| json!({ "VarCharValue": cell })) });
                let found = if let Query::Finds(rows, _) = self.query { rows } else { 1 };
                let names = if self.query == Query::Strange { ["eventname", "n"] } else { ["eventid", "eventtime"] };
                let time = if self.query == Query::Torn { "" } else { "2026-11-28T10:00:00Z" };
                let rows = std::iter::once(row(names)).chain((0..found).map(|_| row(["id-1", time])));
                json!({ "ResultSet": { "Rows": rows.collect::<Vec<_>>() } })
            }
            _ => return None,
        }))
    }
}
