//! A place that one run has claimed. The run locks the place, writes into a folder beside it, and exchanges the result
//! with the old content in one step.
//!
//! During a run, the folder `.attestry-out` is beside a place `out`. In the code, this folder is the desk. It holds the
//! lock, the files that are being written (`writing`), and the content that is moved into the place or was just moved
//! out of it (`new`; `old` if names cannot be exchanged). The lock ends with the run. So the next run recognises the
//! files of a run that died, completes the work of that run and removes these files. This module must not know the
//! meaning of the files.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::own::{self, FolderContent};
use super::{IsReport, WriteError, at, system};

const LOCK: &str = "lock";
const WRITING: &str = "writing";
const NEW: &str = "new";
const OLD: &str = "old";

/// The number of bytes that a name may have on every file system.
const LONGEST_NAME: usize = 255;

/// The number of attempts to take a lock, because its owner may remove the lock at the same moment.
const TRIES: usize = 16;

/// The type of content at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evidence) enum What {
    /// An output directory.
    Folder,
    /// A bundle in one file.
    Bundle,
}

/// A claimed place. No other run writes there while this value exists.
#[derive(Debug)]
pub(in crate::evidence) struct Claim {
    target: PathBuf,
    desk: PathBuf,
    what: What,
    is_report: IsReport,
    /// The lock. It is only held and never read.
    _lock: File,
    /// Whether the desk may hold files of another owner, or files that must be kept there.
    keeps: bool,
}

impl Claim {
    /// Claims a place, and completes the work of a run that died there.
    ///
    /// # Errors
    /// Fails if another run uses the path, if its content is possibly not from a run, or if the folder of the path is
    /// not writable.
    pub(in crate::evidence) fn take(target: &Path, what: What, is_report: IsReport) -> Result<Self, WriteError> {
        let full = std::path::absolute(target).map_err(at(target))?;
        let (Some(parent), Some(name)) = (full.parent(), full.file_name()) else {
            return Err(WriteError::Path(target.display().to_string()));
        };
        fs::create_dir_all(parent).map_err(at(parent))?;
        // Links in the path are followed once, here.
        let parent = fs::canonicalize(parent).map_err(at(parent))?;
        let mut beside = OsString::from(".attestry-");
        beside.push(name);
        if beside.len() > LONGEST_NAME {
            beside = format!(".attestry-{}", crate::evidence::digest(name.as_encoded_bytes())).into();
        }
        let (target, desk) = (parent.join(name), parent.join(beside));
        let lock = lock(&desk, &target)?;
        // As long as the owner of the files is unknown, no file is removed.
        let mut claim = Self { target, desk, what, is_report, _lock: lock, keeps: true };
        claim.recover()?;
        claim.keeps = false;
        claim.judge(&claim.target)?;
        if what == What::Folder {
            fs::create_dir(claim.writing()).map_err(at(&claim.target))?;
        }
        Ok(claim)
    }

    /// Returns the place.
    pub(in crate::evidence) fn target(&self) -> &Path {
        &self.target
    }

    /// Returns the path where the content is written.
    pub(in crate::evidence) fn writing(&self) -> PathBuf {
        self.desk.join(WRITING)
    }

    /// Moves the new content into the place. The old content is checked again and removed file by file.
    ///
    /// # Errors
    /// Fails if the content could not be moved to its place. With `keep_as`, the content is then beside the place, and
    /// its name has this ending.
    pub(in crate::evidence) fn publish(self, keep_as: Option<&str>) -> Result<(), WriteError> {
        self.publish_by(&system::exchange, keep_as)
    }

    fn publish_by(mut self, exchange: &Exchange<'_>, keep_as: Option<&str>) -> Result<(), WriteError> {
        let new = self.desk.join(NEW);
        fs::rename(self.writing(), &new).map_err(at(&self.target))?;
        let placed = self.place(&new, exchange);
        let (Err(why), Some(ending), true) = (&placed, keep_as, new.exists() && !self.keeps) else { return placed };
        let mut name = self.target.clone().into_os_string();
        name.push(format!("-{ending}"));
        let mut kept = PathBuf::from(name);
        if system::rename_new(&new, &kept).is_err() {
            (kept, self.keeps) = (new, true);
        }
        let why = why.to_string();
        Err(WriteError::Beside { kept, why })
    }

