//! Time stamps of RFC 3161: an authority says that it saw the digest of the manifest, and when.
//!
//! Request and answer lie beside the manifest as they went over the wire, so `openssl ts -verify` reads them too. What the
//! authority said is checked in two steps: that the token is whole, is about this manifest and answers this request; and,
//! for whoever gives certificates, that it is by an authority under one of them. Must not know how the authority is
//! asked.

mod authority;
mod element;
mod token;

use jiff::Timestamp;
use thiserror::Error;

use authority::verify_signature;
use token::{Token, granted};

pub use authority::Authority;

/// The type of a request over HTTP.
pub const QUERY: &str = "application/timestamp-query";

/// The type of an answer.
pub const REPLY: &str = "application/timestamp-reply";

/// Bytes of an answer. One with a chain of certificates has some ten thousand.
pub const LARGEST: usize = 64 * 1024;

/// A request before the digest: version 1, SHA-256; before the nonce; and behind it: the certificate is wanted.
const BEFORE_DIGEST: &[u8] =
    b"\x30\x4b\x02\x01\x01\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
const BEFORE_NONCE: &[u8] = b"\x02\x10";
const BEHIND_NONCE: &[u8] = b"\x01\x01\xff";

/// What is wrong with a time stamp.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StampError {
    /// The stored request is none of ours over this manifest.
    #[error("the request is not one over this manifest")]
    OtherRequest,
    /// The answer cannot be read.
    #[error("the answer is cut or is none of RFC 3161: {0}")]
    Malformed(&'static str),
    /// The authority gave no token.
    #[error("the authority refused (status {0})")]
    Refused(u8),
    /// The token is about something else.
    #[error("it is about another manifest: the digests differ")]
    OtherDigest,
    /// The token answers another request.
    #[error("the nonce is not that of the request: it answers another one")]
    OtherNonce,
    /// The signer's certificate is not in the token.
    #[error("the token does not hold the certificate that it names")]
    NoCertificate,
    /// An algorithm that is not checked here.
    #[error("the token is signed with an algorithm that is not checked here")]
    Algorithm,
    /// The signature is not over this token.
    #[error("the signature is not over this token")]
    BadSignature,
    /// The chain ends somewhere else.
    #[error("it is not by an authority under the certificates given")]
    OtherAuthority,
    /// The certificate was not valid when it was used.
    #[error("a certificate of the authority was not valid at {0}, the time of the token")]
    NotValid(Timestamp),
    /// The certificate is for something else.
    #[error("the certificate of the authority is not for time stamps")]
    OtherPurpose,
    /// A certificate that cannot be used.
    #[error("a certificate of the authority cannot be used: {0}")]
    Certificate(String),
    /// What was given is no certificate.
    #[error("it is no certificate as PEM")]
    NotPem,
}

/// A token that is whole, is about the manifest and answers the request. Who made it is not known before
/// [`Stamp::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When the authority says that it saw the digest.
    pub time: Timestamp,
    /// The signer's certificate first, DER.
    certificates: Vec<Vec<u8>>,
}

/// A request over the digest of the manifest.
#[must_use]
pub fn query(manifest: &[u8], mut nonce: [u8; 16]) -> Vec<u8> {
    // A number that is positive, and written in no fewer bytes.
    nonce[0] = nonce[0] & 0x3f | 0x40;
    [BEFORE_DIGEST, imprint(manifest).as_ref(), BEFORE_NONCE, &nonce, BEHIND_NONCE].concat()
}

/// Reads the answer to a request.
///
/// # Errors
/// What is wrong with one of them.
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
