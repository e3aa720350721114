//! Reading: bytes of a source are decoded, swept as they come, and counted.
//!
//! Must not know files or AWS: a source is anything that reads. What could not be decoded is told, never taken as clean.

mod encoding;
mod events;
mod gzip;
mod legible;
mod packing;
mod parts;
mod walk;

use std::io::{BufReader, ErrorKind, Read, Seek};
use std::ops::Range;

use flate2::bufread::MultiGzDecoder;
use serde::Serialize;

use super::finding::{Findings, Place};
use super::key::Key;
use super::sweep::Engine;
pub use events::Lines;
use gzip::{MOST_PACKED, Members};
pub use legible::{Illegible, Legible, Why};
pub use parts::parts;
use walk::{Swept, Walk};

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

/// A source, or a part of one, that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotExamined {
    /// The source.
    pub source: String,
    /// Why.
    pub why: String,
    /// Where the part starts that was not wholly decoded.
    pub from: u64,
    /// How many bytes, where that is known.
    pub bytes: Option<u64>,
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
        // Of a source that was read in parts each part tells its own.
        self.not_examined.dedup_by(|later, first| {
            let same = (&later.source, &later.why) == (&first.source, &first.why);
            if same && *later != *first {
                first.bytes = first.bytes.zip(later.bytes).map(|(first, later)| first + later);
            }
            same
        });
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
/// So much of the start of a source tells what it is.
const HEAD: u64 = 4096;

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
        let mut head = Vec::new();
        let broken = input.by_ref().take(HEAD).read_to_end(&mut head).err();
        if let Some(why) = packing::unreadable(&head, false) {
            return self.not_examined(at, 0, Some(stored), &why);
        }
        let compressed = head.starts_with(MAGIC);
        let mut walk = Walk::new(self.engine, self.key, at);
        if !compressed {
            walk.begin(&head);
        }
        let mut input = head.as_slice().chain(input);
        let mut whole = 0;
        let ended = if compressed && stored <= MOST_PACKED {
            let (packed, read) = fill(&mut input, stored as usize, &mut self.packed);
            let mut rest = packed;
            // One that has grown beyond what is read at once goes by pieces.
            let at_once = packed.len() as u64 <= MOST_PACKED;
            while let Some((text, end)) = self.members.first(rest).filter(|_| at_once) {
                if rest.len() == packed.len()
                    && let Some(why) = walk.begin_packed(text)
                {
                    return self.not_examined(at, 0, Some(stored), &why);
                }
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
                let mut unpacked = MultiGzDecoder::new(rest.chain(&mut input));
                let ended = if whole > 0 {
                    walk.read(&mut unpacked, &mut self.findings)
                } else {
                    walk.read_packed(&mut unpacked, &mut self.findings)
                };
                read.and(ended)
            }
        } else if compressed {
            walk.read_packed(&mut MultiGzDecoder::new(&mut input), &mut self.findings)
        } else {
            walk.read(&mut input, &mut self.findings)
        };
        let swept = walk.finish(&mut self.findings);
        self.examined(at, &swept);
        self.coverage.events += swept.lines.events();
        let (_, input) = input.get_ref();
        let taken = input.get_ref().read - input.buffer().len() as u64;
        self.coverage.bytes_read += taken;
        if let Err(error) = ended.and(broken.map_or(Ok(()), Err)) {
            let from = match compressed {
                _ if swept.bytes == 0 => 0,
                true if stored <= MOST_PACKED => whole,
                _ => taken,
            };
            self.not_examined(at, from, stored.checked_sub(from).filter(|bytes| *bytes > 0), &error);
        }
    }

    /// What was swept is examined, but for what could not be read as text.
    fn examined(&mut self, at: &Place, swept: &Swept) {
        let mut unread = 0;
        for (from, bytes, why) in &swept.unread {
            unread += bytes;
            self.not_examined(at, *from, Some(*bytes), why);
        }
        self.coverage.bytes_examined += swept.bytes.saturating_sub(unread);
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
        let swept = walk.finish(&mut self.findings);
        self.examined(at, &swept);
        self.coverage.bytes_read += swept.bytes;
        if let Err(error) = ended {
            let from = part.start + swept.bytes;
            self.not_examined(at, from, part.end.checked_sub(from), &error);
        }
        swept.lines
    }

    /// Tells that a source, or its rest, was not looked at.
    pub fn not_examined(&mut self, at: &Place, from: u64, bytes: Option<u64>, why: &dyn ToString) {
        let why = why.to_string();
        self.coverage.not_examined.push(NotExamined { source: at.source.clone(), why, from, bytes });
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
