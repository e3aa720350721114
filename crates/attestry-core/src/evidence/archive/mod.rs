//! A bundle: all files of an evidence directory in one archive, `.tar.zst` or `.zip`.
//!
//! The same files give the same bytes: names are sorted, times, modes and owners are fixed. Reading accepts that one form
//! and nothing else, because each header is written anew and compared. So there is no second reading of a bundle that
//! another tool could prefer: no link, no device, no file twice, nothing hidden between or behind the files. Must not
//! know what the files hold.

mod frames;
mod lanes;
mod tar;
mod zip;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use thiserror::Error;

use super::path::{folded, is_below};

/// The files of evidence, by path.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// A file on its way into an archive.
pub struct File<'a> {
    path: String,
    size: u64,
    bytes: Box<dyn Read + 'a>,
}

impl<'a> File<'a> {
    /// A file in memory.
    #[must_use]
    pub fn held(path: &str, bytes: &'a [u8]) -> Self {
        Self { path: path.to_owned(), size: bytes.len() as u64, bytes: Box::new(bytes) }
    }

    /// A file on disk, below a directory.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(root: &Path, path: &str) -> Result<Self, Refused> {
        let full = root.join(path);
        let opened = std::fs::File::open(&full).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (size, file) = opened.map_err(|error| Refused::Source(format!("{}: {error}", full.display())))?;
        Ok(Self { path: path.to_owned(), size, bytes: Box::new(file) })
    }

    /// That it had as many bytes as it said: `taken`, and no more.
    fn is_whole(&mut self, taken: u64) -> Result<(), Refused> {
        if taken == self.size && self.bytes.read(&mut [0])? == 0 {
            Ok(())
        } else {
            Err(Refused::Source(format!("`{}` changed while it was packed", self.path)))
        }
    }
}

/// Files on their way into an archive.
pub type Files<'f, 'a> = &'f mut dyn Iterator<Item = Result<File<'a>, Refused>>;

/// What becomes of each file of an archive. Nothing of it is believed before all of the archive was read.
pub type Each<'a> = &'a mut dyn FnMut(&str, &mut dyn Read) -> Result<(), Refused>;

/// How a bundle is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A tar file, compressed with Zstandard.
    TarZst,
    /// A zip file, for desktops.
    Zip,
}

impl Format {
    /// The format that a file name asks for.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if name.ends_with(".tar.zst") {
            Some(Self::TarZst)
        } else if name.ends_with(".zip") {
            Some(Self::Zip)
        } else {
            None
        }
    }
}

/// Why an archive is not read, or not written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// Neither of the formats.
    #[error("it is neither a .tar.zst nor a .zip file")]
    Format,
    /// It ends before its end.
    #[error("it is cut off")]
    Cut,
    /// Larger than a bundle may be.
    #[error("too large: {0}")]
    TooLarge(String),
    /// It grows more than evidence does.
    #[error("it unpacks to more than {0} times its size, as bombs do")]
    Bomb(u64),
    /// A path that is not below a directory, or is another file on another system.
    #[error("`{0}` is no path for a file of evidence")]
    Path(String),
    /// A path twice; the case of letters does not count.
    #[error("`{0}` is there twice, or under two names that are one file on some systems")]
    Twice(String),
    /// A link, device, directory or anything else that is no file.
    #[error("`{0}` is no plain file")]
    Special(String),
    /// The files are not sorted.
    #[error("`{0}` stands at the wrong place: files are sorted by path")]
    Unsorted(String),
    /// A header or trailer is not as Attestry writes it.
    #[error("{0} is not as Attestry writes it")]
    Form(String),
    /// A file could not be read, or is another one than before.
    #[error("{0}")]
    Source(String),
    /// The compressed data are broken.
    #[error("the compressed data are broken: {0}")]
    Broken(String),
}

/// Streams of this module hold what is wrong in their errors.
impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(refused) => refused,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Self::Cut,
            Err(error) => Self::Source(error.to_string()),
        }
    }
}

/// What is read at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the archive.
    pub archive: u64,
    /// Bytes of all files together.
    pub total: u64,
    /// Files.
    pub files: usize,
    /// How many times its size an archive may unpack to, beyond [`Limits::small`].
    pub ratio: u64,
    /// Bytes that any archive may unpack to.
    pub small: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { archive: 256 << 20, total: 1 << 30, files: 20_000, ratio: 200, small: 64 << 20 }
    }
}

impl Limits {
    /// What an archive of that size may unpack to, and the ratio where that is the reason.
    fn unpacked(&self, archive: u64) -> (u64, Option<u64>) {
        let grown = archive.saturating_mul(self.ratio).max(self.small);
        (self.total.min(grown), (grown < self.total).then_some(self.ratio))
    }
}

/// Packs files in memory. The same files always give the same bytes.
///
/// # Errors
/// When they could not be read back within the limits.
pub fn pack(contents: &Contents, format: Format, limits: &Limits) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::new();
    pack_files(&mut contents.iter().map(|(path, bytes)| Ok(File::held(path, bytes))), format, limits, &mut out)?;
    Ok(out)
}

/// Packs files that come one after the other, so that none of them need be in memory. What was compressed is
/// decompressed again and compared.
///
/// # Errors
/// The first one that could not be had, or when they could not be read back within the limits.
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

/// Counts what is written.
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

/// Unpacks an archive that anybody may have made.
///
/// # Errors
/// It is not exactly what [`pack`] would have written of its files, apart from how hard it was compressed.
pub fn unpack(archive: &[u8], limits: &Limits) -> Result<Contents, Refused> {
    let mut contents = Contents::new();
    unpack_files(archive, limits, &mut |path, bytes| {
        // Memory grows with what is really there, not with what a header says.
        let mut held = Vec::new();
        bytes.read_to_end(&mut held)?;
        contents.insert(path.to_owned(), held);
        Ok(())
    })?;
    Ok(contents)
}

/// The same, file by file, in the order of their paths: what `each` does not keep is not kept.
///
/// # Errors
/// As [`unpack`], or that of `each`.
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

/// What every file of an archive must pass before its bytes are read.
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
