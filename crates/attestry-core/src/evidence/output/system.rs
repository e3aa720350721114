//! Operations that the standard library does not have: the exchange of two names in one step, and the opening and
//! removal of files without following a link.
//!
//! This module must not know the meaning of the files.

use std::fs::File;
use std::io;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, open, openat, renameat_with, unlinkat};

/// Exchanges two names of one file system. At every moment, each name means one of the two files.
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

/// Renames a file or folder to a name that is free.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(error) if is_missing(&error.into()) => {
            if from.is_dir() {
                // This can replace only an empty folder, and an empty folder has no data to lose.
                return std::fs::rename(from, to);
            }
            std::fs::hard_link(from, to)?;
            std::fs::remove_file(from)
        }
        other => Ok(other?),
    }
}

/// Whether the error means that the file system does not have the operation.
pub(super) fn is_missing(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let missing = [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP];
    missing.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Opens a plain file for reading. It follows no link and does not wait for a pipe.
pub(super) fn open_plain(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no plain file")) }
}

/// Opens the file of a lock. The file is created if it does not exist.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(open(path, flags, Mode::RUSR | Mode::WUSR)?))
}

/// Removes the file or the empty folder `below` a folder. A link in the path is not followed.
pub(super) fn remove(root: &Path, below: &Path, is_folder: bool) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut folder = open(root, flags, Mode::empty())?;
    let Some(name) = below.file_name() else { return Err(io::Error::other("it has no name")) };
    for part in below.parent().unwrap_or(Path::new("")).components() {
        let Component::Normal(part) = part else { return Err(io::Error::other("it leaves its folder")) };
        folder = openat(&folder, part, flags, Mode::empty())?;
    }
    let flags = if is_folder { AtFlags::REMOVEDIR } else { AtFlags::empty() };
    Ok(unlinkat(&folder, name, flags)?)
}
