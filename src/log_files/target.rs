//! Writes the report to its target. An existing file is replaced only when it is empty or such a report. This module
//! must not know the contents of the report.

use std::io::{Error, Read, Result, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::files::special;
use super::report::START;

/// Checks that a report may be written there. The check runs before the sweep, and again before writing.
///
/// # Errors
/// The target is no place for a report.
pub(crate) fn check(target: &Path) -> Result<()> {
    let refuse = |why: &str| Err(Error::other(format!("{}: {why}", target.display())));
    let Ok(data) = fs::metadata(target) else {
        let is_link = fs::symlink_metadata(target).is_ok();
        return if is_link { refuse("it is a link to nothing") } else { Ok(()) };
    };
    match special(&data.file_type()) {
        Some("pipe" | "device") => return Ok(()),
        Some(what) => return refuse(&format!("it is a {what}")),
        None if data.is_dir() => return refuse("it is a directory"),
        None => {}
    }
    let mut start = Vec::new();
    fs::File::open(target)?.take(START.len() as u64).read_to_end(&mut start)?;
    if start.is_empty() || start == START.as_bytes() {
        return Ok(());
    }
    refuse("it is no report of an earlier sweep and is not overwritten")
}

/// Writes a report to a temporary file and moves it into its place. A pipe or a device is written directly.
///
/// # Errors
/// The error of the disk.
pub(crate) fn write(target: &Path, text: &str) -> Result<()> {
    if fs::metadata(target).is_ok_and(|data| special(&data.file_type()).is_some()) {
        return fs::OpenOptions::new().write(true).open(target)?.write_all(text.as_bytes());
    }
    // If the target is a link, the file to which it leads is replaced, and not the link.
    let target = fs::canonicalize(target).or_else(|_| std::path::absolute(target))?;
    let folder = target.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    let mut aside = tempfile::Builder::new();
    aside.prefix(".attestry-");
    #[cfg(unix)]
    let readable = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666);
    #[cfg(unix)]
    aside.permissions(readable);
    let mut aside = aside.tempfile_in(folder)?;
    aside.write_all(text.as_bytes())?;
    aside.persist(target)?;
    Ok(())
}
