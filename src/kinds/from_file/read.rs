//! Makes one call of a file for one resource. This module must not know the population.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::list::Walk;
use super::request::{Scope, parameters};
use super::{answer, joined, malformed};
use crate::aws::AccountRegion;
use attestry_core::facts::{Fact, Gap, Resource};
use attestry_core::kind_files::{Each, FileCall, When};

/// Makes a call and sets its attributes.
pub(super) async fn read(call: &'static FileCall, at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    if let Some(when) = &call.when
        && !applies(when, resource)?
    {
        resource.set_all_of(call.call.operation, &Fact::NotApplicable(Cow::Borrowed(&when.otherwise)));
        return Ok(());
    }
    if call.each == Each::Joined {
        return match joined::item(call, at, resource).await {
            Ok(item) => {
                answer::set(call, &item, &Scope { at, resource: None, parent: None, each: "" }, resource);
                Ok(())
            }
            Err(gap) => meant(call, gap, resource),
        };
    }
    let input = parameters(call, &Scope { at, resource: Some(resource), parent: None, each: "" })?;
    let (mut walk, mut whole) = (Walk::new(call, input), Json::Null);
    loop {
        match walk.next(at).await {
            Ok(Some(page)) if answer::lacks_its_lists(call, &page) => {
                return Err(malformed("the answer has no list"));
            }
            Ok(Some(page)) => merge(&mut whole, page),
            Ok(None) => break,
            Err(gap) => return meant(call, gap, resource),
        }
    }
    let mut items = answer::items(call, whole)?;
    match (items.pop(), items.is_empty()) {
        (Some(item), true) => {
            answer::set(call, &item, &Scope { at, resource: None, parent: None, each: "" }, resource);
            Ok(())
        }
        (Some(_), false) => Err(malformed("the answer has several items for one resource")),
        (None, _) => {
            let gap = malformed("the answer has no item for the resource");
            match &call.none {
                Some(meaning) => {
                    let gap = gap.of_call(call.call.service, call.call.operation);
                    answer::mean(call, meaning, gap, resource)
                }
                None => Err(gap),
            }
        }
    }
}

/// Adds a page to the pages before it: their lists become one list. A list that each page repeats stays as it is.
fn merge(whole: &mut Json, page: Json) {
    match (whole, page) {
        (Json::Object(members), Json::Object(more)) => {
            for (name, value) in more {
                match members.get_mut(&name) {
                    Some(earlier) => merge(earlier, value),
                    None => drop(members.insert(name, value)),
                }
            }
        }
        (Json::Array(items), Json::Array(more)) => {
            if *items != more {
                items.extend(more);
            }
        }
        (whole, page) => *whole = page,
    }
}

/// Sets the attributes if the file declares the error of AWS as a valid answer. Any other error stays a gap.
fn meant(call: &FileCall, gap: Gap, resource: &mut Resource) -> Result<(), Gap> {
    match call.meaning(&gap.code) {
        Some(meaning) => answer::mean(call, meaning, gap, resource),
        None => Err(gap),
    }
}

fn applies(when: &'static When, resource: &Resource) -> Result<bool, Gap> {
    match resource.get(&when.attribute) {
        Some(Fact::Known(value)) => Ok(when.is.contains(value)),
        Some(Fact::Unknown(gap)) => Err(Gap::clone(gap)),
        _ => Ok(false),
    }
}
