//! Yes, no, or unknown: Kleene's logic.

use std::ops::Not;

/// Whether something holds. In this order *and* is the smaller and *or* the larger of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It does not, whatever is still unknown.
    No,
    /// It depends on what is unknown.
    Unknown,
    /// It does, whatever is still unknown.
    Yes,
}

impl Truth {
    /// Whether all hold; so with none.
    #[must_use]
    pub fn all(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().min().unwrap_or(Self::Yes)
    }

    /// Whether one holds; not so with none.
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
