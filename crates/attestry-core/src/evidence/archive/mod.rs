//! A bundle: all files of an evidence directory in one archive, `.tar.zst` or `.zip`.
//!
//! The same files give the same bytes: names are sorted, and times, modes and owners are fixed. The reader accepts only
//! this one form, because it writes each header again and compares it. So no other tool can read a bundle in a
//! different way. A bundle has no link, no device, no duplicate file, and no hidden bytes between or after the files.
//! This module must not know the contents of the files.

mod frames;
mod ordered_pool;
mod tar;
mod zip;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use thiserror::Error;

use super::path::{folded, is_below};

/// The files of evidence, by path.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// A file that is packed into an archive.
pub struct File<'a> {
    path: String,
    size: u64,
    bytes: Box<dyn Read + 'a>,
}

impl<'a> File<'a> {
    /// Creates a file from bytes in memory.
    #[must_use]
    pub fn held(path: &str, bytes: &'a [u8]) -> Self {
        Self { path: path.to_owned(), size: bytes.len() as u64, bytes: Box::new(bytes) }
    }

    /// Opens a file on disk, below a directory.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(root: &Path, path: &str) -> Result<Self, Refused> {
        let full = root.join(path);
        let opened = std::fs::File::open(&full).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (size, file) = opened.map_err(|error| Refused::Source(format!("{}: {error}", full.display())))?;
        Ok(Self { path: path.to_owned(), size, bytes: Box::new(file) })
    }

    /// Checks that the file had its announced size: `taken` bytes and no more.
    fn is_whole(&mut self, taken: u64) -> Result<(), Refused> {
        if taken == self.size && self.bytes.read(&mut [0])? == 0 {
            Ok(())
        } else {
            Err(Refused::Source(format!("`{}` changed while it was packed", self.path)))
        }
    }
}

/// Files that are packed into an archive.
pub type Files<'f, 'a> = &'f mut dyn Iterator<Item = Result<File<'a>, Refused>>;

/// The function that receives each file of an archive. The data of a file are not trustworthy before the whole archive
/// was read.
pub type Each<'a> = &'a mut dyn FnMut(&str, &mut dyn Read) -> Result<(), Refused>;

/// The format of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A tar file, compressed with Zstandard.
    TarZst,
    /// A zip file, for desktops.
    Zip,
}

impl Format {
    /// Every format. To add a format, add it here and in the functions below.
    pub const ALL: &[Self] = &[Self::TarZst, Self::Zip];

    /// Returns the extension of a file name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::TarZst => ".tar.zst",
            Self::Zip => ".zip",
        }
    }

    /// Returns all extensions, for messages and help texts.
    #[must_use]
    pub fn extensions() -> String {
        Self::ALL.iter().map(|format| format.extension()).collect::<Vec<_>>().join(" or ")
    }

    /// Returns the format for the extension of a file name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Self::ALL.iter().copied().find(|format| name.ends_with(format.extension()))
    }
}

/// The reason why an archive is not read or not written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The archive has neither of the formats.
    #[error("it is not a {} file", Format::extensions())]
    Format,
    /// The archive is cut off.
    #[error("it is cut off")]
    Cut,
    /// The archive is larger than the limit of a bundle.
    #[error("too large: {0}")]
    TooLarge(String),
    /// The unpacked files are too large for the size of the archive.
    #[error("it unpacks to more than {0} times its size, as bombs do")]
    Bomb(u64),
    /// A path that is not below a directory, or that means another file on another system.
    #[error("`{0}` is no path for a file of evidence")]
    Path(String),
    /// A path that occurs twice. Upper and lower case make no difference.
    #[error("`{0}` is there twice, or under two names that are one file on some systems")]
    Twice(String),
    /// A link, a device, a directory or another entry that is no file.
    #[error("`{0}` is no plain file")]
    Special(String),
    /// The files are not sorted.
    #[error("`{0}` stands at the wrong place: files are sorted by path")]
    Unsorted(String),
    /// A header or trailer does not have the form that Attestry writes.
    #[error("{0} is not as Attestry writes it")]
    Form(String),
    /// A file could not be read, or it changed.
    #[error("{0}")]
    Source(String),
    /// The compressed data are broken.
    #[error("the compressed data are broken: {0}")]
    Broken(String),
}

/// An I/O error of a stream in this module contains the reason.
impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(refused) => refused,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Self::Cut,
            Err(error) => Self::Source(error.to_string()),
        }
    }
}

/// The limits of reading.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The size of the archive in bytes.
    pub archive: u64,
    /// The size of all files together in bytes.
    pub total: u64,
    /// The number of files.
    pub files: usize,
    /// The limit for the unpacked size as a multiple of the size of the archive. It applies above [`Limits::small`]
    /// only.
    pub ratio: u64,
    /// The number of bytes to which every archive may unpack.
    pub small: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { archive: 256 << 20, total: 1 << 30, files: 20_000, ratio: 200, small: 64 << 20 }
    }
}

