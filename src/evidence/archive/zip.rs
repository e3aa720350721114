//! `.zip`: plain deflated files, without comments, extra fields, data descriptors or ZIP64.
//!
//! The central directory must be the one that belongs to the files in front of it, byte for byte: programs differ in which
//! of the two they believe. Must not know what the files hold.

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};

use super::{Each, File, Gate, Refused};

/// What both headers of a file say of it.
struct Entry<'a> {
    path: &'a str,
    crc: u32,
    packed: u32,
    size: u32,
}

impl Entry<'_> {
    /// Version 2.0, names in UTF-8, deflated, 1980-01-01 00:00, checksum, sizes, length of the name, no extra field.
    fn common(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(26);
        for word in [20u16, 1 << 11, 8, 0, 0x21] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for word in [self.crc, self.packed, self.size] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&u16::try_from(self.path.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out
    }

    fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04".as_slice(), &self.common(), self.path.as_bytes()].concat()
    }

    /// A plain file with mode 0644 on Unix, at `offset`.
    fn central(&self, offset: u32) -> Vec<u8> {
        let mut out = [b"PK\x01\x02\x14\x03".as_slice(), &self.common()].concat();
        out.extend_from_slice(&[0; 6]);
        out.extend_from_slice(&(0o100_644_u32 << 16).to_le_bytes());
        out.extend_from_slice(&offset.to_le_bytes());
        out.extend_from_slice(self.path.as_bytes());
        out
    }
}

/// The record behind the central directory.
fn end(files: usize, directory: usize, offset: usize) -> Result<Vec<u8>, Refused> {
    let (files, directory, offset) =
        (u16::try_from(files).ok(), u32::try_from(directory).ok(), u32::try_from(offset).ok());
    let (Some(files), Some(directory), Some(offset)) = (files, directory, offset) else { return Err(large()) };
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend_from_slice(&files.to_le_bytes());
    out.extend_from_slice(&files.to_le_bytes());
    out.extend_from_slice(&directory.to_le_bytes());
    out.extend_from_slice(&offset.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    Ok(out)
}

fn large() -> Refused {
    Refused::TooLarge("more than a zip file holds".to_owned())
}

pub(super) fn pack<'a>(files: &mut dyn Iterator<Item = File<'a>>) -> Result<Vec<u8>, Refused> {
    let (mut out, mut directory, mut count) = (Vec::new(), Vec::new(), 0);
    for file in files {
        let (path, bytes) = file?;
        let packed = deflate(&bytes)?;
        let mut crc = Crc::new();
        crc.update(&bytes);
        count += 1;
        let length = |of: &[u8]| u32::try_from(of.len()).map_err(|_| large());
        let entry = Entry { path: &path, crc: crc.sum(), packed: length(&packed)?, size: length(&bytes)? };
        directory.extend(entry.central(u32::try_from(out.len()).map_err(|_| large())?));
        out.extend(entry.local());
        out.extend(packed);
    }
    let offset = out.len();
    out.extend_from_slice(&directory);
    out.extend(end(count, directory.len(), offset)?);
    Ok(out)
}

pub(super) fn unpack(archive: &[u8], mut gate: Gate, each: Each<'_>) -> Result<(), Refused> {
    let (mut count, mut directory) = (0, Vec::new());
    let mut rest = archive;
    while rest.starts_with(b"PK\x03\x04") {
        let offset = archive.len() - rest.len();
        let (path, packed, size) = names(rest)?;
        gate.admit(path, u64::from(size))?;
        let head = 30 + path.len();
        let data = rest.get(head..head + packed as usize).ok_or(Refused::Cut)?;
        let bytes = inflate(path, data, size as usize)?;
        let mut crc = Crc::new();
        crc.update(&bytes);
        let entry = Entry { path, crc: crc.sum(), packed, size };
        if rest.get(..head) != Some(entry.local().as_slice()) {
            return Err(Refused::Form(format!("the header of `{path}`")));
        }
        directory.extend(entry.central(u32::try_from(offset).map_err(|_| large())?));
        count += 1;
        each(path.to_owned(), bytes)?;
        rest = rest.get(head + packed as usize..).unwrap_or_default();
    }
    let offset = archive.len() - rest.len();
    let behind = rest.strip_prefix(directory.as_slice());
    if behind != Some(end(count, directory.len(), offset)?.as_slice()) {
        return Err(Refused::Form("the central directory".to_owned()));
    }
    Ok(())
}

/// Path, packed size and size of the entry that begins here.
fn names(rest: &[u8]) -> Result<(&str, u32, u32), Refused> {
    let word = |at: usize| match rest.get(at..at + 4) {
        Some([a, b, c, d]) => Ok(u32::from_le_bytes([*a, *b, *c, *d])),
        _ => Err(Refused::Cut),
    };
    let length = (word(26)? & 0xffff) as usize;
    let path = rest.get(30..30 + length).ok_or(Refused::Cut)?;
    let path = std::str::from_utf8(path).map_err(|_| Refused::Path(String::from_utf8_lossy(path).into_owned()))?;
    Ok((path, word(18)?, word(22)?))
}

fn deflate(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut packer = Compress::new(Compression::default(), false);
    let mut out = Vec::with_capacity(bytes.len() / 4 + 64);
    loop {
        let done = usize::try_from(packer.total_in()).unwrap_or(usize::MAX);
        let rest = bytes.get(done..).unwrap_or_default();
        let status = packer.compress_vec(rest, &mut out, FlushCompress::Finish);
        match status.map_err(|error| Refused::Broken(error.to_string()))? {
            Status::StreamEnd => return Ok(out),
            Status::Ok | Status::BufError => out.reserve(out.capacity().max(64)),
        }
    }
}

/// Exactly `size` bytes out of all of `data`. Memory grows with what is really there.
fn inflate(path: &str, data: &[u8], size: usize) -> Result<Vec<u8>, Refused> {
    let wrong = || Refused::Form(format!("the compressed form of `{path}`"));
    let mut unpacker = Decompress::new(false);
    // A deflated byte cannot become more than 1,032 bytes.
    let mut out = Vec::with_capacity(size.min(data.len().saturating_mul(1_032)).saturating_add(1));
    let status = unpacker
        .decompress_vec(data, &mut out, FlushDecompress::Finish)
        .map_err(|error| Refused::Broken(format!("`{path}`: {error}")))?;
    let whole = unpacker.total_in() == data.len() as u64 && out.len() == size;
    if status == Status::StreamEnd && whole { Ok(out) } else { Err(wrong()) }
}
