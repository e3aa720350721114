//! The items of an answer, and the facts of an item. This module must not know how a request is made.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value as Json;

use super::malformed;
use super::request::Scope;
use attestry_core::facts::{Cause, Fact, Gap, Resource, Value};
use attestry_core::kind_files::{Each, FileCall, Meaning, Unread, Values, read_item};

/// Returns the items of an answer. If there is no item, AWS sends an empty list, unless the file states that AWS omits
/// the list.
pub(super) fn items(call: &FileCall, answer: Json) -> Result<Vec<Json>, Gap> {
    let found = match &call.items {
        None => answer,
        Some((path, _)) => path.value(&answer).map_err(|wrong| malformed(format!("{path}: {wrong}")))?,
    };
    let items = match found {
        Json::Null if call.each != Each::Resource && call.none != Some(Meaning::Empty) => {
            let path = call.items.as_ref().map(|(path, _)| path.to_string()).unwrap_or_default();
            return Err(malformed(format!("the answer has no `{path}`")));
        }
        Json::Null => Vec::new(),
        Json::Array(items) => items,
        one => vec![one],
    };
    let Some((path, _)) = &call.document else { return Ok(items) };
    items.iter().map(|item| document(item, path)).collect()
}

/// Returns whether a page has none of the lists that the operation divides into pages, by AWS's model. If there is no
/// item, AWS sends an empty list.
pub(super) fn lacks_its_lists(call: &FileCall, page: &Json) -> bool {
    if call.pages.is_none() {
        return false;
    }
    let model = attestry_model::service(call.call.service).and_then(|it| it.operation(call.call.operation));
    let lists = model.and_then(|it| it.pages()).map(|it| it.items.as_slice()).unwrap_or_default();
    let has =
        |path: &&str| path.split('.').try_fold(page, |value, name| value.get(name)).is_some_and(|it| !it.is_null());
    !lists.is_empty() && !lists.iter().any(has)
}

fn document(item: &Json, path: &attestry_core::kind_files::Path) -> Result<Json, Gap> {
    let text = path.value(item).map_err(|wrong| malformed(format!("{path}: {wrong}")))?;
    let text = text.as_str().ok_or_else(|| malformed(format!("{path} has no document")))?;
    serde_json::from_str(text).map_err(|_| malformed(format!("{path} is no JSON document")))
}

/// Returns whether the `keep` condition of the call accepts the item.
pub(super) fn keeps(call: &FileCall, item: &Json) -> Result<bool, Gap> {
    match &call.keep {
        None => Ok(true),
        Some((path, _)) => path.holds(item).map_err(|wrong| malformed(format!("{path}: {wrong}"))),
    }
}

/// Sets the attributes of a call from an item.
pub(super) fn set(call: &FileCall, item: &Json, scope: &Scope<'_>, resource: &mut Resource) {
    let values = {
        let scope = Scope { resource: Some(&*resource), ..*scope };
        read_item(call, item, &scope)
    };
    store(values, resource);
}

/// Stores the values of an item. A value that could not be read is a gap of its attribute.
pub(super) fn store(values: Values, resource: &mut Resource) {
    for (name, value) in values {
        resource.set(name, fact(value));
    }
}

fn fact(value: Result<Option<Value>, Unread>) -> Fact {
    match value {
        Ok(Some(value)) => Fact::Known(value),
        Ok(None) => Fact::Absent,
        // The answer is complete, and no call returns the value.
        Err(Unread { why, is_left_out: true }) => Fact::Unknown(Arc::new(Gap::new(Cause::Undecided).with_message(why))),
        Err(Unread { why, is_left_out: false }) => Fact::Unknown(Arc::new(malformed(why))),
    }
}

/// Sets the attributes of a call when an error, or a missing item, is a valid answer.
///
/// # Errors
/// The resource does not exist, or the error is no answer of this call.
pub(super) fn mean(call: &FileCall, meaning: &Meaning, gap: Gap, resource: &mut Resource) -> Result<(), Gap> {
    match meaning {
        Meaning::Gone => return Err(gap.with_cause(Cause::Gone)),
        Meaning::Absent => {
            for attribute in &call.attributes {
                let value = attribute.reading.absent.clone();
                resource.set(attribute.name, value.map_or(Fact::Absent, Fact::Known));
            }
        }
        Meaning::NotApplicable(reason) => {
            resource.set_all_of(call.call.operation, &Fact::NotApplicable(Cow::Owned(reason.clone())));
        }
        Meaning::Empty | Meaning::ParentGone => return Err(gap),
    }
    Ok(())
}
