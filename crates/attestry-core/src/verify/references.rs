//! The facts of followed references: which resource a text names, and the facts of this resource.
//!
//! There are four possible answers: the resource, *missing* (the list is complete and does not have it), *elsewhere*
//! (it is in an account or a Region that the stage does not read), and a gap. This module must not know expectations.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::related::Others;
use crate::facts::{
    Attribute, Cause, ELSEWHERE, Fact, Follow, Followed, GLOBAL, Gap, Kind, MISSING, Population, Resource, Scope, Value,
};
use crate::policy::{AttributeTest, Case};

/// Adds the facts of the references that the cases follow, and the counts of related resources. Populations without
/// such facts stay as they are.
pub(crate) fn follow<'a>(cases: &[Case], populations: &'a [Population], now: Timestamp) -> Vec<Cow<'a, Population>> {
    let mut wanted: BTreeMap<&str, Vec<&'static Attribute>> = BTreeMap::new();
    for case in cases {
        case.visit(&mut |test| {
            let of_kind = wanted.entry(case.kind.name).or_default();
            for attribute in test.attributes().into_iter().filter(|it| it.follow.is_some()) {
                if !of_kind.iter().any(|known| known.name == attribute.name) {
                    of_kind.push(attribute);
                }
            }
        });
    }
    let mut counted: BTreeMap<&str, Vec<(&'static Attribute, Others<'_>)>> = BTreeMap::new();
    for case in cases {
        case.visit(&mut |test| {
            let Some(related) = &test.related else { return };
            let of_kind = counted.entry(case.kind.name).or_default();
            let attribute = test.lookup.attribute;
            if !of_kind.iter().any(|(known, _)| known.name == attribute.name) {
                of_kind.push((attribute, Others::new(related, populations, now)));
            }
        });
    }
    let places = Places(populations);
    let with = |population: &'a Population| {
        let attributes = wanted.get(population.kind.name).map(Vec::as_slice).unwrap_or_default();
        let counts = counted.get(population.kind.name).map(Vec::as_slice).unwrap_or_default();
        if attributes.is_empty() && counts.is_empty() {
            return Cow::Borrowed(population);
        }
        let mut population = population.clone();
        for resource in &mut population.resources {
            for attribute in attributes {
                if let Some(fact) = attribute.follow.and_then(|follow| places.fact(resource, follow)) {
                    resource.facts.insert(attribute.name, fact);
                }
            }
            for (attribute, others) in counts {
                let fact = others.count(resource);
                resource.facts.insert(attribute.name, fact);
            }
        }
        Cow::Owned(population)
    };
    populations.iter().map(with).collect()
}

/// Returns the facts that one test derives for one resource, each with the name of its attribute.
pub(crate) fn derive(
    test: &AttributeTest,
    resource: &Resource,
    populations: &[Population],
    now: Timestamp,
) -> Vec<(&'static str, Fact)> {
    if let Some(related) = &test.related {
        return vec![(test.lookup.attribute.name, Others::new(related, populations, now).count(resource))];
    }
    let places = Places(populations);
    let fact = |attribute: &'static Attribute| Some((attribute.name, places.fact(resource, attribute.follow?)?));
    test.attributes().into_iter().filter_map(fact).collect()
}

/// Whether a reference of `from` can name the resource `to`. The function does not check the account and the Region.
pub(crate) fn leads_to(from: &Resource, follow: &Follow, to: &Resource) -> bool {
    let is_it = |text: &String| {
        let name = if text.starts_with("arn:") { text.splitn(6, ':').nth(5).unwrap_or(text) } else { text };
        is_named(to, text, name)
    };
    match from.get(follow.via.name) {
        Some(Fact::Known(Value::Text(text))) => is_it(text),
        Some(Fact::Known(Value::List(items))) => items.iter().any(|it| matches!(it, Value::Text(text) if is_it(text))),
        _ => false,
    }
}

/// The result of the search for a referenced resource.
enum Answer<'a> {
    Found(&'a Resource),
    Missing,
    Elsewhere(String),
    Unknown(Arc<Gap>),
}

