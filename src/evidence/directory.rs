//! Writing an evidence directory: aside, then moved into place whole, so that nothing half written is ever found.
//!
//! Must not know what the files hold.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use thiserror::Error;

use super::archive::{Files, Format, Limits, Refused, pack_files};
use super::dsse::{Envelope, lines};
use super::manifest::{Entry, Link, Manifest, NAME, SCHEMA, Sum};
use super::path::is_below;
use super::paths;

/// Why evidence could not be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The disk or the file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The path.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The output directory holds something that Attestry did not write.
    #[error("{0} is not empty and holds no {NAME}: it is not an output directory of Attestry, and is left alone")]
    Foreign(PathBuf),
    /// A path that would leave the directory.
    #[error("`{0}` is no path below the output directory")]
    Path(String),
    /// The files make no bundle.
    #[error("{path}: {reason}")]
    Refused {
        /// The bundle.
        path: PathBuf,
        /// Why.
        reason: Refused,
    },
}

/// An evidence directory that is being written.
#[derive(Debug)]
pub struct Directory {
    aside: tempfile::TempDir,
    target: PathBuf,
    entries: Mutex<Vec<Entry>>,
}

impl Directory {
    /// Starts a directory that will stand at `target`.
    ///
    /// # Errors
    /// When the target is something else than an earlier output, or nothing can be written beside it.
    pub fn begin(target: &Path) -> Result<Self, WriteError> {
        let target = std::path::absolute(target).map_err(at(target))?;
        let parent = target.parent().ok_or_else(|| WriteError::Path(target.display().to_string()))?;
        if target.exists() && !is_sealed(&target) {
            let mut entries = std::fs::read_dir(&target).map_err(at(&target))?;
            if entries.next().is_some() {
                return Err(WriteError::Foreign(target));
            }
        }
        std::fs::create_dir_all(parent).map_err(at(parent))?;
        let aside = tempfile::Builder::new().prefix(".attestry-").tempdir_in(parent).map_err(at(parent))?;
        Ok(Self { aside, target, entries: Mutex::default() })
    }

    /// Has one file written to disk, and digested on the way. The path is relative and uses `/`.
    ///
    /// # Errors
    /// When the path leaves the directory or the file cannot be written.
    pub fn write(&self, path: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), WriteError> {
        if !is_below(path) {
            return Err(WriteError::Path(path.to_owned()));
        }
        let full = self.aside.path().join(path);
        if let Some(parent) = full.parent() {
            std::fs::create_dir_all(parent).map_err(at(parent))?;
        }
        let written = || {
            let summed = Summed { file: File::create(&full)?, sum: Sum::default() };
            let mut out = BufWriter::with_capacity(BUFFER, summed);
            write(&mut out)?;
            Ok(out.into_inner()?.sum)
        };
        let sum = written().map_err(at(&full))?;
        self.enter(sum.entry(path));
        Ok(())
    }

    /// Writes one file that is in memory.
    ///
    /// # Errors
    /// As [`Directory::write`].
    pub fn add(&self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        self.write(path, |out| out.write_all(bytes))
    }

    fn enter(&self, entry: Entry) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// Where a path of the evidence is until it is moved into place.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.aside.path().join(path)
    }

    /// Takes in the files that somebody else wrote below a path of the evidence.
    ///
    /// # Errors
    /// When one of them cannot be read, or is none.
    pub fn adopt(&self, path: &str) -> Result<(), WriteError> {
        let full = self.path(path);
        for entry in std::fs::read_dir(&full).map_err(at(&full))? {
            let entry = entry.map_err(at(&full))?;
            let path = format!("{path}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(at(&full))?.is_dir() {
                self.adopt(&path)?;
            } else if is_below(&path) {
                let mut sum = Sum::default();
                let file = File::open(entry.path());
                file.and_then(|mut file| io::copy(&mut file, &mut sum)).map_err(at(&entry.path()))?;
                self.enter(sum.entry(&path));
            } else {
                return Err(WriteError::Path(path));
            }
        }
        Ok(())
    }

    /// Writes the manifest: from here on no file is added that it does not name, apart from signatures over it.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn seal(self, link: Link) -> Result<Sealed, WriteError> {
        let mut files = self.entries.into_inner().unwrap_or_else(PoisonError::into_inner);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest = Manifest { schema: SCHEMA.to_owned(), link, files };
        let path = self.aside.path().join(NAME);
        let bytes = manifest.write().map_err(|error| WriteError::Io { path: path.clone(), source: error.into() })?;
        std::fs::write(&path, &bytes).map_err(at(&path))?;
        let digest = super::digest(&bytes);
        Ok(Sealed { aside: self.aside, target: self.target, files: manifest.files, manifest: bytes, digest })
    }
}

