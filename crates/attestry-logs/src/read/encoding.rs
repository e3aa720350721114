//! Encodings with two or four bytes for each unit. They are recognised at the start of a text and converted to UTF-8.
//!
//! This module must not know what the caller does with a text. The module counts the bytes that it cannot decode, so
//! that they do not count as examined.

use super::legible::is_plain;

/// An encoding whose units have more than one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf16 { big_endian: bool },
    Utf32 { big_endian: bool },
}

/// The byte order marks at the start of a text, the longer marks first.
const MARKS: &[(&[u8], Encoding)] = &[
    (&[0xff, 0xfe, 0, 0], Encoding::Utf32 { big_endian: false }),
    (&[0, 0, 0xfe, 0xff], Encoding::Utf32 { big_endian: true }),
    (&[0xff, 0xfe], Encoding::Utf16 { big_endian: false }),
    (&[0xfe, 0xff], Encoding::Utf16 { big_endian: true }),
];
/// The number of bytes that are checked at the start of a text without a mark.
const LOOK: usize = 2048;
/// The size of the blocks in which a change of the encoding is detected. A block of this size in UTF-16 does not look
/// like text of single bytes, nor like UTF-16 shifted by one byte.
const BLOCK: usize = 32;

impl Encoding {
    /// Returns the encoding that the start of a text shows. The result is `None` for an encoding of single bytes and
    /// for bytes that are no text.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        if let Some((_, encoding)) = MARKS.iter().find(|(mark, _)| start.starts_with(mark)) {
            return Some(*encoding);
        }
        let start = start.get(..LOOK).unwrap_or(start);
        [
            Self::Utf32 { big_endian: false },
            Self::Utf32 { big_endian: true },
            Self::Utf16 { big_endian: false },
            Self::Utf16 { big_endian: true },
        ]
        .into_iter()
        .find(|encoding| encoding.fits(start))
    }

    fn unit(self) -> usize {
        match self {
            Self::Utf16 { .. } => 2,
            Self::Utf32 { .. } => 4,
        }
    }

    fn read(self, unit: &[u8]) -> u32 {
        let big_endian = matches!(self, Self::Utf16 { big_endian: true } | Self::Utf32 { big_endian: true });
        let join = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        if big_endian { unit.iter().fold(0, join) } else { unit.iter().rev().fold(0, join) }
    }

    /// Returns whether the bytes are text in this encoding: every unit is a character, hardly any is a control
    /// character, and some are ASCII, as in any log.
    fn fits(self, start: &[u8]) -> bool {
        const FEWEST: usize = 4;
        let mut decoder = Decoder::new(self);
        let whole = start.len() / self.unit() * self.unit();
        let text = decoder.decode(start.get(..whole).unwrap_or_default());
        let steers = text.iter().filter(|byte| **byte < b' ' && !b"\t\n\r\x1b".contains(byte)).count();
        let ascii = text.iter().filter(|byte| byte.is_ascii()).count();
        let units = whole / self.unit();
        // Single-byte texts separated by NULs look like UTF-16 or UTF-32, but all their other bytes are printable.
        let divided = ascii * 10 < units * 9 && start.split(|byte| *byte == 0).all(is_plain);
        units >= FEWEST && decoder.lost == 0 && steers * 100 <= units && ascii * 10 >= units && !divided
    }
}

/// Converts a text to UTF-8, piece by piece.
pub(super) struct Decoder {
    encoding: Encoding,
    /// The incomplete unit at the end of a piece, and the first half of a surrogate pair. The next piece completes
    /// them.
    rest: Vec<u8>,
    half: Option<u32>,
    text: Vec<u8>,
    units: u64,
    /// The number of units that are no characters.
    lost: u64,
    /// The number of bytes in another encoding.
    foreign: u64,
}

