//! The rotations of keys that CloudTrail recorded, for the kind of keys.
//!
//! This module must not know what is expected of a key.

use jiff::Timestamp;

use super::WINDOW;
use super::collect::{Event, shared};
use super::record::Record;
use crate::aws::AccountRegion;
use crate::kinds::support::convert::{malformed, named};
use attestry_core::facts::{ByValue, Gap, Reach, TimeSpan, Value};

/// The name of the events.
const ROTATE_KEY: &str = "RotateKey";

/// The recorded rotations of all keys, and the span of time that was read.
#[derive(Debug)]
pub(in crate::kinds) struct KeyRotations {
    pub(in crate::kinds) span: TimeSpan,
    pub(in crate::kinds) events: Vec<KeyRotation>,
}

/// The event of a rotation.
#[derive(Clone, Debug)]
pub(in crate::kinds) struct KeyRotation {
    pub(in crate::kinds) at: Timestamp,
    /// The id and the ARN of the key, as far as the event has them.
    pub(in crate::kinds) keys: Vec<String>,
    /// The new material; absent in older events.
    pub(in crate::kinds) material: Option<String>,
}

/// Returns whether the kind of keys makes the same lookup.
pub(super) fn is_shared(part: &Reach) -> bool {
    part.of.as_ref().is_some_and(|of| of.key == "EventName" && of.value == ROTATE_KEY)
}

/// Reads the rotations of the whole event history.
pub(in crate::kinds) async fn key_rotations(at: &AccountRegion) -> Result<KeyRotations, Gap> {
    // The sweeps end at the time of the run.
    let span = WINDOW.reachable(WINDOW.most.unwrap_or(i64::MAX), at.logs.until);
    let span = span.ok_or_else(|| malformed("the clock of the run is out of range"))?;
    let of = ByValue { key: "EventName".to_owned(), value: ROTATE_KEY.to_owned() };
    let events = shared(at, &Reach { of: Some(of), span: span.clone() }).await?;
    let events = events.iter().map(rotation).collect::<Result<Vec<_>, Gap>>()?;
    Ok(KeyRotations { span, events })
}

fn rotation(event: &Event) -> Result<KeyRotation, Gap> {
    let id = named(event.event_id.as_deref(), "id of an event")?;
    let record = Record::read(named(event.cloud_trail_event.as_deref(), "record of an event")?, id)?;
    if record.event_name != ROTATE_KEY {
        return Err(malformed("the event has another name than that of the lookup"));
    }
    let details = record.service_details();
    let detail = |name: &str| match &details {
        Some(Value::Map(fields)) => match fields.get(name) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    let named = event.resources.iter().flatten().filter_map(|it| it.resource_name.clone());
    let keys = named.chain(detail("key")).collect();
    Ok(KeyRotation { at: record.event_time, keys, material: detail("current_material") })
}
