//! The format `.zip`: plain deflated files, without comments, extra fields, data descriptors or ZIP64.
//!
//! The central directory must match the files before it, byte for byte, because some programs trust the directory and
//! other programs trust the headers of the files. This module must not know the contents of the files.

use std::io::{self, Read, Write, copy, sink};

use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, CrcReader};

use super::{Each, Files, Gate, Refused};

/// The data of a file that are in both of its headers.
struct Entry<'a> {
    path: &'a str,
    crc: u32,
    packed: u32,
    size: u32,
}

impl Entry<'_> {
    /// Returns the common part of both headers: version 2.0, names in UTF-8, deflated, 1980-01-01 00:00, the checksum,
    /// the sizes, the length of the name, no extra field.
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

    /// Returns the central header of a plain file with mode 0644 on Unix, at `offset`.
    fn central(&self, offset: u32) -> Vec<u8> {
        let mut out = [b"PK\x01\x02\x14\x03".as_slice(), &self.common()].concat();
        out.extend_from_slice(&[0; 6]);
        out.extend_from_slice(&(0o100_644_u32 << 16).to_le_bytes());
        out.extend_from_slice(&offset.to_le_bytes());
        out.extend_from_slice(self.path.as_bytes());
        out
    }
}

/// Returns the record after the central directory.
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

pub(super) fn pack(files: Files<'_, '_>, out: &mut dyn Write) -> Result<(), Refused> {
    let (mut directory, mut count, mut offset) = (Vec::new(), 0, 0);
    let mut put = |bytes: &[u8]| {
        offset += bytes.len();
        out.write_all(bytes).map(|()| offset)
    };
    let mut begin = 0;
    for file in files {
        let mut file = file?;
        let mut bytes = CrcReader::new(&mut file.bytes);
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::default());
        let size = copy(&mut bytes.by_ref().take(file.size), &mut packer)?;
        let packed = packer.finish()?;
        let crc = bytes.crc().sum();
        file.is_whole(size)?;
        let packed_size = u32::try_from(packed.len()).map_err(|_| large())?;
        let entry =
            Entry { path: &file.path, crc, packed: packed_size, size: u32::try_from(size).map_err(|_| large())? };
        let mut again = Inflated::new(&packed, entry.size);
        copy(&mut again, &mut sink())?;
        if again.crc(&file.path)? != crc {
            return Err(Refused::Source(format!("`{}` does not unpack to what was packed", file.path)));
        }
        directory.extend(entry.central(u32::try_from(begin).map_err(|_| large())?));
        count += 1;
        put(&entry.local())?;
        begin = put(&packed)?;
    }
    put(&directory)?;
    put(&end(count, directory.len(), begin)?)?;
    Ok(())
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
        let mut bytes = Inflated::new(data, size);
        each(path, &mut bytes)?;
        copy(&mut bytes, &mut sink())?;
        let entry = Entry { path, crc: bytes.crc(path)?, packed, size };
        if rest.get(..head) != Some(entry.local().as_slice()) {
            return Err(Refused::Form(format!("the header of `{path}`")));
        }
        directory.extend(entry.central(u32::try_from(offset).map_err(|_| large())?));
        count += 1;
        rest = rest.get(head + packed as usize..).unwrap_or_default();
    }
    let offset = archive.len() - rest.len();
    let behind = rest.strip_prefix(directory.as_slice());
    if behind != Some(end(count, directory.len(), offset)?.as_slice()) {
        return Err(Refused::Form("the central directory".to_owned()));
    }
    Ok(())
}

/// Reads the path, the packed size and the size of the entry that begins here.
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

/// A file that is being inflated, at most to its size. Its I/O errors contain a [`Refused`].
struct Inflated<'a> {
    bytes: CrcReader<DeflateDecoder<&'a [u8]>>,
    data: &'a [u8],
    left: u64,
}

impl<'a> Inflated<'a> {
    fn new(data: &'a [u8], size: u32) -> Self {
        Self { bytes: CrcReader::new(DeflateDecoder::new(data)), data, left: u64::from(size) }
    }

    /// Returns the checksum, if all data were used and gave exactly the announced number of bytes.
    fn crc(mut self, path: &str) -> Result<u32, Refused> {
        let wrong = Refused::Form(format!("the compressed form of `{path}`"));
        let crc = self.bytes.crc().sum();
        let more = self.bytes.read(&mut [0]).map_err(broken)?;
        let whole = self.left == 0 && more == 0 && self.bytes.get_ref().total_in() == self.data.len() as u64;
        if whole { Ok(crc) } else { Err(wrong) }
    }
}

impl Read for Inflated<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.by_ref().take(self.left).read(out).map_err(broken)?;
        self.left -= read as u64;
        Ok(read)
    }
}

fn broken(error: io::Error) -> io::Error {
    io::Error::other(Refused::Broken(error.to_string()))
}
