//! One text in the sweep: it is decoded, swept, divided into events, and judged as text or no text.
//!
//! This module must not know how a source is packed, nor how it is reported.

use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom};
use std::ops::Range;

use super::super::finding::{Findings, Place};
use super::super::key::Key;
use super::super::sweep::{BLOCK, Engine, Found, Stream};
use super::encoding::{Decoder, Encoding};
use super::events::{Events, Lines};
use super::legible::Legible;
use super::{Counted, HEAD, PIECE, unreadable};

/// The result of the sweep of a text.
pub(super) struct Swept {
    /// The number of decoded bytes.
    pub(super) bytes: u64,
    pub(super) lines: Lines,
    /// The bytes that were no text: their offset, their number and the reason.
    pub(super) unread: Vec<(u64, u64, String)>,
}

/// The state of one text in the sweep.
pub(super) struct Walk<'a> {
    engine: &'a Engine,
    key: &'a Key,
    at: &'a Place,
    stream: Stream<'a>,
    events: Events<'a>,
    legible: Legible,
    /// The decoder, if the units of the encoding have several bytes.
    decoder: Option<Decoder>,
    examined: u64,
    /// The bytes after the text. They do not belong to it.
    after: Vec<u8>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(engine: &'a Engine, key: &'a Key, at: &'a Place) -> Self {
        let (stream, events) = (Stream::new(engine), Events::new(engine));
        let legible = Legible::default();
        Self { engine, key, at, stream, events, legible, decoder: None, examined: 0, after: Vec::new() }
    }

    /// Detects the encoding from the start of the text.
    pub(super) fn begin(&mut self, head: &[u8]) {
        let start = head.get(..HEAD as usize).unwrap_or(head);
        self.decoder = Encoding::of(start).map(Decoder::new);
    }

    /// Detects the encoding from the start of an unpacked text. Returns the reason why the text cannot be read, when it
    /// was packed twice.
    pub(super) fn begin_packed(&mut self, head: &[u8]) -> Option<String> {
        let why = unreadable::of(head, true);
        if why.is_none() {
            self.begin(head);
        }
        why
    }

    pub(super) fn push(&mut self, text: &[u8], findings: &mut Findings) {
        let Some(mut decoder) = self.decoder.take() else { return self.push_text(text, findings) };
        for piece in text.chunks(PIECE) {
            self.push_text(decoder.decode(piece), findings);
        }
        self.decoder = Some(decoder);
    }

    fn push_text(&mut self, text: &[u8], findings: &mut Findings) {
        let (engine, key, at) = (self.engine, self.key, self.at);
        let mut found = |text: &[u8], offset: u64, hit: Found| findings.add(engine, key, text, offset, hit, at);
        for piece in text.chunks(PIECE) {
            self.stream.push(piece, &mut found);
            self.events.push(piece, &mut found);
            self.legible.push(piece);
            self.examined += piece.len() as u64;
        }
    }

    /// Sweeps a text that is the only one of its source, without copying it.
    pub(super) fn whole(&mut self, text: &[u8], findings: &mut Findings) {
        const PART: usize = 4 * BLOCK;
        if self.decoder.is_some() {
            return self.push(text, findings);
        }
        let (engine, key, at) = (self.engine, self.key, self.at);
        let mut found = |text: &[u8], offset: u64, hit: Found| findings.add(engine, key, text, offset, hit, at);
        for (number, piece) in text.chunks(PART).enumerate() {
            let from = number * PART;
            engine.sweep_part(text, from, from + piece.len(), &mut |text, hit| found(text, 0, hit));
            self.events.push(piece, &mut found);
            self.legible.push(piece);
        }
        self.examined += text.len() as u64;
    }

    /// Reads unpacked bytes, starting with the detection of their encoding.
    pub(super) fn read_packed(&mut self, input: &mut dyn Read, findings: &mut Findings) -> Result<()> {
        let mut head = Vec::new();
        let ended = input.take(HEAD).read_to_end(&mut head);
        if let Some(why) = self.begin_packed(&head) {
            return Err(Error::other(why));
        }
        self.push(&head, findings);
        ended?;
        self.read(input, findings)
    }

    /// Reads directly into the buffer of the stream, unless the text must be decoded.
    pub(super) fn read(&mut self, input: &mut dyn Read, findings: &mut Findings) -> Result<()> {
        if self.decoder.is_some() {
            return self.read_encoded(input, findings);
        }
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
            self.legible.push(self.stream.next(length));
            self.stream.take(length, &mut found);
        }
    }

    fn read_encoded(&mut self, input: &mut dyn Read, findings: &mut Findings) -> Result<()> {
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

    /// Reads a part that consists of whole lines. The swept range starts and ends at the last multiples of eight before
    /// the start and the end of the part.
    pub(super) fn read_part(
        &mut self,
        input: &mut (impl Read + Seek),
        part: Range<u64>,
        is_last: bool,
        progress: &mut dyn FnMut(u64),
        findings: &mut Findings,
    ) -> Result<()> {
        let start = part.start / 8 * 8;
        let before = start.min(Stream::keeps(self.engine) as u64);
        input.seek(SeekFrom::Start(start - before))?;
        let mut known = Vec::new();
        input.by_ref().take(before).read_to_end(&mut known)?;
        self.stream = Stream::within(self.engine, &known, start);
        // The end of the line before the part.
        let mut line = Vec::new();
        input.by_ref().take(part.start - start).read_to_end(&mut line)?;
        let (engine, key, at) = (self.engine, self.key, self.at);
        self.stream.push(&line, &mut |text, offset, hit| findings.add(engine, key, text, offset, hit, at));
        self.events.start_at(part.start);
        self.legible.start_at(part.start);
        let end = if is_last { u64::MAX } else { part.end / 8 * 8 };
        let mut counted = Counted { inner: input.by_ref().take(end - part.start), read: 0, progress };
        self.read(&mut counted, findings)?;
        if !is_last {
            let mut line = Vec::new();
            input.by_ref().take(part.end - end).read_to_end(&mut line)?;
            self.events.push(&line, &mut |text, offset, hit| findings.add(engine, key, text, offset, hit, at));
            self.legible.push(&line);
            progress(line.len() as u64);
            self.examined += line.len() as u64;
            self.after = line;
            input.take(engine.reach() as u64).read_to_end(&mut self.after)?;
        }
        Ok(())
    }

    /// Ends the text. Returns its result.
    pub(super) fn finish(mut self, findings: &mut Findings) -> Swept {
        let (engine, key, at) = (self.engine, self.key, self.at);
        let mut found = |text: &[u8], offset: u64, hit: Found| findings.add(engine, key, text, offset, hit, at);
        self.stream.finish_before(&self.after, &mut found);
        let illegible = self.legible.finish().map(|it| (it.from, it.bytes, it.why.to_string()));
        let lost = self.decoder.as_ref().and_then(Decoder::lost).map(|(bytes, why)| (0, bytes, why.to_owned()));
        let unread = illegible.into_iter().chain(lost).collect();
        Swept { bytes: self.examined, lines: self.events.finish(&mut found), unread }
    }
}
