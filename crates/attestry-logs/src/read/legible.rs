//! Decides whether bytes are a text, window by window over the complete source. A source can start as text and continue
//! as something else.
//!
//! This module must not know where the bytes come from. Bytes that are no text are swept, too, but they never count as
//! examined. They can be packed, encrypted, or in an unknown encoding.

use memchr::memmem;

use super::unreadable;

/// The number of bytes that are judged together. A few garbage bytes among them have no effect.
const WINDOW: usize = 4096;
/// NULs are a hole, and not data, when at least this many are in a row. Log rotation by copying leaves such holes.
const HOLE: usize = 8;
/// The number of NULs that indicate a line in another encoding. NULs in holes and NULs between texts do not count.
const WIDE: usize = 8;
/// The number of bytes of the last piece that are kept, because the magic number of a packing can start in one piece
/// and end in the next.
const TAIL: usize = 8;

/// The counts for the window that is not full yet.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    bytes: usize,
    holes: usize,
    /// Control characters, without the ones for terminals and the ones between texts.
    controls: usize,
    /// The control characters that are NUL.
    nuls: usize,
    /// Bytes that are not UTF-8, and bytes of replacement characters.
    invalid: usize,
    replaced: usize,
    blanks: usize,
}

/// The part of a source that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illegible {
    /// The offset of the first byte.
    pub from: u64,
    /// The number of bytes.
    pub bytes: u64,
    /// The reason.
    pub why: Why,
}

/// The reason why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A packed part starts within the text.
    Packed(&'static str),
    /// The format is unknown.
    Unknown,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Packed(name) => write!(f, "it goes on as {name}, which is not read there"),
            Self::Unknown => {
                f.write_str("it is neither text in a known encoding nor packed in a way that is read here")
            }
        }
    }
}

/// Follows a source and finds the bytes that are no text.
#[derive(Debug, Default)]
pub struct Legible {
    at: u64,
    window: Window,
    packed: Option<&'static str>,
    tail: [u8; TAIL],
    found: Option<Illegible>,
}

impl Legible {
    /// Sets the offset of a part.
    pub(super) fn start_at(&mut self, at: u64) {
        self.at = at;
    }

    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() {
            let room = WINDOW - self.window.bytes;
            let (part, after) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            if is_plain(part) || is_clean(part) {
                // A clean part is not counted, for speed. About one byte in eight of a text is a blank.
                self.window.blanks += part.len() / 8;
            } else {
                self.look(part);
            }
            self.window.bytes += part.len();
            if let Some(end) = part.last_chunk() {
                self.tail = *end;
            }
            if self.window.bytes >= WINDOW {
                self.close();
            }
            rest = after;
        }
    }

    /// Ends the source. Returns the part that was no text.
    pub fn finish(&mut self) -> Option<Illegible> {
        self.close();
        self.found
    }

    #[cold]
    fn look(&mut self, part: &[u8]) {
        let window = &mut self.window;
        window.invalid += part.utf8_chunks().map(|chunk| chunk.invalid().len()).sum::<usize>();
        window.replaced += 3 * memmem::find_iter(part, "\u{fffd}").count();
        let mut at = 0;
        while let Some(byte) = part.get(at) {
            let same = part.get(at..).unwrap_or_default().iter().take_while(|it| **it == 0).count();
            if same >= HOLE {
                window.holes += same;
                at += same;
                continue;
            }
            window.blanks += usize::from(byte.is_ascii_whitespace());
            if steers(*byte) && !divides(part, at) {
                window.controls += 1;
                window.nuls += usize::from(*byte == 0);
            }
            at += 1;
        }
        if window.controls + window.invalid > 0 && self.packed.is_none() {
            let seam: Vec<u8> = self.tail.iter().chain(part.iter().take(TAIL)).copied().collect();
            self.packed = unreadable::within(part).or_else(|| unreadable::within(&seam));
        }
    }

    /// Judges the window, when it is full or the source ends.
    fn close(&mut self) {
        let Window { bytes, holes, controls, nuls, invalid, replaced, blanks } = std::mem::take(&mut self.window);
        let filled = bytes - holes;
        // A text has very few control characters. A text of single bytes that is not UTF-8 has at least some blanks.
        let is_text = (controls * 50 <= filled || controls < 3)
            && nuls < WIDE
            && (invalid * 10 <= filled * 3 || blanks * 100 >= filled * 3)
            && replaced * 10 <= filled;
        let packed = self.packed.take();
        if packed.is_some() || !is_text {
            let why = packed.map_or(Why::Unknown, Why::Packed);
            let found = self.found.get_or_insert(Illegible { from: self.at, bytes: 0, why });
            found.bytes += bytes as u64;
        }
        self.at += bytes as u64;
    }
}

/// Returns whether a byte is a control character that no text contains. Control characters for lines, tabs, terminals
/// and printers do not count.
fn steers(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, 0x08..=0x0d | 0x1b)) || byte == 0x7f
}

/// Returns whether a control character stands alone between texts. Some formats separate their fields in this way.
fn divides(part: &[u8], at: usize) -> bool {
    let is_text =
        |near: Option<usize>| near.and_then(|near| part.get(near)).is_none_or(|byte| !steers(*byte) && byte.is_ascii());
    [at.checked_sub(2), at.checked_sub(1), Some(at + 1), Some(at + 2)].into_iter().all(is_text)
}

