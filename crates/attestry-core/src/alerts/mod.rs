//! Filter patterns of CloudWatch Logs and event patterns of EventBridge: the module decides which events they surely
//! match.
//!
//! `parse` and `bus` read a pattern as AWS documents it. `judge` decides whether a pattern matches one event. `decide`
//! decides whether filters count all events of a description. The answer is unknown where AWS does not document the
//! behaviour. This module must not know AWS clients, kinds, or what is expected. The only knowledge about CloudTrail is
//! in `record`: the fields of its records.

mod bus;
mod classes;
mod decide;
mod expressions;
pub mod facts;
mod judge;
mod parse;
mod record;
mod texts;

pub use bus::{Listed, parse_event_pattern};
pub use decide::{Counter, Decision, Emits, Meant, decide};
pub use judge::judge;
pub use parse::{Filter, parse};
pub use record::{Shape, is_known};

/// An answer with three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// Surely not.
    No,
    /// AWS does not document the answer.
    Unknown,
    /// Surely.
    Yes,
}

impl Truth {
    /// Returns the opposite answer. Unknown stays unknown.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }

    /// Returns yes when all parts are yes, no when one part is no, and otherwise unknown.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().min().unwrap_or(Self::Yes)
    }

    /// Returns yes when one part is yes, no when all parts are no, and otherwise unknown.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().max().unwrap_or(Self::No)
    }
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests;
