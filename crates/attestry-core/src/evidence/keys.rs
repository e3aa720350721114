//! The keys for signatures of evidence: Ed25519 from a file, and ECDSA P-256 of AWS KMS. This module checks both
//! offline.
//!
//! The id of a key is the hexadecimal SHA-256 digest of its public key as DER SubjectPublicKeyInfo. The public key is
//! enough to compute it. This module must not know what is signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use thiserror::Error;
use zeroize::Zeroizing;

use super::manifest::digest;

/// The DER bytes before the 32 bytes of an Ed25519 public key, before the 65 bytes of a point on P-256, and before the
/// 32 bytes of an Ed25519 private key. The private form has no public half, because OpenSSL does not read a private key
/// that ends with its public half.
const ED25519_PUBLIC: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const P256_PUBLIC: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const ED25519_PRIVATE: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// The reason why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The text is no private key of the type that we sign with.
    #[error("it is no Ed25519 private key as unencrypted PKCS#8 PEM (`attestry evidence keygen` makes one)")]
    Private,
    /// The text is a private key, and a public key is required.
    #[error("it is a private key; give the public one")]
    NotPublic,
    /// The text is no public key of a type that we check.
    #[error("it is no public key as PEM: Ed25519 or ECDSA P-256")]
    Public,
}

/// A key that checks signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    id: String,
    der: Vec<u8>,
}

impl PublicKey {
    /// Reads a public key in PEM.
    ///
    /// # Errors
    /// The text is no public key of a type that is checked here.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if text.contains("PRIVATE KEY-----") {
            return Err(KeyError::NotPublic);
        }
        Self::from_der(&read_pem("PUBLIC KEY", text).ok_or(KeyError::Public)?)
    }

    /// Reads a public key in DER.
    ///
    /// # Errors
    /// The bytes are no public key of a type that is checked here.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let is_ed25519 = der.strip_prefix(ED25519_PUBLIC).is_some_and(|key| key.len() == 32);
        // The point is uncompressed: x and y after a byte 4.
        let is_p256 = der.strip_prefix(P256_PUBLIC).is_some_and(|key| key.len() == 65 && key.first() == Some(&4));
        if !is_ed25519 && !is_p256 {
            return Err(KeyError::Public);
        }
        Ok(Self { id: digest(der), der: der.to_owned() })
    }

    /// Returns the hexadecimal SHA-256 of the DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the key as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        write_pem("PUBLIC KEY", &self.der).to_string()
    }

    /// Whether this key signed the message with this signature.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match (self.der.strip_prefix(ED25519_PUBLIC), self.der.strip_prefix(P256_PUBLIC)) {
            (Some(key), _) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok(),
            (_, Some(key)) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(message, signature).is_ok(),
            (None, None) => false,
        }
    }
}

/// An Ed25519 key that signs. Its memory is wiped when it is dropped.
pub struct SecretKey {
    der: Zeroizing<Vec<u8>>,
    public: PublicKey,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.public.id)
    }
}

impl SecretKey {
    /// Reads a private key in PKCS#8 PEM.
    ///
    /// # Errors
    /// The text is no private key, or the key is encrypted.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::of(read_pem("PRIVATE KEY", text).ok_or(KeyError::Private)?)
    }

    /// Creates the key of a seed.
    ///
    /// # Errors
    /// Does not fail in practice, because every seed gives a key.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        Self::of(Zeroizing::new([ED25519_PRIVATE, seed].concat()))
    }

    fn of(der: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|_| KeyError::Private)?;
        let public = PublicKey::from_der(&[ED25519_PUBLIC, pair.public_key().as_ref()].concat())?;
        Ok(Self { der, public })
    }

    /// Returns the key as PKCS#8 PEM.
    #[must_use]
    pub fn pem(&self) -> Zeroizing<String> {
        write_pem("PRIVATE KEY", &self.der)
    }

    /// Returns the public half of the key.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs the message. The library does not wipe its own form of the key, so this form is created for each signature
    /// and then dropped.
    ///
    /// # Errors
    /// Does not fail in practice, because the key was read before.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&self.der).map_err(|_| KeyError::Private)?;
        Ok(pair.sign(message).as_ref().to_vec())
    }
}

/// Returns the bytes of the only block in a PEM file.
fn read_pem(label: &str, text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.trim().strip_prefix(&format!("-----BEGIN {label}-----"))?;
    let text = text.strip_suffix(&format!("-----END {label}-----"))?;
    let mut base64 = Zeroizing::new(String::with_capacity(text.len()));
    text.lines().for_each(|line| base64.push_str(line.trim()));
    STANDARD.decode(&*base64).ok().map(Zeroizing::new)
}

/// Returns a PEM file with one block, in lines of 64 characters.
fn write_pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(String::with_capacity(2 * base64.len() + 64));
    text.push_str(&format!("-----BEGIN {label}-----"));
    for (at, letter) in base64.chars().enumerate() {
        if at % 64 == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    /// The first test of RFC 8032, section 7.1.
    const SEED: [u8; 32] = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
        0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
    ];

    #[test]
    fn a_key_signs_as_the_standard_says() {
        let key = SecretKey::from_seed(&SEED).unwrap();
        let hex: String = key.sign(b"").unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(hex.starts_with("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e0652249015"), "{hex}");
        assert!(key.public().verifies(b"", &key.sign(b"").unwrap()));
        assert!(!key.public().verifies(b"x", &key.sign(b"").unwrap()));
        assert!(!key.public().verifies(b"", &[]) && !key.public().verifies(b"", &[0; 64]));
    }

    #[test]
    fn keys_are_read_as_they_are_written() {
        let key = SecretKey::from_seed(&SEED).unwrap();
        let again = SecretKey::from_pem(&key.pem()).unwrap();
        assert_eq!(again.public(), key.public());
        assert_eq!(&PublicKey::from_pem(&key.public().pem()).unwrap(), key.public());
        assert_eq!(key.public().id().len(), 64);
        // Debug output must not contain the secret.
        assert_eq!(format!("{key:?}"), format!("SecretKey({})", key.public().id()));
    }

    #[test]
    fn a_file_without_a_key_is_reported() {
        let key = SecretKey::from_seed(&SEED).unwrap();
        assert_eq!(PublicKey::from_pem(&key.pem()), Err(KeyError::NotPublic));
        assert_eq!(PublicKey::from_pem("hello"), Err(KeyError::Public));
        assert_eq!(PublicKey::from_der(b""), Err(KeyError::Public));
        assert_eq!(SecretKey::from_pem(&key.public().pem()).err(), Some(KeyError::Private));
        assert_eq!(SecretKey::from_pem("").err(), Some(KeyError::Private));
    }
}
