//! Arbitrary bytes as a bundle.
//!
//! Nothing may panic, take long or take memory that is not there. What is read, packed again, is read again as the same;
//! of a zip file and of the tar file inside there is only one form, so a second reader cannot see other files. What begins
//! with a mark is wrapped first, so that the fuzzer need not find checksums and compression.
#![no_main]

use std::time::Duration;

use evidence::archive::{Format, Limits, pack, unpack};
use evidence::{dsse::Envelope, keys::PublicKey};
use libfuzzer_sys::fuzz_target;

mod clock;
#[allow(dead_code, reason = "only a part of it is needed here")]
#[path = "../../../src/source/text.rs"]
mod source;

#[allow(dead_code, unused_imports, reason = "only a part of it is needed here")]
#[path = "."]
mod evidence {
    #[path = "../../../src/evidence/archive/mod.rs"]
    pub mod archive;
    #[path = "../../../src/evidence/canonical.rs"]
    pub mod canonical;
    #[path = "../../../src/evidence/dsse.rs"]
    pub mod dsse;
    #[path = "../../../src/evidence/keys.rs"]
    pub mod keys;
    #[path = "../../../src/evidence/manifest.rs"]
    pub mod manifest;
    #[path = "../../../src/evidence/path.rs"]
    pub mod path;
}

/// Far more than either takes for the longest input.
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
    if let Ok(manifest) = serde_json::from_str::<evidence::manifest::Manifest>(&text) {
        let _ = manifest.write();
    }
    let _ = PublicKey::from_der(bytes);
    assert!((clock::worked() - started) < LONG, "reading takes {:?}", (clock::worked() - started));
});
