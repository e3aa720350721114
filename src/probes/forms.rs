//! Whether the value of a secret occurs in a text, in any form that logging gives it.
//!
//! The forms are those that a sweep of logs looks for; only their names leave. Must not know whose text it is.

use std::collections::BTreeSet;
use std::fmt;

use zeroize::Zeroizing;

use crate::aws::wire::percent_decode;
use attestry_core::facts::{Cause, Gap};
use attestry_logs::{Form, Key, Secret, Values};

/// The forms of one value, as digests.
pub(super) struct Forms(Values);

impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forms")
    }
}

impl Forms {
    /// The forms of a value: of the whole, of the texts in it when it is JSON, and of its lines. It is wiped.
    ///
    /// # Errors
    /// Nothing of the value can be told from chance.
    pub(super) fn of(value: Zeroizing<Vec<u8>>) -> Result<Self, Gap> {
        let defect = |message: String| Gap::new(Cause::Unexpected).with_message(message);
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *random).map_err(|error| defect(error.to_string()))?;
        let key = Key::new(&random).ok_or_else(|| defect("no key for digests".to_owned()))?;
        let values = Values::new(&key, [Secret { name: String::new(), version: String::new(), value }]);
        if values.parts().is_empty() {
            let message = "the value of the secret is too short to be told from chance in a log".to_owned();
            return Err(Gap::new(Cause::Undecided).with_message(message));
        }
        Ok(Self(values))
    }

    /// The forms in which the value occurs in the text.
    pub(super) fn found(&self, text: &str) -> BTreeSet<&'static str> {
        let mut forms = self.0.forms_in(text.as_bytes());
        // Base64 in a URL is escaped once more.
        if forms.is_empty() && text.contains('%') {
            forms = self.0.forms_in(Zeroizing::new(percent_decode(text, false)).as_bytes());
        }
        forms.into_iter().map(word).collect()
    }
}

fn word(form: Form) -> &'static str {
    match form {
        Form::Raw => "raw",
        Form::Json(_) | Form::SafeJson(_) => "json",
        Form::Url => "url",
        Form::Base64 | Form::Base64Url => "base64",
        Form::Hex => "hex",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn found(value: &[u8], text: &str) -> Vec<&'static str> {
        Forms::of(Zeroizing::new(value.to_vec())).unwrap().found(text).into_iter().collect()
    }

    #[test]
    fn a_value_is_found_in_every_form() {
        let value = "Tr0ub4dor&3/\"quoted\" +ä";
        let json = serde_json::to_string(value).unwrap();
        let twice = serde_json::to_string(&json).unwrap();
        let thrice = serde_json::to_string(&twice).unwrap();
        let hex: String = value.bytes().map(|byte| format!("{byte:02X}")).collect();
        for (text, form) in [
            (format!("value {value}."), "raw"),
            (json.clone(), "json"),
            (twice, "json"),
            (thrice, "json"),
            (json.replace('/', "\\/").replace('ä', "\\u00e4"), "json"),
            (json.replace('&', "\\u0026"), "json"),
            ("Tr0ub4dor%263%2F%22quoted%22%20%2B%C3%A4".to_owned(), "url"),
            ("Tr0ub4dor%263%2f%22quoted%22+%2b%c3%a4".to_owned(), "url"),
            (hex, "hex"),
        ] {
            assert_eq!(found(value.as_bytes(), &text), [form], "{text}");
        }
        assert!(found(value.as_bytes(), "Tr0ub4dor, the horse; %zz \\u12 \\").is_empty());
    }

    #[test]
    fn base64_is_found_wherever_it_begins() {
        let value = b"not-a-real-value?~>";
        for before in ["", "a", "ab", "abc", "{\"password\":\""] {
            let text = [before.as_bytes(), value, before.as_bytes()].concat();
            let whole = aws_smithy_types::base64::encode(text);
            assert_eq!(found(value, &whole), ["base64"], "{whole}");
            assert_eq!(found(value, &whole.replace('+', "-").replace('/', "_")), ["base64"], "{whole}");
            let escaped = whole.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            assert_eq!(found(value, &escaped), ["base64"], "{escaped}");
        }
        assert!(found(value, &aws_smithy_types::base64::encode("not-another-value")).is_empty());
    }

    #[test]
    fn parts_of_a_value_are_found_and_names_of_hosts_are_none() {
        let secret = br#"{"username":"bank-application","password":"correct horse","host":"db.bank.internal","n":[{"k":"battery staple"}]}"#;
        assert_eq!(found(secret, "login with correct horse"), ["raw"]);
        assert_eq!(found(secret, "and battery staple"), ["raw"]);
        assert!(found(secret, "bank-application at db.bank.internal").is_empty());
        let key = b"-----BEGIN KEY-----\nMIIEowIBAAKCAQEA1234\n-----END KEY-----";
        assert_eq!(found(key, "line MIIEowIBAAKCAQEA1234"), ["raw"]);
        assert!(found(key, "-----BEGIN KEY-----").is_empty());
    }

    #[test]
    fn what_cannot_be_told_from_chance_is_not_searched_for() {
        for value in ["", "1234567", "{\"pin\":\"1\"", "password"] {
            let forms = Forms::of(Zeroizing::new(value.as_bytes().to_vec()));
            assert_eq!(forms.is_err(), value.len() < 8 || value == "password", "{value}");
        }
    }

    #[test]
    fn bytes_are_found_in_base64_and_hexadecimal() {
        let value = [0xff, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(found(&value, &aws_smithy_types::base64::encode(value)), ["base64"]);
        assert_eq!(found(&value, "FFFE0102030405060708"), ["hex"]);
    }
}
