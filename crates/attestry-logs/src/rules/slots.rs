//! Where one of some grams may stand: a table of one byte for each hash, looked up for many places of a text at once.
//!
//! Must not know what a gram is of. It says yes to every gram that it knows, and to a few that it does not know.

use fearless_simd::{Bytes as _, Level, Simd, SimdBase as _, dispatch, u8x32, u16x16};

use super::anchor::{FOLD, GRAM};

/// So many places are looked at together, each two bytes after the one before.
pub(super) const PLACES: usize = 128;
pub(super) const STEP: usize = 2;
/// The bytes that their grams are of.
pub(super) const PART: usize = STEP * (PLACES - 1) + GRAM;

/// One slot for each hash. It holds nothing, the mark of its gram, or `ANY`.
type Table = [u8; 1 << 16];
/// Several grams with different marks: whatever is looked up there may be known.
const ANY: u8 = 0xFF;
/// So many ways to hash are tried.
const TRIES: u32 = 16;

/// A set of grams that may say yes where it should say no.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    table: Box<Table>,
    hash: Hash,
    level: Level,
}

/// A way to hash: odd numbers for the halves of a gram, to make its slot and to make its mark.
#[derive(Clone, Copy, Debug)]
struct Hash([u16; 4]);

impl Hash {
    fn new(number: u32) -> Self {
        let mut state = u64::from(number);
        Self([(); 4].map(|()| {
            state = state.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0xD1B5_4A32_D192_ED03);
            (state >> 48) as u16 | 1
        }))
    }

    /// Slot and mark of a gram. A mark is never nothing.
    fn of(self, gram: u32) -> (u16, u8) {
        let Self([a, b, c, d]) = self;
        let (first, second) = (gram as u16, (gram >> 16) as u16);
        let slot = first.wrapping_mul(a).wrapping_add(second.wrapping_mul(b));
        let mark = first.wrapping_mul(c).wrapping_add(second.wrapping_mul(d)) >> 8;
        (slot, mark as u8 | 1)
    }
}

impl Slots {
    /// The slots of some grams, hashed in the way under which the fewest are shared.
    pub(super) fn new(grams: impl Iterator<Item = u32> + Clone) -> Self {
        let way = |number| {
            let hash = Hash::new(number);
            Self { table: table(grams.clone(), hash), hash, level: Level::new() }
        };
        let shared = |slots: &Self| slots.table.iter().filter(|mark| **mark == ANY).count();
        (0..TRIES).map(way).min_by_key(shared).unwrap_or_else(|| way(0))
    }

    /// The slot of a gram.
    pub(super) fn of(&self, gram: u32) -> u16 {
        self.hash.of(gram).0
    }

    /// A bit for each place of a part where a gram stands that may be known.
    #[inline]
    pub(super) fn known(&self, part: &[u8; PART]) -> u128 {
        dispatch!(self.level, simd => self.known_by(simd, part))
    }

    // Nothing in here is a closure: it would not be compiled for the instructions of the level.
    #[inline(always)]
    fn known_by<S: Simd>(&self, simd: S, part: &[u8; PART]) -> u128 {
        let Hash([a, b, c, d]) = self.hash;
        let (a, b) = (u16x16::splat(simd, a), u16x16::splat(simd, b));
        let (c, d) = (u16x16::splat(simd, c), u16x16::splat(simd, d));
        let fold = u8x32::splat(simd, FOLD);
        let (mut slots, mut marks) = ([0_u16; PLACES], [0_u8; PLACES]);
        let (firsts, seconds) = (part.as_chunks::<64>().0, part.split_at(STEP).1.as_chunks::<64>().0);
        let texts = firsts.iter().zip(seconds);
        for ((texts, slots), marks) in texts.zip(slots.as_chunks_mut::<32>().0).zip(marks.as_chunks_mut::<32>().0) {
            let mut both = [u16x16::splat(simd, 0); 2];
            let halves = texts.0.as_chunks::<32>().0.iter().zip(texts.1.as_chunks::<32>().0);
            for (((first, second), slots), mark) in halves.zip(slots.as_chunks_mut::<16>().0).zip(&mut both) {
                let first: u16x16<S> = (u8x32::from_slice(simd, first) | fold).bitcast();
                let second: u16x16<S> = (u8x32::from_slice(simd, second) | fold).bitcast();
                (first * a + second * b).store_slice(slots);
                *mark = (first * c + second * d) >> 8;
            }
            let [first, second] = both;
            (simd.relaxed_narrow_u16x16(first, second) | 1).store_slice(marks);
        }
        let mut held = [0_u8; PLACES];
        for (held, slot) in held.iter_mut().zip(slots) {
            *held = self.table.get(usize::from(slot)).copied().unwrap_or(ANY);
        }
        let mut known = 0;
        let any = u8x32::splat(simd, ANY);
        for (number, (held, marks)) in held.as_chunks::<32>().0.iter().zip(marks.as_chunks::<32>().0).enumerate() {
            let held = u8x32::from_slice(simd, held);
            let marks = u8x32::from_slice(simd, marks);
            let same = simd.simd_eq_u8x32(held, marks) | simd.simd_eq_u8x32(held, any);
            known |= u128::from(simd.to_bitmask_mask8x32(same)) << (32 * number);
        }
        known
    }
}

fn table(grams: impl Iterator<Item = u32>, hash: Hash) -> Box<Table> {
    let mut table = Box::new([0; 1 << 16]);
    for (slot, mark) in grams.map(|gram| hash.of(gram)) {
        if let Some(held) = table.get_mut(usize::from(slot)) {
            *held = if *held == 0 || *held == mark { mark } else { ANY };
        }
    }
    table
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_gram_is_known_at_each_place_whatever_the_processor_can_do() {
        let grams: Vec<u32> = (1..4000_u32).map(|number| number.wrapping_mul(0x9E37_79B1) | 0x2020_2020).collect();
        for level in [Level::new(), Level::baseline()] {
            let slots = Slots { level, ..Slots::new(grams.iter().copied()) };
            let mut told = 0;
            for (number, gram) in grams.iter().enumerate() {
                let place = number % PLACES;
                let mut part = [b'.'; PART];
                part[STEP * place..][..GRAM].copy_from_slice(&gram.to_le_bytes());
                let known = slots.known(&part);
                assert!(known >> place & 1 == 1, "{gram:x} at {place} with {level:?}");
                told += known.count_ones();
            }
            // Of three grams about each, and of the dots.
            assert!(told < 2 * grams.len() as u32, "{told} with {level:?}");
        }
    }

    #[test]
    fn upper_case_is_as_good_as_lower() {
        let slots = Slots::new([u32::from_le_bytes(*b"pass")].into_iter());
        let mut part = [b' '; PART];
        part[8..12].copy_from_slice(b"PaSs");
        assert_eq!(slots.known(&part), 1 << 4);
        part[8] = b'q';
        assert_eq!(slots.known(&part), 0);
    }
}
