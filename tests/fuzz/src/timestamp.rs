//! Fuzzes arbitrary bytes as the answer of a time-stamping authority, and as its certificate.
//!
//! No input may cause a panic, a long run or a too large allocation. The fuzzer cannot forge a signature of the
//! authority of the tests. So each token with a valid signature of this authority must contain the signed time.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use attestry_core::evidence::timestamp::{Authority, LARGEST, query, read};
use libfuzzer_sys::fuzz_target;

mod clock;

/// A limit far above the time for the longest answer.
const LONG: Duration = Duration::from_secs(1);

const MANIFEST: &[u8] = b"manifest";
const ANSWER: &[u8] = include_bytes!("../../../crates/attestry-core/src/evidence/timestamp/tests/answer.tsr");
const AUTHORITY: &str = include_str!("../../../crates/attestry-core/src/evidence/timestamp/tests/authority.pem");

static QUERY: LazyLock<Vec<u8>> = LazyLock::new(|| query(MANIFEST, [0x41; 16]));
static TRUSTED: LazyLock<[Authority; 1]> = LazyLock::new(|| [Authority::from_pem(AUTHORITY).expect("a certificate")]);

fuzz_target!(|bytes: &[u8]| {
    let started = clock::worked();
    if let Ok(stamp) = read(MANIFEST, &QUERY, bytes) {
        assert!(bytes.len() <= LARGEST, "more than is read");
        if stamp.check(&*TRUSTED).is_ok() {
            let signed = read(MANIFEST, &QUERY, ANSWER).expect("the token of the tests");
            assert_eq!(stamp.time, signed.time, "a time that nobody signed");
        }
    }
    let _ = read(MANIFEST, bytes, ANSWER);
    if let Ok(other) = Authority::from_pem(&String::from_utf8_lossy(bytes)) {
        let _ = read(MANIFEST, &QUERY, ANSWER).expect("the token of the tests").check(&[other]);
    }
    assert!((clock::worked() - started) < LONG, "reading takes {:?}", (clock::worked() - started));
});
