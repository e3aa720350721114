//! How much the texts of a suite may ask for: one table, beside the limits of a single file (`source::Limits`).
//!
//! A suite may come from a stranger, in a bundle too. Where a number is too small for somebody, it is changed here and in
//! the table of README. Must not know what any text means.

use std::fmt::Display;

use super::Suite;
use crate::source::{Diagnostic, Diagnostics, Span};

/// Files of a suite; when all suites are checked together, of all of them.
pub(super) const FILES: usize = 2_000;

/// Values and keys in all these files.
pub(super) const VALUES: usize = 1_000_000;

/// Files and patterns in one list.
pub(super) const PATTERNS: usize = 1_000;

/// Stages of a suite.
const STAGES: usize = 1_000;

/// Cases of a suite.
const CASES: usize = 10_000;

/// Waivers of a suite, and attestations.
const STATEMENTS: usize = 5_000;

/// Parameters of a suite, and of each of its stages.
const PARAMETERS: usize = 1_000;

/// Values and keys that are checked again because a stage sets other parameters.
pub(super) const CHECKED: usize = 10_000_000;

/// Parameters, lists and mappings inside one another.
pub(super) const DEPTH: usize = 64;

/// Bytes of one text that parameters make.
pub(super) const TEXT_BYTES: usize = 64 << 10;

/// Values and keys that one parameter stands for.
pub(super) const ITEMS: usize = 10_000;

/// Bytes of all texts that the parameters of a suite make.
pub(super) const ALL_TEXT_BYTES: usize = 64 << 20;

/// Values that the parameters of a suite make, and uses of parameters.
pub(super) const ALL_ITEMS: usize = 2_000_000;

/// Bytes of a pattern with `*` and `?`, and of a regular expression. Matching takes at most the product of both lengths.
pub(super) const PATTERN_BYTES: usize = 4 << 10;

/// Different regular expressions of a suite.
pub(super) const REGEXES: usize = 500;

/// Bytes that a compiled regular expression may take, and again as much while it is at work.
pub(super) const REGEX_BYTES: usize = 256 << 10;

/// Groups inside one another in a regular expression.
pub(super) const REGEX_DEPTH: u32 = 64;

/// The error that something is more than the table allows.
pub(super) fn over(place: Span, what: impl Display) -> Diagnostic {
    Diagnostic::error("over-limit", place, what.to_string())
}

/// Whether the suite has no more of anything than it may.
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
