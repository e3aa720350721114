//! Findings: the types and places of secrets, without the secrets themselves.
//!
//! This module must not know files or AWS. A finding holds no byte of a secret: only a keyed fingerprint, a count and
//! the first places.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use memchr::memrchr;
use serde::Serialize;

use super::context::context;
use super::key::{Fingerprint, Key};
use super::sweep::{BEHIND, Engine, Found};

/// The place of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file or log group.
    pub source: String,
    /// The time of the event, as the source writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The log stream, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The id of the event, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The offset of the first byte in the decoded text of the source.
    pub start: u64,
    /// The offset after the last byte.
    pub end: u64,
}

impl Place {
    /// Returns the sort key of the place: the source, and then the position in the text. Places in several streams are
    /// sorted by time before the position, so that the order of reading has no influence.
    fn order(&self) -> (&str, Option<&str>, Option<&str>, u64, Option<&str>) {
        let time = self.stream.as_ref().and(self.time.as_deref());
        (&self.source, time, self.stream.as_deref(), self.start, self.event.as_deref())
    }
}

/// The type of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum What {
    /// The value of a secret that was given to the sweep.
    Value {
        /// The ARN or name of the secret.
        name: String,
        /// The version of the secret.
        version: String,
        /// The path of the part in the secret.
        path: String,
        /// The form in which the log shows the value.
        form: String,
    },
    /// A text that looks like a secret.
    Pattern {
        /// The id of the rule.
        rule: String,
        /// The title of the rule.
        title: String,
        /// Whether a checksum proves that the text is a secret.
        proven: bool,
    },
}

/// A secret in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The type of the secret.
    #[serde(flatten)]
    pub what: What,
    /// Identifies the value of the secret within this sweep.
    pub fingerprint: Fingerprint,
    /// The number of places where the secret stands.
    pub count: u64,
    /// The name before the secret at its first place. It consists of words that are known to be harmless. The secret
    /// itself is masked.
    pub context: String,
    /// The first places, in the order of places. The order in which the texts arrive has no influence.
    pub places: Vec<Place>,
}

/// All findings of a sweep, without duplicates.
#[derive(Debug, Default)]
pub struct Findings {
    found: BTreeMap<(What, Fingerprint), Finding>,
    /// The number of findings that are patterns.
    patterns: usize,
    /// The number of hits that were dropped for lack of room.
    more: u64,
    /// The last hits of the source. Two parts can report the same hit.
    recent: Vec<(u64, u64, What)>,
}

/// The largest number of places in a finding.
const PLACES: usize = 5;
/// The largest number of findings that are patterns. Findings of values have no limit, because the number of values
/// limits them.
const MOST: usize = if cfg!(test) { 500 } else { 50_000 };
/// The number of hits that are remembered, so that each hit counts once.
const RECENT: usize = 16;

impl Findings {
    /// Adds a hit in a part of a text. The part starts at `offset` of its source.
    pub fn add(&mut self, engine: &Engine, key: &Key, text: &[u8], offset: u64, found: Found, at: &Place) {
        let Some((what, fingerprint)) = name(engine, key, text, found) else { return };
        let (start, end) = (offset + found.start() as u64, offset + found.end() as u64);
        let same = (start, end, what.clone());
        if self.recent.contains(&same) {
            return;
        }
        if self.recent.len() >= RECENT {
            self.recent.remove(0);
        }
        self.recent.push(same);
        let time = time_of(text, found.start());
        let place = Place { start, end, time: time.or_else(|| at.time.clone()), ..at.clone() };
        let is_pattern = matches!(what, What::Pattern { .. });
        let room = !is_pattern || self.patterns < MOST;
        let finding = match self.found.entry((what, fingerprint)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) if room => {
                let what = entry.key().0.clone();
                self.patterns += usize::from(is_pattern);
                entry.insert(Finding { what, fingerprint, count: 0, context: String::new(), places: Vec::new() })
            }
            Entry::Vacant(_) => {
                self.more += 1;
                return;
            }
        };
        finding.count += 1;
        // Keeps the first places, independent of the order in which the parts are read.
        let number = finding.places.partition_point(|known| known.order() < place.order());
        if number == 0 {
            finding.context = context(text, found.start());
        }
        if number < PLACES {
            finding.places.truncate(PLACES - 1);
            finding.places.insert(number, place);
        }
    }

    /// Starts a new source.
    pub fn next_source(&mut self) {
        self.recent.clear();
    }

    /// Adds the findings of another part of the same sweep.
    pub fn merge(&mut self, other: Self) {
        self.more += other.more;
        for (name, finding) in other.found {
            match self.found.entry(name) {
                Entry::Occupied(mut entry) => {
                    let known = entry.get_mut();
                    known.count += finding.count;
                    let first =
                        |places: &[Place]| places.first().map(Place::order) < known.places.first().map(Place::order);
                    if first(&finding.places) {
                        known.context = finding.context;
                    }
                    known.places.extend(finding.places);
                    known.places.sort_by(|one, other| one.order().cmp(&other.order()));
                    known.places.truncate(PLACES);
                }
                Entry::Vacant(entry) => {
                    let is_pattern = matches!(finding.what, What::Pattern { .. });
                    if is_pattern && self.patterns >= MOST {
                        self.more += finding.count;
                        continue;
                    }
                    self.patterns += usize::from(is_pattern);
                    entry.insert(finding);
                }
            }
        }
    }

    /// Returns all findings, values first, and the number of pattern hits that were dropped for lack of room.
    #[must_use]
    pub fn into_sorted(self) -> (Vec<Finding>, u64) {
        (self.found.into_values().collect(), self.more)
    }
}

