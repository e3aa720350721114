//! The items of a call that is made once and adds facts to every resource. This module must not know the population.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::list::{Walk, is_own};
use super::request::{Scope, parameters};
use super::{answer, malformed};
use crate::aws::AccountRegion;
use attestry_core::facts::{Fact, Gap, Resource, Value};
use attestry_core::kind_files::{FileCall, Join};

/// The items by the key of their resource. Items of a call without a key have the empty key.
type Items = BTreeMap<String, Vec<Json>>;

/// Returns the item of a resource, or null for a resource without an item.
pub(super) async fn item(call: &'static FileCall, at: &AccountRegion, resource: &Resource) -> Result<Json, Gap> {
    let items = items(call, at).await?;
    let has_key = matches!(call.join, Some(Join::Key { .. }));
    let (key, many) = match &call.join {
        Some(Join::Key { ours, many, .. }) => match resource.get(ours) {
            Some(Fact::Known(Value::Text(text))) => (text.as_str(), *many),
            Some(Fact::Unknown(gap)) => return Err(Gap::clone(gap)),
            _ => return Ok(Json::Null),
        },
        Some(Join::First) | None => ("", false),
    };
    // When the account is the key, an item with another key is an error.
    if *key == *at.account && items.keys().any(|it| it != key) {
        return Err(malformed("the answer has an item of another account"));
    }
    let own = items.get(key).map(Vec::as_slice).unwrap_or_default();
    match own {
        _ if many => Ok(Json::Array(own.to_vec())),
        [] => Ok(Json::Null),
        // One of them could be the truth, and the answer does not show which one.
        [first, more @ ..] if has_key && more.iter().any(|item| item != first) => {
            Err(malformed("the answer has two different items of this resource"))
        }
        [first, ..] => Ok(first.clone()),
    }
}

/// Returns whether the key of an item is an ARN of another account or Region. Such an item adds nothing to a resource
/// here, so the resource would look as if it had no item.
fn is_foreign(key: &str, at: &AccountRegion, scope: &Scope<'_>) -> bool {
    key.starts_with("arn:") && !is_own(key, at, &scope.region())
}

async fn items(call: &'static FileCall, at: &AccountRegion) -> Result<Arc<Items>, Gap> {
    at.once(format!("{}:{}", call.call.service, call.call.operation), async {
        let scope = Scope { at, resource: None, parent: None, each: "" };
        let mut walk = Walk::new(call, parameters(call, &scope)?);
        let mut found = Items::new();
        while let Some(page) = walk.next(at).await? {
            for item in answer::items(call, page)? {
                if !answer::keeps(call, &item)? {
                    continue;
                }
                let key = match &call.join {
                    Some(Join::Key { theirs, .. }) => {
                        let key = theirs.value(&item).map_err(|wrong| malformed(format!("{theirs}: {wrong}")))?;
                        match key {
                            Json::String(text) if is_foreign(&text, at, &scope) => {
                                return Err(malformed(format!("{theirs} is of another account or Region")));
                            }
                            Json::String(text) => text,
                            // An item of no resource, such as the grant of an account.
                            Json::Null => continue,
                            _ => return Err(malformed(format!("{theirs} is no text"))),
                        }
                    }
                    Some(Join::First) | None => String::new(),
                };
                found.entry(key).or_default().push(item);
            }
        }
        Ok(found)
    })
    .await
}