impl Limits {
    /// Returns the limit for the unpacked size of an archive with this size. If the ratio sets the limit, it also
    /// returns the ratio.
    fn unpacked(&self, archive: u64) -> (u64, Option<u64>) {
        let grown = archive.saturating_mul(self.ratio).max(self.small);
        (self.total.min(grown), (grown < self.total).then_some(self.ratio))
    }
}

/// Packs files in memory. The same files always give the same bytes.
///
/// # Errors
/// The files could not be read back within the limits.
pub fn pack(contents: &Contents, format: Format, limits: &Limits) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::new();
    pack_files(&mut contents.iter().map(|(path, bytes)| Ok(File::held(path, bytes))), format, limits, &mut out)?;
    Ok(out)
}

/// Packs files one after the other, so that no file needs to be in memory. The compressed data are decompressed again
/// and compared.
///
/// # Errors
/// Fails at the first file that cannot be read, or if the files could not be read back within the limits.
pub fn pack_files(files: Files<'_, '_>, format: Format, limits: &Limits, out: &mut dyn Write) -> Result<(), Refused> {
    let mut gate = Gate::new(limits, u64::MAX);
    let mut files = files.map(|file| {
        let file = file?;
        gate.admit(&file.path, file.size)?;
        Ok(file)
    });
    let mut out = Counted { out, count: 0 };
    match format {
        Format::TarZst => tar::pack(&mut files, &mut out)?,
        Format::Zip => zip::pack(&mut files, &mut out)?,
    }
    if out.count > limits.archive {
        return Err(Refused::TooLarge(format!("an archive of {} bytes", out.count)));
    }
    Gate::new(limits, out.count).grow("all files", limits.total - gate.left)
}

/// A writer that counts its bytes.
struct Counted<'o> {
    out: &'o mut dyn Write,
    count: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Unpacks an archive from an unknown source.
///
/// # Errors
/// Fails if the archive differs from the archive that [`pack`] writes for its files. Only the strength of the
/// compression may differ.
pub fn unpack(archive: &[u8], limits: &Limits) -> Result<Contents, Refused> {
    let mut contents = Contents::new();
    unpack_files(archive, limits, &mut |path, bytes| {
        // The memory grows with the real data and not with the size in a header.
        let mut held = Vec::new();
        bytes.read_to_end(&mut held)?;
        contents.insert(path.to_owned(), held);
        Ok(())
    })?;
    Ok(contents)
}

/// Unpacks an archive file by file, in the order of the paths. Only `each` can keep the data of a file.
///
/// # Errors
/// The errors of [`unpack`], or the error of `each`.
pub fn unpack_files(archive: &[u8], limits: &Limits, each: Each<'_>) -> Result<(), Refused> {
    if archive.len() as u64 > limits.archive {
        return Err(Refused::TooLarge(format!("an archive of {} bytes", archive.len())));
    }
    let gate = Gate::new(limits, archive.len() as u64);
    match archive {
        [0x28, 0xb5, 0x2f, 0xfd, ..] => tar::unpack(archive, gate, each),
        [b'P', b'K', ..] => zip::unpack(archive, gate, each),
        _ => Err(Refused::Format),
    }
}

/// The checks of every file of an archive, before its bytes are read.
#[derive(Debug)]
struct Gate {
    left: u64,
    files: usize,
    bomb: Option<u64>,
    seen: BTreeSet<String>,
    last: String,
}

impl Gate {
    fn new(limits: &Limits, archive: u64) -> Self {
        let (left, bomb) = limits.unpacked(archive);
        Self { left, files: limits.files, bomb, seen: BTreeSet::new(), last: String::new() }
    }

    fn admit(&mut self, path: &str, size: u64) -> Result<(), Refused> {
        if !is_below(path) {
            return Err(Refused::Path(path.to_owned()));
        }
        if !self.seen.insert(folded(path)) {
            return Err(Refused::Twice(path.to_owned()));
        }
        if path < self.last.as_str() {
            return Err(Refused::Unsorted(path.to_owned()));
        }
        path.clone_into(&mut self.last);
        if self.seen.len() > self.files {
            return Err(Refused::TooLarge(format!("more than {} files", self.files)));
        }
        self.grow(path, size)
    }

    fn grow(&mut self, by: &str, size: u64) -> Result<(), Refused> {
        match (self.left.checked_sub(size), self.bomb) {
            (Some(left), _) => self.left = left,
            (None, Some(ratio)) => return Err(Refused::Bomb(ratio)),
            (None, None) => return Err(Refused::TooLarge(format!("`{by}` with {size} bytes"))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
