//! Divides a large plain source into parts, so that several workers can read it.
//!
//! This module must not know what is found. A part starts with a line, and the line before it is too short to have been
//! cut by an agent. So nothing that depends on lines is in two parts.

use std::io::{Read, Result, Seek, SeekFrom};

use memchr::memchr_iter;

use super::encoding::Encoding;
use super::events::LONG;
use super::{HEAD, MAGIC, unreadable};

/// The approximate length of a part. It is so long that the work at its edges does not matter.
const PART: u64 = 16 << 20;
/// The number of bytes that are read to find the end of a line.
const LOOK: usize = 64 * 1024;

/// Returns the starts of all parts of a source except the first. The list is empty when the source is short, packed, or
/// without lines.
///
/// # Errors
/// The error of the read.
pub fn parts(input: &mut (impl Read + Seek), length: u64) -> Result<Vec<u64>> {
    let mut starts = Vec::new();
    if length < 2 * PART {
        return Ok(starts);
    }
    let mut text = Vec::with_capacity(LOOK);
    input.take(HEAD).read_to_end(&mut text)?;
    if text.starts_with(MAGIC) || unreadable::of(&text, false).is_some() || Encoding::of(&text).is_some() {
        return Ok(starts);
    }
    for wanted in (1..length / PART).map(|number| number * PART) {
        input.seek(SeekFrom::Start(wanted))?;
        text.clear();
        input.take(LOOK as u64).read_to_end(&mut text)?;
        let ends: Vec<usize> = memchr_iter(b'\n', &text).collect();
        // The start of the line before must be known, too.
        let short = ends.windows(2).find_map(|pair| match pair {
            [start, end] if ((end - start) as u64) < LONG => Some(wanted + *end as u64 + 1),
            _ => None,
        });
        starts.extend(short.filter(|start| *start < length));
    }
    Ok(starts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn only_plain_sources_have_parts() {
        let text = b"all is well\n".repeat(3 << 20);
        let length = text.len() as u64;
        assert_eq!(parts(&mut Cursor::new(&text), length).unwrap().len(), 1);
        for start in [&b"PK\x03\x04"[..], b"\x28\xb5\x2f\xfd", b"\x1f\x8b"] {
            let packed = [start, &text].concat();
            assert_eq!(parts(&mut Cursor::new(&packed), length).unwrap(), [0_u64; 0], "{start:?}");
        }
    }
}
