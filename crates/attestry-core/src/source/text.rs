//! Texts that are safe to show. This module must not know diagnostics or files.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns the character that the output shows. It is a visible substitute for a character that controls a terminal or
/// hides the real text.
pub(super) fn shown(character: char) -> char {
    match character {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ if is_hidden(character) => '\u{fffd}',
        _ => character,
    }
}

/// Whether the character is forbidden in a source text. Control characters are forbidden, and so are marks that change
/// the visible order of the characters.
pub(super) fn is_forbidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => character.is_control(),
    }
}

/// Replaces each character of the users and passwords in URLs by a star. The line keeps its length, so the columns stay
/// correct.
pub(super) fn without_users(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for part in line.split_inclusive(|char: char| char.is_whitespace() || "\"'`<>,".contains(char)) {
        let start = part.find("://").map_or(0, |at| at + 3);
        match part.rfind('@').and_then(|end| Some((part.get(..start)?, part.get(start..end)?, part.get(end..)?))) {
            Some((scheme, user, host)) if start > 0 || user.contains(':') => {
                out.push_str(scheme);
                out.extend(user.chars().map(|_| '*'));
                out.push_str(host);
            }
            _ => out.push_str(part),
        }
    }
    out
}

/// Whether a character is invisible, ends a line, or changes the visible order of other characters. With such a
/// character, two different texts can look the same, or one line can look like two lines. No output shows these
/// characters.
pub fn is_hidden(character: char) -> bool {
    match character {
        ' '..='~' => false,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' => true,
        '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => is_forbidden(character) || matches!(character, '\t' | '\n' | '\r'),
    }
}

/// Returns `text` on one line with at most `limit` characters, without characters that control a terminal.
pub fn printable(text: &str, limit: usize) -> String {
    // Nearly all texts are plain and short, and reports show hundreds of thousands of them, so this case is fast.
    if text.len() <= limit && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut characters = text.chars();
    let mut out: String = characters
        .by_ref()
        .take(limit)
        .map(|character| if matches!(character, '\n' | '\t' | '\r') { ' ' } else { shown(character) })
        .collect();
    if characters.next().is_some() {
        out.push('…');
    }
    out
}

/// Returns the JSON text with each hidden character as a hexadecimal escape. The argument can also be a part of a JSON
/// string. Hidden characters occur only inside of strings, because JSON allows only white space between values.
pub fn plain_json(json: &str) -> Cow<'_, str> {
    let hidden = |character: char| is_hidden(character) && !matches!(character, '\n' | '\t' | '\r');
    // Nearly all texts are ASCII, so they are checked byte by byte.
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t' | b'\r')) || !json.contains(hidden) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if hidden(character) {
            let mut units = [0; 2];
            character.encode_utf16(&mut units).iter().for_each(|unit| {
                let _ = write!(out, "\\u{unit:04x}");
            });
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_shows_the_password_of_a_url() {
        let word = ["long", "word"].concat();
        for (line, shown) in [
            ("endpoint: http://ops:{}@host:9".to_owned(), "endpoint: http://************@host:9"),
            ("a: 'https://{}@host', b: c@example.com".to_owned(), "a: 'https://********@host', b: c@example.com"),
            ("endpoint: ops:{}@host".to_owned(), "endpoint: ************@host"),
            ("owner: pay@bank.example".to_owned(), "owner: pay@bank.example"),
            ("http://host/path".to_owned(), "http://host/path"),
        ] {
            let line = line.replace("{}", &word);
            let told = without_users(&line);
            assert_eq!(told, shown);
            assert_eq!(told.chars().count(), line.chars().count());
        }
    }
}
