//! Writes CBOR by shape. This module must not know headers.

use aws_smithy_cbor::Encoder;
use aws_smithy_types::DateTime;
use serde_json::Value;

use super::given;
use crate::shape::Shape;
use crate::wire::scalar;

pub(super) fn write(shape: Shape, it: &Value) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    value(&mut encoder, shape, it);
    encoder.into_writer()
}

/// Returns a map of texts.
pub(super) fn texts(members: &[(&str, &str)]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    encoder.map(members.len());
    for (name, text) in members {
        encoder.str(name).str(text);
    }
    encoder.into_writer()
}

fn value(encoder: &mut Encoder, shape: Shape, it: &Value) {
    match (shape, it) {
        (Shape::Structure(structure), Value::Object(members)) => {
            let set = || structure.members().filter_map(|member| Some((member, given(member, members)?)));
            encoder.map(set().count());
            for (member, it) in set() {
                encoder.str(member.wire_name());
                value(encoder, member.shape(), it);
            }
        }
        (Shape::List(list), Value::Array(items)) => {
            encoder.array(items.len());
            items.iter().for_each(|item| value(encoder, list.item(), item));
        }
        (Shape::Map(map), Value::Object(entries)) => {
            let set = || entries.iter().filter(|(_, it)| !it.is_null());
            encoder.map(set().count());
            for (key, it) in set() {
                encoder.str(key);
                value(encoder, map.value(), it);
            }
        }
        (Shape::Timestamp(_), it) => match scalar::instant(it) {
            Some(instant) => {
                encoder.timestamp(&DateTime::from_secs_f64(scalar::seconds(instant).as_f64().unwrap_or_default()));
            }
            None => {
                encoder.null();
            }
        },
        (Shape::Blob, Value::String(text)) => {
            encoder.blob_bytes(&scalar::of_base64(text).unwrap_or_default());
        }
        (Shape::Float, Value::String(text)) => {
            encoder.double(text.parse().unwrap_or(f64::NAN));
        }
        (Shape::Float, Value::Number(number)) => {
            encoder.double(number.as_f64().unwrap_or(f64::NAN));
        }
        (_, Value::Number(number)) => {
            match number.as_i64() {
                Some(whole) => encoder.long(whole),
                None => encoder.double(number.as_f64().unwrap_or(f64::NAN)),
            };
        }
        (_, Value::Bool(it)) => {
            encoder.boolean(*it);
        }
        (_, Value::String(text)) => {
            encoder.str(text);
        }
        (_, Value::Null) => {
            encoder.null();
        }
        // A JSON document in the place of a text is written as a text.
        (_, Value::Object(_) | Value::Array(_)) => {
            encoder.str(&it.to_string());
        }
    }
}
