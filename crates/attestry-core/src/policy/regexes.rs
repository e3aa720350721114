//! The regular expressions of a suite. Each expression is compiled once while the suite is read. Together they take no
//! more memory than the table of limits allows.
//!
//! This module must not know where the expressions are used.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use super::limits::{PATTERN_BYTES, REGEX_BYTES, REGEX_DEPTH, REGEXES};

/// The compiled expressions. They are kept, because each stage and its examples read a pattern again, and the
/// compilation is expensive.
#[derive(Debug, Default)]
pub(super) struct Regexes {
    known: HashMap<String, Regex>,
    /// The number of patterns that were compiled or refused.
    tried: usize,
}

/// The reason why a pattern is refused.
#[derive(Debug)]
pub(super) enum Refused {
    /// The pattern is no regular expression. The text is the error of the parser.
    Malformed(String),
    /// The pattern is above a limit. The text describes the limit.
    OverLimit(String),
}

impl Regexes {
    /// Returns the compiled regular expression of a pattern.
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
