//! Reading evidence, a directory or a bundle: within limits, and nothing but plain files.
//!
//! What is judged is held in memory, of all other files the digest. Nothing is written, and what was read once is what is
//! judged. Must not know what the files hold.

use std::collections::BTreeMap;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use super::archive::{Contents, Limits, Refused, unpack_files};
use super::calls::Counted;
use super::manifest::{Entry, Sum};
use super::path::is_below;
use super::{Damage, paths};

/// Which files are held.
pub type Hold<'a> = &'a dyn Fn(&str) -> bool;

/// Evidence as it was read.
#[derive(Debug, Default)]
pub(super) struct Stored {
    /// Size and digest of every file.
    pub(super) entries: BTreeMap<String, Entry>,
    /// The files that are held.
    pub(super) contents: Contents,
    /// The log of calls, which is counted whether it is held or not.
    pub(super) calls: Counted,
}

impl Stored {
    fn take(&mut self, path: &str, bytes: &mut dyn Read, hold: Hold<'_>) -> io::Result<u64> {
        let mut sum = Sum::default();
        let mut bytes = Told { bytes, counted: (path == paths::CALLS).then_some(&mut self.calls) };
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

/// Bytes that are counted while they are read, where they are calls.
struct Told<'a> {
    bytes: &'a mut dyn Read,
    counted: Option<&'a mut Counted>,
}

impl Read for Told<'_> {
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
/// All that is no plain file, or why nothing was read.
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
/// Why it is refused.
pub(super) fn unpacked(bundle: &[u8], hold: Hold<'_>) -> Result<Stored, Refused> {
    let mut stored = Stored::default();
    unpack_files(bundle, &Limits::default(), &mut |path, bytes| {
        stored.take(path, bytes, hold)?;
        Ok(())
    })?;
    Ok(stored)
}

/// What a bundle that is refused says of the evidence.
pub(super) fn refused(refused: Refused) -> Vec<Damage> {
    vec![Damage::Archive(refused)]
}

/// The file, and one byte more than allowed where it is larger.
fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A pipe would be waited for.
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

    /// Reads what lies in a folder. An error ends the walk; what is merely wrong is kept and told with the rest.
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
                // One byte more than allowed, where it is larger.
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
