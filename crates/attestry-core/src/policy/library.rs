//! The vocabulary of the check, and the library of everything that was read.

use super::{Catalogues, Kinds, Policy, Suite};
use crate::facts::ProbeSpec;
use crate::kind_files::KindFile;
use crate::source::Files;

/// The words that policies may use.
#[derive(Debug)]
pub struct Vocabulary {
    /// The kinds of resources.
    pub kinds: Kinds,
    /// The probes.
    pub probes: Vec<&'static ProbeSpec>,
    /// The catalogues of controls.
    pub catalogues: Catalogues,
}

/// All files that were read, with their suites, policies and kinds.
#[derive(Debug, Default)]
pub struct Library {
    /// All texts, for the rendering of diagnostics and for evidence.
    pub files: Files,
    /// The suites that are readable.
    pub suites: Vec<Suite>,
    /// The policies that no suite names. Only [`load_all`](super::load_all) fills this list.
    pub unnamed: Vec<Policy>,
    /// The kinds that the suites add, each from its kind file.
    pub kind_files: Vec<&'static KindFile>,
}
