//! Decodes texts in JSON, URLs, base64 or hexadecimal. The place of each part of a decoded text in the source is kept.
//!
//! This module must not know which texts are searched for.

use std::ops::Range;

use attestry_logs::base64::{decode, digit};

/// A decoded text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) text: String,
    places: Places,
}

/// The places of the bytes of a decoded text in its source.
#[derive(Debug, PartialEq, Eq)]
enum Places {
    /// The start of each byte in the source, and the end of the source.
    Each(Vec<usize>),
    /// One range of the source for all bytes. When one byte is replaced, the whole range is replaced.
    Together(Range<usize>),
}

impl Decoded {
    /// Returns the place in the source for a span of the decoded text.
    pub(super) fn source(&self, span: &Range<usize>) -> Range<usize> {
        match &self.places {
            Places::Each(starts) => {
                let at = |place: usize| starts.get(place).or(starts.last()).copied().unwrap_or_default();
                at(span.start)..at(span.end)
            }
            Places::Together(range) => range.clone(),
        }
    }
}

/// Returns the texts that are encoded in this text.
pub(super) fn encoded(text: &str) -> Vec<Decoded> {
    let mut found = Vec::new();
    found.extend(replaced(text, '%', percent));
    found.extend(replaced(text, '\\', escape));
    found.extend(base64(text));
    found.extend(hexadecimal(text));
    found
}

/// The bytes of an escape, and the length of the escape.
type Escape = (Vec<u8>, usize);

/// Decodes all escapes that begin with one mark. Returns `None` if the text has no such escape.
fn replaced(text: &str, mark: char, read: fn(&str) -> Option<Escape>) -> Option<Decoded> {
    text.contains(mark).then_some(())?;
    let (mut bytes, mut starts) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
    let (mut rest, mut changed) = (text, false);
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let (more, length) = match read(rest) {
            Some((more, length)) if first == mark => {
                changed = true;
                (more, length)
            }
            _ => (first.to_string().into_bytes(), first.len_utf8()),
        };
        starts.extend(more.iter().map(|_| at));
        bytes.extend(more);
        rest = rest.get(length..).unwrap_or_default();
    }
    starts.push(text.len());
    changed.then_some(())?;
    Some(Decoded { text: String::from_utf8(bytes).ok()?, places: Places::Each(starts) })
}

/// Reads an escape of a URL: `%2F`.
fn percent(text: &str) -> Option<Escape> {
    let byte = u8::from_str_radix(text.get(1..3)?, 16).ok()?;
    Some((vec![byte], 3))
}

/// Reads an escape of JSON, such as `\n`, `\/` and `\u002f`, and escapes of other formats, such as `\,`.
fn escape(text: &str) -> Option<Escape> {
    let letter = text.get(1..)?.chars().next()?;
    let plain = match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        // JSON escapes few marks. Lists, shells and patterns escape other marks.
        mark if mark.is_ascii_punctuation() => mark,
        'u' => {
            let code = u32::from_str_radix(text.get(2..6)?, 16).ok()?;
            return Some((char::from_u32(code)?.to_string().into_bytes(), 6));
        }
        _ => return None,
    };
    Some((plain.to_string().into_bytes(), 2))
}

/// The smallest number of letters that are decoded as base64 or hexadecimal, and the smallest length of a decoded text
/// that is searched.
const RUN: usize = 20;
const TEXT: usize = 12;
/// An encoded text may continue in the next line after a line of at least this number of letters.
const LINE: usize = 16;

/// Decodes runs of base64 letters of both alphabets. Each run is decoded from each of its first four positions, because
/// letters of the alphabet may also stand before the encoded text.
fn base64(text: &str) -> Vec<Decoded> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for run in runs(bytes, |byte| digit(byte).is_some()) {
        let letters: Vec<u8> = run.iter().filter_map(|place| bytes.get(*place)).copied().collect();
        for start in 0..4 {
            let decoded = decode(letters.get(start..).unwrap_or_default());
            stretches(&decoded, |at| (start + at * 4 / 3, start + (at * 4).div_ceil(3)), &run, &mut found);
        }
    }
    found
}

/// Decodes runs of hexadecimal digits. Each run is decoded from each of its first two positions.
fn hexadecimal(text: &str) -> Vec<Decoded> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for run in runs(bytes, |byte| byte.is_ascii_hexdigit()) {
        let digit = |place: &usize| char::from(*bytes.get(*place)?).to_digit(16);
        let digits: Vec<u32> = run.iter().filter_map(digit).collect();
        for start in 0..2 {
            let pairs = digits.get(start..).unwrap_or_default().chunks_exact(2);
            let byte = |pair: &[u32]| u8::try_from(pair.iter().fold(0, |byte, digit| byte << 4 | digit)).ok();
            let decoded: Vec<u8> = pairs.filter_map(byte).collect();
            stretches(&decoded, |at| (start + at * 2, start + at * 2), &run, &mut found);
        }
    }
    found
}

/// Returns the places of consecutive letters. A run can continue across line ends, because encoders break long lines.
/// Another text may stand in the lines before an encoded text, so a run can start in each line.
fn runs(bytes: &[u8], is_letter: impl Fn(u8) -> bool) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    let mut lines: Vec<Range<usize>> = Vec::new();
    // Most texts are too short to contain an encoded text.
    let mut at = if bytes.len() < RUN { bytes.len() } else { 0 };
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_letter(**byte)).count();
        if length > 0 {
            lines.push(at..at + length);
            at += length;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let gap = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if length >= LINE && gap > 0 {
            at += gap;
            continue;
        }
        together(&lines, &mut found);
        lines.clear();
        at += usize::from(length == 0);
    }
    together(&lines, &mut found);
    found
}

/// The greatest number of lines of an encoded text that is found between other lines. A longer encoded text is found
/// only if no other lines stand directly before or after it.
const LINES: usize = 3;

/// Adds one run for all lines together, and one run for each group of a few consecutive lines.
fn together(lines: &[Range<usize>], found: &mut Vec<Vec<usize>>) {
    let few = (1..=LINES.min(lines.len())).flat_map(|length| lines.windows(length));
    for some in few.chain((lines.len() > LINES).then_some(lines)) {
        let places: Vec<usize> = some.iter().cloned().flatten().collect();
        if places.len() >= RUN {
            found.push(places);
        }
    }
}

/// Adds every part of the decoded bytes that is readable text. When a secret in such a part is replaced, all letters of
/// the part are replaced, because the remaining letters would decode to nonsense. For the index of a byte, `letters`
/// returns the index of the first letter of the byte, and the index after the last letter of the bytes before it.
fn stretches(decoded: &[u8], letters: impl Fn(usize) -> (usize, usize), run: &[usize], found: &mut Vec<Decoded>) {
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let mut at = 0;
    while at < decoded.len() {
        let rest = decoded.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_text(byte)).count();
        let (first, end) = (letters(at).0, letters(at + length).1.min(run.len()));
        if length >= TEXT
            && let (Some(start), Some(last)) = (run.get(first), end.checked_sub(1).and_then(|end| run.get(end)))
        {
            let text = String::from_utf8_lossy(rest.get(..length).unwrap_or_default()).into_owned();
            found.push(Decoded { text, places: Places::Together(*start..last + 1) });
        }
        at += length.max(1);
    }
}
