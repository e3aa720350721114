//! `.tar.zst`: plain files in POSIX ustar headers, one Zstandard frame around them.
//!
//! Must not know what the files hold.

use std::io::{ErrorKind, Read};

use ruzstd::decoding::StreamingDecoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::super::path::fields;
use super::{Contents, Gate, Refused};

const BLOCK: usize = 512;
type Block = [u8; BLOCK];

/// Where the type of an entry stands, and the type of a plain file.
const TYPE: usize = 156;
const PLAIN: u8 = b'0';

pub(super) fn pack(contents: &Contents) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::with_capacity(contents.values().map(|bytes| bytes.len() + 2 * BLOCK).sum());
    for (path, bytes) in contents {
        let header = header(path, bytes.len() as u64).ok_or_else(|| Refused::Path(path.clone()))?;
        out.extend_from_slice(&header);
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    Ok(compress_to_vec(out.as_slice(), CompressionLevel::Fastest))
}

pub(super) fn unpack(archive: &[u8], mut gate: Gate) -> Result<Contents, Refused> {
    let mut rest = archive;
    let mut stream = StreamingDecoder::new(&mut rest).map_err(|error| Refused::Broken(error.to_string()))?;
    let mut contents = Contents::new();
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
        contents.insert(path, bytes);
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
    Ok(contents)
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
