//! Converts the values that a readable description writes differently from the wire: JSON documents, instants, bytes
//! and free texts.
//!
//! This module must not know the syntax of any protocol. The encoders write the result without further conversion.

use aws_smithy_types::base64;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Protocol, cbor, percent_encode};
use crate::aws::Operation;

/// The members that AWS sends as JSON text.
const DOCUMENTS: &[&str] = &[
    "AssumeRolePolicyDocument",
    "CloudTrailEvent",
    "Document",
    "EffectiveDeliveryPolicy",
    "DeliveryPolicy",
    "EventPattern",
    "FilterPolicy",
    "InputParameters",
    "Policy",
    "PolicyDocument",
    "PolicyText",
    "RedrivePolicy",
    "ResourcePolicy",
    "policyDocument",
];

/// The members that are always texts, even when they look like an instant.
const TEXTS: &[&str] = &[
    "Description",
    "Key",
    "LatestDeliveryAttemptSucceeded",
    "LatestDeliveryAttemptTime",
    "LatestNotificationAttemptSucceeded",
    "LatestNotificationAttemptTime",
    "Name",
    "TimeLoggingStarted",
    "TimeLoggingStopped",
    "VarCharValue",
    "Value",
    "description",
    "name",
];

/// The members with free names and values, such as tags. The values are always texts.
const FREE: &[&str] = &["Attributes", "Tags", "Variables", "tags"];

/// Returns whether the values in a member are always texts.
pub(in crate::aws) fn is_free(member: &str) -> bool {
    FREE.contains(&member)
}

/// The members that contain bytes. A description may write the bytes as their text.
const BYTES: &[(&str, &str, &str)] = &[("iam", "GetCredentialReport", "Content")];

/// The members that are floating-point numbers in a protocol with separate types for these and for whole numbers.
const FRACTIONS: &[&str] = &["Average", "Maximum", "Minimum", "SampleCount", "Sum", "Threshold", "Values", "ZScore"];

/// The operations of Lambda that send instants. All others send texts.
const LAMBDA_INSTANTS: &[&str] = &["EventSourceMapping", "EventInvokeConfig"];

/// Converts documents to texts, and instants to the form of the protocol.
pub(super) fn prepare(operation: &Operation, value: &mut Value) {
    let instants = match (Protocol::of(&operation.service), operation.service.as_str()) {
        (_, "logs") => Instants::Milliseconds,
        (Protocol::Json, _) => Instants::Seconds,
        (Protocol::RestJson, _) if LAMBDA_INSTANTS.iter().any(|name| operation.name.contains(name)) => {
            Instants::Seconds
        }
        (Protocol::Cbor, _) => Instants::Tagged,
        (Protocol::Query | Protocol::RestXml, _) => Instants::Text,
        (Protocol::RestJson, _) => Instants::AsWritten,
    };
    let fractions = Protocol::of(&operation.service) == Protocol::Cbor;
    for (_, _, member) in BYTES.iter().filter(|it| (it.0, it.1) == (operation.service.as_str(), &*operation.name)) {
        if let Some(Value::String(text)) = value.get_mut(*member)
            && base64::decode(text.as_str()).is_err()
        {
            *text = base64::encode(text.as_str());
        }
    }
    Walk { instants, fractions, encoded: operation.service == "iam" }.member("", value);
}

#[derive(Clone, Copy, PartialEq)]
enum Instants {
    /// The service uses its own text forms, so texts stay as they are written.
    AsWritten,
    /// Texts in UTC.
    Text,
    Seconds,
    Milliseconds,
    Tagged,
}

struct Walk {
    instants: Instants,
    fractions: bool,
    encoded: bool,
}

impl Walk {
    fn member(&self, name: &str, value: &mut Value) {
        let document = DOCUMENTS.contains(&name);
        match value {
            // The member `Policy` of IAM's GetPolicy is a structure with the properties of a policy, not a document.
            Value::Object(members) if document && is_document(name, members) => {
                *value = Value::String(self.text(Value::Object(std::mem::take(members)).to_string()));
            }
            Value::Object(members) => {
                let free = FREE.contains(&name);
                for (name, member) in members {
                    match member {
                        // A member of a map, whose name is not in the model, may be a document, such as the Policy of an
                        // SNS topic. It is never an instant.
                        Value::Object(inside) if free && DOCUMENTS.contains(&name.as_str()) => {
                            *member = Value::String(self.text(Value::Object(std::mem::take(inside)).to_string()));
                        }
                        _ if free => {}
                        _ => self.member(name, member),
                    }
                }
            }
            Value::Array(items) => {
                let inside = if FREE.contains(&name) { "Value" } else { name };
                items.iter_mut().for_each(|item| self.member(inside, item));
            }
            Value::String(text) if document && text.trim_start().starts_with('{') => {
                *text = self.text(std::mem::take(text));
            }
            Value::String(text) if !document && !TEXTS.contains(&name) => {
                if let Some(instant) = self.instant(text) {
                    *value = instant;
                }
            }
            Value::Number(number) if self.fractions && FRACTIONS.contains(&name) => {
                if let Some(fraction) = number.as_f64() {
                    *value = json!(fraction);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn text(&self, document: String) -> String {
        if self.encoded { percent_encode(&document) } else { document }
    }

    fn instant(&self, text: &str) -> Option<Value> {
        if self.instants == Instants::AsWritten {
            return None;
        }
        let instant = read_instant(text)?;
        let milliseconds = instant.as_millisecond();
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit a double exactly")]
        let seconds = || {
            if milliseconds % 1000 == 0 { json!(milliseconds / 1000) } else { json!(milliseconds as f64 / 1000.0) }
        };
        match self.instants {
            Instants::AsWritten => None,
            Instants::Text => Some(json!(instant.to_string())),
            Instants::Milliseconds => Some(json!(milliseconds)),
            Instants::Seconds => Some(seconds()),
            Instants::Tagged => Some(json!({ cbor::INSTANT: seconds() })),
        }
    }
}

/// Reads an instant in UTC, or with the offset of the machine on which the AWS CLI printed it.
fn read_instant(text: &str) -> Option<Timestamp> {
    // The form is `2026-11-20T09:00:00`, then a fraction and the offset. A date alone is a text.
    let rest = text.get(19..)?;
    let has_offset = rest.ends_with('Z') || rest.contains(['+', '-']);
    let is_instant = text.starts_with(|it: char| it.is_ascii_digit()) && text.as_bytes().get(10) == Some(&b'T');
    if is_instant && has_offset { text.parse().ok() } else { None }
}

/// Returns whether a mapping in the place of a document is the document itself.
fn is_document(name: &str, members: &Map<String, Value>) -> bool {
    name != "Policy" || !(members.contains_key("Arn") || members.contains_key("PolicyName"))
}
