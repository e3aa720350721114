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

/// What is swept at a time: small enough for the nearest caches.
pub(super) const BLOCK: usize = 128 * 1024;

impl Engine {
    /// How far around a place the text must be known, to find everything there: a multiple of eight.
    #[must_use]
    pub fn reach(&self) -> usize {
        (Rules::reach() + 256).max(self.values.reach()).next_multiple_of(8)
    }

    /// Sweeps a text that is wholly in memory.
    pub fn sweep(&self, text: &[u8], found: &mut dyn FnMut(&[u8], Found)) {
        self.sweep_part(text, 0, text.len(), found);
    }

    /// Sweeps the part `from..to` of a text; around it the text is known as far as `reach`, or to its end. Both are
    /// multiples of eight, unless `to` is the end of the text. What is found has its middle in the part, and may start
    /// and end outside of it.
    pub fn sweep_part(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(&[u8], Found)) {
        let mut hits = Vec::new();
        let mut at = from;
        while at < to {
            let end = to.min(at + BLOCK);
            self.rules.find(text, at, end, &mut |hit| hits.push(hit));
            self.values.find(text, at, end, &mut |hit| found(text, Found::Value(hit)));
            at = end;
        }
        hits.sort_unstable();
        hits.dedup_by(|a, b| (a.start, a.rule) == (b.start, b.rule));
        self.drop_generic(&mut hits);
        hits.into_iter().for_each(|hit| found(text, Found::Rule(hit)));
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
    held: Vec<u8>,
    /// Where the text that is not swept yet starts in what is held.
    swept: usize,
    /// Where what is held starts in the whole.
    offset: u64,
}

impl<'a> Stream<'a> {
    /// A stream of which nothing came yet.
    #[must_use]
    pub fn new(engine: &'a Engine) -> Self {
        Self { engine, held: Vec::with_capacity(2 * BLOCK + 2 * engine.reach()), swept: 0, offset: 0 }
    }

    /// Takes a piece. Tells what is held, where it starts in the whole, and what is found in it.
    pub fn push(&mut self, piece: &[u8], found: &mut dyn FnMut(&[u8], u64, Found)) {
        for piece in piece.chunks(BLOCK) {
            self.held.extend_from_slice(piece);
            let ready = self.held.len().saturating_sub(self.engine.reach()) / 8 * 8;
            if ready >= self.swept + BLOCK {
                self.sweep(ready, found);
            }
        }
    }

    /// The text is over.
    pub fn finish(&mut self, found: &mut dyn FnMut(&[u8], u64, Found)) {
        self.sweep(self.held.len(), found);
        self.held.clear();
        self.swept = 0;
    }

    fn sweep(&mut self, to: usize, found: &mut dyn FnMut(&[u8], u64, Found)) {
        let offset = self.offset;
        self.engine.sweep_part(&self.held, self.swept, to, &mut |text, hit| found(text, offset, hit));
        let done = to.saturating_sub(self.engine.reach()) / 8 * 8;
        self.held.copy_within(done.., 0);
        self.held.truncate(self.held.len() - done);
        self.offset += done as u64;
        self.swept = to - done;
    }
}