fn name(engine: &Engine, key: &Key, text: &[u8], found: Found) -> Option<(What, Fingerprint)> {
    match found {
        Found::Value(hit) => {
            let (part, form) = engine.values.of(hit.needle)?;
            let (name, version, path) = (part.secret.clone(), part.version.clone(), part.path.clone());
            Some((What::Value { name, version, path, form: form.to_string() }, part.fingerprint))
        }
        Found::Rule(hit) => {
            let (rule, title) = engine.rules.of(hit.rule)?;
            let what = What::Pattern { rule: rule.to_owned(), title: title.to_owned(), proven: hit.proven };
            Some((what, key.fingerprint(text.get(hit.start..hit.end)?)))
        }
    }
}

/// Returns the time at the start of the event. Exports write a time before each event. A stream keeps enough of the
/// text before a hit to contain it.
fn time_of(text: &[u8], at: usize) -> Option<String> {
    const FARTHEST: usize = BEHIND / 2;
    let before = text.get(at.saturating_sub(FARTHEST)..at)?;
    let start = memrchr(b'\n', before).map_or(0, |end| end + 1);
    // The start of a longer line is not in `before`.
    let line = before.get(start..).filter(|_| start > 0 || at <= FARTHEST)?;
    let time = line.get(..timestamp(line)?)?;
    String::from_utf8(time.to_vec()).ok()
}

/// Returns the length of the timestamp at the start of a text, as in `2026-11-21T10:00:00.000Z`, if there is one.
pub(super) fn timestamp(text: &[u8]) -> Option<usize> {
    const SHAPE: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
    let start = text.first_chunk::<24>()?;
    // The loop has no early exit, so that it compiles to a few instructions.
    let fits = |(byte, shape): (&u8, &u8)| {
        let is_digit = byte.wrapping_sub(b'0') < 10;
        (byte == shape) | (is_digit & (*shape == b'0'))
    };
    start.iter().zip(SHAPE).map(fits).fold(true, |all, fits| all & fits).then_some(SHAPE.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::sync::Arc;

    use super::super::rules::{RuleHit, Rules};
    use super::super::values::{Secret, ValueHit, Values};
    use super::*;

    #[test]
    fn however_many_patterns_hide_no_value_and_every_hit_counts() {
        let key = Key::new(&zeroize::Zeroizing::new([7; 32])).unwrap();
        let value = Secret { name: "a".into(), version: String::new(), value: b"Rk7vXq93LmTz20Wd".to_vec().into() };
        let values = Arc::new(Values::new(&key, [value]));
        let engine = Engine { rules: Arc::new(Rules::shipped().unwrap()), values };
        let place = Place { source: "a".into(), stream: None, event: None, time: None, start: 0, end: 0 };
        let full = || {
            let mut findings = Findings::default();
            for number in 0..=MOST as u64 {
                let text = format!("{number:08}");
                let hit = RuleHit { start: 0, end: 8, rule: 0, proven: false };
                findings.add(&engine, &key, text.as_bytes(), 8 * number, Found::Rule(hit), &place);
            }
            findings
        };
        let mut findings = full();
        findings.merge(full());
        let mut other = Findings::default();
        for findings in [&mut findings, &mut other] {
            let hit = ValueHit { start: 0, end: 16, needle: 0 };
            findings.add(&engine, &key, b"Rk7vXq93LmTz20Wd", 1 << 40, Found::Value(hit), &place);
        }
        findings.merge(other);
        let (found, more) = findings.into_sorted();
        assert_eq!((found.len(), more), (MOST + 1, 2));
        assert!(matches!(found.first().unwrap(), Finding { what: What::Value { .. }, count: 2, .. }));
        assert_eq!(found.iter().map(|it| it.count).sum::<u64>() + more, 2 * (MOST as u64 + 1) + 2);
    }

    #[test]
    fn an_event_has_the_time_at_the_start_of_its_line() {
        let text = b"2026-11-21T10:00:00.000Z a\n2026-11-21T10:00:01.000Z b secret";
        assert_eq!(time_of(text, 55).as_deref(), Some("2026-11-21T10:00:01.000Z"));
        assert_eq!(time_of(b"no time", 5), None);
    }
}
