//! The weight of a violation.

use crate::facts::words::words;
use crate::source::{Diagnostic, Diagnostics, Node};

/// The weight of a violation, from the mildest to the worst. A policy sets it. The gate of a suite is a severity too.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// Information that is worth knowing.
    Info,
    /// A weakness that matters only together with others.
    Low,
    /// A weakness.
    Medium,
    /// A weakness that an attacker or an auditor will use.
    High,
    /// A weakness that requires immediate action.
    Critical,
}

words!(Severity);

impl Severity {
    pub(super) fn read(node: &Node, what: &str, sink: &mut Diagnostics) -> Option<Self> {
        let word = node.text(what, sink)?;
        let severity = Self::of(&word.value);
        if severity.is_none() {
            let words = Self::ALL.iter().map(|severity| severity.word());
            sink.push(
                Diagnostic::error("unknown-severity", word.span, format!("unknown severity `{}`", word.value))
                    .suggest(&word.value, words)
                    .label("one of info, low, medium, high, critical"),
            );
        }
        severity
    }
}
