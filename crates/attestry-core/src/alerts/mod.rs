//! Filter patterns of CloudWatch Logs and event patterns of EventBridge: which events they surely take.
//!
//! A pattern is read as AWS documents it (`parse`, `bus`), one event is judged by it (`judge`), and a question about all events of
//! a description is decided (`decide`). What AWS does not document is neither yes nor no. Must not know AWS clients, kinds,
//! or what is expected; of CloudTrail it knows which fields a record has (`record`), no more.

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

/// Yes, no, or what AWS does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// Surely not.
    No,
    /// Nobody can say.
    Unknown,
    /// Surely.
    Yes,
}

impl Truth {
    /// The opposite; unknown stays unknown.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }

    /// Surely where all are.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().min().unwrap_or(Self::Yes)
    }

    /// Surely where one is.
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
