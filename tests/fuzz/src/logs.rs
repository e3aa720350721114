//! Fuzzes arbitrary bytes as a log, and as an archive of a log.
//!
//! No input may cause a panic or a long run. A value in the bytes must be found. The division into pieces must not
//! change the found values.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use attestry_logs::{Engine, Found, Key, Place, Rules, Secret, Stream, Sweeper, Values};
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

mod clock;

/// A limit far above the time for the longest input.
const LONG: Duration = Duration::from_secs(2);
const VALUES: [&str; 3] = ["k3J9xQ2mP7vLwZ8r", "k3J9xQ2m", "a\"b\\c<d>e&f/g+h"];

static KEY: LazyLock<Key> = LazyLock::new(|| Key::new(&Zeroizing::new([7; 32])).expect("a key"));
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let secret = |value: &str| Secret {
        name: value.len().to_string(),
        version: String::new(),
        value: Zeroizing::new(value.as_bytes().to_vec()),
    };
    let values = Values::new(&KEY, VALUES.map(secret));
    Engine { rules: Arc::new(Rules::shipped().expect("rules")), values: Arc::new(values) }
});

fuzz_target!(|bytes: &[u8]| {
    let started = clock::worked();
    let mut whole = Vec::new();
    ENGINE.sweep(bytes, &mut |_, hit| {
        assert!(hit.start() < hit.end() && hit.end() <= bytes.len());
        if let Found::Value(hit) = hit {
            whole.push((hit.start as u64, hit.end as u64));
        }
    });
    let first = VALUES[0].as_bytes();
    if let Some(at) = bytes.windows(first.len()).position(|part| part == first) {
        assert!(whole.contains(&(at as u64, (at + first.len()) as u64)), "a value is not found");
    }
    let mut pieces = Vec::new();
    let mut stream = Stream::new(&ENGINE);
    let mut found = |_: &[u8], offset: u64, hit: Found| {
        if let Found::Value(hit) = hit {
            pieces.push((offset + hit.start as u64, offset + hit.end as u64));
        }
    };
    let length = 1 + usize::from(bytes.first().copied().unwrap_or(0));
    bytes.chunks(length).for_each(|piece| stream.push(piece, &mut found));
    stream.finish(&mut found);
    whole.sort_unstable();
    pieces.sort_unstable();
    assert_eq!(whole, pieces);
    let place = Place { source: String::new(), stream: None, event: None, time: None, start: 0, end: 0 };
    let archive = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], bytes].concat();
    for source in [bytes, &archive] {
        let mut sweeper = Sweeper::new(&ENGINE, &KEY);
        sweeper.read(source, source.len() as u64, &place, &mut |_| {});
    }
    assert!((clock::worked() - started) < LONG, "sweeping takes {:?}", (clock::worked() - started));
});
