//! The places of evidence: one run at a time claims a place, writes beside it, and exchanges the complete result.
//!
//! Only content that provably comes from a run is replaced or removed there ([`own`]). This module must not know the
//! meaning of the files.

mod claim;
mod own;
mod system;

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub(super) use claim::{Claim, What};

use super::archive::Refused;

/// Whether a path is the path of a report. The module `output` must not know which reports there are.
pub type IsReport = fn(&str) -> bool;

/// The reason why evidence could not be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The disk or the file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The path.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The content of the place may not come from a run.
    #[error("{path}: {found}; it is left alone")]
    Foreign {
        /// The place.
        path: PathBuf,
        /// The content.
        found: String,
    },
    /// Another run writes to the same place now.
    #[error("{0}: another run writes there now")]
    Busy(PathBuf),
    /// Complete evidence could not be moved to its place. It is kept beside the place.
    #[error("{why}; what this run found is in {kept}")]
    Beside {
        /// The path of the evidence.
        kept: PathBuf,
        /// The reason why it is not in its place.
        why: String,
    },
    /// A path that would leave the directory.
    #[error("`{0}` is no path below the output directory")]
    Path(String),
    /// The files cannot be packed into a bundle.
    #[error("{path}: {reason}")]
    Refused {
        /// The bundle.
        path: PathBuf,
        /// The reason.
        reason: Refused,
    },
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError + '_ {
    move |source| WriteError::Io { path: path.to_owned(), source }
}
