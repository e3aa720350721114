//! Selects the events that CloudTrail would return for a lookup: events with the requested attribute, within the
//! requested time and within the last 90 days. This module must not know pages.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::aws::Operation;

/// The number of days that the event history covers.
const HISTORY: i64 = 90;

/// Removes the events that the parameters do not request.
pub(super) fn apply(operation: &Operation, as_of: Timestamp, parameters: &Value, value: &mut Value) {
    if (operation.service.as_str(), operation.name.as_str()) != ("cloudtrail", "LookupEvents") {
        return;
    }
    let Some(Value::Array(events)) = value.get_mut("Events") else { return };
    let second = |name: &str| Timestamp::from_second(parameters.get(name)?.as_i64()?).ok();
    let oldest = as_of.checked_sub(SignedDuration::from_hours(24 * HISTORY)).ok();
    let (from, until) = (second("StartTime").max(oldest), second("EndTime"));
    let attributes = parameters.get("LookupAttributes").and_then(Value::as_array);
    events.retain(|event| {
        // An event without a readable time is kept.
        let time = text(event, "EventTime").and_then(|text| text.parse::<Timestamp>().ok());
        let within = time.is_none_or(|at| from.is_none_or(|from| from <= at) && until.is_none_or(|until| at <= until));
        within && attributes.into_iter().flatten().all(|attribute| has(event, attribute))
    });
}

/// Returns whether an event has an attribute of a lookup.
fn has(event: &Value, attribute: &Value) -> bool {
    let (key, wanted) = (text(attribute, "AttributeKey"), text(attribute, "AttributeValue"));
    match key {
        Some("ResourceName") => {
            let resources = event.get("Resources").and_then(Value::as_array);
            resources.into_iter().flatten().any(|resource| text(resource, "ResourceName") == wanted)
        }
        Some(key) => text(event, key) == wanted,
        None => false,
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids(parameters: Value) -> Vec<String> {
        let event = |id: &str, time: &str, key: &str| json!({ "EventId": id, "EventTime": time, "EventName": "Decrypt", "Resources": [{ "ResourceName": key }] });
        let mut answer = json!({ "Events": [
            event("a", "2026-11-20T12:00:00Z", "k"), event("b", "2026-11-10T12:00:00Z", "l"), event("c", "2026-08-22T11:59:59Z", "k"),
        ] });
        let as_of = "2026-11-20T12:00:00Z".parse().unwrap();
        apply(&Operation::new("cloudtrail", "LookupEvents"), as_of, &parameters, &mut answer);
        answer["Events"].as_array().unwrap().iter().map(|it| it["EventId"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_lookup_has_one_attribute_and_a_time_in_the_history() {
        let second = |text: &str| text.parse::<Timestamp>().unwrap().as_second();
        let attribute = |key, value| json!({ "LookupAttributes": [{ "AttributeKey": key, "AttributeValue": value }] });
        for (parameters, expected) in [
            (json!({}), &["a", "b"][..]),
            (json!({ "StartTime": second("2026-01-01T00:00:00Z") }), &["a", "b"]),
            (json!({ "StartTime": second("2026-11-10T12:00:01Z") }), &["a"]),
            (json!({ "EndTime": second("2026-11-10T12:00:00Z") }), &["b"]),
            (attribute("EventName", "Decrypt"), &["a", "b"]),
            (attribute("EventName", "Encrypt"), &[]),
            (attribute("ResourceName", "k"), &["a"]),
            (attribute("Username", "k"), &[]),
        ] {
            assert_eq!(ids(parameters.clone()), expected, "{parameters}");
        }
    }
}
