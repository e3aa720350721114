//! Tests archives: complete ones, ones with several members, truncated ones and damaged ones. Also tests events that
//! were cut in two.

use std::io::Write;

use attestry_logs::{Coverage, Finding, Sweeper, What};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::corpus::{corpus, values};
use super::{engine, key, place};

const VALUE: &str = "k3J9xQ2mP7vLwZ8r";

fn gzip(text: &[u8]) -> Vec<u8> {
    packed(text, Compression::fast())
}

fn packed(text: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn sweep(bytes: &[u8]) -> (Vec<Finding>, Coverage) {
    let engine = engine([VALUE]);
    let key = key();
    let mut sweeper = Sweeper::new(&engine, &key);
    sweeper.read(bytes, bytes.len() as u64, &place(), &mut |_| {});
    (sweeper.findings.into_sorted().0, sweeper.coverage)
}

fn of_value(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| matches!(finding.what, What::Value { .. })).collect()
}

#[test]
fn a_finding_says_where_and_nothing_of_the_value() {
    let text = format!("2026-11-21T10:00:00.000Z start\n2026-11-21T10:00:01.000Z token={VALUE} x\n again {VALUE}\n");
    let (findings, coverage) = sweep(text.as_bytes());
    let found = of_value(&findings);
    assert_eq!((found.len(), found[0].count, coverage.events), (1, 2, 2));
    let place = &found[0].places[0];
    assert_eq!(place.time.as_deref(), Some("2026-11-21T10:00:01.000Z"));
    assert_eq!(&text[place.start as usize..place.end as usize], VALUE);
    assert!(!serde_json::to_string(&findings).unwrap().contains(VALUE));
    assert!(coverage.is_complete());
}

#[test]
fn all_members_of_an_archive_are_read() {
    let members = [gzip(b"first\n"), gzip(format!("second {VALUE}\n").as_bytes()), gzip(b""), gzip(b"last\n")].concat();
    let (findings, coverage) = sweep(&members);
    assert_eq!(of_value(&findings).len(), 1);
    assert_eq!((coverage.events, coverage.bytes_examined), (3, 6 + 24 + 5));
    assert_eq!(coverage.bytes_read, members.len() as u64);
    assert!(coverage.is_complete());
}

#[test]
fn a_value_across_members_is_found() {
    let (start, end) = VALUE.split_at(7);
    let members = [gzip(format!("first {start}").as_bytes()), gzip(end.as_bytes())].concat();
    assert_eq!(of_value(&sweep(&members).0).len(), 1);
}

#[test]
fn what_cannot_be_decoded_is_not_examined() {
    let text = corpus(1, 200_000, &values(1, 1), 0).text;
    let text = [format!("{VALUE}\n").as_bytes(), &text].concat();
    let archive = gzip(&text);
    let mut corrupt = archive.clone();
    let middle = corrupt.len() / 2;
    corrupt[middle..middle + 64].fill(0xFF);
    let mut checksum = archive.clone();
    let end = checksum.len() - 6;
    checksum[end] ^= 1;
    let trailing = [archive.as_slice(), b"not gzip"].concat();
    for (damaged, name) in [
        (&archive[..archive.len() / 2], "half"),
        (&archive[..archive.len() - 1], "all but a byte"),
        (corrupt.as_slice(), "corrupt"),
        (&checksum, "checksum"),
        (&trailing, "trailing"),
        (&archive[..5], "head"),
    ] {
        let (findings, coverage) = sweep(damaged);
        assert_eq!(coverage.not_examined.len(), 1, "{name}");
        assert!(name == "head" || of_value(&findings).len() == 1, "{name}: what was decoded is examined");
    }
    assert!(sweep(&archive).1.is_complete());
    assert!(sweep(b"").1.is_complete());
}

#[test]
fn texts_of_two_and_four_bytes_a_character_are_examined_and_what_is_no_text_is_not() {
    let text = format!("2026-11-21T10:00:00.000Z Zahlung über 20 €\nv={VALUE}\n").repeat(200);
    let utf16 = |write: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(write).collect::<Vec<u8>>();
    let utf32 = |write: fn(u32) -> [u8; 4]| text.chars().flat_map(|it| write(it.into())).collect::<Vec<u8>>();
    for (mark, wide) in [
        (&[0xff, 0xfe][..], utf16(u16::to_le_bytes)),
        (&[0xfe, 0xff], utf16(u16::to_be_bytes)),
        (&[0xff, 0xfe, 0, 0], utf32(u32::to_le_bytes)),
        (&[0, 0, 0xfe, 0xff], utf32(u32::to_be_bytes)),
    ] {
        for bytes in [wide.clone(), [mark, &wide].concat()] {
            for source in [gzip(&bytes), bytes] {
                let (findings, coverage) = sweep(&source);
                assert_eq!(of_value(&findings).iter().map(|finding| finding.count).sum::<u64>(), 200, "{mark:?}");
                assert!(coverage.is_complete() && coverage.events == 200, "{coverage:?}");
                // A change of the encoding is reported.
                let more = [source.as_slice(), b"\nall is well, and written as other lines are not\n"].concat();
                assert!(!sweep(&more).1.is_complete(), "{mark:?}");
            }
        }
    }
    let noise = packed(&corpus(3, 20_000, &values(1, 1), 0).text, Compression::best());
    let noise = &noise[20..];
    for source in [noise.to_vec(), gzip(noise), gzip(&gzip(text.as_bytes())), [text.as_bytes(), noise].concat()] {
        let (_, coverage) = sweep(&source);
        let [not] = coverage.not_examined.as_slice() else { panic!("{coverage:?}") };
        assert!(not.bytes.is_some_and(|bytes| bytes > 0), "{not:?}");
    }
    // Plain text between other bytes is found nevertheless.
    let (findings, coverage) = sweep(&[noise, text.as_bytes(), noise].concat());
    assert!(!of_value(&findings).is_empty() && !coverage.is_complete());
}

#[test]
fn an_archive_that_grew_since_it_was_listed_is_read_to_its_end() {
    let engine = engine([VALUE]);
    let key = key();
    let mut sweeper = Sweeper::new(&engine, &key);
    // The members are hardly compressed. The archive has a few members, or more than one read covers.
    let member = packed(&corpus(2, 3 << 20, &values(1, 1), 0).text, Compression::none());
    for members in [1, 3] {
        let last = gzip(format!("last {VALUE}\n").as_bytes());
        let archive = [member.repeat(members).as_slice(), &last].concat();
        sweeper.read(archive.as_slice(), 100, &place(), &mut |_| {});
        assert!(sweeper.coverage.is_complete(), "{:?}", sweeper.coverage.not_examined);
        assert_eq!(sweeper.coverage.bytes_read, archive.len() as u64);
        sweeper.coverage.bytes_read = 0;
    }
    let (findings, _) = sweeper.findings.into_sorted();
    assert_eq!(of_value(&findings).iter().map(|finding| finding.count).sum::<u64>(), 2);
}

#[test]
fn a_value_in_an_event_that_was_cut_in_two_is_found() {
    let (start, end) = VALUE.split_at(7);
    for (length, stamp, wanted) in [(16_384, "2026-11-21T10:00:01.000Z ", 1), (262_144, "", 1), (500, "", 0)] {
        let text = format!("{stamp}{}{start}\n{stamp}{end} and so on\n", "x".repeat(length));
        let (findings, _) = sweep(text.as_bytes());
        assert_eq!(of_value(&findings).len(), wanted, "{length}");
    }
}
