//! `.tar.zst`: plain files in POSIX ustar headers, one Zstandard frame around them.
//!
//! Must not know what the files hold.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};

use ruzstd::decoding::StreamingDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::super::path::fields;
use super::{Each, File, Gate, Refused};

const BLOCK: usize = 512;
type Block = [u8; BLOCK];

/// Where the type of an entry stands, and the type of a plain file.
const TYPE: usize = 156;
const PLAIN: u8 = b'0';

pub(super) fn pack<'a>(files: &mut dyn Iterator<Item = File<'a>>) -> Result<Vec<u8>, Refused> {
    let mut stream = Stream { files, parts: VecDeque::new(), ended: false, failed: None };
    let packed = compress_to_vec(&mut stream, CompressionLevel::Fastest);
    match stream.failed {
        None => Ok(packed),
        Some(refused) => Err(refused),
    }
}

/// A tar file while it is read: of its files, one is in memory.
struct Stream<'s, 'a> {
    files: &'s mut dyn Iterator<Item = File<'a>>,
    /// What comes next, and how much of it is gone.
    parts: VecDeque<(Cow<'a, [u8]>, usize)>,
    ended: bool,
    failed: Option<Refused>,
}

impl Stream<'_, '_> {
    /// Header, bytes and padding of the next file; behind the last one, two empty blocks.
    fn next(&mut self) -> Result<(), Refused> {
        let mut put = |part| self.parts.push_back((part, 0));
        if let Some(file) = self.files.next() {
            let (path, bytes) = file?;
            let header = header(&path, bytes.len() as u64).ok_or(Refused::Path(path))?;
            let padding = bytes.len().next_multiple_of(BLOCK) - bytes.len();
            put(Cow::Owned(header.to_vec()));
            put(bytes);
            put(Cow::Owned(vec![0; padding]));
        } else {
            self.ended = true;
            put(Cow::Owned(vec![0; 2 * BLOCK]));
        }
        Ok(())
    }
}

impl Read for Stream<'_, '_> {
    /// A failure looks like the end, since the compressor has no other way to stop; [`pack`] asks for it.
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if let Some((part, gone)) = self.parts.front_mut() {
                let mut rest = part.get(*gone..).unwrap_or_default();
                let read = rest.read(out)?;
                *gone += read;
                if read > 0 || out.is_empty() {
                    return Ok(read);
                }
                self.parts.pop_front();
            } else if self.ended || self.failed.is_some() {
                return Ok(0);
            } else {
                self.failed = self.next().err();
            }
        }
    }
}

pub(super) fn unpack(archive: &[u8], mut gate: Gate, each: Each<'_>) -> Result<(), Refused> {
    let mut rest = archive;
    let mut stream = StreamingDecoder::new(&mut rest).map_err(|error| Refused::Broken(error.to_string()))?;
    loop {
        let block = block(&mut stream)?;
        if block == [0; BLOCK] {
            break;
        }
        let (path, size) = entry(&block)?;
        gate.admit(&path, size)?;
        let bytes = exactly(&mut stream, size)?;
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        if exactly(&mut stream, padding)?.iter().any(|byte| *byte != 0) {
            return Err(Refused::Form(format!("what follows `{path}`")));
        }
        each(path, bytes)?;
    }
    if block(&mut stream)? != [0; BLOCK] || stream.read(&mut [0]).map_err(|error| broken(&error))? != 0 {
        return Err(Refused::Form("the end of the tar file".to_owned()));
    }
    let decoder = stream.into_frame_decoder();
    if decoder.get_checksum_from_data() != decoder.get_calculated_checksum() {
        return Err(Refused::Broken("its checksum is another".to_owned()));
    }
    // A second frame, or anything else that other tools would read on.
    if !rest.is_empty() {
        return Err(Refused::Form("what follows the tar file".to_owned()));
    }
    Ok(())
}

/// Path and size of an entry that is exactly as [`header`] writes it.
fn entry(block: &Block) -> Result<(String, u64), Refused> {
    let text = |from: usize, most: usize| {
        let field = block.get(from..from + most).unwrap_or_default();
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
    };
    let (name, prefix) = (text(0, 100), text(345, 155));
    let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
    if block.get(TYPE) != Some(&PLAIN) {
        return Err(Refused::Special(path));
    }
    let size = u64::from_str_radix(&text(124, 12), 8).map_err(|_| Refused::Form(format!("the header of `{path}`")))?;
    match header(&path, size) {
        Some(written) if written == *block => Ok((path, size)),
        // A path that is refused anyway is named for what it is.
        None => Err(Refused::Path(path)),
        Some(_) => Err(Refused::Form(format!("the header of `{path}`"))),
    }
}

/// The one header of a file; `None` when the path or the size does not fit.
fn header(path: &str, size: u64) -> Option<Block> {
    let (prefix, name) = fields(path)?;
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(field) = block.get_mut(at..at + bytes.len()) {
            field.copy_from_slice(bytes);
        }
    };
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    let size = format!("{size:011o}\0");
    if size.len() > 12 {
        return None;
    }
    put(124, size.as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(TYPE, &[PLAIN]);
    put(257, b"ustar\x0000");
    put(329, b"0000000\0");
    put(337, b"0000000\0");
    put(345, prefix.as_bytes());
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    if let Some(field) = block.get_mut(148..156) {
        field.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    Some(block)
}

fn block(stream: &mut impl Read) -> Result<Block, Refused> {
    let mut block = [0; BLOCK];
    stream.read_exact(&mut block).map_err(|error| broken(&error))?;
    Ok(block)
}

/// Memory grows with what is really there, not with what a header says.
fn exactly(stream: &mut impl Read, size: u64) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    stream.take(size).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
    if bytes.len() as u64 == size { Ok(bytes) } else { Err(Refused::Cut) }
}

fn broken(error: &std::io::Error) -> Refused {
    match error.kind() {
        ErrorKind::UnexpectedEof => Refused::Cut,
        _ => Refused::Broken(error.to_string()),
    }
}
