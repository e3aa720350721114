//! The attributes of each kind that the cases need, and the calls that return them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::facts::{ByValue, Call, Follow, Frequency, Kind, NOTICE, ProbeCall, Question, Reach, Resource};
use crate::policy::{Case, Expectation, Judgement, Related, Windowed};

/// The plan of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The selected cases.
    pub cases: Vec<Case>,
    /// The data to collect for the cases: one entry for each kind, in the order of the cases.
    pub demands: Vec<Demand>,
    /// Whether the run sends a notice to people before its probes act and after them.
    pub notice: bool,
}

/// The data to collect of one kind.
#[derive(Clone, Debug)]
pub struct Demand {
    /// The kind.
    pub kind: &'static Kind,
    /// The calls, in the order of the kind. The population calls are always among them.
    pub calls: Vec<&'static Call>,
    /// The needs of the cases, one for each case.
    pub interests: Vec<Interest>,
    /// The time spans and values that the cases need, for a kind with a window.
    pub windows: Vec<WindowWanted>,
}

/// A read that a case needs: the value to select by, and the number of seconds before the run. Without a value, all
/// records are needed.
pub type WindowWanted = (Option<ByValue>, i64);

/// The need of one case.
#[derive(Clone, Debug)]
pub struct Interest {
    /// The resources that the case selects.
    pub filter: Expectation,
    /// The expectation for these resources.
    pub expect: Expectation,
    /// The operations that the case needs.
    pub operations: BTreeSet<&'static str>,
    /// The operations that send the questions of the case's claims to an oracle.
    pub asks: BTreeSet<&'static str>,
}

impl Plan {
    /// Creates the plan for the cases.
    #[must_use]
    pub fn new(cases: Vec<Case>) -> Self {
        let mut demands: Vec<Demand> = Vec::new();
        // Cases with probes and cases on attestations need no collection: probes act, and attestations are statements
        // of people.
        for case in cases.iter().filter(|case| case.probe.is_none() && !case.kind.calls.is_empty()) {
            let (operations, asks) = (operations(case), asks(case));
            let interest = Interest { filter: case.filter.clone(), expect: case.expect.clone(), operations, asks };
            add(case.kind, interest, windows(case.windowed()), &mut demands);
        }
        for case in &cases {
            case.visit(&mut |test| {
                if let Some(related) = &test.related {
                    add_related(related, &mut demands);
                }
                let follows = test.attributes().into_iter().filter_map(|attribute| attribute.follow);
                follows.for_each(|follow| add_followed(follow, &mut demands));
            });
        }
        for demand in &mut demands {
            // A case without questions needs no call that sends them.
            let wants = |it: &Interest, call: &Call| match call.frequency {
                Frequency::Asked => it.asks.contains(call.operation),
                _ => it.operations.contains(call.operation),
            };
            let wanted = |call: &&Call| demand.interests.iter().any(|it| wants(it, call));
            demand.calls = demand.kind.calls.iter().filter(wanted).collect();
        }
        Self { cases, demands, notice: false }
    }

    /// Adds the populations of the parent kinds. The resources of a kind with a parent are listed for each parent
    /// resource.
    #[must_use]
    pub fn with_parents(mut self, find: &dyn Fn(&str) -> Option<&'static Kind>) -> Self {
        let mut next = 0;
        while let Some(demand) = self.demands.get(next) {
            next += 1;
            let Some(parent) = demand.kind.parent.and_then(find) else { continue };
            if self.demands.iter().any(|demand| demand.kind.name == parent.name) {
                continue;
            }
            let populates = |call: &&Call| matches!(call.frequency, Frequency::Population { .. });
            let calls = parent.calls.iter().filter(populates).collect();
            self.demands.push(Demand { kind: parent, calls, interests: Vec::new(), windows: Vec::new() });
        }
        self
    }

    /// Sets whether the run sends the notices of probes.
    #[must_use]
    pub fn with_notice(self, notice: bool) -> Self {
        Self { notice, ..self }
    }

    /// Returns the cases that act, each with its probe.
    pub fn probes(&self) -> impl Iterator<Item = (&Case, &ProbeCall)> {
        self.cases.iter().filter_map(|case| Some((case, case.probe.as_ref()?)))
    }

