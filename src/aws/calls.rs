//! The log of calls: one record for each HTTP request that was sent, retries included.
//!
//! Must not know what is asked for; parameters arrive redacted.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

/// One HTTP request.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// When it was sent.
    pub started: Timestamp,
    /// Milliseconds until the answer's head.
    pub milliseconds: u64,
    /// Account.
    pub account: Arc<str>,
    /// Region, or `aws-global`.
    pub region: Arc<str>,
    /// IAM prefix of the service.
    pub service: String,
    /// Operation.
    pub operation: String,
    /// Parameters, redacted.
    pub parameters: serde_json::Value,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// HTTP status; absent when there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// AWS error code, where the answer's head carries it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// AWS request id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// The date that the answer carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
    /// Whether AWS asked for less speed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub throttled: bool,
}

impl Call {
    /// How far the clock that answered is ahead of ours, in seconds.
    #[must_use]
    pub fn skew(&self) -> Option<i64> {
        let took = i64::try_from(self.milliseconds / 1000).ok()?;
        self.date?.as_second().checked_sub(self.started.as_second())?.checked_sub(took)
    }
}

/// All calls of a run, in the order in which they ended.
#[derive(Clone, Debug, Default)]
pub struct CallLog {
    calls: Arc<Mutex<Vec<Call>>>,
}

impl CallLog {
    pub(super) fn add(&self, call: Call) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// A copy of all calls so far.
    #[must_use]
    pub fn all(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Requests sent, and how many of them were throttled.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        (calls.len(), calls.iter().filter(|call| call.throttled).count())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::aws) fn call(milliseconds: u64, date: Option<&str>) -> Call {
        Call {
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
        // What the answer took is no difference of clocks.
        assert_eq!(call(5_000, Some("2026-11-20T22:15:05Z")).skew(), Some(0));
        assert_eq!(call(10, None).skew(), None);
    }
}
