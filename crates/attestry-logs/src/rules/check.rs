//! Checks: conditions that a matched text must meet, so that a text that only looks like a secret is not reported.
//!
//! This module must not know rules.

use super::super::base64;

/// A check of a matched text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Check {
    /// The text has at least this many bits of entropy for each character.
    Entropy(f64),
    /// The text has letters and digits.
    Mixed,
    /// The text has letters and digits, or letters in random upper and lower case. Of the tokens with 20 random letters
    /// and digits, three of a hundred have no digit.
    Jumbled,
    /// The text is base64 of a name, a colon and a password.
    BasicPair,
    /// The first part of the text is base64url of a JSON object that names an algorithm.
    Jwt,
    /// In the text after the last `_`, the last six characters are the CRC-32 of the characters before them, in base 62.
    Crc32,
}

impl Check {
    pub(super) fn read(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            Some(("entropy", bits)) => bits.parse().ok().map(Self::Entropy),
            Some(_) => None,
            None => match text {
                "mixed" => Some(Self::Mixed),
                "jumbled" => Some(Self::Jumbled),
                "basic-pair" => Some(Self::BasicPair),
                "jwt" => Some(Self::Jwt),
                "crc32" => Some(Self::Crc32),
                _ => None,
            },
        }
    }

    pub(super) fn holds(self, text: &[u8]) -> bool {
        match self {
            Self::Entropy(bits) => entropy(text) >= bits,
            Self::Mixed => text.iter().any(u8::is_ascii_digit) && text.iter().any(u8::is_ascii_alphabetic),
            Self::Jumbled => Self::Mixed.holds(text) || has_jumbled_cases(text),
            Self::BasicPair => decoded(text).is_some_and(|pair| {
                let colon = pair.iter().position(|byte| *byte == b':');
                let printable = pair.iter().all(|byte| (0x20..0x7F).contains(byte));
                printable && colon.is_some_and(|at| at + 3 < pair.len())
            }),
            Self::Jwt => {
                let head = text.split(|byte| *byte == b'.').next().and_then(decoded);
                head.is_some_and(|head| head.starts_with(b"{") && head.windows(5).any(|part| part == b"\"alg\""))
            }
            Self::Crc32 => crc_holds(text),
        }
    }
}

/// Returns whether upper and lower case are mixed as in no name that consists of words. Either there are two capitals
/// in a row and changes in both directions, or there are many capitals after small letters.
fn has_jumbled_cases(text: &[u8]) -> bool {
    const MANY: usize = 5;
    let count = |cases: [bool; 2]| {
        let letters = |pair: &&[u8]| pair.iter().all(u8::is_ascii_alphabetic);
        text.windows(2).filter(letters).filter(|pair| pair.iter().map(u8::is_ascii_uppercase).eq(cases)).count()
    };
    let rises = count([false, true]);
    rises >= MANY || rises > 0 && count([true, false]) > 0 && count([true, true]) > 0
}

/// Returns the bits of entropy for each character.
fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f64;
    let part = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(part).sum()
}

/// Decodes base64 in both alphabets.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.trim_ascii_end().split(|byte| *byte == b'=').next().unwrap_or_default();
    digits.iter().all(|byte| base64::digit(*byte).is_some()).then(|| base64::decode(digits))
}

fn crc_holds(text: &[u8]) -> bool {
    let body = text.rsplit(|byte| *byte == b'_').next().unwrap_or_default();
    let Some((payload, digits)) = body.len().checked_sub(6).and_then(|at| body.split_at_checked(at)) else {
        return false;
    };
    let value = digits.iter().try_fold(0_u64, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        Some(value * 62 + u64::from(digit))
    });
    value == Some(u64::from(crc32(payload)))
}

/// Returns the CRC-32 of a few bytes.
fn crc32(text: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !text.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// Returns whether a value is a placeholder for a secret: masked, a template, code, or a word for "none".
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let Some(&first) = value.first() else { return true };
    let same = value.iter().all(|byte| *byte == first);
    let masked = value.iter().filter(|byte| b"*x.#-_X".contains(byte)).count() * 2 > value.len() || has_mask(value);
    let word = WORDS.iter().any(|word| value.eq_ignore_ascii_case(word));
    let starts = |start: &&[u8]| value.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    let within = |pair: &[u8]| pair == b"()" || pair == b"::" || pair == b"${";
    let code = value.ends_with(b")") || opens_call(value) || value.windows(2).any(within);
    same || masked || STARTS.iter().any(starts) || word || code || is_path(value)
}

