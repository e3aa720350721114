//! DSSE envelopes: a payload with its type, and signatures over both.
//!
//! This module must not know the meaning of the payload, nor which keys are trusted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::canonical;
use super::keys::PublicKey;

/// A payload with its type, and the signatures over both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Envelope {
    /// The payload in base64.
    payload: String,
    /// The type of the payload.
    payload_type: String,
    /// The signatures. There is at least one.
    signatures: Vec<Signature>,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

/// The result of a check of the signatures against a list of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// These keys signed the envelope.
    Signed(Vec<String>),
    /// A signature names this key, but the key did not make it.
    Bad(String),
    /// None of the keys signed the envelope. The signatures name these other keys.
    Unknown(Vec<String>),
}

/// Returns the bytes that are signed: the type and the payload. So a signature is valid for this type only.
#[must_use]
pub fn pae(kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

impl Envelope {
    /// Creates an envelope. `signatures` has the id of the key for each signature.
    #[must_use]
    pub fn new(kind: &str, payload: &[u8], signatures: &[(String, Vec<u8>)]) -> Self {
        let signatures =
            signatures.iter().map(|(keyid, sig)| Signature { keyid: keyid.clone(), sig: STANDARD.encode(sig) });
        Self { payload: STANDARD.encode(payload), payload_type: kind.to_owned(), signatures: signatures.collect() }
    }

    /// Returns the type and the payload. They are not trustworthy before [`Envelope::check`].
    #[must_use]
    pub fn open(&self) -> Option<(&str, Vec<u8>)> {
        Some((&self.payload_type, STANDARD.decode(&self.payload).ok()?))
    }

    /// Returns the keys that the signatures name. A name is no proof.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().map(|signature| signature.keyid.as_str())
    }

    /// Checks which keys of the list signed the envelope. The id beside a signature is used only for the error message.
    #[must_use]
    pub fn check(&self, keys: &[PublicKey]) -> Checked {
        let signed = self.open().map(|(kind, payload)| pae(kind, &payload)).unwrap_or_default();
        let by = |key: &&PublicKey| {
            let mut decoded = self.signatures.iter().filter_map(|it| STANDARD.decode(&it.sig).ok());
            !signed.is_empty() && decoded.any(|sig| key.verifies(&signed, &sig))
        };
        let good: Vec<String> = keys.iter().filter(by).map(|key| key.id().to_owned()).collect();
        if !good.is_empty() {
            return Checked::Signed(good);
        }
        match keys.iter().find(|key| self.named().any(|name| name == key.id())) {
            Some(key) => Checked::Bad(key.id().to_owned()),
            None => Checked::Unknown(self.named().map(str::to_owned).collect()),
        }
    }
}

/// Returns the envelopes as text, one on each line. The in-toto specification calls this a bundle of attestations.
#[must_use]
pub fn lines(envelopes: &[Envelope]) -> Vec<u8> {
    let mut out = Vec::new();
    for envelope in envelopes {
        // An envelope holds texts only, so writing does not fail.
        out.extend(canonical::write(envelope).unwrap_or_default());
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::super::keys::SecretKey;
    use super::*;

    fn signed(by: &[&SecretKey]) -> Envelope {
        let sign = |key: &&SecretKey| (key.public().id().to_owned(), key.sign(&pae("t", b"payload")).unwrap());
        Envelope::new("t", b"payload", &by.iter().map(sign).collect::<Vec<_>>())
    }

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&[seed; 32]).unwrap()
    }

    #[test]
    fn what_is_signed_is_as_the_specification_says() {
        let kind = "http://example.com/HelloWorld";
        assert_eq!(pae(kind, b"hello world"), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
        // The lengths count bytes and not characters.
        assert_eq!(pae("é", "é".as_bytes()), "DSSEv1 2 é 2 é".as_bytes());
    }

    #[test]
    fn who_signed() {
        let (one, two, three) = (key(1), key(2), key(3));
        let id = |key: &SecretKey| key.public().id().to_owned();
        let both = signed(&[&one, &two]);
        assert_eq!(both.check(&[one.public().clone()]), Checked::Signed(vec![id(&one)]));
        let keys = [two.public().clone(), one.public().clone()];
        assert_eq!(both.check(&keys), Checked::Signed(vec![id(&two), id(&one)]));
        assert_eq!(both.check(&[three.public().clone()]), Checked::Unknown(vec![id(&one), id(&two)]));
        assert_eq!(both.check(&[]), Checked::Unknown(vec![id(&one), id(&two)]));
        assert_eq!(signed(&[]).check(&[one.public().clone()]), Checked::Unknown(vec![]));
    }

    #[test]
    fn what_was_not_signed_is_not_accepted() {
        let one = key(1);
        let (keys, id) = ([one.public().clone()], one.public().id().to_owned());
        type Change = fn(&mut Envelope);
        let changes: &[(&str, Change)] = &[
            ("payload", |it| it.payload = STANDARD.encode("payloae")),
            ("type", |it| it.payload_type = "u".into()),
            ("no payload", |it| it.payload = "?".into()),
            ("no signature", |it| it.signatures.iter_mut().for_each(|it| it.sig = String::new())),
            ("no base64", |it| it.signatures.iter_mut().for_each(|it| it.sig = "?".into())),
        ];
        for (name, change) in changes {
            let mut envelope = signed(&[&one]);
            change(&mut envelope);
            assert_eq!(envelope.check(&keys), Checked::Bad(id.clone()), "{name}");
        }
        // A name is no signature, and a wrong name does not make a signature invalid.
        let mut renamed = signed(&[&key(2)]);
        renamed.signatures.iter_mut().for_each(|it| it.keyid.clone_from(&id));
        assert_eq!(renamed.check(&keys), Checked::Bad(id.clone()));
        let mut unnamed = signed(&[&one]);
        unnamed.signatures.iter_mut().for_each(|it| it.keyid = String::new());
        assert_eq!(unnamed.check(&keys), Checked::Signed(vec![id]));
    }
}
