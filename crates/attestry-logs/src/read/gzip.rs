//! Members of gzip archives that fit into memory, unpacked at once: half as fast again as by pieces.
//!
//! Must not know what is done with a text. What does not fit, or is not whole, is left to the decoder that goes by pieces.

use libdeflater::{DecompressionError, Decompressor};
use memchr::memmem;

/// The longest text that is unpacked at once.
const MOST: usize = 16 << 20;
/// The longest archive that is read at once.
pub(super) const MOST_PACKED: u64 = 8 << 20;
const MAGIC: &[u8] = &[0x1f, 0x8b, 8];

/// Unpacks member after member.
pub(super) struct Members {
    decoder: Decompressor,
    text: Vec<u8>,
}

impl Members {
    pub(super) fn new() -> Self {
        Self { decoder: Decompressor::new(), text: Vec::new() }
    }

    /// The text of the member that an archive starts with, and how long the member is; `None` when it has to go by pieces.
    pub(super) fn first(&mut self, packed: &[u8]) -> Option<(&[u8], usize)> {
        // The archive ends with the length of its last member, mostly the only one.
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

/// Where a member ends whose text is so long: after that number, where the archive ends or another member starts.
fn member_end(packed: &[u8], length: usize) -> Option<usize> {
    let trailer = u32::try_from(length).ok()?.to_le_bytes();
    let ends = memmem::find_iter(packed, &trailer).map(|at| at + trailer.len());
    ends.filter(|end| *end >= 18)
        .find(|end| packed.get(*end..).is_some_and(|rest| rest.is_empty() || rest.starts_with(MAGIC)))
}
