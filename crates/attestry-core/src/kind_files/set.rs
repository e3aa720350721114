//! The kind files in the program. They are compressed, because all texts together are large. A file is unpacked and
//! read only when a policy names its kind, so the other files cost no time.
//!
//! This module must not know the kinds by name.

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::ZlibDecoder;

use super::{KindFile, read};
use crate::source::{Diagnostics, Files};

/// Kind files by the names of their kinds, in order.
#[derive(Debug)]
pub struct KindSet {
    packed: &'static [(&'static str, &'static [u8])],
    read: OnceLock<Vec<OnceLock<Option<&'static KindFile>>>>,
}

impl KindSet {
    /// Creates the set from the name of each kind and its compressed file. The names must be sorted.
    #[must_use]
    pub const fn new(packed: &'static [(&'static str, &'static [u8])]) -> Self {
        Self { packed, read: OnceLock::new() }
    }

    /// Returns the names of the kinds, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.packed.iter().map(|(name, _)| *name)
    }

    /// Returns the file of a kind. `None` also means that the file cannot be read, but a test reads every file of the
    /// program.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static KindFile> {
        let place = self.packed.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        self.at(place)
    }

    /// Returns every file, in the order of the names.
    pub fn all(&self) -> impl Iterator<Item = &'static KindFile> {
        (0..self.packed.len()).filter_map(|place| self.at(place))
    }

    fn at(&self, place: usize) -> Option<&'static KindFile> {
        let cells = self.read.get_or_init(|| self.packed.iter().map(|_| OnceLock::new()).collect());
        let (name, packed) = self.packed.get(place)?;
        *cells.get(place)?.get_or_init(|| {
            let (mut files, mut sink) = (Files::new(), Diagnostics::new());
            let mut text = String::new();
            ZlibDecoder::new(*packed).read_to_string(&mut text).ok()?;
            read(files.add(format!("{name}.yaml"), text.as_str()), &text, &mut sink)
        })
    }
}
