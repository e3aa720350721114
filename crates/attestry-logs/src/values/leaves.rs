//! The texts in a JSON document, unescaped into memory that is wiped.
//!
//! This module must not know the use of the texts. A document that is not JSON has no texts.

use zeroize::Zeroizing;

/// A text or number of a document, with its path: `$.db.password`, `$.keys[2]`.
pub struct Leaf {
    /// The path.
    pub path: String,
    /// The text, unescaped.
    pub text: Zeroizing<Vec<u8>>,
}

/// The largest depth. A document with deeper nesting is not divided.
const DEEPEST: usize = 32;

/// Returns all leaves of a document, in order. The result is `None` when the document is neither a JSON object nor an
/// array, or is nested too deeply.
#[must_use]
pub fn leaves(document: &[u8]) -> Option<Vec<Leaf>> {
    let mut reader = Reader { text: document, at: 0, found: Vec::new() };
    reader.space();
    matches!(reader.peek(), Some(b'{' | b'[')).then_some(())?;
    reader.value("$", 0)?;
    reader.space();
    (reader.at == document.len()).then_some(reader.found)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    found: Vec<Leaf>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, path: &str, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match self.peek()? {
            b'{' => self.members(b'}', depth, |reader, _| {
                let key = reader.string()?;
                reader.space();
                (reader.next()? == b':').then_some(())?;
                Some(format!("{path}.{}", String::from_utf8_lossy(&key)))
            }),
            b'[' => self.members(b']', depth, |_, index| Some(format!("{path}[{index}]"))),
            b'"' => {
                let text = self.string()?;
                self.found.push(Leaf { path: path.to_owned(), text });
                Some(())
            }
            _ => self.scalar(path),
        }
    }

    fn members(&mut self, end: u8, depth: usize, name: impl Fn(&mut Self, usize) -> Option<String>) -> Option<()> {
        self.at += 1;
        self.space();
        if self.peek()? == end {
            self.at += 1;
            return Some(());
        }
        for index in 0.. {
            self.space();
            let path = name(self, index)?;
            self.space();
            self.value(&path, depth + 1)?;
            self.space();
            match self.next()? {
                b',' => {}
                byte if byte == end => break,
                _ => return None,
            }
        }
        Some(())
    }

    /// Reads a number, `true`, `false` or `null`. A number is a leaf, too.
    fn scalar(&mut self, path: &str) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).filter(|text| !text.is_empty())?;
        if text.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-') {
            self.found.push(Leaf { path: path.to_owned(), text: Zeroizing::new(text.to_vec()) });
        }
        Some(())
    }

    fn string(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        (self.next()? == b'"').then_some(())?;
        let rest = self.text.get(self.at..)?;
        // An unescaped text is never longer than the escaped one, so this buffer never grows.
        let length = closing_quote(rest)?;
        let mut out = Zeroizing::new(Vec::with_capacity(length));
        let end = self.at + length;
        while self.at < end {
            match self.next()? {
                b'\\' => self.escape(&mut out)?,
                byte => out.push(byte),
            }
        }
        self.at = end + 1;
        Some(out)
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let byte = match self.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'u' => {
                let mut unit = u32::from(self.unit()?);
                if (0xD800..0xDC00).contains(&unit) && self.text.get(self.at..self.at + 2) == Some(b"\\u") {
                    self.at += 2;
                    unit = 0x10000 + ((unit - 0xD800) << 10) + u32::from(self.unit()?).checked_sub(0xDC00)?;
                }
                let character = char::from_u32(unit)?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Some(());
            }
            byte => byte,
        };
        out.push(byte);
        Some(())
    }

    fn unit(&mut self) -> Option<u16> {
        let mut unit = 0_u16;
        for _ in 0..4 {
            let digit = char::from(self.next()?).to_digit(16)?;
            unit = unit << 4 | u16::try_from(digit).ok()?;
        }
        Some(unit)
    }
}

fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn read(document: &str) -> Option<Vec<(String, String)>> {
        let text = |leaf: Leaf| (leaf.path, String::from_utf8(leaf.text.to_vec()).unwrap());
        leaves(document.as_bytes()).map(|all| all.into_iter().map(text).collect())
    }

    #[test]
    fn leaves_are_unescaped_and_have_a_path() {
        let leaves = read(r#" {"db": {"password": "a\"b\\\u00e9\ud83d\ude00\n"}, "keys": ["x", 12, true], "e": {}} "#);
        let wanted = [("$.db.password", "a\"b\\é😀\n"), ("$.keys[0]", "x"), ("$.keys[1]", "12")];
        assert_eq!(leaves.unwrap(), wanted.map(|(path, text)| (path.to_owned(), text.to_owned())));
    }

    #[test]
    fn what_is_not_json_has_no_leaves() {
        for text in ["", "secret", "\"secret\"", "{", "{\"a\"}", "[1,]x", "{\"a\": \"\\u12\"}", "[1] 2", "{\"a\": \"\\"]
        {
            assert!(read(text).is_none(), "{text}");
        }
        assert!(read(&"[".repeat(100_000)).is_none());
    }
}