    /// Returns every call of the probes and of the notice, without duplicates. The order is by service and operation.
    #[must_use]
    pub fn probe_calls(&self) -> Vec<&'static Call> {
        let mut calls: Vec<_> = self.probes().flat_map(|(_, probe)| (probe.spec.calls)(&probe.arguments)).collect();
        if self.notice && !calls.is_empty() {
            calls.push(&NOTICE);
        }
        ordered(calls)
    }

    /// Returns every call that reads, without duplicates. The order is by service and operation.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static Call> {
        ordered(self.demands.iter().flat_map(|demand| demand.calls.iter().copied()).collect())
    }

    /// Whether the case needs an answer of the operation.
    #[must_use]
    pub fn needs(case: &Case, service: &str, operation: &str) -> bool {
        let operations = operations(case);
        case.kind
            .calls
            .iter()
            .any(|call| call.service == service && call.operation == operation && operations.contains(call.operation))
    }
}

/// Adds the attributes of referenced resources to the demand of their kind. Every resource of the kind may be
/// referenced.
fn add_followed(follow: &Follow, demands: &mut Vec<Demand>) {
    let kind = follow.kind;
    let populates = |call: &&Call| matches!(call.frequency, Frequency::Population { .. });
    let mut operations: BTreeSet<&'static str> =
        kind.calls.iter().filter(populates).map(|call| call.operation).collect();
    // A reference can name a resource by an alias, so the aliases are also read.
    for attribute in follow.what.attributes().into_iter().chain(kind.attribute("aliases")) {
        operations.insert(attribute.call);
        operations.extend(attribute.needs);
    }
    operations.retain(|operation| kind.call(operation).is_some());
    close(kind, &mut operations);
    add_interest(kind, operations, Vec::new(), demands);
}

/// Adds the attributes of related resources to the demand of their kind.
fn add_related(related: &Related, demands: &mut Vec<Demand>) {
    let kind = related.kind;
    let populates = |call: &&Call| matches!(call.frequency, Frequency::Population { .. });
    let mut operations: BTreeSet<&'static str> =
        kind.calls.iter().filter(populates).map(|call| call.operation).collect();
    related.filter.visit(&mut |test| {
        let read = test.condition.compared().into_iter().chain(test.beside.iter().copied());
        for attribute in [test.lookup.attribute].into_iter().chain(read) {
            operations.insert(attribute.call);
            operations.extend(attribute.needs);
        }
    });
    operations.retain(|operation| kind.call(operation).is_some());
    close(kind, &mut operations);
    add_interest(kind, operations, windows(related.windowed()), demands);
}

fn add_interest(
    kind: &'static Kind,
    operations: BTreeSet<&'static str>,
    windows: Vec<WindowWanted>,
    demands: &mut Vec<Demand>,
) {
    let nothing = Expectation::nothing;
    let interest = Interest { filter: nothing(), expect: nothing(), operations, asks: BTreeSet::new() };
    add(kind, interest, windows, demands);
}

/// Adds a need to the demand of its kind. The first need of a kind creates the demand.
fn add(kind: &'static Kind, interest: Interest, windows: Vec<WindowWanted>, demands: &mut Vec<Demand>) {
    match demands.iter_mut().find(|demand| demand.kind.name == kind.name) {
        Some(demand) => {
            demand.interests.push(interest);
            demand.windows.extend(windows);
        }
        None => demands.push(Demand { kind, calls: Vec::new(), interests: vec![interest], windows }),
    }
}

/// Returns the reads that a case or a related resource needs, each with the number of seconds before the run. The reads
/// use the values that select the fewest records.
fn windows(case: Windowed<'_>) -> Vec<WindowWanted> {
    let Some(over) = case.over else { return Vec::new() };
    match case.by_values().into_iter().next() {
        Some(values) => values.into_iter().map(|value| (Some(value), over)).collect(),
        None => vec![(None, over)],
    }
}

/// Adds the operations that must run before these operations.
fn close(kind: &Kind, operations: &mut BTreeSet<&'static str>) {
    // A kind lists its calls in the order in which a resource needs them, so one walk from the last to the first is
    // enough.
    for call in kind.calls.iter().rev() {
        if operations.contains(call.operation) {
            operations.extend(call.after);
        }
    }
}

