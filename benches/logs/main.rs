//! Measures the cost of the sweep of logs, as ratios in one run: `cargo bench --bench logs -- [MiB] [rounds]`.
//!
//! With little text, the last rows are not meaningful, because building the index then costs more than the sweep.
//!
//! The engine and its baselines take turns over small parts. The unit is processor time, so other work on the machine
//! disturbs both alike. Then the whole command runs over files. The benchmark ends with an error when it misses a
//! target.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::exit,
    reason = "a benchmark is a program"
)]

#[path = "../../crates/attestry-logs/benches/support/clock.rs"]
mod clock;
#[path = "../../crates/attestry-logs/benches/support/corpus.rs"]
mod corpus;
mod process;

use std::io::Write;
use std::sync::Arc;

use attestry_logs::{Engine, Key, Place, Rules, Secret, Sweeper, Values};
use clock::{Rounds, median};
use flate2::Compression;
use flate2::write::GzEncoder;
use process::Files;
use zeroize::Zeroizing;

/// The size of an object of an archive after unpacking.
const OBJECT: usize = 8 << 20;
const COUNTS: [usize; 3] = [0, 1000, 10_000];
/// The target for plain text is 1,000 MiB a second, on a processor that unpacks 1,004 MiB a second. Only the ratio
/// applies to every processor.
const PLAIN: f64 = 1000.0 / 1004.0;
/// The maximum memory of the command, in MiB.
const MOST_MEMORY: f64 = 96.0;

fn engine(key: &Key, values: &[String]) -> Engine {
    let secret = |(number, value): (usize, &String)| Secret {
        name: number.to_string(),
        version: "AWSCURRENT".to_owned(),
        value: Zeroizing::new(value.as_bytes().to_vec()),
    };
    let values = Values::new(key, values.iter().enumerate().map(secret));
    Engine { rules: Arc::new(Rules::shipped().map_err(|(_, error)| error).unwrap()), values: Arc::new(values) }
}

/// Sweeps one object of many, as a worker of the command does.
fn sweep(sweeper: &mut Sweeper<'_>, object: &[u8]) {
    let place = Place { source: "bench".into(), stream: None, event: None, time: None, start: 0, end: 0 };
    sweeper.read(object, object.len() as u64, &place, &mut |_| {});
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|it| it.parse().ok()).collect();
    let (mebibytes, rounds) =
        (numbers.first().copied().unwrap_or(512).max(16), numbers.get(1).copied().unwrap_or(3).max(1));
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
    println!("{} MiB of log, {:.1}:1 packed; {rounds} rounds", total >> 20, total as f64 / small as f64);

    let mut targets = Vec::new();
    in_memory(&key, &values, &plain, &packed, rounds, &mut targets);
    let files = Files::new(&plain, &packed, &values);
    drop((plain, packed));
    whole(&files, total, rounds, &mut targets);

    let missed: Vec<&str> = targets.iter().filter(|target| !target.tell()).map(|target| target.what).collect();
    if !missed.is_empty() {
        println!("missed: {}", missed.join(", "));
        std::process::exit(1);
    }
}

/// A target of the benchmark.
struct Target {
    what: &'static str,
    value: f64,
    least: Option<f64>,
    most: Option<f64>,
}

impl Target {
    /// Prints the target, and returns whether it is met.
    fn tell(&self) -> bool {
        let Self { what, value, .. } = self;
        let kept = self.least.is_none_or(|least| *value >= least) && self.most.is_none_or(|most| *value <= most);
        let wanted = self.least.map(|least| format!("at least {least}")).into_iter();
        let wanted: Vec<String> = wanted.chain(self.most.map(|most| format!("at most {most}"))).collect();
        println!("  {} {what}: {value:.2}, {}", if kept { "kept  " } else { "MISSED" }, wanted.join(", "));
        kept
    }
}

/// Returns the seconds of reading and unpacking the packed files, without any other work.
fn unpacking_seconds(files: &Files) -> f64 {
    let start = clock::of_thread();
    files.packed().for_each(|object| unpack(&object));
    clock::of_thread() - start
}

fn unpack(object: &[u8]) {
    thread_local! {
        static OUT: std::cell::RefCell<Vec<u8>> = std::cell::RefCell::new(vec![0; OBJECT + (1 << 20)]);
    }
    let mut decoder = libdeflater::Decompressor::new();
    OUT.with_borrow_mut(|out| assert!(decoder.gzip_decompress(object, out).is_ok()));
}