/// The populations of a run.
struct Places<'a>(&'a [Population]);

impl Places<'_> {
    /// Returns the fact of a followed attribute, or `None` if the reference was never read.
    fn fact(&self, resource: &Resource, follow: &Follow) -> Option<Fact> {
        Some(match resource.get(follow.via.name)? {
            Fact::Known(Value::Text(text)) => self.of_text(resource, follow, text),
            Fact::Known(Value::List(items)) => self.of_list(resource, follow, items),
            other => other.clone(),
        })
    }

    fn of_text(&self, resource: &Resource, follow: &Follow, text: &str) -> Fact {
        match (self.find(resource, follow.kind, text), follow.what) {
            (Answer::Unknown(gap), _) => Fact::Unknown(gap),
            (Answer::Found(found), Followed::Attribute(target)) => read(found, target, resource, follow),
            (Answer::Missing, Followed::Attribute(_) | Followed::Owner) => Fact::Absent,
            (Answer::Elsewhere(why), Followed::Attribute(_) | Followed::Owner | Followed::Missing) => {
                unknown(resource, follow, why)
            }
            (answer, Followed::Missing) => Fact::Known(matches!(answer, Answer::Missing).into()),
            (answer, Followed::Elsewhere) => Fact::Known(matches!(answer, Answer::Elsewhere(_)).into()),
            (Answer::Found(found), Followed::Owner) => Fact::Known(Value::record([
                ("id", Some(found.id.as_str().into())),
                ("account", Some((&*found.account).into())),
            ])),
            (Answer::Found(found), Followed::Names) => Fact::Known(Value::texts(names(found, text))),
            (_, Followed::Names) => Fact::Known(Value::texts([text])),
            // A single reference is not a list.
            (_, Followed::Records(_)) => Fact::Absent,
        }
    }

    /// Returns a list of records. One unknown item makes the list unknown, because this item could be the one that
    /// decides.
    fn of_list(&self, resource: &Resource, follow: &Follow, items: &[Value]) -> Fact {
        let mut records = Vec::with_capacity(items.len());
        for item in items {
            let Value::Text(text) = item else { continue };
            let mut record = BTreeMap::new();
            let answer = self.find(resource, follow.kind, text);
            let (missing, elsewhere) = match &answer {
                Answer::Found(_) => (false, false),
                Answer::Missing => (true, false),
                Answer::Elsewhere(_) => (false, true),
                Answer::Unknown(gap) => return Fact::Unknown(Arc::clone(gap)),
            };
            for attribute in follow.what.attributes() {
                let fact = match (attribute.name, &answer) {
                    (MISSING, _) => Fact::Known(missing.into()),
                    (ELSEWHERE, _) => Fact::Known(elsewhere.into()),
                    (_, Answer::Found(found)) => read(found, attribute, resource, follow),
                    (_, Answer::Elsewhere(why)) => unknown(resource, follow, why.clone()),
                    _ => Fact::Absent,
                };
                match fact {
                    Fact::Known(value) => drop(record.insert(attribute.name.to_owned(), value)),
                    Fact::Absent | Fact::NotApplicable(_) => {}
                    unknown @ Fact::Unknown(_) => return unknown,
                }
            }
            records.push(Value::Map(record));
        }
        Fact::Known(Value::List(records))
    }

    /// Finds the resource that a text names, by its ARN, id, name or alias.
    fn find(&self, from: &Resource, kind: &'static Kind, text: &str) -> Answer<'_> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let (region, account, name) = match parts.as_slice() {
            ["arn", _, _, region, account, name] => (*region, *account, *name),
            _ => ("", "", text),
        };
        let account = if account.is_empty() { &*from.account } else { account };
        // The name of a bucket is unique across accounts and Regions, and its ARN has neither of them. A resource of a
        // global kind, such as a bucket, may have a home Region.
        let home = from.text("region").unwrap_or(&from.region);
        let nowhere = region.is_empty() && (parts.len() > 1 || kind.name == "s3.bucket" || home == GLOBAL);
        let everywhere = kind.scope == Scope::Global || nowhere;
        let region = if region.is_empty() { home } else { region };
        let here = |it: &&Population| {
            it.kind.name == kind.name && *it.account == *account && (everywhere || *it.region == *region)
        };
        let mut read = false;
        let mut gap = None;
        for population in self.0.iter().filter(here) {
            read = true;
            if let Some(found) = population.resources.iter().find(|it| is_named(it, text, name)) {
                return if found.gone.is_some() { Answer::Missing } else { Answer::Found(found) };
            }
            gap = gap.or(population.gaps.first());
        }
        match (gap, read) {
            (Some(gap), _) => Answer::Unknown(Arc::clone(gap)),
            (None, true) if kind.name == "s3.bucket" => Answer::Elsewhere(format!(
                "the bucket {text} is none of this account, or of a Region that was not read"
            )),
            // AWS may have ended the list early, so a resource that is not in the list can exist.
            (None, true) if !kind.qualified.is_empty() => Answer::Unknown(Arc::new(unlisted(from, kind, text))),
            (None, true) => Answer::Missing,
            (None, false) => Answer::Elsewhere(format!("{text} is in account {account}, {region}, which was not read")),
        }
    }
}

