//! The subjects of the mutants, and the mutants of one subject.
//!
//! This module must not know verdicts.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Broken, Change, STRANGER, Step};
use super::readings::{IDENTITY, Reading, Readings, Route, Wanted};
use super::statements::{demands_rights, denies, is_document};
use super::values::{self, ITEMS, Setting};
use super::{Mutants, numbers};
use crate::facts::iam::PERMISSIONS;
use crate::facts::{Attribute, Fact, Population, Resource, Type, Value};
use crate::matchers::{Condition, MatchContext, inside};

/// The part of an account whose mutants are tried together. It is a resource, with the index of its population and its
/// own index, or a population, with its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Resource(usize, usize),
    Population(usize),
}

/// Returns all subjects that have facts which a case reads.
pub(super) fn all(populations: &[Population], readings: &Readings<'_>) -> Vec<Subject> {
    let mut all = Vec::new();
    for (at, population) in populations.iter().enumerate() {
        if readings.existence(population.kind.name).is_empty() || population.resources.is_empty() {
            continue;
        }
        all.push(Subject::Population(at));
        let living = population.resources.iter().enumerate().filter(|(_, it)| it.gone.is_none());
        all.extend(living.map(|(index, _)| Subject::Resource(at, index)));
    }
    all
}

/// One mutant of a subject, before it is judged.
#[derive(Debug)]
pub(super) struct Mutant {
    /// The fact, such as `subscriptions[2].endpoint`. It is empty for a change of the resource itself.
    pub(super) fact: String,
    pub(super) change: Change,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    pub(super) edit: Edit,
    /// The cases that are about the resource and read the fact.
    pub(super) readers: BTreeSet<usize>,
    /// The cases that can notice the change: the readers, and the cases that are about the resource only after the
    /// change.
    pub(super) judges: BTreeSet<usize>,
}

