//! Plans of small sets of cases: no call is missing, and none is superfluous.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::facts::{Attribute, Call, Cause, Fact, Frequency, Gap, Kind, Lookup, Resource, Scope, Type, Value};
use crate::matchers::{Condition, Operand, Test, equality};
use crate::policy::{AttributeTest, Case, Expectation, Origin, Per, Quantifier, Severity, WhenNone};
use crate::source::{Files, Span};

const fn attribute(name: &'static str, call: &'static str) -> Attribute {
    Attribute::new(name, Type::Bool, call, "Things[]", "Made up.")
}

const LIST: Call = Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 10 });

static THING: Kind = Kind {
    name: "test.thing",
    plural: "things",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A thing.",
    attributes: &[
        attribute("listed", "ListThings"),
        attribute("joined", "ListJoined"),
        attribute("first", "GetFirst"),
        attribute("second", "GetSecond"),
        attribute("third", "GetThird"),
        attribute("free", "GetFree"),
    ],
    calls: &[
        LIST,
        Call::new("test", "ListJoined", "test:ListJoined", Frequency::Joined { page: 10 }),
        Call::new("test", "GetFirst", "test:GetFirst", Frequency::Resource),
        Call::new("test", "GetSecond", "test:ReadSecond", Frequency::Resource).after(&["GetFirst"]),
        Call::new("test", "GetThird", "test:GetThird", Frequency::Resource).after(&["GetSecond", "ListJoined"]),
        Call::new("test", "GetFree", "", Frequency::Resource),
    ],
};

static OTHER: Kind = Kind {
    name: "test.other",
    plural: "others",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "Another thing.",
    attributes: &[attribute("listed", "ListThings"), attribute("more", "ListMore")],
    calls: &[LIST, Call::new("another", "ListMore", "another:ListMore", Frequency::Population { page: 10 })],
};

fn is(kind: &'static Kind, name: &str) -> Expectation {
    let lookup = Lookup { attribute: kind.attribute(name).unwrap(), inside: Vec::new(), of: Type::Bool };
    let test = Test { matcher: equality(), operand: Operand::Value(Value::Bool(true)) };
    let condition = Condition::Tests(vec![test]);
    Expectation::Attribute(Box::new(AttributeTest {
        path: name.to_owned(),
        lookup,
        condition,
        related: None,
        beside: Vec::new(),
    }))
}

fn case(kind: &'static Kind, filter: Expectation, expect: Expectation) -> Case {
    let origin = Origin {
        id: "T-1".to_owned(),
        title: String::new(),
        severity: Severity::Low,
        source: None,
        rationale: None,
        remediation: None,
    };
    Case {
        id: "T-1/a".to_owned(),
        title: String::new(),
        origin: Arc::new(origin),
        kind,
        account: None,
        probe: None,
        quantifier: Quantifier::Each,
        filter,
        expect,
        over: None,
        share: None,
        count: None,
        when_none: WhenNone::Met,
        per: Per::Account,
        oracles: Vec::new(),
        read_secret_values: false,
        unmask: false,
        controls: Vec::new(),
        untested: std::collections::BTreeMap::new(),
        span: Span::new(Files::new().add("policy.yaml", ""), 0, 0),
    }
}

fn thing(expect: &str) -> Case {
    case(&THING, Expectation::nothing(), is(&THING, expect))
}

fn operations(calls: &[&Call]) -> Vec<&'static str> {
    calls.iter().map(|call| call.operation).collect()
}

#[test]
fn a_case_needs_its_population_its_attributes_and_what_comes_before_them() {
    for (expect, needed) in [
        ("listed", &["ListThings"][..]),
        ("joined", &["ListThings", "ListJoined"]),
        ("first", &["ListThings", "GetFirst"]),
        ("second", &["ListThings", "GetFirst", "GetSecond"]),
        ("third", &["ListThings", "ListJoined", "GetFirst", "GetSecond", "GetThird"]),
        ("free", &["ListThings", "GetFree"]),
    ] {
        let plan = Plan::new(vec![thing(expect)]);
        assert_eq!(operations(&plan.demands[0].calls), needed, "{expect}");
        for call in THING.calls {
            let needs = Plan::needs(&plan.cases[0], call.service, call.operation);
            assert_eq!(needs, needed.contains(&call.operation), "{expect} {}", call.operation);
        }
        assert!(!Plan::needs(&plan.cases[0], "another", "ListThings"), "operations of other services are others");
    }
}