    fn place(&mut self, new: &Path, exchange: &Exchange<'_>) -> Result<(), WriteError> {
        let target = self.target.clone();
        if is_missing(&target) {
            match system::rename_new(new, &target) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                moved => return moved.map_err(at(&target)),
            }
        }
        self.judge(&target)?;
        self.keeps = true;
        let old = match exchange(new, &target) {
            Ok(()) => new.to_owned(),
            Err(error) if system::is_missing(&error) => self.rename_twice(new)?,
            Err(error) => {
                self.keeps = false;
                return Err(at(&target)(error));
            }
        };
        // All files that programs put into the place before the exchange are here now, and no program looks for them
        // here.
        match self.judge(&old) {
            Ok(found) => {
                self.discard(&old, found.as_ref())?;
                self.keeps = false;
                Ok(())
            }
            Err(foreign) => {
                let back = if old == new { exchange(new, &target) } else { self.rename_back(new, &old) };
                back.map_err(at(&old))?;
                self.keeps = false;
                Err(match foreign {
                    WriteError::Foreign { found, .. } => WriteError::Foreign { path: target, found },
                    other => other,
                })
            }
        }
    }

    /// Replaces an exchange by two renames, for file systems that cannot exchange names. If the run dies between them,
    /// the next run completes the work.
    fn rename_twice(&mut self, new: &Path) -> Result<PathBuf, WriteError> {
        let old = self.desk.join(OLD);
        let moved = fs::rename(&self.target, &old)
            .and_then(|()| system::rename_new(new, &self.target).inspect_err(|_| drop(fs::rename(&old, &self.target))));
        self.keeps = moved.is_ok() || !is_missing(&old);
        moved.map(|()| old).map_err(at(&self.target))
    }

    fn rename_back(&self, new: &Path, old: &Path) -> io::Result<()> {
        fs::rename(&self.target, new).and_then(|()| fs::rename(old, &self.target))
    }

    /// Completes the work of an earlier run that died. It cannot be alive, because this run has the lock.
    fn recover(&self) -> Result<(), WriteError> {
        for entry in fs::read_dir(&self.desk).map_err(at(&self.desk))? {
            let name = entry.map_err(at(&self.desk))?.file_name();
            if ![LOCK, WRITING, NEW, OLD].iter().any(|ours| name == *ours) {
                let found = format!("{} was not written by a run", name.to_string_lossy().escape_debug());
                return Err(WriteError::Foreign { path: self.desk.clone(), found });
            }
        }
        let (new, old) = (self.desk.join(NEW), self.desk.join(OLD));
        if !is_missing(&old) && is_missing(&self.target) {
            let whole = if !is_missing(&new) && self.judge(&new).is_ok() { &new } else { &old };
            system::rename_new(whole, &self.target).map_err(at(&self.target))?;
        }
        let writing = self.writing();
        if !is_missing(&writing) {
            let foreign = |found| WriteError::Foreign { path: writing.clone(), found };
            let found = match self.what {
                What::Folder => own::begun(&writing, self.is_report).map_err(foreign)?,
                What::Bundle => FolderContent::default(),
            };
            self.remove(&writing, &found)?;
        }
        for left in [old, new] {
            self.discard(&left, self.judge(&left)?.as_ref())?;
        }
        Ok(())
    }

    /// Checks the content of the place. Returns it, if there is any.
    fn judge(&self, path: &Path) -> Result<Option<FolderContent>, WriteError> {
        let foreign = |found: String| WriteError::Foreign { path: path.to_owned(), found };
        let meta = match fs::symlink_metadata(path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(path)(error)),
        };
        let around = path.parent().and_then(|parent| fs::metadata(parent).ok());
        let found = match self.what {
            _ if meta.is_symlink() => Err("it is a link; name what it points to".to_owned()),
            What::Folder if !meta.is_dir() => Err("it is no folder".to_owned()),
            What::Folder if around.is_some_and(|around| around.dev() != meta.dev()) => {
                Err("it is a file system of its own, which cannot be replaced; name a folder in it".to_owned())
            }
            What::Folder => own::folder(path, self.is_report),
            What::Bundle if !meta.is_file() => Err("it is no plain file".to_owned()),
            What::Bundle => own::bundle(path, self.is_report).map(|()| FolderContent::default()),
        };
        found.map(Some).map_err(foreign)
    }

    /// Removes content that was proved to come from a run. If this run dies in the middle, the rest is not enough for a
    /// proof. Therefore the content is first moved to the place of unfinished work, where no proof is needed.
    fn discard(&self, path: &Path, found: Option<&FolderContent>) -> Result<(), WriteError> {
        let Some(found) = found else { return Ok(()) };
        let writing = self.writing();
        fs::rename(path, &writing).map_err(at(path))?;
        self.remove(&writing, found)
    }

    fn remove(&self, path: &Path, found: &FolderContent) -> Result<(), WriteError> {
        let removed = match self.what {
            What::Folder => found.remove(path),
            What::Bundle => fs::remove_file(path),
        };
        removed.map_err(at(path))
    }
}

type Exchange<'a> = dyn Fn(&Path, &Path) -> io::Result<()> + 'a;

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.keeps {
            for left in [WRITING, NEW] {
                let path = self.desk.join(left);
                let _ = match self.what {
                    // Files that another program put there stay, and the next run reports them.
                    What::Folder => own::begun(&path, self.is_report).map(|found| found.remove(&path)).map(drop),
                    What::Bundle => fs::remove_file(path).map_err(|error| error.to_string()),
                };
            }
        }
        // The lock is removed while it is held. A folder that is not empty stays.
        let _ = fs::remove_file(self.desk.join(LOCK));
        let _ = fs::remove_dir(&self.desk);
    }
}

fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Takes the lock of a desk. The desk and the lock are created if they do not exist.
fn lock(desk: &Path, target: &Path) -> Result<File, WriteError> {
    let path = desk.join(LOCK);
    for _ in 0..TRIES {
        match DirBuilder::new().mode(0o700).create(desk) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(at(target)(error)),
            _ => {}
        }
        if fs::symlink_metadata(desk).is_ok_and(|meta| !meta.is_dir()) {
            return Err(WriteError::Foreign { path: desk.to_owned(), found: "it is no folder of a run".to_owned() });
        }
        let file = match system::open_lock(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            opened => opened.map_err(at(target))?,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WriteError::Busy(target.to_owned())),
            Err(TryLockError::Error(error)) => return Err(at(&path)(error)),
        }
        // The owner may have ended and removed the lock after this run opened it.
        let same = |there: fs::Metadata, held: fs::Metadata| (there.dev(), there.ino()) == (held.dev(), held.ino());
        if let (Ok(there), Ok(held)) = (fs::symlink_metadata(&path), file.metadata())
            && same(there, held)
        {
            return Ok(file);
        }
    }
    Err(WriteError::Busy(target.to_owned()))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
