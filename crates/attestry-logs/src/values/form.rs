//! The forms of a value: how a program writes it into a log.
//!
//! This module must not know which text is searched. Every buffer that holds a form is wiped. No buffer ever grows,
//! because growing would leave a copy in memory.

use std::fmt;
use std::fmt::Write;

use zeroize::Zeroizing;

/// The encoding of a value in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// The value without any encoding.
    Raw,
    /// The value in a JSON text, escaped this many times.
    Json(u8),
    /// The value in a JSON text of a writer that also escapes `<`, `>`, `&`, quotes or `/`, escaped this many times.
    SafeJson(u8),
    /// The value in a URL or an HTML form.
    Url,
    /// The value in base64, also as a part of a longer text.
    Base64,
    /// The value in base64 with `-` and `_`.
    Base64Url,
    /// The value in hexadecimal digits.
    Hex,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw => f.write_str("raw"),
            Self::Json(1) => f.write_str("json"),
            Self::Json(times) => write!(f, "json x{times}"),
            Self::SafeJson(1) => f.write_str("safe json"),
            Self::SafeJson(times) => write!(f, "safe json x{times}"),
            Self::Url => f.write_str("url"),
            Self::Base64 => f.write_str("base64"),
            Self::Base64Url => f.write_str("base64url"),
            Self::Hex => f.write_str("hex"),
        }
    }
}

/// Only this many bytes of a value, and of each of its forms, are searched. A log that contains so many bytes of a
/// value is taken to contain the value.
pub(super) const LONGEST: usize = 512;

/// A buffer of fixed capacity that is wiped.
struct Buffer(Zeroizing<Vec<u8>>);

impl Buffer {
    fn with_room(room: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(room)))
    }

    /// Adds a byte if there is room left. Each capacity is calculated so that all bytes fit.
    fn push(&mut self, byte: u8) {
        if self.0.len() < self.0.capacity() {
            self.0.push(byte);
        }
    }

    fn extend(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.push(*byte));
    }
}

impl Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.extend(text.as_bytes());
        Ok(())
    }
}

/// The characters that a JSON writer escapes besides quotes, backslashes and control characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// No other characters.
    Plain,
    /// `/`.
    Slash,
    /// `/` and all characters outside of ASCII, as PHP does.
    Php,
    /// `<`, `>` and `&`, as Go does.
    Html,
    /// The characters of HTML, and also `'` and `=`, as Gson does.
    Gson,
    /// Quotes, `+` and the characters of HTML, in upper-case digits, as .NET does.
    DotNet,
    /// All characters outside of ASCII, as Python does.
    Ascii,
}

const WRITERS: [(Writer, u8); 7] = [
    (Writer::Plain, 3),
    (Writer::Slash, 1),
    (Writer::Php, 1),
    (Writer::Html, 3),
    (Writer::Gson, 1),
    (Writer::DotNet, 1),
    (Writer::Ascii, 3),
];

impl Writer {
    fn numbers(self, byte: u8) -> bool {
        match self {
            Self::Plain | Self::Slash | Self::Php | Self::Ascii => false,
            Self::Html => matches!(byte, b'<' | b'>' | b'&'),
            Self::Gson => matches!(byte, b'<' | b'>' | b'&' | b'\'' | b'='),
            Self::DotNet => matches!(byte, b'<' | b'>' | b'&' | b'\'' | b'"' | b'+' | b'`'),
        }
    }

    fn escape(self, text: &[u8]) -> Buffer {
        let mut out = Buffer::with_room(text.len() * 6);
        for chunk in text.utf8_chunks() {
            for character in chunk.valid().chars() {
                self.escape_character(character, &mut out);
            }
            out.extend(chunk.invalid());
        }
        out
    }

