//! Makes one request of a call: its parameters, and the members of the answer that the file reads.
//!
//! This module must not know what an answer means.

use attestry_model::wire::Wanted;
use serde_json::{Map, Value as Json};

use super::malformed;
use crate::aws::AccountRegion;
use crate::aws::client::Client;
use crate::kinds::SHARED_CALLS;
use attestry_core::facts::{Fact, Gap, Resource, Value, partition};
use attestry_core::kind_files::{FileCall, Known, Origin, Path, Reading, Reference};

/// The values of the references of a call.
pub(super) struct Scope<'a> {
    pub(super) at: &'a AccountRegion,
    pub(super) resource: Option<&'a Resource>,
    pub(super) parent: Option<&'a Resource>,
    pub(super) each: &'a str,
}

impl Known for Scope<'_> {
    fn text(&self, reference: &Reference) -> Result<Option<String>, String> {
        self.reference(reference).map_err(|gap| format!("`{reference}` is not known: {}", gap.message))
    }

    fn value(&self, attribute: &str) -> Option<Value> {
        match self.resource?.get(attribute)? {
            Fact::Known(value) => Some(value.clone()),
            _ => None,
        }
    }
}

impl Scope<'_> {
    /// Returns the text of a reference, or `Ok(None)` if it has no value.
    ///
    /// # Errors
    /// The value is unknown. The error is its gap.
    fn reference(&self, reference: &Reference) -> Result<Option<String>, Gap> {
        let of = |resource: Option<&Resource>, name: &str| match resource.and_then(|it| it.get(name)) {
            Some(Fact::Known(Value::Text(text))) => Ok(Some(text.clone())),
            Some(Fact::Known(Value::Integer(number))) => Ok(Some(number.to_string())),
            Some(Fact::Unknown(gap)) => Err(Gap::clone(gap)),
            _ => Ok(None),
        };
        match reference {
            Reference::Attribute(name) => of(self.resource, name),
            Reference::Parent(name) => of(self.parent, name),
            Reference::Account => Ok(Some(self.at.account.to_string())),
            Reference::Region => Ok(Some(self.region())),
            Reference::Partition => Ok(Some(partition(&self.region()).to_owned())),
            Reference::Each => Ok(Some(self.each.to_owned())),
        }
    }

    /// Returns the Region of the requests. A global kind has requests in a Region, too.
    pub(super) fn region(&self) -> String {
        self.at.sdk().region().map(ToString::to_string).unwrap_or_default()
    }
}

/// Returns the parameters of a call.
///
/// # Errors
/// A reference has no value. If the value is unknown, the error is its gap.
pub(super) fn parameters(call: &FileCall, scope: &Scope<'_>) -> Result<Map<String, Json>, Gap> {
    let mut members = Map::new();
    for (name, parameter, _) in &call.parameters {
        match parameter.fill(&|reference| scope.reference(reference))? {
            Some(value) => drop(members.insert(name.clone(), value)),
            None => return Err(malformed(format!("`{name}` has no value for the request"))),
        }
    }
    Ok(members)
}

/// Sends a request of a call.
///
/// # Errors
/// AWS refused the request, did not answer, or answered in an undocumented form.
pub(super) async fn send(call: &FileCall, at: &AccountRegion, input: Map<String, Json>) -> Result<Json, Gap> {
    let operation = attestry_model::service(call.call.service).and_then(|it| it.operation(call.call.operation));
    let Some(operation) = operation else {
        return Err(malformed("this version has no model of the operation"));
    };
    let client = at.client(Client::new);
    let name = format!("{}:{}", call.call.service, call.call.operation);
    if !SHARED_CALLS.contains(&name.as_str()) {
        return client.read(operation, Json::Object(input), &wanted(call)).await;
    }
    // Another kind can share this answer and read other members of it.
    let input = Json::Object(input);
    let answer = at.once(format!("{name} {input}"), client.read(operation, input.clone(), &Wanted::Everything)).await?;
    Ok(Json::clone(&answer))
}

/// Returns the members of the answer that the file reads. All others are skipped, so they are never in memory.
fn wanted(call: &FileCall) -> Wanted {
    let mut chains = Vec::new();
    let mut items = vec![Vec::new()];
    if let Some((path, _)) = &call.items {
        items.clear();
        path.members(&mut items);
    }
    if let Some((path, _)) = &call.document {
        below(&items, path, &mut chains);
    } else {
        call.attributes.iter().for_each(|it| reading(&items, &it.reading, &mut chains));
    }
    if let Some((path, _)) = &call.keep {
        below(&items, path, &mut chains);
    }
    if let Some(attestry_core::kind_files::Join::Key { theirs, .. }) = &call.join {
        below(&items, theirs, &mut chains);
    }
    if let Some(pages) = &call.pages {
        pages.next.members(&mut chains);
        pages.more.iter().for_each(|more| more.members(&mut chains));
    }
    // An item without a wanted member is still an item.
    let mut wanted = Wanted::nothing();
    for chain in chains {
        wanted.add(&chain.iter().map(String::as_str).collect::<Vec<_>>());
    }
    wanted
}

fn reading(from: &[Vec<String>], of: &Reading, chains: &mut Vec<Vec<String>>) {
    of.cases.iter().for_each(|(condition, _)| below(from, condition, chains));
    let Origin::Path(path) = &of.from else { return };
    if of.fields.is_empty() {
        return below(from, path, chains);
    }
    let mut ends = Vec::new();
    below(from, path, &mut ends);
    of.fields.iter().for_each(|(_, field)| reading(&ends, field, chains));
}

/// Adds the chains of a path that starts at each of these places.
fn below(from: &[Vec<String>], path: &Path, chains: &mut Vec<Vec<String>>) {
    let mut inside = Vec::new();
    path.members(&mut inside);
    for place in from {
        chains.extend(inside.iter().map(|chain| place.iter().chain(chain).cloned().collect()));
    }
}
