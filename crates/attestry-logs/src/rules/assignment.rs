//! Assignments: a name and its value, as a log writes them in JSON, logfmt, query strings, command lines, XML and YAML.
//!
//! This module must not know which names matter. The module reads a bounded part of the text on both sides of one byte
//! of the name.

use std::ops::Range;

/// `name = value`, as ranges of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
    /// Whether quotes mark the end of the value.
    pub(super) quoted: bool,
}

/// The largest number of bytes of a name that are read on each side of the given byte.
const LONGEST_NAME: usize = 48;
/// The length of the longest value that is read.
const LONGEST_VALUE: usize = 512;
/// The largest number of spaces in a row, and of backslashes in a row.
const LONGEST_ROW: usize = 8;

/// Returns the assignment whose name contains the byte at `at`.
pub(super) fn assignment(text: &[u8], at: usize) -> Option<Assignment> {
    let before = text.get(at.saturating_sub(LONGEST_NAME)..at)?;
    let start = at - before.iter().rev().take_while(|byte| is_name(**byte)).count();
    let after = text.get(at..text.len().min(at + LONGEST_NAME))?;
    let end = at + after.iter().take_while(|byte| is_name(**byte)).count();
    let is_option = text.get(start) == Some(&b'-');
    let is_element = start.checked_sub(1).and_then(|it| text.get(it)) == Some(&b'<') && text.get(end) == Some(&b'>');
    let mut cursor = Cursor { text, at: end };
    let ends_at_ampersand = cursor.separator(is_option, is_element)?;
    let (value, quoted) = cursor.value(is_element, ends_at_ampersand)?;
    Some(Assignment { name: start..end, value, quoted })
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Skips bytes of one sort. Returns their number.
    fn skip(&mut self, is_kind: impl Fn(u8) -> bool) -> usize {
        let start = self.at;
        while self.at - start < LONGEST_ROW && self.peek().is_some_and(&is_kind) {
            self.at += 1;
        }
        self.at - start
    }

    fn skip_text(&mut self, wanted: &[u8]) -> bool {
        let end = self.at + wanted.len();
        let is = self.text.get(self.at..end).is_some_and(|text| text.eq_ignore_ascii_case(wanted));
        if is {
            self.at = end;
        }
        is
    }

    /// Reads a quote and the backslashes before it.
    fn quote(&mut self) -> Option<(usize, u8)> {
        let start = self.at;
        let backslashes = self.skip(|byte| byte == b'\\');
        match self.peek() {
            Some(quote @ (b'"' | b'\'' | b'`')) => {
                self.at += 1;
                Some((backslashes, quote))
            }
            _ => {
                self.at = start;
                None
            }
        }
    }

    /// Skips the text between the name and the value. Returns whether the value can belong to a query string.
    fn separator(&mut self, is_option: bool, is_element: bool) -> Option<bool> {
        if is_element {
            self.at += 1;
            return Some(false);
        }
        let quoted = self.quote().is_some();
        // A name in square brackets: `params[password]=…`.
        if !quoted {
            self.skip(|byte| byte == b']');
        }
        let spaces = self.skip(|byte| byte == b' ');
        match self.peek()? {
            // A list of objects with a name and a value each: `"name": "DB_PASSWORD", "value": "…"`.
            b',' if quoted => {
                self.at += 1;
                self.skip(|byte| byte == b' ');
                self.quote()?;
                self.skip_text(b"value").then_some(())?;
                self.quote()?;
                self.skip(|byte| byte == b' ');
                self.skip_text(b":").then_some(())?;
            }
            b':' | b'=' => {
                let first = self.peek()?;
                self.at += 1;
                let _ = self.skip_text(b">") || self.skip_text(b"=");
                if first == b'=' && spaces == 0 && !quoted && self.peek() != Some(b' ') {
                    return Some(true);
                }
            }
            b'%' if !quoted => {
                (self.skip_text(b"%3D") || self.skip_text(b"%3A")).then_some(())?;
                return Some(true);
            }
            _ if is_option && spaces > 0 => {}
            _ => return None,
        }
        self.skip(|byte| byte == b' ');
        Some(false)
    }

    fn value(&mut self, is_element: bool, ends_at_ampersand: bool) -> Option<(Range<usize>, bool)> {
        let quote = if is_element { None } else { self.quote() };
        let rest = self.text.get(self.at..self.text.len().min(self.at + LONGEST_VALUE))?;
        let length = match quote {
            Some((backslashes, quote)) => quoted_length(rest, backslashes, quote),
            None => {
                let ends = |byte: &u8| match byte {
                    b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'>' | b'\\' => true,
                    b')' | b']' | b'}' | b'|' => true,
                    b'&' | b'#' => ends_at_ampersand,
                    _ => false,
                };
                rest.iter().position(ends).unwrap_or(rest.len())
            }
        };
        (length > 0).then(|| (self.at..self.at + length, quote.is_some()))
    }
}

/// Returns the length up to the closing quote. The closing quote has at most as many backslashes before it as the
/// opening quote. A value that is cut off ends at the end of its line.
fn quoted_length(text: &[u8], backslashes: usize, quote: u8) -> usize {
    let mut row = 0;
    for (at, byte) in text.iter().enumerate() {
        match *byte {
            b'\\' => row += 1,
            b'\n' => return at,
            byte if byte == quote && row <= backslashes => return at - row,
            _ => row = 0,
        }
    }
    text.len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(&str, &str)> {
        let at = text.to_ascii_lowercase().find("passw").unwrap();
        let found = assignment(text.as_bytes(), at)?;
        let part = |range: Range<usize>| std::str::from_utf8(&text.as_bytes()[range]).unwrap();
        Some((part(found.name), part(found.value)))
    }

    #[test]
    fn assignments_are_read_however_they_are_written() {
        for (text, name) in [
            (r#"{"db_password":"s3cret/x"}"#, "db_password"),
            (r#"{"password" : "s3cret/x", "a": 1}"#, "password"),
            (r#"{\"password\":\"s3cret/x\"}"#, "password"),
            (r#"{\\\"password\\\":\\\"s3cret/x\\\"}"#, "password"),
            ("level=info DB_PASSWORD=s3cret/x user=a", "DB_PASSWORD"),
            ("GET /login?user=a&password=s3cret/x&b=1", "password"),
            ("password: s3cret/x", "password"),
            ("  password => 's3cret/x',", "password"),
            ("mysql --password s3cret/x -h db", "--password"),
            ("mysql --password=s3cret/x", "--password"),
            ("<password>s3cret/x</password>", "password"),
            ("passwd%3Ds3cret/x", "passwd"),
            ("said <password=s3cret/x>", "password"),
            (r#"{"name":"DB_PASSWORD","value":"s3cret/x"}"#, "DB_PASSWORD"),
            ("user[password]=s3cret/x&a=b", "password"),
        ] {
            assert_eq!(read(text), Some((name, "s3cret/x")), "{text}");
        }
    }

    #[test]
    fn what_is_no_assignment_is_none() {
        for text in
            ["the password is wrong", "password", "password=", "password: ", "\"password\", \"user\"", "passwd\\"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
