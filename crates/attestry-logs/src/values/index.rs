//! The index of needles: it finds the places of a text where a needle can stand, and confirms them.
//!
//! This module must not know the meaning of a needle. The index holds `S` neighbouring grams of each needle. The search
//! reads a gram of the text every `S` bytes, so that it meets each needle exactly once. The index keeps bits of a
//! filter, halves of keyed hashes and keyed digests. It keeps no byte of a needle.

use std::collections::{HashMap, HashSet};

use super::super::key::{Digest, Key};
use super::bits::{Bits, PLACES};

/// The search reads a gram of `G` bytes every `S` bytes. A needle has at least `G + S - 1` bytes.
pub(super) struct Index<const G: usize, const S: usize> {
    key: Key,
    filter: Bits,
    /// The index of the first entry of each bucket. The last item is the number of entries.
    buckets: Vec<u32>,
    entries: Vec<Entry>,
    tails: HashSet<u32>,
    needles: HashMap<Digest, u32>,
    /// The largest distance from the start of a needle to its gram, and the length of the longest needle.
    pub(super) reach: usize,
}

/// The hash, the offset and the needle length of one gram.
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
    /// The part whose form this needle is. Forms of the same part share grams where possible.
    pub(super) part: u32,
}

/// The number of counters. A counter holds the number of needles that contain a gram.
const COUNTERS: usize = 1 << 20;
/// A gram in at most this many needles is as good as a gram in one needle. The forms of one value share some grams.
const FEW: u8 = 48;
/// The number of bytes in a word. A gram is a part of a word.
const EIGHT: usize = 8;
/// The number of bytes in the tail of a needle.
const TAIL: usize = 8;

impl<const G: usize, const S: usize> Index<G, S> {
    /// The length of the shortest needle.
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
            filter: Bits::new(key, 0),
            buckets: Vec::new(),
            entries: Vec::new(),
            tails: HashSet::new(),
            needles: HashMap::new(),
            reach: 0,
        };
        let mut grams = Vec::with_capacity(needles.len() * S);
        let mut windows = vec![0_u16; needles.len()];
        let (mut part, mut shared) = (None, HashSet::new());
        for (needle, chosen) in needles.iter().zip(&mut windows) {
            if part != Some(needle.part) {
                part = Some(needle.part);
                shared.clear();
            }
            let (Ok(length), Some(tail)) = (u16::try_from(needle.text.len()), tail(needle.text)) else { continue };
            let hashes: Vec<u64> = self::grams::<G>(needle.text).map(|gram| key.spread(gram)).collect();
            let window = window::<S>(&hashes, &counts, &shared);
            *chosen = window as u16;
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
        for (needle, window) in needles.iter().zip(windows) {
            self::grams::<G>(needle.text).skip(usize::from(window)).take(S).for_each(|gram| index.filter.add(gram));
        }
        index
    }

    fn fill(&mut self, mut grams: Vec<(u64, u16, u16)>) {
        let mut hashes: Vec<u64> = grams.iter().map(|(hash, ..)| *hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        self.filter = Bits::new(&self.key, hashes.len());
        let buckets = hashes.len().next_power_of_two().max(1);
        drop(hashes);
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

    /// Returns whether the index has no needles.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Finds the needles whose gram is in `from..to`. `from` and `to` are multiples of eight. `found` gets the start,
    /// the end and the number of the needle.
    pub(super) fn find(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(usize, usize, u32)) {
        let mut at = from;
        while let Some(part) = text.get(at..at + S * (PLACES - 1) + EIGHT)
            && at + S * PLACES <= to
        {
            let mut known = match part.as_chunks().0.first_chunk() {
                Some(grams) if G == EIGHT && S == EIGHT => self.filter.known(grams),
                _ => self.filter.known(&grams_at::<G, S>(part)),
            };
            while known != 0 {
                self.look(text, at + S * known.trailing_zeros() as usize, found);
                known &= known - 1;
            }
            at += S * PLACES;
        }
        for at in (at..to).step_by(S) {
            if gram::<G>(text, at).is_some_and(|gram| self.filter.may_hold(gram)) {
                self.look(text, at, found);
            }
        }
    }

    /// Checks a gram that is possibly known.
    #[inline(never)]
    fn look(&self, text: &[u8], at: usize, found: &mut dyn FnMut(usize, usize, u32)) {
        let Some(hash) = gram::<G>(text, at).map(|gram| self.key.spread(gram)) else { return };
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

/// Returns the start of the best `S` neighbouring grams of a needle. The best grams occur in few other needles, and as
/// many as possible are shared with other forms of the part.
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

fn bucket(hash: u64, buckets: usize) -> u32 {
    (hash >> 18) as u32 & (buckets as u32).wrapping_sub(1)
}

fn tag(hash: u64) -> u16 {
    (hash >> 48) as u16
}

/// Returns the grams of a part, one every `S` bytes.
fn grams_at<const G: usize, const S: usize>(part: &[u8]) -> [[u8; EIGHT]; PLACES] {
    let mut grams = [[0; EIGHT]; PLACES];
    for (gram, bytes) in grams.iter_mut().zip(part.windows(G).step_by(S)) {
        gram.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }
    grams
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
