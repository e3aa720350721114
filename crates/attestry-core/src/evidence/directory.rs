//! Writes an evidence directory. It is written to a temporary place and moved to its own place when it is complete, so
//! a half-written directory is never found there.
//!
//! This module must not know the contents of the files.

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
    /// Begins a directory for the place `target`. Until the directory is in its place, no other run writes there.
    ///
    /// # Errors
    /// Fails if the target is no earlier output, if another run writes there, or if it is not possible to write beside
    /// the target.
    pub fn begin(target: &Path, is_report: IsReport) -> Result<Self, WriteError> {
        let claim = Claim::take(target, What::Folder, is_report)?;
        Ok(Self { aside: claim.writing(), claim, entries: Mutex::default() })
    }

    /// Writes one file to disk and computes its digest at the same time. The path is relative and uses `/`.
    ///
    /// # Errors
    /// The path leaves the directory, or the file cannot be written.
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

    /// Writes one file from memory.
    ///
    /// # Errors
    /// The errors of [`Directory::write`].
    pub fn add(&self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        self.write(path, |out| out.write_all(bytes))
    }

    fn enter(&self, entry: Entry) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// Returns the temporary place of a path of the evidence, before the directory is moved into its place.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.aside.join(path)
    }

    /// Adds the files that another part of the program wrote below a path of the evidence.
    ///
    /// # Errors
    /// A file cannot be read, or its path is not valid in evidence.
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

    /// Writes the manifest, which names all other files. After this step, only signatures and time stamps are added.
    ///
    /// # Errors
    /// The manifest cannot be written.
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

/// The size of the write buffer in bytes.
const BUFFER: usize = 1 << 16;

/// A file, with the size and digest of the bytes that were written into it.
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

/// A complete evidence directory that is not in its place yet.
#[derive(Debug)]
pub struct Sealed {
    pub(super) claim: Claim,
    aside: PathBuf,
    run: String,
    /// The files of the manifest.
    pub files: Vec<Entry>,
    /// The manifest.
    pub manifest: Vec<u8>,
    /// The SHA-256 of the manifest.
    pub digest: String,
}

impl Sealed {
    /// Adds signed statements, one on each line.
    ///
    /// # Errors
    /// The statements cannot be written.
    pub fn attest(&self, envelopes: &[Envelope]) -> Result<(), WriteError> {
        let path = self.aside.join(paths::ATTESTATIONS);
        std::fs::write(&path, lines(envelopes)).map_err(at(&path))
    }

    /// Adds the request to a time-stamping authority about the manifest, and its answer.
    ///
    /// # Errors
    /// The files cannot be written.
    pub fn stamp(&self, query: &[u8], answer: &[u8]) -> Result<(), WriteError> {
        for (name, bytes) in [(paths::QUERY, query), (paths::ANSWER, answer)] {
            let path = self.aside.join(name);
            std::fs::write(&path, bytes).map_err(at(&path))?;
        }
        Ok(())
    }

    /// Returns the paths of all files, sorted.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        let beside = [NAME, paths::ATTESTATIONS, paths::QUERY, paths::ANSWER].into_iter();
        let beside = beside.filter(|path| self.aside.join(path).is_file()).map(str::to_owned);
        let mut all: Vec<String> = self.files.iter().map(|entry| entry.path.clone()).chain(beside).collect();
        all.sort();
        all
    }

    /// Packs all files into a bundle, before other programs can reach them.
    ///
    /// # Errors
    /// The errors of [`Bundle::pack`].
    pub fn pack(&self, bundle: &Bundle) -> Result<(), WriteError> {
        bundle.pack(&mut self.paths().iter().map(|path| Packed::open(&self.aside, path)))
    }

    /// Moves the directory into its place.
    ///
    /// # Errors
    /// Fails if the directory cannot be moved. Then the directory is kept beside its place.
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
    /// Begins a bundle for the place `target`. Until the bundle is in its place, no other run writes there.
    ///
    /// # Errors
    /// The errors of [`Directory::begin`].
    pub fn begin(target: &Path, format: Format, is_report: IsReport) -> Result<Self, WriteError> {
        Ok(Self { claim: Claim::take(target, What::Bundle, is_report)?, format })
    }

    /// Packs files into the bundle.
    ///
    /// # Errors
    /// A file is refused, or the disk or the file system refuses the write.
    pub fn pack(&self, files: Files<'_, '_>) -> Result<(), WriteError> {
        let (target, path) = (self.claim.target(), self.claim.writing());
        let mut file = File::create_new(path).map_err(at(target))?;
        pack_files(files, self.format, &Limits::default(), &mut file)
            .map_err(|reason| WriteError::Refused { path: target.to_owned(), reason })?;
        file.sync_all().map_err(at(target))
    }

    /// Moves the bundle into its place.
    ///
    /// # Errors
    /// The bundle cannot be moved.
    pub fn finish(self) -> Result<(), WriteError> {
        self.claim.publish(None)
    }
}
