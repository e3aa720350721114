//! Whether the value of a secret occurs in a text, in any form that logging gives it: as it is, escaped for JSON, encoded
//! for URLs, in base64 or in hexadecimal.
//!
//! Needles and decoded texts are wiped when they are dropped; only names of forms leave. Must not know whose text it is.

use std::collections::BTreeSet;
use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::aws::wire::percent_decode;
use crate::facts::{Cause, Gap};

/// What is shorter occurs by chance.
const SHORTEST: usize = 8;

/// Parts of one value that are searched for.
const MOST_PARTS: usize = 64;

/// How often a text may have been escaped for JSON.
const ESCAPED: usize = 3;

/// Members of database secrets that are no secret: AWS's own rotation functions give them these names.
const PLAIN: &[&str] =
    &["engine", "host", "username", "dbname", "dbInstanceIdentifier", "dbClusterIdentifier", "masterarn", "port"];

type Text = Zeroizing<String>;

/// The forms of one value.
pub(super) struct Forms {
    plain: Vec<Text>,
    /// Base64 without padding and without the characters that depend on neighbours.
    base64: Vec<Text>,
    /// Lower case.
    hex: Vec<Text>,
}

impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forms")
    }
}

impl Forms {
    /// The forms of a value: of the whole, of the texts in it when it is JSON, and of its lines.
    ///
    /// # Errors
    /// The value is too short to be told from chance, or has too many parts.
    pub(super) fn of(value: Zeroizing<Vec<u8>>) -> Result<Self, Gap> {
        let cannot = |why: &str| Gap { message: why.to_owned(), ..Gap::new(Cause::Undecided) };
        let mut forms = Self { plain: Vec::new(), base64: Vec::new(), hex: Vec::new() };
        if let Ok(text) = std::str::from_utf8(&value) {
            forms.plain.push(Zeroizing::new(text.to_owned()));
            if let Ok(json) = serde_json::from_str(text) {
                leaves(json, &mut forms.plain);
            }
            let lines: Vec<Text> = forms.plain.iter().flat_map(|it| lines(it)).collect();
            forms.plain.extend(lines);
            forms.plain.retain(|it| it.len() >= SHORTEST);
            forms.plain.sort_by(|a, b| a.as_str().cmp(b.as_str()));
            forms.plain.dedup_by(|a, b| a.as_str() == b.as_str());
        } else if value.len() >= SHORTEST {
            forms.encode(&value);
        }
        if forms.plain.len() > MOST_PARTS {
            return Err(cannot("the value of the secret has too many parts to search for"));
        }
        for index in 0..forms.plain.len() {
            let Some(part) = forms.plain.get(index).cloned() else { continue };
            forms.encode(part.as_bytes());
            // A whole document may be encoded with the value escaped inside.
            let escaped = Zeroizing::new(serde_json::to_string(&*part).unwrap_or_default());
            let inside = escaped.trim_matches('"');
            if inside != part.as_str() {
                forms.encode(inside.as_bytes());
            }
        }
        if forms.hex.is_empty() {
            return Err(cannot("the value of the secret is too short to be told from chance in a log"));
        }
        Ok(forms)
    }

    fn encode(&mut self, part: &[u8]) {
        self.base64.extend((0..3).map(|shift| base64(part, shift)));
        self.hex.push(Zeroizing::new(part.iter().map(|byte| format!("{byte:02x}")).collect()));
    }

    /// The forms in which the value occurs in the text.
    pub(super) fn found(&self, text: &str) -> BTreeSet<&'static str> {
        let mut found = BTreeSet::new();
        let mut layer = Zeroizing::new(text.to_owned());
        for depth in 0..=ESCAPED {
            self.look(&layer, if depth == 0 { "raw" } else { "json" }, &mut found);
            for plus in [false, true] {
                if layer.contains(if plus { '+' } else { '%' }) {
                    self.look(&Zeroizing::new(percent_decode(&layer, plus)), "url", &mut found);
                }
            }
            if !layer.contains('\\') {
                break;
            }
            layer = unescaped(&layer);
        }
        // What needs no unescaping needs no second name.
        if found.contains("raw") {
            found.retain(|form| !matches!(*form, "json" | "url"));
        }
        found
    }

    fn look(&self, text: &str, form: &'static str, found: &mut BTreeSet<&'static str>) {
        let has = |needles: &[Text], text: &str| needles.iter().any(|needle| text.contains(needle.as_str()));
        if has(&self.plain, text) {
            found.insert(form);
        }
        // Both alphabets of base64 in one.
        let folded = Zeroizing::new(text.replace('-', "+").replace('_', "/"));
        if has(&self.base64, &folded) {
            found.insert("base64");
        }
        let lower = Zeroizing::new(text.to_ascii_lowercase());
        if has(&self.hex, &lower) {
            found.insert("hex");
        }
    }
}

/// The texts inside of JSON, but for those that are known to be no secret.
fn leaves(json: serde_json::Value, into: &mut Vec<Text>) {
    match json {
        serde_json::Value::String(text) => into.push(Zeroizing::new(text)),
        serde_json::Value::Array(items) => items.into_iter().for_each(|item| leaves(item, into)),
        serde_json::Value::Object(members) => {
            for (name, member) in members {
                match member {
                    serde_json::Value::String(mut text) if PLAIN.contains(&name.as_str()) => text.zeroize(),
                    member => leaves(member, into),
                }
            }
        }
        _ => {}
    }
}

/// Logs break a text into lines; the frame of a key is no secret.
fn lines(text: &str) -> Vec<Text> {
    if !text.contains('\n') {
        return Vec::new();
    }
    let whole = text.lines().map(str::trim).filter(|line| line.len() >= 2 * SHORTEST && !line.starts_with("-----"));
    whole.map(|line| Zeroizing::new(line.to_owned())).collect()
}

