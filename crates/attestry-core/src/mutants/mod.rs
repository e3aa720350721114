//! Mutants: the module breaks the facts that a suite reads, one fact at a time, and judges the cases again.
//!
//! A mutant is one fact of one resource that is broken in one way. A case notices a mutant when its verdict or the set
//! of its findings changes. A mutant that no case notices is a *survivor*: a real account could have the broken fact,
//! and no report would show it. A gap has no mutants, because AWS did not return a value that could be broken. This
//! module is pure. It must not know AWS, collectors or the command line.

mod accepted;
mod change;
mod numbers;
mod readings;
mod statements;
mod subject;
mod summary;
mod texts;
mod trial;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::facts::{Kind, Population, Resource, Value};
use crate::policy::{Case, Judgement, Per, Quantifier, WindowPlace};
use crate::verify::{ResourceVerdict, RunResult, evaluate, follow, leads_to};
use readings::{Readings, Route};
use subject::Subject;

pub use accepted::{Acceptance, Accepted, State};
pub use change::Change;
pub use summary::{AcceptanceUse, Group, OfCase, OfKind, Summary, Survivor};
pub use trial::{Tried, Worker};

#[cfg(test)]
mod tests;

/// The mutants of a suite on the facts of an account.
pub struct Mutants<'a> {
    cases: &'a [Case],
    /// The facts of the account, and the facts that cases derive from references and related resources.
    populations: Vec<Population>,
    accepted: &'a Accepted,
    now: Timestamp,
    readings: Readings<'a>,
    /// The resources that each case is about: the index of the population, and the index of the resource in it.
    scopes: Vec<BTreeSet<(usize, usize)>>,
    /// Values of attributes, by the index of the population and the attribute. A mutant of a resource can get the value
    /// of another resource.
    others: BTreeMap<(usize, &'static str), Vec<Value>>,
    /// The verdicts and findings of the cases without a mutant.
    standings: Vec<Standing>,
    subjects: Vec<Subject>,
    incomplete: usize,
}

/// The verdict of a case, with its findings.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Standing {
    verdict: ResourceVerdict,
    findings: BTreeSet<Finding>,
    /// The number of resources that are as expected, for each place in which the case is decided.
    met: BTreeMap<(String, String), usize>,
}

/// A finding: account, Region, resource, verdict, and the expectations that are not met.
type Finding = (String, String, String, ResourceVerdict, Vec<(String, String)>);

impl<'a> Mutants<'a> {
    /// Prepares the mutants of these facts for these cases.
    #[must_use]
    pub fn new(cases: &'a [Case], populations: &[Population], accepted: &'a Accepted, now: Timestamp) -> Self {
        let populations: Vec<Population> =
            follow(cases, populations, now).into_iter().map(|it| it.into_owned()).collect();
        let result = evaluate(cases, &populations, &[], now);
        let scopes: Vec<_> = cases.iter().map(|case| scope(case, &populations, now)).collect();
        let standings = standings(&result);
        let incomplete = result.cases.iter().filter(|case| case.is_incomplete()).count();
        let readings = Readings::of(cases);
        let subjects = subject::all(&populations, &readings);
        let others = subject::others(&populations, &readings);
        Self { cases, populations, accepted, now, readings, scopes, others, standings, subjects, incomplete }
    }

    /// Returns the number of subjects. A subject is a resource or a whole population. The mutants of a subject are
    /// tried together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.subjects.len()
    }

    /// Whether there is nothing to break.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.subjects.is_empty()
    }

    /// Creates a worker with its own copy of the facts. Several workers can try subjects at the same time.
    #[must_use]
    pub fn worker(&self) -> Worker<'_, 'a> {
        Worker::new(self)
    }

    /// Returns the summary. `tried` has the results of all subjects, in the order of the subjects.
    #[must_use]
    pub fn summary(&self, tried: Vec<Tried>) -> Summary {
        Summary::of(self, tried)
    }

    /// Whether a case reads a resource by a route.
    fn reaches(&self, case: usize, route: Route<'_>, at: (usize, usize), resource: &Resource) -> bool {
        let Some(scope) = self.scopes.get(case) else { return false };
        let mut others = scope.iter().filter_map(|place| self.resource(*place));
        match route {
            Route::Own => scope.contains(&at),
            Route::Reference(it) => {
                it.kind.name == resource.kind.name && others.any(|from| leads_to(from, it, resource))
            }
            Route::Related(related) => {
                let counts = |from: &Resource| {
                    matches!(related.judge(resource, from, self.now), Judgement::Met | Judgement::Unknown(_))
                };
                related.kind.name == resource.kind.name && others.any(counts)
            }
        }
    }

    fn resource(&self, (population, resource): (usize, usize)) -> Option<&Resource> {
        self.populations.get(population)?.resources.get(resource)
    }

    fn kind(&self, population: usize) -> Option<&'static Kind> {
        self.populations.get(population).map(|it| it.kind)
    }
}

/// Returns the resources that a case is about. A resource is included when gaps make it unknown whether the case is
/// about it.
fn scope(case: &Case, populations: &[Population], now: Timestamp) -> BTreeSet<(usize, usize)> {
    let mut all = BTreeSet::new();
    for (at, population) in populations.iter().enumerate().filter(|(_, it)| case.is_about(it)) {
        for (index, resource) in population.resources.iter().enumerate() {
            let other = case.probe.is_some() && resource.text("case") != Some(&case.id);
            let within = || {
                case.windowed().place(resource, now) != WindowPlace::Outside
                    && matches!(case.filter.judge(resource, now), Judgement::Met | Judgement::Unknown(_))
            };
            if resource.gone.is_none() && !other && within() {
                all.insert((at, index));
            }
        }
    }
    all
}

/// Returns the verdicts and findings of a result.
fn standings(result: &RunResult) -> Vec<Standing> {
    let of_case = |case: &crate::verify::CaseResult| {
        let findings = case.with(ResourceVerdict::ATTENTION).map(|it| {
            let missed = it.differences.iter().map(|it| (it.attribute.clone(), it.expected.clone())).collect();
            (it.account.to_string(), it.region.to_string(), it.id.to_string(), it.verdict, missed)
        });
        let mut met = BTreeMap::new();
        for resource in case.with(&[ResourceVerdict::Met]) {
            *met.entry(place(&case.case, &resource.account, &resource.region)).or_default() += 1;
        }
        Standing { verdict: case.verdict.without_proof(), findings: findings.collect(), met }
    };
    result.cases.iter().map(of_case).collect()
}

/// Returns the place in which a case is decided: the stage, an account or a Region.
fn place(case: &Case, account: &str, region: &str) -> (String, String) {
    match case.per {
        Per::Stage => (String::new(), String::new()),
        Per::Account => (account.to_owned(), String::new()),
        Per::Region => (account.to_owned(), region.to_owned()),
    }
}

/// Whether the verdict on one resource alone can make a case violated.
fn decides_alone(case: &Case) -> bool {
    case.quantifier == Quantifier::Each && case.share.is_none()
}
