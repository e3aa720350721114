//! Packings that nobody unpacks here: what is in them was not looked at, and must not be taken for a text without secrets.
//!
//! Must not know where the bytes come from.

use std::io::Read;

use flate2::bufread::GzDecoder;

/// What a file starts with, and what it is then.
const STARTS: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh91AY&SY", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xff\x06\0\0sNaPpY", "snappy"),
    (b"PAR1", "parquet"),
    (b"Obj\x01", "avro"),
];

/// Why a source that starts so cannot be read.
pub(super) fn unreadable(start: &[u8]) -> Option<String> {
    let name = |start: &[u8]| STARTS.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, name)| *name);
    if let Some(name) = name(start) {
        return Some(format!("it is packed as {name}, which is not read here"));
    }
    // Two bytes of a member and no more: Firehose may pack once more what CloudWatch has packed.
    let mut inside = Vec::new();
    let gzip = start.starts_with(super::MAGIC);
    let _ = gzip.then(|| GzDecoder::new(start).take(16).read_to_end(&mut inside));
    let within = if inside.starts_with(super::MAGIC) { Some("gzip") } else { name(&inside) };
    within.map(|name| format!("it is packed as {name} within gzip, which is not read here"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gz(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_packed_in_another_way_is_not_read() {
        for (start, told) in [
            (b"PK\x03\x04 and more".to_vec(), "as zip,"),
            (b"PAR1....".to_vec(), "as parquet,"),
            (gz(&gz(b"all is well\n")), "as gzip within gzip"),
            (gz(b"PK\x03\x04 and more"), "as zip within gzip"),
        ] {
            assert!(unreadable(&start).is_some_and(|why| why.contains(told)), "{told}");
        }
        for start in [b"all is well".to_vec(), b"".to_vec(), gz(b"all is well\n"), gz(b"")] {
            assert_eq!(unreadable(&start), None);
        }
        let cut = gz(b"all is well");
        assert_eq!(unreadable(cut.get(..12).unwrap()), None, "the decoder tells what is wrong with it");
    }
}