/// Returns the gap of a resource that is not in a list which AWS may end early.
fn unlisted(from: &Resource, kind: &Kind, text: &str) -> Gap {
    let call = kind.calls.first();
    Gap::new(Cause::Undecided)
        .of_call(call.map_or("", |call| call.service), call.map_or("", |call| call.operation))
        .at(from.account.to_string(), from.region.to_string())
        .with_resource(from.id.clone())
        .with_message(format!("{text} is not among the {}, and their list is qualified", kind.plural))
        .redacted()
}

/// Whether a text names a resource.
fn is_named(resource: &Resource, text: &str, name: &str) -> bool {
    let has = |attribute: &str, wanted: &str| resource.text(attribute) == Some(wanted);
    let short = name.rsplit_once(['/', ':']).map_or(name, |(_, short)| short);
    let aliases = match resource.get("aliases") {
        Some(Fact::Known(Value::List(aliases))) => aliases.as_slice(),
        _ => &[],
    };
    resource.id == text
        || has("arn", text)
        || has("id", text)
        || !text.starts_with("arn:") && (resource.name == text || has("id", short))
        || text.starts_with("arn:") && resource.text("arn").is_none() && (has("id", short) || resource.name == name)
        || aliases.iter().any(|alias| matches!(alias, Value::Text(alias) if alias == name))
}

/// Returns every text that names a resource.
fn names(resource: &Resource, text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::from([text.to_owned(), resource.id.clone()]);
    names.extend(["arn", "id"].iter().filter_map(|attribute| resource.text(attribute)).map(str::to_owned));
    if let Some(Fact::Known(Value::List(aliases))) = resource.get("aliases") {
        let partition = resource.id.split(':').nth(1).unwrap_or("aws").to_owned();
        let service = resource.kind.name.split('.').next().unwrap_or_default();
        for alias in aliases {
            let Value::Text(alias) = alias else { continue };
            names.insert(format!("arn:{partition}:{service}:{}:{}:{alias}", resource.region, resource.account));
            names.insert(alias.clone());
        }
    }
    names
}

/// Returns the fact of the resource that was found. A fact that was never read becomes a gap.
fn read(found: &Resource, attribute: &Attribute, from: &Resource, follow: &Follow) -> Fact {
    match found.get(attribute.name) {
        Some(fact) => fact.clone(),
        None => unknown(from, follow, format!("`{}` of {} was not read", attribute.name, found.name)),
    }
}

fn unknown(resource: &Resource, follow: &Follow, why: String) -> Fact {
    let call = resource.kind.call(follow.via.call);
    let gap = Gap::new(Cause::NotAsked)
        .of_call(call.map_or("", |call| call.service), follow.via.call)
        .at(resource.account.to_string(), resource.region.to_string())
        .with_resource(resource.id.clone())
        .with_message(why)
        .redacted();
    Fact::Unknown(Arc::new(gap))
}
