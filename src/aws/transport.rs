//! The path of every request. A request ends when the run is stopped. Otherwise the transport waits for the pace of the
//! account, sends the request, validates the answer, and writes the log.
//!
//! The transport lies below the retries of the SDK, so it paces and logs each attempt. This module must not know the
//! content of requests and answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::calls::{CallLog, LoggedCall};
use super::gap::{is_throttled, request_id};
use super::pace::Pace;
use super::whole::{Question, whole};
use super::{Operation, wire};
use attestry_core::facts::{LogScope, scrub};

/// The parts that all requests of a run share.
#[derive(Clone, Debug)]
pub struct Link {
    /// The rate of the requests.
    pub pace: Pace,
    /// The log of the requests.
    pub calls: CallLog,
    /// The events of logs that the run sweeps.
    pub logs: Arc<LogScope>,
    stopped: Arc<AtomicBool>,
    stopping: Arc<Notify>,
}

impl Link {
    /// Creates a link with that pace and an empty log.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        let logs = Arc::new(LogScope::all(Timestamp::now()));
        Self { pace, calls: CallLog::default(), logs, stopped: Arc::default(), stopping: Arc::default() }
    }

    /// Returns the same link for a run that sweeps these events of logs.
    #[must_use]
    pub fn sweeping(self, logs: LogScope) -> Self {
        Self { logs: Arc::new(logs), ..self }
    }

    /// Returns the same link for a run that takes events of logs until this instant.
    #[must_use]
    pub fn until(&self, until: Timestamp) -> Self {
        let logs = LogScope { until, ..LogScope::clone(&self.logs) };
        Self { logs: Arc::new(logs), ..self.clone() }
    }

    /// Returns a link with the same pace and log that a stop does not affect. Probes use it to clean up after the run
    /// was stopped.
    #[must_use]
    pub fn unstoppable(&self) -> Self {
        Self { stopped: Arc::default(), stopping: Arc::default(), ..self.clone() }
    }

    /// Waits until the run is stopped.
    pub async fn stopped(&self) {
        loop {
            let stopping = self.stopping.notified();
            if self.is_stopped() {
                return;
            }
            stopping.await;
        }
    }

    /// Blocks all further requests, and aborts the requests that have no answer yet.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.stopping.notify_waiters();
    }

    /// Returns whether the run was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

/// The error of a request that was not sent, or that was aborted, because the run was stopped.
#[derive(Debug, thiserror::Error)]
#[error("the run was stopped before this call was answered")]
pub(super) struct Stopped;

/// The error of a request, with the operation of the request. Its text is the text of the original error.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub(super) struct Failed {
    pub(super) operation: Operation,
    source: BoxError,
}

impl Failed {
    /// Adds the operation to an error of a connector. The sort of the error stays the same for the retries of the SDK.
    pub(super) fn of(error: ConnectorError, operation: Operation) -> ConnectorError {
        let (is_timeout, is_user, is_io) = (error.is_timeout(), error.is_user(), error.is_io());
        let (kind, connection) = (error.as_other(), error.connection_metadata().cloned());
        let failed = Box::new(Self { operation, source: error.into_source() });
        let error = match () {
            () if is_timeout => ConnectorError::timeout(failed),
            () if is_user => ConnectorError::user(failed),
            () if is_io => ConnectorError::io(failed),
            () => ConnectorError::other(failed, kind),
        };
        match connection {
            Some(connection) => error.with_connection(connection),
            None => error,
        }
    }
}

/// The HTTP client of one account and Region.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    pub(super) account: Arc<str>,
    pub(super) region: Arc<str>,
    pub(super) link: Link,
    pub(super) inner: SharedHttpClient,
}

