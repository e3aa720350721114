//! The filter of possible grams: it holds four bits of one word for each gram, and looks up many grams at once.
//!
//! This module must not know the meaning of a gram. The filter holds bits of keyed hashes. By mistake, it accepts about
//! one of several hundred unknown grams.

use fearless_simd::{Bytes as _, Level, Simd, SimdBase as _, dispatch, u8x32, u32x8};

use super::super::key::{Key, Multipliers};

/// The number of grams that one look-up handles.
pub(super) const PLACES: usize = 64;
/// The filter has two words for each group of this many grams, so that it fits into the caches near the core.
const GRAMS_IN_TWO_WORDS: usize = 3;
/// The positions of the bit numbers in a hash that is multiplied once more.
const BITS: [u32; 4] = [12, 17, 22, 27];
const SPREAD: u32 = 0x9E37_79B1;
/// The number of hash bits that select a word. The remaining bits limit the number of parts.
const NUMBER: u32 = 20;
const PARTS: usize = 1 << (32 - NUMBER);

/// A set of grams that can report an unknown gram as known, but never the reverse.
pub(super) struct Bits {
    words: Vec<u32>,
    /// The words are divided into this many parts. The size of a part is a power of two.
    parts: u32,
    power: u32,
    by: Multipliers,
    level: Level,
}

impl Bits {
    /// Creates an empty set with room for this many grams.
    pub(super) fn new(key: &Key, grams: usize) -> Self {
        let words = (grams * 2 / GRAMS_IN_TWO_WORDS).max(64);
        let power = (0..NUMBER).find(|power| words >> power < PARTS).unwrap_or(NUMBER);
        let parts = (words >> power).min(PARTS - 1);
        Self { words: vec![0; parts << power], parts: parts as u32, power, by: key.multipliers(), level: Level::new() }
    }

    /// Returns the index of the word of a gram, and the bits of the gram in the word.
    fn place(&self, gram: u64) -> (usize, u32) {
        let [low, high] = self.by;
        let hash = (gram as u32).wrapping_mul(low).wrapping_add(((gram >> 32) as u32).wrapping_mul(high));
        let hash = hash ^ hash >> 16;
        let number = ((hash >> (32 - NUMBER)) * self.parts) >> (NUMBER - self.power);
        let spread = hash.wrapping_mul(SPREAD);
        (number as usize, BITS.iter().fold(0, |bits, at| bits | 1 << (spread >> at & 31)))
    }

    pub(super) fn add(&mut self, gram: u64) {
        let (number, bits) = self.place(gram);
        if let Some(word) = self.words.get_mut(number) {
            *word |= bits;
        }
    }

    pub(super) fn may_hold(&self, gram: u64) -> bool {
        let (number, bits) = self.place(gram);
        self.words.get(number).is_some_and(|word| word & bits == bits)
    }

    /// Returns one bit for each gram: 1 if the gram is possibly in the set.
    #[inline]
    pub(super) fn known(&self, grams: &[[u8; 8]; PLACES]) -> u64 {
        dispatch!(self.level, simd => self.known_by(simd, grams))
    }

    // This function contains no closure. The compiler would not compile a closure for the instruction set of `level`.
    #[inline(always)]
    fn known_by<S: Simd>(&self, simd: S, grams: &[[u8; 8]; PLACES]) -> u64 {
        let [low, high] = self.by;
        let (low, high) = (u32x8::splat(simd, low), u32x8::splat(simd, high));
        let parts = u32x8::splat(simd, self.parts);
        let one = u32x8::splat(simd, 1);
        let (mut numbers, mut bits) = ([0_u32; PLACES], [0_u32; PLACES]);
        let eights = grams.as_flattened().as_chunks::<64>().0.iter();
        for ((grams, numbers), bits) in eights.zip(numbers.as_chunks_mut::<8>().0).zip(bits.as_chunks_mut::<8>().0) {
            let (first, second) = grams.split_at(32);
            let first: u32x8<S> = u8x32::from_slice(simd, first).bitcast();
            let second: u32x8<S> = u8x32::from_slice(simd, second).bitcast();
            let hash = simd.unzip_low_u32x8(first, second) * low + simd.unzip_high_u32x8(first, second) * high;
            let hash = hash ^ (hash >> 16);
            (((hash >> (32 - NUMBER)) * parts) >> (NUMBER - self.power)).store_slice(numbers);
            let (spread, mut all) = (hash * SPREAD, u32x8::splat(simd, 0));
            for at in BITS {
                all |= simd.shlv_u32x8(one, (spread >> at) & 31);
            }
            all.store_slice(bits);
        }
        let mut held = [0; PLACES];
        for (held, number) in held.iter_mut().zip(numbers) {
            *held = self.words.get(number as usize).copied().unwrap_or_default();
        }
        let mut known = 0;
        for (number, (held, bits)) in held.as_chunks::<8>().0.iter().zip(bits.as_chunks::<8>().0).enumerate() {
            let (held, bits) = (u32x8::from_slice(simd, held), u32x8::from_slice(simd, bits));
            known |= simd.to_bitmask_mask32x8(simd.simd_eq_u32x8(held & bits, bits)) << (8 * number);
        }
        known
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn a_gram_is_known_at_each_place_whatever_the_processor_can_do() {
        let key = Key::new(&Zeroizing::new([3; 32])).unwrap();
        let gram = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        // One set with few words, and one whose number of words is no power of two.
        for count in [50, 20_000] {
            for level in [Level::new(), Level::baseline()] {
                let mut bits = Bits { level, ..Bits::new(&key, count as usize) };
                (1..=count).for_each(|number| bits.add(gram(number)));
                let mut wrong = 0;
                for first in (1..=count).step_by(PLACES / 2) {
                    // Known and unknown grams alternate.
                    let mut grams = [[0; 8]; PLACES];
                    for (place, held) in grams.iter_mut().enumerate() {
                        let known = first + place as u64 / 2;
                        let number = if place % 2 == 0 { known.min(count) } else { 1_000_000 + known };
                        *held = gram(number).to_le_bytes();
                        assert!(place % 2 == 1 || bits.may_hold(gram(number)));
                    }
                    let known = bits.known(&grams);
                    assert_eq!(known & 0x5555_5555_5555_5555, 0x5555_5555_5555_5555, "{count} with {level:?}");
                    for (place, held) in grams.iter().enumerate() {
                        assert_eq!(known >> place & 1 == 1, bits.may_hold(u64::from_le_bytes(*held)), "{level:?}");
                    }
                    wrong += u64::from((known & 0xAAAA_AAAA_AAAA_AAAA).count_ones());
                }
                assert!(wrong * 50 <= count + 50, "{wrong} of {count} with {level:?}");
            }
        }
    }
}
