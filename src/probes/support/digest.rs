//! Keyed digests, to compare values of secrets without keeping them. The key exists for one comparison, and values are wiped.
//!
//! The SDK drops its own buffers, which this module cannot wipe. Must not know why values are compared.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::gap;
use attestry_core::facts::{Cause, Gap};

/// The key of one comparison.
pub(in crate::probes) struct Key(Zeroizing<[u8; 32]>);

/// The digest of a value. Two digests are equal exactly when the values are, and one is useless without the key.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::probes) struct Digest([u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}

/// Random bytes, wiped when they are dropped.
pub(in crate::probes) fn random() -> Result<Zeroizing<[u8; 32]>, Gap> {
    let mut bytes = Zeroizing::new([0; 32]);
    let filled = getrandom::fill(&mut *bytes);
    filled.map_err(|error| gap(Cause::Unexpected, error.to_string()))?;
    Ok(bytes)
}

impl Key {
    /// A random key.
    pub(in crate::probes) fn random() -> Result<Self, Gap> {
        Ok(Self(random()?))
    }

    /// The digest of a value, which is wiped.
    pub(in crate::probes) fn digest(&self, value: impl Into<Vec<u8>>) -> Option<Digest> {
        let mut value = value.into();
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.0).ok()?;
        mac.update(&value);
        value.zeroize();
        Some(Digest(mac.finalize().into_bytes().into()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn digests_are_equal_as_their_values_and_only_under_one_key() {
        let (key, other) = (Key::random().unwrap(), Key::random().unwrap());
        assert_eq!(key.digest("a"), key.digest("a"));
        assert_ne!(key.digest("a"), key.digest("b"));
        assert_ne!(key.digest("a"), other.digest("a"));
        assert_eq!(format!("{:?}", key.digest("a").unwrap()), "Digest");
    }
}
