//! Unpacks the large files of the reference. The program contains the packed files, because the unpacked files would be
//! a sixth of the size of the small verifier.
//!
//! This module must not know the content of the files. The texts beside the packed files are for people and for the
//! scripts that write them. A test checks that both are equal.

use std::io::Read;

use flate2::read::ZlibDecoder;

/// Returns the text of a packed file.
pub(super) fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    // The bytes are constants of this crate, so an error is a bug. Without the reference, a claim would cover no
    // actions at all.
    if let Err(error) = ZlibDecoder::new(packed).read_to_string(&mut text) {
        unreachable!("a packed file of the reference is damaged: {error}")
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    /// Writes the packed files again when `ATTESTRY_BLESS` is set.
    #[test]
    fn the_packed_files_are_the_texts() {
        for name in ["actions.txt", "keys.txt", "sends.txt"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/reference").join(name);
            let text = std::fs::read_to_string(&path).unwrap();
            let packed = path.with_extension("txt.z");
            if std::env::var_os("ATTESTRY_BLESS").is_some() {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
                encoder.write_all(text.as_bytes()).unwrap();
                std::fs::write(&packed, encoder.finish().unwrap()).unwrap();
            }
            let packed = std::fs::read(&packed).unwrap();
            assert!(super::unpacked(&packed) == text, "{name}: `cargo xtask bless` packs it again");
            assert!(packed.len() * 3 < text.len(), "{name} is packed");
        }
    }
}
