//! The key of one sweep, and what it makes of texts: digests to confirm and fingerprints to tell findings apart.
//!
//! Must not know what is digested. Without the key a digest tells nothing, and the key is never written.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// A keyed digest of a text: equal exactly when the texts are.
pub(super) type Digest = [u8; 16];

/// The random key of one sweep.
#[derive(Clone)]
pub struct Key {
    mac: Hmac<Sha256>,
    multiplier: u64,
}

/// Two odd numbers, to spread the halves of eight bytes.
pub(super) type Multipliers = [u32; 2];

/// Names a secret value in findings without telling anything of it. Equal within one sweep exactly when the values are.
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
    /// A key of random bytes, of which the caller keeps no copy.
    #[must_use]
    pub fn new(random: &Zeroizing<[u8; 32]>) -> Option<Self> {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&**random).ok()?;
        let mut key = Self { mac, multiplier: 1 };
        let (first, _) = halves(&key.whole(b"multiplier"));
        key.multiplier = first | 1;
        Some(key)
    }

    fn whole(&self, text: &[u8]) -> Digest {
        let mut mac = self.mac.clone();
        mac.update(text);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut digest = Digest::default();
        digest.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        digest
    }

    /// To spread many grams at once.
    pub(super) fn multipliers(&self) -> Multipliers {
        let (_, second) = halves(&self.whole(b"multiplier"));
        [second as u32 | 1, (second >> 32) as u32 | 1]
    }

    /// Confirms a text.
    pub(super) fn digest(&self, text: &[u8]) -> Digest {
        self.whole(text)
    }

    /// Names a text.
    pub(super) fn fingerprint(&self, text: &[u8]) -> Fingerprint {
        Fingerprint(halves(&self.whole(text)).1)
    }

    /// Spreads a few bytes over 64 bits, quickly. Half of it must be thrown away where it is kept, since it can be turned
    /// back.
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
