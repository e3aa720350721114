//! Reads answers and errors by shape. The body of an answer comes from a stranger: its depth and size are limited, and
//! nothing that it contains is quoted. This module must not know how requests are written.

mod cbor;
mod error;
mod headers;
mod json;
mod xml;

use serde_json::{Map, Value};

use super::place::Place;
use super::{Unreadable, Wanted, scalar};
use crate::operation::Operation;
use crate::service::Protocol;
use crate::shape::{Location, Member, Shape, Structure};

pub(super) use error::error;

/// The greatest size of an answer. No page of AWS has half of this size.
const MOST_BYTES: usize = 64 << 20;

/// The greatest depth of a value. No answer of AWS is deeper.
const DEPTH: usize = 64;

pub(super) fn answer(
    operation: Operation,
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
    wanted: &Wanted,
) -> Result<Value, Unreadable> {
    if body.len() > MOST_BYTES {
        return Err(Unreadable::Large(MOST_BYTES));
    }
    let Some(output) = operation.output() else { return Ok(Value::Object(Map::new())) };
    let mut members = headers::read(output, status, headers, wanted)?;
    let payload = output.payload();
    match payload {
        Some(payload) => {
            if let Some(wanted) = wanted.inside(payload.name())
                && let Some(value) = read_payload(operation, payload, body, wanted)?
            {
                members.insert(payload.name().to_owned(), value);
            }
        }
        None if output.members().any(|member| member.location() == Location::Body) => {
            members.extend(read_body(operation, output, body, wanted)?);
        }
        None => {}
    }
    Ok(Value::Object(members))
}

fn read_body(
    operation: Operation,
    output: Structure,
    body: &[u8],
    wanted: &Wanted,
) -> Result<Map<String, Value>, Unreadable> {
    let shape = Shape::Structure(output);
    let value = match operation.service().protocol() {
        Protocol::Json | Protocol::RestJson => json::read(shape, body, wanted, &Place::Root)?,
        Protocol::Cbor => cbor::read(shape, body, wanted)?,
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => xml::read(operation, shape, body, wanted, &Place::Root)?,
    };
    match value {
        Some(Value::Object(members)) => Ok(members),
        _ => Err(Unreadable::Type { place: Place::Root.to_string(), expected: shape.words() }),
    }
}

fn read_payload(
    operation: Operation,
    payload: Member,
    body: &[u8],
    wanted: &Wanted,
) -> Result<Option<Value>, Unreadable> {
    let place = Place::Root;
    let place = place.member(payload.name());
    match payload.shape() {
        Shape::Blob => Ok(Some(Value::String(scalar::base64(body)))),
        Shape::Text(_) => match std::str::from_utf8(body) {
            Ok(text) => Ok(Some(Value::from(text))),
            Err(_) => Err(Unreadable::Type { place: place.to_string(), expected: payload.shape().words() }),
        },
        // An empty body is no value of these shapes. So an answer that was cut off does not look like an answer without
        // the member.
        shape => match operation.service().protocol() {
            Protocol::RestXml => xml::read(operation, shape, body, wanted, &place),
            _ => json::read(shape, body, wanted, &place),
        },
    }
}

/// Returns the error for a value that has another type than its shape.
fn wrong(shape: Shape, place: &Place<'_>) -> Unreadable {
    Unreadable::Type { place: place.to_string(), expected: shape.words() }
}

/// Adds a member or an entry. A second one with the same name would hide the first, so it is an error.
fn insert(
    found: &mut Map<String, Value>,
    name: &str,
    value: Value,
    shape: Shape,
    place: &Place<'_>,
) -> Result<(), Unreadable> {
    match found.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(wrong(shape, place)),
    }
}

/// Returns the remaining depth for a nested value, or an error at the limit.
fn deeper(depth: usize, place: &Place<'_>) -> Result<usize, Unreadable> {
    depth.checked_sub(1).ok_or_else(|| Unreadable::Deep { place: place.to_string() })
}

/// Returns the value of a text in XML or in a header.
fn of_text(shape: Shape, text: &str) -> Option<Value> {
    let trimmed = text.trim();
    Some(match shape {
        Shape::Text(_) => Value::from(text),
        Shape::Boolean => match trimmed {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => return None,
        },
        Shape::Integer => Value::from(trimmed.parse::<i64>().ok()?),
        Shape::Float => scalar::float_of_text(trimmed)?,
        Shape::Timestamp(_) => Value::from(scalar::rfc3339_text(scalar::instant_of_text(trimmed)?)),
        Shape::Blob => {
            scalar::of_base64(trimmed)?;
            Value::from(trimmed)
        }
        _ => return None,
    })
}
