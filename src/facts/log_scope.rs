//! Which events of logs a run sweeps, and for the values of which secrets.
//!
//! Must not know how events are read.

use jiff::{SignedDuration, Timestamp};

/// The same for every log group of a run: the end is fixed before the first is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogScope {
    /// The time before the end, in seconds; all events without it.
    pub window: Option<i64>,
    /// The end: later events are not swept.
    pub until: Timestamp,
    /// Names of secrets, with `*` and `?`; every secret without any.
    pub secrets: Vec<String>,
}

impl LogScope {
    /// All events until then, and the values of all secrets.
    #[must_use]
    pub fn all(until: Timestamp) -> Self {
        Self { window: None, until, secrets: Vec::new() }
    }

    /// The beginning; none where all events are meant.
    #[must_use]
    pub fn from(&self) -> Option<Timestamp> {
        self.until.checked_sub(SignedDuration::from_secs(self.window?)).ok()
    }
}
