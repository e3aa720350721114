//! The events of one log group in the order of arrival. The module sweeps them, counts them, and joins events that an
//! agent may have cut.
//!
//! This module must not know how the events are read.

use std::collections::HashMap;
use std::sync::Arc;

use super::search_targets::SearchTargets;
use attestry_logs::{Findings, Found, Legible, Place};

/// One event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event<'a> {
    pub(super) stream: &'a str,
    /// The id of the event. Only FilterLogEvents returns it.
    pub(super) id: Option<&'a str>,
    /// The time in milliseconds since the epoch.
    pub(super) time: Option<i64>,
    pub(super) message: &'a str,
}

/// The counts and findings of the events of a group.
pub(super) struct Events {
    eyes: Arc<SearchTargets>,
    group: Arc<str>,
    findings: Findings,
    legible: Legible,
    /// The number of bytes in events of other streams that are not text.
    illegible: u64,
    pub(super) pages: i64,
    pub(super) events: i64,
    pub(super) bytes: i64,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    /// The end of the last event of each stream, if the event is so long that an agent may have cut it.
    streams: HashMap<String, Vec<u8>>,
    /// The number of bytes of all texts that were swept. It keeps the places of two texts apart.
    offset: u64,
}

/// The smallest length in bytes of an event that may have been cut. Container runtimes cut at 16 KiB, and agents cut
/// later.
const LONG: usize = 16_000;

impl Events {
    pub(super) fn new(eyes: &Arc<SearchTargets>, group: &Arc<str>) -> Self {
        Self {
            eyes: Arc::clone(eyes),
            group: Arc::clone(group),
            findings: Findings::default(),
            legible: Legible::default(),
            illegible: 0,
            pages: 0,
            events: 0,
            bytes: 0,
            first: None,
            last: None,
            streams: HashMap::new(),
            offset: 0,
        }
    }

    /// Creates an empty `Events` for other streams of the same group.
    pub(super) fn oracle_attributes(&self) -> Self {
        Self::new(&self.eyes, &self.group)
    }

