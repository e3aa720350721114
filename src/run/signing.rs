//! The signers of evidence: key files and keys of KMS.
//!
//! This module must not know what is signed.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::aws::SigningKey;
use crate::failure::Failure;
use crate::trusted::{read_key, unusable};
use attestry_core::evidence::{Envelope, PAYLOAD, PublicKey, SecretKey, pae};
use attestry_core::verify::Exit;

/// A key that signs.
#[derive(Debug)]
pub(crate) enum Signer {
    /// An Ed25519 key from a file.
    File(SecretKey),
    /// A key of KMS, and its public half.
    Kms(SigningKey, PublicKey),
}

impl Signer {
    /// Opens every key, so that a key that cannot sign is an error before the first request of the run. A key is the path
    /// of a PKCS#8 PEM file or the ARN of a KMS key.
    pub(crate) async fn open_all(keys: &[String], endpoint: Option<&str>) -> Result<Vec<Self>, Failure> {
        let mut signers = Vec::new();
        for key in keys {
            signers.push(if key.starts_with("arn:") {
                Self::kms(key, endpoint).await?
            } else {
                let text = read_key(Path::new(key))?;
                Self::File(SecretKey::from_pem(&text).map_err(|error| unusable(key, &error))?)
            });
        }
        Ok(signers)
    }

    async fn kms(arn: &str, endpoint: Option<&str>) -> Result<Self, Failure> {
        let key = SigningKey::open(arn, endpoint).await.map_err(|refusal| unusable(arn, &refusal))?;
        let public = PublicKey::from_der(&key.public).map_err(|error| unusable(arn, &error))?;
        Ok(Self::Kms(key, public))
    }

    fn public(&self) -> &PublicKey {
        match self {
            Self::File(key) => key.public(),
            Self::Kms(_, public) => public,
        }
    }

    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let signature = match self {
            Self::File(key) => key.sign(message).map_err(|error| Failure::new(Exit::Output, error.to_string()))?,
            Self::Kms(key, _) => {
                let signed = key.sign(&Sha256::digest(message)).await;
                signed.map_err(|refusal| Failure::new(Exit::Output, refusal.to_string()))?
            }
        };
        if self.public().verifies(message, &signature) {
            return Ok(signature);
        }
        Err(Failure::new(Exit::Output, format!("the signature of key {} does not verify", self.public().id())))
    }
}

/// Returns the statements with the signatures of all signers. Without a signer, the list is empty.
pub(crate) async fn attest(signers: &[Signer], statements: &[Vec<u8>]) -> Result<Vec<Envelope>, Failure> {
    let mut envelopes = Vec::new();
    for payload in statements.iter().filter(|_| !signers.is_empty()) {
        let message = pae(PAYLOAD, payload);
        let mut signatures = Vec::new();
        for signer in signers {
            signatures.push((signer.public().id().to_owned(), signer.sign(&message).await?));
        }
        envelopes.push(Envelope::new(PAYLOAD, payload, &signatures));
    }
    Ok(envelopes)
}
