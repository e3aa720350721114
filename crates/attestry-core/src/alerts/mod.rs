//! Filter patterns of CloudWatch Logs and event patterns of EventBridge: the module decides which events they surely
//! match.
//!
//! `parse` and `bus` read a pattern as AWS documents it. `judge` judges one event by a pattern. `decide` answers a
//! question about all events of a description. The answer is unknown where AWS documents none. Must not know AWS
//! clients, kinds, or what is expected. Of CloudTrail, the module has only the fields of a record (`record`).

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
    /// The opposite answer. Unknown stays unknown.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }

    /// Yes when all parts are yes, and no when one is no.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().min().unwrap_or(Self::Yes)
    }

    /// Yes when one part is yes, and no when all are no.
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
