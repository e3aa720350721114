//! Converts CBOR to JSON and back. Only this file names the CBOR crate. This module must not know any member.
//!
//! A value whose type JSON does not have becomes a mapping with one key: `{"$instant": seconds}` or `{"$bytes":
//! "base64"}`.

use aws_smithy_cbor::data::Type;
use aws_smithy_cbor::decode::DeserializeError;
use aws_smithy_cbor::{Decoder, Encoder};
use aws_smithy_types::{DateTime, base64};
use serde_json::{Map, Number, Value, json};

/// The depth limit. No answer of AWS is deeper. A hostile text must not exhaust the stack.
const DEPTH: usize = 64;

pub(in crate::aws) const INSTANT: &str = "$instant";
pub(in crate::aws) const BYTES: &str = "$bytes";

/// Returns the CBOR of a JSON value.
pub(in crate::aws) fn encode(value: &Value) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder, value);
    encoder.into_writer()
}

fn write(encoder: &mut Encoder, value: &Value) {
    match value {
        Value::Null => {
            encoder.null();
        }
        Value::Bool(value) => {
            encoder.boolean(*value);
        }
        Value::Number(number) => {
            match number.as_i64() {
                Some(integer) => encoder.long(integer),
                None => encoder.double(number.as_f64().unwrap_or_default()),
            };
        }
        Value::String(text) => {
            encoder.str(text);
        }
        Value::Array(items) => {
            encoder.array(items.len());
            items.iter().for_each(|item| write(encoder, item));
        }
        Value::Object(members) => {
            if let Some(seconds) = only(members, INSTANT).and_then(Value::as_f64) {
                encoder.timestamp(&DateTime::from_secs_f64(seconds));
            } else if let Some(Ok(bytes)) = only(members, BYTES).and_then(Value::as_str).map(base64::decode) {
                encoder.blob_bytes(&bytes);
            } else {
                encoder.map(members.len());
                for (name, member) in members {
                    encoder.str(name);
                    write(encoder, member);
                }
            }
        }
    }
}

fn only<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|_| members.len() == 1)
}

/// Returns the JSON of one CBOR value, or `None` when it cannot be read whole.
pub(in crate::aws) fn decode(bytes: &[u8]) -> Option<Value> {
    let mut decoder = Decoder::new(bytes);
    let value = read(&mut decoder, DEPTH).ok().flatten()?;
    (decoder.position() == bytes.len()).then_some(value)
}

/// Returns the next value, or `None` when AWS does not send its type.
fn read(decoder: &mut Decoder<'_>, depth: usize) -> Result<Option<Value>, DeserializeError> {
    let Some(inside) = depth.checked_sub(1) else { return Ok(None) };
    Ok(Some(match decoder.datatype()? {
        Type::Bool => Value::Bool(decoder.boolean()?),
        Type::Null | Type::Undefined => {
            decoder.skip()?;
            Value::Null
        }
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
            Value::from(decoder.long()?)
        }
        Type::F16 | Type::F32 | Type::F64 => Number::from_f64(decoder.double()?).map_or(Value::Null, Value::Number),
        Type::Bytes | Type::BytesIndef => json!({ BYTES: base64::encode(decoder.blob()?) }),
        Type::String | Type::StringIndef => Value::String(decoder.str()?.into_owned()),
        Type::Tag => json!({ INSTANT: decoder.timestamp()?.as_secs_f64() }),
        Type::Array | Type::ArrayIndef => {
            let mut left = decoder.list()?;
            let mut items = Vec::new();
            while more(decoder, &mut left)? {
                let Some(item) = read(decoder, inside)? else { return Ok(None) };
                items.push(item);
            }
            Value::Array(items)
        }
        Type::Map | Type::MapIndef => {
            let mut left = decoder.map()?;
            let mut members = Map::new();
            while more(decoder, &mut left)? {
                let name = decoder.str()?.into_owned();
                let Some(member) = read(decoder, inside)? else { return Ok(None) };
                members.insert(name, member);
            }
            Value::Object(members)
        }
        Type::Int | Type::Simple | Type::Break | Type::Unknown(_) => return Ok(None),
    }))
}

/// Returns whether a list or mapping has another item. The function consumes the end mark of a list without a length.
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
