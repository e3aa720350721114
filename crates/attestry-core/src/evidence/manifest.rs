//! The manifest: path, size and SHA-256 digest of every file of evidence, and which evidence came before.
//!
//! It is written in the one form of canonical JSON, so that its own digest stands for all. Must not know what the files
//! hold.

use std::io::{self, Write};

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::canonical;

/// Name of the manifest in the directory.
pub(super) const NAME: &str = "manifest.json";

/// The schema that this version writes and reads.
pub(super) const SCHEMA: &str = "attestry.manifest/2";

/// The files of an evidence directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `attestry.manifest/2`.
    pub schema: String,
    /// Which run it is of.
    pub link: Link,
    /// One entry a file, ordered by path.
    pub files: Vec<Entry>,
}

impl Manifest {
    /// The manifest in its one form.
    ///
    /// # Errors
    /// Never in practice: the error is the serializer's.
    pub fn write(&self) -> serde_json::Result<Vec<u8>> {
        canonical::write(self)
    }
}

/// Which run evidence is of, and which came before: runs of one suite and stage are a chain, so that one that is missing
/// shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Id of the run.
    pub run: String,
    /// Id of the suite.
    pub suite: String,
    /// The stage.
    pub stage: String,
    /// 1 for the first of a chain.
    pub sequence: u64,
    /// The one before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
}

/// The evidence that came before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Id of its run.
    pub run: String,
    /// SHA-256 of its manifest, hexadecimal.
    pub manifest: String,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Path below the directory, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

impl Entry {
    pub(super) fn of(path: &str, bytes: &[u8]) -> Self {
        let mut sum = Sum::default();
        sum.add(bytes);
        sum.entry(path)
    }
}

/// Size and digest of bytes that come piece by piece.
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

    /// SHA-256 of all bytes.
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

/// SHA-256 in hexadecimal. By the library that is fast in every build: the program itself is digested in each run.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let mut sum = Sum::default();
    sum.add(bytes);
    sum.hexadecimal()
}