/// The change of the facts that a mutant makes.
#[derive(Debug)]
pub(super) enum Edit {
    Fact(&'static str, Fact),
    Rename(Box<Resource>),
    Remove,
    RemoveAll,
}

/// Returns the mutants of a resource, and the number of items that are not broken because their list is too long.
pub(super) fn of_resource(mutants: &Mutants<'_>, at: (usize, usize), resource: &Resource) -> (Vec<Mutant>, usize) {
    let (mut all, mut left_out) = (Vec::new(), 0);
    let (mut identity, mut judges_of_identity) = (BTreeSet::new(), BTreeSet::new());
    for (name, readings) in mutants.readings.attributes(resource.kind.name) {
        let reached: Vec<&Reading<'_>> =
            readings.iter().filter(|it| mutants.reaches(it.case, it.route, at, resource)).collect();
        let (Some(attribute), false) = (resource.kind.attribute(name), reached.is_empty()) else { continue };
        if IDENTITY.contains(&name) {
            identity.extend(reached.iter().map(|it| it.case));
            judges_of_identity.extend(readings.iter().map(|it| it.case));
            continue;
        }
        let other = mutants.others.get(&(at.0, name)).and_then(|it| it.iter().find(|it| !is_known(resource, name, it)));
        let setting = Setting { resource, now: mutants.now, other, wanted: Wanted::Either };
        all.extend(of_fact(attribute, &reached, readings, &setting));
        if let Some(Fact::Known(value)) = resource.get(name) {
            left_out += long(value);
        }
    }
    let existence = mutants.readings.existence(resource.kind.name).iter();
    let reached: Vec<_> = existence.filter(|(case, route)| mutants.reaches(*case, *route, at, resource)).collect();
    let by_reference = |route: &Route<'_>| matches!(route, Route::Reference(_));
    identity.extend(reached.iter().filter(|(_, route)| by_reference(route)).map(|(case, _)| *case));
    if !identity.is_empty() {
        let renamed = renamed(resource);
        judges_of_identity.extend(identity.iter().copied());
        all.push(Mutant {
            fact: String::new(),
            change: Change::Renamed,
            before: Some(resource.name.as_str().into()),
            after: Some(renamed.name.as_str().into()),
            edit: Edit::Rename(Box::new(renamed)),
            readers: identity,
            judges: judges_of_identity,
        });
    }
    let readers: BTreeSet<usize> = reached.iter().map(|(case, _)| *case).collect();
    if !readers.is_empty() {
        all.push(existence_mutant(Change::Removed, Edit::Remove, readers));
    }
    (all, left_out)
}

/// Returns the mutant of a population, if a case reads its resources.
pub(super) fn of_population(mutants: &Mutants<'_>, at: usize) -> Option<Mutant> {
    let population = mutants.populations.get(at)?;
    let mut readers = BTreeSet::new();
    for (case, route) in mutants.readings.existence(population.kind.name) {
        let mut living = population.resources.iter().enumerate();
        if living.any(|(index, it)| mutants.reaches(*case, *route, (at, index), it)) {
            readers.insert(*case);
        }
    }
    (!readers.is_empty()).then(|| existence_mutant(Change::AllRemoved, Edit::RemoveAll, readers))
}

fn existence_mutant(change: Change, edit: Edit, readers: BTreeSet<usize>) -> Mutant {
    let judges = readers.clone();
    Mutant { fact: String::new(), change, before: None, after: None, edit, readers, judges }
}

/// Returns the mutants of one fact.
fn of_fact(
    attribute: &'static Attribute,
    reached: &[&Reading<'_>],
    readings: &[Reading<'_>],
    setting: &Setting<'_>,
) -> Vec<Mutant> {
    let fact = setting.resource.get(attribute.name);
    let mut all: Vec<(Vec<String>, Broken)> = Vec::new();
    for reading in reached {
        let setting = &Setting { wanted: reading.wanted, ..*setting };
        let found = match fact {
            Some(Fact::Known(value)) if !value.is_withheld() => of_known(attribute, value, reading, setting),
            Some(Fact::Absent) if reading.inside.is_empty() => {
                let set = values::sets(attribute.of, reading.condition, setting).into_iter();
                set.map(|it| Broken::whole(Change::Set, None, Some(it))).collect()
            }
            _ => Vec::new(),
        };
        let path = &reading.inside;
        all.extend(found.into_iter().map(|it| (if it.path.is_empty() { Vec::new() } else { path.clone() }, it)));
    }
    let old = match fact {
        Some(Fact::Known(value)) => Some(value),
        _ => None,
    };
    // Each broken value is tried once, even if several conditions lead to it.
    let mut seen = BTreeSet::new();
    let mut mutants = Vec::new();
    for (path, broken) in all {
        let plausible = broken.whole.as_ref().is_none_or(|value| attribute.doubt(value).is_none());
        if broken.whole.as_ref() == old || !plausible || !seen.insert(broken.whole.clone()) {
            continue;
        }
        let fact = broken.whole.map_or(Fact::Absent, Fact::Known);
        mutants.push(Mutant {
            fact: shown(attribute.name, &broken.path),
            change: broken.change,
            before: broken.before,
            after: broken.after,
            edit: Edit::Fact(attribute.name, fact),
            readers: reached.iter().filter(|it| it.sees(&path)).map(|it| it.case).collect(),
            judges: readings.iter().filter(|it| it.sees(&path)).map(|it| it.case).collect(),
        });
    }
    mutants
}

/// Returns the broken forms of a known value for one reading.
fn of_known(attribute: &Attribute, value: &Value, reading: &Reading<'_>, setting: &Setting<'_>) -> Vec<Broken> {
    let mut all = match reading.compares {
        Some(_) => across(attribute.name, value, reading, setting),
        None => values::at_path(value, attribute.of, &reading.inside, reading.condition, setting),
    };
    if reading.inside.is_empty() && can_be_absent(attribute) && decides(attribute, value, reading) {
        all.push(Broken::whole(Change::Absent, Some(value), None));
    }
    all
}

/// Returns the broken forms of a value that another attribute is compared with. Each one changes the answer of the test
/// of the other attribute.
fn across(name: &'static str, value: &Value, reading: &Reading<'_>, setting: &Setting<'_>) -> Vec<Broken> {
    let (Some(test), true) = (reading.compares, reading.inside.is_empty()) else { return Vec::new() };
    let Some(Fact::Known(compared)) = setting.resource.get(test.lookup.attribute.name) else { return Vec::new() };
    let Some(pivot) = inside(Some(compared), &test.lookup.inside) else { return Vec::new() };
    let answer = |own: &Value| {
        let mut resource = setting.resource.clone();
        resource.facts.insert(name, Fact::Known(own.clone()));
        let context = MatchContext::of(&resource, setting.now);
        test.condition.test_inside(Some(compared), &test.lookup.inside, &context)
    };
    let holds = answer(value);
    let candidates = numbers::around(value, pivot, setting.now).into_iter().filter(|it| answer(it) != holds);
    candidates.map(|it| Broken::whole(Change::Across, Some(value), Some(it))).collect()
}

/// Whether AWS can return no value for an attribute. The documentation of each attribute names the situations without a
/// value. The attribute with the permissions of an identity is excluded, because its documentation is about the
/// boundary.
fn can_be_absent(attribute: &Attribute) -> bool {
    let documented = attribute.doc.contains("absent") || !attribute.none.is_empty();
    documented && attribute.of != Type::Record(PERMISSIONS)
}

/// Whether the loss of the value can be a violation. The loss of a document can be one only if the document denies
/// something, or a test demands rights.
fn decides(attribute: &Attribute, value: &Value, reading: &Reading<'_>) -> bool {
    let demanded = match reading.condition {
        Some(Condition::Tests(tests)) => demands_rights(tests),
        Some(Condition::Fields(_)) | None => true,
    };
    !is_document(attribute.of) || denies(value) || demanded
}

/// Returns up to two different values of each attribute that is read, by the index of the population. If there are two,
/// every resource has a value that differs from at least one of them.
pub(super) fn others(
    populations: &[Population],
    readings: &Readings<'_>,
) -> BTreeMap<(usize, &'static str), Vec<Value>> {
    let mut all: BTreeMap<(usize, &'static str), Vec<Value>> = BTreeMap::new();
    for (at, population) in populations.iter().enumerate() {
        for (name, _) in readings.attributes(population.kind.name) {
            let Some(attribute) = population.kind.attribute(name) else { continue };
            let values = all.entry((at, attribute.name)).or_default();
            for resource in &population.resources {
                match resource.get(name) {
                    Some(Fact::Known(value)) if values.len() < 2 && !value.is_withheld() && !values.contains(value) => {
                        values.push(value.clone());
                    }
                    _ => {}
                }
            }
        }
    }
    all
}

fn is_known(resource: &Resource, name: &str, value: &Value) -> bool {
    matches!(resource.get(name), Some(Fact::Known(known)) if known == value)
}

/// Returns the same resource with another name.
fn renamed(resource: &Resource) -> Resource {
    let mut renamed = resource.clone();
    let again = |text: &str| match text.rfind(&resource.name) {
        Some(at) if !resource.name.is_empty() => {
            let (before, rest) = text.split_at(at);
            format!("{before}{STRANGER}{}", rest.strip_prefix(&resource.name).unwrap_or_default())
        }
        _ => text.to_owned(),
    };
    renamed.id = again(&resource.id);
    STRANGER.clone_into(&mut renamed.name);
    for name in IDENTITY {
        if let Some(Fact::Known(Value::Text(text))) = renamed.facts.get_mut(name) {
            *text = again(text);
        }
    }
    renamed
}

/// Returns the number of items beyond the limit `ITEMS`, in all lists and maps of a value.
fn long(value: &Value) -> usize {
    match value {
        Value::List(items) => items.len().saturating_sub(ITEMS) + items.iter().map(long).sum::<usize>(),
        Value::Map(items) => items.len().saturating_sub(ITEMS) + items.values().map(long).sum::<usize>(),
        _ => 0,
    }
}

/// Returns the path of a fact: `subscriptions[2].endpoint`.
fn shown(attribute: &str, path: &[Step]) -> String {
    let mut text = attribute.to_owned();
    for step in path.iter().rev() {
        match step {
            Step::Key(key) => text.push_str(&format!(".{key}")),
            Step::Item(at) => text.push_str(&format!("[{at}]")),
        }
    }
    text
}

/// Returns the path of a fact without the numbers of items: `subscriptions[].endpoint`. Equal facts of several
/// resources have equal patterns.
pub(super) fn pattern(fact: &str) -> String {
    let mut text = String::with_capacity(fact.len());
    let mut inside = false;
    for character in fact.chars() {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            _ if inside && character.is_ascii_digit() => continue,
            _ => {}
        }
        text.push(character);
    }
    text
}