/// Base64 of the part where so many bytes stand before it, without the characters that these and what follows decide.
fn base64(part: &[u8], shift: usize) -> Text {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padded: Zeroizing<Vec<u8>> =
        Zeroizing::new(std::iter::repeat_n(0, shift).chain(part.iter().copied()).collect());
    let mut out = Zeroizing::new(String::with_capacity(padded.len() * 4 / 3 + 4));
    for group in padded.chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or_default();
            out.push(ALPHABET.get(index).map_or('A', |letter| char::from(*letter)));
        }
    }
    let first = if shift == 0 { 0 } else { shift + 1 };
    let last = padded.len() * 8 / 6;
    Zeroizing::new(out.get(first..last).unwrap_or_default().to_owned())
}

/// The text with one level of JSON escapes removed; what is no escape stays as it is.
fn unescaped(text: &str) -> Text {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut letters = after.chars();
        let (character, used) = match letters.next() {
            Some('n') => ('\n', 1),
            Some('t') => ('\t', 1),
            Some('r') => ('\r', 1),
            Some('b') => ('\u{8}', 1),
            Some('f') => ('\u{c}', 1),
            Some('u') => unicode(after).unwrap_or(('\\', 0)),
            Some(mark @ ('"' | '\\' | '/')) => (mark, 1),
            _ => ('\\', 0),
        };
        out.push(character);
        rest = after.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The character of `uXXXX`, or of two of them, and how much of the text they are.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at..at + 4)?, 16).ok();
    let high = unit(1)?;
    let pair = text.get(5..7) == Some("\\u");
    let units = [Some(high), if pair { unit(7) } else { None }].into_iter().flatten();
    let found = char::decode_utf16(units).next()?.ok()?;
    Some((found, if found.len_utf16() == 2 { 11 } else { 5 }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn forms(value: &str) -> Forms {
        Forms::of(Zeroizing::new(value.as_bytes().to_vec())).unwrap()
    }

    fn found(value: &str, text: &str) -> Vec<&'static str> {
        forms(value).found(text).into_iter().collect()
    }

    #[test]
    fn a_value_is_found_in_every_form() {
        let value = "Tr0ub4dor&3/\"quoted\" +ä";
        let json = serde_json::to_string(value).unwrap();
        let twice = serde_json::to_string(&json).unwrap();
        let thrice = serde_json::to_string(&twice).unwrap();
        let hex: String = value.bytes().map(|byte| format!("{byte:02X}")).collect();
        let url = "Tr0ub4dor%263%2F%22quoted%22%20%2B%C3%A4";
        for (text, form) in [
            (format!("value {value}."), "raw"),
            (json.clone(), "json"),
            (twice, "json"),
            (thrice, "json"),
            (json.replace('&', "\\u0026").replace('/', "\\/").replace('ä', "\\u00e4"), "json"),
            (url.to_owned(), "url"),
            (url.to_lowercase().replace("tr0ub4dor", "Tr0ub4dor").replace("%20", "+"), "url"),
            (hex, "hex"),
        ] {
            assert_eq!(found(value, &text), [form], "{text}");
        }
        assert!(found(value, "Tr0ub4dor, the horse; %zz \\u12 \\").is_empty());
    }

    #[test]
    fn base64_is_found_wherever_it_begins() {
        let value = "not-a-real-value?~>";
        for before in ["", "a", "ab", "abc", "{\"password\":\""] {
            let whole = aws_smithy_types::base64::encode(format!("{before}{value}{before}"));
            assert_eq!(found(value, &whole), ["base64"], "{whole}");
            assert_eq!(found(value, &whole.replace('+', "-").replace('/', "_")), ["base64"], "{whole}");
            assert_eq!(found(value, &whole.replace('+', "%2B").replace('/', "%2F")), ["base64"], "{whole}");
        }
        assert!(found(value, &aws_smithy_types::base64::encode("not-another-value")).is_empty());
    }

    #[test]
    fn parts_of_a_value_are_found_and_names_of_hosts_are_none() {
        let secret = r#"{"username":"bank-application","password":"correct horse","host":"db.bank.internal","n":[{"k":"battery staple"}]}"#;
        assert_eq!(found(secret, "login with correct horse"), ["raw"]);
        assert_eq!(found(secret, "and battery staple"), ["raw"]);
        assert!(found(secret, "bank-application at db.bank.internal").is_empty());
        let key = "-----BEGIN KEY-----\nMIIEowIBAAKCAQEA1234\n-----END KEY-----";
        assert_eq!(found(key, "line MIIEowIBAAKCAQEA1234"), ["raw"]);
        assert!(found(key, "-----BEGIN KEY-----").is_empty());
    }

    #[test]
    fn what_cannot_be_told_from_chance_is_not_searched_for() {
        for value in ["", "1234567", "{\"pin\":\"1\"}"] {
            let short = Forms::of(Zeroizing::new(value.as_bytes().to_vec()));
            assert!(short.is_err() || value.len() >= SHORTEST, "{value}");
        }
        let many: Vec<String> = (0..100).map(|number| format!("part number {number}")).collect();
        let many = serde_json::to_vec(&many).unwrap();
        assert!(Forms::of(Zeroizing::new(many)).is_err());
    }

    #[test]
    fn bytes_are_found_in_base64_and_hexadecimal() {
        let value = vec![0xff, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8];
        let forms = Forms::of(Zeroizing::new(value.clone())).unwrap();
        assert_eq!(forms.found(&aws_smithy_types::base64::encode(&value)).into_iter().collect::<Vec<_>>(), ["base64"]);
        assert_eq!(forms.found("FFFE0102030405060708").into_iter().collect::<Vec<_>>(), ["hex"]);
    }
}
