//! The search for the value of a secret in a text, in every form that a log may have.
//!
//! The sweep of logs has the same forms. Only the names of the forms leave. Must not know the source of the text.

use std::collections::BTreeSet;
use std::fmt;

use zeroize::Zeroizing;

use super::digest::random;
use super::gap;
use crate::aws::wire::percent_decode;
use attestry_core::facts::{Cause, Gap};
use attestry_logs::{Form, Key, Secret, Values};

/// The forms of one value, as digests.
pub(in crate::probes) struct Forms(Values);

impl fmt::Debug for Forms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forms")
    }
}

impl Forms {
    /// The forms of the whole value, of the texts in it when it is JSON, and of its lines. The value is wiped.
    ///
    /// # Errors
    /// The value is too short: a match could be chance.
    pub(in crate::probes) fn of(value: Zeroizing<Vec<u8>>) -> Result<Self, Gap> {
        let key = Key::new(&random()?).ok_or_else(|| gap(Cause::Unexpected, "no key for digests"))?;
        let values = Values::new(&key, [Secret { name: String::new(), version: String::new(), value }]);
        if values.parts().is_empty() {
            return Err(gap(
                Cause::Undecided,
                "the value of the secret is too short: a match in a log could be chance",
            ));
        }
        Ok(Self(values))
    }

    /// The forms in which the value occurs in the text.
    pub(in crate::probes) fn found(&self, text: &str) -> BTreeSet<&'static str> {
        let mut forms = self.0.forms_in(text.as_bytes());
        // Base64 in a URL has a second encoding.
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
    fn a_value_that_matches_by_chance_is_not_searched_for() {
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
