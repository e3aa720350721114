//! Writes JSON with the names on the wire. This module must not know headers.

use serde_json::{Map, Value};

use super::{given, text};
use crate::shape::{Member, Shape, Structure, TimeFormat};
use crate::wire::scalar;

/// Returns the members of a structure that `chosen` selects.
pub(super) fn members(
    structure: Structure,
    members: &Map<String, Value>,
    chosen: impl Fn(&Member) -> bool,
) -> Map<String, Value> {
    let set = structure.members().filter(chosen).filter_map(|member| Some((member, given(member, members)?)));
    set.map(|(member, it)| (member.wire_name().to_owned(), value(member.shape(), it))).collect()
}

/// Returns a value with the names on the wire.
pub(super) fn value(shape: Shape, it: &Value) -> Value {
    match (shape, it) {
        (Shape::Structure(structure), Value::Object(inside)) => Value::Object(members(structure, inside, |_| true)),
        (Shape::List(list), Value::Array(items)) => items.iter().map(|item| value(list.item(), item)).collect(),
        (Shape::Map(map), Value::Object(entries)) => {
            let set = entries.iter().filter(|(_, it)| !it.is_null());
            Value::Object(set.map(|(key, it)| (key.clone(), value(map.value(), it))).collect())
        }
        (Shape::Timestamp(format), it) => match (scalar::or(format, TimeFormat::UnixSeconds), scalar::instant(it)) {
            (TimeFormat::UnixSeconds, Some(instant)) => scalar::seconds(instant),
            _ => Value::from(text(shape, it, TimeFormat::UnixSeconds)),
        },
        // A JSON document in the place of a text is written as a text.
        (Shape::Text(_), Value::Object(_) | Value::Array(_)) => Value::from(it.to_string()),
        _ => it.clone(),
    }
}
