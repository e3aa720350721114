//! Anchors: short texts that every secret of a rule holds, and the filter that finds them all in one walk over a text.
//!
//! Must not know what a rule does with an anchor. Of each anchor two grams of four bytes are known, without regard to case,
//! one of them an odd number of bytes after the other, and a text is looked at every two bytes: each anchor in it is met
//! exactly once.

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

    /// Adds bytes and ranges up to the closing bracket, and gives what comes after it.
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

    /// The bytes as the filter sees them.
    fn folded(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.all().map(|byte| byte | FOLD).collect();
        bytes.sort_unstable();
        bytes.dedup();
        bytes
    }
}

/// A text with sets of bytes in it, as `AKIA[A-Z2-7]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    sets: Vec<Bytes>,
    /// How many of the sets stand before the anchor itself.
    before: usize,
}

/// Grams by how far they stand after the start of their anchor.
type Grams = Vec<(usize, Vec<u32>)>;

/// The bit that makes upper-case letters lower.
const FOLD: u8 = 0x20;
const FOLDS: u64 = 0x2020_2020_2020_2020;
/// Bytes of a gram.
const GRAM: usize = 4;
/// An anchor holds two grams.
const SHORTEST: usize = GRAM + 1;
/// An anchor with more grams is too wide to be an anchor.
const MOST_GRAMS: usize = 8192;
/// What stands in logs anyway.
const SAMPLE: &str = include_str!("sample.txt");
/// What stands before a word: anything but letters and digits, and the ends of escapes such as `\n` and `%3D`.
const BOUNDARY: &[u8] = b"\t\n \"'(+,-./:;<=>?&@[\\_`{|nrt027AD";

impl Anchor {
    /// Reads an anchor; `folded` ones stand for lower and upper case, and `^` for the start of a word.
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

    fn stands_at(&self, text: &[u8], at: usize) -> bool {
        let Some(part) = text.get(at..at + self.sets.len()) else { return false };
        self.sets.iter().zip(part).all(|(set, byte)| set.has(*byte))
    }

    /// Whether the anchor itself, without what stands before it, starts a text.
    fn begins(&self, text: &[u8]) -> bool {
        let sets = self.sets.get(self.before..).unwrap_or_default();
        self.before > 0 && text.len() >= sets.len() && sets.iter().zip(text).all(|(set, byte)| set.has(*byte))
    }

    /// Two grams, one an even and one an odd number of bytes after the start: of those that stand in the sample most rarely
    /// the ones with the fewest texts.
    fn rarest(&self, sample: &HashMap<u32, usize>) -> Result<Grams, RuleError> {
        let grams = [0, 1].into_iter().map(|parity| {
            let places = self.sets.windows(GRAM).enumerate().skip(parity).step_by(2);
            let known = places.filter_map(|(place, sets)| Some((place, texts(sets)?)));
            let met = |texts: &[u32]| texts.iter().filter_map(|gram| sample.get(gram)).sum::<usize>();
            known.min_by_key(|(_, texts)| (met(texts), texts.len()))
        });
        grams.collect::<Option<_>>().ok_or(RuleError::Anchor)
    }
}

/// All anchors, found in one walk.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    anchors: Vec<Anchor>,
    multiplier: u32,
    /// A bit for each gram, by its hash.
    bits: Box<[u8; BUCKETS]>,
    /// The first gram of each bucket, and the end.
    buckets: Vec<u16>,
    /// Gram, number of the anchor, and how far the gram stands from its start.
    grams: Vec<(u32, u16, u16)>,
}

const MULTIPLIER: u32 = 0x9E37_79B1;
/// One byte of bits each: half of the nearest cache.
const BUCKETS: usize = 1 << 15;
/// How far a hash is shifted to the number of its bucket, and to that of its bit.
const BUCKET_SHIFT: u32 = 17;
const BIT_SHIFT: u32 = 14;
/// So many multipliers are tried.
const TRIES: u32 = 24;

impl Filter {
    pub(super) fn new(anchors: Vec<Anchor>) -> Result<Self, RuleError> {
        let mut sample = HashMap::new();
        for bytes in SAMPLE.as_bytes().windows(GRAM) {
            *sample.entry(folded(bytes)).or_default() += 1;
        }
        let mut grams = Vec::new();
        for (number, anchor) in anchors.iter().enumerate() {
            let number = u16::try_from(number).map_err(|_| RuleError::Anchor)?;
            for (place, texts) in anchor.rarest(&sample)? {
                let place = u16::try_from(place).map_err(|_| RuleError::Anchor)?;
                grams.extend(texts.into_iter().map(|gram| (gram, number, place)));
            }
        }
        let _ = u16::try_from(grams.len()).map_err(|_| RuleError::Anchor)?;
        // The multiplier under which what stands in logs anyway is least often taken for a gram.
        let wrong = |multiplier: &u32| -> usize {
            let bits = bits(&grams, *multiplier);
            let taken = |gram: u32| has(&bits, gram.wrapping_mul(*multiplier)) & 1 == 1;
            sample.iter().filter(|(gram, _)| taken(**gram)).map(|(_, count)| count).sum()
        };
        let tries = (1..=TRIES).map(|odd| MULTIPLIER.wrapping_mul(2 * odd - 1));
        let multiplier = tries.min_by_key(wrong).ok_or(RuleError::Anchor)?;
        let bits = bits(&grams, multiplier);
        grams.sort_unstable_by_key(|(gram, ..)| gram.wrapping_mul(multiplier));
        let mut buckets = Vec::with_capacity(BUCKETS + 1);
        for (index, (gram, ..)) in grams.iter().enumerate() {
            let bucket = (gram.wrapping_mul(multiplier) >> BUCKET_SHIFT) as usize;
            buckets.resize(buckets.len().max(bucket + 1), index as u16);
        }
        buckets.resize(BUCKETS + 1, grams.len() as u16);
        Ok(Self { anchors, multiplier, bits, buckets, grams })
    }