impl Decoder {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding, rest: Vec::new(), half: None, text: Vec::new(), units: 0, lost: 0, foreign: 0 }
    }

    /// Converts the next piece to UTF-8.
    pub(super) fn decode(&mut self, piece: &[u8]) -> &[u8] {
        let bytes = [&std::mem::take(&mut self.rest), piece].concat();
        self.text.clear();
        if matches!(self.encoding, Encoding::Utf16 { .. }) {
            let foreign = bytes.as_chunks::<BLOCK>().0.iter().filter(|block| self.is_foreign(*block)).count();
            self.foreign += (foreign * BLOCK) as u64;
        }
        let mut units = bytes.chunks_exact(self.encoding.unit());
        for unit in units.by_ref() {
            self.take(self.encoding.read(unit));
        }
        self.rest = units.remainder().to_vec();
        &self.text
    }

    fn take(&mut self, unit: u32) {
        self.units += 1;
        let code = match (self.half.take(), unit) {
            (None, 0xd800..=0xdbff) if self.encoding.unit() == 2 => {
                self.half = Some(unit);
                return;
            }
            (Some(half), 0xdc00..=0xdfff) => 0x10000 + ((half - 0xd800) << 10) + (unit - 0xdc00),
            (Some(_), _) => {
                self.lost += 1;
                unit
            }
            (None, _) => unit,
        };
        if self.units == 1 && code == 0xfeff {
            // The byte order mark is not a part of the text.
            return;
        }
        let character = char::from_u32(code).unwrap_or_else(|| {
            self.lost += 1;
            char::REPLACEMENT_CHARACTER
        });
        self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// Returns whether a block is text of single bytes, or the same encoding shifted by one byte.
    fn is_foreign(&self, block: &[u8]) -> bool {
        let low = usize::from(matches!(self.encoding, Encoding::Utf16 { big_endian: true }));
        let empty = block.chunks_exact(2).filter(|unit| unit.get(low) == Some(&0) && unit.get(1 - low) != Some(&0));
        is_plain(block) || empty.count() * 4 > BLOCK / 2
    }

    /// Returns the number of bytes that were not decoded, with the reason.
    pub(super) fn lost(&self) -> Option<(u64, &'static str)> {
        let rest = self.rest.len() as u64;
        let lost = (self.lost + u64::from(self.half.is_some())) * self.encoding.unit() as u64;
        if self.foreign > 0 {
            return Some((self.foreign, "its encoding changes, which is not followed here"));
        }
        (rest > 0 || lost * 100 > self.units)
            .then_some((lost + rest, "parts of it are no text in the encoding of its start"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
pub(super) mod tests {
    use super::*;

    /// Returns a text in an encoding, without a byte order mark.
    pub(in super::super) fn encoded(encoding: Encoding, text: &str) -> Vec<u8> {
        match encoding {
            Encoding::Utf16 { big_endian: true } => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Encoding::Utf16 { big_endian: false } => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf32 { big_endian: true } => text.chars().flat_map(|it| u32::from(it).to_be_bytes()).collect(),
            Encoding::Utf32 { big_endian: false } => text.chars().flat_map(|it| u32::from(it).to_le_bytes()).collect(),
        }
    }

    pub(in super::super) const ALL: [Encoding; 4] = [
        Encoding::Utf32 { big_endian: false },
        Encoding::Utf32 { big_endian: true },
        Encoding::Utf16 { big_endian: false },
        Encoding::Utf16 { big_endian: true },
    ];

    const TEXT: &str = "2026-11-21T10:00:00.000Z Zahlung über 20 € an 北京 🙂 ist gebucht\n";

    #[test]
    fn a_text_is_decoded_wherever_its_pieces_end_with_and_without_a_mark() {
        for encoding in ALL {
            for mark in ["", "\u{feff}"] {
                let text = format!("{mark}{}", TEXT.repeat(20));
                let bytes = encoded(encoding, &text);
                assert_eq!(Encoding::of(&bytes), Some(encoding), "{mark:?}");
                for length in [1, 3, 64, 5000] {
                    let mut decoder = Decoder::new(encoding);
                    let decoded: Vec<u8> =
                        bytes.chunks(length).flat_map(|piece| decoder.decode(piece).to_vec()).collect();
                    assert_eq!(decoded, TEXT.repeat(20).as_bytes(), "{encoding:?} {length}");
                    assert_eq!(decoder.lost(), None);
                }
            }
        }
    }

    #[test]
    fn other_texts_and_other_bytes_are_not_taken_for_one() {
        let numbers: Vec<u8> = (0..400_u32).flat_map(|number| (number * 7919).to_le_bytes()).collect();
        for start in [TEXT.as_bytes(), b"", b"ab", b"{}", &[0; 64], &numbers, b"a=b\0c=d\0path=/usr/bin\0home=/root\0"]
        {
            assert_eq!(Encoding::of(start), None, "{start:?}");
        }
    }

    #[test]
    fn what_is_not_decoded_is_counted() {
        let encoding = Encoding::Utf16 { big_endian: false };
        let text = encoded(encoding, &TEXT.repeat(20));
        let plain = TEXT.repeat(3).into_bytes();
        // In this order: text of single bytes at the end, a text that is shifted by one byte, an incomplete unit,
        // halves of surrogate pairs.
        let halves: Vec<u8> = [0x20, 0xd8].repeat(40);
        for more in [plain.clone(), [b"x", text.as_slice()].concat(), b"x".to_vec(), halves] {
            let mut decoder = Decoder::new(encoding);
            decoder.decode(&[text.as_slice(), &more].concat());
            assert!(decoder.lost().is_some_and(|(bytes, _)| bytes > 0), "{more:?}");
        }
    }
}
