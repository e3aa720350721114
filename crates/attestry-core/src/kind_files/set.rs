//! The kind files that the program ships. A file is packed, because the text of all is large. It is unpacked and read when a
//! policy names its kind, so the others cost nothing.
//!
//! Must not know the kinds by name.

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
    /// The files of these kinds, by name and packed text. The names are sorted.
    #[must_use]
    pub const fn new(packed: &'static [(&'static str, &'static [u8])]) -> Self {
        Self { packed, read: OnceLock::new() }
    }

    /// The names of the kinds, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.packed.iter().map(|(name, _)| *name)
    }

    /// The file of a kind. A test reads every shipped file, so a file that cannot be read is like one that is not there.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static KindFile> {
        let place = self.packed.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        self.at(place)
    }

    /// Every file, in the order of the names.
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
