//! Reading: bytes of a source are decoded, swept as they come, and counted.
//!
//! Must not know files or AWS: a source is anything that reads. What could not be decoded is told, never taken as clean.

mod events;
mod gzip;
mod packing;
mod parts;

use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;

use flate2::bufread::MultiGzDecoder;
use serde::Serialize;

use super::finding::{Findings, Place};
use super::key::Key;
use super::sweep::{BLOCK, Engine, Found, Stream};
use events::Events;
pub use events::Lines;
use gzip::{MOST_PACKED, Members};
pub use parts::parts;

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
            let (packed, read) = fill(&mut input, stored as usize, &mut self.packed);
            let mut rest = packed;
            // One that has grown beyond what is read at once goes by pieces.
            let at_once = packed.len() as u64 <= MOST_PACKED;
            while let Some((text, end)) = self.members.first(rest).filter(|_| at_once) {
                if end == packed.len() {
                    walk.whole(text, &mut self.findings);
                } else {
                    walk.push(text, &mut self.findings);
                }
                rest = rest.get(end..).unwrap_or_default();
            }
            if rest.is_empty() {
                read
            } else {
                whole = (packed.len() - rest.len()) as u64;
                read.and(walk.read(&mut MultiGzDecoder::new(rest.chain(&mut input)), &mut self.findings))
            }
        } else if compressed {
            walk.read(&mut MultiGzDecoder::new(&mut input), &mut self.findings)
        } else {
            walk.read(&mut input, &mut self.findings)
        };
        let (examined, lines) = walk.finish(&mut self.findings);
        self.coverage.bytes_examined += examined;
        self.coverage.events += lines.events();
        let taken = input.get_ref().read - input.buffer().len() as u64;
        self.coverage.bytes_read += taken;
        if let Err(error) = ended {
            self.not_examined(at, if compressed && stored <= MOST_PACKED { whole } else { taken }, &error);
        }
    }

    /// Sweeps a part of a plain source, as `parts` divides it: all parts together find what the whole would. Tells the lines
    /// of the part; who adds those of all parts knows the events of the source.
    pub fn read_part(
        &mut self,
        mut input: impl Read + Seek,
        part: Range<u64>,
        is_last: bool,
        at: &Place,
        progress: &mut dyn FnMut(u64),
    ) -> Lines {
        self.coverage.sources += u64::from(part.start == 0);
        self.coverage.bytes_stored += part.end - part.start;
        self.findings.next_source();
        let mut walk = Walk::new(self.engine, self.key, at);
        let ended = walk.read_part(&mut input, part.clone(), is_last, progress, &mut self.findings);
        let (examined, lines) = walk.finish(&mut self.findings);
        self.coverage.bytes_examined += examined;
        self.coverage.bytes_read += examined;
        if let Err(error) = ended {
            self.not_examined(at, part.start + examined, &error);
        }
        lines
    }

    /// Tells that a source, or its rest, was not looked at.
    pub fn not_examined(&mut self, at: &Place, from: u64, why: &dyn ToString) {
        let why = why.to_string();
        self.coverage.not_examined.push(NotExamined { source: at.source.clone(), from, why });
    }
}

/// Reads a source of about so many bytes, or the most that is read at once and one more, into a buffer that was used before:
/// it need not be filled with nothing again. Tells what was read, even where reading failed.
fn fill<'a>(input: &mut impl Read, stored: usize, buffer: &'a mut Vec<u8>) -> (&'a [u8], std::io::Result<()>) {
    const MOST: usize = MOST_PACKED as usize + 1;
    let (mut filled, mut room) = (0, MOST.min(stored + 1));
    let ended = loop {
        if filled == room {
            room = MOST.min(2 * room);
        }
        if buffer.len() < room {
            buffer.resize(room, 0);
        }
        match input.read(buffer.get_mut(filled..room).unwrap_or_default()) {
            Ok(0) => break Ok(()),
            Ok(length) => filled += length,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    (buffer.get(..filled).unwrap_or_default(), ended)
}

/// One text on its way through the sweep.
struct Walk<'a> {
    engine: &'a Engine,
    key: &'a Key,
    at: &'a Place,
    stream: Stream<'a>,
    events: Events<'a>,
    examined: u64,
    /// What stands after the text, and is not of it.
    after: Vec<u8>,
}

impl<'a> Walk<'a> {
    fn new(engine: &'a Engine, key: &'a Key, at: &'a Place) -> Self {
        let (stream, events) = (Stream::new(engine), Events::new(engine));
        Self { engine, key, at, stream, events, examined: 0, after: Vec::new() }
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
        const PART: usize = 4 * BLOCK;
        let (engine, key, at) = (self.engine, self.key, self.at);
        let mut found = |text: &[u8], offset: u64, hit: Found| findings.add(engine, key, text, offset, hit, at);
        for (number, piece) in text.chunks(PART).enumerate() {
            let from = number * PART;
            engine.sweep_part(text, from, from + piece.len(), &mut |text, hit| found(text, 0, hit));
            self.events.push(piece, &mut found);
        }
        self.examined += text.len() as u64;
    }

    /// Reads straight to where it is swept.
    fn read(&mut self, input: &mut dyn Read, findings: &mut Findings) -> std::io::Result<()> {
        let (engine, key, at) = (self.engine, self.key, self.at);
        let mut found = |text: &[u8], offset: u64, hit: Found| findings.add(engine, key, text, offset, hit, at);
        loop {
            let length = match input.read(self.stream.room()) {
                Ok(0) => return Ok(()),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.examined += length as u64;
            self.events.push(self.stream.next(length), &mut found);
            self.stream.take(length, &mut found);
        }
    }

    /// Reads a part that starts and ends with a line. What is swept starts and ends at the multiples of eight before.
    fn read_part(
        &mut self,
        input: &mut (impl Read + Seek),
        part: Range<u64>,
        is_last: bool,
        progress: &mut dyn FnMut(u64),
        findings: &mut Findings,
    ) -> std::io::Result<()> {
        let start = part.start / 8 * 8;
        let before = start.min(Stream::keeps(self.engine) as u64);
        input.seek(SeekFrom::Start(start - before))?;
        let mut known = Vec::new();
        input.by_ref().take(before).read_to_end(&mut known)?;
        self.stream = Stream::within(self.engine, &known, start);
        // The end of the line before.
        let mut line = Vec::new();
        input.by_ref().take(part.start - start).read_to_end(&mut line)?;
        let (engine, key, at) = (self.engine, self.key, self.at);
        self.stream.push(&line, &mut |text, offset, hit| findings.add(engine, key, text, offset, hit, at));
        self.events.start_at(part.start);
        let end = if is_last { u64::MAX } else { part.end / 8 * 8 };
        let mut counted = Counted { inner: input.by_ref().take(end - part.start), read: 0, progress };
        self.read(&mut counted, findings)?;
        if !is_last {
            let mut line = Vec::new();
            input.by_ref().take(part.end - end).read_to_end(&mut line)?;
            self.events.push(&line, &mut |text, offset, hit| findings.add(engine, key, text, offset, hit, at));
            progress(line.len() as u64);
            self.examined += line.len() as u64;
            self.after = line;
            input.take(engine.reach() as u64).read_to_end(&mut self.after)?;
        }
        Ok(())
    }

    /// Tells how many bytes and lines were swept.
    fn finish(mut self, findings: &mut Findings) -> (u64, Lines) {
        let (engine, key, at) = (self.engine, self.key, self.at);
        let mut found = |text: &[u8], offset: u64, hit: Found| findings.add(engine, key, text, offset, hit, at);
        self.stream.finish_before(&self.after, &mut found);
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