    /// Finds the anchors whose gram is in `from..to`, both multiples of eight. Tells the number and the start.
    pub(super) fn find(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(usize, usize)) {
        if from == 0 {
            let begin = self.anchors.iter().enumerate().filter(|(_, anchor)| anchor.begins(text));
            begin.for_each(|(number, _)| found(number, 0));
        }
        let end = (to + GRAM - 1).min(text.len());
        let Some(part) = text.get(from..end) else { return };
        let (eights, _) = part.as_chunks::<8>();
        let mut at = from;
        for pair in eights.windows(2) {
            if let [this, next] = pair {
                let this = u64::from_le_bytes(*this) | FOLDS;
                let next = u64::from_le_bytes(*next) | FOLDS;
                let grams = [this as u32, (this >> 16) as u32, (this >> 32) as u32, (this >> 48 | next << 16) as u32];
                let [a, b, c, d] = grams.map(|gram| has(&self.bits, gram.wrapping_mul(self.multiplier)));
                if (a | b | c | d) & 1 == 1 {
                    self.meet_any(text, at, grams, found);
                }
            }
            at += 8;
        }
        for at in (at..to).step_by(2) {
            let Some(gram) = text.get(at..at + GRAM).map(folded) else { return };
            self.meet(text, at, gram, found);
        }
    }

    /// Tells the anchors of neighbouring grams, of which one may be known.
    #[inline(never)]
    fn meet_any(&self, text: &[u8], at: usize, grams: [u32; 4], found: &mut dyn FnMut(usize, usize)) {
        for (place, gram) in grams.into_iter().enumerate() {
            if has(&self.bits, gram.wrapping_mul(self.multiplier)) & 1 == 1 {
                self.meet(text, at + 2 * place, gram, found);
            }
        }
    }

    /// Tells the anchors whose gram stands at a place.
    #[inline]
    fn meet(&self, text: &[u8], at: usize, gram: u32, found: &mut dyn FnMut(usize, usize)) {
        let bucket = (gram.wrapping_mul(self.multiplier) >> BUCKET_SHIFT) as usize;
        let (Some(first), Some(end)) = (self.buckets.get(bucket), self.buckets.get(bucket + 1)) else { return };
        let grams = self.grams.get(usize::from(*first)..usize::from(*end)).unwrap_or_default();
        for (_, number, place) in grams.iter().filter(|(it, ..)| *it == gram) {
            let number = usize::from(*number);
            let (Some(start), Some(anchor)) = (at.checked_sub(usize::from(*place)), self.anchors.get(number)) else {
                continue;
            };
            if anchor.stands_at(text, start) {
                found(number, start + anchor.before);
            }
        }
    }
}

/// The bits of some grams.
fn bits(grams: &[(u32, u16, u16)], multiplier: u32) -> Box<[u8; BUCKETS]> {
    let mut bits = Box::new([0; BUCKETS]);
    for hash in grams.iter().map(|(gram, ..)| gram.wrapping_mul(multiplier)) {
        if let Some(byte) = bits.get_mut((hash >> BUCKET_SHIFT) as usize) {
            *byte |= 1 << (hash >> BIT_SHIFT & 7);
        }
    }
    bits
}

/// Whether a hash is known, in the lowest bit. The bits above it mean nothing.
#[inline]
fn has(bits: &[u8; BUCKETS], hash: u32) -> u8 {
    bits.get((hash >> BUCKET_SHIFT) as usize).copied().unwrap_or(0) >> (hash >> BIT_SHIFT & 7)
}

/// A gram as the filter sees it.
fn folded(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |gram, byte| gram << 8 | u32::from(byte | FOLD))
}

/// All folded texts of a row of sets; `None` when there are too many.
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn found(filter: &Filter, text: &[u8]) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        filter.find(text, 0, text.len(), &mut |anchor, at| all.push((anchor, at)));
        all
    }

    #[test]
    fn each_anchor_is_met_exactly_once_wherever_it_stands() {
        let anchors = [("password", true), ("AKIA[A-Z2-7]", false), ("[0-9]:AA[A-Za-z0-9_-]", false)];
        let anchors = anchors.map(|(text, folded)| Anchor::read(text, folded).unwrap());
        let filter = Filter::new(anchors.to_vec()).unwrap();
        for before in 0..40 {
            for after in 0..20 {
                for (number, text) in [(0, "PassWord"), (1, "AKIAQ"), (2, "7:AA_")] {
                    let line = format!("{}{text}{}", ".".repeat(before), ".".repeat(after));
                    assert_eq!(found(&filter, line.as_bytes()), [(number, before)], "{line}");
                }
            }
        }
        assert!(found(&filter, b"AKIA1 akiaq pass word").is_empty());
    }

    #[test]
    fn an_anchor_at_the_start_of_a_word_is_met_at_the_start_of_a_text_too() {
        let filter = Filter::new(vec![Anchor::read("^eyJ[A-Za-z]", false).unwrap()]).unwrap();
        assert_eq!(found(&filter, b"eyJh eyJi=eyJj %3DeyJk keyJl"), [(0, 0), (0, 5), (0, 10), (0, 18)]);
        assert_eq!(found(&filter, b"eyJ"), []);
    }

    #[test]
    fn an_anchor_is_neither_short_nor_wide() {
        assert!(Anchor::read("abcd", true).is_err());
        let wide = Anchor::read("[A-Za-z][A-Za-z][A-Za-z][A-Za-z][A-Za-z]", true).unwrap();
        assert!(Filter::new(vec![wide]).is_err());
    }
}
