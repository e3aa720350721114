//! Bundles: the same files give the same bytes, and hostile archives are refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::frames::FRAME;
use super::*;

const BOTH: [Format; 2] = [Format::TarZst, Format::Zip];

fn files(paths: &[(&str, &[u8])]) -> Contents {
    paths.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect()
}

fn sample() -> Contents {
    let long = format!("evidence/inputs/{}/{}.yaml", "policies".repeat(8), "p".repeat(80));
    let block = [7; 512];
    files(&[("manifest.json", b"{}"), ("a/empty", b""), ("a/block", &block), ("\u{e9}/x", b"y"), (&long, b"z")])
}

fn read(archive: &[u8]) -> Result<Contents, Refused> {
    unpack(archive, &Limits::default())
}

#[test]
fn what_is_packed_is_unpacked() {
    for format in BOTH {
        let packed = pack(&sample(), format, &Limits::default()).unwrap();
        assert_eq!(packed, pack(&sample(), format, &Limits::default()).unwrap());
        assert_eq!(read(&packed).unwrap(), sample(), "{format:?}");
        let none = pack(&Contents::new(), format, &Limits::default()).unwrap();
        assert_eq!(read(&none).unwrap(), Contents::new(), "{format:?}");
    }
}

#[test]
fn formats_go_by_name() {
    assert_eq!(Format::of_name("x.TAR.zst"), Some(Format::TarZst));
    assert_eq!(Format::of_name("x.zip"), Some(Format::Zip));
    assert_eq!(Format::of_name("x.tar.gz"), None);
}

/// Every cut is detected, and a changed byte never gives other files. Outside of the compressed data, a changed byte is
/// refused. Inside of them, it is refused or it changes no file.
#[test]
fn no_byte_may_be_missing_or_changed() {
    for format in BOTH {
        let packed = pack(&sample(), format, &Limits::default()).unwrap();
        for end in 0..packed.len() {
            assert!(read(&packed[..end]).is_err(), "{format:?} cut at {end}");
        }
        for at in 0..packed.len() {
            let mut changed = packed.clone();
            changed[at] ^= 1;
            let read = read(&changed);
            assert!(read.is_err() || read == Ok(sample()), "{format:?} {at}");
        }
        for more in [&b"\0"[..], b"more", &packed] {
            assert!(read(&[&packed, more].concat()).is_err(), "{format:?}");
            assert!(read(&[more, &packed].concat()).is_err(), "{format:?}");
        }
    }
}

#[test]
fn paths_that_leave_or_hide_are_refused() {
    for path in ["../x", "/etc/passwd", "a/../b", "C:\\x", "nul", "a//b", "x."] {
        for format in BOTH {
            let refused = Err(Refused::Path(path.to_owned()));
            assert_eq!(pack(&files(&[(path, b"")]), format, &Limits::default()), refused);
        }
        assert_eq!(read(&tar(&[entry(path, b'0', b"")])), Err(Refused::Path(path.to_owned())), "{path}");
        assert_eq!(read(&renamed(path)), Err(Refused::Path(path.to_owned())), "{path}");
    }
    let twice = Refused::Twice("a/X".to_owned());
    for format in BOTH {
        let error = pack(&files(&[("a/X", b""), ("a/x", b"")]), format, &Limits::default()).unwrap_err();
        assert_eq!(error, Refused::Twice("a/x".to_owned()));
    }
    assert_eq!(read(&tar(&[entry("a/x", b'0', b""), entry("a/X", b'0', b"")])), Err(twice));
    let same = [entry("a", b'0', b"1"), entry("a", b'0', b"2")];
    assert_eq!(read(&tar(&same)), Err(Refused::Twice("a".to_owned())));
    let unsorted = [entry("b", b'0', b""), entry("a", b'0', b"")];
    assert_eq!(read(&tar(&unsorted)), Err(Refused::Unsorted("a".to_owned())));
}

#[test]
fn only_plain_files_are_taken() {
    // A hard link, a symbolic link, devices, a directory, a pipe, a GNU long name, global and local PAX headers, and
    // the old plain file.
    for kind in [b'1', b'2', b'3', b'4', b'5', b'6', b'L', b'K', b'g', b'x', b'S', 0] {
        let refused = Err(Refused::Special("a".to_owned()));
        assert_eq!(read(&tar(&[entry("a", kind, b"")])), refused, "{kind}");
    }
    // A symbolic link in a zip file is a mode in the central directory.
    let mut linked = pack(&files(&[("a", b"b")]), Format::Zip, &Limits::default()).unwrap();
    let at = linked.windows(4).position(|it| it == b"PK\x01\x02").unwrap() + 40;
    linked[at..at + 2].copy_from_slice(&0o120_777_u16.to_le_bytes());
    assert_eq!(read(&linked), Err(Refused::Form("the central directory".to_owned())));
}

