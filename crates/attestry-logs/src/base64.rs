//! Decodes base64 in both alphabets, with `+/` and with `-_`. This module must not know the meaning of the bytes.

/// Returns the six bits that one character encodes, or `None` for a character of neither alphabet.
#[must_use]
pub fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Decodes the characters to bytes. Characters of neither alphabet are skipped.
#[must_use]
pub fn decode(digits: &[u8]) -> Vec<u8> {
    let (mut out, mut bits, mut held) = (Vec::with_capacity(digits.len() * 3 / 4), 0_u32, 0);
    for digit in digits.iter().filter_map(|byte| digit(*byte)) {
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 255) as u8);
        }
    }
    out
}
