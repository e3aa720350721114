//! The limits for the texts of a suite, in one table. The limits of a single file are in `source::Limits`.
//!
//! The author of a suite can be unknown. A suite can also come in a bundle. To raise a limit, change it here and in the
//! table of `docs/language.md`. This module must not know the meaning of any text.

use std::fmt::Display;

use super::Suite;
use crate::source::{Diagnostic, Diagnostics, Span};

/// The number of files of a suite. When all suites are checked together, it is the number of the files of all suites.
pub(super) const FILES: usize = 2_000;

/// The number of values and keys in all these files.
pub(super) const VALUES: usize = 1_000_000;

/// The number of files and patterns in one list.
pub(super) const PATTERNS: usize = 1_000;

/// The number of stages of a suite.
const STAGES: usize = 1_000;

/// The number of cases of a suite.
const CASES: usize = 10_000;

/// The number of waivers of a suite, and the number of attestations of a suite.
const STATEMENTS: usize = 5_000;

/// The number of parameters of a suite, and of each of its stages.
const PARAMETERS: usize = 1_000;

/// The number of values and keys that are checked again because a stage sets other parameters.
pub(super) const CHECKED: usize = 10_000_000;

/// The depth of nested parameters, lists and mappings.
pub(super) const DEPTH: usize = 64;

/// The length in bytes of one text after its parameters are replaced.
pub(super) const TEXT_BYTES: usize = 64 << 10;

/// The largest number of values and keys that the value of one parameter may have.
pub(super) const ITEMS: usize = 10_000;

/// The length in bytes of all parameter values that are used while a suite is read.
pub(super) const ALL_TEXT_BYTES: usize = 64 << 20;

/// The number of values in all parameter values that are used while a suite is read, plus the number of uses.
pub(super) const ALL_ITEMS: usize = 2_000_000;

/// The length in bytes of a pattern with `*` and `?`, and of a regular expression. The time of a match is at most the
/// product of the lengths of the pattern and of the text.
pub(super) const PATTERN_BYTES: usize = 4 << 10;

/// The number of different regular expressions of a suite.
pub(super) const REGEXES: usize = 500;

/// The memory in bytes of a compiled regular expression. A search with it can use the same amount again.
pub(super) const REGEX_BYTES: usize = 256 << 10;

/// The depth of nested groups in a regular expression.
pub(super) const REGEX_DEPTH: u32 = 64;

/// Returns the error that a number is above its limit.
pub(super) fn over(place: Span, what: impl Display) -> Diagnostic {
    Diagnostic::error("over-limit", place, what.to_string())
}

/// Returns whether all numbers of the suite are within their limits, and reports each number that is not.
pub(super) fn fits(suite: &Suite, sink: &mut Diagnostics) -> bool {
    let before = sink.errors();
    let cases: usize = suite.policies.iter().map(|policy| policy.cases.len()).sum();
    for (number, most, what) in [
        (suite.stages.len(), STAGES, "stages"),
        (cases, CASES, "cases"),
        (suite.waivers.len(), STATEMENTS, "waivers"),
        (suite.attestations.len(), STATEMENTS, "attestations"),
        (suite.parameters.len(), PARAMETERS, "parameters"),
    ] {
        if number > most {
            sink.push(over(suite.id.span, format!("a suite has at most {most} {what}, this one has {number}")));
        }
    }
    for stage in suite.stages.iter().filter(|stage| stage.parameters.len() > PARAMETERS) {
        let message = format!("a stage has at most {PARAMETERS} parameters, this one has {}", stage.parameters.len());
        sink.push(over(stage.name.span, message));
    }
    sink.errors() == before
}