#[test]
fn headers_have_one_form() {
    for (at, byte) in [(100, b'1'), (108, b'1'), (136, b'1'), (257, b'U'), (265, b'r'), (329, b'1'), (500, 1)] {
        let mut harmed = entry("a", b'0', b"x");
        harmed[at] = byte;
        sum(&mut harmed);
        assert_eq!(read(&tar(&[harmed])), Err(Refused::Form("the header of `a`".to_owned())), "{at}");
    }
    let mut unsummed = entry("a", b'0', b"x");
    unsummed[148] = b'7';
    assert_eq!(read(&tar(&[unsummed])), Err(Refused::Form("the header of `a`".to_owned())));
    let mut padded = entry("a", b'0', b"x");
    padded[513] = b'y';
    assert_eq!(read(&tar(&[padded])), Err(Refused::Form("what follows `a`".to_owned())));
}

/// Each byte before the names of a zip file belongs to its form.
#[test]
fn a_zip_file_says_everything_once() {
    let packed = pack(&files(&[("a", b"b"), ("c", b"d")]), Format::Zip, &Limits::default()).unwrap();
    let central = packed.windows(4).position(|it| it == b"PK\x01\x02").unwrap();
    for at in (4..30).chain(central..packed.len()) {
        let mut changed = packed.clone();
        changed[at] ^= 0x40;
        assert!(read(&changed).is_err(), "{at}");
    }
}

/// Both headers agree, so only the data reveal the wrong size.
#[test]
fn a_zip_file_that_says_another_size_is_refused() {
    let packed = pack(&files(&[("a", b"bbb")]), Format::Zip, &Limits::default()).unwrap();
    let central = packed.windows(4).position(|it| it == b"PK\x01\x02").unwrap();
    for size in [0, 2, 4] {
        let mut changed = packed.clone();
        (changed[22], changed[central + 24]) = (size, size);
        assert_eq!(read(&changed), Err(Refused::Form("the compressed form of `a`".to_owned())), "{size}");
    }
}

#[test]
fn bombs_go_off_outside() {
    let limits = Limits { total: 1 << 20, small: 1 << 16, ratio: 10, ..Limits::default() };
    let zeros = vec![0; 1 << 18];
    for format in BOTH {
        let packed = pack(&files(&[("a", &zeros)]), format, &Limits::default()).unwrap();
        assert!(packed.len() * 10 < zeros.len(), "{format:?}: {} bytes", packed.len());
        assert_eq!(unpack(&packed, &limits), Err(Refused::Bomb(10)), "{format:?}");
        assert_eq!(pack(&files(&[("a", &zeros)]), format, &limits), Err(Refused::Bomb(10)), "{format:?}");
        let large = files(&[("a", &vec![0; 1 << 20]), ("b", b"x")]);
        assert!(matches!(pack(&large, format, &limits), Err(Refused::TooLarge(_))), "{format:?}");
        let many: Contents = (0..9).map(|at| (at.to_string(), Vec::new())).collect();
        let few = Limits { files: 8, ..limits };
        assert!(matches!(pack(&many, format, &few), Err(Refused::TooLarge(_))), "{format:?}");
        let packed = pack(&many, format, &limits).unwrap();
        assert!(matches!(unpack(&packed, &few), Err(Refused::TooLarge(_))), "{format:?}");
        let small = Limits { archive: 8, ..limits };
        assert!(matches!(unpack(&packed, &small), Err(Refused::TooLarge(_))), "{format:?}");
        assert!(matches!(pack(&many, format, &small), Err(Refused::TooLarge(_))), "{format:?}");
    }
}

/// A header may announce any size. The memory follows the real data.
#[test]
fn a_size_alone_takes_no_memory() {
    let mut huge = entry("a", b'0', b"");
    huge[124..136].copy_from_slice(b"07777777777\0");
    sum(&mut huge);
    let wide = Limits { total: u64::MAX, ..Limits::default() };
    assert_eq!(unpack(&tar(&[huge]), &Limits { small: u64::MAX, ..wide }), Err(Refused::Cut));
}

#[test]
fn a_file_that_is_no_archive_is_reported() {
    for bytes in [&b""[..], b"hello", b"\x1f\x8b\x08", b"ustar"] {
        assert_eq!(read(bytes), Err(Refused::Format));
    }
    assert!(read(b"\x28\xb5\x2f\xfd").is_err());
    assert!(read(b"PK\x05\x06").is_err());
}

/// Three full frames and a part of a fourth: one file that compresses, and one that does not.
fn large() -> Contents {
    let text: Vec<u8> = (0..200_000).flat_map(|line: u32| format!("line {line}\n").into_bytes()).collect();
    let noise = (0..1u32 << 19).scan(1u32, |state, _| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 24) as u8)
    });
    files(&[("a", &text), ("b", &noise.collect::<Vec<u8>>())])
}