/// Measures the engine over buffers, in turn with plain unpacking and a plain walk over lines.
fn in_memory(
    key: &Key,
    values: &[String],
    plain: &[Vec<u8>],
    packed: &[Vec<u8>],
    rounds: usize,
    targets: &mut Vec<Target>,
) {
    let engines = COUNTS.map(|count| engine(key, &values[..count]));
    let mut names = vec!["libdeflate".to_owned(), "lines".to_owned()];
    for count in COUNTS {
        names.extend([format!("{count} plain"), format!("{count} packed")]);
    }
    let mut measured = Rounds::new(&names, plain.iter().map(Vec::len).sum());
    let mut sweepers: Vec<Sweeper<'_>> =
        engines.iter().flat_map(|it| [(); 2].map(|()| Sweeper::new(it, key))).collect();
    for _ in 0..rounds {
        measured.add(plain.len(), |subject, part| match subject {
            0 => unpack(&packed[part]),
            1 => assert!(memchr::memchr_iter(b'\n', &plain[part]).count() > 0),
            _ => sweep(&mut sweepers[subject - 2], if subject % 2 == 0 { &plain[part] } else { &packed[part] }),
        });
    }
    for sweeper in sweepers {
        assert!(sweeper.coverage.is_complete() && !sweeper.findings.into_sorted().0.is_empty());
    }
    println!("In memory, MiB a second of the processor (best round), and ratios (median round):");
    println!("  libdeflate alone {:8.0}, lines alone {:8.0}", measured.best("libdeflate"), measured.best("lines"));
    for (count, engine) in COUNTS.iter().zip(&engines) {
        let (text, archive) = (format!("{count} plain"), format!("{count} packed"));
        println!(
            "  {count:6} values in {:6} forms: plain {:6.0} = {:.2} of libdeflate, {:.3} of lines; packed {:6.0} = {:.2} of \
             libdeflate",
            engine.values.needles(),
            measured.best(&text),
            measured.ratio(&text, "libdeflate"),
            measured.ratio(&text, "lines"),
            measured.best(&archive),
            measured.ratio(&archive, "libdeflate"),
        );
    }
    let least = |what, value, least| Target { what, value, least: Some(least), most: None };
    targets.extend([
        least("packed, 1,000 values, of libdeflate alone", measured.ratio("1000 packed", "libdeflate"), 0.5),
        least("plain, 1,000 values, of libdeflate alone", measured.ratio("1000 plain", "libdeflate"), PLAIN),
        least("plain, 10,000 values, of the speed with 1,000", measured.ratio("10000 plain", "1000 plain"), 0.8),
    ]);
}

/// Measures the whole command over files, from start to end. The steady value is the cost of additional text.
fn whole(files: &Files, total: usize, rounds: usize, targets: &mut Vec<Target>) {
    println!("The whole command, MiB a second of the processor, one worker (median round):");
    let mebibytes = total as f64 / f64::from(1 << 20);
    let more = mebibytes - (OBJECT >> 20) as f64;
    let mut peak = 0;
    let (mut steady, mut alone) = (Vec::new(), Vec::new());
    for (name, first) in [("plain", "plain-first"), ("packed", "packed-first")] {
        for count in COUNTS {
            let runs = (0..rounds).map(|_| {
                alone.push(unpacking_seconds(files));
                let (large, small) = (files.run(name, count, 1), files.run(first, count, 1));
                peak = peak.max(large.peak);
                (large.processor, (large.processor - small.processor).max(0.01))
            });
            let (all, slope): (Vec<f64>, Vec<f64>) = runs.unzip();
            let (all, slope) = (median(all), median(slope));
            println!("  {name:6} {count:6} values: {:6.0}, steady {:6.0}", mebibytes / all, more / slope);
            steady.push(slope);
        }
    }
    let alone = median(alone);
    println!("  bare unpacking of the same files: {:.0}", mebibytes / alone);
    let mut gains = Vec::new();
    for (name, first) in [("plain", "plain-first"), ("packed", "packed-first")] {
        let runs = (0..rounds).map(|_| {
            let start = files.run(first, 1000, 1).clock;
            let (one, two) = (files.run(name, 1000, 1), files.run(name, 1000, 2));
            peak = peak.max(two.peak);
            // The limit of the machine is the speed of two commands that run side by side and share nothing.
            let both = std::thread::scope(|scope| {
                let beside = scope.spawn(|| files.run(name, 1000, 1).clock);
                files.run(name, 1000, 1).clock.max(beside.join().unwrap())
            });
            let steady = (one.clock - start) / (two.clock - start).max(0.01);
            [one.clock / two.clock, steady, 2.0 * one.clock / both]
        });
        let runs: Vec<[f64; 3]> = runs.collect();
        let [gain, steady, most] = [0, 1, 2].map(|ratio| median(runs.iter().map(|run| run[ratio]).collect()));
        println!(
            "  {name:6} two workers: {gain:.2} times one, by the clock, steady {steady:.2}; two commands at once: {most:.2}"
        );
        gains.push(gain);
    }
    peak = peak.max(files.run("plain", 10_000, 2).peak).max(files.run("packed", 10_000, 2).peak);
    let least = |what, value, least| Target { what, value, least: Some(least), most: None };
    targets.extend([
        least("the command, packed, 1,000 values, of bare unpacking", alone / steady[4] * more / mebibytes, 0.5),
        least("the command, plain, 1,000 values, of bare unpacking", alone / steady[1] * more / mebibytes, PLAIN),
        least("the command, plain, 10,000 values, of the speed with 1,000", steady[1] / steady[2], 0.8),
        least("two workers, one plain file", gains[0], 1.8),
        least("two workers, packed objects", gains[1], 1.8),
        Target { what: "most memory of the command, MiB", value: peak as f64, least: None, most: Some(MOST_MEMORY) },
    ]);
}
