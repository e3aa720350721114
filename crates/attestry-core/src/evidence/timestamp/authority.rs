//! Checks the author of a token: the signature by the certificate in the token, and the chain from this certificate to
//! a trusted certificate.
//!
//! The certificates must have been valid at the time of the token, because evidence is kept longer than certificates
//! are valid. A revocation is not checked, because this module has no network access. This module must not know the
//! data of the token.

use der::Tag;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert, ring as by};

use super::element::Element;
use super::token::Token;
use super::{Stamp, StampError};

/// The purpose of certificates for time stamps.
const TIME_STAMPING: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x08";

/// The extension that holds the purposes.
const PURPOSES: &[u8] = b"\x55\x1d\x25";

/// The names of signature algorithms: RSA and ECDSA. A name contains the digest algorithm or leaves it to the signer.
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const RSA_SHA256: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
const RSA_SHA384: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c";
const RSA_SHA512: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d";
const ECDSA_SHA256: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x02";
const ECDSA_SHA384: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x03";

/// The certificates of the authorities that a user trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority(Vec<CertificateDer<'static>>);

impl Authority {
    /// Reads one or more certificates in PEM.
    ///
    /// # Errors
    /// The text holds no certificate.
    pub fn from_pem(text: &str) -> Result<Self, StampError> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let certificates = read.ok().filter(|read| !read.is_empty()).ok_or(StampError::NotPem)?;
        if certificates.iter().any(|it| anchor_from_trusted_cert(it).is_err()) {
            return Err(StampError::NotPem);
        }
        Ok(Self(certificates))
    }
}

impl Stamp {
    /// Checks that the token is from an authority under one of the certificates.
    ///
    /// # Errors
    /// Returns the reason why the token is not from such an authority.
    pub fn check(&self, trusted: &[Authority]) -> Result<(), StampError> {
        let anchors: Vec<TrustAnchor<'_>> =
            trusted.iter().flat_map(|it| &it.0).filter_map(|it| anchor_from_trusted_cert(it).ok()).collect();
        let (signer, others) = self.certificates.split_first().ok_or(StampError::NoCertificate)?;
        if !is_for_time_stamps(signer).unwrap_or(false) {
            return Err(StampError::OtherPurpose);
        }
        let signer = CertificateDer::from(signer.as_slice());
        let others: Vec<CertificateDer<'_>> = others.iter().map(|it| CertificateDer::from(it.as_slice())).collect();
        let signer = EndEntityCert::try_from(&signer).map_err(|error| self.refused(&error))?;
        let seconds = u64::try_from(self.time.as_second()).unwrap_or_default();
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let usage = KeyUsage::required_if_present(TIME_STAMPING);
        signer
            .verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &others, time, usage, None, None)
            .map(drop)
            .map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &Error) -> StampError {
        match error {
            Error::UnknownIssuer => StampError::OtherAuthority,
            Error::CertExpired { .. } | Error::CertNotValidYet { .. } => StampError::NotValid(self.time),
            Error::RequiredEkuNotFoundContext(_) => StampError::OtherPurpose,
            // The trusted certificate has the same name, but another key signed the chain.
            Error::InvalidSignatureForPublicKey => StampError::OtherAuthority,
            other => StampError::Certificate(format!("{other:?}")),
        }
    }
}

/// Whether the certificate is for time stamps only, as RFC 3161 requires. The certificates above it in the chain do not
/// need this purpose.
fn is_for_time_stamps(certificate: &[u8]) -> Result<bool, StampError> {
    let what = "the certificate";
    let whole = Element::only(certificate, what)?.sequence(what)?;
    let body = whole.first().ok_or(StampError::Malformed(what))?.sequence(what)?;
    let Some(extensions) = body.iter().find(|part| part.is_context(3)) else { return Ok(false) };
    for extension in Element::only(extensions.value, what)?.sequence(what)? {
        if let [name, critical, value] = extension.sequence(what)?.as_slice()
            && name.value == PURPOSES
        {
            let purposes = Element::only(value.of(Tag::OctetString, what)?, what)?.sequence(what)?;
            let purposes: Vec<&[u8]> = purposes.iter().map(|purpose| purpose.value).collect();
            return Ok(critical.of(Tag::Boolean, what)? == [0xff] && purposes == [TIME_STAMPING]);
        }
    }
    Ok(false)
}

/// Checks that the signature of the token was made with the key of the certificate.
pub(super) fn verify_signature(token: &Token<'_>, signer: &[u8]) -> Result<(), StampError> {
    let certificate = CertificateDer::from(signer);
    let signer =
        EndEntityCert::try_from(&certificate).map_err(|error| StampError::Certificate(format!("{error:?}")))?;
    let algorithms = algorithms(token).ok_or(StampError::Algorithm)?;
    let is_by = |it: &&dyn SignatureVerificationAlgorithm| {
        signer.verify_signature(*it, &token.attributes, token.signature).is_ok()
    };
    if algorithms.iter().any(is_by) { Ok(()) } else { Err(StampError::BadSignature) }
}

/// Returns the algorithms that a signature with this name can have. The key decides which curve is used.
fn algorithms(token: &Token<'_>) -> Option<&'static [&'static dyn SignatureVerificationAlgorithm]> {
    let is = |digest| token.digest == digest;
    let (sha256, sha384, sha512) = (is(&ring::digest::SHA256), is(&ring::digest::SHA384), is(&ring::digest::SHA512));
    Some(match token.algorithm {
        RSA | RSA_SHA256 if sha256 => SHA256_RSA,
        RSA | RSA_SHA384 if sha384 => SHA384_RSA,
        RSA | RSA_SHA512 if sha512 => SHA512_RSA,
        ECDSA_SHA256 if sha256 => SHA256_ECDSA,
        ECDSA_SHA384 if sha384 => SHA384_ECDSA,
        _ => return None,
    })
}

static SHA256_RSA: &[&dyn SignatureVerificationAlgorithm] = &[by::RSA_PKCS1_2048_8192_SHA256];
static SHA384_RSA: &[&dyn SignatureVerificationAlgorithm] = &[by::RSA_PKCS1_2048_8192_SHA384];
static SHA512_RSA: &[&dyn SignatureVerificationAlgorithm] = &[by::RSA_PKCS1_2048_8192_SHA512];
static SHA256_ECDSA: &[&dyn SignatureVerificationAlgorithm] = &[by::ECDSA_P256_SHA256, by::ECDSA_P384_SHA256];
static SHA384_ECDSA: &[&dyn SignatureVerificationAlgorithm] = &[by::ECDSA_P256_SHA384, by::ECDSA_P384_SHA384];