/// A frame has the same contents on every machine, so the number of cores does not change the bytes.
#[test]
fn a_bundle_is_frames_of_one_size() {
    let packed = pack(&large(), Format::TarZst, &Limits::default()).unwrap();
    let frames: Vec<Vec<u8>> = stream(&large()).chunks(FRAME).map(frame).collect();
    assert!(frames.len() > 2);
    assert!(packed == frames.concat());
    assert!(read(&packed).unwrap() == large());
}

/// Every other tool would read the same files from these streams. They are refused because a stream has only one valid
/// form.
#[test]
fn frames_that_are_cut_otherwise_are_refused() {
    let tar = stream(&large());
    let (first, rest) = tar.split_at(FRAME);
    let rest: Vec<u8> = rest.chunks(FRAME).flat_map(frame).collect();
    let whole = [frame(first), rest.clone()].concat();
    assert!(read(&whole).is_ok());
    let skippable = b"\x50\x2a\x4d\x18\x04\0\0\0more";
    let form = Err(Refused::Form("how it is cut into frames".to_owned()));
    for other in [
        compress_to_vec(tar.as_slice(), CompressionLevel::Fastest),
        [frame(&first[..FRAME / 2]), frame(&first[FRAME / 2..]), rest.clone()].concat(),
        [frame(first), skippable.to_vec(), rest.clone()].concat(),
        [frame(first), frame(b""), rest.clone()].concat(),
        [whole.as_slice(), &frame(b"")].concat(),
        [whole.as_slice(), skippable].concat(),
        [skippable, whole.as_slice()].concat(),
        [&whole[..4], b"\0", &whole[5..]].concat(),
        [&whole[..5], b"\x58", &whole[6..]].concat(),
    ] {
        let read = read(&other);
        assert!(read == form || read == Err(Refused::Format), "{:?}", read.map(|_| "it is read"));
    }
    let exact = stream(&files(&[("a", &vec![7; FRAME - 3 * 512])]));
    assert_eq!(exact.len(), FRAME);
    assert!(read(&frame(&exact)).is_ok());
    assert_eq!(read(&[frame(&exact), frame(b"")].concat()), form);
    let last = frame(&tar[tar.len() - 1..]);
    assert_eq!(read(&[whole.as_slice(), &last].concat()), form);
    assert_eq!(read(&frame(first)), Err(Refused::Cut));
    let mut sum = whole.clone();
    *sum.last_mut().unwrap() ^= 1;
    assert_eq!(read(&sum), Err(Refused::Broken("its checksum is another".to_owned())));
}

#[test]
fn a_file_that_changes_while_it_is_packed_is_reported() {
    let desk = tempfile::tempdir().unwrap();
    let root = desk.path();
    for (now, format) in
        [(&b"shorter"[..], BOTH), (b"longer than before", BOTH)].iter().flat_map(|(now, of)| of.map(|it| (now, it)))
    {
        std::fs::write(root.join("a"), b"as it was").unwrap();
        let file = File::open(root, "a");
        std::fs::write(root.join("a"), now).unwrap();
        let packed = pack_files(&mut [file].into_iter(), format, &Limits::default(), &mut Vec::new());
        assert_eq!(packed, Err(Refused::Source("`a` changed while it was packed".to_owned())), "{format:?}");
    }
    assert!(matches!(File::open(root, "b"), Err(Refused::Source(_))));
}

fn frame(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// The tar file of these files.
fn stream(of: &Contents) -> Vec<u8> {
    let mut out: Vec<u8> = of.iter().flat_map(|(path, bytes)| entry(path, b'0', bytes)).collect();
    out.resize(out.len() + 1024, 0);
    out
}

/// A tar file of these entries, with or without a valid form.
fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut out = entries.concat();
    out.resize(out.len() + 1024, 0);
    compress_to_vec(out.as_slice(), CompressionLevel::Fastest)
}

fn entry(path: &str, kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 512];
    out[..path.len()].copy_from_slice(path.as_bytes());
    out[100..124].copy_from_slice(b"0000644\x000000000\x000000000\0");
    out[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    out[136..148].copy_from_slice(b"00000000000\0");
    out[156] = kind;
    out[257..265].copy_from_slice(b"ustar\x0000");
    out[329..345].copy_from_slice(b"0000000\x000000000\0");
    sum(&mut out);
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

fn sum(header: &mut [u8]) {
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header[..512].iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// A zip file with one file that was renamed in all places.
fn renamed(path: &str) -> Vec<u8> {
    let stand_in = "x".repeat(path.len());
    let mut packed = pack(&files(&[(&stand_in, b"b")]), Format::Zip, &Limits::default()).unwrap();
    for at in 0..packed.len() - path.len() {
        if &packed[at..at + path.len()] == stand_in.as_bytes() && (at == 30 || at > 40) {
            packed[at..at + path.len()].copy_from_slice(path.as_bytes());
        }
    }
    packed
}
