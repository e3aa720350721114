//! Parts of a large plain source, so that more than one worker can read it.
//!
//! Must not know what is found. A part starts with a line, and the line before is too short to have been cut by an agent:
//! nothing that depends on lines lies in two parts.

use std::io::{Read, Result, Seek, SeekFrom};

use memchr::memchr_iter;

use super::MAGIC;
use super::events::LONG;

/// How long a part is, about: long enough that its edges cost nothing.
const PART: u64 = 16 << 20;
/// So much is read to find where a line ends.
const LOOK: usize = 64 * 1024;

/// Where the parts of a source start, but for the first: none when it is short, compressed, or has no lines.
///
/// # Errors
/// What reading says.
pub fn parts(input: &mut (impl Read + Seek), length: u64) -> Result<Vec<u64>> {
    let mut starts = Vec::new();
    if length < 2 * PART {
        return Ok(starts);
    }
    let mut text = Vec::with_capacity(LOOK);
    input.take(MAGIC.len() as u64).read_to_end(&mut text)?;
    if text == MAGIC {
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
