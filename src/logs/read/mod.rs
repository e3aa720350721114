//! Reading: bytes of a source are decoded, swept as they come, and counted.
//!
//! Must not know files or AWS: a source is anything that reads. What could not be decoded is told, never taken as clean.

mod events;
mod gzip;
mod packing;

use std::io::{BufRead, BufReader, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use serde::Serialize;

use super::finding::{Findings, Place};
use super::key::Key;
use super::sweep::{BLOCK, Engine, Found, Stream};
use events::Events;
use gzip::{MOST_PACKED, Members};

/// What of a source was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Sources that were opened.
    pub sources: u64,
    /// Bytes that they hold.
    pub bytes_stored: u64,
    /// Bytes of those that were read.
    pub bytes_read: u64,
    /// Bytes that were swept, once they were decoded.
    pub bytes_examined: u64,
    /// Events that were swept.
    pub events: u64,
    /// What was not looked at, and why.
    pub not_examined: Vec<NotExamined>,
}

/// A source, or the rest of one, that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotExamined {
    /// The source.
    pub source: String,
    /// Where the part starts that was not wholly decoded.
    pub from: u64,
    /// Why.
    pub why: String,
}

impl Coverage {
    /// Adds that of another part of the same sweep.
    pub fn merge(&mut self, other: Self) {
        self.sources += other.sources;
        self.bytes_stored += other.bytes_stored;
        self.bytes_read += other.bytes_read;
        self.bytes_examined += other.bytes_examined;
        self.events += other.events;
        self.not_examined.extend(other.not_examined);
        self.not_examined.sort();
    }

    /// Whether all was looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.not_examined.is_empty()
    }
}

/// One worker of a sweep: what it looks for, what it found and what it read.
pub struct Sweeper<'a> {
    engine: &'a Engine,
    key: &'a Key,
    /// What was found.
    pub findings: Findings,
    /// What was looked at.
    pub coverage: Coverage,
    members: Members,
    packed: Vec<u8>,
}

impl std::fmt::Debug for Sweeper<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sweeper").field("coverage", &self.coverage).finish_non_exhaustive()
    }
}

const MAGIC: &[u8] = &[0x1f, 0x8b];
const PIECE: usize = 64 * 1024;

impl<'a> Sweeper<'a> {
    /// A worker that read nothing yet.
    #[must_use]
    pub fn new(engine: &'a Engine, key: &'a Key) -> Self {
        Self {
            engine,
            key,
            findings: Findings::default(),
            coverage: Coverage::default(),
            members: Members::new(),
            packed: Vec::new(),
        }
    }

    /// Sweeps a source of so many bytes, plain or gzip. `progress` is told the bytes that were read.
    pub fn read(&mut self, input: impl Read, stored: u64, at: &Place, progress: &mut dyn FnMut(u64)) {
        self.coverage.sources += 1;
        self.coverage.bytes_stored += stored;
        self.findings.next_source();
        let mut input = BufReader::with_capacity(PIECE, Counted { inner: input, read: 0, progress });
        let compressed = match input.fill_buf() {
            Ok(start) => match packing::unreadable(start) {
                Some(why) => return self.not_examined(at, 0, &why),
                None => start.starts_with(MAGIC),
            },
            Err(error) => return self.not_examined(at, 0, &error),
        };
        let mut walk = Walk::new(self.engine, self.key, at);
        let mut whole = 0;
        let ended = if compressed && stored <= MOST_PACKED {
            self.packed.clear();
            let read = (&mut input).take(MOST_PACKED + 1).read_to_end(&mut self.packed);
            let mut rest = self.packed.as_slice();
            while let Some((text, end)) = self.members.first(rest) {
                if end == self.packed.len() {
                    walk.whole(text, &mut self.findings);
                } else {
                    walk.push(text, &mut self.findings);
                }
                rest = rest.get(end..).unwrap_or_default();
            }
            if rest.is_empty() {
                read.map(drop)
            } else {
                whole = (self.packed.len() - rest.len()) as u64;
                read.and(walk.read(&mut MultiGzDecoder::new(rest.chain(&mut input)), &mut self.findings))
            }
        } else if compressed {
            walk.read(&mut MultiGzDecoder::new(&mut input), &mut self.findings)
        } else {
            walk.read(&mut input, &mut self.findings)
        };
        let (examined, events) = walk.finish(&mut self.findings);
        self.coverage.bytes_examined += examined;
        self.coverage.events += events;
        let taken = input.get_ref().read - input.buffer().len() as u64;
        self.coverage.bytes_read += taken;
        if let Err(error) = ended {
            self.not_examined(at, if compressed && stored <= MOST_PACKED { whole } else { taken }, &error);
        }
    }

    /// Tells that a source, or its rest, was not looked at.
    pub fn not_examined(&mut self, at: &Place, from: u64, why: &dyn ToString) {
        let why = why.to_string();
        self.coverage.not_examined.push(NotExamined { source: at.source.clone(), from, why });
    }
}

/// One text on its way through the sweep.
struct Walk<'a> {
    engine: &'a Engine,
    key: &'a Key,
    at: &'a Place,
    stream: Stream<'a>,
    events: Events<'a>,
    examined: u64,
}

impl<'a> Walk<'a> {
    fn new(engine: &'a Engine, key: &'a Key, at: &'a Place) -> Self {
        Self { engine, key, at, stream: Stream::new(engine), events: Events::new(engine), examined: 0 }
    }

    fn push(&mut self, text: &[u8], findings: &mut Findings) {
        let (engine, key, at) = (self.engine, self.key, self.at);
        let mut found = |text: &[u8], offset: u64, hit: Found| findings.add(engine, key, text, offset, hit, at);
        for piece in text.chunks(PIECE) {
            self.stream.push(piece, &mut found);
            self.events.push(piece, &mut found);
            self.examined += piece.len() as u64;
        }
    }

    /// Sweeps the only text of a source where it lies.
    fn whole(&mut self, text: &[u8], findings: &mut Findings) {
        let (engine, key, at) = (self.engine, self.key, self.at);
        let mut found = |text: &[u8], offset: u64, hit: Found| findings.add(engine, key, text, offset, hit, at);
        for (number, piece) in text.chunks(BLOCK).enumerate() {
            let from = number * BLOCK;
            engine.sweep_part(text, from, from + piece.len(), &mut |text, hit| found(text, 0, hit));
            self.events.push(piece, &mut found);
        }
        self.examined += text.len() as u64;
    }

    fn read(&mut self, input: &mut dyn Read, findings: &mut Findings) -> std::io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            match input.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(length) => self.push(piece.get(..length).unwrap_or_default(), findings),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells how many bytes and events were swept.
    fn finish(mut self, findings: &mut Findings) -> (u64, u64) {
        let (engine, key, at) = (self.engine, self.key, self.at);
        let mut found = |text: &[u8], offset: u64, hit: Found| findings.add(engine, key, text, offset, hit, at);
        self.stream.finish(&mut found);
        (self.examined, self.events.finish(&mut found))
    }
}

/// Counts what is read.
struct Counted<'a, R> {
    inner: R,
    read: u64,
    progress: &'a mut dyn FnMut(u64),
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.read += length as u64;
        (self.progress)(length as u64);
        Ok(length)
    }
}
