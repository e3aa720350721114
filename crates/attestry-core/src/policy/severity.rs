//! How bad a violation is.

use std::fmt;

use serde::Serialize;

use crate::source::{Diagnostic, Diagnostics, Node};

/// How bad a violation is, from the policy; the gate of a suite is one of these too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A weakness that needs others to matter.
    Low,
    /// A weakness.
    Medium,
    /// A weakness that an attacker or an auditor will use.
    High,
    /// Stop.
    Critical,
}

impl Severity {
    /// From the mildest to the worst.
    pub const ALL: &'static [Self] = &[Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word in policies and reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity of that word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|severity| severity.word() == word)
    }

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

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
