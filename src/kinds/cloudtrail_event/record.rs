//! The record of an event: a JSON text inside the answer.
//!
//! Only the members that the attributes need are read. The parameters and the answer of a request can hold secrets, and
//! they are dropped here. This module must not know what is expected of an event.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::kinds::support::convert::malformed;
use attestry_core::facts::{Gap, Value};

/// The members of a record.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Record {
    user_identity: Identity,
    pub(super) event_name: String,
    pub(super) event_source: String,
    pub(super) event_time: Timestamp,
    pub(super) read_only: Option<bool>,
    #[serde(rename = "eventID")]
    event_id: String,
    pub(super) event_type: String,
    pub(super) event_category: Option<String>,
    pub(super) error_code: Option<String>,
    request_parameters: Option<Named>,
    service_event_details: Option<Named>,
    additional_event_data: Option<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    #[serde(rename = "type")]
    of: Option<String>,
    arn: Option<String>,
    invoked_by: Option<String>,
    session_context: Option<Session>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    session_issuer: Option<Issuer>,
}

#[derive(Deserialize)]
struct Issuer {
    arn: Option<String>,
}

/// A member that is read: its name in the record in lower case, the field that it becomes, and the form of its value.
type Member = (&'static str, &'static str, Form);

#[derive(Clone, Copy)]
enum Form {
    Text,
    Number,
    Flag,
}

const REQUEST: &[Member] = &[
    ("secretid", "secret", Form::Text),
    ("keyid", "key", Form::Text),
    ("aliasname", "alias", Form::Text),
    ("versionstage", "version_stage", Form::Text),
    ("rolearn", "role", Form::Text),
    ("keyspec", "key_spec", Form::Text),
    ("pendingwindowindays", "pending_days", Form::Number),
    ("forcedeletewithoutrecovery", "without_recovery", Form::Flag),
];

const DETAILS: &[Member] = &[
    ("rotationtype", "rotation_type", Form::Text),
    ("keyid", "key", Form::Text),
    ("previouskeymaterialid", "previous_material", Form::Text),
    ("currentkeymaterialid", "current_material", Form::Text),
    ("secretid", "secret", Form::Text),
];

/// The members of an object that have a name and one plain value. All other members are dropped while the text is read.
struct Named(BTreeMap<String, Plain>);

enum Plain {
    Text(String),
    Number(i64),
    Flag(bool),
}

impl Record {
    /// Reads the record of the event with this id. A record with another id is an error.
    pub(super) fn read(text: &str, id: &str) -> Result<Self, Gap> {
        let record: Self = serde_json::from_str(text).map_err(|error| {
            // The message of the parser can quote the text, so only the place is used.
            malformed(format!("the record of the event cannot be read at column {}", error.column()))
        })?;
        if record.event_id != id {
            return Err(malformed("the record belongs to another event"));
        }
        Ok(record)
    }

    pub(super) fn actor(&self) -> Option<&str> {
        self.user_identity.arn.as_deref()
    }

    pub(super) fn actor_type(&self) -> Option<&str> {
        self.user_identity.of.as_deref()
    }

    pub(super) fn invoked_by(&self) -> Option<&str> {
        self.user_identity.invoked_by.as_deref()
    }

    pub(super) fn issuer(&self) -> Option<&str> {
        self.user_identity.session_context.as_ref()?.session_issuer.as_ref()?.arn.as_deref()
    }

    /// Returns the name of the session, which is the last part of the ARN of an assumed role.
    pub(super) fn session(&self) -> Option<&str> {
        let (_, path) = self.actor()?.split_once(":assumed-role/")?;
        path.split_once('/').map(|(_, session)| session)
    }

    pub(super) fn request(&self) -> Option<Value> {
        record([self.request_parameters.as_ref()], REQUEST)
    }

    /// Returns the details of an event that a service caused. Secrets Manager and KMS write them into different
    /// members.
    pub(super) fn service_details(&self) -> Option<Value> {
        if self.event_type != "AwsServiceEvent" {
            return None;
        }
        record([self.service_event_details.as_ref(), self.additional_event_data.as_ref()], DETAILS)
    }
}

/// Returns a record with those members that are there.
fn record<const N: usize>(of: [Option<&Named>; N], members: &[Member]) -> Option<Value> {
    let value = |(name, field, form): &Member| {
        let plain = of.iter().flatten().find_map(|named| named.0.get(*name))?;
        let value = match (form, plain) {
            (Form::Text, Plain::Text(text)) => Value::from(text),
            (Form::Number, Plain::Number(number)) if *number >= 0 => Value::Integer(*number),
            (Form::Flag, Plain::Flag(flag)) => Value::Bool(*flag),
            _ => return None,
        };
        Some(((*field).to_owned(), value))
    };
    let fields: BTreeMap<String, Value> = members.iter().filter_map(value).collect();
    (!fields.is_empty()).then_some(Value::Map(fields))
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamedVisitor)
    }
}

