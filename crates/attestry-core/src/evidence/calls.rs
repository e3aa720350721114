//! The totals of the log of calls. The log is large and only its totals are needed, so its lines are counted while it
//! is read.
//!
//! This module must not know the writer of the log.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Deserialize;

/// The limit of a line in bytes. A line holds the parameters of a call.
const LONGEST: usize = 4 << 20;

/// The totals of the log.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// The number of requests.
    pub(super) calls: usize,
    /// The number of these requests that AWS throttled.
    pub(super) throttled: usize,
    /// The accounts of the requests.
    pub(super) accounts: BTreeSet<String>,
    /// The number of the first line that is no call.
    pub(super) broken: Option<usize>,
    begun: Vec<u8>,
}

/// The members of a call that are read.
#[derive(Deserialize)]
struct Call {
    account: String,
    #[serde(default)]
    throttled: bool,
}

impl Counted {
    fn take(&mut self, line: &[u8]) {
        self.calls += 1;
        match serde_json::from_slice::<Call>(line) {
            Ok(call) => {
                self.throttled += usize::from(call.throttled);
                if !self.accounts.contains(&call.account) {
                    self.accounts.insert(call.account);
                }
            }
            Err(_) => self.broken = self.broken.or(Some(self.calls)),
        }
    }

    /// Ends the log. The last line must also end with a line feed. If it does not, it is recorded as broken.
    pub(super) fn finish(&mut self) {
        if !self.begun.is_empty() {
            let rest = std::mem::take(&mut self.begun);
            self.take(&rest);
            self.broken = self.broken.or(Some(self.calls));
        }
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(end) if self.begun.is_empty() => self.take(end),
                Some(end) => {
                    let mut line = std::mem::take(&mut self.begun);
                    line.extend_from_slice(end);
                    self.take(&line);
                }
                None if self.begun.len() > LONGEST => self.broken = self.broken.or(Some(self.calls + 1)),
                None => self.begun.extend_from_slice(part),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn calls_are_counted_however_their_bytes_come() {
        let text = "{\"account\":\"1\"}\n{\"account\":\"2\",\"throttled\":true}\n{\"account\":\"1\",\"status\":200}\n";
        for size in [1, 7, 1000] {
            let mut counted = Counted::default();
            text.as_bytes().chunks(size).for_each(|part| counted.write_all(part).unwrap());
            counted.finish();
            assert_eq!((counted.calls, counted.throttled, counted.broken), (3, 1, None));
            assert_eq!(counted.accounts, BTreeSet::from(["1".to_owned(), "2".to_owned()]));
        }
        for (text, broken) in [("{\"account\":\"1\"}\nx\n", 2), ("{\"account\":\"1\"}", 1), ("\n", 1), ("{}\n", 1)] {
            let mut counted = Counted::default();
            counted.write_all(text.as_bytes()).unwrap();
            counted.finish();
            assert_eq!(counted.broken, Some(broken), "{text:?}");
        }
    }
}
