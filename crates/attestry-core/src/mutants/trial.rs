//! Tries the mutants of a subject: breaks the facts, judges again the cases that read them, and puts the facts back.
//!
//! This module must not know how mutants are made, nor how survivors are shown.

use std::collections::BTreeMap;

use super::accepted::State;
use super::subject::{self, Edit, Mutant, Subject, pattern};
use super::summary::{Survivor, TEXT};
use super::{Change, Mutants, Standing, decides_alone, place, standings};
use crate::facts::{Population, Resource, Value};
use crate::matchers::show;
use crate::policy::{AttributeTest, Case, Judgement};
use crate::source::printable;
use crate::verify::{ResourceVerdict, derive, evaluate, judge_alone, leads_to};

/// The results of the mutants of one subject.
#[derive(Debug, Default)]
pub struct Tried {
    pub(super) kind: &'static str,
    /// Maps each fact to whether a case notices at least one of its mutants. Renamed and removed resources are no
    /// facts.
    pub(super) facts: BTreeMap<String, bool>,
    /// The number of mutants and the number of noticed mutants, by the pattern of the fact and the change.
    pub(super) counts: BTreeMap<(String, Change), (usize, usize)>,
    pub(super) survivors: Vec<Survivor>,
    /// For each case, the number of mutants for which it is the first case that noticed the mutant.
    pub(super) noticed: BTreeMap<usize, usize>,
    /// The state of each acceptance.
    pub(super) states: Vec<State>,
    pub(super) left_out: usize,
}

/// Tries the mutants of subjects, one subject after the other.
pub struct Worker<'m, 'a> {
    mutants: &'m Mutants<'a>,
    populations: Vec<Population>,
    /// The judgement of the resource of the subject without a mutant, by the index of the case.
    before: BTreeMap<usize, Judged>,
}

/// The result of a case for one resource, without the id of the resource. `None` when the case is not about the
/// resource.
type Judged = Option<(ResourceVerdict, Vec<(String, String)>)>;

/// The part of a resource that an edit touches.
#[derive(Clone, Copy)]
enum Touched<'t> {
    Attribute(&'t str),
    Everything,
}

/// The effect of a mutant on one resource of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    /// The result is the same.
    None,
    /// The result is another one. The whole case must be judged again to know whether its findings change.
    Silent,
    /// The result is another one, and it changes the findings, because one resource alone can decide the case.
    Finding,
}

impl<'m, 'a> Worker<'m, 'a> {
    pub(super) fn new(mutants: &'m Mutants<'a>) -> Self {
        Self { mutants, populations: mutants.populations.clone(), before: BTreeMap::new() }
    }

    /// Tries all mutants of a subject.
    pub fn try_subject(&mut self, number: usize) -> Tried {
        let mutants = self.mutants;
        let Some(subject) = mutants.subjects.get(number).copied() else { return Tried::default() };
        self.begin();
        let population = match subject {
            Subject::Resource(at, _) | Subject::Population(at) => at,
        };
        let (made, left_out) = match subject {
            Subject::Resource(at, index) => match mutants.resource((at, index)) {
                Some(resource) => subject::of_resource(mutants, (at, index), resource),
                None => (Vec::new(), 0),
            },
            Subject::Population(at) => (subject::of_population(mutants, at).into_iter().collect(), 0),
        };
        let mut tried = Tried {
            kind: mutants.kind(population).map_or("", |kind| kind.name),
            states: vec![State::MatchesNothing; mutants.accepted.all.len()],
            left_out,
            ..Tried::default()
        };
        for mutant in made {
            let noticed = match subject {
                Subject::Resource(at, index) => self.try_resource(&mutant, (at, index)),
                Subject::Population(at) => self.try_population(&mutant, at),
            };
            self.record(&mut tried, subject, mutant, noticed);
        }
        tried
    }

    /// Forgets the judgements of the previous subject.
    pub(super) fn begin(&mut self) {
        self.before.clear();
    }

    /// Returns the facts of the worker. Between two mutants, they are equal to the facts of the account.
    #[cfg(test)]
    pub(super) fn populations(&self) -> &[Population] {
        &self.populations
    }