/// The starts of values that are no secrets: the value is left out, requested from a user, computed, or filled in
/// later. The case of letters does not matter.
const STARTS: &[&[u8]] = &[
    b"<",
    b"${",
    b"$(",
    b"{{",
    b"#{",
    b"%{",
    b"%(",
    b"%s",
    b"@microsoft.",
    b"[redacted",
    b"[filtered",
    b"[hidden",
    b"[masked",
    b"[removed",
    b"your_",
    b"your-",
    b"!ref",
    b"!sub",
    b"!getatt",
    b"!importvalue",
];

/// Returns whether a value is the start of a call or of an index, cut at its argument: `config.get(`.
fn opens_call(value: &[u8]) -> bool {
    let Some((b'(' | b'[', name)) = value.split_last() else { return false };
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$".contains(byte);
    name.first().is_some_and(|byte| byte.is_ascii_alphabetic()) && name.iter().all(is_word)
}

const WORDS: &[&[u8]] = &[
    b"null",
    b"none",
    b"nil",
    b"true",
    b"false",
    b"undefined",
    b"redacted",
    b"hidden",
    b"masked",
    b"string",
    b"password",
    b"passwd",
    b"secret",
    b"token",
    b"required",
    b"optional",
    b"invalid",
    b"missing",
    b"empty",
    b"unknown",
    b"await",
    b"expired",
    b"incorrect",
    b"filtered",
    b"(null)",
    b"<nil>",
    b"changed",
    b"hunter",
    b"disabled",
    b"enabled",
    b"not",
    b"is",
    b"the",
    b"for",
    b"was",
    b"failed",
    b"error",
    b"ok",
    b"valid",
    b"removed",
    b"sanitized",
    b"present",
    b"default",
    b"bearer",
    b"basic",
    b"your-password",
    b"yourpassword",
    b"your_password",
    b"unset",
];

fn has_mask(value: &[u8]) -> bool {
    value.windows(4).any(|part| part == b"****" || part == b"xxxx" || part == b"XXXX" || part == b"....")
}

/// Returns whether a value is a name in code, such as `config.db.password` or `self.token`.
fn is_path(value: &[u8]) -> bool {
    let is_word = |part: &[u8]| part.len() > 1 && part.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    value.contains(&b'.') && value.split(|byte| *byte == b'.').all(is_word)
}

/// Returns whether a text contains the word "example", as the texts in the AWS manuals do.
pub(super) fn says_example(value: &[u8]) -> bool {
    value.windows(7).any(|part| part == b"EXAMPLE" || part == b"example")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn checks_hold_for_what_they_say() {
        assert!(Check::Mixed.holds(b"abc1") && !Check::Mixed.holds(b"abcd") && !Check::Mixed.holds(b"1234"));
        assert!(
            Check::Jumbled.holds(b"abc1")
                && Check::Jumbled.holds(b"qGRtbXkTzpa")
                && Check::Jumbled.holds(b"qGtbXkTzpaBfQx")
        );
        assert!(
            ["your-token-here", "YourAccessToken", "YOUR_TOKEN", "9"]
                .iter()
                .all(|it| !Check::Jumbled.holds(it.as_bytes()))
        );
        assert!(Check::Entropy(3.0).holds(b"k3J9xQ2mP7vL") && !Check::Entropy(3.0).holds(b"aaaaaaaaaaab"));
        // `admin:hunter2`
        assert!(Check::BasicPair.holds(b"YWRtaW46aHVudGVyMg==") && !Check::BasicPair.holds(b"YWRtaW5odW50ZXIy"));
        // `{"alg":"HS256"}`
        assert!(Check::Jwt.holds(b"eyJhbGciOiJIUzI1NiJ9.e30.x") && !Check::Jwt.holds(b"eyJhIjoxfQ.e30.x"));
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert!(!Check::Crc32.holds(b"ghp_123456") && !Check::Crc32.holds(b"short"));
    }

    #[test]
    fn placeholders_are_no_values() {
        for text in [
            "****",
            "${DB_PASSWORD}",
            "<password>",
            "null",
            "xxxxxxxx",
            "getPassword()",
            "{{ pw }}",
            "[Filtered",
            "cfg.get(",
        ] {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
        for text in ["hunter2!", "Tr0ub4dor&3", "a.b-c.9", "pa55w0rd", "9x.get(", "b-c("] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
    }
}
