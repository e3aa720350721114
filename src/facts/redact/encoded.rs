//! What a text stands for where JSON, a URL or base64 wrote it, and where each part of that stands in the text.
//!
//! Must not know what is looked for in it.

use std::ops::Range;

use crate::logs::base64::{decode, digit};

/// A decoded text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) text: String,
    places: Places,
}

/// Where the bytes of a decoded text stand in its source.
#[derive(Debug, PartialEq, Eq)]
enum Places {
    /// The start of each, and the end of the source.
    Each(Vec<usize>),
    /// All of them stand for one part, of which nothing may stay where anything goes.
    Together(Range<usize>),
}

impl Decoded {
    /// Where a span of the decoded text stands in the source.
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

/// The texts that a text stands for.
pub(super) fn encoded(text: &str) -> Vec<Decoded> {
    let mut found = Vec::new();
    found.extend(replaced(text, '%', percent));
    found.extend(replaced(text, '\\', escape));
    found.extend(base64(text));
    found
}

/// What an escape stands for, and how long it is.
type Escape = (Vec<u8>, usize);

/// The text with all escapes that start with a mark replaced; `None` where there is none.
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

/// `%2F`.
fn percent(text: &str) -> Option<Escape> {
    let byte = u8::from_str_radix(text.get(1..3)?, 16).ok()?;
    Some((vec![byte], 3))
}

/// `\n`, `\/`, `\u002f`, as JSON writes them.
fn escape(text: &str) -> Option<Escape> {
    let letter = text.get(1..)?.chars().next()?;
    let plain = match letter {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '"' | '\'' | '\\' | '/' => letter,
        'u' => {
            let code = u32::from_str_radix(text.get(2..6)?, 16).ok()?;
            return Some((char::from_u32(code)?.to_string().into_bytes(), 6));
        }
        _ => return None,
    };
    Some((plain.to_string().into_bytes(), 2))
}

/// The shortest run of letters that is taken for base64, and the shortest text that it stands for.
const RUN: usize = 20;
const TEXT: usize = 12;

/// The texts that runs of base64 stand for, in either alphabet and from each of their first four places: what stands before
/// the text may be of the same letters.
fn base64(text: &str) -> Vec<Decoded> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| digit(**byte).is_some()).count();
        if length >= RUN {
            (at..at + 4).for_each(|start| stretches(bytes, start..at + length, &mut found));
        }
        at += length.max(1);
    }
    found
}

/// Every stretch of a run that stands for text. All of a stretch goes where anything in it does: the rest would be no
/// base64 of anything.
fn stretches(bytes: &[u8], run: Range<usize>, found: &mut Vec<Decoded>) {
    let decoded = decode(bytes.get(run.clone()).unwrap_or_default());
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let mut at = 0;
    while at < decoded.len() {
        let rest = decoded.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_text(byte)).count();
        if length >= TEXT {
            let text = String::from_utf8_lossy(rest.get(..length).unwrap_or_default()).into_owned();
            let end = (run.start + ((at + length) * 4).div_ceil(3)).min(run.end);
            found.push(Decoded { text, places: Places::Together(run.start + at * 4 / 3..end) });
        }
        at += length.max(1);
    }
}
