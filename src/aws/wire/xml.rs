//! Encodes the XML of the query protocol. This module must not know S3, whose lists and roots differ.

use serde_json::Value;

use super::xml_escape;
use crate::aws::Operation;

/// The members that are maps on the wire: a list of entries with a key and a value.
const MAPS: &[(&str, &str)] = &[("iam", "SummaryMap"), ("iam", "EvalDecisionDetails"), ("sns", "Attributes")];

/// Returns the whole answer.
pub(super) fn query(operation: &Operation, request_id: &str, value: &Value) -> String {
    let name = &operation.name;
    let mut out = format!("<{name}Response><{name}Result>");
    if let Value::Object(members) = value {
        for (member, value) in members {
            write(&mut out, &operation.service, member, value);
        }
    }
    out.push_str(&format!(
        "</{name}Result><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
    ));
    out
}

fn write(out: &mut String, service: &str, name: &str, value: &Value) {
    if value.is_null() {
        return;
    }
    tag(out, name, |out| match value {
        Value::Object(members) if MAPS.contains(&(service, name)) => {
            for (key, value) in members {
                tag(out, "entry", |out| {
                    tag(out, "key", |out| out.push_str(&xml_escape(key)));
                    write(out, service, "value", value);
                });
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                write(out, service, name, value);
            }
        }
        Value::Array(items) => {
            for item in items {
                write(out, service, "member", item);
            }
        }
        scalar => out.push_str(&xml_escape(&text(scalar))),
    });
}

/// Writes an element.
pub(super) fn tag(out: &mut String, name: &str, inside: impl FnOnce(&mut String)) {
    // The name comes from a description. A text that is no name would break the whole answer, and no client requests
    // it.
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.')) {
        return;
    }
    out.push('<');
    out.push_str(name);
    out.push('>');
    inside(out);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Returns a single value as text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