fn ordered(mut calls: Vec<&'static Call>) -> Vec<&'static Call> {
    calls.sort_by_key(|call| (call.service, call.operation));
    calls.dedup_by_key(|call| (call.service, call.operation));
    calls
}

/// Returns the operations that a case needs: the population calls of its kind, the calls of its attributes, the calls
/// of the oracles for its claims, and the calls that those calls need. A call of an oracle, and a call that reads
/// secret values, is included only if the stage allows it.
fn operations(case: &Case) -> BTreeSet<&'static str> {
    let population = case.kind.calls.iter().filter(|call| matches!(call.frequency, Frequency::Population { .. }));
    let mut operations: BTreeSet<&'static str> = population.map(|call| call.operation).collect();
    let mut add = |expectation: &Expectation| {
        expectation.visit(&mut |test| {
            for attribute in test.attributes() {
                operations.insert(attribute.call);
                operations.extend(attribute.needs);
            }
        });
    };
    add(&case.filter);
    add(&case.expect);
    operations.extend(beside(case));
    operations.retain(|operation| case.kind.call(operation).is_none_or(|call| is_wanted(case, call)));
    close(case.kind, &mut operations);
    operations
}

/// Returns the operations that return the answers of oracles to the claims of a case.
fn beside(case: &Case) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut add = |expectation: &Expectation| {
        expectation.visit(&mut |test| {
            let names = test.condition.oracle_attributes(test.lookup.of);
            found.extend(names.into_iter().filter_map(|name| Some(case.kind.attribute(name)?.call)));
        });
    };
    add(&case.filter);
    add(&case.expect);
    found
}

/// Returns the operations that send the questions of a case's claims.
fn asks(case: &Case) -> BTreeSet<&'static str> {
    let asked = |call: &&Call| call.frequency == Frequency::Asked && is_wanted(case, call);
    let beside = beside(case);
    case.kind.calls.iter().filter(asked).map(|call| call.operation).filter(|it| beside.contains(it)).collect()
}

fn is_wanted(case: &Case, call: &Call) -> bool {
    call.oracle.is_none_or(|oracle| case.oracles.contains(&oracle)) && (case.read_secret_values || !call.values)
}

impl Demand {
    /// Whether a call must be made for a resource, based on the facts that are collected so far. At least one case must
    /// need the call, and it must still be possible that this case selects the resource.
    #[must_use]
    pub fn wants(&self, call: &Call, resource: &Resource, now: Timestamp) -> bool {
        self.interests.iter().any(|interest| {
            interest.operations.contains(call.operation)
                && matches!(interest.filter.judge(resource, now), Judgement::Met | Judgement::Unknown(_))
        })
    }

    /// Returns the questions that a call sends for a resource, without duplicates. A claim in the `where` of a case
    /// always adds its question, whatever the proof is, because the oracle can disagree with the proof.
    #[must_use]
    pub fn questions(&self, call: &Call, resource: &Resource, now: Timestamp) -> Vec<Question> {
        let mut questions = BTreeSet::new();
        for interest in self.interests.iter().filter(|it| it.asks.contains(call.operation)) {
            questions.extend(interest.filter.questions(call, resource, now));
            if matches!(interest.filter.judge(resource, now), Judgement::Met | Judgement::Unknown(_)) {
                questions.extend(interest.expect.questions(call, resource, now));
            }
        }
        questions.into_iter().collect()
    }

    /// Returns the parts of the population to read for the cases with a window, without duplicates. A read of all
    /// records replaces each read of a single value that does not go further back.
    #[must_use]
    pub fn wanted(&self, now: Timestamp) -> Vec<Reach> {
        let Some(window) = self.kind.window() else { return Vec::new() };
        let mut longest: BTreeMap<Option<&ByValue>, i64> = BTreeMap::new();
        for (of, over) in &self.windows {
            let entry = longest.entry(of.as_ref()).or_insert(*over);
            *entry = (*entry).max(*over);
        }
        let all = longest.get(&None).copied();
        longest.retain(|of, over| of.is_none() || all.is_none_or(|all| *over > all));
        let reach =
            |(of, over): (Option<&ByValue>, i64)| Some(Reach { of: of.cloned(), span: window.reachable(over, now)? });
        longest.into_iter().filter_map(reach).collect()
    }

    /// Returns the calls that list the population.
    pub fn population_calls(&self) -> impl Iterator<Item = &'static Call> + '_ {
        self.calls.iter().copied().filter(|call| matches!(call.frequency, Frequency::Population { .. }))
    }

    /// Returns the calls that add facts to resources, in the order in which a resource needs them.
    pub fn resource_calls(&self) -> impl Iterator<Item = &'static Call> + '_ {
        self.calls.iter().copied().filter(|call| !matches!(call.frequency, Frequency::Population { .. }))
    }
}
