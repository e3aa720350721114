//! Decodes the percent-encoding in which IAM returns documents.
//!
//! This module must not know JSON.

use std::borrow::Cow;

use super::LONGEST;
use super::malformed::{Malformed, Path};

/// Decodes a percent-encoded document as RFC 3986 defines it (`+` is a plus sign). A document that begins with a brace
/// is not encoded, and is returned unchanged.
///
/// # Errors
/// The text is not percent-encoded UTF-8, or it is too long.
pub fn decoded(text: &str) -> Result<Cow<'_, str>, Malformed> {
    let wrong = |offset, what: &str| Malformed::at(text, offset, &Path::Root, what);
    if text.trim_start().starts_with('{') {
        return Ok(Cow::Borrowed(text));
    }
    if text.len() > 3 * LONGEST {
        return Err(wrong(0, "longer than any policy"));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes().enumerate();
    while let Some((offset, byte)) = rest.next() {
        let byte = match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|(_, it)| char::from(it).to_digit(16));
                let value = digit().zip(digit()).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
                value.ok_or_else(|| wrong(offset, "`%` is not followed by two hexadecimal digits"))?
            }
            plain => plain,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| wrong(0, "the decoded text is not UTF-8"))
}
