//! Lists the population of a file: page by page, for each literal and for each resource of the parent.
//!
//! This module must not know the calls for single resources.

use serde_json::{Map, Value as Json};

use super::request::{Scope, parameters, send};
use super::{answer, malformed};
use crate::aws::{AccountRegion, Pages};
use crate::collect::{Collector, Listing, resources};
use attestry_core::facts::{Cause, Gap, Resource, Value, partition};
use attestry_core::kind_files::{Each, FileAttribute, FileCall, KindFile, Meaning, Origin, Path, Values, read_item};

/// Lists the population.
pub(super) async fn list(
    file: &'static KindFile,
    parent: Option<Collector>,
    at: &AccountRegion,
    found: &mut Listing,
) -> Result<(), Gap> {
    let mut count = 0;
    for call in file.population() {
        match call.each {
            Each::Parent => {
                let (mut gone, mut there) = (None, false);
                for parent in parents(file, parent, at).await? {
                    let scope = Scope { at, resource: None, parent: Some(&parent), each: "" };
                    match pages(file, call, &scope, found, &mut count).await? {
                        Some(gap) => gone = Some(gap),
                        None => there = true,
                    }
                }
                // When all parents of a list are gone, the list does not show which resources exist.
                if let (Some(gap), false) = (gone, there) {
                    return Err(gap);
                }
            }
            _ => {
                for each in &call.for_each {
                    let scope = Scope { at, resource: None, parent: None, each };
                    pages(file, call, &scope, found, &mut count).await?;
                }
            }
        }
    }
    Ok(())
}

/// Returns the resources of the parent kind.
async fn parents(file: &'static KindFile, parent: Option<Collector>, at: &AccountRegion) -> Result<Vec<Resource>, Gap> {
    let name = file.kind.parent.unwrap_or_default();
    let collector = parent.ok_or_else(|| malformed(format!("there is no kind `{name}`")))?;
    let list = collector.kind().calls.first();
    let listed = resources(collector, at).await.map_err(|gap| match list {
        // The gap belongs to the list of the parents, and not to the list of this kind.
        Some(list) if gap.operation.is_empty() => gap.of_call(list.service, list.operation),
        _ => gap,
    })?;
    if listed.len() > file.limits.parents {
        return Err(truncated(format!("there are more than {} {}", file.limits.parents, collector.kind().plural)));
    }
    Ok(listed.to_vec())
}

/// Reads the pages of one list. Returns the gap when AWS answers that the parent does not exist any more.
async fn pages(
    file: &'static KindFile,
    call: &'static FileCall,
    scope: &Scope<'_>,
    found: &mut Listing,
    count: &mut usize,
) -> Result<Option<Gap>, Gap> {
    let input = parameters(call, scope)?;
    let mut walk = Walk::new(call, input);
    loop {
        let page = match walk.next(scope.at).await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(None),
            Err(gap) => {
                return match call.meaning(&gap.code) {
                    Some(Meaning::Empty) => Ok(None),
                    Some(Meaning::ParentGone) => Ok(Some(gap.with_cause(Cause::Gone))),
                    // The parameters name the resource, so there is a resource, and it lacks these values.
                    Some(Meaning::Absent) => add(call, &Json::Null, scope, found).map(|()| None),
                    _ => Err(gap),
                };
            }
        };
        for item in answer::items(call, page)? {
            if !answer::keeps(call, &item)? {
                continue;
            }
            *count += 1;
            if *count > file.limits.resources {
                return Err(truncated(format!("there are more than {} {}", file.limits.resources, file.kind.plural)));
            }
            add(call, &item, scope, found)?;
        }
    }
}

/// Adds the resource of an item.
fn add(call: &FileCall, item: &Json, scope: &Scope<'_>, found: &mut Listing) -> Result<(), Gap> {
    let values = read_item(call, item, scope);
    place(call, &values, scope)?;
    let name = text(&values, "name")?;
    let id = if values.iter().any(|(known, _)| *known == "arn") { text(&values, "arn")? } else { text(&values, "id")? };
    answer::store(values, found.add(id, name));
    Ok(())
}

/// Checks that the ARN or the account id in the answer belongs to this account and Region.
fn place(call: &FileCall, values: &Values, scope: &Scope<'_>) -> Result<(), Gap> {
    for (name, value) in values {
        let reads = |it: &&FileAttribute| it.name == *name && matches!(it.reading.from, Origin::Path(_));
        let foreign = match (*name, value) {
            ("arn", Ok(Some(Value::Text(arn)))) => !is_own(arn, scope.at, &scope.region()),
            ("id", Ok(Some(Value::Text(id)))) => is_account(id) && *id != *scope.at.account,
            _ => false,
        };
        if foreign && call.attributes.iter().find(reads).is_some_and(|it| !it.reading.any_account) {
            return Err(malformed("the answer is of another account or Region"));
        }
    }
    Ok(())
}

/// Returns whether an ARN belongs to this account and Region. Some ARNs have no account or no Region, such as the ARNs
/// of buckets.
pub(super) fn is_own(arn: &str, at: &AccountRegion, here: &str) -> bool {
    let mut parts = arn.split(':').skip(1);
    let (of, region, account) = (parts.next(), parts.nth(1).unwrap_or_default(), parts.next().unwrap_or_default());
    of == Some(partition(here))
        && (account.is_empty() || *account == *at.account)
        && (region.is_empty() || region == here)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn text(values: &Values, attribute: &str) -> Result<String, Gap> {
    let found = values.iter().find(|(name, _)| *name == attribute).map(|(_, value)| value);
    match found {
        Some(Ok(Some(Value::Text(text)))) => Ok(text.clone()),
        Some(Err(unread)) => Err(malformed(format!("{attribute}: {}", unread.why))),
        // The driver turns a missing name into a gap.
        _ => Ok(String::new()),
    }
}

/// The pages of a call.
pub(super) struct Walk {
    call: &'static FileCall,
    input: Map<String, Json>,
    pages: Pages,
}

impl Walk {
    pub(super) fn new(call: &'static FileCall, input: Map<String, Json>) -> Self {
        Self { call, input, pages: Pages::default() }
    }

    /// Returns the next page, or `None` after the last page.
    pub(super) async fn next(&mut self, at: &AccountRegion) -> Result<Option<Json>, Gap> {
        if !self.pages.go_on() {
            return Ok(None);
        }
        let mut input = self.input.clone();
        if let (Some(pages), Some(token)) = (&self.call.pages, self.pages.token()) {
            input.insert(pages.send.clone(), token.into());
        }
        let answer = send(self.call, at, input).await?;
        let Some(pages) = &self.call.pages else {
            self.pages.turn(None, false)?;
            return Ok(Some(answer));
        };
        let read = |path: &Path| path.value(&answer).map_err(|wrong| malformed(format!("{path}: {wrong}")));
        let token = read(&pages.next)?;
        let more = match &pages.more {
            Some(more) => Some(read(more)?.as_bool().unwrap_or(false)),
            None => None,
        };
        let token = token.as_str().filter(|_| more != Some(false));
        self.pages.turn(token, more == Some(true))?;
        Ok(Some(answer))
    }
}

fn truncated(message: String) -> Gap {
    Gap::new(Cause::Truncated).with_message(message)
}
