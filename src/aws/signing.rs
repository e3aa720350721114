//! Signs with an asymmetric key of AWS KMS. The private key never leaves KMS.
//!
//! This module must not know the content that is signed.

use super::gap::OrGap;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};

use super::{Backend, Connection, Link, Pace, Refusal};
use attestry_core::facts::Gap;

/// An AWS KMS key that signs with ECDSA over P-256.
#[derive(Debug)]
pub struct SigningKey {
    client: aws_sdk_kms::Client,
    arn: String,
    /// The public key: DER, SubjectPublicKeyInfo.
    pub public: Vec<u8>,
}

impl SigningKey {
    /// Finds the key with the credentials of the environment, in the Region of its ARN, and reads its public key. When
    /// `endpoint` is set, that endpoint answers instead of AWS.
    ///
    /// # Errors
    /// There are no credentials, or KMS returned an error.
    pub async fn open(arn: &str, endpoint: Option<&str>) -> Result<Self, Refusal> {
        let mut parts = arn.split(':').skip(3);
        let (Some(region), Some(account)) = (parts.next(), parts.next()) else {
            return Err(Refusal::Other(format!("`{arn}` is no ARN of a KMS key")));
        };
        let reach = Connection {
            account: account.to_owned(),
            region: region.to_owned(),
            profile: None,
            backend: endpoint.map_or(Backend::Aws, |url| Backend::Endpoint(url.to_owned())),
        };
        let config = reach.configure(&Link::new(Pace::none())).await?;
        let client = aws_sdk_kms::Client::new(&config);
        let told = client.get_public_key().key_id(arn).send().await.or_gap().map_err(|gap| refused(&gap))?;
        let public = told.public_key.map(Blob::into_inner).unwrap_or_default();
        Ok(Self { client, arn: arn.to_owned(), public })
    }

    /// Returns the signature (DER) of the message with this SHA-256 digest. KMS gets only the digest, so the message
    /// may have any length.
    ///
    /// # Errors
    /// KMS returned an error.
    pub async fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, Refusal> {
        let request = self
            .client
            .sign()
            .key_id(&self.arn)
            .message_type(MessageType::Digest)
            .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256)
            .message(Blob::new(digest));
        let signed = request.send().await.or_gap().map_err(|gap| refused(&gap))?;
        Ok(signed.signature.map(Blob::into_inner).unwrap_or_default())
    }
}

fn refused(gap: &Gap) -> Refusal {
    Refusal::Other(format!("KMS did not sign: {gap} {}", gap.message))
}
