//! Reads sources: their bytes are decoded, swept in pieces and counted.
//!
//! Gzip is the only packing that the sweep unpacks: small sources in one step (`gzip`), others in pieces. `unreadable` names
//! the formats that the sweep cannot read.
//!
//! This module must not know files or AWS. A source is anything that implements `Read`. Bytes that cannot be decoded
//! are reported, and they never count as clean.

mod encoding;
mod events;
mod gzip;
mod legible;
mod parts;
mod unreadable;
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

/// The amount of data that was examined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Sources that were opened.
    pub sources: u64,
    /// The stored size of the sources in bytes.
    pub bytes_stored: u64,
    /// The number of stored bytes that were read.
    pub bytes_read: u64,
    /// The number of decoded bytes that were swept.
    pub bytes_examined: u64,
    /// The number of events that were swept.
    pub events: u64,
    /// The sources and parts that were not examined, with the reasons.
    pub not_examined: Vec<NotExamined>,
}

/// A source, or a part of one, that was not examined.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotExamined {
    /// The source.
    pub source: String,
    /// The reason.
    pub why: String,
    /// The offset of the first byte that was not examined.
    pub from: u64,
    /// The number of bytes, if it is known.
    pub bytes: Option<u64>,
}

impl Coverage {
    /// Adds the coverage of another part of the same sweep.
    pub fn merge(&mut self, other: Self) {
        self.sources += other.sources;
        self.bytes_stored += other.bytes_stored;
        self.bytes_read += other.bytes_read;
        self.bytes_examined += other.bytes_examined;
        self.events += other.events;
        self.not_examined.extend(other.not_examined);
        self.not_examined.sort();
        // When a source is read in parts, each part reports its own bytes.
        self.not_examined.dedup_by(|later, first| {
            let same = (&later.source, &later.why) == (&first.source, &first.why);
            if same && *later != *first {
                first.bytes = first.bytes.zip(later.bytes).map(|(first, later)| first + later);
            }
            same
        });
    }

    /// Returns whether everything was examined.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.not_examined.is_empty()
    }
}

/// One worker of a sweep: its engine, its findings and its coverage.
pub struct Sweeper<'a> {
    engine: &'a Engine,
    key: &'a Key,
    /// The findings so far.
    pub findings: Findings,
    /// The coverage so far.
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
/// The number of bytes at the start of a source that identify its format.
const HEAD: u64 = 4096;

impl<'a> Sweeper<'a> {
    /// Creates a worker that has read nothing yet.
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

    /// Sweeps a source of `stored` bytes, plain or gzip. `progress` gets the number of bytes of each read.
    pub fn read(&mut self, input: impl Read, stored: u64, at: &Place, progress: &mut dyn FnMut(u64)) {
        self.coverage.sources += 1;
        self.coverage.bytes_stored += stored;
        self.findings.next_source();
        let mut input = BufReader::with_capacity(PIECE, Counted { inner: input, read: 0, progress });
        let mut head = Vec::new();
        let broken = input.by_ref().take(HEAD).read_to_end(&mut head).err();
        if let Some(why) = unreadable::of(&head, false) {
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
            // An archive that has grown beyond the limit is unpacked in pieces.
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

    /// Counts the swept bytes as examined, except for the bytes that are no text.
    fn examined(&mut self, at: &Place, swept: &Swept) {
        let mut unread = 0;
        for (from, bytes, why) in &swept.unread {
            unread += bytes;
            self.not_examined(at, *from, Some(*bytes), why);
        }
        self.coverage.bytes_examined += swept.bytes.saturating_sub(unread);
    }

    /// Sweeps a part of a plain source. `parts` divides the source. All parts together give the same findings as the
    /// complete source. Returns the lines of the part. The caller adds the lines of all parts to get the events of the
    /// source.
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

    /// Records that a source, or the rest of it, was not examined.
    pub fn not_examined(&mut self, at: &Place, from: u64, bytes: Option<u64>, why: &dyn ToString) {
        let why = why.to_string();
        self.coverage.not_examined.push(NotExamined { source: at.source.clone(), why, from, bytes });
    }
}

/// Reads at most one byte more than `MOST_PACKED` from a source of about `stored` bytes. The buffer is reused, so that
/// it is not filled with zeros again. Returns the bytes that were read, even when reading failed.
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

/// Counts the bytes that are read.
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
