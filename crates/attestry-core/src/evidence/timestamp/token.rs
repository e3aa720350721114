//! Reads the answer of an authority and its token: RFC 3161 in a SignedData of RFC 5652.
//!
//! This module must not know which authorities are trusted.

use der::Tag;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};

use super::StampError;
use super::element::{Element, elements};

/// The names of algorithms and types, in DER without tag and length.
const SHA256_OID: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
const SHA384_OID: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x02";
const SHA512_OID: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x03";
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const TIME_STAMP: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04";
const CONTENT_TYPE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
const MESSAGE_DIGEST: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";
const CERTIFICATE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0c";
const CERTIFICATE_V2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f";

/// A token whose parts belong together. Its signature is not checked yet.
#[derive(Debug)]
pub(super) struct Token<'a> {
    imprint: (&'a [u8], &'a [u8]),
    pub(super) nonce: Option<&'a [u8]>,
    pub(super) time: Timestamp,
    pub(super) certificates: Vec<&'a [u8]>,
    /// The digest that identifies the certificate of the signer.
    named: (&'static Algorithm, &'a [u8]),
    pub(super) digest: &'static Algorithm,
    /// The name of the algorithm of the signature.
    pub(super) algorithm: &'a [u8],
    /// The signed bytes.
    pub(super) attributes: Vec<u8>,
    pub(super) signature: &'a [u8],
}

/// Returns the token of an answer, if the authority granted one.
pub(super) fn granted(answer: &[u8]) -> Result<Element<'_>, StampError> {
    let what = "the answer";
    let parts = Element::only(answer, what)?.sequence(what)?;
    let (status, token) = match parts.as_slice() {
        [status, rest @ ..] => (status.sequence(what)?, rest.first()),
        [] => return Err(StampError::Malformed(what)),
    };
    let status = status.first().ok_or(StampError::Malformed(what))?.of(Tag::Integer, what)?;
    match (status, token) {
        // The status is "granted" or "granted with changes".
        ([0 | 1], Some(token)) => Ok(*token),
        ([0 | 1], None) => Err(StampError::Malformed("it holds no token")),
        ([number], _) => Err(StampError::Refused(*number)),
        _ => Err(StampError::Malformed(what)),
    }
}

impl<'a> Token<'a> {
    pub(super) fn read(token: Element<'a>) -> Result<Self, StampError> {
        let what = "the token";
        let wrong = || StampError::Malformed(what);
        let outer = token.sequence(what)?;
        let [kind, signed] = outer.as_slice() else { return Err(wrong()) };
        if kind.of(Tag::ObjectIdentifier, what)? != SIGNED_DATA || !signed.is_context(0) {
            return Err(wrong());
        }
        let parts = Element::only(signed.value, what)?.sequence(what)?;
        let [_, _, content, rest @ ..] = parts.as_slice() else { return Err(wrong()) };
        let content = self::content(*content)?;
        let mut certificates = Vec::new();
        if let Some(held) = rest.iter().find(|part| part.is_context(0)) {
            certificates.extend(elements(held.value, what)?.iter().map(|certificate| certificate.whole));
        }
        let signers = rest.last().ok_or_else(wrong)?.of(Tag::Set, what)?;
        let signer = Element::only(signers, "it must have one signer")?.sequence("the signer")?;
        let [_, _, digest, attributes, algorithm, signature, ..] = signer.as_slice() else { return Err(wrong()) };
        let digest = self::algorithm(*digest)?;
        let algorithm = *algorithm.sequence(what)?.first().ok_or_else(wrong)?;
        if !attributes.is_context(0) {
            return Err(wrong());
        }
        let named = named(attributes.value, content, digest)?;
        let told = Imprinted::read(content)?;
        Ok(Self {
            imprint: told.imprint,
            nonce: told.nonce,
            time: told.time,
            certificates,
            named,
            digest,
            algorithm: algorithm.of(Tag::ObjectIdentifier, what)?,
            // The signature covers the attributes with the tag of a set. In the token, they have the tag `[0]`.
            attributes: attributes.whole.split_first().map(|(_, rest)| [&[0x31], rest].concat()).ok_or_else(wrong)?,
            signature: signature.of(Tag::OctetString, what)?,
        })
    }

    /// Whether the token is about data with this SHA-256 digest.
    pub(super) fn is_about(&self, sha256: &[u8]) -> bool {
        self.imprint == (SHA256_OID, sha256)
    }

    /// Returns the certificate that the token names, from the certificates in the token.
    pub(super) fn signer(&self) -> Result<&'a [u8], StampError> {
        let (algorithm, hash) = self.named;
        let mut held = self.certificates.iter();
        held.find(|it| digest(algorithm, it).as_ref() == hash).copied().ok_or(StampError::NoCertificate)
    }
}

