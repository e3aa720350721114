//! The regular expressions of a suite: each compiled once while it is read, and no more memory for all than the table of
//! limits allows.
//!
//! Must not know where they are used.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use super::limits::{PATTERN_BYTES, REGEX_BYTES, REGEX_DEPTH, REGEXES};

/// What was compiled so far. A pattern is read again for each stage and for its examples, and compiling it is dear.
#[derive(Debug, Default)]
pub(super) struct Regexes {
    known: HashMap<String, Regex>,
    /// Patterns that were compiled, or tried in vain.
    tried: usize,
}

/// Why there is no expression.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is none.
    Malformed(String),
    /// It is more than the limits allow, in words.
    OverLimit(String),
}

impl Regexes {
    /// The regular expression of a pattern.
    pub(super) fn of(&mut self, pattern: &str) -> Result<Regex, Refused> {
        if let Some(regex) = self.known.get(pattern) {
            return Ok(regex.clone());
        }
        if pattern.len() > PATTERN_BYTES {
            return Err(Refused::OverLimit(format!("a regular expression has at most {PATTERN_BYTES} bytes")));
        }
        if self.tried >= REGEXES {
            let message = format!("a suite has at most {REGEXES} different regular expressions");
            return Err(Refused::OverLimit(message));
        }
        self.tried += 1;
        let mut builder = RegexBuilder::new(pattern);
        let built = builder.size_limit(REGEX_BYTES).dfa_size_limit(REGEX_BYTES).nest_limit(REGEX_DEPTH).build();
        let regex = built.map_err(|error| match error {
            regex::Error::CompiledTooBig(most) => {
                Refused::OverLimit(format!("a regular expression takes at most {most} bytes when it is compiled"))
            }
            error => {
                let reason = error.to_string();
                let last = reason.lines().last().unwrap_or_default().trim();
                Refused::Malformed(last.trim_start_matches("error: ").to_owned())
            }
        })?;
        self.known.insert(pattern.to_owned(), regex.clone());
        Ok(regex)
    }
}