impl HttpClient for Transport {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(LoggedConnector {
            account: Arc::clone(&self.account),
            region: Arc::clone(&self.region),
            link: self.link.clone(),
            inner: self.inner.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct LoggedConnector {
    account: Arc<str>,
    region: Arc<str>,
    link: Link,
    inner: SharedHttpConnector,
}

impl HttpConnector for LoggedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (account, region) = (Arc::clone(&self.account), Arc::clone(&self.region));
        let (link, inner) = (self.link.clone(), self.inner.clone());
        HttpConnectorFuture::new(async move {
            let operation = Operation::of(&request).unwrap_or_else(|| Operation::new("unknown", "Unknown"));
            match exchange(&account, &region, &link, &inner, request, &operation).await {
                Ok(mut answer) => {
                    answer.add_extension(operation);
                    Ok(answer)
                }
                Err(error) => Err(Failed::of(error, operation)),
            }
        })
    }
}

/// Makes one attempt: it waits for a turn, sends the request, reads the whole answer, and writes the line in the log.
async fn exchange(
    account: &Arc<str>,
    region: &Arc<str>,
    link: &Link,
    inner: &SharedHttpConnector,
    request: HttpRequest,
    operation: &Operation,
) -> Result<HttpResponse, ConnectorError> {
    let stopping = link.stopping.notified();
    let turn = tokio::select! {
        turn = link.pace.turn(account, region, operation) => turn,
        () = stopping => return Err(ConnectorError::user(Box::new(Stopped))),
    };
    if link.is_stopped() {
        return Err(ConnectorError::user(Box::new(Stopped)));
    }
    let question = Question {
        account: Arc::clone(account),
        region: wire::region(&request).unwrap_or_default().to_owned(),
        parameters: wire::sent(operation, &request),
    };
    let attempt = attempt(&request);
    let (started, clock) = (Timestamp::now(), Instant::now());
    // The time limit for the answer does not include the wait for a turn.
    let sent = async {
        match tokio::time::timeout(ANSWER, inner.call(request)).await {
            Ok(answer) => answer,
            Err(late) => Err(ConnectorError::timeout(Box::new(late))),
        }
    };
    let answer = tokio::select! {
        answer = sent => answer,
        () = link.stopped() => Err(ConnectorError::user(Box::new(Stopped))),
    };
    let milliseconds = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    let told = answer.as_ref().ok().map(AnswerHead::of);
    let answer = match answer {
        Ok(answer) => tokio::select! {
            answer = whole(operation, &question, answer) => answer,
            () = link.stopped() => Err(ConnectorError::user(Box::new(Stopped))),
        },
        Err(error) => Err(error),
    };
    drop(turn);
    let mut parameters = question.parameters;
    wire::withhold(operation, &mut parameters);
    let error = answer.as_ref().map_or_else(|_| String::new(), error_code);
    // An answer that the validator rejects still has a status and a date.
    let AnswerHead { status, request_id, date } = told.unwrap_or_default();
    let throttled = is_throttled(&error, status.unwrap_or_default());
    link.pace.answered(account, region, operation, throttled);
    link.calls.add(LoggedCall {
        started,
        milliseconds,
        account: Arc::clone(account),
        region: Arc::clone(region),
        service: operation.service.clone(),
        operation: operation.name.clone(),
        parameters,
        attempt,
        status,
        error,
        request_id,
        date,
        throttled,
    });
    answer
}

/// The time limit of AWS for the answer to one attempt.
const ANSWER: Duration = Duration::from_secs(30);

/// The fields from the head of an answer.
#[derive(Default)]
struct AnswerHead {
    status: Option<u16>,
    request_id: String,
    date: Option<Timestamp>,
}

impl AnswerHead {
    fn of(answer: &HttpResponse) -> Self {
        Self { status: Some(answer.status().as_u16()), request_id: request_id(answer), date: date(answer) }
    }
}

/// Returns the time of an answer, by the clock of its sender.
fn date(answer: &HttpResponse) -> Option<Timestamp> {
    // HTTP writes `GMT` where the mail format writes `+0000`.
    let text = answer.headers().get("date")?.replace("GMT", "+0000");
    Some(jiff::fmt::rfc2822::parse(&text).ok()?.timestamp())
}

/// Returns the number of the attempt, as the SDK sends it to the service.
fn attempt(request: &HttpRequest) -> u32 {
    let header = request.headers().get("amz-sdk-request").unwrap_or_default();
    let number = header.split(';').find_map(|part| part.trim().strip_prefix("attempt="));
    number.and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// Returns the error code of an answer, from a header or from the body. The body is read only if it is in memory, as in
/// described answers and most real answers.
fn error_code(answer: &HttpResponse) -> String {
    if answer.status().is_success() {
        return String::new();
    }
    if let Some(code) = answer.headers().get("x-amzn-errortype") {
        return bare(code);
    }
    let Some(body) = answer.body().bytes() else { return String::new() };
    if answer.headers().get("smithy-protocol") == Some("rpc-v2-cbor") {
        let decoded = wire::binary::decode(body);
        let code = decoded.as_ref().and_then(|it| it.get("__type")).and_then(serde_json::Value::as_str);
        return bare(code.unwrap_or_default());
    }
    let text = String::from_utf8_lossy(body.get(..body.len().min(4096)).unwrap_or_default());
    let after = |mark: &str| text.split_once(mark).map(|(_, rest)| rest.trim_start_matches([' ', ':', '"']));
    let code = after("\"__type\"").or_else(|| after("<Code>"));
    code.map(|rest| bare(rest.split(['"', '<']).next().unwrap_or_default())).unwrap_or_default()
}

fn bare(code: &str) -> String {
    let code = code.rsplit('#').next().unwrap_or(code);
    scrub(code.split(':').next().unwrap_or(code)).into_owned()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read_as_http_writes_it() {
        let dated = |text: &str| {
            let response = http::Response::builder().header("date", text).body(SdkBody::empty());
            response.ok().and_then(|it| HttpResponse::try_from(it).ok()).and_then(|it| date(&it))
        };
        let expected = "2026-11-20T22:15:00Z".parse().ok();
        assert!(expected.is_some());
        assert_eq!(dated("Fri, 20 Nov 2026 22:15:00 GMT"), expected);
        assert_eq!(dated("yesterday"), None);
        assert_eq!(dated(""), None);
    }

    /// The code of an error is found in every protocol, because the pace and the log of calls depend on it.
    #[test]
    fn the_code_of_an_error_is_read_in_every_protocol() {
        use crate::aws::wire::binary::encode;
        use serde_json::json;

        let refused = |headers: &[(&'static str, &'static str)], body: Vec<u8>| {
            let mut response = http::Response::builder().status(400);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            let response = response.body(SdkBody::from(body)).ok().and_then(|it| HttpResponse::try_from(it).ok());
            response.map(|it| error_code(&it)).unwrap_or_default()
        };
        let cbor = [("smithy-protocol", "rpc-v2-cbor")];
        let encoded = |code: &str| encode(&json!({ "message": "slowly", "__type": code }));
        assert_eq!(refused(&cbor, encoded("com.amazonaws.cloudwatch#ThrottlingException")), "ThrottlingException");
        assert_eq!(refused(&cbor, encoded("Throttling")), "Throttling");
        assert_eq!(refused(&cbor, b"{}".to_vec()), "");
        assert_eq!(refused(&[], b"{\"__type\":\"a#AccessDenied\"}".to_vec()), "AccessDenied");
        assert_eq!(refused(&[], b"<Error><Code>SlowDown</Code></Error>".to_vec()), "SlowDown");
        assert_eq!(refused(&[("x-amzn-errortype", "NotFound:http://x")], Vec::new()), "NotFound");
    }
}