    fn record(&self, tried: &mut Tried, subject: Subject, mutant: Mutant, noticed: Option<usize>) {
        let (population, resource) = match subject {
            Subject::Resource(at, index) => (at, self.mutants.resource((at, index))),
            Subject::Population(at) => (at, None),
        };
        let Some(population) = self.mutants.populations.get(population) else { return };
        let survivor = Survivor {
            kind: population.kind.name,
            account: population.account.to_string(),
            region: population.region.to_string(),
            id: resource.map_or_else(String::new, |it| printable(&it.id, TEXT)),
            name: resource.map_or_else(|| format!("all {}", population.kind.plural), |it| printable(&it.name, TEXT)),
            fact: printable(&mutant.fact, TEXT),
            change: mutant.change,
            before: shown(mutant.before.as_ref()),
            after: shown(mutant.after.as_ref()),
            cases: mutant.readers.iter().filter_map(|it| self.mutants.cases.get(*it)).map(|it| it.id.clone()).collect(),
            reason: None,
        };
        if let Edit::Fact(name, _) = mutant.edit {
            *tried.facts.entry(name.to_owned()).or_default() |= noticed.is_some();
        }
        let count = tried.counts.entry((pattern(&survivor.fact), mutant.change)).or_default();
        count.0 += 1;
        let matching = self.mutants.accepted.all.iter().position(|it| it.covers(&survivor));
        if let Some(state) = matching.and_then(|at| tried.states.get_mut(at)) {
            *state = (*state).max(if noticed.is_some() { State::NotNeeded } else { State::Used });
        }
        match noticed {
            Some(case) => {
                count.1 += 1;
                *tried.noticed.entry(case).or_default() += 1;
            }
            None => {
                let reason = matching.and_then(|at| self.mutants.accepted.all.get(at)).map(|it| it.reason.clone());
                tried.survivors.push(Survivor { reason, ..survivor });
            }
        }
    }

    /// Tries a mutant of a population. Returns the first case that notices it.
    fn try_population(&mut self, mutant: &Mutant, at: usize) -> Option<usize> {
        let resources = std::mem::take(&mut self.populations.get_mut(at)?.resources);
        let noticed = mutant.judges.iter().copied().find(|case| self.stands_otherwise(*case, None));
        self.populations.get_mut(at)?.resources = resources;
        noticed
    }

    /// Tries a mutant of a resource. Returns the first case that notices it.
    pub(super) fn try_resource(&mut self, mutant: &Mutant, at: (usize, usize)) -> Option<usize> {
        let mutants = self.mutants;
        let old = mutants.resource(at)?;
        let (new, touched) = match &mutant.edit {
            Edit::Fact(name, fact) => {
                let mut new = old.clone();
                new.facts.insert(name, fact.clone());
                (Some(new), Touched::Attribute(name))
            }
            Edit::Rename(renamed) => (Some(Resource::clone(renamed)), Touched::Everything),
            Edit::Remove | Edit::RemoveAll => (None, Touched::Everything),
        };
        let place = self.populations.get_mut(at.0).map(|it| &mut it.resources)?;
        match &new {
            Some(new) => *place.get_mut(at.1)? = new.clone(),
            None => drop(place.remove(at.1)),
        }
        let noticed = mutant.judges.iter().copied().find(|case| self.notices(*case, (at, old), new.as_ref(), touched));
        let place = self.populations.get_mut(at.0).map(|it| &mut it.resources)?;
        match &new {
            Some(_) => *place.get_mut(at.1)? = old.clone(),
            None => place.insert(at.1, old.clone()),
        }
        noticed
    }

    /// Whether a case has another verdict or other findings when `new` replaces the resource `old`.
    fn notices(
        &mut self,
        index: usize,
        (at, old): ((usize, usize), &Resource),
        new: Option<&Resource>,
        touched: Touched<'_>,
    ) -> bool {
        let mutants = self.mutants;
        let Some(case) = mutants.cases.get(index) else { return false };
        let derived = derived_tests(case);
        let mut effects = Vec::new();
        if case.kind.name == old.kind.name {
            let now = mutants.now;
            let before = self.before.entry(index).or_insert_with(|| judged(case, old, now)).clone();
            let after = new.and_then(|new| {
                let touches = |test: &&&AttributeTest| is_touched(test, old, touched);
                let new = self.with_derived(new, derived.iter().filter(touches).copied());
                judged(case, &new, mutants.now)
            });
            effects.push(effect(case, &before, &after));
            let few = derived.is_empty() && effects == [Effect::Silent];
            if few && self.is_one_of_many(index, old, &before, &after) {
                return false;
            }
        }
        for (place, other) in self.led_here(case, &derived, (at, old), new) {
            let changed = self.with_derived(other, derived.iter().copied());
            let before = mutants.resource(place).and_then(|it| judged(case, it, mutants.now));
            effects.push(effect(case, &before, &judged(case, &changed, mutants.now)));
        }
        match effects.into_iter().max() {
            Some(Effect::Finding) => true,
            Some(Effect::Silent) => self.stands_otherwise(index, new.map(|new| (old.id.as_str(), new.id.as_str()))),
            Some(Effect::None) | None => false,
        }
    }

    /// Whether another resource in the same place is as expected, so that the change of this resource decides nothing.
    fn is_one_of_many(&self, index: usize, old: &Resource, before: &Judged, after: &Judged) -> bool {
        let (Some(case), Some(standing)) = (self.mutants.cases.get(index), self.mutants.standings.get(index)) else {
            return false;
        };
        let is = |of: &Judged, verdict| of.as_ref().is_some_and(|(it, _)| *it == verdict);
        let met = standing.met.get(&place(case, &old.account, &old.region)).copied().unwrap_or_default();
        let others = met > usize::from(is(before, ResourceVerdict::Met));
        let seen = !is(before, ResourceVerdict::NotEvaluated) && !is(after, ResourceVerdict::NotEvaluated);
        others && seen && case.share.is_none() && case.count.is_none()
    }

