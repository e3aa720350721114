//! The sweep of a text: it applies the rules and values block by block. It reports each hit exactly once, and the ends
//! of the blocks have no influence on the hits.
//!
//! This module must not know the source of a text, nor what the caller does with a hit.

use std::sync::Arc;

use super::rules::{RuleHit, Rules};
use super::values::{ValueHit, Values};

/// The rules and values of one search.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The descriptions of texts that look like secrets.
    pub rules: Arc<Rules>,
    /// The values of the secrets themselves, as digests.
    pub values: Arc<Values>,
}

/// One hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A text that matches a rule.
    Rule(RuleHit),
    /// A value in one of its forms.
    Value(ValueHit),
}

impl Found {
    /// Returns the offset of the first byte of the secret.
    #[must_use]
    pub fn start(&self) -> usize {
        match self {
            Self::Rule(hit) => hit.start,
            Self::Value(hit) => hit.start,
        }
    }

    /// Returns the offset after the last byte of the secret.
    #[must_use]
    pub fn end(&self) -> usize {
        match self {
            Self::Rule(hit) => hit.end,
            Self::Value(hit) => hit.end,
        }
    }
}

/// The number of bytes that one step sweeps. A block fits into the caches near the core.
pub(super) const BLOCK: usize = 256 * 1024;
/// The engine also searches for anchors within this distance before and after a part. A secret that starts in the part
/// can have its anchor there. So can a hit that replaces a generic hit.
const BEFORE: usize = (2 * Rules::REACH).next_multiple_of(8);
const AFTER: usize = Rules::REACH.next_multiple_of(8);
/// The length of the text that a stream keeps before its current part. The context and the time of a finding are read
/// from this text.
pub(super) const BEHIND: usize = 16 * 1024;

impl Engine {
    /// Returns a copy of the engine for another worker. Workers with a shared cache of expressions would wait for each
    /// other.
    #[must_use]
    pub fn for_worker(&self) -> Self {
        Self { rules: Arc::new(Rules::clone(&self.rules)), values: Arc::clone(&self.values) }
    }

    /// Returns the length of the text that must be available on both sides of a part, so that the sweep finds every
    /// secret in the part. The length is a multiple of eight.
    #[must_use]
    pub fn reach(&self) -> usize {
        (BEFORE + Rules::REACH).max(self.values.reach()).next_multiple_of(8)
    }

    /// Sweeps a text that is completely in memory.
    pub fn sweep(&self, text: &[u8], found: &mut dyn FnMut(&[u8], Found)) {
        self.sweep_part(text, 0, text.len(), found);
    }

    /// Sweeps the part `from..to` of a text. On both sides of the part, `text` has at least `reach` more bytes, or it
    /// ends there. `from` and `to` are multiples of eight, but `to` can also be the end of the text. Each hit belongs
    /// to exactly one part, for every division into parts. A hit can end outside of its part.
    pub fn sweep_part(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(&[u8], Found)) {
        let mut hits = Vec::new();
        let first = from.saturating_sub(BEFORE);
        let last = if to < text.len() { text.len().min(to + AFTER) / 8 * 8 } else { to };
        let mut at = first;
        while at < last {
            // The search for anchors before and after the part belongs to the first and the last block.
            let end = if to.saturating_sub(at) > BLOCK { (at + BLOCK).max(from) } else { last };
            self.rules.find(text, at, end, &mut |hit| hits.push(hit));
            self.values.find(text, at.max(from), end.min(to), &mut |hit| found(text, Found::Value(hit)));
            at = end;
        }
        hits.sort_unstable();
        hits.dedup_by(|a, b| (a.start, a.rule) == (b.start, b.rule));
        self.drop_generic(&mut hits);
        let inside = |hit: &RuleHit| (from..to).contains(&hit.start);
        hits.into_iter().filter(inside).for_each(|hit| found(text, Found::Rule(hit)));
    }

    /// Drops a generic hit that overlaps the hit of another rule. Of two overlapping generic hits the later one is
    /// dropped.
    fn drop_generic(&self, hits: &mut Vec<RuleHit>) {
        let mut kept: Vec<RuleHit> = Vec::with_capacity(hits.len());
        for hit in hits.drain(..) {
            let generic = self.rules.is_generic(hit.rule);
            match kept.last_mut() {
                Some(last) if last.end > hit.start && generic => {}
                Some(last) if last.end > hit.start && self.rules.is_generic(last.rule) => *last = hit,
                _ => kept.push(hit),
            }
        }
        *hits = kept;
    }
}

