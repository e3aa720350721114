//! Writing an evidence directory: aside, then moved into place whole, so that nothing half written is ever found.
//!
//! Must not know what the files hold.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::archive::{File as Packed, Files, Format, Limits, pack_files};
use super::dsse::{Envelope, lines};
use super::manifest::{Entry, Link, Manifest, NAME, SCHEMA, Sum};
use super::output::{Claim, IsReport, What, WriteError, at};
use super::path::is_below;
use super::paths;

/// An evidence directory that is being written.
#[derive(Debug)]
pub struct Directory {
    claim: Claim,
    aside: PathBuf,
    entries: Mutex<Vec<Entry>>,
}

impl Directory {
    /// Starts a directory that will stand at `target`. Until it does, no other run writes there.
    ///
    /// # Errors
    /// When the target is something else than an earlier output, another run writes there, or nothing can be written
    /// beside it.
    pub fn begin(target: &Path, is_report: IsReport) -> Result<Self, WriteError> {
        let claim = Claim::take(target, What::Folder, is_report)?;
        Ok(Self { aside: claim.writing(), claim, entries: Mutex::default() })
    }

    /// Has one file written to disk, and digested on the way. The path is relative and uses `/`.
    ///
    /// # Errors
    /// When the path leaves the directory or the file cannot be written.
    pub fn write(&self, path: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), WriteError> {
        if !is_below(path) {
            return Err(WriteError::Path(path.to_owned()));
        }
        let full = self.aside.join(path);
        if let Some(parent) = full.parent() {
            std::fs::create_dir_all(parent).map_err(at(parent))?;
        }
        let written = || {
            let summed = Summed { file: File::create(&full)?, sum: Sum::default() };
            let mut out = BufWriter::with_capacity(BUFFER, summed);
            write(&mut out)?;
            Ok(out.into_inner()?.sum)
        };
        let sum = written().map_err(at(&self.claim.target().join(path)))?;
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
        self.aside.join(path)
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
        let path = self.aside.join(NAME);
        let bytes = manifest.write().map_err(|error| WriteError::Io { path: path.clone(), source: error.into() })?;
        std::fs::write(&path, &bytes).map_err(at(&path))?;
        let digest = super::digest(&bytes);
        Ok(Sealed {
            claim: self.claim,
            aside: self.aside,
            run: manifest.link.run,
            files: manifest.files,
            manifest: bytes,
            digest,
        })
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
    pub(super) claim: Claim,
    aside: PathBuf,
    run: String,
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
        let path = self.aside.join(paths::ATTESTATIONS);
        std::fs::write(&path, lines(envelopes)).map_err(at(&path))
    }

    /// Adds what a time-stamping authority was asked about the manifest, and what it answered.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn stamp(&self, query: &[u8], answer: &[u8]) -> Result<(), WriteError> {
        for (name, bytes) in [(paths::QUERY, query), (paths::ANSWER, answer)] {
            let path = self.aside.join(name);
            std::fs::write(&path, bytes).map_err(at(&path))?;
        }
        Ok(())
    }

    /// All files, sorted by path.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let beside = [NAME, paths::ATTESTATIONS, paths::QUERY, paths::ANSWER].into_iter();
        let beside = beside.filter(|path| self.aside.join(path).is_file()).map(str::to_owned);
        let mut all: Vec<String> = self.files.iter().map(|entry| entry.path.clone()).chain(beside).collect();
        all.sort();
        all
    }

    /// Packs all files into a bundle, before anybody else can come to them.
    ///
    /// # Errors
    /// As [`Bundle::pack`].
    pub fn pack(&self, bundle: &Bundle) -> Result<(), WriteError> {
        bundle.pack(&mut self.paths().iter().map(|path| Packed::open(&self.aside, path)))
    }

    /// Moves the directory into place.
    ///
    /// # Errors
    /// When it cannot be moved. It is kept beside its place then.
    pub fn finish(self) -> Result<(), WriteError> {
        self.claim.publish(Some(&self.run))
    }
}

/// Whether the directory holds evidence.
#[must_use]
pub fn is_sealed(directory: &Path) -> bool {
    directory.join(NAME).is_file()
}

/// A bundle that is being written.
#[derive(Debug)]
pub struct Bundle {
    claim: Claim,
    format: Format,
}

impl Bundle {
    /// Starts a bundle that will stand at `target`. Until it does, no other run writes there.
    ///
    /// # Errors
    /// As [`Directory::begin`].
    pub fn begin(target: &Path, format: Format, is_report: IsReport) -> Result<Self, WriteError> {
        Ok(Self { claim: Claim::take(target, What::Bundle, is_report)?, format })
    }

    /// Packs files into it.
    ///
    /// # Errors
    /// When a file is refused, or the disk or file system refuses.
    pub fn pack(&self, files: Files<'_, '_>) -> Result<(), WriteError> {
        let (target, path) = (self.claim.target(), self.claim.writing());
        let mut file = File::create_new(path).map_err(at(target))?;
        pack_files(files, self.format, &Limits::default(), &mut file)
            .map_err(|reason| WriteError::Refused { path: target.to_owned(), reason })?;
        file.sync_all().map_err(at(target))
    }

    /// Moves it into place.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn finish(self) -> Result<(), WriteError> {
        self.claim.publish(None)
    }
}
