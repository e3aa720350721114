//! Reads JSON by shape. Only wanted members are built. The rest is skipped while the text is parsed, so it is never in
//! memory as a value. This module must not know headers.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{DEPTH, deeper, insert, wrong};
use crate::shape::{Location, Member, Shape, Structure};
use crate::wire::place::Place;
use crate::wire::{Unreadable, Wanted, scalar};

/// Returns the value of a text, or `None` when it is null.
pub(super) fn read(shape: Shape, body: &[u8], wanted: &Wanted, place: &Place<'_>) -> Result<Option<Value>, Unreadable> {
    let failure = RefCell::new(None);
    // A member of a header and a member of the body may have the same name on the wire.
    let whole = matches!(place, Place::Root);
    let seed = Seed { shape, wanted, place, depth: DEPTH, whole, failure: &failure };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|_| failure.take().unwrap_or(Unreadable::Protocol("JSON")))
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    shape: Shape,
    wanted: &'a Wanted,
    place: &'a Place<'a>,
    depth: usize,
    whole: bool,
    /// The reason of an error. The error of the parser itself may quote the text, so it is not used.
    failure: &'a RefCell<Option<Unreadable>>,
}

impl Seed<'_> {
    fn fail<E: Error>(&self, reason: Unreadable) -> E {
        self.failure.borrow_mut().get_or_insert(reason);
        E::custom("")
    }

    fn wrong<E: Error>(&self) -> E {
        self.fail(wrong(self.shape, self.place))
    }

    fn value<E: Error>(&self, value: Option<Value>) -> Result<Option<Value>, E> {
        value.map(Some).ok_or_else(|| self.wrong())
    }

    fn number<E: Error>(&self, number: f64, whole: Option<Value>) -> Result<Option<Value>, E> {
        self.value(match self.shape {
            Shape::Integer => whole,
            Shape::Float => Number::from_f64(number).map(Value::Number),
            Shape::Timestamp(_) => scalar::instant_of_seconds(number).map(|it| Value::from(scalar::rfc3339_text(it))),
            _ => None,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self.shape {
            Shape::Document => {
                let mut document = <Value as serde::Deserialize>::deserialize(deserializer)?;
                prune(&mut document, self.wanted);
                Ok(Some(document).filter(|it| !it.is_null()))
            }
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shape.words())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        self.value(matches!(self.shape, Shape::Boolean).then_some(Value::Bool(value)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        self.number(number as f64, Some(Value::from(number)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.number(number as f64, Some(Value::from(number)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        self.number(number, scalar::integer_of_double(number).map(Value::from))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.value(match self.shape {
            Shape::Text(_) => Some(Value::from(text)),
            Shape::Timestamp(_) => scalar::instant_of_text(text).map(|it| Value::from(scalar::rfc3339_text(it))),
            Shape::Blob => scalar::of_base64(text).map(|_| Value::from(text)),
            Shape::Float if matches!(text, "NaN" | "Infinity" | "-Infinity") => Some(Value::from(text)),
            _ => None,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let Shape::List(list) = self.shape else { return Err(self.wrong()) };
        let depth = deeper(self.depth, self.place).map_err(|reason| self.fail(reason))?;
        let mut found = Vec::new();
        loop {
            let place = self.place.item(found.len());
            let seed = Seed { shape: list.item(), place: &place, depth, whole: false, ..self };
            match items.next_element_seed(seed)? {
                None => return Ok(Some(Value::Array(found))),
                Some(Some(item)) => found.push(item),
                // No operation returns a list with a null item.
                Some(None) => return Err(seed.wrong()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let depth = deeper(self.depth, self.place).map_err(|reason| self.fail(reason))?;
        let mut found = Map::new();
        match self.shape {
            Shape::Structure(structure) => {
                while let Some(name) = members.next_key::<Name<'de>>()? {
                    let member = self.member(structure, &name.0);
                    let inside = member.and_then(|member| Some((member, self.wanted.inside(member.name())?)));
                    let Some((member, wanted)) = inside else {
                        members.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let place = self.place.member(member.name());
                    let seed = Seed { shape: member.shape(), wanted, place: &place, depth, whole: false, ..self };
                    if let Some(value) = members.next_value_seed(seed)? {
                        insert(&mut found, member.name(), value, seed.shape, &place)
                            .map_err(|reason| self.fail(reason))?;
                    }
                }
            }
            Shape::Map(map) => {
                while let Some(key) = members.next_key::<Name<'de>>()? {
                    let Some(wanted) = self.wanted.inside(&key.0) else {
                        members.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let place = self.place.any_key();
                    let seed = Seed { shape: map.value(), wanted, place: &place, depth, whole: false, ..self };
                    if let Some(value) = members.next_value_seed(seed)? {
                        insert(&mut found, &key.0, value, seed.shape, &place).map_err(|reason| self.fail(reason))?;
                    }
                }
            }
            _ => return Err(self.wrong()),
        }
        Ok(Some(Value::Object(found)))
    }
}

impl Seed<'_> {
    fn member(&self, structure: Structure, wire: &str) -> Option<Member> {
        let mut members = structure.members();
        members.find(|it| it.wire_name() == wire && (!self.whole || it.location() == Location::Body))
    }
}

/// Removes the members of free JSON that are not wanted. Free JSON has no shape, so the parser could not skip them.
fn prune(value: &mut Value, wanted: &Wanted) {
    match value {
        _ if *wanted == Wanted::Everything => {}
        Value::Object(members) => members.retain(|name, value| {
            wanted.inside(name).is_some_and(|wanted| {
                prune(value, wanted);
                true
            })
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| prune(item, wanted)),
        _ => {}
    }
}

/// The name of a member, borrowed from the text if it has no escape.
struct Name<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Read)
    }
}