    /// Adds the results of other streams of the same group.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.illegible += other.illegible();
        self.pages += other.pages;
        self.events += other.events;
        self.bytes += other.bytes;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = [self.last, other.last].into_iter().flatten().max();
        self.streams.extend(other.streams);
        self.findings.merge(other.findings);
    }

    /// Takes the next event of the group.
    pub(super) fn push(&mut self, event: Event<'_>) {
        let text = event.message.as_bytes();
        self.events += 1;
        self.legible.push(text);
        self.bytes += i64::try_from(text.len()).unwrap_or(i64::MAX);
        self.first = [self.first, event.time].into_iter().flatten().min();
        self.last = [self.last, event.time].into_iter().flatten().max();
        let reach = self.eyes.engine.reach();
        self.sweep(text, None, &event);
        let before = self.streams.get_mut(event.stream).map(std::mem::take).unwrap_or_default();
        if !before.is_empty() {
            let start = text.get(..reach).unwrap_or(text);
            self.sweep(&[&before, start].concat(), Some(before.len()), &event);
        }
        let end = text.len().saturating_sub(reach);
        let tail = if text.len() < LONG { Vec::new() } else { text.get(end..).unwrap_or_default().to_vec() };
        match self.streams.get_mut(event.stream) {
            Some(known) => *known = tail,
            None => drop(self.streams.insert(event.stream.to_owned(), tail)),
        }
    }

    /// Sweeps a text. In the text of two joined events, only findings that are partly in each event count, because each
    /// event was already swept alone.
    fn sweep(&mut self, text: &[u8], middle: Option<usize>, event: &Event<'_>) {
        let time = event.time.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()).map(|at| at.to_string());
        let (stream, id) = (Some(event.stream.to_owned()), event.id.map(str::to_owned));
        let place = Place { source: self.group.to_string(), stream, event: id, time, start: 0, end: 0 };
        let (eyes, findings, offset) = (&self.eyes, &mut self.findings, self.offset);
        eyes.engine.sweep(text, &mut |text, hit: Found| {
            if middle.is_none_or(|middle| hit.start() < middle && hit.end() > middle) {
                findings.add(&eyes.engine, &eyes.key, text, offset, hit, &place);
            }
        });
        self.offset = self.offset.saturating_add(text.len() as u64 + 1);
    }

    /// Returns the number of bytes in events that are not text. Agents write such events for compressed data or for
    /// another encoding.
    pub(super) fn illegible(&mut self) -> u64 {
        self.illegible += self.legible.finish().map_or(0, |it| it.bytes);
        self.legible = Legible::default();
        self.illegible
    }

    /// Returns the number of streams of the events.
    pub(super) fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Returns all findings.
    pub(super) fn findings(self) -> Findings {
        self.findings
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use zeroize::Zeroizing;

    use super::super::values::Read;
    use super::*;
    use attestry_logs::{Finding, Secret, What};

    fn eyes(value: &str) -> Arc<SearchTargets> {
        let value = Zeroizing::new(value.as_bytes().to_vec());
        let value = Secret { name: "bank".to_owned(), version: "AWSCURRENT".to_owned(), value };
        Arc::new(SearchTargets::new(Read { values: vec![value], ..Read::default() }).unwrap())
    }

    fn found(eyes: &Arc<SearchTargets>, events: &[(&str, String)]) -> Vec<Finding> {
        let mut swept = Events::new(eyes, &"group".into());
        for (number, (stream, message)) in events.iter().enumerate() {
            swept.push(Event { stream, id: Some(&number.to_string()), time: Some(1_000), message });
        }
        let values = |it: &Finding| matches!(it.what, What::Value { .. });
        swept.findings().into_sorted().0.into_iter().filter(values).collect()
    }

    #[test]
    fn the_same_value_counts_in_every_event() {
        let eyes = eyes("Rk7vXq93LmTz20Wd");
        let line = |_: usize| ("a", "v=Rk7vXq93LmTz20Wd".to_owned());
        let found = found(&eyes, &std::array::from_fn::<_, 3, _>(line));
        assert_eq!((found.len(), found.first().unwrap().count), (1, 3));
        let place = found.first().unwrap().places.first().unwrap().clone();
        assert_eq!((place.stream.as_deref(), place.event.as_deref()), (Some("a"), Some("0")));
    }

    #[test]
    fn events_that_are_no_text_are_told() {
        let eyes = eyes("Rk7vXq93LmTz20Wd");
        for (message, is_text) in [
            ("all is well with 12 payments über Köln\n".to_owned(), true),
            // Text in two bytes for each character, and text that an agent could not read.
            ("v=Rk7vXq93LmTz20Wd".chars().flat_map(|it| [it, '\0']).collect(), false),
            ("\u{fffd}a\u{fffd}\u{fffd}\u{3}b".repeat(20), false),
        ] {
            let mut beside = Events::new(&eyes, &"group".into()).oracle_attributes();
            beside.push(Event { stream: "a", id: None, time: None, message: &message });
            let mut swept = Events::new(&eyes, &"group".into());
            swept.merge(beside);
            assert_eq!(swept.illegible() == 0, is_text, "{message}");
        }
    }

    #[test]
    fn a_value_that_an_agent_cut_is_found_in_its_stream_only() {
        let eyes = eyes("Rk7vXq93LmTz20Wd");
        let (start, end) = (format!("{} v=Rk7vXq", "x ".repeat(9_000)), "93LmTz20Wd".to_owned());
        let other = ("b", "something else".to_owned());
        assert_eq!(found(&eyes, &[("a", start.clone()), other, ("a", end.clone())]).len(), 1);
        assert!(found(&eyes, &[("a", start), ("b", end.clone())]).is_empty());
        assert!(found(&eyes, &[("a", "v=Rk7vXq".to_owned()), ("a", end)]).is_empty(), "nobody cuts a short event");
    }
}
