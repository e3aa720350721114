//! Places that evidence is written to: claimed by one run at a time, filled aside, and exchanged whole.
//!
//! Nothing is replaced or removed there but what a run provably left ([`own`]). Must not know what the files mean.

mod claim;
mod own;
mod system;

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub(super) use claim::{Claim, What};

use super::archive::Refused;

/// Whether a path is that of a report. Evidence does not know which reports there are.
pub type IsReport = fn(&str) -> bool;

/// Why evidence could not be written.
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
    /// The place holds something that no run is known to have left.
    #[error("{path}: {found}; it is left alone")]
    Foreign {
        /// The place.
        path: PathBuf,
        /// What is there.
        found: String,
    },
    /// Another run writes to the same place now.
    #[error("{0}: another run writes there now")]
    Busy(PathBuf),
    /// Evidence that is whole could not be moved to its place, and is kept beside it.
    #[error("{why}; what this run found is in {kept}")]
    Beside {
        /// Where it is.
        kept: PathBuf,
        /// Why it is not where it should be.
        why: String,
    },
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

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError + '_ {
    move |source| WriteError::Io { path: path.to_owned(), source }
}
