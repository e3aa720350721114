//! Decides whether CloudTrail recorded the rotations of a key.
//!
//! This module must not make calls.

use jiff::{SignedDuration, Timestamp};

use crate::kinds::cloudtrail_event::{KeyRotation, KeyRotations};
use crate::kinds::support::convert::malformed;
use attestry_core::facts::redact::is_withheld;
use attestry_core::facts::{Gap, TimeSpan, Value};

/// The longest time between the date of a rotation and the instant of its event.
const APART: SignedDuration = SignedDuration::from_hours(24);

/// Returns the rotations whose event must be in the span that was read. Each one shows whether its event was found.
/// `names` are the id and the ARN of the key.
pub(super) fn recent(rotations: &[Value], read: &KeyRotations, names: &[&str]) -> Result<Value, Gap> {
    let inner = inside(&read.span).ok_or_else(|| malformed("the span of the events is out of range"))?;
    let is_of_key = |event: &&KeyRotation| event.keys.iter().any(|key| names.contains(&key.as_str()));
    let mut events: Vec<&KeyRotation> = read.events.iter().filter(is_of_key).collect();
    let mut recent = Vec::new();
    for rotation in rotations {
        let Value::Map(fields) = rotation else { return Err(malformed("a rotation is no record")) };
        let Some(Value::Time(date)) = fields.get("date") else { return Err(malformed("a rotation has no date")) };
        if !inner.has(*date) {
            continue;
        }
        let material = match fields.get("material") {
            Some(Value::Text(material)) if !is_withheld(material) => Some(material.as_str()),
            _ => None,
        };
        // An event belongs to one rotation only.
        let found = events.iter().position(|event| is_of(event, *date, material));
        if let Some(place) = found {
            events.swap_remove(place);
        }
        let mut fields = fields.clone();
        fields.insert("recorded".to_owned(), Value::Bool(found.is_some()));
        recent.push(Value::Map(fields));
    }
    Ok(Value::List(recent))
}

/// Returns a shorter span of time. The event of a rotation with a date in the shorter span must be in `span`.
fn inside(span: &TimeSpan) -> Option<TimeSpan> {
    let from = match span.from {
        Some(from) => Some(from.checked_add(APART).ok()?),
        None => None,
    };
    Some(TimeSpan { from, until: span.until.checked_sub(APART).ok()? })
}

/// Returns whether an event can be the event of a rotation with this date and material.
fn is_of(event: &KeyRotation, date: Timestamp, material: Option<&str>) -> bool {
    match (event.material.as_deref(), material) {
        (Some(recorded), Some(material)) => recorded == material,
        _ => event.at.duration_since(date).abs() <= APART,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rotation(date: &str, material: Option<&str>) -> Value {
        Value::record([("date", Some(at(date).into())), ("material", material.map(Value::from))])
    }

    fn event(key: &str, time: &str, material: Option<&str>) -> KeyRotation {
        KeyRotation { at: at(time), keys: vec![key.to_owned()], material: material.map(str::to_owned) }
    }

    fn recorded(rotations: &[Value], events: Vec<KeyRotation>) -> Vec<bool> {
        let span = TimeSpan { from: Some(at("2026-08-22T12:00:00Z")), until: at("2026-11-20T11:45:00Z") };
        let Value::List(all) = recent(rotations, &KeyRotations { span, events }, &["arn:k", "k"]).unwrap() else {
            return Vec::new();
        };
        let flag = |it: &Value| matches!(it, Value::Map(fields) if fields.get("recorded") == Some(&Value::Bool(true)));
        all.iter().map(flag).collect()
    }

    #[test]
    fn a_rotation_is_recorded_by_an_event_of_its_own() {
        let one = || rotation("2026-10-01T00:00:00Z", Some("m"));
        for (events, expected) in [
            (vec![], false),
            (vec![event("k", "2026-10-01T00:00:05Z", None)], true),
            (vec![event("arn:k", "2026-10-01T00:00:05Z", None)], true),
            (vec![event("other", "2026-10-01T00:00:05Z", None)], false),
            (vec![event("k", "2026-10-02T00:00:00Z", None)], true),
            (vec![event("k", "2026-10-02T00:00:01Z", None)], false),
            (vec![event("k", "2026-10-01T00:00:05Z", Some("n"))], false),
            (vec![event("k", "2026-09-01T00:00:00Z", Some("m"))], true),
        ] {
            assert_eq!(recorded(&[one()], events.clone()), [expected], "{events:?}");
        }
        let two = [one(), rotation("2026-10-01T06:00:00Z", None)];
        assert_eq!(recorded(&two, vec![event("k", "2026-10-01T00:00:05Z", None)]), [true, false]);
    }

    #[test]
    fn only_rotations_whose_event_must_have_been_read_are_recent() {
        for (date, counts) in [
            ("2026-08-23T12:00:00Z", true),
            ("2026-08-23T11:59:59Z", false),
            ("2026-11-19T11:45:00Z", true),
            ("2026-11-19T11:45:01Z", false),
        ] {
            assert_eq!(recorded(&[rotation(date, None)], vec![]).len(), usize::from(counts), "{date}");
        }
        assert!(
            recent(
                &["text".into()],
                &KeyRotations { span: TimeSpan { from: None, until: at("2026-11-20T11:45:00Z") }, events: vec![] },
                &[]
            )
            .is_err()
        );
    }
}