#[test]
fn attributes_under_any_not_and_where_count() {
    let nested = Expectation::Any(vec![
        Expectation::Not(Box::new(is(&THING, "first"))),
        Expectation::All(vec![is(&THING, "joined")]),
    ]);
    let plan = Plan::new(vec![case(&THING, is(&THING, "free"), nested)]);
    assert_eq!(operations(&plan.demands[0].calls), ["ListThings", "ListJoined", "GetFirst", "GetFree"]);
}

#[test]
fn kinds_come_once_in_the_order_of_the_cases_and_calls_once_in_all() {
    let other = || case(&OTHER, Expectation::nothing(), is(&OTHER, "listed"));
    let plan = Plan::new(vec![thing("first"), other(), thing("joined"), thing("first")]);
    let kinds: Vec<_> = plan.demands.iter().map(|demand| (demand.kind.name, demand.interests.len())).collect();
    assert_eq!(kinds, [("test.thing", 3), ("test.other", 1)]);
    // All listing calls of a kind are made, for every attribute.
    let calls: Vec<_> = plan.calls().iter().map(|call| (call.service, call.operation)).collect();
    let expected = [("another", "ListMore"), ("test", "GetFirst"), ("test", "ListJoined"), ("test", "ListThings")];
    assert_eq!(calls, expected);
    let thing = &plan.demands[0];
    assert_eq!(operations(&thing.population_calls().collect::<Vec<_>>()), ["ListThings"]);
    assert_eq!(operations(&thing.resource_calls().collect::<Vec<_>>()), ["ListJoined", "GetFirst"]);
    assert!(Plan::new(Vec::new()).calls().is_empty());
}

#[test]
fn a_call_is_made_for_a_resource_only_while_some_case_may_be_about_it() {
    let filtered = case(&THING, is(&THING, "joined"), is(&THING, "first"));
    let demand = &Plan::new(vec![filtered.clone()]).demands[0];
    let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    let (first, third) = (THING.call("GetFirst").unwrap(), THING.call("GetThird").unwrap());
    let resource = |fact: Option<Fact>| {
        let mut resource = Resource::new(&THING, "000000000001".into(), "eu-central-1".into(), "id", "name");
        if let Some(fact) = fact {
            resource.set("joined", fact);
        }
        resource
    };
    let denied = Fact::Unknown(Arc::new(Gap::new(Cause::Denied)));
    for (fact, wanted) in [
        (None, true),
        (Some(denied), true),
        (Some(true.into()), true),
        (Some(false.into()), false),
        (Some(Fact::Absent), false),
        (Some(Fact::not_applicable("no meaning")), false),
    ] {
        assert_eq!(demand.wants(first, &resource(fact.clone()), now), wanted, "{fact:?}");
        assert!(!demand.wants(third, &resource(fact), now), "no case needs it");
    }
    // One case without a filter is enough, but only for the calls that it needs itself.
    let both = &Plan::new(vec![filtered, thing("second")]).demands[0];
    assert!(both.wants(first, &resource(Some(false.into())), now), "it comes before the second");
    let apart = &Plan::new(vec![case(&THING, is(&THING, "joined"), is(&THING, "third")), thing("first")]).demands[0];
    assert!(!apart.wants(third, &resource(Some(false.into())), now));
    assert!(apart.wants(first, &resource(Some(false.into())), now));
}

#[test]
fn permissions_are_those_of_the_calls() {
    let plan = Plan::new(vec![thing("second"), thing("free"), thing("second")]);
    let actions = json!(["test:GetFirst", "test:ListThings", "test:ReadSecond"]);
    let statement = json!({ "Sid": "AttestryReads", "Effect": "Allow", "Action": actions, "Resource": "*" });
    assert_eq!(policy_document(&plan), json!({ "Version": "2012-10-17", "Statement": [statement] }));
    let expected = r#"data "aws_iam_policy_document" "attestry_bank_dev" {
  statement {
    sid       = "AttestryReads"
    effect    = "Allow"
    actions   = [
      "test:GetFirst",
      "test:ListThings",
      "test:ReadSecond",
    ]
    resources = ["*"]
  }
}
"#;
    assert_eq!(terraform(&plan, "bank-dev"), expected);
}
