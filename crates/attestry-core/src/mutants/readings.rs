//! The facts that the cases read: facts of their own resources, of resources behind a reference, and of related
//! resources.
//!
//! This module must not know how a fact is broken, nor how a mutant is judged.

use std::collections::BTreeMap;

use crate::facts::{Attribute, ELSEWHERE, Follow, Followed, Kind, Lookup, MISSING};
use crate::matchers::{Condition, Operand};
use crate::policy::{AttributeTest, Case, Expectation, Related};

/// The attributes that identify a resource. A mutant changes all of them together.
pub(super) const IDENTITY: &[&str] = &["name", "arn", "id"];

/// One place in a case at which the case reads an attribute.
#[derive(Clone)]
pub(super) struct Reading<'a> {
    /// The index of the case.
    pub(super) case: usize,
    pub(super) route: Route<'a>,
    /// The path inside the value of the attribute.
    pub(super) inside: Vec<String>,
    /// The condition on the value at the path.
    pub(super) condition: Option<&'a Condition>,
    /// The test that compares the value of another attribute with this one.
    pub(super) compares: Option<&'a AttributeTest>,
    pub(super) wanted: Wanted,
}

/// The answer of a condition that a case requires. A useful mutant changes this answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The condition must hold.
    Holds,
    /// The condition stands below an odd number of negations, so it must not hold.
    Fails,
    /// The condition selects resources, so a change of the answer in each direction matters.
    Either,
}

impl Wanted {
    /// Returns the required answer of a condition below a negation.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
            Self::Either => Self::Either,
        }
    }

    /// Whether a change of the answer from `before` to `after` violates what is wanted.
    pub(super) fn breaks(self, before: bool, after: bool) -> bool {
        match self {
            Self::Holds => before && !after,
            Self::Fails => !before && after,
            Self::Either => before != after,
        }
    }
}

/// The relation between the resources of a case and the resource with the attribute.
#[derive(Clone, Copy)]
pub(super) enum Route<'a> {
    /// The case is about the resource.
    Own,
    /// A reference of a resource of the case leads to the resource.
    Reference(&'static Follow),
    /// The case counts the resource as a related resource.
    Related(&'a Related),
}

/// All readings of a suite.
#[derive(Default)]
pub(super) struct Readings<'a> {
    /// The readings of attributes, by kind and attribute.
    facts: BTreeMap<(&'a str, &'a str), Vec<Reading<'a>>>,
    /// The readings of the existence of a resource, by kind.
    existence: BTreeMap<&'a str, Vec<(usize, Route<'a>)>>,
}

impl<'a> Readings<'a> {
    /// Collects the readings of all cases.
    pub(super) fn of(cases: &'a [Case]) -> Self {
        let mut all = Self::default();
        for (index, case) in cases.iter().enumerate() {
            all.existence.entry(case.kind.name).or_default().push((index, Route::Own));
            all.read_expectation((index, case.kind), &case.filter, Wanted::Either);
            all.read_expectation((index, case.kind), &case.expect, Wanted::Holds);
        }
        all
    }

