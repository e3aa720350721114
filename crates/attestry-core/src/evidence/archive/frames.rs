//! Zstandard compression in frames of a fixed size. The number of cores does not change the bytes, and other tools read
//! the frames as one file.
//!
//! Each frame is packed, checked and unpacked alone. So all cores have work, and each core needs only the memory of one
//! frame. A stream has only one valid form: every frame except the last is full, and no frame is empty, skippable or
//! without a checksum. This module must not know the contents of the stream.

use std::io::{Cursor, Read, Write};

use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::encoding::{CompressionLevel, FrameCompressor};

use super::Refused;
use super::ordered_pool::{self, Lanes};

/// The number of bytes in a frame.
pub(super) const FRAME: usize = 1 << 20;

/// The start of a frame: with a checksum, without a dictionary and without a size. The size of the window follows.
const HEAD: [u8; 5] = [0x28, 0xb5, 0x2f, 0xfd, 0x04];

/// The largest valid window: the size of a frame, in the form of RFC 8878.
const MOST_WINDOW: u8 = 0x50;

/// Packs the stream that `fill` writes.
pub(super) fn pack(
    out: &mut dyn Write,
    fill: impl FnOnce(&mut Packer<'_>) -> Result<(), Refused>,
) -> Result<(), Refused> {
    ordered_pool::run(compressor, |lanes| {
        let mut packer = Packer { lanes, out, piece: Vec::new() };
        fill(&mut packer)?;
        packer.end()
    })
}

/// A stream that is being packed.
pub(super) struct Packer<'o> {
    lanes: Lanes<Vec<u8>, Result<Vec<u8>, Refused>>,
    out: &'o mut dyn Write,
    /// The bytes that do not fill a frame yet.
    piece: Vec<u8>,
}

impl Packer<'_> {
    /// Takes at most `size` bytes, and returns the number of bytes that it took.
    pub(super) fn take(&mut self, from: &mut dyn Read, size: u64) -> Result<u64, Refused> {
        let mut left = size;
        while left > 0 {
            self.piece.reserve_exact(FRAME.saturating_sub(self.piece.len()));
            let room = (FRAME.saturating_sub(self.piece.len()) as u64).min(left);
            let read =
                from.take(room).read_to_end(&mut self.piece).map_err(|error| Refused::Source(error.to_string()))?;
            if self.piece.len() >= FRAME {
                self.put()?;
            }
            left = left.saturating_sub(read as u64);
            if (read as u64) < room {
                break;
            }
        }
        Ok(size - left)
    }

    fn put(&mut self) -> Result<(), Refused> {
        if self.lanes.is_full() {
            self.write()?;
        }
        self.lanes.put(std::mem::take(&mut self.piece));
        Ok(())
    }

    /// Writes the oldest frame, and returns whether there was one.
    fn write(&mut self) -> Result<bool, Refused> {
        let Some(packed) = self.lanes.take() else { return Ok(false) };
        self.out.write_all(&packed?).map_err(|error| Refused::Source(error.to_string()))?;
        Ok(true)
    }

    fn end(mut self) -> Result<(), Refused> {
        if !self.piece.is_empty() {
            self.put()?;
        }
        while self.write()? {}
        Ok(())
    }
}

/// Returns a worker that packs frames. It unpacks each packed frame again and compares the result.
fn compressor() -> impl FnMut(Vec<u8>) -> Result<Vec<u8>, Refused> {
    let mut compressor = FrameCompressor::new(CompressionLevel::Fastest);
    let mut unpack = decoder();
    move |piece| {
        compressor.set_source(Cursor::new(piece));
        compressor.set_drain(Vec::new());
        compressor.compress();
        let piece = compressor.take_source().map(Cursor::into_inner).unwrap_or_default();
        let packed = compressor.take_drain().unwrap_or_default();
        if unpack(Ok(Frame { bytes: &packed, is_last: true }))? == piece {
            Ok(packed)
        } else {
            Err(Refused::Source("it does not unpack to what was packed".to_owned()))
        }
    }
}

