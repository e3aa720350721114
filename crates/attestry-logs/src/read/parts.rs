//! Parts of a large plain source, so that more than one worker can read it.
//!
//! Must not know what is found. A part starts with a line, and the line before is too short to have been cut by an agent:
//! nothing that depends on lines lies in two parts.

use std::io::{Read, Result, Seek, SeekFrom};

use memchr::memchr_iter;

use super::encoding::Encoding;
use super::events::LONG;
use super::{HEAD, MAGIC, packing};

/// How long a part is, about: long enough that its edges cost nothing.
const PART: u64 = 16 << 20;
/// So much is read to find where a line ends.
const LOOK: usize = 64 * 1024;

/// Where the parts of a source start, but for the first: none when it is short, packed, or has no lines.
///
/// # Errors
/// What reading says.
pub fn parts(input: &mut (impl Read + Seek), length: u64) -> Result<Vec<u64>> {
    let mut starts = Vec::new();
    if length < 2 * PART {
        return Ok(starts);
    }
    let mut text = Vec::with_capacity(LOOK);
    input.take(HEAD).read_to_end(&mut text)?;
    if text.starts_with(MAGIC) || packing::unreadable(&text, false).is_some() || Encoding::of(&text).is_some() {
        return Ok(starts);
    }
    for wanted in (1..length / PART).map(|number| number * PART) {
        input.seek(SeekFrom::Start(wanted))?;
        text.clear();
        input.take(LOOK as u64).read_to_end(&mut text)?;
        let ends: Vec<usize> = memchr_iter(b'\n', &text).collect();
        // Where the line before starts must be known too.
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
