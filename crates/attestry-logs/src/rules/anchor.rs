//! Anchors: short texts that every secret of a rule contains, and the grams by which the filter finds an anchor.
//!
//! This module must not know what a rule does with an anchor, nor how the filter walks through a text.

use std::collections::HashMap;

use super::RuleError;

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bytes([u64; 4]);

impl Bytes {
    fn add(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }

    /// Adds bytes and ranges up to the closing bracket. Returns the text after the bracket.
    fn add_all<'a>(&mut self, mut text: &'a [u8]) -> Option<&'a [u8]> {
        loop {
            match text {
                [b']', rest @ ..] => return Some(rest),
                [first, b'-', last, rest @ ..] if *last != b']' => {
                    (*first..=*last).for_each(|byte| self.add(byte));
                    text = rest;
                }
                [byte, rest @ ..] => {
                    self.add(*byte);
                    text = rest;
                }
                [] => return None,
            }
        }
    }

    fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }

    fn all(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=u8::MAX).filter(|byte| self.has(*byte))
    }

    /// Returns the bytes with the bit `FOLD`, as the filter compares them.
    fn folded(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.all().map(|byte| byte | FOLD).collect();
        bytes.sort_unstable();
        bytes.dedup();
        bytes
    }
}

/// A text in which a set of bytes can stand in the place of one byte, as in `AKIA[A-Z2-7]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    sets: Vec<Bytes>,
    /// The number of sets that stand before the anchor itself.
    pub(super) before: usize,
}

/// Grams, grouped by their distance from the start of the anchor.
pub(super) type Grams = Vec<(usize, Vec<u32>)>;

/// The bit that turns an upper-case letter into a lower-case one.
pub(super) const FOLD: u8 = 0x20;
/// The number of bytes in a gram.
pub(super) const GRAM: usize = 4;
/// The length of the shortest anchor. It contains two grams.
const SHORTEST: usize = GRAM + 1;
/// The largest number of grams. An anchor with more grams is too general.
const MOST_GRAMS: usize = 8192;
/// The bytes that can stand before a word: all bytes but letters and digits, and the last bytes of escapes such as `\n`
/// and `%3D`.
const BOUNDARY: &[u8] = b"\t\n \"'(+,-./:;<=>?&@[\\_`{|nrt027AD";

impl Anchor {
    /// Reads an anchor. A `folded` anchor matches lower and upper case. `^` at its start means the start of a word.
    pub(super) fn read(text: &str, folded: bool) -> Result<Self, RuleError> {
        let mut sets = Vec::new();
        let mut rest = text.as_bytes();
        if let [b'^', after @ ..] = rest {
            let mut boundary = Bytes::default();
            BOUNDARY.iter().for_each(|byte| boundary.add(*byte));
            sets.push(boundary);
            rest = after;
        }
        let before = sets.len();
        while let [byte, after @ ..] = rest {
            let mut set = Bytes::default();
            rest = after;
            if *byte == b'[' {
                rest = set.add_all(after).ok_or(RuleError::Anchor)?;
            } else {
                set.add(*byte);
            }
            if folded {
                for byte in set.all().collect::<Vec<_>>() {
                    set.add(byte.to_ascii_lowercase());
                    set.add(byte.to_ascii_uppercase());
                }
            }
            sets.push(set);
        }
        if sets.len() < SHORTEST { Err(RuleError::Anchor) } else { Ok(Self { sets, before }) }
    }

    /// Returns whether the anchor stands at `at`, together with the sets before it.
    pub(super) fn stands_at(&self, text: &[u8], at: usize) -> bool {
        let Some(part) = text.get(at..at + self.sets.len()) else { return false };
        // The comparison goes backwards, because most texts that are no anchor start like one, as `accessKeyId` does.
        self.sets.iter().zip(part).rev().all(|(set, byte)| set.has(*byte))
    }

    /// Returns whether a text starts with the anchor itself, without the sets before it.
    pub(super) fn begins(&self, text: &[u8]) -> bool {
        let sets = self.sets.get(self.before..).unwrap_or_default();
        self.before > 0 && text.len() >= sets.len() && sets.iter().zip(text).all(|(set, byte)| set.has(*byte))
    }

    /// Returns two grams: one at an even and one at an odd distance from the start. They are the rarest grams in the
    /// sample. Among equally rare grams, the one with the fewest texts is chosen.
    pub(super) fn rarest(&self, sample: &HashMap<u32, usize>) -> Result<Grams, RuleError> {
        let grams = [0, 1].into_iter().map(|parity| {
            let places = self.sets.windows(GRAM).enumerate().skip(parity).step_by(2);
            let known = places.filter_map(|(place, sets)| Some((place, texts(sets)?)));
            let met = |texts: &[u32]| texts.iter().filter_map(|gram| sample.get(gram)).sum::<usize>();
            known.min_by_key(|(_, texts)| (met(texts), texts.len()))
        });
        grams.collect::<Option<_>>().ok_or(RuleError::Anchor)
    }
}

/// Returns a gram with the bit `FOLD` in each byte, as the filter compares it.
pub(super) fn folded(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |gram, byte| gram << 8 | u32::from(byte | FOLD))
}

/// Returns all folded texts that match a row of sets, or `None` when there are too many.
fn texts(sets: &[Bytes]) -> Option<Vec<u32>> {
    let mut texts = vec![0_u32];
    for (place, set) in sets.iter().enumerate() {
        let bytes = set.folded();
        if texts.len() * bytes.len() > MOST_GRAMS {
            return None;
        }
        let longer =
            |text: &u32| bytes.iter().map(move |byte| text | u32::from(*byte) << (8 * place)).collect::<Vec<_>>();
        texts = texts.iter().flat_map(longer).collect();
    }
    Some(texts)
}
