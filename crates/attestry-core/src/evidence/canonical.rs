//! JSON with only one form for each value, as RFC 8785 defines it: sorted keys and no spaces. All numbers are whole,
//! because the signed documents have no other numbers.
//!
//! This module must not know which values are written.

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::Value;

/// The largest whole number that every reader of JSON reads exactly.
const EXACT: u64 = 1 << 53;

/// Returns the canonical form of a value.
///
/// # Errors
/// Fails if the value cannot be written as JSON, or if it contains a number that readers read differently.
pub(super) fn write(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    put(&serde_json::to_value(value)?, &mut out)?;
    Ok(out)
}

fn put(value: &Value, out: &mut Vec<u8>) -> serde_json::Result<()> {
    match value {
        Value::Number(number) if number.as_i64().is_none_or(|it| it.unsigned_abs() > EXACT) => {
            return Err(serde_json::Error::custom(format!("{number} is no whole number that is exact everywhere")));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => serde_json::to_writer(out, value)?,
        Value::Array(items) => {
            let mut before = b'[';
            for item in items {
                out.push(before);
                put(item, out)?;
                before = b',';
            }
            out.extend_from_slice(if items.is_empty() { b"[]" } else { b"]" });
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            // The order is the order of UTF-16 code units, which differs from the order of characters.
            fields.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            let mut before = b'{';
            for (name, field) in &fields {
                out.push(before);
                serde_json::to_writer(&mut *out, name)?;
                out.push(b':');
                put(field, out)?;
                before = b',';
            }
            out.extend_from_slice(if fields.is_empty() { b"{}" } else { b"}" });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn text(json: &str) -> Option<String> {
        let value: Value = serde_json::from_str(json).unwrap();
        write(&value).ok().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn one_form_for_each_value() {
        let sorted =
            text(r#" { "b" : [ 1 , true , null , { } , [ ] ] , "a" : { "d" : "é\u0001\u001f\n\/" , "c" : -1 } } "#);
        assert_eq!(sorted.unwrap(), "{\"a\":{\"c\":-1,\"d\":\"é\\u0001\\u001f\\n/\"},\"b\":[1,true,null,{},[]]}");
        // The example of RFC 8785, section 3.2.3, without its control characters.
        let sorted = text(r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#).unwrap();
        assert_eq!(sorted, "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}");
    }

    #[test]
    fn numbers_that_readers_differ_about_are_refused() {
        for json in ["1.5", "1e3", "9007199254740993", "18446744073709551615", "-9007199254740993"] {
            assert_eq!(text(json), None, "{json}");
        }
        assert_eq!(text("9007199254740992").as_deref(), Some("9007199254740992"));
    }
}
