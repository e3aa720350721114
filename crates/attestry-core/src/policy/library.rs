//! What texts are checked against, and what they add up to.

use super::{Catalogues, Policy, Suite};
use crate::facts::{Kind, ProbeSpec};
use crate::source::Files;

/// The words that policies may use.
#[derive(Debug)]
pub struct Vocabulary {
    /// Resource kinds.
    pub kinds: Vec<&'static Kind>,
    /// Probes.
    pub probes: Vec<&'static ProbeSpec>,
    /// Control catalogues.
    pub catalogues: Catalogues,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Library {
    /// All texts, for rendering diagnostics and for evidence.
    pub files: Files,
    /// The suites that could be read.
    pub suites: Vec<Suite>,
    /// Policies that no suite names; only filled by [`load_all`](super::load_all).
    pub unnamed: Vec<Policy>,
}