struct NamedVisitor;

impl<'de> Visitor<'de> for NamedVisitor {
    type Value = Named;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Named, E> {
        Ok(Named(BTreeMap::new()))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Named, M::Error> {
        let mut kept = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let name = name.to_ascii_lowercase();
            let form = REQUEST.iter().chain(DETAILS).find(|(member, ..)| *member == name).map(|(.., form)| *form);
            let plain = match form {
                None => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                Some(Form::Text) => map.next_value::<Option<_>>()?.map(Plain::Text),
                Some(Form::Number) => map.next_value::<Option<_>>()?.map(Plain::Number),
                Some(Form::Flag) => map.next_value::<Option<_>>()?.map(Plain::Flag),
            };
            kept.extend(plain.map(|plain| (name, plain)));
        }
        Ok(Named(kept))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const EVENT: &str = "7f1e";

    fn text(rest: &str) -> String {
        format!(
            r#"{{"eventVersion":"1.11","eventID":"7f1e","eventName":"RotateKey","eventSource":"kms.amazonaws.com","eventTime":"2026-11-20T22:00:00Z","eventType":"AwsServiceEvent",{rest}}}"#
        )
    }

    fn read(rest: &str) -> Record {
        Record::read(&text(rest), EVENT).unwrap()
    }

    #[test]
    fn a_rotation_of_a_key_has_its_materials_and_no_actor() {
        let record = read(
            r#""userIdentity":{"accountId":"111122223333","invokedBy":"AWS Internal"},"eventCategory":"Management","requestParameters":null,
               "serviceEventDetails":{"rotationType":"AUTOMATIC","keyOrigin":"AWS_KMS","previousKeyMaterialId":"a1","currentKeyMaterialId":"b2","keyId":"arn:k"}"#,
        );
        assert_eq!((record.actor(), record.actor_type(), record.issuer(), record.session()), (None, None, None, None));
        let fields =
            [("rotation_type", "AUTOMATIC"), ("key", "arn:k"), ("previous_material", "a1"), ("current_material", "b2")];
        let details = Value::record(fields.map(|(name, value)| (name, Some(Value::from(value)))));
        assert_eq!((record.service_details(), record.request()), (Some(details), None));
    }

    #[test]
    fn both_spellings_of_a_secret_are_one_secret() {
        for member in ["SecretId", "secretId"] {
            let rest = format!(
                r#""userIdentity":{{"accountId":"1"}},"additionalEventData":{{"{member}":"arn:s","other":{{"a":1}}}}"#
            );
            let details = Value::record([("secret", Some(Value::from("arn:s")))]);
            assert_eq!(read(&rest).service_details(), Some(details), "{member}");
        }
    }

    #[test]
    fn a_session_has_a_role_and_a_name() {
        let record = read(
            r#""userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/deploy/run-1",
               "sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::111122223333:role/team/deploy"}}}"#,
        );
        assert_eq!(record.session(), Some("run-1"));
        assert_eq!(record.issuer(), Some("arn:aws:iam::111122223333:role/team/deploy"));
    }

    #[test]
    fn only_named_members_of_a_request_are_read() {
        let record = read(
            r#""userIdentity":{},"requestParameters":{"secretId":"bank-a","secretString":"hunter2","forceDeleteWithoutRecovery":true,
               "pendingWindowInDays":7,"tags":[{"key":"a"}]},"responseElements":{"credentials":{"sessionToken":"hunter2"}}"#,
        );
        let fields = [
            ("secret", Some(Value::from("bank-a"))),
            ("pending_days", Some(Value::Integer(7))),
            ("without_recovery", Some(Value::Bool(true))),
        ];
        assert_eq!(record.request(), Some(Value::record(fields)));
    }

    #[test]
    fn a_record_that_is_not_of_the_event_is_refused() {
        let whole = text(r#""userIdentity":{}"#);
        assert!(Record::read(&whole, EVENT).is_ok());
        assert!(Record::read(&whole, "8").is_err());
        for cut in 0..whole.len() {
            assert!(Record::read(whole.get(..cut).unwrap(), EVENT).is_err(), "{cut}");
        }
        for member in ["userIdentity", "eventID", "eventName", "eventSource", "eventTime", "eventType"] {
            assert!(Record::read(&whole.replace(member, "other"), EVENT).is_err(), "{member}");
        }
        let secret = text(r#""userIdentity":"hunter2""#);
        let message = Record::read(&secret, EVENT).err().map(|gap| gap.message.clone()).unwrap();
        assert!(!message.contains("hunter2"), "{message}");
    }
}
