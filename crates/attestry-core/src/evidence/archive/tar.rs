//! The format `.tar.zst`: plain files with POSIX ustar headers, compressed with Zstandard.
//!
//! This module must not know the contents of the files.

use std::io::{Read, Write, copy, repeat, sink};

use super::super::path::fields;
use super::{Each, Files, Gate, Refused, frames};

const BLOCK: usize = 512;
type Block = [u8; BLOCK];

/// The position of the type of an entry, and the type of a plain file.
const TYPE: usize = 156;
const PLAIN: u8 = b'0';

pub(super) fn pack(files: Files<'_, '_>, out: &mut dyn Write) -> Result<(), Refused> {
    frames::pack(out, |tar| {
        for file in files {
            let mut file = file?;
            let header = header(&file.path, file.size).ok_or_else(|| Refused::Path(file.path.clone()))?;
            tar.take(&mut header.as_slice(), BLOCK as u64)?;
            let taken = tar.take(&mut file.bytes, file.size)?;
            file.is_whole(taken)?;
            tar.take(&mut repeat(0), padding(file.size))?;
        }
        tar.take(&mut repeat(0), 2 * BLOCK as u64)?;
        Ok(())
    })
}

pub(super) fn unpack(archive: &[u8], mut gate: Gate, each: Each<'_>) -> Result<(), Refused> {
    frames::unpack(archive, |tar| {
        loop {
            let block = block(tar)?;
            if block == [0; BLOCK] {
                break;
            }
            let (path, size) = entry(&block)?;
            gate.admit(&path, size)?;
            let mut bytes = tar.take(size);
            each(&path, &mut bytes)?;
            copy(&mut bytes, &mut sink())?;
            if bytes.limit() > 0 {
                return Err(Refused::Cut);
            }
            let mut behind = Vec::new();
            tar.take(padding(size)).read_to_end(&mut behind)?;
            if behind.iter().any(|byte| *byte != 0) {
                return Err(Refused::Form(format!("what follows `{path}`")));
            }
        }
        if block(tar)? != [0; BLOCK] || tar.read(&mut [0])? != 0 {
            return Err(Refused::Form("the end of the tar file".to_owned()));
        }
        Ok(())
    })
}

/// Returns the number of bytes between a file of this size and the next header.
fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64) - size
}

/// Reads the path and the size of an entry. The entry must have exactly the form that [`header`] writes.
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
        // An invalid path gets a separate error.
        None => Err(Refused::Path(path)),
        Some(_) => Err(Refused::Form(format!("the header of `{path}`"))),
    }
}

/// Returns the only valid header of a file, or `None` if the path or the size does not fit.
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

fn block(tar: &mut impl Read) -> Result<Block, Refused> {
    let mut block = [0; BLOCK];
    tar.read_exact(&mut block)?;
    Ok(block)
}
