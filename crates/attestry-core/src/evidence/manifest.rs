//! The manifest: the path, size and SHA-256 digest of every file of evidence, and the link to the evidence before it.
//!
//! The manifest is written as canonical JSON, so its own digest identifies all files. This module must not know the
//! contents of the files.

use std::io::{self, Write};

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::canonical;

/// The name of the manifest in the directory.
pub(super) const NAME: &str = "manifest.json";

/// The schema that this version writes and reads.
pub(super) const SCHEMA: &str = "attestry.manifest/2";

/// The files of an evidence directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The schema: `attestry.manifest/2`.
    pub schema: String,
    /// The run of the evidence.
    pub link: Link,
    /// One entry for each file, ordered by path.
    pub files: Vec<Entry>,
}

impl Manifest {
    /// Returns the manifest in its canonical form.
    ///
    /// # Errors
    /// Does not fail in practice. The type of the error comes from the serializer.
    pub fn write(&self) -> serde_json::Result<Vec<u8>> {
        canonical::write(self)
    }
}

/// The run of the evidence, and the run before it. The runs of one suite and stage are a chain, so a missing run is
/// visible.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The id of the run.
    pub run: String,
    /// The id of the suite.
    pub suite: String,
    /// The stage.
    pub stage: String,
    /// The number of the run in its chain, from 1.
    pub sequence: u64,
    /// The evidence before this one. Absent for the first run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
}

/// The evidence before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// The id of its run.
    pub run: String,
    /// The hexadecimal SHA-256 of its manifest.
    pub manifest: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The path below the directory, with `/`.
    pub path: String,
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Entry {
    pub(super) fn of(path: &str, bytes: &[u8]) -> Self {
        let mut sum = Sum::default();
        sum.add(bytes);
        sum.entry(path)
    }
}

/// The size and digest of bytes that come piece by piece.
pub(super) struct Sum {
    context: Context,
    size: u64,
}

impl Sum {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.size += bytes.len() as u64;
    }

    pub(super) fn entry(self, path: &str) -> Entry {
        Entry { path: path.to_owned(), size: self.size, sha256: self.hexadecimal() }
    }

    /// Returns the SHA-256 of all bytes.
    pub(super) fn hexadecimal(self) -> String {
        self.context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Default for Sum {
    fn default() -> Self {
        Self { context: Context::new(&SHA256), size: 0 }
    }
}

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the hexadecimal SHA-256. The function uses the library that is fast in every build, because each run
/// computes the digest of the program.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let mut sum = Sum::default();
    sum.add(bytes);
    sum.hexadecimal()
}
