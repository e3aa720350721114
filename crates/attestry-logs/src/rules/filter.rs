//! The filter: it finds the anchors of all rules in one walk over a text.
//!
//! This module must not know what a rule does with an anchor. The filter holds two grams of each anchor, at an even and
//! at an odd distance from its start. It reads a gram of the text every two bytes, so that it meets each anchor exactly
//! once.

use std::collections::HashMap;

use super::RuleError;
use super::anchor::{Anchor, GRAM, folded};
use super::slots::{PART, PLACES, STEP, Slots};

/// A sample of text that is common in logs.
const SAMPLE: &str = include_str!("sample.txt");

/// The number of bits that divide slots into buckets: a bucket is the slot shifted by this number.
const BUCKET_SHIFT: u32 = 4;
const BUCKETS: usize = 1 << (16 - BUCKET_SHIFT);

/// A gram of an anchor.
#[derive(Clone, Copy, Debug)]
struct Known {
    gram: u32,
    anchor: u16,
    /// The distance of the gram from the start of the anchor.
    place: u16,
}

/// All anchors and the tables to find them.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    anchors: Vec<Anchor>,
    /// The anchors that can stand at the start of a text, with no byte before them.
    words: Vec<usize>,
    slots: Slots,
    /// The index of the first gram of each bucket. The last item is the number of grams.
    buckets: Vec<u16>,
    grams: Vec<Known>,
}

impl Filter {
    pub(super) fn new(anchors: Vec<Anchor>) -> Result<Self, RuleError> {
        let mut sample = HashMap::new();
        for bytes in SAMPLE.as_bytes().windows(GRAM) {
            *sample.entry(folded(bytes)).or_default() += 1;
        }
        let mut grams = Vec::new();
        for (number, anchor) in anchors.iter().enumerate() {
            let anchor_number = u16::try_from(number).map_err(|_| RuleError::Anchor)?;
            for (place, texts) in anchor.rarest(&sample)? {
                let place = u16::try_from(place).map_err(|_| RuleError::Anchor)?;
                grams.extend(texts.into_iter().map(|gram| Known { gram, anchor: anchor_number, place }));
            }
        }
        let end = u16::try_from(grams.len()).map_err(|_| RuleError::Anchor)?;
        let slots = Slots::new(grams.iter().map(|known| known.gram));
        let bucket = |known: &Known| usize::from(slots.of(known.gram) >> BUCKET_SHIFT);
        grams.sort_unstable_by_key(bucket);
        let mut buckets = Vec::with_capacity(BUCKETS + 1);
        for (index, known) in (0..end).zip(&grams) {
            buckets.resize(buckets.len().max(bucket(known) + 1), index);
        }
        buckets.resize(BUCKETS + 1, end);
        let words = (0..anchors.len()).filter(|number| anchors.get(*number).is_some_and(|it| it.before > 0)).collect();
        Ok(Self { anchors, words, slots, buckets, grams })
    }

    /// Finds the anchors whose gram is in `from..to`. `from` and `to` are even. `found` gets the number and the start
    /// of the anchor.
    pub(super) fn find(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(usize, usize)) {
        if from == 0 {
            let begins = |number: &&usize| self.anchors.get(**number).is_some_and(|anchor| anchor.begins(text));
            self.words.iter().filter(begins).for_each(|number| found(*number, 0));
        }
        let whole = to.saturating_sub(from) / (STEP * PLACES);
        let last = from + whole * STEP * PLACES;
        let mut met = Vec::new();
        for at in (from..last).step_by(STEP * PLACES) {
            match text.get(at..at + PART).and_then(|part| part.first_chunk()) {
                Some(part) => self.look(part, PLACES, at, &mut met),
                None => self.look(&padded(text, at), PLACES, at, &mut met),
            }
        }
        let places = to.saturating_sub(last).div_ceil(STEP);
        if places > 0 {
            self.look(&padded(text, last), places, last, &mut met);
        }
        // All places are checked in one loop, so that the waits for memory overlap.
        for at in met {
            self.meet(text, at, found);
        }
    }

    /// Adds the places of a part where a gram is possibly known. `start` is the offset of the part in the text.
    fn look(&self, part: &[u8; PART], places: usize, start: usize, met: &mut Vec<usize>) {
        let mut known = self.slots.known(part) & (u128::MAX >> (PLACES - places));
        while known != 0 {
            met.push(start + STEP * known.trailing_zeros() as usize);
            known &= known - 1;
        }
    }

    /// Reports each anchor whose gram (its first bytes) is in the text at `at`.
    #[inline(never)]
    fn meet(&self, text: &[u8], at: usize, found: &mut dyn FnMut(usize, usize)) {
        let Some(gram) = text.get(at..at + GRAM).map(folded) else { return };
        let bucket = usize::from(self.slots.of(gram) >> BUCKET_SHIFT);
        let (Some(first), Some(end)) = (self.buckets.get(bucket), self.buckets.get(bucket + 1)) else { return };
        let grams = self.grams.get(usize::from(*first)..usize::from(*end)).unwrap_or_default();
        for known in grams.iter().filter(|known| known.gram == gram) {
            let number = usize::from(known.anchor);
            let (Some(start), Some(anchor)) = (at.checked_sub(usize::from(known.place)), self.anchors.get(number))
            else {
                continue;
            };
            if anchor.stands_at(text, start) {
                found(number, start + anchor.before);
            }
        }
    }
}

/// Returns a part that starts in the text and ends after it. The missing bytes are zero.
#[cold]
fn padded(text: &[u8], at: usize) -> [u8; PART] {
    let mut part = [0; PART];
    part.iter_mut().zip(text.get(at..).unwrap_or_default()).for_each(|(to, from)| *to = *from);
    part
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
