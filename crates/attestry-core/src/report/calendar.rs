//! `calendar.ics`: the rotations, expiries and deletions of keys, secrets and certificates as an iCalendar (RFC 5545).
//!
//! The id of an event stays the same from run to run, so a calendar that is imported again moves the event. The last event
//! lists the dates that the run did not see. Must not know how facts are read.

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::Timestamp;

use super::findings::digest;
use super::register::{SORTS, Seen, Sort, of_kind, owner, seen};
use super::{Record, Report, wording};
use crate::facts::{Resource, Value};

/// The calendar.
pub(super) struct Calendar;

/// The longest line in octets, without its end.
const LINE: usize = 75;

/// An event at one instant.
struct Event {
    at: Timestamp,
    uid: String,
    category: &'static str,
    summary: String,
    description: String,
}

impl Report for Calendar {
    fn name(&self) -> &'static str {
        "calendar"
    }

    fn file(&self) -> &'static str {
        "calendar.ics"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let run = record.run;
        let (mut events, missing) = events(record);
        events.sort_by(|a, b| (a.at, &a.uid).cmp(&(b.at, &b.uid)));
        events.extend(of_missing(record, &missing));
        let about = format!("Run {} of {} on stage {}. {}", run.id, run.suite, run.stage, source(record));
        line(out, "BEGIN", "VCALENDAR")?;
        line(out, "VERSION", "2.0")?;
        line(out, "PRODID", "-//Attestry//Calendar//EN")?;
        line(out, "CALSCALE", "GREGORIAN")?;
        line(out, "X-WR-CALNAME", &escaped(&run.title))?;
        line(out, "X-WR-CALDESC", &escaped(&about))?;
        for event in events {
            line(out, "BEGIN", "VEVENT")?;
            line(out, "UID", &event.uid)?;
            line(out, "DTSTAMP", &instant(run.evaluated_at))?;
            line(out, "DTSTART", &instant(event.at))?;
            line(out, "SUMMARY", &escaped(&event.summary))?;
            line(out, "DESCRIPTION", &event.description)?;
            line(out, "CATEGORIES", event.category)?;
            line(out, "TRANSP", "TRANSPARENT")?;
            line(out, "END", "VEVENT")?;
        }
        line(out, "END", "VCALENDAR")
    }
}

/// The events, and the number of times that each thing was not seen.
fn events(record: &Record<'_>) -> (Vec<Event>, BTreeMap<String, usize>) {
    let (mut events, mut missing) = (Vec::new(), BTreeMap::new());
    for sort in SORTS {
        let populations = of_kind(record.populations, sort.kind);
        if populations.is_empty() {
            *missing.entry(format!("{}: no case of the run is about this kind", sort.kind)).or_default() += 1;
        }
        for population in populations {
            for gap in &population.gaps {
                let words = format!("{}: the list is not complete: {}", sort.kind, wording::gap(gap));
                *missing.entry(words).or_default() += 1;
            }
            for resource in population.resources.iter().filter(|resource| resource.gone.is_none()) {
                of_resource(record, sort, resource, &mut events, &mut missing);
            }
        }
    }
    (events, missing)
}

fn of_resource(
    record: &Record<'_>,
    sort: &Sort,
    resource: &Resource,
    events: &mut Vec<Event>,
    missing: &mut BTreeMap<String, usize>,
) {
    let dates = [
        (sort.next, "ROTATION", "Rotation"),
        (sort.expires, "EXPIRY", if sort.kind == "kms.key" { "Expiry of the imported material" } else { "Expiry" }),
        (sort.deletion, "DELETION", "Deletion"),
    ];
    for (attribute, category, act) in dates {
        match seen(resource, attribute) {
            Seen::Known(Value::Time(at)) => {
                let (name, owner) = (wording::value(&resource.name), owner(resource, sort.tags).text());
                let aliases = seen(resource, sort.aliases);
                let aliases = matches!(aliases, Seen::Known(_)).then(|| format!("Aliases: {}", aliases.text()));
                let place = format!("Account {}, {}", resource.account, resource.region);
                let lines = [Some(wording::value(&resource.id)), aliases, Some(place), Some(format!("Owner: {owner}"))];
                let lines = lines.into_iter().flatten().chain([source(record)]).filter(|line| !line.is_empty());
                events.push(Event {
                    at: *at,
                    uid: uid(&[sort.kind, &resource.account, &resource.region, &resource.id, attribute]),
                    category,
                    summary: format!("{act} of the {} {name}", sort.noun),
                    description: lines.map(|line| escaped(&line)).collect::<Vec<_>>().join("\\n"),
                });
            }
            state @ (Seen::Unknown(_) | Seen::NotAsked | Seen::Known(_)) => {
                *missing.entry(format!("{} {attribute}: {}", sort.kind, state.text())).or_default() += 1;
            }
            Seen::Never | Seen::Absent | Seen::NotApplicable => {}
        }
    }
}

