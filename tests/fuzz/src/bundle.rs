//! Fuzzes arbitrary bytes as a bundle.
//!
//! No input may cause a panic, a long run or a too large allocation. A bundle that was read and packed again must be
//! read again with the same files. A zip file and the tar file inside of a bundle have only one valid form each, so a
//! second reader cannot see other files. Bytes that begin with a mark are wrapped first, so that the fuzzer need not
//! find checksums and compression.
#![no_main]

use std::time::Duration;

use attestry_core::evidence::{Envelope, Format, Limits, Manifest, PublicKey, pack, unpack};
use libfuzzer_sys::fuzz_target;

mod clock;

/// A limit far above the time of both operations for the longest input.
const LONG: Duration = Duration::from_secs(2);

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { archive: 1 << 20, total: 4 << 20, files: 64, ratio: 50, small: 1 << 20 };
    let started = clock::worked();
    let archive = match bytes.split_first() {
        Some((b'T', tar)) => ruzstd::encoding::compress_to_vec(tar, ruzstd::encoding::CompressionLevel::Fastest),
        _ => bytes.to_vec(),
    };
    if let Ok(contents) = unpack(&archive, &limits) {
        let total: usize = contents.values().map(Vec::len).sum();
        assert!(total as u64 <= limits.total && contents.len() <= limits.files, "more than the limits allow");
        for format in [Format::TarZst, Format::Zip] {
            let packed = pack(&contents, format, &limits).expect("what was read can be written");
            let wide = Limits { small: limits.total, ..limits };
            assert_eq!(unpack(&packed, &wide).as_ref(), Ok(&contents), "what was written is read");
        }
    }
    let text = String::from_utf8_lossy(bytes);
    if let Ok(envelope) = serde_json::from_str::<Envelope>(&text) {
        let _ = envelope.check(&PublicKey::from_pem(&text).into_iter().collect::<Vec<_>>());
        let _ = envelope.open();
    }
    if let Ok(manifest) = serde_json::from_str::<Manifest>(&text) {
        let _ = manifest.write();
    }
    let _ = PublicKey::from_der(bytes);
    assert!((clock::worked() - started) < LONG, "reading takes {:?}", (clock::worked() - started));
});
