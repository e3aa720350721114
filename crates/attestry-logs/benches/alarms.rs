//! Measures what the sweep of logs finds: `cargo bench -p attestry-logs -- [MiB of decoys] [MiB with secrets]`.
//!
//! First it counts the false alarms in logs without any secret. Then it searches for planted secrets in logs of three
//! new seeds. The seed comes from the clock and is printed. `SEED=…` repeats a run. The benchmark ends with an error
//! when it misses a target.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::exit,
    clippy::disallowed_methods,
    reason = "a benchmark is a program"
)]

#[path = "support/corpus.rs"]
mod corpus;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use attestry_logs::{Engine, Found, Key, Rules, Secret, Values};
use corpus::{Corpus, corpus};
use zeroize::Zeroizing;

/// The number of bytes that are swept at once.
const PART: usize = 8 << 20;
/// The number of secrets that are planted in a part.
const PLANTS: usize = 400;
/// The number of values that the sweep searches for.
const VALUES: usize = 1000;

/// The result of several parts.
#[derive(Default)]
struct Outcome {
    bytes: usize,
    planted: usize,
    /// The number of planted secrets that the sweep missed, by type.
    missed: BTreeMap<&'static str, usize>,
    /// The number of findings at places without a planted secret, by rule.
    alarms: BTreeMap<String, usize>,
}

impl Outcome {
    fn add(&mut self, engine: &Engine, part: &Corpus) {
        let (mut found, mut elsewhere) = (BTreeSet::new(), Vec::new());
        engine.sweep(&part.text, &mut |_, hit| {
            let at = part.planted.partition_point(|planted| planted.line.end <= hit.start());
            let Some(planted) = part.planted.get(at).filter(|it| it.line.contains(&hit.start())) else {
                return elsewhere.push(name(engine, hit));
            };
            let is_it = match (planted.value, hit) {
                (Some(number), Found::Value(_)) => name(engine, hit) == number.to_string(),
                (None, Found::Rule(_)) => true,
                _ => false,
            };
            if is_it {
                found.insert(at);
            }
        });
        self.bytes += part.text.len();
        self.planted += part.planted.len();
        let missed = (0..part.planted.len()).filter(|at| !found.contains(at));
        missed.for_each(|at| *self.missed.entry(part.planted[at].what).or_default() += 1);
        elsewhere.into_iter().for_each(|rule| *self.alarms.entry(rule).or_default() += 1);
    }

    /// Prints the result. Returns whether nothing was missed and there is at most one false alarm for each GiB.
    fn tell(&self, what: &str) -> bool {
        let (missed, alarms): (usize, usize) = (self.missed.values().sum(), self.alarms.values().sum());
        println!(
            "{what}: {} MiB, {} of {} planted are found, {alarms} false alarms",
            self.bytes >> 20,
            self.planted - missed,
            self.planted
        );
        self.missed.iter().for_each(|(what, count)| println!("  missed {count} of {what}"));
        self.alarms.iter().for_each(|(rule, count)| println!("  {count} false alarms of {rule}"));
        missed == 0 && alarms <= self.bytes >> 30
    }
}

fn name(engine: &Engine, hit: Found) -> String {
    match hit {
        Found::Rule(hit) => engine.rules.of(hit.rule).unwrap().0.to_owned(),
        Found::Value(hit) => engine.values.of(hit.needle).unwrap().0.secret.to_string(),
    }
}

/// Sweeps logs of about this many MiB. Each part has its own seed.
fn sweep(seed: u64, mebibytes: usize, plants: usize) -> Outcome {
    let values = corpus::values(seed, VALUES);
    let secret = |(number, value): (usize, &String)| Secret {
        name: number.to_string(),
        version: "AWSCURRENT".to_owned(),
        value: Zeroizing::new(value.as_bytes().to_vec()),
    };
    let key = Key::new(&Zeroizing::new([7; 32])).unwrap();
    let values_of = Values::new(&key, values.iter().enumerate().map(secret));
    let rules = Rules::shipped().map_err(|(_, error)| error).unwrap();
    let engine = Engine { rules: Arc::new(rules), values: Arc::new(values_of) };
    let mut outcome = Outcome::default();
    for part in 0..mebibytes.div_ceil(PART >> 20) as u64 {
        outcome.add(&engine, &corpus(seed.wrapping_add(part), PART, &values, plants));
    }
    outcome
}

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|it| it.parse().ok()).collect();
    let (decoys, planted) = (numbers.first().copied().unwrap_or(1024), numbers.get(1).copied().unwrap_or(256));
    let told = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = told.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() << 16);
    println!("SEED={seed}");
    let mut kept = sweep(seed, decoys, 0).tell("without secrets");
    for number in 1..=3 {
        let seed = seed + (number << 12);
        kept &= sweep(seed, planted, PLANTS).tell(&format!("seed {seed}"));
    }
    if !kept {
        std::process::exit(1);
    }
}
