//! Time stamps of RFC 3161: an authority confirms that it received the digest of the manifest at an instant.
//!
//! The request and the answer are stored beside the manifest in the form of the network protocol, so
//! `openssl ts -verify` reads them, too. The check has two steps. First, the token must be complete, be about this
//! manifest and answer this request. Second, if the user gives certificates, the token must come from an authority
//! under one of them. This module must not know how a request is sent.

mod authority;
mod element;
mod token;

use jiff::Timestamp;
use thiserror::Error;

use authority::verify_signature;
use token::{Token, granted};

pub use authority::Authority;

/// The media type of a request over HTTP.
pub const QUERY: &str = "application/timestamp-query";

/// The media type of an answer.
pub const REPLY: &str = "application/timestamp-reply";

/// The limit of an answer in bytes. An answer with a chain of certificates has some ten thousand bytes.
pub const LARGEST: usize = 64 * 1024;

/// The parts of a request: before the digest (version 1, SHA-256), before the nonce, and after the nonce (the
/// certificate is requested).
const BEFORE_DIGEST: &[u8] =
    b"\x30\x4b\x02\x01\x01\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
const BEFORE_NONCE: &[u8] = b"\x02\x10";
const BEHIND_NONCE: &[u8] = b"\x01\x01\xff";

/// The mistake in a time stamp.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StampError {
    /// The stored request is not our request for this manifest.
    #[error("the request is not one over this manifest")]
    OtherRequest,
    /// The answer cannot be read.
    #[error("the answer is cut or is none of RFC 3161: {0}")]
    Malformed(&'static str),
    /// The authority gave no token.
    #[error("the authority refused (status {0})")]
    Refused(u8),
    /// The token is about another digest.
    #[error("it is about another manifest: the digests differ")]
    OtherDigest,
    /// The token answers another request.
    #[error("the nonce is not that of the request: it answers another one")]
    OtherNonce,
    /// The token does not hold the certificate of its signer.
    #[error("the token does not hold the certificate that it names")]
    NoCertificate,
    /// The algorithm is not checked here.
    #[error("the token is signed with an algorithm that is not checked here")]
    Algorithm,
    /// The signature is not over this token.
    #[error("the signature is not over this token")]
    BadSignature,
    /// The chain does not end at a trusted certificate.
    #[error("it is not by an authority under the certificates given")]
    OtherAuthority,
    /// The certificate was not valid at the time of the token.
    #[error("a certificate of the authority was not valid at {0}, the time of the token")]
    NotValid(Timestamp),
    /// The certificate has another purpose.
    #[error("the certificate of the authority is not for time stamps")]
    OtherPurpose,
    /// The certificate cannot be used.
    #[error("a certificate of the authority cannot be used: {0}")]
    Certificate(String),
    /// The given text is no certificate.
    #[error("it is no certificate as PEM")]
    NotPem,
}

/// A complete token that is about the manifest and answers the request. Its author is unknown before [`Stamp::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The instant at which the authority received the digest, by its own clock.
    pub time: Timestamp,
    /// The certificates in DER. The certificate of the signer comes first.
    certificates: Vec<Vec<u8>>,
}

/// Creates a request for the digest of the manifest.
#[must_use]
pub fn query(manifest: &[u8], mut nonce: [u8; 16]) -> Vec<u8> {
    // The nonce is a positive number of a fixed length.
    nonce[0] = nonce[0] & 0x3f | 0x40;
    [BEFORE_DIGEST, imprint(manifest).as_ref(), BEFORE_NONCE, &nonce, BEHIND_NONCE].concat()
}

/// Reads the answer to a request.
///
/// # Errors
/// The mistake in the request or in the answer.
pub fn read(manifest: &[u8], query: &[u8], answer: &[u8]) -> Result<Stamp, StampError> {
    let imprint = imprint(manifest);
    let nonce = query.strip_prefix(BEFORE_DIGEST).and_then(|rest| rest.strip_prefix(imprint.as_ref()));
    let nonce = nonce.and_then(|rest| rest.strip_prefix(BEFORE_NONCE)?.strip_suffix(BEHIND_NONCE));
    let nonce = nonce.filter(|nonce| nonce.len() == 16).ok_or(StampError::OtherRequest)?;
    if answer.len() > LARGEST {
        return Err(StampError::Malformed("it is too large"));
    }
    let token = Token::read(granted(answer)?)?;
    if !token.is_about(imprint.as_ref()) {
        return Err(StampError::OtherDigest);
    }
    if token.nonce != Some(nonce) {
        return Err(StampError::OtherNonce);
    }
    let signer = token.signer()?;
    verify_signature(&token, signer)?;
    let others = token.certificates.iter().filter(|other| **other != signer);
    let certificates = std::iter::once(&signer).chain(others).map(|it| it.to_vec()).collect();
    Ok(Stamp { time: token.time, certificates })
}

fn imprint(manifest: &[u8]) -> ring::digest::Digest {
    ring::digest::digest(&ring::digest::SHA256, manifest)
}

#[cfg(test)]
mod tests;
