//! Reading: bytes of a source are decoded, swept as they come, and counted.
//!
//! Must not know files or AWS: a source is anything that reads. What could not be decoded is told, never taken as clean.

mod events;

use std::io::{BufRead, BufReader, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use serde::Serialize;

use super::finding::{Findings, Place};
use super::key::Key;
use super::sweep::{Engine, Found, Stream};
use events::Events;

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
    /// The first byte that was not decoded.
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
#[derive(Debug)]
pub struct Sweeper<'a> {
    engine: &'a Engine,
    key: &'a Key,
    /// What was found.
    pub findings: Findings,
    /// What was looked at.
    pub coverage: Coverage,
}

const MAGIC: &[u8] = &[0x1f, 0x8b];
const PIECE: usize = 64 * 1024;

impl<'a> Sweeper<'a> {
    /// A worker that read nothing yet.
    #[must_use]
    pub fn new(engine: &'a Engine, key: &'a Key) -> Self {
        Self { engine, key, findings: Findings::default(), coverage: Coverage::default() }
    }

    /// Sweeps a source of so many bytes, plain or gzip. `progress` is told the bytes that were read.
    pub fn read(&mut self, input: impl Read, stored: u64, at: &Place, progress: &mut dyn FnMut(u64)) {
        self.coverage.sources += 1;
        self.coverage.bytes_stored += stored;
        self.findings.next_source();
        let mut input = BufReader::with_capacity(PIECE, Counted { inner: input, read: 0, progress });
        let compressed = match input.fill_buf() {
            Ok(start) => start.starts_with(MAGIC),
            Err(error) => return self.not_examined(at, 0, &error),
        };
        let ended = if compressed {
            let mut decoder = MultiGzDecoder::new(&mut input);
            self.sweep(&mut decoder, at)
        } else {
            self.sweep(&mut input, at)
        };
        let taken = input.get_ref().read - input.buffer().len() as u64;
        self.coverage.bytes_read += taken;
        if let Err(error) = ended {
            self.not_examined(at, taken, &error);
        }
    }

    /// Tells that a source, or its rest, was not looked at.
    pub fn not_examined(&mut self, at: &Place, from: u64, why: &dyn ToString) {
        let why = why.to_string();
        self.coverage.not_examined.push(NotExamined { source: at.source.clone(), from, why });
    }

    fn sweep(&mut self, input: &mut dyn Read, at: &Place) -> std::io::Result<()> {
        let (engine, key) = (self.engine, self.key);
        let findings = &mut self.findings;
        let mut found =
            |text: &[u8], offset: u64, hit: Found| findings.add(engine, key, text, offset, hit, at);
        let mut stream = Stream::new(engine);
        let mut events = Events::new(engine);
        let mut piece = vec![0; PIECE];
        let ended = loop {
            let length = match input.read(&mut piece) {
                Ok(0) => break Ok(()),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => break Err(error),
            };
            let Some(piece) = piece.get(..length) else { break Ok(()) };
            self.coverage.bytes_examined += length as u64;
            stream.push(piece, &mut found);
            events.push(piece, &mut found);
        };
        stream.finish(&mut found);
        self.coverage.events += events.finish(&mut found);
        ended
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
