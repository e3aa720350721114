//! The coverage of a population: how many of its resources were examined.
//!
//! This module makes "met" impossible for a population that was not completely examined. A verdict of met needs a
//! [`Complete`], and only a [`Coverage`] without missing resources gives a [`Complete`].

use std::collections::BTreeMap;

use serde::Serialize;

use crate::facts::{Cause, TimeSpan};

/// The numbers of resources that were expected, examined and missed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The resources that the case is about, as far as they are known.
    pub expected: usize,
    /// The expected resources that were judged.
    pub examined: usize,
    /// The expected resources that were not judged, because AWS did not return the data.
    pub not_evaluated: usize,
    /// The expected resources for which the expectation has no meaning.
    pub not_applicable: usize,
    /// The resources of the kind that the case is not about.
    pub outside: usize,
    /// The resources that AWS listed and that did not exist in a later answer of AWS. No other number contains them.
    #[serde(skip_serializing_if = "is_none")]
    pub gone: usize,
    /// Whether every page of every list was read. If so, all resources are known.
    pub enumerated: bool,
    /// The causes of the missing data, with the number of times that each cause occurred.
    pub missing: BTreeMap<&'static str, usize>,
    /// The sentence of the kind about a list that AWS may end early without a sign. It is empty for other lists.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub qualified: &'static str,
    /// The span of time that was read, for a kind with a window. For events, it is the span of the case if this whole
    /// span was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<TimeSpan>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// The proof that a population was listed completely and that every resource in it was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Complete(());

impl Coverage {
    /// Returns the proof, if nothing is missing.
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
        self.cut(part.window.clone());
        for (cause, count) in &part.missing {
            *self.missing.entry(cause).or_default() += count;
        }
    }

    /// Limits the span to the part that `read` also contains.
    pub(super) fn cut(&mut self, read: Option<TimeSpan>) {
        self.window = match (self.window.take(), read) {
            (Some(a), Some(b)) => Some(a.both(&b)),
            (a, b) => a.or(b),
        };
    }

    pub(super) fn miss(&mut self, cause: Cause) {
        *self.missing.entry(cause.word()).or_default() += 1;
    }
}
