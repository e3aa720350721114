//! Tests the sweep of logs through its public interface. It must find every planted text, in every form and for every
//! division into pieces. Further tests cover damaged archives, hostile texts, and remains of values in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod archives;
#[path = "../../benches/support/clock.rs"]
mod clock;
#[path = "../../benches/support/corpus.rs"]
mod corpus;
mod hostile;
mod leftovers;
mod recall;

use std::sync::Arc;

use attestry_logs::{Engine, Found, Key, Place, Rules, Secret, Stream, Values};
use zeroize::Zeroizing;

fn key() -> Key {
    Key::new(&Zeroizing::new([7; 32])).unwrap()
}

fn secret(name: &str, value: &str) -> Secret {
    let version = "AWSCURRENT".to_owned();
    Secret { name: name.to_owned(), version, value: Zeroizing::new(value.as_bytes().to_vec()) }
}

fn engine<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Engine {
    let named = |(number, value): (usize, T)| secret(&format!("secret-{number}"), value.as_ref());
    let values = Values::new(&key(), values.into_iter().enumerate().map(named));
    Engine { rules: Arc::new(Rules::shipped().unwrap()), values: Arc::new(values) }
}

fn place() -> Place {
    Place { source: "test".into(), stream: None, event: None, time: None, start: 0, end: 0 }
}

/// Returns a hit without its number: the name of the secret or rule, and the place.
fn hit(engine: &Engine, offset: u64, found: Found) -> (u64, u64, String) {
    let what = match found {
        Found::Value(hit) => engine.values.of(hit.needle).unwrap().0.secret.clone(),
        Found::Rule(hit) => engine.rules.of(hit.rule).unwrap().0.to_owned(),
    };
    (offset + found.start() as u64, offset + found.end() as u64, what)
}

/// Returns all hits of a text in memory.
fn whole(engine: &Engine, text: &[u8]) -> Vec<(u64, u64, String)> {
    let mut all = Vec::new();
    engine.sweep(text, &mut |_, found| all.push(hit(engine, 0, found)));
    all.sort();
    all.dedup();
    all
}

/// Returns all hits of a text that arrives in pieces.
fn pieces<'a>(engine: &Engine, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<(u64, u64, String)> {
    let mut all = Vec::new();
    let mut stream = Stream::new(engine);
    let mut found = |_: &[u8], offset, found| all.push(hit(engine, offset, found));
    pieces.for_each(|piece| stream.push(piece, &mut found));
    stream.finish(&mut found);
    all.sort();
    all.dedup();
    all
}
