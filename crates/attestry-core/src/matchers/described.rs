//! The events that the operand of a matcher describes.
//!
//! This module must not know any single matcher.

use std::collections::BTreeMap;

use super::Objection;
use crate::alerts::{Meant, Shape, is_known};
use crate::facts::{Field, Type, Value};

const TEXTS: Type = Type::List(&Type::Text);

/// The description of an event. Each field in `fields` has a text that matches one of its patterns, where `*` is any
/// run of characters. Each field in `except` has a text that matches none of its patterns. No field in `without`
/// exists.
pub(super) const EVENT: Type = Type::Record(&[
    Field::new("fields", Type::Map(&TEXTS)),
    Field::new("except", Type::Map(&TEXTS)),
    Field::new("without", TEXTS),
]);

/// Returns the mistakes in the events of an operand.
pub(super) fn objections(keyword: &str, shape: Shape, claim: &Value) -> Vec<Objection> {
    let events = events(claim);
    let mut all = Vec::new();
    if events.is_empty() {
        all.push(Objection::error("", format!("`{keyword}` without `events` is about nothing")));
    }
    events.iter().for_each(|event| object_to(shape, event, &mut all));
    all
}

fn object_to(shape: Shape, event: &Meant, all: &mut Vec<Objection>) {
    let named: Vec<&String> = event.fields.keys().chain(event.except.keys()).chain(&event.without).collect();
    if event.fields.is_empty() && event.except.is_empty() {
        all.push(Objection::error("", "an event without `fields` is every event"));
    }
    for (at, path) in named.iter().enumerate() {
        if named.iter().take(at).any(|other| other == path) {
            all.push(Objection::error(path.as_str(), format!("the field `{path}` is described twice")));
        }
        if let Err(candidates) = is_known(shape, path) {
            let message = format!("an event has no field `{path}`");
            all.push(Objection::error(path.as_str(), message).among(candidates));
        }
    }
    for (path, patterns) in event.fields.iter().chain(&event.except) {
        if patterns.is_empty() {
            all.push(Objection::error(path.as_str(), format!("no value is named for the field `{path}`")));
        }
    }
}

/// Returns the events that an operand describes.
pub(super) fn events(claim: &Value) -> Vec<Meant> {
    let Some(Value::List(events)) = field(claim, "events") else { return Vec::new() };
    let meant = |event: &Value| Meant {
        fields: patterns(event, "fields"),
        except: patterns(event, "except"),
        without: field(event, "without").map(strings).unwrap_or_default(),
    };
    events.iter().map(meant).collect()
}

fn patterns(event: &Value, name: &str) -> BTreeMap<String, Vec<String>> {
    let Some(Value::Map(fields)) = field(event, name) else { return BTreeMap::new() };
    fields.iter().map(|(path, patterns)| (path.clone(), strings(patterns))).collect()
}

fn strings(list: &Value) -> Vec<String> {
    let Value::List(items) = list else { return Vec::new() };
    items.iter().filter_map(|item| if let Value::Text(text) = item { Some(text.clone()) } else { None }).collect()
}

/// Returns a field of an operand.
pub(super) fn field<'a>(record: &'a Value, name: &str) -> Option<&'a Value> {
    if let Value::Map(fields) = record { fields.get(name) } else { None }
}

/// Returns a text of an operand. It is empty when the operand does not have it.
pub(super) fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    if let Some(Value::Text(text)) = field(record, name) { text } else { "" }
}

/// Returns the fields that describe the events of an operand, in words.
pub(super) fn described_by(claim: &Value) -> String {
    let of = |event: &Meant| event.fields.keys().chain(event.except.keys()).cloned().collect::<Vec<_>>().join(", ");
    events(claim).iter().map(of).collect::<Vec<_>>().join("; ")
}
