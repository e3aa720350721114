//! The signing key of the small account.
//!
//! It gets digests, and signs the messages that it knows. So a test gives it the messages first.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::lifecycle::{Lives, arn};

pub const SIGNER: &str = "alias/probe/signer";

/// The DER bytes before the point of a key on P-256.
const P256: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

/// The behaviour of the signing key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Signing {
    Right,
    /// AWS verifies every signature.
    VerifiesAll,
    /// AWS verifies no signature.
    VerifiesNone,
    /// The signatures are those of another message.
    SignsOther,
    /// The public key is that of another key.
    OtherKey,
}

#[derive(Debug)]
pub struct Signer {
    pub signing: Signing,
    pair: EcdsaKeyPair,
    other: EcdsaKeyPair,
    /// The messages that it knows.
    pub messages: Vec<Vec<u8>>,
}

fn pair() -> EcdsaKeyPair {
    let (algorithm, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap()
}

impl Signer {
    pub fn new() -> Self {
        Self { signing: Signing::Right, pair: pair(), other: pair(), messages: Vec::new() }
    }

    /// Returns the signature of a message, in base64.
    pub fn signature(&self, message: &[u8]) -> String {
        STANDARD.encode(self.pair.sign(&SystemRandom::new(), message).unwrap())
    }

    /// Returns the public key as DER, in base64.
    pub fn public_key(&self) -> String {
        let pair = if self.signing == Signing::OtherKey { &self.other } else { &self.pair };
        STANDARD.encode([P256, pair.public_key().as_ref()].concat())
    }

    fn message(&self, asked: &Value) -> Option<&Vec<u8>> {
        assert_eq!(asked["MessageType"], "DIGEST");
        let digest = STANDARD.decode(asked["Message"].as_str().unwrap()).unwrap();
        self.messages.iter().find(|message| Sha256::digest(message).as_slice() == digest)
    }

    pub fn change(
        &self,
        operation: &str,
        asked: &Value,
        keys: &mut Lives,
    ) -> Option<Result<Value, (&'static str, &'static str)>> {
        if !["GetPublicKey", "Sign", "Verify"].contains(&operation) || asked["KeyId"] != arn("k4") {
            return None;
        }
        if let Some(refused) = keys.refuses("k4") {
            return Some(Err(refused));
        }
        let (id, algorithm) = (arn("k4"), "ECDSA_SHA_256");
        if operation == "GetPublicKey" {
            return Some(Ok(json!({ "KeyId": id, "PublicKey": self.public_key(), "KeyUsage": "SIGN_VERIFY" })));
        }
        assert_eq!(asked["SigningAlgorithm"], algorithm);
        let message = self.message(asked);
        if operation == "Sign" {
            let message = if self.signing == Signing::SignsOther { b"other" } else { message.unwrap().as_slice() };
            return Some(Ok(json!({
                "KeyId": id, "Signature": self.signature(message), "SigningAlgorithm": algorithm
            })));
        }
        let signature = STANDARD.decode(asked["Signature"].as_str().unwrap()).unwrap();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, self.pair.public_key().as_ref().to_vec());
        let is_valid = match self.signing {
            Signing::VerifiesAll => true,
            Signing::VerifiesNone => false,
            _ => message.is_some_and(|message| key.verify(message, &signature).is_ok()),
        };
        Some(if is_valid {
            Ok(json!({ "KeyId": id, "SignatureValid": true, "SigningAlgorithm": algorithm }))
        } else {
            Err(("KMSInvalidSignatureException", ""))
        })
    }
}