/// Unpacks a file. The function `read` reads the stream in it.
pub(super) fn unpack(archive: &[u8], read: impl FnOnce(&mut Stream<'_>) -> Result<(), Refused>) -> Result<(), Refused> {
    ordered_pool::run(decoder, |lanes| read(&mut Stream { lanes, rest: archive, piece: Cursor::default() }))
}

/// A stream that is being unpacked. A few frames are unpacked before the reader needs them. Its I/O errors contain a
/// [`Refused`].
pub(super) struct Stream<'a> {
    lanes: Lanes<Result<Frame<'a>, Refused>, Result<Vec<u8>, Refused>>,
    rest: &'a [u8],
    piece: Cursor<Vec<u8>>,
}

impl<'a> Stream<'a> {
    /// Gives frames to the lanes. A bad frame becomes an error at its place in the order, and this error ends the
    /// stream.
    fn look_ahead(&mut self) {
        while !self.rest.is_empty() && !self.lanes.is_full() {
            let (frame, rest) = match split(self.rest) {
                Ok((frame, rest)) => (Ok(Frame { bytes: frame, is_last: rest.is_empty() }), rest),
                Err(refused) => (Err(refused), Default::default()),
            };
            self.lanes.put(frame);
            self.rest = rest;
        }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.piece.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            self.look_ahead();
            let Some(piece) = self.lanes.take() else { return Ok(0) };
            self.piece = Cursor::new(piece.map_err(std::io::Error::other)?);
        }
    }
}

/// A packed frame.
struct Frame<'a> {
    bytes: &'a [u8],
    is_last: bool,
}

/// Returns the first frame, and the bytes after it.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), Refused> {
    let ours = bytes.iter().zip(HEAD).all(|(byte, head)| *byte == head);
    if !ours || bytes.get(HEAD.len()).is_some_and(|window| *window > MOST_WINDOW) {
        return Err(form());
    }
    length(bytes).and_then(|length| bytes.split_at_checked(length)).ok_or(Refused::Cut)
}

/// Returns the length of the first frame, from the sizes of its blocks. Returns `None` if the frame is cut off.
fn length(bytes: &[u8]) -> Option<usize> {
    const CHECKSUM: usize = 4;
    let mut at = HEAD.len() + 1;
    loop {
        let [a, b, c] = *bytes.get(at..)?.first_chunk()?;
        let word = u32::from_le_bytes([a, b, c, 0]);
        // A block that repeats one byte stores only this byte. The decoder refuses a block of the reserved type.
        let size = if word >> 1 & 3 == 1 { 1 } else { word >> 3 };
        at = at.checked_add(3)?.checked_add(size as usize)?;
        if word & 1 == 1 {
            return at.checked_add(CHECKSUM);
        }
    }
}

/// Returns a worker that unpacks frames, each to at most [`FRAME`] bytes.
fn decoder() -> impl for<'a> FnMut(Result<Frame<'a>, Refused>) -> Result<Vec<u8>, Refused> {
    let mut decoder = FrameDecoder::new();
    move |frame| {
        let frame = frame?;
        let mut bytes = vec![0; FRAME];
        let size = decoder.decode_all(frame.bytes, &mut bytes).map_err(|error| match error {
            FrameDecoderError::TargetTooSmall => form(),
            error => Refused::Broken(error.to_string()),
        })?;
        bytes.truncate(size);
        if decoder.get_checksum_from_data() != decoder.get_calculated_checksum() {
            return Err(Refused::Broken("its checksum is another".to_owned()));
        }
        if bytes.is_empty() || (bytes.len() < FRAME && !frame.is_last) {
            return Err(form());
        }
        Ok(bytes)
    }
}

fn form() -> Refused {
    Refused::Form("how it is cut into frames".to_owned())
}
