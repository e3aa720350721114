//! Reads CBOR by shape, and the CBOR of errors without a shape. Members that are not wanted are skipped. This module
//! must not know headers.

use aws_smithy_cbor::Decoder;
use aws_smithy_cbor::data::Type;
use aws_smithy_cbor::decode::DeserializeError;
use serde_json::{Map, Number, Value};

use super::{DEPTH, deeper, insert, wrong};
use crate::shape::Shape;
use crate::wire::place::Place;
use crate::wire::{Unreadable, Wanted, scalar};

impl From<DeserializeError> for Unreadable {
    fn from(_: DeserializeError) -> Self {
        Self::Protocol("CBOR")
    }
}

/// Returns the value of a body, or `None` when it is null.
pub(super) fn read(shape: Shape, body: &[u8], wanted: &Wanted) -> Result<Option<Value>, Unreadable> {
    let mut reader = Reader { body, decoder: Decoder::new(body) };
    let value = reader.value(shape, wanted, &Place::Root, DEPTH)?;
    if reader.decoder.position() == body.len() { Ok(value) } else { Err(Unreadable::Protocol("CBOR")) }
}

/// Returns the texts of a map without a shape, such as an error.
pub(super) fn texts(body: &[u8]) -> Result<Vec<(String, String)>, Unreadable> {
    let mut decoder = Decoder::new(body);
    let (mut left, mut found) = (decoder.map()?, Vec::new());
    while more(&mut decoder, &mut left)? {
        let name = decoder.str()?.into_owned();
        match decoder.datatype()? {
            Type::String | Type::StringIndef => found.push((name, decoder.str()?.into_owned())),
            _ => decoder.skip()?,
        }
    }
    Ok(found)
}

struct Reader<'b> {
    body: &'b [u8],
    decoder: Decoder<'b>,
}

impl Reader<'_> {
    fn value(
        &mut self,
        shape: Shape,
        wanted: &Wanted,
        place: &Place<'_>,
        depth: usize,
    ) -> Result<Option<Value>, Unreadable> {
        let decoder = &mut self.decoder;
        Ok(Some(match (decoder.datatype()?, shape) {
            (Type::Null | Type::Undefined, _) => {
                decoder.skip()?;
                return Ok(None);
            }
            (Type::Bool, Shape::Boolean) => Value::Bool(decoder.boolean()?),
            (whole, Shape::Integer) if is_whole(&whole) => Value::from(decoder.long()?),
            (whole, Shape::Float) if is_whole(&whole) => float(decoder.long()? as f64),
            (Type::F16 | Type::F32 | Type::F64, Shape::Float) => float(decoder.double()?),
            (Type::F16 | Type::F32 | Type::F64, Shape::Integer) => {
                let whole = scalar::integer_of_double(decoder.double()?);
                Value::from(whole.ok_or_else(|| wrong(shape, place))?)
            }
            (Type::String | Type::StringIndef, Shape::Text(_)) => Value::from(decoder.str()?.into_owned()),
            (Type::Bytes | Type::BytesIndef, Shape::Blob) => Value::from(scalar::base64(decoder.blob()?.as_ref())),
            (Type::Tag, Shape::Timestamp(_)) => {
                let at = decoder.position();
                // The tag of an instant is one byte. The library cuts an instant to milliseconds, although the double
                // can be slightly below the intended millisecond. So the number is read here.
                if self.body.get(at) != Some(&0xc1) {
                    return Err(wrong(shape, place));
                }
                decoder.set_position(at + 1);
                let seconds = match decoder.datatype()? {
                    Type::F16 | Type::F32 | Type::F64 => decoder.double()?,
                    _ => decoder.long()? as f64,
                };
                let instant = scalar::instant_of_seconds(seconds);
                Value::from(scalar::rfc3339_text(instant.ok_or_else(|| wrong(shape, place))?))
            }
            (Type::Array | Type::ArrayIndef, Shape::List(list)) => {
                let depth = deeper(depth, place)?;
                let (mut left, mut items) = (decoder.list()?, Vec::new());
                while more(&mut self.decoder, &mut left)? {
                    let place = place.item(items.len());
                    let item = self.value(list.item(), wanted, &place, depth)?;
                    items.push(item.ok_or_else(|| wrong(list.item(), &place))?);
                }
                Value::Array(items)
            }
            (Type::Map | Type::MapIndef, Shape::Structure(_) | Shape::Map(_)) => {
                self.members(shape, wanted, place, deeper(depth, place)?)?
            }
            _ => return Err(wrong(shape, place)),
        }))
    }

    fn members(&mut self, shape: Shape, wanted: &Wanted, place: &Place<'_>, depth: usize) -> Result<Value, Unreadable> {
        let (mut left, mut found) = (self.decoder.map()?, Map::new());
        while more(&mut self.decoder, &mut left)? {
            let wire = self.decoder.str()?;
            let (name, shape, place) = match shape {
                Shape::Structure(structure) => match structure.members().find(|it| it.wire_name() == wire) {
                    Some(member) => (member.name().into(), member.shape(), place.member(member.name())),
                    None => {
                        self.decoder.skip()?;
                        continue;
                    }
                },
                Shape::Map(map) => (wire, map.value(), place.any_key()),
                _ => return Err(wrong(shape, place)),
            };
            let Some(wanted) = wanted.inside(&name) else {
                self.decoder.skip()?;
                continue;
            };
            if let Some(value) = self.value(shape, wanted, &place, depth)? {
                insert(&mut found, &name, value, shape, &place)?;
            }
        }
        Ok(Value::Object(found))
    }
}

fn is_whole(kind: &Type) -> bool {
    matches!(kind, Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64)
}

fn float(number: f64) -> Value {
    match Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None if number.is_nan() => Value::from("NaN"),
        None => Value::from(if number > 0.0 { "Infinity" } else { "-Infinity" }),
    }
}

/// Returns whether a list or map has another item. If the list or map has no length, the function consumes its end
/// mark.
fn more(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, DeserializeError> {
    match left {
        Some(0) => Ok(false),
        Some(count) => {
            *count -= 1;
            Ok(true)
        }
        None if decoder.datatype()? == Type::Break => {
            decoder.skip()?;
            Ok(false)
        }
        None => Ok(true),
    }
}
