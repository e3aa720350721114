//! The sweep of a text: rules and values, block by block, each thing found exactly once wherever the blocks end.
//!
//! Must not know where a text comes from, nor what is done with what is found.

use std::sync::Arc;

use super::rules::{RuleHit, Rules};
use super::values::{ValueHit, Values};

/// What to look for.
#[derive(Clone, Debug)]
pub struct Engine {
    /// What secrets look like.
    pub rules: Arc<Rules>,
    /// What they are.
    pub values: Arc<Values>,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Something that a rule describes.
    Rule(RuleHit),
    /// A value, in one of its forms.
    Value(ValueHit),
}

impl Found {
    /// The first byte of the secret.
    #[must_use]
    pub fn start(&self) -> usize {
        match self {
            Self::Rule(hit) => hit.start,
            Self::Value(hit) => hit.start,
        }
    }

    /// Its end.
    #[must_use]
    pub fn end(&self) -> usize {
        match self {
            Self::Rule(hit) => hit.end,
            Self::Value(hit) => hit.end,
        }
    }
}

/// What is swept at a time: small enough for the near caches.
pub(super) const BLOCK: usize = 256 * 1024;
/// How far before a part, and after it, anchors are looked for: what starts in the part may have its anchor there, and
/// what it yields to may as well.
const BEFORE: usize = (2 * Rules::REACH).next_multiple_of(8);
const AFTER: usize = Rules::REACH.next_multiple_of(8);
/// How far before a part a stream keeps its text, for whoever wants to know what stands before a finding.
pub(super) const BEHIND: usize = 16 * 1024;

impl Engine {
    /// The same for another worker: two that share the caches of expressions wait for each other.
    #[must_use]
    pub fn for_worker(&self) -> Self {
        Self { rules: Arc::new(Rules::clone(&self.rules)), values: Arc::clone(&self.values) }
    }

    /// How far around a part the text must be known, to find everything there: a multiple of eight.
    #[must_use]
    pub fn reach(&self) -> usize {
        (BEFORE + Rules::REACH).max(self.values.reach()).next_multiple_of(8)
    }

    /// Sweeps a text that is wholly in memory.
    pub fn sweep(&self, text: &[u8], found: &mut dyn FnMut(&[u8], Found)) {
        self.sweep_part(text, 0, text.len(), found);
    }

    /// Sweeps the part `from..to` of a text; around it the text is known as far as `reach`, or to its end. Both are
    /// multiples of eight, unless `to` is the end of the text. What is found belongs to one part only, whatever the parts
    /// are, and may end outside of it.
    pub fn sweep_part(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(&[u8], Found)) {
        let mut hits = Vec::new();
        let first = from.saturating_sub(BEFORE);
        let last = if to < text.len() { text.len().min(to + AFTER) / 8 * 8 } else { to };
        let mut at = first;
        while at < last {
            // Anchors around the part are looked for with its first and its last block.
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

    /// A generic rule yields where another one finds the same, and of two generic ones the later.
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

/// Sweeps a text that comes in pieces, with as much memory as a few of them.
#[derive(Debug)]
pub struct Stream<'a> {
    engine: &'a Engine,
    /// What is held, and behind it room for more.
    held: Vec<u8>,
    filled: usize,
    /// Where the text that is not swept yet starts in what is held.
    swept: usize,
    /// Where what is held starts in the whole: a multiple of eight.
    offset: u64,
}

impl<'a> Stream<'a> {
    /// A stream of which nothing came yet.
    #[must_use]
    pub fn new(engine: &'a Engine) -> Self {
        let held = vec![0; Self::keeps(engine) + engine.reach() + BLOCK];
        Self { engine, held, filled: 0, swept: 0, offset: 0 }
    }

    /// A stream that starts within a text, at a multiple of eight. What stands before it is known, but not swept.
    pub(super) fn within(engine: &'a Engine, before: &[u8], start: u64) -> Self {
        let mut stream = Self::new(engine);
        let kept = before.len().min(Self::keeps(engine)) / 8 * 8;
        stream.append(before.get(before.len() - kept..).unwrap_or_default());
        stream.swept = stream.filled;
        stream.offset = start - stream.filled as u64;
        stream
    }

    /// How much of what stands before is kept.
    pub(super) fn keeps(engine: &Engine) -> usize {
        BEHIND.max(engine.reach())
    }

    /// Room for the next part of the text, about a block: what is swept then is still in the near caches.
    pub fn room(&mut self) -> &mut [u8] {
        self.held.get_mut(self.filled..).unwrap_or_default()
    }

    /// Takes what was written to the start of the room. Tells what is held, where it starts in the whole, and what is found
    /// in it.
    pub fn take(&mut self, length: usize, found: &mut dyn FnMut(&[u8], u64, Found)) {
        self.filled = self.held.len().min(self.filled + length);
        let ready = self.filled.saturating_sub(self.engine.reach()) / 8 * 8;
        if ready >= self.swept + BLOCK / 2 {
            self.sweep(ready, found);
        }
    }

    /// What was written to the start of the room.
    pub(super) fn next(&self, length: usize) -> &[u8] {
        self.held.get(self.filled..self.filled + length).unwrap_or_default()
    }

    /// Takes a piece, in the same way.
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

    /// The text is over.
    pub fn finish(&mut self, found: &mut dyn FnMut(&[u8], u64, Found)) {
        self.finish_before(&[], found);
    }

    /// The part that is swept is over. What stands after it is known, but not swept: as far as the engine reaches, or to the
    /// end of the text.
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