    /// Returns the other resources of a case whose derived facts depend on the changed resource, before or after the
    /// change.
    fn led_here(
        &self,
        case: &Case,
        derived: &[&AttributeTest],
        (at, old): ((usize, usize), &Resource),
        new: Option<&Resource>,
    ) -> Vec<((usize, usize), &Resource)> {
        let now = self.mutants.now;
        let counts = |test: &AttributeTest, from: &Resource| {
            let Some(related) = test.related.as_ref().filter(|it| it.kind.name == old.kind.name) else { return false };
            let answer = |it: &Resource| std::mem::discriminant(&related.judge(it, from, now));
            let none = std::mem::discriminant(&Judgement::Unmet(Vec::new()));
            answer(old) != new.map_or(none, answer)
        };
        let leads = |test: &AttributeTest, from: &Resource| {
            let follows = test.attributes().into_iter().filter_map(|it| it.follow);
            let mut follows = follows.filter(|it| it.kind.name == old.kind.name);
            follows.any(|it| leads_to(from, it, old) || new.is_some_and(|new| leads_to(from, it, new)))
        };
        let mut all = Vec::new();
        if derived.is_empty() {
            return all;
        }
        for (number, population) in self.populations.iter().enumerate().filter(|(_, it)| case.is_about(it)) {
            for (index, from) in population.resources.iter().enumerate() {
                let shifted = usize::from(new.is_none() && number == at.0 && index >= at.1);
                let place = (number, index + shifted);
                if place != at && derived.iter().any(|test| leads(test, from) || counts(test, from)) {
                    all.push((place, from));
                }
            }
        }
        all
    }

    /// Returns the resource with the derived facts of these tests added.
    fn with_derived<'t>(&self, resource: &Resource, tests: impl Iterator<Item = &'t AttributeTest>) -> Resource {
        let mut resource = resource.clone();
        let facts: Vec<_> =
            tests.flat_map(|test| derive(test, &resource, &self.populations, self.mutants.now)).collect();
        resource.facts.extend(facts);
        resource
    }

    /// Judges the whole case again. Returns whether it has another verdict or other findings. A finding that differs
    /// only by the new id of a renamed resource is not another finding.
    fn stands_otherwise(&self, index: usize, ids: Option<(&str, &str)>) -> bool {
        let Some(case) = self.mutants.cases.get(index) else { return false };
        let result = evaluate(std::slice::from_ref(case), &self.populations, &[], self.mutants.now);
        let now = standings(&result).into_iter().next();
        let findings = |standing: &Standing| {
            let same = |id: &str| match ids {
                Some((old, new)) if id == new => old.to_owned(),
                _ => id.to_owned(),
            };
            let all = standing.findings.iter();
            all.map(|(account, region, id, verdict, missed)| {
                (account.clone(), region.clone(), same(id), *verdict, missed.clone())
            })
            .collect::<std::collections::BTreeSet<_>>()
        };
        match (self.mutants.standings.get(index), now) {
            (Some(before), Some(now)) => before.verdict != now.verdict || before.findings != findings(&now),
            _ => false,
        }
    }
}

/// Returns the tests of a case that need facts derived from other resources.
fn derived_tests(case: &Case) -> Vec<&AttributeTest> {
    let mut all = Vec::new();
    case.visit(&mut |test| {
        if test.related.is_some() || test.attributes().iter().any(|it| it.follow.is_some()) {
            all.push(test);
        }
    });
    all
}

/// Whether the derived facts of a test depend on the touched part of the resource itself.
fn is_touched(test: &AttributeTest, resource: &Resource, touched: Touched<'_>) -> bool {
    let Touched::Attribute(name) = touched else { return true };
    let follows = || test.attributes().into_iter().filter_map(|it| it.follow);
    // A reference without a Region leads to the Region of the resource.
    name == "region"
        || follows().any(|it| it.via.name == name || it.kind.name == resource.kind.name)
        || test
            .related
            .as_ref()
            .is_some_and(|it| it.kind.name == resource.kind.name || it.outer().iter().any(|outer| outer.name == name))
}

fn judged(case: &Case, resource: &Resource, now: jiff::Timestamp) -> Judged {
    let result = judge_alone(case, resource, now)?;
    let missed = result.differences.into_iter().map(|it| (it.attribute, it.expected)).collect();
    Some((result.verdict, missed))
}

fn effect(case: &Case, before: &Judged, after: &Judged) -> Effect {
    let needs_attention =
        |it: &Judged| it.as_ref().is_some_and(|(verdict, _)| ResourceVerdict::ATTENTION.contains(verdict));
    match (before == after, needs_attention(before) || needs_attention(after)) {
        (true, _) => Effect::None,
        (false, true) if decides_alone(case) => Effect::Finding,
        (false, _) => Effect::Silent,
    }
}

/// Writes a value as reports show it.
fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| printable(&show(value), TEXT))
}
