//! Packings and formats that the sweep cannot read. Their content is not examined, and must not count as a text without
//! secrets.
//!
//! This module must not know where the bytes come from. `legible` still reports a format that is missing here, because
//! its bytes are no text. The table only adds the names of formats, and recognises formats that look like text.

use memchr::memmem;

/// The starts of files, and the name of the format.
const STARTS: &[(&[u8], &str)] = &[
    // Packings.
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x5d\0\0", "lzma"),
    (b"LZIP", "lzip"),
    (b"\x89LZO\0", "lzop"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"\xff\x06\0\0sNaPpY", "snappy"),
    (b"\x1f\x9d", "compress"),
    (b"\x1f\xa0", "compress"),
    (b"\x1f\x1e", "pack"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"MSCF\0\0", "cab"),
    (b"xar!\0", "xar"),
    (b"hsqs", "squashfs"),
    (b"\xed\xab\xee\xdb", "rpm"),
    // Encrypted.
    (b"age-encryption.org/", "age"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "age"),
    (b"-----BEGIN PGP MESSAGE-----", "PGP message"),
    (b"Salted__", "OpenSSL ciphertext"),
    (b"U2FsdGVkX1", "OpenSSL ciphertext in base64"),
    (b"$ANSIBLE_VAULT;", "Ansible vault"),
    (b"LUKS\xba\xbe", "LUKS"),
    // Packed formats in base64.
    (b"H4sI", "gzip in base64"),
    (b"UEsDB", "zip in base64"),
    // Tables, events and documents.
    (b"PAR1", "parquet"),
    (b"PARE", "parquet"),
    (b"Obj\x01", "avro"),
    (b"ORC", "orc"),
    (b"ARROW1\0", "arrow"),
    (b"FEA1", "feather"),
    (b"\x89HDF\r\n", "HDF5"),
    (b"ElfFile\0", "Windows event log"),
    (b"\x30\0\0\0LfLe", "Windows event log"),
    (b"LPKSHHRH", "systemd journal"),
    (b"SQLite format 3\0", "SQLite"),
    (b"regf", "Windows registry"),
    (b"\xd4\xc3\xb2\xa1", "pcap"),
    (b"\xa1\xb2\xc3\xd4", "pcap"),
    (b"\x4d\x3c\xb2\xa1", "pcap"),
    (b"\x0a\x0d\x0d\x0a", "pcapng"),
    (b"%PDF-", "PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE document"),
    (b"\x7fELF", "ELF"),
    (b"\xca\xfe\xba\xbe", "Java class"),
    (b"\xac\xed\0\x05", "Java serialization"),
    (b"bplist0", "binary property list"),
    (b"MDMP", "minidump"),
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
];
/// Formats whose start consists of letters, so that a text can start in the same way. In these formats, the bytes after
/// the start are no text.
const LETTERS: &[&str] = &["orc", "bzip2", "lzip", "squashfs", "Windows registry", "minidump", "feather", "GIF"];
/// The number of bytes that are checked after the start.
const NEXT: usize = 8;

/// The starts of packed data that can stand in the middle of a text. No text contains these bytes.
const WITHIN: &[(&[u8], &str)] = &[
    (b"\x1f\x8b\x08", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\xff\x06\0\0sNaPpY", "snappy"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"1AY&SY", "bzip2"),
];

/// Returns the reason why a source with this start cannot be read, if there is one. `packed` states whether the source
/// was in gzip.
pub(super) fn of(start: &[u8], packed: bool) -> Option<String> {
    if packed && start.starts_with(super::MAGIC) {
        // Firehose can pack data again that CloudWatch has packed.
        return Some(unreadable_as("gzip", packed));
    }
    let is_skipped = start.get(1..4) == Some(b"\x2a\x4d\x18") && start.first().is_some_and(|it| it & 0xf0 == 0x50);
    if is_skipped {
        return Some(unreadable_as("zstd", packed));
    }
    let is_one = |(magic, name): &&(&[u8], &str)| {
        let next = start.get(magic.len()..).unwrap_or_default();
        let text = next.iter().take(NEXT).all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'));
        start.starts_with(magic) && !(text && LETTERS.contains(name))
    };
    STARTS.iter().find(is_one).map(|(_, name)| unreadable_as(name, packed))
}

fn unreadable_as(name: &str, packed: bool) -> String {
    let within = if packed { " within gzip" } else { "" };
    format!("it is packed as {name}{within}, which is not read here")
}

/// Returns the packing that starts within some bytes. The caller has found that not all of the bytes are text.
pub(super) fn within(bytes: &[u8]) -> Option<&'static str> {
    WITHIN.iter().find(|(magic, _)| memmem::find(bytes, magic).is_some()).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_in_another_way_is_not_read() {
        for (start, packed, told) in [
            (b"PK\x03\x04 and more".as_slice(), false, "as zip,"),
            (b"PAR1....", false, "as parquet,"),
            (b"BZh9\x17\x72\x45\x38\x50\x90", false, "as bzip2,"),
            (b"ORC\x11\0\0\x0a", false, "as orc,"),
            (b"\x50\x2a\x4d\x18\x04\0\0\0", false, "as zstd,"),
            (b"\x1f\x8b\x08", true, "as gzip within gzip"),
            (b"PK\x03\x04 and more", true, "as zip within gzip"),
        ] {
            assert!(of(start, packed).is_some_and(|why| why.contains(told)), "{told}");
        }
        for start in
            [b"all is well".as_slice(), b"", b"ORC: reading stripes", b"BZh is a magic", b"\x1f\x8b\x08", b"GIF89"]
        {
            assert_eq!(of(start, false), None, "{start:?}");
        }
    }
}