    /// Returns the attributes of a kind that are read, in the order of their names.
    pub(super) fn attributes<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = (&'a str, &'s [Reading<'a>])> + 's {
        self.facts.iter().filter(move |((of, _), _)| *of == kind).map(|((_, name), all)| (*name, all.as_slice()))
    }

    /// Returns the cases that depend on the existence of a resource of a kind.
    pub(super) fn existence(&self, kind: &str) -> &[(usize, Route<'a>)] {
        self.existence.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    fn read_expectation(&mut self, of: (usize, &'static Kind), expectation: &'a Expectation, wanted: Wanted) {
        match expectation {
            Expectation::All(parts) | Expectation::Any(parts) => {
                parts.iter().for_each(|part| self.read_expectation(of, part, wanted));
            }
            Expectation::Not(part) => self.read_expectation(of, part, wanted.negated()),
            Expectation::Attribute(test) => self.read_test(of, test, wanted),
        }
    }

    fn read_test(&mut self, (case, kind): (usize, &'static Kind), test: &'a AttributeTest, wanted: Wanted) {
        if let Some(related) = &test.related {
            for outer in related.outer() {
                self.add(kind.name, outer, Reading::of(case, Route::Own, &[], None));
            }
            self.existence.entry(related.kind.name).or_default().push((case, Route::Related(related)));
            self.read_related(case, related, &related.filter);
            return;
        }
        let reading = Reading { wanted, ..Reading::of(case, Route::Own, &[], Some(&test.condition)) };
        self.read_lookup(case, kind, &test.lookup, reading);
        for attribute in test.beside.iter().filter(|attribute| attribute.follow.is_none()) {
            self.add(kind.name, attribute, Reading::of(case, Route::Own, &[], Some(&test.condition)));
        }
        for other in compared(&test.condition) {
            let reading = Reading { compares: Some(test), ..Reading::of(case, Route::Own, &[], None) };
            self.read_lookup(case, kind, other, reading);
        }
    }

    fn read_related(&mut self, case: usize, related: &'a Related, filter: &'a Expectation) {
        filter.visit(&mut |test| {
            let attribute = test.lookup.attribute;
            let condition = attribute.follow.is_none().then_some(&test.condition);
            let name = attribute.follow.map_or(attribute, |follow| follow.via);
            let inside = if condition.is_some() { test.lookup.inside.as_slice() } else { &[] };
            self.add(related.kind.name, name, Reading::of(case, Route::Related(related), inside, condition));
        });
    }

    /// Adds what a path of a case reads: an attribute, or a reference and the resource to which it leads.
    fn read_lookup(&mut self, case: usize, kind: &'static Kind, lookup: &'a Lookup, reading: Reading<'a>) {
        let attribute = lookup.attribute;
        let inside = || lookup.inside.clone();
        let Some(follow) = attribute.follow else {
            self.add(kind.name, attribute, Reading { inside: inside(), ..reading });
            return;
        };
        self.add(kind.name, follow.via, Reading::of(case, Route::Own, &[], None));
        let (route, target) = (Route::Reference(follow), follow.kind.name);
        self.existence.entry(target).or_default().push((case, route));
        // The text of a reference can be an alias, so the case also reads the aliases of the resource.
        if let Some(aliases) = follow.kind.attribute("aliases") {
            self.add(target, aliases, Reading::of(case, route, &[], None));
        }
        match follow.what {
            Followed::Missing | Followed::Elsewhere | Followed::Owner | Followed::Names => {}
            Followed::Attribute(found) => {
                self.add(target, found, Reading { route, inside: inside(), compares: None, ..reading });
            }
            Followed::Records(attributes) => {
                for found in attributes.iter().filter(|it| ![MISSING, ELSEWHERE].contains(&it.name)) {
                    for (path, condition) in reading.condition.iter().flat_map(|it| of_field(it, found.name)) {
                        self.add(target, found, Reading::of(case, route, path, Some(condition)));
                    }
                }
            }
        }
    }

    fn add(&mut self, kind: &'a str, attribute: &'static Attribute, reading: Reading<'a>) {
        self.facts.entry((kind, attribute.name)).or_default().push(reading);
    }
}

impl<'a> Reading<'a> {
    fn of(case: usize, route: Route<'a>, inside: &[String], condition: Option<&'a Condition>) -> Self {
        Self { case, route, inside: inside.to_vec(), condition, compares: None, wanted: Wanted::Either }
    }

    /// Whether a change of the value at a path can affect the reading.
    pub(super) fn sees(&self, path: &[String]) -> bool {
        self.inside.iter().zip(path).all(|(own, other)| own == other)
    }
}

/// Returns the paths that operands of a condition name.
fn compared(condition: &Condition) -> Vec<&Lookup> {
    match condition {
        Condition::Fields(fields) => fields.iter().flat_map(|(_, inner)| compared(inner)).collect(),
        Condition::Tests(tests) => tests
            .iter()
            .flat_map(|test| match &test.operand {
                Operand::Attribute(lookup) => vec![&**lookup],
                Operand::Condition(inner) => compared(inner),
                _ => Vec::new(),
            })
            .collect(),
    }
}

/// Returns the conditions on a field of the records that a condition describes, with the paths inside the field.
fn of_field<'a>(condition: &'a Condition, name: &str) -> Vec<(&'a [String], &'a Condition)> {
    match condition {
        Condition::Fields(fields) => fields
            .iter()
            .filter_map(|(path, inner)| {
                let (first, rest) = path.split_first()?;
                (first == name).then_some((rest, inner))
            })
            .collect(),
        Condition::Tests(tests) => tests
            .iter()
            .filter_map(|test| if let Operand::Condition(inner) = &test.operand { Some(inner) } else { None })
            .flat_map(|inner| of_field(inner, name))
            .collect(),
    }
}
