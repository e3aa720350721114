//! Reading plain files: nothing but files, no more of one than a limit, and below a root nothing that lies outside of it.
//!
//! A pipe would be waited for, a device may have no end, and a link may lead anywhere on the reader's disk. What was opened
//! is looked at, not what the name stood for a moment before. Must not know what is in a file.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// It is a directory, a pipe, a socket or a device.
    #[error("this is no plain file")]
    NotPlain,
    /// It lies, or a link of its path leads, outside of the root.
    #[error("it lies, or a link leads, outside of the directory that holds suites and policies")]
    Outside,
    /// It is longer than whoever reads it allows.
    #[error("larger than {}", size(*.0))]
    TooLarge(u64),
    /// A folder holds more than whoever lists it allows.
    #[error("more than {0} files in one folder")]
    TooMany(usize),
    /// The system does not let us.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Unread {
    /// Whether there is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        mebibytes if mebibytes > 0 && mebibytes << 20 == bytes => format!("{mebibytes} MiB"),
        _ => format!("{bytes} bytes"),
    }
}

/// How everything is opened: without waiting for somebody at the other end.
const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// The bytes of a plain file that somebody named on the command line; links are followed.
///
/// # Errors
/// See [`Unread`].
pub fn read_plain(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    let opened = openat(CWD, path, READ, Mode::empty()).map_err(io::Error::from)?;
    read(opened, most)
}

/// The bytes of a plain file below a directory. A link may lead to another place below it and to nowhere else.
///
/// # Errors
/// See [`Unread`].
pub fn read_below(root: &Path, path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    let (root, real) = real(root, path)?;
    let below = real.strip_prefix(&root).map_err(|_| Unread::Outside)?;
    // The links are resolved; one that takes the place of a folder or file from now on is refused.
    let folder = READ.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW);
    let mut opened = openat(CWD, &root, folder, Mode::empty()).map_err(io::Error::from)?;
    let mut parts = below.components().peekable();
    while let Some(part) = parts.next() {
        let flags = if parts.peek().is_some() { folder } else { READ.union(OFlags::NOFOLLOW) };
        opened = openat(&opened, part.as_os_str(), flags, Mode::empty()).map_err(io::Error::from)?;
    }
    read(opened, most)
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its name.
    pub name: OsString,
    /// Whether it is a folder, and no link to one.
    pub is_folder: bool,
}

/// Where a folder below a directory really lies.
///
/// # Errors
/// See [`Unread`].
pub fn folder_below(root: &Path, folder: &Path) -> Result<PathBuf, Unread> {
    real(root, folder).map(|(_, real)| real)
}

/// What lies in a folder below a directory, in order.
///
/// # Errors
/// See [`Unread`].
pub fn list_below(root: &Path, folder: &Path, most: usize) -> Result<Vec<Listed>, Unread> {
    let (_, real) = real(root, folder)?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(real)? {
        let entry = entry?;
        if found.len() >= most {
            return Err(Unread::TooMany(most));
        }
        found.push(Listed { name: entry.file_name(), is_folder: entry.file_type()?.is_dir() });
    }
    found.sort();
    Ok(found)
}

/// A directory, and a path below it, without links.
fn real(root: &Path, path: &Path) -> Result<(PathBuf, PathBuf), Unread> {
    if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(Unread::Outside);
    }
    let root = std::fs::canonicalize(if root == Path::new("") { Path::new(".") } else { root })?;
    let real = std::fs::canonicalize(root.join(path))?;
    if real.starts_with(&root) { Ok((root, real)) } else { Err(Unread::Outside) }
}

fn read(opened: OwnedFd, most: u64) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    read_within(&mut plain(opened)?, most, &mut bytes)?;
    Ok(bytes)
}

fn plain(opened: OwnedFd) -> Result<File, Unread> {
    let file = File::from(opened);
    if file.metadata()?.is_file() { Ok(file) } else { Err(Unread::NotPlain) }
}

/// The rest of an open file, in memory of the caller's.
///
/// # Errors
/// See [`Unread`].
pub fn read_within(file: &mut File, most: u64, into: &mut Vec<u8>) -> Result<(), Unread> {
    // A file may grow while it is read, and those of /proc have no size at all.
    let read = file.take(most.saturating_add(1)).read_to_end(into)?;
    if u64::try_from(read).is_ok_and(|read| read > most) { Err(Unread::TooLarge(most)) } else { Ok(()) }
}

/// Opens a plain file that we wrote, to read it and to write on at its end. A link is nothing that we wrote.
///
/// # Errors
/// See [`Unread`].
pub fn open_own(path: &Path) -> Result<File, Unread> {
    // Opened for both, a pipe that stands there is waited for by nobody.
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    match openat(CWD, path, flags, Mode::empty()) {
        Ok(opened) => plain(opened),
        // A link, a folder, a socket.
        Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO) => Err(Unread::NotPlain),
        Err(error) => Err(Unread::Io(error.into())),
    }
}
