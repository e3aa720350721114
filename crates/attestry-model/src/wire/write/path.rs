//! Writes the path, the query and the host prefix of a request from their templates. This module must not know bodies.

use serde_json::{Map, Value};

use super::{given, text};
use crate::operation::Operation;
use crate::shape::{Location, Shape, TimeFormat};
use crate::wire::Unfit;
use crate::wire::check::Check;
use crate::wire::place::Place;
use crate::wire::scalar::percent_encode;

/// Returns the path and the query.
pub(super) fn path(operation: Operation, members: &Map<String, Value>, check: &Check) -> Result<String, Unfit> {
    let mut path = fill(operation.path(), |label| {
        let (name, greedy) = label.strip_suffix('+').map_or((label, false), |name| (name, true));
        let label = operation.input().into_iter().flat_map(|it| it.members());
        let member = label.clone().find(|it| it.location() == Location::Path && it.wire_name() == name);
        // Without its label, the path would belong to another operation.
        let missing = || Unfit::Missing {
            operation: operation.name(),
            place: member.map_or_else(|| name.to_owned(), |it| it.name().to_owned()),
        };
        let member = member.ok_or_else(missing)?;
        let value = given(member, members).map(|it| text(member.shape(), it, TimeFormat::Iso8601));
        let value = value.filter(|text| !text.is_empty()).ok_or_else(missing)?;
        // With these parts, a client or a server could go to another path.
        if value.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(check.wrong("a text that is no relative path", &Place::Root.member(member.name())));
        }
        Ok(percent_encode(&value, if greedy { b"/" } else { b"" }))
    })?;
    for (name, value) in query(operation, members) {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&percent_encode(&name, b""));
        path.push('=');
        path.push_str(&percent_encode(&value, b""));
    }
    Ok(path)
}

fn query(operation: Operation, members: &Map<String, Value>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let inputs = operation.input().into_iter().flat_map(|it| it.members());
    for member in inputs.filter(|it| it.location() == Location::Query) {
        match (member.shape(), given(member, members)) {
            (Shape::Map(map), Some(Value::Object(entries))) => {
                for (name, value) in entries {
                    match value {
                        Value::Array(items) => {
                            pairs.extend(items.iter().map(|item| (name.clone(), query_text(map.value(), item))));
                        }
                        value => pairs.push((name.clone(), query_text(map.value(), value))),
                    }
                }
            }
            (Shape::List(list), Some(Value::Array(items))) => {
                let name = member.wire_name();
                pairs.extend(items.iter().map(|item| (name.to_owned(), query_text(list.item(), item))));
            }
            (shape, Some(value)) => pairs.push((member.wire_name().to_owned(), query_text(shape, value))),
            (_, None) => {}
        }
    }
    pairs
}

fn query_text(shape: Shape, value: &Value) -> String {
    text(shape, value, TimeFormat::Iso8601)
}

/// Returns the text in front of the host.
pub(super) fn host_prefix(operation: Operation, members: &Map<String, Value>, check: &Check) -> Result<String, Unfit> {
    fill(operation.host_prefix(), |name| {
        let value = members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let missing = Unfit::Missing { operation: operation.name(), place: name.to_owned() };
        let value = value.ok_or(missing)?;
        // The text becomes a part of the host, so it must not contain a character that ends the host.
        if value.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '.')) {
            Ok(value.to_owned())
        } else {
            Err(check.wrong("a part of a host name", &Place::Root.member(name)))
        }
    })
}

/// Replaces each `{label}` of a template.
fn fill(template: &str, mut value: impl FnMut(&str) -> Result<String, Unfit>) -> Result<String, Unfit> {
    let (mut filled, mut rest) = (String::new(), template);
    while let Some((fixed, label, after)) = rest
        .split_once('{')
        .and_then(|(fixed, after)| after.split_once('}').map(|(label, after)| (fixed, label, after)))
    {
        filled.push_str(fixed);
        filled.push_str(&value(label)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}
