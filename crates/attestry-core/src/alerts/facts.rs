//! Reads metric filters from the values of facts. This is the only file of `alerts` that names facts.
//!
//! This module must not know kinds, nor what is expected.

use super::decide::{Counter, Emits};
use super::parse::{number, parse};
use super::record::{Holds, holds};
use crate::facts::{Field, Type, Value};

/// The fields of a metric filter, including the value that it adds to one metric.
pub const FILTER: &[Field] = &[
    Field::new("name", Type::Text),
    Field::new("pattern", Type::Text),
    Field::new("metric_name", Type::Text),
    Field::new("metric_namespace", Type::Text),
    Field::new("value", Type::Text),
    Field::new("default", Type::Text),
    Field::new("dimensions", Type::List(&Type::Text)),
    Field::new("transformed", Type::Bool),
    Field::new("criteria", Type::Text),
];

/// Converts a filter to a counter, if the filter feeds the given metric.
#[must_use]
pub fn counter(filter: &Value, metric: &str, namespace: &str) -> Option<Counter> {
    if text(filter, "metric_name") != Some(metric) || text(filter, "metric_namespace") != Some(namespace) {
        return None;
    }
    let pattern = text(filter, "pattern").ok_or_else(|| "AWS tells no pattern".to_owned()).and_then(parse);
    let name = text(filter, "name").unwrap_or_default().to_owned();
    Some(Counter { name, pattern, emits: emits(filter) })
}

/// Returns the number that a filter adds to its metric for a matching event.
fn emits(filter: &Value) -> Emits {
    if matches!(field(filter, "dimensions"), Some(Value::List(names)) if !names.is_empty()) {
        return Emits::Nothing("it feeds metrics with dimensions, and the one without gets nothing".to_owned());
    }
    match text(filter, "default").map(number) {
        None | Some(Some(0.0)) => {}
        Some(_) => {
            return Emits::Nothing("its default value is not 0, so the metric says nothing of events".to_owned());
        }
    }
    let value = text(filter, "value");
    match value.map(|it| (it, number(it))) {
        Some((_, Some(number))) if number >= 1.0 => {}
        Some((value, Some(_))) => return Emits::Nothing(format!("it adds {value} for an event")),
        Some((value, None)) => {
            let path = value.strip_prefix("$.").unwrap_or_default();
            return match holds(path) {
                Holds::Untold | Holds::Anything => Emits::Unknown(format!("the number in `{value}`")),
                _ => Emits::Nothing(format!("`{value}` of an event is no number")),
            };
        }
        None => return Emits::Unknown("AWS tells no metric value".to_owned()),
    }
    if field(filter, "transformed") == Some(&Value::Bool(true)) {
        return Emits::Unknown("it looks at events that were transformed before".to_owned());
    }
    if text(filter, "criteria").is_some() {
        return Emits::Unknown("it looks at some events only, by a criterion of its own".to_owned());
    }
    Emits::One
}

fn field<'a>(record: &'a Value, name: &str) -> Option<&'a Value> {
    if let Value::Map(fields) = record { fields.get(name) } else { None }
}

fn text<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    if let Some(Value::Text(text)) = field(record, name) { Some(text) } else { None }
}