/// The event with everything that was not seen. It is on the day of the run.
fn of_missing(record: &Record<'_>, missing: &BTreeMap<String, usize>) -> Option<Event> {
    let lines = missing.iter().map(|(what, count)| match count {
        1 => what.clone(),
        count => format!("{what} ({count} times)"),
    });
    let lines: Vec<String> = lines.chain([source(record)]).map(|line| escaped(&line)).collect();
    (!missing.is_empty()).then(|| Event {
        at: record.run.evaluated_at,
        uid: uid(&["missing", &record.run.suite, &record.run.stage]),
        category: "NOT SEEN",
        summary: "Some dates are not in this calendar, because the run did not see them".to_owned(),
        description: lines.join("\\n"),
    })
}

/// The sentence about the source of the answers.
fn source(record: &Record<'_>) -> String {
    format!("Source of the answers: {}", wording::value(&record.run.backend))
}

fn uid(parts: &[&str]) -> String {
    let hex: String = digest(parts).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}@attestry")
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text as a value of iCalendar, on one line.
fn escaped(text: &str) -> String {
    wording::value(text).replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,")
}

/// Writes one line. A longer one is folded: each further part begins with a blank, and no character is cut.
fn line(out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    let (mut written, mut part) = (String::new(), 0);
    for character in format!("{name}:{value}").chars() {
        if part + character.len_utf8() > LINE {
            written.push_str("\r\n ");
            part = 1;
        }
        written.push(character);
        part += character.len_utf8();
    }
    write!(out, "{written}\r\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::report::register;
    use crate::report::sample::{HOSTILE, Sample};

    #[test]
    fn each_date_is_an_event_and_what_was_not_seen_is_the_last() {
        insta::assert_snapshot!(Sample::with("", register::sample()).write(&Calendar));
    }

    #[test]
    fn lines_are_folded_at_75_octets_and_never_inside_of_a_character() {
        let mut out = Vec::new();
        line(&mut out, "SUMMARY", &"é€😀a".repeat(40)).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with("\r\n"));
        assert!(text.split("\r\n").all(|line| line.len() <= LINE), "{text}");
        assert_eq!(text.replace("\r\n ", ""), format!("SUMMARY:{}\r\n", "é€😀a".repeat(40)));
        let mut out = Vec::new();
        line(&mut out, "S", &"a".repeat(LINE - 2)).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().matches("\r\n").count(), 1, "75 octets are one line");
    }

    #[test]
    fn a_hostile_text_begins_no_line() {
        let mut all = register::sample();
        for population in &mut all {
            population.resources.iter_mut().for_each(|it| it.name = format!("a\r\nEND:VEVENT\n{HOSTILE};,\\"));
        }
        let text = Sample::with("", all).write(&Calendar);
        let of = |line: &str| text.split("\r\n").filter(|it| *it == line).count();
        assert_eq!((of("BEGIN:VEVENT"), of("END:VEVENT")), (5, 5), "{text}");
        assert!(text.replace("\r\n", "").chars().all(|it| !it.is_control()), "{text}");
    }

    #[test]
    fn an_event_moves_with_its_date_and_keeps_its_id() {
        let uids = |text: &str| {
            let lines = text.split("\r\n").filter(|line| line.starts_with("UID:"));
            let mut all: Vec<String> = lines.map(str::to_owned).collect();
            all.sort();
            all
        };
        let mut later = register::sample();
        for resource in later.iter_mut().flat_map(|it| &mut it.resources) {
            for fact in resource.facts.values_mut() {
                if let crate::facts::Fact::Known(Value::Time(at)) = fact {
                    *at = at.checked_add(jiff::SignedDuration::from_hours(24)).unwrap();
                }
            }
        }
        let (before, after) =
            (Sample::with("", register::sample()).write(&Calendar), Sample::with("", later).write(&Calendar));
        assert_ne!(before, after);
        assert_eq!(uids(&before), uids(&after));
        let mut alone = uids(&before);
        alone.dedup();
        assert_eq!(alone.len(), 5);
    }
}
