//! Writing an evidence directory: aside, then moved into place whole, so that nothing half written is ever found.
//!
//! Must not know what the files hold.

use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use super::manifest::{Entry, Manifest, NAME, SCHEMA};

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
}

/// An evidence directory that is being written.
#[derive(Debug)]
pub struct Directory {
    aside: tempfile::TempDir,
    target: PathBuf,
    entries: Vec<Entry>,
}

impl Directory {
    /// Starts a directory that will stand at `target`.
    ///
    /// # Errors
    /// When the target is something else than an earlier output, or nothing can be written beside it.
    pub fn begin(target: &Path) -> Result<Self, WriteError> {
        let target = std::path::absolute(target).map_err(at(target))?;
        let parent = target.parent().ok_or_else(|| WriteError::Path(target.display().to_string()))?;
        if target.exists() && !target.join(NAME).is_file() {
            let mut entries = std::fs::read_dir(&target).map_err(at(&target))?;
            if entries.next().is_some() {
                return Err(WriteError::Foreign(target));
            }
        }
        std::fs::create_dir_all(parent).map_err(at(parent))?;
        let aside = tempfile::Builder::new().prefix(".attestry-").tempdir_in(parent).map_err(at(parent))?;
        Ok(Self { aside, target, entries: Vec::new() })
    }

    /// Writes one file. The path is relative and uses `/`.
    ///
    /// # Errors
    /// When the path leaves the directory or the file cannot be written.
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        if !is_below(path) {
            return Err(WriteError::Path(path.to_owned()));
        }
        let full = self.aside.path().join(path);
        if let Some(parent) = full.parent() {
            std::fs::create_dir_all(parent).map_err(at(parent))?;
        }
        std::fs::write(&full, bytes).map_err(at(&full))?;
        self.entries.push(Entry::of(path, bytes));
        Ok(())
    }

    /// Writes the manifest and moves the directory into place. Returns the digest of the manifest.
    ///
    /// # Errors
    /// When the manifest cannot be written or the directory not be moved.
    pub fn finish(mut self, run: &str) -> Result<String, WriteError> {
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest =
            Manifest { schema: SCHEMA.to_owned(), run: run.to_owned(), files: std::mem::take(&mut self.entries) };
        let mut bytes = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| WriteError::Io { path: self.aside.path().join(NAME), source: error.into() })?;
        bytes.push(b'\n');
        let path = self.aside.path().join(NAME);
        std::fs::write(&path, &bytes).map_err(at(&path))?;
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
        moved?;
        Ok(super::digest(&bytes))
    }
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

/// Whether the path stays below a directory: relative, without `..`, without anything that means something else on
/// another system.
pub(super) fn is_below(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', '\0', ':'])
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> WriteError + '_ {
    move |source| WriteError::Io { path: path.to_owned(), source }
}
