//! How much of a population was looked at.
//!
//! This is where "met" is made impossible for what nobody looked at: a verdict of met needs a [`Complete`], and a
//! [`Complete`] comes from a [`Coverage`] without anything missing.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::facts::Cause;

/// How many resources were expected, looked at and missed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Resources that the case is about, as far as that is known.
    pub expected: usize,
    /// Of these, judged.
    pub examined: usize,
    /// Of these, not judged because AWS did not tell.
    pub not_evaluated: usize,
    /// Of these, such that the expectation has no meaning for them.
    pub not_applicable: usize,
    /// Resources of the kind that the case is not about.
    pub outside: usize,
    /// Resources that were listed, and of which AWS said afterwards that they do not exist: they are in no other number.
    #[serde(skip_serializing_if = "is_none")]
    pub gone: usize,
    /// Whether every page of every list was read, so that no resource is unknown.
    pub enumerated: bool,
    /// Why something is missing, and how often.
    pub missing: BTreeMap<&'static str, usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// The proof that a population was enumerated to its end and every resource in it judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Complete(());

impl Coverage {
    /// The proof, if nothing is missing.
    #[must_use]
    pub fn complete(&self) -> Option<Complete> {
        let whole = self.enumerated && self.not_evaluated == 0 && self.missing.is_empty();
        (whole && self.examined + self.not_applicable == self.expected).then_some(Complete(()))
    }

    /// Adds the coverage of another part of the same population.
    pub(super) fn add(&mut self, part: &Self) {
        self.expected += part.expected;
        self.examined += part.examined;
        self.not_evaluated += part.not_evaluated;
        self.not_applicable += part.not_applicable;
        self.outside += part.outside;
        self.gone += part.gone;
        self.enumerated &= part.enumerated;
        for (cause, count) in &part.missing {
            *self.missing.entry(cause).or_default() += count;
        }
    }

    pub(super) fn miss(&mut self, cause: Cause) {
        *self.missing.entry(cause.word()).or_default() += 1;
    }
}
