//! The index of needles: where in a text may one end up, and is it one?
//!
//! Must not know what a needle stands for. Of each needle, `STRIDE` neighbouring grams are known; a text is looked at
//! every `STRIDE` bytes, so that each needle in it is met exactly once. Kept are bits of a filter, halves of keyed hashes
//! and keyed digests, never a byte of a needle.

use std::collections::{HashMap, HashSet};

use super::super::key::{Digest, Key};

/// A gram of `G` bytes is looked at every `S` bytes: needles are at least `G + S - 1` bytes long.
pub(super) struct Index<const G: usize, const S: usize> {
    key: Key,
    filter: Vec<u64>,
    /// The first entry of each bucket, and the end.
    buckets: Vec<u32>,
    entries: Vec<Entry>,
    tails: HashSet<u32>,
    needles: HashMap<Digest, u32>,
    /// How many bytes before a gram its needle starts, at most; and how far it reaches.
    pub(super) reach: usize,
}

/// A gram that stands so far after the start of needles of a length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    tag: u16,
    offset: u16,
    length: u16,
}

/// A text to find, and its number.
pub(super) struct Needle<'a> {
    pub(super) text: &'a [u8],
    pub(super) digest: Digest,
    pub(super) number: u32,
    /// What it is a form of: forms of the same share grams where they can.
    pub(super) part: u32,
}

/// Counters for how many needles a gram is in.
const COUNTERS: usize = 1 << 20;
/// A gram in so many needles is as good as any: forms of one value share some.
const FEW: u8 = 48;
/// How many grams share a word of the filter: one look in some hundred meets a gram that is not there.
const GRAMS_A_WORD: usize = 3;
/// The tails of needles are of so many bytes.
const TAIL: usize = 8;

impl<const G: usize, const S: usize> Index<G, S> {
    /// The shortest needle.
    pub(super) const SHORTEST: usize = G + S - 1;