/// Sweeps a text that arrives in pieces. The memory is bounded by a few pieces.
#[derive(Debug)]
pub struct Stream<'a> {
    engine: &'a Engine,
    /// The buffer: first the text that is kept, then room for more.
    held: Vec<u8>,
    filled: usize,
    /// The start of the text that is not swept yet, as an index into the buffer.
    swept: usize,
    /// The offset of the buffer in the complete text: a multiple of eight.
    offset: u64,
}

impl<'a> Stream<'a> {
    /// Creates an empty stream.
    #[must_use]
    pub fn new(engine: &'a Engine) -> Self {
        let held = vec![0; Self::keeps(engine) + engine.reach() + BLOCK];
        Self { engine, held, filled: 0, swept: 0, offset: 0 }
    }

    /// Creates a stream that starts in the middle of a text, at a multiple of eight. The stream keeps the text before
    /// the start, but does not sweep it.
    pub(super) fn within(engine: &'a Engine, before: &[u8], start: u64) -> Self {
        let mut stream = Self::new(engine);
        let kept = before.len().min(Self::keeps(engine)) / 8 * 8;
        stream.append(before.get(before.len() - kept..).unwrap_or_default());
        stream.swept = stream.filled;
        stream.offset = start - stream.filled as u64;
        stream
    }

    /// Returns the length of the text that a stream keeps before its current part.
    pub(super) fn keeps(engine: &Engine) -> usize {
        BEHIND.max(engine.reach())
    }

    /// Returns the free room for the next part of the text, about one block. The block is still in the L2 cache when it
    /// is swept.
    pub fn room(&mut self) -> &mut [u8] {
        self.held.get_mut(self.filled..).unwrap_or_default()
    }

    /// Accepts the bytes that the caller wrote to the start of the room. `found` gets the buffer, its offset in the
    /// complete text, and the hit.
    pub fn take(&mut self, length: usize, found: &mut dyn FnMut(&[u8], u64, Found)) {
        self.filled = self.held.len().min(self.filled + length);
        let ready = self.filled.saturating_sub(self.engine.reach()) / 8 * 8;
        if ready >= self.swept + BLOCK / 2 {
            self.sweep(ready, found);
        }
    }

    /// Returns the bytes that the caller wrote to the start of the room.
    pub(super) fn next(&self, length: usize) -> &[u8] {
        self.held.get(self.filled..self.filled + length).unwrap_or_default()
    }

    /// Copies a piece into the room and accepts it, as `take` does.
    pub fn push(&mut self, piece: &[u8], found: &mut dyn FnMut(&[u8], u64, Found)) {
        let mut rest = piece;
        while let Some((first, after)) = rest.split_at_checked(rest.len().min(self.room().len()))
            && !first.is_empty()
        {
            self.write(first);
            self.take(first.len(), found);
            rest = after;
        }
    }

    fn write(&mut self, piece: &[u8]) {
        if let Some(room) = self.room().get_mut(..piece.len()) {
            room.copy_from_slice(piece);
        }
    }

    fn append(&mut self, piece: &[u8]) {
        self.write(piece);
        self.filled += piece.len();
    }

    /// Ends the text and sweeps its rest.
    pub fn finish(&mut self, found: &mut dyn FnMut(&[u8], u64, Found)) {
        self.finish_before(&[], found);
    }

    /// Ends the part. The text after the part is available, but is not swept. It has at least the reach of the engine,
    /// or it ends with the complete text.
    pub(super) fn finish_before(&mut self, after: &[u8], found: &mut dyn FnMut(&[u8], u64, Found)) {
        let end = self.filled;
        self.append(after);
        self.sweep(end, found);
        self.filled = 0;
        self.swept = 0;
    }

    fn sweep(&mut self, to: usize, found: &mut dyn FnMut(&[u8], u64, Found)) {
        let offset = self.offset;
        let known = self.held.get(..self.filled).unwrap_or_default();
        self.engine.sweep_part(known, self.swept, to, &mut |text, hit| found(text, offset, hit));
        let done = to.saturating_sub(Self::keeps(self.engine)) / 8 * 8;
        self.held.copy_within(done..self.filled, 0);
        self.filled -= done;
        self.offset += done as u64;
        self.swept = to - done;
    }
}