/// The data that the authority confirms.
struct Imprinted<'a> {
    imprint: (&'a [u8], &'a [u8]),
    nonce: Option<&'a [u8]>,
    time: Timestamp,
}

impl<'a> Imprinted<'a> {
    fn read(content: &'a [u8]) -> Result<Self, StampError> {
        let what = "what the token says";
        let wrong = || StampError::Malformed(what);
        let parts = Element::only(content, what)?.sequence(what)?;
        let [_, _, imprint, _, time, rest @ ..] = parts.as_slice() else { return Err(wrong()) };
        let imprint = imprint.sequence(what)?;
        let [algorithm, hash] = imprint.as_slice() else { return Err(wrong()) };
        let algorithm = *algorithm.sequence(what)?.first().ok_or_else(wrong)?;
        let imprint = (algorithm.of(Tag::ObjectIdentifier, what)?, hash.of(Tag::OctetString, what)?);
        let nonce = rest.iter().find(|part| part.tag == Tag::Integer).map(|nonce| nonce.value);
        let time = std::str::from_utf8(time.of(Tag::GeneralizedTime, what)?).ok();
        let time = time.and_then(|text| instant(text.strip_suffix('Z')?)).ok_or_else(wrong)?;
        Ok(Self { imprint, nonce, time })
    }
}

/// Reads an instant, with or without a fraction of a second.
fn instant(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let plain = |text: &str, most: usize| text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !plain(whole, 14) || fraction.is_empty() || !plain(fraction, 9) {
        return None;
    }
    let time = DateTime::strptime("%Y%m%d%H%M%S", whole).ok()?;
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    time.with().subsec_nanosecond(nanoseconds).build().ok()?.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp())
}

/// Returns the bytes of the content, which must be a time stamp.
fn content(content: Element<'_>) -> Result<&[u8], StampError> {
    let what = "the token's content";
    match content.sequence(what)?.as_slice() {
        [kind, held] if kind.of(Tag::ObjectIdentifier, what)? == TIME_STAMP && held.is_context(0) => {
            Element::only(held.value, what)?.of(Tag::OctetString, what)
        }
        _ => Err(StampError::Malformed(what)),
    }
}

fn algorithm(identifier: Element<'_>) -> Result<&'static Algorithm, StampError> {
    let name = identifier.sequence("an algorithm")?.first().map(|name| name.value);
    match name {
        Some(SHA256_OID) => Ok(&SHA256),
        Some(SHA384_OID) => Ok(&SHA384),
        Some(SHA512_OID) => Ok(&SHA512),
        _ => Err(StampError::Algorithm),
    }
}

/// Returns the digest of the signer's certificate, from the signed attributes. These attributes must be about this
/// content.
fn named<'a>(
    attributes: &'a [u8],
    content: &[u8],
    of: &'static Algorithm,
) -> Result<(&'static Algorithm, &'a [u8]), StampError> {
    let what = "the signed attributes";
    let mut named = None;
    let (mut is_time_stamp, mut is_content) = (false, false);
    for attribute in elements(attributes, what)? {
        let parts = attribute.sequence(what)?;
        let [name, values] = parts.as_slice() else { return Err(StampError::Malformed(what)) };
        let value = Element::only(values.of(Tag::Set, what)?, what)?;
        match name.of(Tag::ObjectIdentifier, what)? {
            CONTENT_TYPE => is_time_stamp = value.of(Tag::ObjectIdentifier, what)? == TIME_STAMP,
            MESSAGE_DIGEST => {
                is_content = value.of(Tag::OctetString, what)? == digest(of, content).as_ref();
            }
            CERTIFICATE_V2 => named = Some(certificate(value, &SHA256)?),
            // The older attribute supports SHA-1 only. If both exist, the newer attribute is used.
            CERTIFICATE if named.is_none() => named = Some(certificate(value, &SHA1_FOR_LEGACY_USE_ONLY)?),
            _ => {}
        }
    }
    if !is_time_stamp || !is_content {
        return Err(StampError::BadSignature);
    }
    named.ok_or(StampError::NoCertificate)
}

/// Returns the digest of the first certificate that the attribute names.
fn certificate<'a>(
    value: Element<'a>,
    usual: &'static Algorithm,
) -> Result<(&'static Algorithm, &'a [u8]), StampError> {
    let what = "the name of the certificate";
    let certificates = value.sequence(what)?.first().ok_or(StampError::Malformed(what))?.sequence(what)?;
    let first = certificates.first().ok_or(StampError::Malformed(what))?.sequence(what)?;
    match first.as_slice() {
        [hash, ..] if hash.tag == Tag::OctetString => Ok((usual, hash.value)),
        [identifier, hash, ..] => Ok((algorithm(*identifier)?, hash.of(Tag::OctetString, what)?)),
        _ => Err(StampError::Malformed(what)),
    }
}
