//! A token of OpenSSL, unchanged and damaged. `ci/emulator/timestamp_test.py` has each type of wrong answer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use super::*;

const MANIFEST: &[u8] = b"manifest";
const QUERY: &[u8] = include_bytes!("query.tsq");
const ANSWER: &[u8] = include_bytes!("answer.tsr");

fn stamp(answer: &[u8]) -> Result<Stamp, StampError> {
    read(MANIFEST, QUERY, answer)
}

fn authority(text: &str) -> [Authority; 1] {
    [Authority::from_pem(text).unwrap()]
}

#[test]
fn a_token_is_by_the_authority_under_its_certificate_only() {
    let stamp = stamp(ANSWER).unwrap();
    assert_eq!(stamp.check(&authority(include_str!("authority.pem"))), Ok(()));
    assert_eq!(stamp.check(&authority(include_str!("other.pem"))), Err(StampError::OtherAuthority));
    assert_eq!(stamp.check(&[]), Err(StampError::OtherAuthority));
    // The authority sends fractions of a second.
    assert_ne!(stamp.time.subsec_nanosecond(), 0);
}

#[test]
fn a_request_is_as_openssl_writes_it() {
    assert_eq!(query(MANIFEST, [0x41; 16]), QUERY);
    // Nonces are positive and have the same length, so a request has only one form.
    for nonce in [[0; 16], [0xff; 16]] {
        let asked = query(MANIFEST, nonce);
        assert_eq!(asked.len(), QUERY.len());
        assert!((0x40..0x80).contains(&asked[58]));
    }
}

#[test]
fn a_token_about_something_else_is_reported() {
    assert_eq!(read(b"manifests", QUERY, ANSWER), Err(StampError::OtherRequest));
    assert_eq!(read(b"manifests", &query(b"manifests", [0x41; 16]), ANSWER), Err(StampError::OtherDigest));
    assert_eq!(read(MANIFEST, &query(MANIFEST, [0x42; 16]), ANSWER), Err(StampError::OtherNonce));
    assert_eq!(read(MANIFEST, &QUERY[1..], ANSWER), Err(StampError::OtherRequest));
}

#[test]
fn an_answer_that_is_cut_anywhere_is_reported() {
    for end in 0..ANSWER.len() {
        assert!(matches!(stamp(&ANSWER[..end]), Err(StampError::Malformed(_))), "cut at {end}");
    }
    assert!(matches!(stamp(&[ANSWER, b"\0"].concat()), Err(StampError::Malformed(_))));
    assert!(matches!(stamp(&vec![0x30; LARGEST + 1]), Err(StampError::Malformed("it is too large"))));
}

/// Some bytes have no effect: names beside the signed data, and the certificates that the chain does not use.
#[test]
fn no_changed_byte_gives_another_time() {
    let whole = stamp(ANSWER).unwrap();
    let trusted = authority(include_str!("authority.pem"));
    for at in 0..ANSWER.len() {
        let mut answer = ANSWER.to_vec();
        answer[at] ^= 1;
        if let Ok(changed) = stamp(&answer)
            && changed.check(&trusted).is_ok()
        {
            assert_eq!(changed.time, whole.time, "byte {at}");
        }
    }
}

#[test]
fn a_refusal_is_reported_with_its_number() {
    // The structure PKIStatusInfo with the status "rejection".
    assert_eq!(stamp(b"\x30\x05\x30\x03\x02\x01\x02"), Err(StampError::Refused(2)));
    assert_eq!(stamp(b"\x30\x05\x30\x03\x02\x01\x00"), Err(StampError::Malformed("it holds no token")));
}

#[test]
fn deep_and_wide_answers_end_soon() {
    let deep: Vec<u8> = (0..LARGEST / 4).rev().flat_map(|_| [0x30, 0x82, 0x7f, 0xff]).collect();
    assert!(stamp(&deep).is_err());
    let wide = [&[0x30, 0x82, 0x75, 0x30][..], &[5, 0].repeat(15_000)].concat();
    assert!(stamp(&wide).is_err());
}

#[test]
fn a_file_without_a_certificate_is_reported() {
    for text in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert_eq!(Authority::from_pem(text), Err(StampError::NotPem), "{text}");
    }
}
