//! Unpacks members of gzip archives that fit into memory. A member is unpacked in one step, which is one and a half
//! times as fast as in pieces.
//!
//! This module must not know what the caller does with a text. Members that are too long or incomplete go to the
//! decoder that works in pieces.

use libdeflater::{DecompressionError, Decompressor};
use memchr::memmem;

/// The length of the longest text that is unpacked in one step.
const MOST: usize = 16 << 20;
/// The length of the longest archive that is read in one step.
pub(super) const MOST_PACKED: u64 = 8 << 20;
const MAGIC: &[u8] = &[0x1f, 0x8b, 8];

/// Unpacks the members one after another.
pub(super) struct Members {
    decoder: Decompressor,
    text: Vec<u8>,
}

impl Members {
    pub(super) fn new() -> Self {
        Self { decoder: Decompressor::new(), text: Vec::new() }
    }

    /// Returns the text of the first member of an archive, and the packed length of the member. The result is `None`
    /// when the member must be unpacked in pieces.
    pub(super) fn first(&mut self, packed: &[u8]) -> Option<(&[u8], usize)> {
        // The archive ends with the length of its last member. Most archives have only one member.
        let (_, length) = packed.split_last_chunk::<4>()?;
        let mut room = (u32::from_le_bytes(*length) as usize).clamp(64 * 1024, MOST);
        let length = loop {
            if self.text.len() < room {
                self.text.resize(room, 0);
            }
            match self.decoder.gzip_decompress(packed, &mut self.text) {
                Ok(length) => break length,
                Err(DecompressionError::InsufficientSpace) if room < MOST => room = (room * 4).min(MOST),
                Err(_) => return None,
            }
        };
        let end = member_end(packed, length)?;
        Some((self.text.get(..length)?, end))
    }
}

/// Returns the end of a member whose text has this length. The length is the last number of a member, and after it the
/// archive ends or another member starts.
fn member_end(packed: &[u8], length: usize) -> Option<usize> {
    let trailer = u32::try_from(length).ok()?.to_le_bytes();
    let ends = memmem::find_iter(packed, &trailer).map(|at| at + trailer.len());
    ends.filter(|end| *end >= 18)
        .find(|end| packed.get(*end..).is_some_and(|rest| rest.is_empty() || rest.starts_with(MAGIC)))
}
