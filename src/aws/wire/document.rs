//! What a readable description says differently than the wire: JSON documents and instants.
//!
//! Must not know the syntax of any protocol; it leaves a value that the encoders write as it is.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Protocol, cbor, percent_encode};
use crate::aws::Operation;

/// Members that AWS sends as JSON text.
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

/// Members that are texts however much they look like an instant.
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
    "Value",
    "description",
    "name",
];

/// Members whose names and values are free.
const FREE: &[&str] = &["Attributes", "Tags", "Variables", "tags"];

/// Members that are fractions on a wire that tells them from whole numbers.
const FRACTIONS: &[&str] = &["Average", "Maximum", "Minimum", "SampleCount", "Sum", "Threshold", "Values", "ZScore"];

/// Operations of Lambda that send instants; all others send text.
const LAMBDA_INSTANTS: &[&str] = &["EventSourceMapping", "EventInvokeConfig"];

/// Turns documents into text and instants into what the protocol sends.
pub(super) fn prepare(operation: &Operation, value: &mut Value) {
    let instants = match (Protocol::of(&operation.service), operation.service.as_str()) {
        (_, "logs") => Instants::Milliseconds,
        (Protocol::Json, _) => Instants::Seconds,
        (Protocol::RestJson, _) if LAMBDA_INSTANTS.iter().any(|name| operation.name.contains(name)) => {
            Instants::Seconds
        }
        (Protocol::Cbor, _) => Instants::Tagged,
        (Protocol::Query | Protocol::RestXml | Protocol::RestJson, _) => Instants::Text,
    };
    let fractions = Protocol::of(&operation.service) == Protocol::Cbor;
    Walk { instants, fractions, encoded: operation.service == "iam" }.member("", value);
}

#[derive(Clone, Copy, PartialEq)]
enum Instants {
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
            // IAM's GetPolicy has a member `Policy` that is a structure: a policy, not a document.
            Value::Object(members) if document && is_document(name, members) => {
                *value = Value::String(self.text(Value::Object(std::mem::take(members)).to_string()));
            }
            Value::Object(members) => {
                let free = FREE.contains(&name);
                for (name, member) in members {
                    match member {
                        // Documents may stand among free names (an SNS topic's Policy); instants may not.
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
        if self.instants == Instants::Text || !text.ends_with('Z') || !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let instant: Timestamp = text.parse().ok()?;
        let milliseconds = instant.as_millisecond();
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit a double exactly")]
        let seconds = || {
            if milliseconds % 1000 == 0 { json!(milliseconds / 1000) } else { json!(milliseconds as f64 / 1000.0) }
        };
        match self.instants {
            Instants::Text => None,
            Instants::Milliseconds => Some(json!(milliseconds)),
            Instants::Seconds => Some(seconds()),
            Instants::Tagged => Some(json!({ cbor::INSTANT: seconds() })),
        }
    }
}

/// Whether a mapping at a document's place is the document itself.
fn is_document(name: &str, members: &Map<String, Value>) -> bool {
    name != "Policy" || !(members.contains_key("Arn") || members.contains_key("PolicyName"))
}
