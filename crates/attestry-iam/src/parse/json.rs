//! Reads JSON as RFC 8259 defines it, in the order of the text, with the place of each value. A repeated key is an
//! error.
//!
//! The parser `serde_json` keeps the last of two equal keys and does not keep the places of values. This module must
//! not know policies.

use std::collections::BTreeSet;

use super::malformed::{Malformed, Path, quoted};
use super::{DEEPEST, LONGEST};

/// A value, and the byte at which it starts.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) offset: usize,
    pub(super) json: Json,
}

/// A value. Numbers stay in their written form.
#[derive(Debug)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Debug)]
pub(super) struct Member {
    /// The byte at which the key starts.
    pub(super) offset: usize,
    pub(super) key: String,
    pub(super) value: Node,
}

/// Reads a text that is exactly one JSON value.
pub(super) fn read(text: &str) -> Result<Node, Malformed> {
    let mut reader = Reader { text, offset: 0 };
    if text.len() > LONGEST {
        return Err(reader.wrong(&Path::Root, "longer than any policy"));
    }
    if text.starts_with('\u{feff}') {
        return Err(reader.wrong(&Path::Root, "starts with a byte order mark"));
    }
    let node = reader.value(&Path::Root, DEEPEST)?;
    reader.space();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.wrong(&Path::Root, "text after the end of the document")),
    }
}

struct Reader<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.offset += next.map_or(0, char::len_utf8);
        next
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.offset += wanted.len_utf8();
        }
        found
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.offset += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn wrong(&self, path: &Path<'_>, what: impl Into<String>) -> Malformed {
        Malformed::at(self.text, self.offset, path, what)
    }

    fn value(&mut self, path: &Path<'_>, depth: usize) -> Result<Node, Malformed> {
        self.space();
        let offset = self.offset;
        if depth == 0 {
            return Err(self.wrong(path, "nested deeper than any policy"));
        }
        let json = match self.peek() {
            Some('{') => self.object(path, depth)?,
            Some('[') => self.list(path, depth)?,
            Some('"') => Json::Text(self.string(path)?),
            Some('-' | '0'..='9') => self.number(path)?,
            Some('a'..='z') => self.word(path)?,
            Some(_) => return Err(self.wrong(path, "not JSON: a value is expected")),
            None => return Err(self.wrong(path, "the document ends where a value is expected")),
        };
        Ok(Node { offset, json })
    }

    fn object(&mut self, path: &Path<'_>, depth: usize) -> Result<Json, Malformed> {
        let mut members = Vec::new();
        let mut seen = BTreeSet::new();
        self.offset += 1;
        self.space();
        if self.eat('}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            let offset = self.offset;
            if self.peek() != Some('"') {
                return Err(self.wrong(path, "not JSON: a key in quotes is expected"));
            }
            let key = self.string(path)?;
            if !seen.insert(key.clone()) {
                let what = format!("the key `{}` is repeated", quoted(&key));
                return Err(Malformed::at(self.text, offset, path, what));
            }
            self.space();
            if !self.eat(':') {
                return Err(self.wrong(&Path::Key(path, &key), "not JSON: `:` is expected"));
            }
            let value = self.value(&Path::Key(path, &key), depth - 1)?;
            members.push(Member { offset, key, value });
            self.space();
            if self.eat('}') {
                return Ok(Json::Object(members));
            }
            if !self.eat(',') {
                return Err(self.wrong(path, "not JSON: `,` or `}` is expected"));
            }
        }
    }

    fn list(&mut self, path: &Path<'_>, depth: usize) -> Result<Json, Malformed> {
        let mut items = Vec::new();
        self.offset += 1;
        self.space();
        if self.eat(']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(&Path::Item(path, items.len()), depth - 1)?);
            self.space();
            if self.eat(']') {
                return Ok(Json::List(items));
            }
            if !self.eat(',') {
                return Err(self.wrong(path, "not JSON: `,` or `]` is expected"));
            }
        }
    }

    fn word(&mut self, path: &Path<'_>) -> Result<Json, Malformed> {
        for (word, json) in [("true", Json::Bool(true)), ("false", Json::Bool(false)), ("null", Json::Null)] {
            let after = self.rest().strip_prefix(word);
            if after.is_some_and(|it| !it.starts_with(|next: char| next.is_alphanumeric() || next == '_')) {
                self.offset += word.len();
                return Ok(json);
            }
        }
        Err(self.wrong(path, "not JSON: a value is expected"))
    }

    fn digits(&mut self) -> usize {
        let start = self.offset;
        while self.peek().is_some_and(|it| it.is_ascii_digit()) {
            self.offset += 1;
        }
        self.offset - start
    }

    fn number(&mut self, path: &Path<'_>) -> Result<Json, Malformed> {
        let start = self.offset;
        self.eat('-');
        let leading_zero = self.peek() == Some('0');
        let whole = self.digits();
        let mut right = whole == 1 || (whole > 1 && !leading_zero);
        if self.eat('.') {
            right &= self.digits() > 0;
        }
        if self.eat('e') || self.eat('E') {
            let _ = self.eat('+') || self.eat('-');
            right &= self.digits() > 0;
        }
        match self.text.get(start..self.offset) {
            Some(number) if right => Ok(Json::Number(number.to_owned())),
            _ => Err(Malformed::at(self.text, start, path, "not JSON: not a number")),
        }
    }

    fn string(&mut self, path: &Path<'_>) -> Result<String, Malformed> {
        let mut text = String::new();
        self.offset += 1;
        loop {
            let start = self.offset;
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') => match self.escape() {
                    Some(character) => text.push(character),
                    None => return Err(Malformed::at(self.text, start, path, "not JSON: not an escape")),
                },
                Some(control) if control < ' ' => {
                    return Err(Malformed::at(self.text, start, path, "not JSON: a control character in a text"));
                }
                Some(character) => text.push(character),
                None => return Err(self.wrong(path, "the document ends within a text")),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            same @ ('"' | '\\' | '/') => same,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.unit()?;
                let second = match first {
                    0xd800..=0xdbff if self.eat('\\') && self.eat('u') => Some(self.unit()?),
                    _ => None,
                };
                // One half of a surrogate pair is no character.
                return char::decode_utf16([first].into_iter().chain(second)).next()?.ok();
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + self.next()?.to_digit(16)?;
        }
        u16::try_from(unit).ok()
    }
}
