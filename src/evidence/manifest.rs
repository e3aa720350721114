//! The manifest: path, size and SHA-256 digest of every file of an evidence directory.
//!
//! Must not know what the files hold.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Name of the manifest in the directory.
pub(super) const NAME: &str = "manifest.json";

/// The schema that this version writes and reads.
pub(super) const SCHEMA: &str = "attestry.manifest/1";

/// The files of an evidence directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `attestry.manifest/1`.
    pub schema: String,
    /// Id of the run.
    pub run: String,
    /// One entry a file, ordered by path.
    pub files: Vec<Entry>,
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
        Self { path: path.to_owned(), size: bytes.len() as u64, sha256: digest(bytes) }
    }
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
