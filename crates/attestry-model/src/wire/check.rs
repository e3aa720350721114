//! Compares a value with a shape before anything is written. The value has the member names of AWS's model. This module
//! must not know any protocol.

use serde_json::{Map, Value};

use super::Unfit;
use super::place::Place;
use super::scalar;
use crate::shape::{Member, Shape, Structure};

/// The type of message whose values are compared.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// The input of an operation. It needs the required members.
    Request,
    /// The answer of a server that plays AWS. A text may be a JSON document.
    Answer,
}

pub(super) struct Check {
    pub(super) operation: &'static str,
    pub(super) side: Side,
}

impl Check {
    /// Compares the members of an input or answer. Null is the same as no members.
    pub(super) fn members(&self, structure: Option<Structure>, value: &Value) -> Result<(), Unfit> {
        match (structure, value) {
            (None, Value::Null) => Ok(()),
            (None, Value::Object(members)) => match members.keys().next() {
                None => Ok(()),
                Some(name) => Err(Unfit::Unknown { operation: self.operation, place: name.clone() }),
            },
            (Some(structure), Value::Null) => self.structure(structure, &Map::new(), &Place::Root),
            (Some(structure), Value::Object(members)) => self.structure(structure, members, &Place::Root),
            _ => Err(self.wrong("a structure", &Place::Root)),
        }
    }

    fn structure(&self, structure: Structure, members: &Map<String, Value>, place: &Place<'_>) -> Result<(), Unfit> {
        let is_set = |member: &Member| members.get(member.name()).is_some_and(|it| !it.is_null());
        if self.side == Side::Request
            && let Some(missing) = structure.members().find(|member| member.required() && !is_set(member))
        {
            return Err(Unfit::Missing { operation: self.operation, place: place.member(missing.name()).to_string() });
        }
        for (name, value) in members {
            let place = place.member(name);
            let Some(member) = structure.member(name) else {
                return Err(Unfit::Unknown { operation: self.operation, place: place.to_string() });
            };
            if !value.is_null() {
                self.value(member.shape(), value, &place)?;
            }
        }
        Ok(())
    }

    fn value(&self, shape: Shape, value: &Value, place: &Place<'_>) -> Result<(), Unfit> {
        let fits = match (shape, value) {
            (Shape::Structure(structure), Value::Object(members)) => return self.structure(structure, members, place),
            (Shape::List(list), Value::Array(items)) => {
                return items
                    .iter()
                    .enumerate()
                    .try_for_each(|(at, item)| self.value(list.item(), item, &place.item(at)));
            }
            (Shape::Map(map), Value::Object(entries)) => {
                return entries
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .try_for_each(|(key, value)| self.value(map.value(), value, &place.member(key)));
            }
            (Shape::Text(_), Value::String(_)) | (Shape::Boolean, Value::Bool(_)) | (Shape::Document, _) => true,
            (Shape::Text(_), Value::Object(_) | Value::Array(_)) => self.side == Side::Answer,
            (Shape::Integer, Value::Number(number)) => number.is_i64() || number.is_u64(),
            (Shape::Float, Value::Number(_)) => true,
            (Shape::Float, Value::String(text)) => matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity"),
            (Shape::Timestamp(_), value) => scalar::instant(value).is_some(),
            (Shape::Blob, Value::String(text)) => scalar::of_base64(text).is_some(),
            _ => false,
        };
        if fits { Ok(()) } else { Err(self.wrong(shape.words(), place)) }
    }

    pub(super) fn wrong(&self, expected: &'static str, place: &Place<'_>) -> Unfit {
        Unfit::Type { operation: self.operation, place: place.to_string(), expected }
    }
}
