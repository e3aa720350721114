//! A public key of a page (RFC 7517, 7518 and 8037), in the encoding in which AWS KMS returns its public keys.
//!
//! The key of the page is encoded, and the key of AWS is not decoded: two public keys are the same exactly when their bytes are.
//! Pure. Must not know AWS.

#[cfg(test)]
mod pairs;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The most keys of one page.
const MOST_KEYS: usize = 100;

/// A page with keys.
#[derive(Deserialize)]
pub(super) struct Keys {
    pub(super) keys: Vec<Jwk>,
}

impl Keys {
    /// Reads a page; `None` when it is no JWKS, or has too many keys.
    pub(super) fn read(page: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(page).ok().filter(|it| it.keys.len() <= MOST_KEYS)
    }
}

/// A key of a page. Its private parts are only counted, and their text is dropped while it is read.
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

/// The algorithms and the curves, as DER.
const RSA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 0x05, 0];
const EC: &[u8] = &[0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const ED25519: &[u8] = &[0x06, 3, 0x2b, 0x65, 0x70];

/// The curves: the name, the object identifier as DER, and the bytes of a coordinate.
const CURVES: &[(&str, &[u8], usize)] = &[
    ("P-256", &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], 32),
    ("P-384", &[0x06, 5, 0x2b, 0x81, 4, 0, 0x22], 48),
    ("P-521", &[0x06, 5, 0x2b, 0x81, 4, 0, 0x23], 66),
    ("secp256k1", &[0x06, 5, 0x2b, 0x81, 4, 0, 0x0a], 32),
];

impl Jwk {
    /// Whether the key has a private part, or is a secret key.
    pub(super) fn is_private(&self) -> bool {
        self.kty == "oct" || [&self.d, &self.p, &self.q, &self.k].iter().any(|part| part.is_some())
    }

    /// The public key as DER (SubjectPublicKeyInfo of RFC 5280); `None` when it is no key of a type that AWS KMS has.
    pub(super) fn der(&self) -> Option<Vec<u8>> {
        let (algorithm, key) = match self.kty.as_str() {
            "RSA" => (RSA.to_vec(), element(0x30, &[integer(&self.n)?, integer(&self.e)?].concat())),
            "EC" => {
                let (_, curve, size) = CURVES.iter().find(|(name, ..)| self.crv.as_deref() == Some(*name))?;
                ([EC, curve].concat(), [vec![4], exactly(&self.x, *size)?, exactly(&self.y, *size)?].concat())
            }
            "OKP" if self.crv.as_deref() == Some("Ed25519") => (ED25519.to_vec(), exactly(&self.x, 32)?),
            _ => return None,
        };
        let bits = element(0x03, &[vec![0], key].concat());
        Some(element(0x30, &[element(0x30, &algorithm), bits].concat()))
    }
}

fn bytes(text: &Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.as_deref()?).ok()
}

/// The bytes of a coordinate, which has a fixed length.
fn exactly(text: &Option<String>, size: usize) -> Option<Vec<u8>> {
    bytes(text).filter(|bytes| bytes.len() == size)
}

/// A positive number as DER.
fn integer(text: &Option<String>) -> Option<Vec<u8>> {
    let mut number: Vec<u8> = bytes(text)?.into_iter().skip_while(|byte| *byte == 0).collect();
    if *number.first()? >= 0x80 {
        number.insert(0, 0);
    }
    Some(element(0x02, &number))
}

/// One element of DER.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut whole = vec![tag];
    match (length.as_slice(), u8::try_from(length.len())) {
        ([], _) => whole.push(0),
        ([short], _) if *short < 0x80 => whole.push(*short),
        (long, count) => {
            whole.push(0x80 | count.unwrap_or(0x7f));
            whole.extend_from_slice(long);
        }
    }
    whole.extend_from_slice(content);
    whole
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::pairs::PAIRS;
    use super::*;

    #[test]
    fn a_key_has_the_bytes_that_another_program_writes() {
        for (jwk, der) in PAIRS {
            let read: Jwk = serde_json::from_str(jwk).unwrap();
            assert_eq!(read.der(), Some(STANDARD.decode(der).unwrap()), "{jwk}");
            assert!(!read.is_private());
        }
    }

    #[test]
    fn what_is_no_public_key_has_no_bytes_and_private_parts_are_seen() {
        let read = |value: serde_json::Value| serde_json::from_value::<Jwk>(value).unwrap();
        let short = URL_SAFE_NO_PAD.encode([1; 31]);
        for wrong in [
            json!({ "kty": "RSA", "n": "AQAB" }),
            json!({ "kty": "RSA", "n": "AA", "e": "AQAB" }),
            json!({ "kty": "RSA", "n": "A+/=", "e": "AQAB" }),
            json!({ "kty": "EC", "crv": "P-256", "x": short, "y": short }),
            json!({ "kty": "EC", "crv": "P-257", "x": short, "y": short }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": short }),
            json!({ "kty": "oct", "k": "c2VjcmV0" }),
        ] {
            assert_eq!(read(wrong.clone()).der(), None, "{wrong}");
        }
        for (secret, is_private) in [
            (json!({ "kty": "oct" }), true),
            (json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB" }), true),
            (json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB", "q": "AQAB" }), true),
            (json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }), false),
        ] {
            assert_eq!(read(secret.clone()).is_private(), is_private, "{secret}");
        }
    }

    #[test]
    fn a_page_is_a_set_of_keys() {
        assert_eq!(Keys::read(br#"{"keys":[{"kty":"RSA"}]}"#).map(|it| it.keys.len()), Some(1));
        assert_eq!(Keys::read(br#"{"keys":[]}"#).map(|it| it.keys.len()), Some(0));
        let many = json!({ "keys": vec![json!({ "kty": "RSA" }); MOST_KEYS + 1] }).to_string();
        for wrong in ["", "<html>", "[]", "{}", r#"{"keys":[{}]}"#, r#"{"keys":{}}"#, &many] {
            assert!(Keys::read(wrong.as_bytes()).is_none(), "{wrong:.40}");
        }
    }
}
