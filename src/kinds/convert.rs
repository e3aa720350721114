//! From the SDK's types to ours, the same for every kind.
//!
//! Must not know any single kind or service.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::facts::{Cause, Fact, Gap, Resource, Value};

/// An instant; `None` outside the years that a timestamp can hold.
pub(super) fn time(at: Option<&DateTime>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

/// Tags as a map from key to value; a tag without value has the empty text.
pub(super) fn tags<'a>(pairs: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Value {
    let map: BTreeMap<String, Value> = pairs
        .into_iter()
        .filter_map(|(key, value)| Some((key?.to_owned(), Value::from(value.unwrap_or_default()))))
        .collect();
    Value::Map(map)
}

/// The partition in the ARNs of a Region.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The gap of a list that says there is more but not where, or that repeats its token: never a complete population.
pub(super) fn truncated(message: &str) -> Gap {
    Gap { message: message.to_owned(), ..Gap::new(Cause::Truncated) }
}

/// The gap of an answer that could not be understood.
pub(super) fn malformed(message: impl Into<String>) -> Gap {
    Gap { message: message.into(), ..Gap::new(Cause::Malformed) }
}

/// A fact that AWS did not tell, where the rest of the same answer is good: only this attribute is blind.
pub(super) fn unknown(resource: &Resource, service: &str, operation: &str, gap: Gap) -> Fact {
    Fact::Unknown(Arc::new(Gap {
        service: service.to_owned(),
        operation: operation.to_owned(),
        account: resource.account.to_string(),
        region: resource.region.to_string(),
        resource: resource.id.clone(),
        ..gap
    }))
}
