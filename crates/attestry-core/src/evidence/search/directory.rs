//! The evidence below a directory. Links are not followed.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::super::{Format, Series, glance, is_sealed};
use super::{Inventory, Location, StoredBundle};

/// The largest number of directory entries that are read.
const MOST: usize = 200_000;
/// The largest depth of nested folders.
const DEPTH: usize = 24;

/// A directory that cannot be listed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct Unlistable {
    path: PathBuf,
    reason: String,
}

impl Unlistable {
    fn new(path: &Path, reason: &dyn Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// Lists the bundles and output directories below a directory.
///
/// # Errors
/// A directory cannot be read, or there are too many files.
pub fn in_directory(root: &Path) -> Result<Inventory, Unlistable> {
    let mut found = Inventory::default();
    let mut folders = vec![(root.to_owned(), 0)];
    let mut left = MOST;
    while let Some((folder, depth)) = folders.pop() {
        if is_sealed(&folder) {
            found.add_path(folder);
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(|error| Unlistable::new(&folder, &error))? {
            let entry = entry.map_err(|error| Unlistable::new(&folder, &error))?;
            let too_many = || Unlistable::new(root, &format!("more than {MOST} files"));
            left = left.checked_sub(1).ok_or_else(too_many)?;
            let kind = entry.file_type().map_err(|error| Unlistable::new(&entry.path(), &error))?;
            if kind.is_dir() && depth < DEPTH {
                folders.push((entry.path(), depth + 1));
            } else if kind.is_file() && Format::of_name(&entry.file_name().to_string_lossy()).is_some() {
                found.add_path(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

impl Inventory {
    /// Adds evidence to the series that its own record names.
    fn add_path(&mut self, path: PathBuf) {
        let name = path.display().to_string();
        match glance(&path) {
            Err(damage) => self.damaged(&name, damage),
            Ok(it) => {
                let series = Series { accounts: it.accounts, suite: it.link.suite, stage: it.link.stage };
                let bundle = StoredBundle { name, started: it.started, location: Location::Path(path) };
                self.series.entry(series).or_default().push(bundle);
            }
        }
    }
}
