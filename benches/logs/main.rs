//! What the sweep of logs costs, as ratios in one run: `cargo bench --bench logs -- [MiB]`.
//!
//! Times are of the processor, not of the clock, so that other work on the machine does not count. Ends with an error
//! where a target is missed.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::exit,
    reason = "a benchmark is a program"
)]

mod corpus;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use attestry::logs::{Engine, Key, Place, Rules, Secret, Sweeper, Values};
use flate2::Compression;
use flate2::write::GzEncoder;
use zeroize::Zeroizing;

/// An object of an archive, once it is unpacked.
const OBJECT: usize = 8 << 20;

fn engine(key: &Key, values: &[String]) -> Engine {
    let secret = |(number, value): (usize, &String)| Secret {
        name: number.to_string(),
        version: "AWSCURRENT".to_owned(),
        value: Zeroizing::new(value.as_bytes().to_vec()),
    };
    let values = Values::new(key, values.iter().enumerate().map(secret));
    Engine { rules: Arc::new(Rules::shipped().map_err(|(_, error)| error).unwrap()), values: Arc::new(values) }
}

/// Seconds of the processor that this thread had.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// The best of three: MiB of text a second.
fn rate(bytes: usize, mut work: impl FnMut()) -> f64 {
    let mut best = 0.0_f64;
    for _ in 0..3 {
        let start = cpu();
        work();
        best = best.max(bytes as f64 / (1 << 20) as f64 / (cpu() - start));
    }
    best
}

fn sweep(engine: &Engine, key: &Key, objects: &[Vec<u8>]) -> (u64, u64) {
    let place = Place { source: "bench".into(), stream: None, event: None, time: None, start: 0, end: 0 };
    let mut sweeper = Sweeper::new(engine, key);
    for object in objects {
        sweeper.read(object.as_slice(), object.len() as u64, &place, &mut |_| {});
    }
    assert!(sweeper.coverage.is_complete());
    let hits = sweeper.findings.into_sorted().0.iter().map(|finding| finding.count).sum();
    (sweeper.coverage.bytes_examined, hits)
}

/// The most memory that the process ever had, in MiB, where the system says.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok().map(|kib| kib / 1024)
}

fn main() {
    let mebibytes = std::env::args().filter_map(|it| it.parse::<usize>().ok()).next().unwrap_or(64);
    let key = Key::new(&Zeroizing::new([7; 32])).unwrap();
    let values = corpus::values(1, 10_000);
    let plain: Vec<Vec<u8>> = (0..mebibytes.div_ceil(8) as u64)
        .map(|seed| corpus::corpus(seed + 100, OBJECT, &values[..1000], 40).text)
        .collect();
    let total: usize = plain.iter().map(Vec::len).sum();
    let packed: Vec<Vec<u8>> = plain
        .iter()
        .map(|text| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        })
        .collect();
    let small: usize = packed.iter().map(Vec::len).sum();
    println!("{} MiB of log, {:.1}:1 packed", total >> 20, total as f64 / small as f64);

    let decoded = rate(total, || {
        let mut decoder = libdeflater::Decompressor::new();
        let mut out = vec![0; OBJECT + (1 << 20)];
        packed.iter().for_each(|object| assert!(decoder.gzip_decompress(object, &mut out).is_ok()));
    });
    println!("  libdeflate alone                     {decoded:8.0} MiB/s");
    let mut wrong = Vec::new();
    let mut of = Vec::new();
    for count in [0, 1000, 10_000] {
        let start = Instant::now();
        let engine = engine(&key, &values[..count]);
        let built = start.elapsed().as_millis();
        let mut found = 0;
        let memory = rate(total, || {
            found = 0;
            plain.iter().for_each(|text| engine.sweep(text, &mut |_, _| found += 1));
        });
        let text = rate(total, || assert!(sweep(&engine, &key, &plain).0 > 0));
        let archive = rate(total, || assert!(sweep(&engine, &key, &packed).0 > 0));
        println!(
            "  {count:6} values ({:6} forms, {built} ms)  {memory:8.0} MiB/s in memory, {text:.0} plain, {archive:.0} \
             packed = {:.2} of libdeflate, {found} hits",
            engine.values.needles(),
            archive / decoded
        );
        of.push((text, archive));
    }
    let (_, (text, archive), (more_text, _)) = (of[0], of[1], of[2]);
    for (what, value, least) in [
        ("packed, of libdeflate alone", archive / decoded, 0.5),
        ("plain, MiB a second of the processor", text, 1000.0),
        ("10,000 values, of the speed with 1,000", more_text / text, 0.8),
    ] {
        println!("  {what}: {value:.2}, at least {least}");
        if value < least {
            wrong.push(what);
        }
    }
    let engine = engine(&key, &values[..1000]);
    let clock = |workers: usize| {
        let start = Instant::now();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(object) = packed.get(next.fetch_add(1, Ordering::Relaxed)) {
                        sweep(&engine, &key, std::slice::from_ref(object));
                    }
                });
            }
        });
        start.elapsed().as_secs_f64()
    };
    let (one, two) = (clock(1), clock(2));
    println!("  two workers: {:.2} times one, by the clock (wants a machine at rest)", one / two);
    println!("  most memory: {} MiB, with the corpus of {} MiB", peak().unwrap_or(0), (total + small) >> 20);
    if !wrong.is_empty() {
        println!("missed: {}", wrong.join(", "));
        std::process::exit(1);
    }
}
