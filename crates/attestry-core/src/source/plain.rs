//! Reads plain files. Each read has a limit of bytes. A read below a root directory reads no file outside of this root.
//!
//! A read of a pipe could wait for ever, a device can have no end, and a link can lead to any place on the disk. The
//! checks apply to the opened file, because the path can lead to another file a moment later. This module must not know
//! the content of a file.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

/// The reason why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// The path is a directory, a pipe, a socket or a device.
    #[error("this is no plain file")]
    NotPlain,
    /// The path, or a link in it, leads outside of the root.
    #[error("it lies, or a link leads, outside of the directory that holds suites and policies")]
    Outside,
    /// The file is longer than the limit of the caller.
    #[error("larger than {}", size(*.0))]
    TooLarge(u64),
    /// A folder holds more files than the limit of the caller.
    #[error("more than {0} files in one folder")]
    TooMany(usize),
    /// The operating system returned an error.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Unread {
    /// Whether the file does not exist.
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

/// The flags for every open call. With these flags, the call does not wait for a program at the other end of a pipe.
const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// Reads a plain file that a user named on the command line. Links are followed.
///
/// # Errors
/// See [`Unread`].
pub fn read_plain(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    let opened = openat(CWD, path, READ, Mode::empty()).map_err(io::Error::from)?;
    read(opened, most)
}

/// Reads a plain file below a directory. A link is followed only to a place below the same directory.
///
/// # Errors
/// See [`Unread`].
pub fn read_below(root: &Path, path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    let (root, real) = real(root, path)?;
    let below = real.strip_prefix(&root).map_err(|_| Unread::Outside)?;
    // The resolved path has no links. If a folder or file of the path is replaced by a link now, the open call fails.
    let folder = READ.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW);
    let mut opened = openat(CWD, &root, folder, Mode::empty()).map_err(io::Error::from)?;
    let mut parts = below.components().peekable();
    while let Some(part) = parts.next() {
        let flags = if parts.peek().is_some() { folder } else { READ.union(OFlags::NOFOLLOW) };
        opened = openat(&opened, part.as_os_str(), flags, Mode::empty()).map_err(io::Error::from)?;
    }
    read(opened, most)
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The name.
    pub name: OsString,
    /// Whether the entry is a folder. It is `false` for a link to a folder.
    pub is_folder: bool,
}

/// Returns the path of a folder below a directory, with all links resolved.
///
/// # Errors
/// See [`Unread`].
pub fn folder_below(root: &Path, folder: &Path) -> Result<PathBuf, Unread> {
    real(root, folder).map(|(_, real)| real)
}

/// Returns the entries of a folder below a directory, in order.
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

/// Resolves the links of a directory and of a path below it.
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

/// Reads the rest of an open file into a buffer of the caller.
///
/// # Errors
/// See [`Unread`].
pub fn read_within(file: &mut File, most: u64, into: &mut Vec<u8>) -> Result<(), Unread> {
    // The limit applies to the bytes that are read, because a file can grow during the read, and files in /proc have no
    // size.
    let read = file.take(most.saturating_add(1)).read_to_end(into)?;
    if u64::try_from(read).is_ok_and(|read| read > most) { Err(Unread::TooLarge(most)) } else { Ok(()) }
}

/// Opens a plain file that Attestry wrote, to read it and to append to it. A link is refused, because Attestry creates
/// none.
///
/// # Errors
/// See [`Unread`].
pub fn open_own(path: &Path) -> Result<File, Unread> {
    // With both access modes, the open call does not wait for the other end of a pipe.
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    match openat(CWD, path, flags, Mode::empty()) {
        Ok(opened) => plain(opened),
        // A link, a folder or a socket.
        Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO) => Err(Unread::NotPlain),
        Err(error) => Err(Unread::Io(error.into())),
    }
}