    pub(super) fn new(key: &Key, needles: &[Needle<'_>]) -> Self {
        let mut counts = vec![0_u8; COUNTERS];
        for needle in needles {
            for hash in grams::<G>(needle.text).map(|gram| key.spread(gram)) {
                if let Some(count) = counts.get_mut(counter(hash)) {
                    *count = count.saturating_add(1);
                }
            }
        }
        let mut index = Self {
            key: key.clone(),
            filter: Vec::new(),
            buckets: Vec::new(),
            entries: Vec::new(),
            tails: HashSet::new(),
            needles: HashMap::new(),
            reach: 0,
        };
        let mut grams = Vec::with_capacity(needles.len() * S);
        let (mut part, mut shared) = (None, HashSet::new());
        for needle in needles {
            if part != Some(needle.part) {
                part = Some(needle.part);
                shared.clear();
            }
            let (Ok(length), Some(tail)) = (u16::try_from(needle.text.len()), tail(needle.text)) else { continue };
            let hashes: Vec<u64> = self::grams::<G>(needle.text).map(|gram| key.spread(gram)).collect();
            let window = window::<S>(&hashes, &counts, &shared);
            shared.extend(hashes.iter().skip(window).take(S));
            for (offset, hash) in hashes.iter().enumerate().skip(window).take(S) {
                let Ok(offset) = u16::try_from(offset) else { continue };
                grams.push((*hash, offset, length));
            }
            index.reach = index.reach.max(needle.text.len());
            index.tails.insert(index.tail_hash(tail, needle.text.len()));
            index.needles.insert(needle.digest, needle.number);
        }
        index.fill(grams);
        index
    }

    fn fill(&mut self, mut grams: Vec<(u64, u16, u16)>) {
        let mut hashes: Vec<u64> = grams.iter().map(|(hash, ..)| *hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        // No larger than it has to be: it shall stay in the near caches.
        self.filter = vec![0; (hashes.len() / GRAMS_A_WORD).max(64)];
        let buckets = hashes.len().next_power_of_two().max(1);
        drop(hashes);
        for (hash, ..) in &grams {
            let number = word(*hash, self.filter.len());
            if let Some(word) = self.filter.get_mut(number) {
                *word |= bits(*hash);
            }
        }
        let entry =
            |(hash, offset, length): &(u64, u16, u16)| Entry { tag: tag(*hash), offset: *offset, length: *length };
        grams.sort_unstable_by_key(|gram| (bucket(gram.0, buckets), entry(gram)));
        grams.dedup_by_key(|gram| (bucket(gram.0, buckets), entry(gram)));
        self.buckets = Vec::with_capacity(buckets + 1);
        self.entries = Vec::with_capacity(grams.len());
        for gram in &grams {
            while self.buckets.len() <= bucket(gram.0, buckets) as usize {
                self.buckets.push(self.entries.len() as u32);
            }
            self.entries.push(entry(gram));
        }
        while self.buckets.len() <= buckets {
            self.buckets.push(self.entries.len() as u32);
        }
    }

    /// Whether there is nothing to find.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Finds needles that have their gram in `from..to`; both are multiples of eight. Tells start, end and number.
    pub(super) fn find(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(usize, usize, u32)) {
        let end = (to + G - 1).min(text.len());
        let Some(part) = text.get(from..end) else { return };
        if S == 8 && G == 8 {
            let turns = part.chunks_exact(32);
            let rest = turns.remainder();
            let mut at = from;
            for turn in turns {
                if let ([a, b, c, d], _) = turn.as_chunks::<8>() {
                    let grams = [a, b, c, d].map(|eight| u64::from_le_bytes(*eight));
                    let [a, b, c, d] = grams.map(|gram| self.may_hold(gram));
                    if a | b | c | d {
                        self.look_at(text, at, grams, found);
                    }
                }
                at += 32;
            }
            debug_assert!(at + rest.len() == end);
            self.look(text, at, to, found);
        } else {
            let (eights, _) = part.as_chunks::<8>();
            let mut at = from;
            for pair in eights.windows(2) {
                if let [this, next] = pair {
                    let (this, next) = (u64::from_le_bytes(*this), u64::from_le_bytes(*next));
                    let second = this >> 32 | next << 32;
                    if self.may_hold(mask::<G>(this)) | self.may_hold(mask::<G>(second)) {
                        self.look(text, at, at + 8, found);
                    }
                }
                at += 8;
            }
            self.look(text, at, to, found);
        }
    }

    #[inline]
    fn may_hold(&self, gram: u64) -> bool {
        let hash = self.key.spread(gram);
        let word = self.filter.get(word(hash, self.filter.len())).copied().unwrap_or(0);
        let bits = bits(hash);
        word & bits == bits
    }

    /// Looks closely at neighbouring grams, of which one may be known.
    #[inline(never)]
    fn look_at(&self, text: &[u8], at: usize, grams: [u64; 4], found: &mut dyn FnMut(usize, usize, u32)) {
        for (place, gram) in grams.into_iter().enumerate() {
            if self.may_hold(gram) {
                self.confirm(text, at + S * place, self.key.spread(gram), found);
            }
        }
    }

    /// Looks closely at the grams of a short part.
    #[cold]
    fn look(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(usize, usize, u32)) {
        for at in (from..to).step_by(S) {
            let Some(gram) = gram::<G>(text, at) else { return };
            if self.may_hold(gram) {
                self.confirm(text, at, self.key.spread(gram), found);
            }
        }
    }

    fn confirm(&self, text: &[u8], at: usize, hash: u64, found: &mut dyn FnMut(usize, usize, u32)) {
        let bucket = bucket(hash, self.buckets.len().saturating_sub(1)) as usize;
        let (Some(first), Some(end)) = (self.buckets.get(bucket), self.buckets.get(bucket + 1)) else { return };
        let entries = self.entries.get(*first as usize..*end as usize).unwrap_or_default();
        for entry in entries.iter().filter(|entry| entry.tag == tag(hash)) {
            let Some(start) = at.checked_sub(usize::from(entry.offset)) else { continue };
            let end = start + usize::from(entry.length);
            let Some(span) = text.get(start..end) else { continue };
            let known = tail(span).is_some_and(|tail| self.tails.contains(&self.tail_hash(tail, span.len())));
            if !known {
                continue;
            }
            if let Some(number) = self.needles.get(&self.key.digest(span)) {
                found(start, end, *number);
            }
        }
    }

    fn tail_hash(&self, tail: u64, length: usize) -> u32 {
        (self.key.spread(tail ^ (length as u64) << 48) >> 32) as u32
    }
}

/// Where the `S` neighbouring grams start that are in few other needles, and most of which other forms have as well.
fn window<const S: usize>(hashes: &[u64], counts: &[u8], shared: &HashSet<u64>) -> usize {
    let count = |hash: &u64| counts.get(counter(*hash)).copied().unwrap_or(0).max(FEW);
    let counts: Vec<u8> = hashes.iter().map(count).collect();
    let alone: Vec<u8> = hashes.iter().map(|hash| u8::from(!shared.contains(hash))).collect();
    let costs = counts
        .windows(S)
        .zip(alone.windows(S))
        .map(|(counts, alone)| (counts.iter().fold(0, |worst, count| worst.max(*count)), alone.iter().sum::<u8>()));
    costs.enumerate().min_by_key(|(_, cost)| *cost).map_or(0, |(at, _)| at)
}

fn counter(hash: u64) -> usize {
    (hash >> 44) as usize
}

fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63)
}

/// The number of the word of a hash, of so many.
#[inline]
fn word(hash: u64, words: usize) -> usize {
    ((u128::from(hash) * words as u128) >> 64) as usize
}

fn bucket(hash: u64, buckets: usize) -> u32 {
    (hash >> 18) as u32 & (buckets as u32).wrapping_sub(1)
}

fn tag(hash: u64) -> u16 {
    (hash >> 48) as u16
}

fn mask<const G: usize>(word: u64) -> u64 {
    if G >= 8 { word } else { word & ((1 << (8 * G)) - 1) }
}

fn gram<const G: usize>(text: &[u8], at: usize) -> Option<u64> {
    let bytes = text.get(at..at + G)?;
    Some(bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

fn grams<const G: usize>(text: &[u8]) -> impl Iterator<Item = u64> + '_ {
    (0..).map_while(|at| gram::<G>(text, at))
}

fn tail(text: &[u8]) -> Option<u64> {
    gram::<TAIL>(text, text.len().checked_sub(TAIL)?)
}
