//! The log of calls: one record for each HTTP request that was sent, retries included.
//!
//! This module must not know the purpose of a request. Parameters arrive redacted.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

/// One HTTP request.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedCall {
    /// The time at which the request was sent.
    pub started: Timestamp,
    /// The milliseconds from the request to the head of the answer.
    pub milliseconds: u64,
    /// The account.
    pub account: Arc<str>,
    /// The Region, or `aws-global`.
    pub region: Arc<str>,
    /// The IAM prefix of the service.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The parameters, redacted.
    pub parameters: serde_json::Value,
    /// The number of the attempt. The first attempt has the number 1.
    pub attempt: u32,
    /// The HTTP status. It is absent when there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The AWS error code, if the head of the answer contains it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// The AWS request id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// The date in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
    /// Whether AWS throttled the request.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub throttled: bool,
}

impl LoggedCall {
    /// Returns the seconds by which the clock of the server is ahead of the clock of this machine.
    #[must_use]
    pub fn skew(&self) -> Option<i64> {
        let took = i64::try_from(self.milliseconds / 1000).ok()?;
        self.date?.as_second().checked_sub(self.started.as_second())?.checked_sub(took)
    }
}

/// All calls of a run, in the order in which they ended.
#[derive(Clone, Debug, Default)]
pub struct CallLog {
    calls: Arc<Mutex<Vec<LoggedCall>>>,
}

impl CallLog {
    pub(super) fn add(&self, call: LoggedCall) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// Returns a copy of all calls so far.
    #[must_use]
    pub fn all(&self) -> Vec<LoggedCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the number of requests that were sent, and the number of throttled requests among them.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        (calls.len(), calls.iter().filter(|call| call.throttled).count())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::aws) fn call(milliseconds: u64, date: Option<&str>) -> LoggedCall {
        LoggedCall {
            started: "2026-11-20T22:15:00.9Z".parse().unwrap_or_default(),
            milliseconds,
            account: "1".into(),
            region: "eu-west-1".into(),
            service: String::new(),
            operation: String::new(),
            parameters: serde_json::Value::Null,
            attempt: 1,
            status: Some(200),
            error: String::new(),
            request_id: String::new(),
            date: date.and_then(|date| date.parse().ok()),
            throttled: false,
        }
    }

    #[test]
    fn a_clock_is_compared_with_the_moment_of_the_answer() {
        assert_eq!(call(10, Some("2026-11-20T22:15:00Z")).skew(), Some(0));
        assert_eq!(call(10, Some("2026-11-20T22:20:00Z")).skew(), Some(300));
        assert_eq!(call(10, Some("2026-11-20T22:14:00Z")).skew(), Some(-60));
        // The time difference does not include the duration of the answer.
        assert_eq!(call(5_000, Some("2026-11-20T22:15:05Z")).skew(), Some(0));
        assert_eq!(call(10, None).skew(), None);
    }
}
