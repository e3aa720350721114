//! Writes JSON without characters that are invisible or that change the order of other characters.
//!
//! This module must not know the content. Each write must be a complete token from the serializer. So the serializer
//! writes directly to this type, and this type writes to a buffer.

use std::io::{self, Write};

use crate::source::{is_hidden, plain_json, printable};

/// A writer of JSON that replaces such characters.
pub(super) struct Plain<W> {
    out: W,
    exact: bool,
}

impl<W: Write> Plain<W> {
    /// Creates a writer for programs. It writes only invisible and reordering characters
    /// as hexadecimal escapes, so a parser gets the exact text.
    pub(super) fn exact(out: W) -> Self {
        Self { out, exact: true }
    }

    /// Creates a writer for people. Each character is replaced by a visible substitute, as in all other reports.
    pub(super) fn shown(out: W) -> Self {
        Self { out, exact: false }
    }
}

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        // The serializer writes a control character in a separate write, as `\u001b`.
        if let (false, [b'\\', b'u', b'0', b'0', digits @ ..]) = (self.exact, bytes) {
            let code = std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let character = code.and_then(char::from_u32).unwrap_or('\u{fffd}');
            return self.out.write_all(printable(&character.to_string(), 1).as_bytes());
        }
        if bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
            return self.out.write_all(bytes);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        if self.exact {
            return self.out.write_all(plain_json(text).as_bytes());
        }
        // These line feeds come from the format. The line feeds of a text are already escaped.
        for part in text.split_inclusive('\n') {
            let (line, end) = part.strip_suffix('\n').map_or((part, ""), |line| (line, "\n"));
            if line.contains(is_hidden) {
                self.out.write_all(printable(line, usize::MAX).as_bytes())?;
            } else {
                self.out.write_all(line.as_bytes())?;
            }
            self.out.write_all(end.as_bytes())?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use crate::report::ALL;
    use crate::report::sample::{HOSTILE, Sample, groups};

    #[test]
    fn what_is_hidden_is_hexadecimal_or_has_a_stand_in() {
        let text = "é\u{1b}\u{202e}\u{200b}\u{7f}\n\u{e0041}\\u001b";
        let mut exact = Vec::new();
        serde_json::to_writer(Plain::exact(&mut exact), text).expect("memory takes everything");
        assert_eq!(serde_json::from_slice::<String>(&exact).expect("JSON"), text);
        let mut shown = Vec::new();
        serde_json::to_writer(Plain::shown(&mut shown), text).expect("memory takes everything");
        let read: String = serde_json::from_slice(&shown).expect("JSON");
        assert_eq!(read, "é\u{241b}\u{fffd}\u{fffd}\u{2421}\n\u{fffd}\\u001b");
        for written in [exact, shown] {
            let written = String::from_utf8(written).expect("UTF-8");
            assert!(!written.contains(is_hidden), "{written:?}");
        }
    }

    /// No report contains a character that controls a terminal, is invisible, or changes the order of others.
    #[test]
    fn no_report_holds_a_hidden_character() {
        let hidden: String = ('\u{7f}'..='\u{9f}')
            .chain("\u{ad}\u{61c}\u{200b}\u{200e}\u{2028}\u{2029}\u{202e}\u{2066}\u{feff}".chars())
            .collect();
        let mut sample = Sample::with("", vec![groups(&[&format!("a{hidden}{HOSTILE}"), &hidden])]);
        for text in [&mut sample.run.title, &mut sample.run.backend] {
            text.push_str(&hidden);
        }
        for report in ALL {
            let text = sample.write(*report);
            let found = text.chars().find(|it| is_hidden(*it) && !matches!(it, '\n' | '\r' | '\t'));
            assert_eq!(found, None, "{}", report.name());
        }
    }
}
