//! Reads evidence from a directory or a bundle, within limits. Only plain files are accepted.
//!
//! The files that are judged stay in memory. For all other files, only the digest stays. Nothing is written. Each file
//! is read once, so the judged data and the digests come from the same read. This module must not know the contents of
//! the files.

use std::collections::BTreeMap;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use super::archive::{Contents, Limits, Refused, unpack_files};
use super::calls::Counted;
use super::manifest::{Entry, Sum};
use super::path::is_below;
use super::{Damage, paths};

/// The choice of the files that stay in memory.
pub type Hold<'a> = &'a dyn Fn(&str) -> bool;

/// Evidence after reading.
#[derive(Debug, Default)]
pub(super) struct Stored {
    /// The size and the digest of every file.
    pub(super) entries: BTreeMap<String, Entry>,
    /// The files that stay in memory.
    pub(super) contents: Contents,
    /// The totals of the log of calls. They are counted also if the log does not stay in memory.
    pub(super) calls: Counted,
}

impl Stored {
    fn take(&mut self, path: &str, bytes: &mut dyn Read, hold: Hold<'_>) -> io::Result<u64> {
        let mut sum = Sum::default();
        let mut bytes = CountingReader { bytes, counted: (path == paths::CALLS).then_some(&mut self.calls) };
        if hold(path) {
            let mut held = Vec::new();
            bytes.read_to_end(&mut held)?;
            sum.add(&held);
            self.contents.insert(path.to_owned(), held);
        } else {
            io::copy(&mut bytes, &mut sum)?;
        }
        if path == paths::CALLS {
            self.calls.finish();
        }
        let entry = sum.entry(path);
        let size = entry.size;
        self.entries.insert(path.to_owned(), entry);
        Ok(size)
    }
}

/// A reader of one file. It counts the lines if the file is the log of calls.
struct CountingReader<'a> {
    bytes: &'a mut dyn Read,
    counted: Option<&'a mut Counted>,
}

impl Read for CountingReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(into)?;
        if let (Some(counted), Some(bytes)) = (&mut self.counted, into.get(..read)) {
            counted.write_all(bytes)?;
        }
        Ok(read)
    }
}

/// Reads a directory, or a bundle in one file.
///
/// # Errors
/// Returns all entries that are no plain files, or the reason why nothing was read.
pub(super) fn read(path: &Path, hold: Hold<'_>) -> Result<Stored, Vec<Damage>> {
    let limits = Limits::default();
    let unreadable = |error: io::Error| vec![Damage::Unreadable(format!("{}: {error}", path.display()))];
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return Walk::all(path, &limits, hold);
    }
    if !meta.is_file() {
        return Err(vec![Damage::Special(path.display().to_string())]);
    }
    unpacked(&read_file(path, limits.archive).map_err(unreadable)?, hold).map_err(refused)
}

/// Reads a bundle in memory.
///
/// # Errors
/// The reason why the bundle is refused.
pub(super) fn unpacked(bundle: &[u8], hold: Hold<'_>) -> Result<Stored, Refused> {
    let mut stored = Stored::default();
    unpack_files(bundle, &Limits::default(), &mut |path, bytes| {
        stored.take(path, bytes, hold)?;
        Ok(())
    })?;
    Ok(stored)
}

/// Returns the damage of evidence whose bundle is refused.
pub(super) fn refused(refused: Refused) -> Vec<Damage> {
    vec![Damage::Archive(refused)]
}

/// Reads a file, and at most one byte more than the limit.
fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // The read of a pipe would wait for a writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("this is no plain file"));
    }
    std::fs::File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Walk<'a> {
    root: &'a Path,
    left: u64,
    files: usize,
    hold: Hold<'a>,
    stored: Stored,
    damage: Vec<Damage>,
}

impl<'a> Walk<'a> {
    fn all(root: &'a Path, limits: &Limits, hold: Hold<'a>) -> Result<Stored, Vec<Damage>> {
        let (stored, damage) = (Stored::default(), Vec::new());
        let mut walk = Self { root, left: limits.total, files: limits.files, hold, stored, damage };
        if let Err(end) = walk.below(&PathBuf::new()) {
            walk.damage.push(end);
        }
        if walk.damage.is_empty() { Ok(walk.stored) } else { Err(walk.damage) }
    }

    /// Reads the entries of a folder. A read error ends the walk. Other damage is kept and reported with the rest.
    fn below(&mut self, folder: &Path) -> Result<(), Damage> {
        let unreadable = |path: &Path, error: io::Error| Damage::Unreadable(format!("{}: {error}", path.display()));
        let entries = std::fs::read_dir(self.root.join(folder)).map_err(|error| unreadable(folder, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(folder, error))?;
            let path = folder.join(entry.file_name());
            let name = path.to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(|error| unreadable(&path, error))?;
            if kind.is_dir() && is_below(&name) {
                self.below(&path)?;
            } else if !kind.is_file() {
                self.damage.push(Damage::Special(name));
            } else if self.stored.entries.len() >= self.files {
                return Err(Damage::TooLarge(format!("more than {} files", self.files)));
            } else {
                // For a larger file, this reads one byte more than the limit.
                let file = std::fs::File::open(entry.path());
                let taken = file
                    .and_then(|file| self.stored.take(&name, &mut file.take(self.left.saturating_add(1)), self.hold));
                let left = self.left.checked_sub(taken.map_err(|error| unreadable(&path, error))?);
                self.left = left.ok_or(Damage::TooLarge(name))?;
            }
        }
        Ok(())
    }
}
