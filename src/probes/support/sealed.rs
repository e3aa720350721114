//! Random bytes that are encrypted under a key of AWS KMS and decrypted again.
//!
//! Only a keyed digest of the bytes is kept. Must not know why a key is tried.

use std::fmt;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;

use super::digest::{Digest, Key, random};
use super::malformed;
use crate::aws::{AccountRegion, gap_of, refused_with};
use attestry_core::facts::Gap;

/// The encryption context with the name of the probe, so that CloudTrail shows the origin of the requests.
pub(in crate::probes) const CONTEXT: &str = "attestry-probe";

/// The words for [`Opened::Changed`].
pub(in crate::probes) const CHANGED: &str = "it was decrypted to something else";

/// Refusals because of the state of the key or of the ciphertext.
const REFUSED: &[&str] = &[
    "DisabledException",
    "IncorrectKeyException",
    "InvalidCiphertextException",
    "InvalidKeyUsageException",
    "KMSInvalidStateException",
];

/// A refusal of AWS, with its code and message.
#[derive(Debug)]
pub(in crate::probes) struct Refusal {
    pub(in crate::probes) code: String,
    message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl From<Gap> for Refusal {
    fn from(gap: Gap) -> Self {
        Self { code: gap.code.clone(), message: gap.message.clone() }
    }
}

/// The result of an encryption.
pub(in crate::probes) enum Encrypted {
    Sealed(Sealed),
    Refused(Refusal),
}

/// The result of a decryption.
pub(in crate::probes) enum Opened {
    /// The bytes are the same, under the key material of this id.
    Same {
        material: Option<String>,
    },
    /// The bytes are others.
    Changed,
    Refused(Refusal),
}

/// Random bytes, encrypted under a key.
pub(in crate::probes) struct Sealed {
    /// ARN of the key, by the answer of AWS.
    pub(in crate::probes) key: String,
    ciphertext: Blob,
    digests: Key,
    digest: Option<Digest>,
}

impl Sealed {
    /// Encrypts random bytes under the key of this ARN, id or alias. `name` is the name of the probe.
    pub(in crate::probes) async fn encrypt(at: &AccountRegion, name: &str, key: &str) -> Result<Encrypted, Gap> {
        let (digests, plain) = (Key::random()?, random()?);
        let request = at.client(Client::new).encrypt().key_id(key).encryption_context(CONTEXT, name);
        match request.plaintext(Blob::new(plain.to_vec())).send().await {
            Ok(answer) => {
                let ciphertext = answer.ciphertext_blob.ok_or_else(|| malformed("the answer holds no ciphertext"))?;
                let key = answer.key_id.ok_or_else(|| malformed("the answer names no key"))?;
                let digest = digests.digest(plain.to_vec());
                Ok(Encrypted::Sealed(Self { key, ciphertext, digests, digest }))
            }
            Err(error) if refused_with(&error, REFUSED) => Ok(Encrypted::Refused(gap_of(error).into())),
            Err(error) => Err(gap_of(error)),
        }
    }

    /// Decrypts the bytes and compares them.
    pub(in crate::probes) async fn open(&self, at: &AccountRegion, name: &str) -> Result<Opened, Gap> {
        let request = at.client(Client::new).decrypt().key_id(&self.key).encryption_context(CONTEXT, name);
        match request.ciphertext_blob(self.ciphertext.clone()).send().await {
            Ok(mut answer) => {
                let plain = answer.plaintext.take().ok_or_else(|| malformed("the answer holds no plaintext"))?;
                if self.digests.digest(plain.into_inner()) != self.digest {
                    return Ok(Opened::Changed);
                }
                Ok(Opened::Same { material: answer.key_material_id })
            }
            Err(error) if refused_with(&error, REFUSED) => Ok(Opened::Refused(gap_of(error).into())),
            Err(error) => Err(gap_of(error)),
        }
    }
}