    fn escape_character(self, character: char, out: &mut Buffer) {
        let mut utf8 = [0; 4];
        let bytes = character.encode_utf8(&mut utf8).as_bytes();
        // Writing to a buffer never fails.
        let _ = match (character, bytes) {
            (_, [byte]) if self.numbers(*byte) && self == Self::DotNet => write!(out, "\\u{byte:04X}"),
            (_, [byte]) if self.numbers(*byte) => write!(out, "\\u{byte:04x}"),
            ('"', _) => out.write_str("\\\""),
            ('\\', _) => out.write_str("\\\\"),
            ('/', _) if matches!(self, Self::Slash | Self::Php) => out.write_str("\\/"),
            ('\n', _) => out.write_str("\\n"),
            ('\r', _) => out.write_str("\\r"),
            ('\t', _) => out.write_str("\\t"),
            ('\u{8}', _) => out.write_str("\\b"),
            ('\u{c}', _) => out.write_str("\\f"),
            (_, [byte]) if *byte < 0x20 => write!(out, "\\u{byte:04x}"),
            (_, [_]) => out.write_char(character),
            _ if matches!(self, Self::Ascii | Self::Php | Self::DotNet) => {
                let mut units = [0; 2];
                character.encode_utf16(&mut units).iter().try_for_each(|unit| match self {
                    Self::DotNet => write!(out, "\\u{unit:04X}"),
                    _ => write!(out, "\\u{unit:04x}"),
                })
            }
            ('\u{2028}' | '\u{2029}', _) if self == Self::Html => write!(out, "\\u{:04x}", u32::from(character)),
            _ => out.write_char(character),
        };
        zeroize::Zeroize::zeroize(&mut utf8);
    }
}

/// The bytes that a URL encoder does not escape, besides letters, digits and `-_.`, and whether it writes a space as
/// `+`. Each form exists with upper-case and with lower-case digits.
const URLS: [(&[u8], bool); 6] = [
    // RFC 3986.
    (b"~", false),
    // Paths, as Python's `quote` writes them.
    (b"~/", false),
    // `encodeURIComponent`.
    (b"~!'()*", false),
    // Forms, as browsers and Java write them, and then as .NET writes them.
    (b"*", true),
    (b"!()*", true),
    // Python's `quote_plus`.
    (b"~", true),
];

fn url(text: &[u8], keeps: &[u8], plus: bool, upper: bool) -> Buffer {
    let mut out = Buffer::with_room(text.len() * 3);
    for &byte in text {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) || keeps.contains(&byte) {
            out.push(byte);
        } else if plus && byte == b' ' {
            out.push(b'+');
        } else {
            let _ = if upper { write!(out, "%{byte:02X}") } else { write!(out, "%{byte:02x}") };
        }
    }
    out
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns the base64 characters that depend on `text` alone, if `before` bytes (modulo 3) stand before it.
fn base64(text: &[u8], before: usize, alphabet: &[u8; 64]) -> Buffer {
    let mut out = Buffer::with_room(text.len() * 4 / 3 + 2);
    let (mut bits, mut held) = (0_u32, 0_u32);
    // The first character whose bits all come from `text` starts at a multiple of six bits.
    let mut skip = (6 - 8 * before % 6) % 6;
    for &byte in text {
        bits = bits << 8 | u32::from(byte);
        held += 8;
        if skip > 0 {
            held -= skip as u32;
            skip = 0;
        }
        while held >= 6 {
            held -= 6;
            let digit = (bits >> held & 63) as usize;
            out.push(alphabet.get(digit).copied().unwrap_or_default());
        }
        bits &= (1 << held) - 1;
    }
    out
}

fn hex(text: &[u8], upper: bool) -> Buffer {
    let mut out = Buffer::with_room(text.len() * 2);
    for byte in text {
        let _ = if upper { write!(out, "{byte:02X}") } else { write!(out, "{byte:02x}") };
    }
    out
}

/// Calls `emit` with each form of a value. Some forms are emitted more than once. A form is cut after `LONGEST` bytes.
pub(super) fn forms(value: &[u8], emit: &mut dyn FnMut(Form, &[u8])) {
    let value = value.get(..LONGEST).unwrap_or(value);
    let mut emit = |form, text: &[u8]| emit(form, text.get(..LONGEST).unwrap_or(text));
    emit(Form::Raw, value);
    for (writer, depth) in WRITERS {
        let mut last: Option<Buffer> = None;
        for times in 1..=depth {
            let text = last.as_ref().map_or(value, |buffer| &buffer.0);
            let escaped = writer.escape(text);
            let form = if writer == Writer::Plain || writer == Writer::Ascii { Form::Json } else { Form::SafeJson };
            emit(form(times), &escaped.0);
            last = Some(escaped);
        }
    }
    for (keeps, plus) in URLS {
        for upper in [true, false] {
            emit(Form::Url, &url(value, keeps, plus, upper).0);
        }
    }
    let json = Writer::Plain.escape(value);
    for text in [value, &json.0] {
        for before in 0..3 {
            emit(Form::Base64, &base64(text, before, STANDARD).0);
            emit(Form::Base64Url, &base64(text, before, URL_SAFE).0);
        }
    }
    for upper in [false, true] {
        emit(Form::Hex, &hex(value, upper).0);
    }
}
