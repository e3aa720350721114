//! Sets of texts, described by patterns. The module answers one question: is there a text that belongs to all sets of
//! one list and to no set of another list?
//!
//! This module must not know policies, actions or conditions. The form of an ARN (`format`) is its only knowledge about
//! AWS.
//!
//! The answer is exact. When there is such a text, the search returns one, usually one of the shortest. When the search
//! returns none, no such text exists. The search has a [`Budget`] of work and not of time, so the same question has the
//! same answer on every machine.

mod colons;
mod format;
mod pattern;
mod product;
mod query;

pub use format::{Format, Place, region};
pub use pattern::{Class, Pattern, Token};
pub use product::{Cell, cells};
pub use query::Query;

/// The amount of work that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    left: u64,
}

/// The budget was used up before there was an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too complex to decide within the budget")]
pub struct TooComplex;

impl Budget {
    /// Returns the budget for usual policies. A policy that is written to be slow uses it up within a tenth of a
    /// second.
    #[must_use]
    pub const fn usual() -> Self {
        Self { left: 1_000_000 }
    }

    /// Returns a budget of this many units. A unit is about the work on one machine word of one state.
    #[must_use]
    pub const fn of(units: u64) -> Self {
        Self { left: units }
    }

    /// Divides the budget into `of` equal shares, and returns one share.
    #[must_use]
    pub fn share(self, of: usize) -> Self {
        Self { left: self.left / u64::try_from(of.max(1)).unwrap_or(u64::MAX) }
    }

    /// Returns whether nothing is left.
    #[must_use]
    pub fn is_spent(self) -> bool {
        self.left == 0
    }

    /// Takes units from the budget, or returns an error when there are not enough.
    pub fn spend(&mut self, units: usize) -> Result<(), TooComplex> {
        let left = self.left.checked_sub(u64::try_from(units).unwrap_or(u64::MAX));
        self.left = left.unwrap_or(0);
        left.map(|_| ()).ok_or(TooComplex)
    }
}

#[cfg(test)]
mod tests;