/// Bytes that are written at once.
const BUFFER: usize = 1 << 16;

/// A file and the sum of what was written into it.
struct Summed {
    file: File,
    sum: Sum,
}

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sum.add(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// An evidence directory that is whole, and not yet in its place.
#[derive(Debug)]
pub struct Sealed {
    aside: tempfile::TempDir,
    target: PathBuf,
    /// The files of the manifest.
    pub files: Vec<Entry>,
    /// The manifest.
    pub manifest: Vec<u8>,
    /// SHA-256 of the manifest.
    pub digest: String,
}

impl Sealed {
    /// Adds signed statements, one a line.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn attest(&self, envelopes: &[Envelope]) -> Result<(), WriteError> {
        let path = self.aside.path().join(paths::ATTESTATIONS);
        std::fs::write(&path, lines(envelopes)).map_err(at(&path))
    }

    /// Adds what a time-stamping authority was asked about the manifest, and what it answered.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn stamp(&self, query: &[u8], answer: &[u8]) -> Result<(), WriteError> {
        for (name, bytes) in [(paths::QUERY, query), (paths::ANSWER, answer)] {
            let path = self.aside.path().join(name);
            std::fs::write(&path, bytes).map_err(at(&path))?;
        }
        Ok(())
    }

    /// All files, sorted by path.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let beside = [NAME, paths::ATTESTATIONS, paths::QUERY, paths::ANSWER].into_iter();
        let beside = beside.filter(|path| self.aside.path().join(path).is_file()).map(str::to_owned);
        let mut all: Vec<String> = self.files.iter().map(|entry| entry.path.clone()).chain(beside).collect();
        all.sort();
        all
    }

    /// Moves the directory into place.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn finish(self) -> Result<(), WriteError> {
        // The temporary directory is private to its owner; evidence gets the permissions that a new directory has.
        let readable = std::fs::metadata(self.target.parent().unwrap_or(Path::new("/")));
        if let Ok(parent) = readable {
            let _ = std::fs::set_permissions(self.aside.path(), parent.permissions());
        }
        let aside = self.aside.keep();
        let moved = replace(&aside, &self.target);
        if moved.is_err() {
            let _ = std::fs::remove_dir_all(&aside);
        }
        moved
    }
}

/// Whether the directory holds evidence.
#[must_use]
pub fn is_sealed(directory: &Path) -> bool {
    directory.join(NAME).is_file()
}

/// Packs files into a bundle, aside and then moved into place.
///
/// # Errors
/// When a file is refused, the path is a directory or the disk or file system refuses.
pub fn write_bundle(target: &Path, format: Format, files: Files<'_, '_>) -> Result<(), WriteError> {
    let target = std::path::absolute(target).map_err(at(target))?;
    let parent = target.parent().ok_or_else(|| WriteError::Path(target.display().to_string()))?;
    std::fs::create_dir_all(parent).map_err(at(parent))?;
    let aside = tempfile::Builder::new().prefix(".attestry-").tempfile_in(parent).map_err(at(parent))?;
    pack_files(files, format, &Limits::default(), &mut aside.as_file())
        .map_err(|reason| WriteError::Refused { path: target.clone(), reason })?;
    aside.as_file().sync_all().map_err(at(&target))?;
    #[cfg(unix)]
    {
        // The temporary file is private to its owner; a bundle gets the permissions of an ordinary file.
        use std::os::unix::fs::PermissionsExt;
        let _ = aside.as_file().set_permissions(std::fs::Permissions::from_mode(0o644));
    }
    aside.persist(&target).map_err(|error| at(&target)(error.error))?;
    Ok(())
}

/// Moves the new directory to the target; an earlier output is moved away first and removed last.
fn replace(aside: &Path, target: &Path) -> Result<(), WriteError> {
    if !target.exists() {
        return std::fs::rename(aside, target).map_err(at(target));
    }
    let mut old = aside.as_os_str().to_owned();
    old.push("-old");
    let old = PathBuf::from(old);
    std::fs::rename(target, &old).map_err(at(target))?;
    if let Err(error) = std::fs::rename(aside, target) {
        let _ = std::fs::rename(&old, target);
        return Err(at(target)(error));
    }
    std::fs::remove_dir_all(&old).map_err(at(&old))
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> WriteError + '_ {
    move |source| WriteError::Io { path: path.to_owned(), source }
}
