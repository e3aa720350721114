//! Three-valued logic: yes, no and unknown (Kleene's logic).

use std::ops::Not;

/// Whether a statement is true. The values are ordered: *and* is the smaller of two values, and *or* is the larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// The statement is false for every value of the unknown facts.
    No,
    /// The result depends on unknown facts.
    Unknown,
    /// The statement is true for every value of the unknown facts.
    Yes,
}

impl Truth {
    /// Returns whether all statements hold. The result for an empty list is yes.
    #[must_use]
    pub fn all(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().min().unwrap_or(Self::Yes)
    }

    /// Returns whether at least one statement holds. The result for an empty list is no.
    #[must_use]
    pub fn any(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().max().unwrap_or(Self::No)
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

impl From<Option<bool>> for Truth {
    fn from(holds: Option<bool>) -> Self {
        holds.map_or(Self::Unknown, Self::from)
    }
}
