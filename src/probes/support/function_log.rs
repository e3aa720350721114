//! The last error of a function, from its log group or from the answer to an invocation: type and message, without text that
//! looks like a secret.
//!
//! Must not know the purpose of the function.

use aws_sdk_cloudwatchlogs::Client as Logs;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::gap;
use crate::aws::client::{Api, Client, LAMBDA};
use crate::aws::{AccountRegion, OrGap};
use attestry_core::facts::{Cause, Gap, scrub};

/// The longest excerpt of an error, in characters.
const LONGEST_EXCERPT: usize = 300;

/// The most events of one log group.
const MOST_EVENTS: usize = 20_000;

const GET_CONFIGURATION: Api =
    LAMBDA.get("GetFunctionConfiguration", "/2015-03-31/functions/{FunctionName}/configuration");

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configured {
    function_name: Option<String>,
    logging_config: Option<Logging>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logging {
    log_group: Option<String>,
}

/// The log group of a function: from its configuration, or the default of Lambda.
pub(in crate::probes) async fn log_group(at: &AccountRegion, function: &str) -> Result<String, Gap> {
    let input = json!({ "FunctionName": function });
    let configured: Configured = at.client(Client::new).call(&GET_CONFIGURATION, input).await?;
    let name = configured.function_name.as_deref().unwrap_or(function);
    let group = configured.logging_config.and_then(|logging| logging.log_group);
    Ok(group.unwrap_or_else(|| format!("/aws/lambda/{name}")))
}

/// The messages of a log group since an instant, in the order of time.
///
/// # Errors
/// AWS did not return the events, or there are too many.
pub(in crate::probes) async fn messages(
    at: &AccountRegion,
    group: &str,
    since: Timestamp,
) -> Result<Vec<Message>, Gap> {
    let request = at.client(Logs::new).filter_log_events().log_group_name(group).start_time(since.as_millisecond());
    let mut pages = request.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        for event in page.or_gap()?.events.unwrap_or_default() {
            let (id, text) = (event.event_id.unwrap_or_default(), event.message.unwrap_or_default());
            found.push(Message { id, at: event.timestamp.unwrap_or_default(), text: Zeroizing::new(text) });
        }
        if found.len() > MOST_EVENTS {
            let message = format!("{group} holds more than {MOST_EVENTS} events since {since}");
            return Err(gap(Cause::Truncated, message));
        }
    }
    found.sort_by_key(|message| message.at);
    Ok(found)
}

/// One event of a log group. Its text is wiped.
pub(in crate::probes) struct Message {
    /// Its id.
    pub(in crate::probes) id: String,
    at: i64,
    /// Its text.
    pub(in crate::probes) text: Zeroizing<String>,
}

#[cfg(test)]
impl Message {
    pub(in crate::probes) fn new(id: &str, text: &str) -> Self {
        Self { id: id.to_owned(), at: 0, text: Zeroizing::new(text.to_owned()) }
    }
}

/// The last error in the messages.
pub(in crate::probes) fn last_error(messages: &[Message]) -> Option<String> {
    messages.iter().rev().find_map(|message| error_in(&message.text))
}

/// The type and message of an error in a text, as Lambda and its runtimes write it.
pub(in crate::probes) fn error_in(text: &str) -> Option<String> {
    // Node writes words before the JSON. The JSON log format and the answer of an invocation are JSON alone.
    let json = text.find('{').and_then(|at| text.get(at..)).and_then(|json| serde_json::from_str::<Value>(json).ok());
    json.as_ref().and_then(typed_error).or_else(|| {
        let text = text.split_once("[ERROR]").map_or(text, |(_, rest)| rest).trim();
        let line = text.lines().next().unwrap_or_default();
        let timed_out = line.find("Task timed out after").and_then(|at| line.get(at..));
        timed_out.map(str::to_owned).or_else(|| is_error_line(line).then(|| line.to_owned()))
    })
}

/// A short excerpt of an error, without text that looks like a secret.
pub(in crate::probes) fn excerpt(error: &str) -> String {
    scrub(error).chars().take(LONGEST_EXCERPT).collect()
}

/// `errorType` and `errorMessage`, of the event or of its `message`.
fn typed_error(json: &Value) -> Option<String> {
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    match (text("errorType"), text("errorMessage")) {
        (Some(kind), Some(message)) => Some(format!("{kind}: {message}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => json.get("message").filter(|inside| inside.is_object()).and_then(typed_error),
    }
}

/// Whether a line is `Some.kind.of.Error: words`, the last line of a trace.
fn is_error_line(line: &str) -> bool {
    let (kind, _) = line.split_once(':').unwrap_or((line, ""));
    let word = kind.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'));
    word && ["Error", "Exception", "Timeout", "Exit"].iter().any(|end| kind.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_recognised_as_each_runtime_writes_them() {
        for (text, error) in [
            (
                "[ERROR] UnboundLocalError: cannot access local variable 'new_value'\nTraceback (most recent call last):",
                "UnboundLocalError: cannot access local variable 'new_value'",
            ),
            (
                "botocore.exceptions.ClientError: An error occurred",
                "botocore.exceptions.ClientError: An error occurred",
            ),
            (
                "2026-11-21T05:00:00.000Z\t4c1a\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"x is \
                 undefined\",\"stack\":[]}",
                "TypeError: x is undefined",
            ),
            (r#"{"timestamp":"t","level":"ERROR","message":{"errorType":"E1","errorMessage":"inside"}}"#, "E1: inside"),
            (r#"{"errorMessage":"alone"}"#, "alone"),
            ("2026-11-21T05:00:00.000Z 4c1a Task timed out after 3.00 seconds", "Task timed out after 3.00 seconds"),
            ("[ERROR] ValueError: password=hunter22", "ValueError: password=[redacted]"),
        ] {
            assert_eq!(error_in(text).map(|it| excerpt(&it)).as_deref(), Some(error), "{text}");
        }
        for text in
            ["", "START RequestId: 4c1a", "Traceback (most recent call last):", "{", "{}", "no error here: Error"]
        {
            assert_eq!(error_in(text), None, "{text}");
        }
    }

    #[test]
    fn an_error_is_cut_where_it_is_too_long() {
        let long = format!("[ERROR] ValueError: {}", "ä".repeat(1000));
        assert_eq!(error_in(&long).map(|it| excerpt(&it).chars().count()), Some(LONGEST_EXCERPT));
    }
}