/// Returns whether a part has only printable ASCII, line ends, tabs and escapes. This is so for nearly all bytes of
/// logs. The function compiles to a few instructions, and it also accepts some control characters for printers.
pub(super) fn is_plain(part: &[u8]) -> bool {
    !part.iter().fold(false, |any, byte| any | ((*byte as i8) < 0x20) & (byte & 0xe8 != 0x08))
}

/// Returns whether a part is UTF-8 without control characters and replacement characters. A character can be cut at
/// both ends.
fn is_clean(part: &[u8]) -> bool {
    let cut = part.iter().take(3).take_while(|byte| **byte & 0xc0 == 0x80).count();
    let whole = match std::str::from_utf8(part.get(cut..).unwrap_or_default()) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    let steers = part.iter().fold(false, |any, byte| any | (*byte < 0x20) & (byte & 0xe8 != 0x08));
    whole && !steers && memmem::find(part, "\u{fffd}".as_bytes()).is_none()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const LINE: &str = "2026-11-21T10:00:00.000Z INFO all is well with payment 12\n";

    fn judged(bytes: &[u8]) -> Option<Illegible> {
        let judge = |length: usize| {
            let mut legible = Legible::default();
            bytes.chunks(length).for_each(|piece| legible.push(piece));
            legible.finish()
        };
        let found = judge(64 * 1024);
        // The size of the pieces has no effect, except for a few bytes at their ends.
        assert_eq!(judge(1000).map(|it| it.why), found.map(|it| it.why));
        found
    }

    /// Returns bytes that look like packed or encrypted data.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let next = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn logs_as_they_are_stay_legible() {
        let long = LINE.repeat(300);
        let latin: Vec<u8> = "f\u{fc}r M\u{fc}ller gebucht \u{df}\n".chars().map(|it| u32::from(it) as u8).collect();
        // Russian in an encoding of single bytes. Nearly all letters have the high bit.
        let russian =
            [b"2026-11-21 ".as_slice(), &[0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, b' ', 0xec, 0xe8, 0xf0, b'\n']].concat();
        for (name, text) in [
            ("nothing", Vec::new()),
            ("ASCII", long.clone().into_bytes()),
            ("UTF-8", "Zahlung über 20 € an 北京 🙂 ist gebucht\n".repeat(500).into_bytes()),
            ("without a blank", "正文没有空格".repeat(3000).into_bytes()),
            ("Latin-1", latin.repeat(400)),
            ("Windows-1251", russian.repeat(400)),
            ("colours", "\u{1b}[31mERROR\u{1b}[0m failed\u{8}\u{8}\r\n".repeat(400).into_bytes()),
            (
                "fields divided by a byte",
                "8=FIX.4.4\u{1}9=112\u{1}35=D\u{1}49=BANK\u{1}10=127\u{1}\n".repeat(300).into_bytes(),
            ),
            ("texts divided by NUL", b"HOME=/root\0PATH=/usr/bin\0LANG=C\0".repeat(300)),
            ("a hole", [vec![0; 20_000], long.clone().into_bytes()].concat()),
            ("a bit of garbage", [long.as_bytes(), &noise(200), long.as_bytes()].concat()),
            ("a lone control", b"done\x07\n".to_vec()),
        ] {
            assert_eq!(judged(&text), None, "{name}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_reported_from_their_start() {
        let long = LINE.repeat(1000);
        let at = long.len() as u64 / 4096 * 4096;
        // Digits, letters and blanks of EBCDIC.
        let foreign = [0xf2, 0xf0, 0xf2, 0xf6, 0x60, 0xf1, 0x40, 0x96, 0x92, 0x25].repeat(60);
        let unicode: Vec<u8> = LINE.repeat(40).bytes().flat_map(|byte| [byte, 0]).collect();
        let records: Vec<u8> = (0..2000_u32).flat_map(|number| (number % 900).to_le_bytes()).collect();
        for (name, bytes, from) in [
            ("short", noise(45), 0),
            ("long", noise(100_000), 0),
            ("EBCDIC", foreign, 0),
            ("numbers", records, 0),
            ("decoded by force", "a\u{fffd}\u{fffd}b".repeat(100).into_bytes(), 0),
            ("after a text", [long.as_bytes(), &noise(5000)].concat(), at),
            ("a line of two bytes a character", [long.as_bytes(), &unicode[..40], long.as_bytes()].concat(), at),
            ("two bytes a character after a text", [long.as_bytes(), &unicode].concat(), at),
        ] {
            let found = judged(&bytes).map(|it| (it.from, it.why, it.bytes >= 45));
            assert_eq!(found, Some((from, Why::Unknown, true)), "{name}");
        }
    }

    #[test]
    fn a_packed_part_of_a_text_is_reported_whatever_its_size() {
        let long = LINE.repeat(100);
        for start in [&b"\x1f\x8b\x08\0"[..], b"PK\x03\x04\x14\0", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0"] {
            for before in [&long.as_bytes()[..4093], &long.as_bytes()[..999], b"hello\n"] {
                let bytes = [before, start, &noise(40), long.as_bytes()].concat();
                assert!(matches!(judged(&bytes).map(|it| it.why), Some(Why::Packed(_))), "{start:?}");
            }
        }
    }
}
