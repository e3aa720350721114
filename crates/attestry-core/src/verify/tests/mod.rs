//! The rules of verdicts, compared with slower and simpler forms of the same rules.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod decisions;
mod distinct;
mod exits;
mod findings;
mod gone;
mod places;
mod references;
mod share;
mod waivers;
mod windows;

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::facts::{
    Attribute, Call, Cause, Fact, Frequency, Gap, Kind, Lookup, Population, Resource, Scope, Type, Value,
};
use crate::matchers::{Condition, Operand, Test, equality};
use crate::policy::{AttributeTest, Bounds, Case, Expectation, Origin, Per, Quantifier, Severity, Waiver, WhenNone};
use crate::source::{Files, Span, Spanned};

const fn attribute(name: &'static str) -> Attribute {
    Attribute::new(name, Type::Bool, "ListThings", "Things[]", "Made up.")
}

static KIND: Kind = Kind {
    name: "test.thing",
    plural: "things",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A thing.",
    attributes: &[attribute("about"), attribute("good")],
    calls: &[Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 10 })],
};

/// The possible states of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Met,
    Unmet,
    Unknown,
    NotApplicable,
    Outside,
    FilterUnknown,
}

const STATES: [State; 6] =
    [State::Met, State::Unmet, State::Unknown, State::NotApplicable, State::Outside, State::FilterUnknown];

/// A population: the account, the Region, the resources, and whether its list is complete.
#[derive(Clone, Debug)]
struct Place {
    account: &'static str,
    region: &'static str,
    states: Vec<State>,
    whole: bool,
}

const A: &str = "000000000001";
const B: &str = "000000000002";

fn place(account: &'static str, region: &'static str, states: &[State], whole: bool) -> Place {
    Place { account, region, states: states.to_vec(), whole }
}

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn gap(place: &Place) -> Arc<Gap> {
    Arc::new(Gap::new(Cause::Denied).at(place.account, place.region))
}

fn population(place: &Place) -> Population {
    let (account, region): (Arc<str>, Arc<str>) = (place.account.into(), place.region.into());
    let resources = place.states.iter().enumerate().map(|(index, state)| {
        let id = format!("arn:{index}");
        let mut resource =
            Resource::new(&KIND, Arc::clone(&account), Arc::clone(&region), id, format!("thing-{index}"));
        resource.set(
            "about",
            match state {
                State::FilterUnknown => Fact::Unknown(gap(place)),
                state => Fact::Known(Value::Bool(*state != State::Outside)),
            },
        );
        resource.set(
            "good",
            match state {
                State::Unknown => Fact::Unknown(gap(place)),
                State::NotApplicable => Fact::not_applicable("no meaning"),
                state => Fact::Known(Value::Bool(*state == State::Met)),
            },
        );
        resource
    });
    let resources = resources.collect();
    let gaps = if place.whole { Vec::new() } else { vec![gap(place)] };
    Population { kind: &KIND, account, region, resources, gaps, reaches: Vec::new() }
}

fn populations(places: &[Place]) -> Vec<Population> {
    places.iter().map(population).collect()
}

fn span() -> Span {
    Span::new(Files::new().add("policy.yaml", ""), 0, 0)
}

fn is(name: &'static str) -> Expectation {
    let lookup = Lookup { attribute: KIND.attribute(name).unwrap(), inside: Vec::new(), of: Type::Bool };
    let test = Test { matcher: equality(), operand: Operand::Value(Value::Bool(true)) };
    Expectation::Attribute(Box::new(AttributeTest {
        path: name.to_owned(),
        lookup,
        condition: Condition::Tests(vec![test]),
        related: None,
        beside: Vec::new(),
    }))
}

fn case(id: &str, quantifier: Quantifier, when_none: WhenNone, per: Per) -> Case {
    let origin = Origin {
        id: "T-1".to_owned(),
        title: String::new(),
        severity: Severity::Medium,
        source: None,
        rationale: None,
        remediation: None,
    };
    Case {
        id: id.to_owned(),
        title: String::new(),
        origin: Arc::new(origin),
        kind: &KIND,
        account: None,
        probe: None,
        quantifier,
        filter: is("about"),
        expect: is("good"),
        over: None,
        share: None,
        count: None,
        when_none,
        per,
        oracles: Vec::new(),
        read_secret_values: false,
        unmask: false,
        controls: Vec::new(),
        untested: std::collections::BTreeMap::new(),
        span: span(),
    }
}

fn each() -> Case {
    case("T-1/each", Quantifier::Each, WhenNone::NotApplicable, Per::Account)
}

fn waiver(id: &str, resource: &str, expires: &str) -> Waiver {
    let spanned = |text: &str| Spanned::new(text.to_owned(), span());
    Waiver {
        id: spanned(id),
        case: spanned("T-1"),
        resource: Some(spanned(resource)),
        account: None,
        region: None,
        stages: Vec::new(),
        owner: "pay@".into(),
        approver: "ciso@".into(),
        reason: "spring".into(),
        ticket: None,
        expires: expires.parse().unwrap(),
        span: span(),
    }
}

/// A waiver for a finding about a population.
fn of_population(id: &str, case: &str) -> Waiver {
    Waiver { case: Spanned::new(case.to_owned(), span()), resource: None, ..waiver(id, "", "2027-01-31") }
}

/// All data that reports are written from, as bytes.
fn bytes(result: &RunResult) -> String {
    let cases: Vec<_> =
        result.cases.iter().map(|it| (&it.case.id, it.verdict, &it.coverage, &it.resources, &it.gaps)).collect();
    serde_json::to_string(&(cases, &result.waivers)).unwrap()
}
