//! The table of possible grams: one byte for each hash. The filter looks up many places of a text at once.
//!
//! This module must not know the meaning of a gram. The table reports every known gram as known, and also a few unknown
//! ones.

use fearless_simd::{Bytes as _, Level, Simd, SimdBase as _, dispatch, u8x32, u16x16};

use super::anchor::{FOLD, GRAM};

/// The number of places that one look-up handles. Neighbouring places are two bytes apart.
pub(super) const PLACES: usize = 128;
pub(super) const STEP: usize = 2;
/// The number of bytes that the grams of these places cover.
pub(super) const PART: usize = STEP * (PLACES - 1) + GRAM;

/// One slot for each hash. It holds zero, the mark of its gram, or `ANY`.
type Table = [u8; 1 << 16];
/// The mark of a slot for several grams with different marks. Every gram of this slot is possibly known.
const ANY: u8 = 0xFF;
/// The number of hash functions that are tried.
const TRIES: u32 = 16;

/// A set of grams that can report an unknown gram as known, but never the reverse.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    table: Box<Table>,
    hash: Hash,
    level: Level,
}

/// A hash function: odd multipliers for the two halves of a gram. Two multipliers give the slot of the gram, and two
/// give its mark.
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

    /// Returns the slot and the mark of a gram. A mark is never zero.
    fn slot_and_mark(self, gram: u32) -> (u16, u8) {
        let Self([a, b, c, d]) = self;
        let (first, second) = (gram as u16, (gram >> 16) as u16);
        let slot = first.wrapping_mul(a).wrapping_add(second.wrapping_mul(b));
        let mark = first.wrapping_mul(c).wrapping_add(second.wrapping_mul(d)) >> 8;
        (slot, mark as u8 | 1)
    }
}

impl Slots {
    /// Creates the slots of some grams. Of the tried hash functions, it uses the one with the fewest shared slots.
    pub(super) fn new(grams: impl Iterator<Item = u32> + Clone) -> Self {
        let way = |number| {
            let hash = Hash::new(number);
            Self { table: table(grams.clone(), hash), hash, level: Level::new() }
        };
        let shared = |slots: &Self| slots.table.iter().filter(|mark| **mark == ANY).count();
        (0..TRIES).map(way).min_by_key(shared).unwrap_or_else(|| way(0))
    }

    /// Returns the slot of a gram.
    pub(super) fn of(&self, gram: u32) -> u16 {
        self.hash.slot_and_mark(gram).0
    }

    /// Returns one bit for each place of a part: 1 if the gram at this place is possibly known.
    #[inline]
    pub(super) fn known(&self, part: &[u8; PART]) -> u128 {
        dispatch!(self.level, simd => self.known_by(simd, part))
    }

    // This function contains no closure. The compiler would not compile a closure for the instruction set of `level`.
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
    for (slot, mark) in grams.map(|gram| hash.slot_and_mark(gram)) {
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
            // Each part holds about three grams, besides the grams of the dots.
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
