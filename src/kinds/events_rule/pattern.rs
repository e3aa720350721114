//! The values that an event pattern names, field by field.
//!
//! This module does not match events. A matcher that is not a plain text is kept as its JSON text. This module must not
//! know AWS clients.

use serde_json::Value as Json;

use crate::kinds::support::convert::malformed;
use attestry_core::facts::{Gap, Value};

/// The fields of a pattern that become facts: the attribute, and the path in the pattern.
pub(super) const FIELDS: [(&str, &[&str]); 4] = [
    ("pattern.sources", &["source"]),
    ("pattern.detail_types", &["detail-type"]),
    ("pattern.event_sources", &["detail", "eventSource"]),
    ("pattern.event_names", &["detail", "eventName"]),
];

/// Reads a pattern.
///
/// # Errors
/// Fails when the text is not a JSON object.
pub(super) fn parse(text: &str) -> Result<Json, Gap> {
    match serde_json::from_str(text) {
        Ok(pattern @ Json::Object(_)) => Ok(pattern),
        _ => Err(malformed("the event pattern is not a JSON object")),
    }
}

/// Returns the values that the pattern allows in a field. `None` when the pattern does not restrict the field.
pub(super) fn allowed(pattern: &Json, path: &[&str]) -> Option<Value> {
    let mut found = Vec::new();
    let named = collect(pattern, path, &mut found);
    named.then(|| Value::texts(found))
}

fn collect(pattern: &Json, path: &[&str], found: &mut Vec<String>) -> bool {
    let Some((first, rest)) = path.split_first() else {
        let items = match pattern {
            Json::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        found.extend(items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)));
        return true;
    };
    let direct = pattern.get(first).is_some_and(|inner| collect(inner, rest, found));
    let mut alternatives = false;
    for alternative in pattern.get("$or").and_then(Json::as_array).into_iter().flatten() {
        alternatives |= collect(alternative, path, found);
    }
    direct || alternatives
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]
mod tests {
    use super::*;

    #[test]
    fn fields_of_patterns() {
        let trail = r#"{"source":["aws.secretsmanager"],"detail-type":["AWS API Call via CloudTrail"],
            "detail":{"eventSource":["secretsmanager.amazonaws.com"],"eventName":["GetSecretValue","PutSecretValue"]}}"#;
        let prefix = r#"{"source":[{"prefix":"aws."},"own"]}"#;
        let either = r#"{"$or":[{"source":["a"]},{"source":["b"],"detail":{"$or":[{"eventName":["X"]}]}}]}"#;
        let (sources, names): (&[&str], &[&str]) = (&["source"], &["detail", "eventName"]);
        for (pattern, path, expected) in [
            (trail, sources, Some(vec!["aws.secretsmanager"])),
            (trail, names, Some(vec!["GetSecretValue", "PutSecretValue"])),
            (prefix, sources, Some(vec![r#"{"prefix":"aws."}"#, "own"])),
            (prefix, names, None),
            (either, sources, Some(vec!["a", "b"])),
            (either, names, Some(vec!["X"])),
            ("{}", sources, None),
        ] {
            assert_eq!(allowed(&parse(pattern).unwrap(), path), expected.map(Value::texts), "{pattern} {path:?}");
        }
        assert!(parse("[]").is_err());
        assert!(parse("").is_err());
    }
}
