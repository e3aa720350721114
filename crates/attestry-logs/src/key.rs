//! The key of one sweep. It computes a digest and a fingerprint of a text. A digest confirms a match. A fingerprint
//! distinguishes findings.
//!
//! This module must not know which text is digested. A digest reveals nothing without the key, and the key is never
//! written.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A keyed digest of a text. Two digests are equal exactly when the texts are equal.
pub(super) type Digest = [u8; 16];

/// The random key of one sweep.
#[derive(Clone)]
pub struct Key {
    mac: Hmac<Sha256>,
    multiplier: u64,
}

/// Two odd numbers that hash the two halves of eight bytes.
pub(super) type Multipliers = [u32; 2];

/// Identifies a secret value in findings and reveals nothing of it. In one sweep, two fingerprints are equal exactly
/// when the values are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(into = "String")]
pub struct Fingerprint(u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Creates a key from random bytes. The caller keeps no copy of them.
    #[must_use]
    pub fn new(random: &Zeroizing<[u8; 32]>) -> Option<Self> {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&**random).ok()?;
        let mut key = Self { mac, multiplier: 1 };
        let (first, _) = halves(&key.keyed_hash(b"multiplier"));
        key.multiplier = first | 1;
        Some(key)
    }

    fn keyed_hash(&self, text: &[u8]) -> Digest {
        let mut mac = self.mac.clone();
        mac.update(text);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut digest = Digest::default();
        digest.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        digest
    }

    /// Returns the multipliers that hash many grams at once.
    pub(super) fn multipliers(&self) -> Multipliers {
        let (_, second) = halves(&self.keyed_hash(b"multiplier"));
        [second as u32 | 1, (second >> 32) as u32 | 1]
    }

    /// Returns the digest that confirms a text.
    pub(super) fn digest(&self, text: &[u8]) -> Digest {
        self.keyed_hash(text)
    }

    /// Returns the fingerprint that identifies a text in findings.
    pub(super) fn fingerprint(&self, text: &[u8]) -> Fingerprint {
        Fingerprint(halves(&self.keyed_hash(text)).1)
    }

    /// Hashes a few bytes to 64 bits, quickly. The hash is reversible, so a caller that stores the hash must drop half
    /// of the bits.
    #[inline]
    pub(super) fn spread(&self, gram: u64) -> u64 {
        let product = gram.wrapping_mul(self.multiplier);
        product ^ product >> 29
    }
}

fn halves(digest: &Digest) -> (u64, u64) {
    let both = u128::from_le_bytes(*digest);
    (both as u64, (both >> 64) as u64)
}
