//! Follows the events in a text with one event on each line. The module counts them and searches across the end of an
//! event.
//!
//! This module must not know what is found. Agents cut long messages. If an event is long enough to have been cut, its
//! end and the start of the next event are swept as one text.

use memchr::memchr_iter;

use super::super::finding::timestamp;
use super::super::sweep::{Engine, Found};

/// An event of at least this length, in bytes, can have been cut. Container runtimes cut at 16 KiB, and agents cut
/// later.
pub(super) const LONG: u64 = 16_000;
/// The length of a timestamp and the space after it. Exports write them before each event.
const STAMP: usize = 25;

/// The number of lines of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The lines that start with a timestamp.
    stamped: u64,
    /// The lines that are not empty.
    filled: u64,
}

impl Lines {
    /// Adds the lines of another part of the text.
    pub fn add(&mut self, other: Self) {
        self.stamped += other.stamped;
        self.filled += other.filled;
    }

    /// Returns the number of events. In a text with timestamps, a line without a timestamp belongs to the event before
    /// it.
    #[must_use]
    pub fn events(self) -> u64 {
        if self.stamped > 0 { self.stamped } else { self.filled }
    }
}

/// Follows the events in a text.
pub(super) struct Events<'a> {
    engine: &'a Engine,
    lines: Lines,
    /// The number of bytes so far, and the offset of the line that is not complete yet.
    length: u64,
    line: u64,
    /// The first bytes of the line, up to the length of a timestamp.
    start: Vec<u8>,
    /// The last bytes of the text.
    tail: Vec<u8>,
    seam: Option<Seam>,
}

/// The end of an event that was possibly cut, and the known part of the next event.
struct Seam {
    text: Vec<u8>,
    /// The start of the next event, as an index into `text` and as an offset in the complete text.
    middle: usize,
    offset: u64,
}

impl<'a> Events<'a> {
    pub(super) fn new(engine: &'a Engine) -> Self {
        let (start, tail) = (Vec::with_capacity(STAMP), Vec::with_capacity(engine.reach()));
        Self { engine, lines: Lines::default(), length: 0, line: 0, start, tail, seam: None }
    }

    /// Sets the offset of a text that is a part of a longer text. The part starts with a new line.
    pub(super) fn start_at(&mut self, offset: u64) {
        (self.length, self.line) = (offset, offset);
    }

    pub(super) fn push(&mut self, piece: &[u8], found: &mut dyn FnMut(&[u8], u64, Found)) {
        let mut from = 0;
        for end in memchr_iter(b'\n', piece) {
            let line = piece.get(from..end).unwrap_or_default();
            let length = self.length + end as u64 - self.line;
            if self.start.is_empty() && self.seam.is_none() {
                self.end_line(line, length);
            } else {
                self.part(line);
                let start = std::mem::take(&mut self.start);
                self.end_line(&start, length);
                self.finish_seam(found);
            }
            if length >= LONG {
                self.begin_seam(piece.get(..end).unwrap_or_default());
            }
            from = end + 1;
            self.line = self.length + from as u64;
            if let Some(seam) = &mut self.seam {
                seam.offset = self.line;
            }
        }
        self.part(piece.get(from..).unwrap_or_default());
        self.length += piece.len() as u64;
        let keep = self.engine.reach();
        if piece.len() >= keep {
            self.tail.clear();
        } else {
            let over = (self.tail.len() + piece.len()).saturating_sub(keep);
            self.tail.drain(..over.min(self.tail.len()));
        }
        self.tail.extend_from_slice(piece.get(piece.len().saturating_sub(keep)..).unwrap_or_default());
    }

    /// Ends the text. Returns the number of its lines.
    pub(super) fn finish(&mut self, found: &mut dyn FnMut(&[u8], u64, Found)) -> Lines {
        if self.length > self.line {
            let start = std::mem::take(&mut self.start);
            self.end_line(&start, self.length - self.line);
        }
        self.finish_seam(found);
        self.lines
    }

    /// Adds a part of the line that is not complete yet.
    #[inline]
    fn part(&mut self, part: &[u8]) {
        if self.start.len() < STAMP {
            let room = STAMP - self.start.len();
            self.start.extend(part.iter().take(room));
        }
        if let Some(seam) = &mut self.seam {
            let room = (seam.middle + STAMP + self.engine.reach()).saturating_sub(seam.text.len());
            seam.text.extend(part.iter().take(room));
        }
    }

    fn end_line(&mut self, start: &[u8], length: u64) {
        self.lines.stamped += u64::from(timestamp(start).is_some());
        self.lines.filled += u64::from(length > 0);
    }

    fn begin_seam(&mut self, line_end: &[u8]) {
        let keep = self.engine.reach();
        let here = line_end.get(line_end.len().saturating_sub(keep)..).unwrap_or_default();
        let missing = keep - here.len();
        let before = self.tail.get(self.tail.len().saturating_sub(missing)..).unwrap_or_default();
        let text: Vec<u8> = before.iter().chain(here).copied().collect();
        self.seam = Some(Seam { middle: text.len(), text, offset: 0 });
    }

    fn finish_seam(&mut self, found: &mut dyn FnMut(&[u8], u64, Found)) {
        let Some(mut seam) = self.seam.take() else { return };
        let stamp = seam.text.get(seam.middle..).and_then(timestamp).map_or(0, |length| length + 1);
        seam.text.drain(seam.middle..seam.text.len().min(seam.middle + stamp));
        let offset = seam.offset.saturating_sub(seam.middle as u64);
        self.engine.sweep(&seam.text, &mut |text, hit| {
            if hit.start() < seam.middle && hit.end() > seam.middle {
                found(text, offset, hit);
            }
        });
    }
}
