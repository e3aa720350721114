//! References that a policy follows, with every answer that they can have.

use std::path::{Path, PathBuf};

use super::*;
use crate::policy::{Root, Suite, Vocabulary, compile, load_suite_of};
use crate::source::{Diagnostics, render};

const LIST_KEYS: Call = Call::new("key", "ListKeys", "key:ListKeys", Frequency::Population { page: 10 });
const READ_KEY: Call = Call::new("key", "ReadKey", "key:ReadKey", Frequency::Resource);
const LIST_BOXES: Call = Call::new("box", "ListBoxes", "box:ListBoxes", Frequency::Population { page: 10 });

pub(super) static KEY: Kind = KEYS;

/// The same kind, with a list that AWS may end early.
static UNSURE: Kind = Kind { qualified: "AWS may end the list early.", ..KEYS };

const KEYS: Kind = Kind {
    name: "test.key",
    plural: "keys",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A key.",
    attributes: &[
        LIST_KEYS.yields("arn", Type::Text, "Keys[].Arn", "ARN."),
        LIST_KEYS.yields("id", Type::Text, "Keys[].Id", "Id."),
        LIST_KEYS.yields("name", Type::Text, "Keys[].Id", "Name."),
        LIST_KEYS.yields("aliases", Type::List(&Type::Text), "Keys[].Aliases", "Aliases."),
        READ_KEY.yields("manager", Type::Text, "Manager", "Manager."),
    ],
    calls: &[LIST_KEYS, READ_KEY],
};

static BOX: Kind = Kind {
    name: "test.box",
    plural: "boxes",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A box.",
    attributes: &[
        LIST_BOXES.yields("name", Type::Text, "Boxes[].Name", "Name."),
        LIST_BOXES.yields("key", Type::Text, "Boxes[].Key", "Key.").referring("test.key"),
        LIST_BOXES.yields("spares", Type::List(&Type::Text), "Boxes[].Spares", "Spare keys.").referring("test.key"),
    ],
    calls: &[LIST_BOXES],
};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const ARN: &str = "arn:aws:test:eu-west-1:111122223333:key/k1";

fn cases(expect: &str) -> Vec<Case> {
    cases_with(&KEY, expect)
}

fn cases_with(key: &'static Kind, expect: &str) -> Vec<Case> {
    cases_from(key, &format!("  a:\n    title: a\n    each: test.box\n    when_none: met\n    expect: {expect}\n"))
}

/// The cases of a policy with this text under `cases`.
pub(super) fn cases_from(key: &'static Kind, cases: &str) -> Vec<Case> {
    let suite = suite_from(key, cases);
    let mut sink = Diagnostics::new();
    let compiled = compile(&suite, suite.stages.first().unwrap(), &[], &mut sink);
    compiled.unwrap_or_else(|| panic!("{:?}", sink.iter().map(|it| &it.message).collect::<Vec<_>>())).cases
}

pub(super) fn suite_from(key: &'static Kind, cases: &str) -> Suite {
    let suite =
        "suite: s\ntitle: S\npolicies: [p.yaml]\nstages:\n  dev: { account: \"111122223333\", regions: [eu-west-1] }\n";
    let policy = format!("id: P\ntitle: P\nseverity: high\ncases:\n{cases}");
    let texts = [("s.yaml", suite), ("p.yaml", &policy)];
    let root = Root::Held(texts.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes())).collect());
    let mut loaded = load_suite_of(&root, Path::new("s.yaml"), Vocabulary::new([key, &BOX]));
    let shown = |sink: &Diagnostics| render(&loaded.library.files, sink, false);
    assert!(!loaded.diagnostics.has_errors(), "{}", shown(&loaded.diagnostics));
    loaded.library.suites.remove(0)
}

pub(super) fn resource(kind: &'static Kind, id: &str, facts: &[(&'static str, Fact)]) -> Resource {
    let mut resource = Resource::new(kind, ACCOUNT.into(), REGION.into(), id, id);
    for (name, fact) in facts {
        resource.set(name, fact.clone());
    }
    resource
}

pub(super) fn population_of(kind: &'static Kind, resources: Vec<Resource>) -> Population {
    Population {
        kind,
        account: ACCOUNT.into(),
        region: REGION.into(),
        resources,
        gaps: Vec::new(),
        reaches: Vec::new(),
    }
}

/// The keys of the account: one key of a customer, with one alias.
fn keys() -> Population {
    let aliases = Value::texts(["alias/data"]);
    let facts = [
        ("arn", Fact::from(ARN)),
        ("id", Fact::from("k1")),
        ("name", Fact::from("k1")),
        ("aliases", Fact::from(aliases)),
        ("manager", Fact::from("CUSTOMER")),
    ];
    population_of(&KEY, vec![resource(&KEY, ARN, &facts)])
}

fn boxes(key: Fact, spares: &[&str]) -> Population {
    let spares = Fact::from(Value::texts(spares.iter().copied()));
    let facts = [("name", Fact::from("b")), ("key", key), ("spares", spares)];
    population_of(&BOX, vec![resource(&BOX, "b", &facts)])
}

fn verdict(expect: &str, populations: &[Population]) -> &'static str {
    evaluate(&cases(expect), populations, &[], now()).cases[0].verdict.word()
}

const ALIAS_ARN: &str = "arn:aws:test:eu-west-1:111122223333:alias/data";
const GONE: &str = "arn:aws:test:eu-west-1:111122223333:key/k9";
const OTHER_ACCOUNT: &str = "arn:aws:test:eu-west-1:444455556666:key/k1";
const OTHER_REGION: &str = "arn:aws:test:us-east-1:111122223333:key/k1";

#[test]
fn whichever_name_was_set_the_reference_leads_to_the_same_resource() {
    for name in [ARN, "k1", "alias/data", ALIAS_ARN] {
        let all = [keys(), boxes(name.into(), &[name])];
        for (expect, expected) in [
            ("{ key.manager: CUSTOMER }", "met"),
            ("{ key: { manager: AWS } }", "violated"),
            ("{ key: { manager: CUSTOMER, present: true } }", "met"),
            ("{ key.missing: false, key.elsewhere: false }", "met"),
            ("{ spares: { any: { manager: CUSTOMER } } }", "met"),
            ("{ spares: { none: { manager: CUSTOMER } } }", "violated"),
            ("{ spares: { each: { missing: false } } }", "met"),
            ("{ key: k1 }", "met"),
            ("{ key: alias/data }", "met"),
            ("{ key: { one_of: [k7, \"arn:aws:test:eu-west-1:111122223333:alias/data\"] } }", "met"),
            ("{ key: { not: k1 } }", "violated"),
            ("{ key: { not: k2 } }", "met"),
            ("{ key: k2 }", "violated"),
        ] {
            assert_eq!(verdict(expect, &all), expected, "{name}: {expect}");
        }
    }
}

#[test]
fn missing_and_elsewhere_are_distinguished() {
    for (name, manager, missing, elsewhere) in [
        (GONE, "violated", "met", "violated"),
        ("k9", "violated", "met", "violated"),
        (OTHER_ACCOUNT, "not_evaluated", "not_evaluated", "met"),
        (OTHER_REGION, "not_evaluated", "not_evaluated", "met"),
    ] {
        let all = [keys(), boxes(name.into(), &[name])];
        assert_eq!(verdict("{ key.manager: CUSTOMER }", &all), manager, "{name}");
        assert_eq!(verdict("{ key.missing: true }", &all), missing, "{name}");
        assert_eq!(verdict("{ key.elsewhere: true }", &all), elsewhere, "{name}");
        assert_eq!(verdict(&format!("{{ key: \"{name}\" }}"), &all), "met", "{name}");
    }
    let gone = [keys(), boxes(GONE.into(), &[ARN, GONE])];
    assert_eq!(verdict("{ spares: { any: { missing: true } } }", &gone), "met");
    assert_eq!(verdict("{ spares: { each: { manager: CUSTOMER } } }", &gone), "violated");
    let absent = [keys(), boxes(Fact::Absent, &[])];
    assert_eq!(verdict("{ key.manager: CUSTOMER }", &absent), "violated");
    assert_eq!(verdict("{ key.missing: true }", &absent), "violated");
}

#[test]
fn nothing_is_missing_from_a_list_without_a_sure_end() {
    let mut listed = keys();
    listed.kind = &UNSURE;
    for (name, expect, expected) in [
        ("k9", "{ key.missing: true }", "not_evaluated"),
        ("k9", "{ key.missing: false }", "not_evaluated"),
        ("k9", "{ key.manager: { absent: true } }", "not_evaluated"),
        ("k1", "{ key.missing: false }", "met"),
        ("k1", "{ key.manager: CUSTOMER }", "met"),
    ] {
        let all = [listed.clone(), boxes(name.into(), &[])];
        let result = evaluate(&cases_with(&UNSURE, expect), &all, &[], now()).cases.remove(0);
        assert_eq!(result.verdict.word(), expected, "{name} {expect}");
        assert_eq!(result.coverage.qualified, "", "the list of the boxes has a sure end");
    }
    let mut of_keys = cases_with(&UNSURE, "{ key.missing: true }");
    of_keys[0].kind = &UNSURE;
    let result = evaluate(&of_keys, &[listed], &[], now()).cases.remove(0);
    assert_eq!(result.coverage.qualified, "AWS may end the list early.");
}

#[test]
fn what_was_not_seen_is_never_met() {
    let gap = Arc::new(Gap::new(Cause::Denied));
    let mut denied = keys();
    denied.resources.clear();
    denied.gaps.push(Arc::clone(&gap));
    let mut unread = keys();
    unread.resources[0].facts.insert("manager", Fact::Unknown(Arc::clone(&gap)));
    let mut never = keys();
    never.resources[0].facts.remove("manager");
    for keys in [denied.clone(), unread, never] {
        let all = [keys, boxes("k1".into(), &["k1"])];
        assert_eq!(verdict("{ key.manager: CUSTOMER }", &all), "not_evaluated");
        assert_eq!(verdict("{ key.manager: { not: AWS } }", &all), "not_evaluated");
        assert_eq!(verdict("{ spares: { none: { manager: AWS } } }", &all), "not_evaluated");
    }
    let all = [denied, boxes("alias/data".into(), &["k1"])];
    assert_eq!(verdict("{ key: alias/data }", &all), "met", "the text alone decides");
    assert_eq!(verdict("{ key: k1 }", &all), "not_evaluated");
    assert_eq!(verdict("{ key: { not: k1 } }", &all), "not_evaluated");
    let all = [keys(), boxes(Fact::Unknown(gap), &[])];
    assert_eq!(verdict("{ key.manager: CUSTOMER }", &all), "not_evaluated");
}

#[test]
fn the_plan_has_the_calls_of_what_is_followed() {
    for (expect, expected) in [
        ("{ key.manager: CUSTOMER }", &["ListBoxes", "ListKeys", "ReadKey"][..]),
        ("{ key.missing: false }", &["ListBoxes", "ListKeys"]),
        ("{ key: k1 }", &["ListBoxes", "ListKeys"]),
        ("{ key: { present: true } }", &["ListBoxes"]),
        ("{ spares: { any: { manager: AWS } } }", &["ListBoxes", "ListKeys", "ReadKey"]),
        ("{ spares: { contains: k1 } }", &["ListBoxes"]),
    ] {
        let plan = crate::plan::Plan::new(cases(expect));
        let calls: Vec<&str> = plan.calls().iter().map(|call| call.operation).collect();
        assert_eq!(calls, expected, "{expect}");
    }
}

#[test]
fn an_operand_names_another_attribute() {
    for (name, expect, expected) in [
        ("k1", "{ name: { not: { equals: { attribute: key } } } }", "met"),
        ("b", "{ name: { equals: { attribute: key } } }", "met"),
        ("k1", "{ name: { equals: { attribute: key } } }", "violated"),
        ("k1", "{ key: { equals: { attribute: key.id } } }", "met"),
        ("alias/data", "{ key: { equals: { attribute: key.id } } }", "met"),
        ("alias/data", "{ name: { equals: { attribute: key.id } } }", "violated"),
        (GONE, "{ name: { equals: { attribute: key.id } } }", "not_evaluated"),
        (OTHER_ACCOUNT, "{ name: { equals: { attribute: key.id } } }", "not_evaluated"),
    ] {
        assert_eq!(verdict(expect, &[keys(), boxes(name.into(), &[])]), expected, "{name}: {expect}");
    }
    let absent = [keys(), boxes(Fact::Absent, &[])];
    assert_eq!(verdict("{ name: { equals: { attribute: key } } }", &absent), "not_evaluated");
    let gap = Fact::Unknown(Arc::new(Gap::new(Cause::Denied)));
    assert_eq!(verdict("{ name: { equals: { attribute: key } } }", &[keys(), boxes(gap, &[])]), "not_evaluated");
    let plan = crate::plan::Plan::new(cases("{ name: { equals: { attribute: key.manager } } }"));
    assert!(plan.calls().iter().any(|call| call.operation == "ReadKey"));
}

/// Each box needs a key of its own name, in words of a policy.
const RELATED: &str = "{ related: { kind: test.key, where: { id: { equals: { of: name } } } } }";

fn named_boxes(names: &[&str]) -> Population {
    let all = names.iter().map(|name| {
        let facts =
            [("name", Fact::from(*name)), ("key", Fact::Absent), ("spares", Fact::from(Value::texts([] as [&str; 0])))];
        resource(&BOX, name, &facts)
    });
    population_of(&BOX, all.collect())
}

#[test]
fn each_resource_has_its_other() {
    let two = "{ related: { kind: test.key, where: { id: { equals: { of: name } } }, at_least: 2 } }";
    let none = "{ related: { kind: test.key, where: { id: { equals: { of: name } } }, at_most: 0 } }";
    for (names, expect, expected) in [
        (&["k1"][..], RELATED, "met"),
        (&["k1", "k2"], RELATED, "violated"),
        (&["k1"], two, "violated"),
        (&["k1"], none, "violated"),
        (&["k2"], none, "met"),
        (&["k1"], "{ related: { kind: test.key } }", "met"),
        (&["k1"], "{ related: { kind: test.key, where: { manager: AWS } } }", "violated"),
        (
            &["k1"],
            "{ any: [{ name: k9 }, { related: { kind: test.key, where: { id: { equals: { of: name } } } } }] }",
            "met",
        ),
    ] {
        assert_eq!(verdict(expect, &[keys(), named_boxes(names)]), expected, "{names:?} {expect}");
    }
    let plan =
        crate::plan::Plan::new(cases("{ related: { kind: test.key, where: { manager: { equals: { of: name } } } } }"));
    assert!(plan.calls().iter().any(|call| call.operation == "ReadKey"));
}

#[test]
fn an_other_that_was_not_seen_makes_the_case_not_evaluated() {
    let gap = || Arc::new(Gap::new(Cause::Denied));
    let mut cut = keys();
    cut.gaps.push(gap());
    let mut blind = keys();
    blind.resources[0].facts.insert("id", Fact::Unknown(gap()));
    let none = "{ related: { kind: test.key, where: { id: { equals: { of: name } } }, at_most: 0 } }";
    for (keys, name, expect, expected) in [
        (cut.clone(), "k1", RELATED, "met"),
        (cut.clone(), "k2", RELATED, "not_evaluated"),
        (cut.clone(), "k1", none, "violated"),
        (cut, "k2", none, "not_evaluated"),
        (blind.clone(), "k1", RELATED, "not_evaluated"),
        (blind, "k1", none, "not_evaluated"),
    ] {
        assert_eq!(verdict(expect, &[keys, named_boxes(&[name])]), expected, "{name} {expect}");
    }
    assert_eq!(verdict(RELATED, &[named_boxes(&["k1"])]), "not_evaluated", "no list at all");
    let mut nameless = named_boxes(&["k1"]);
    nameless.resources[0].facts.insert("name", Fact::Unknown(gap()));
    assert_eq!(verdict(RELATED, &[keys(), nameless]), "not_evaluated");
}

/// Requirements at one place of the text, as those of several rows or accounts are, keep their own values.
#[test]
fn requirements_that_differ_in_a_value_are_counted_apart() {
    let of = |id: &str| cases(&format!("{{ related: {{ kind: test.key, where: {{ id: {id} }} }} }}")).remove(0);
    let both = [of("k1"), of("k2")];
    let result = evaluate(&both, &[keys(), named_boxes(&["b"])], &[], now());
    let verdicts: Vec<_> = result.cases.iter().map(|it| it.verdict.word()).collect();
    assert_eq!(verdicts, ["met", "violated"]);
}

/// The join by an index equals the double loop: `any` around the test hides the comparison from the index.
#[test]
fn a_join_equals_the_naive_double_loop() {
    let slow = "{ related: { kind: test.key, where: { any: [{ id: { equals: { of: name } } }] } } }";
    let [quick, slow] = [RELATED, slow].map(cases);
    let states = states_of_id();
    let mut compared = 0;
    for first in &states {
        for second in &states {
            for whole in [true, false] {
                let key = |id: &str, fact: &Fact| resource(&KEY, id, &[("id", fact.clone())]);
                let mut keys = population_of(&KEY, vec![key("a", first), key("b", second)]);
                keys.gaps.extend((!whole).then(|| Arc::new(Gap::new(Cause::Truncated))));
                for names in [&["k1"][..], &["k2"], &["k1", "k2"], &["k3"], &[]] {
                    let all = [keys.clone(), named_boxes(names)];
                    let [one, other] =
                        [&quick, &slow].map(|cases| evaluate(cases, &all, &[], now()).cases[0].verdict.word());
                    assert_eq!(one, other, "{first:?} {second:?} {whole} {names:?}");
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 360);
}

/// Every state that an attribute of a resource can have.
fn states_of_id() -> [Fact; 6] {
    let withheld = Fact::from(format!("k1{}", crate::facts::redact::REDACTED));
    let unknown = Fact::Unknown(Arc::new(Gap::new(Cause::Denied)));
    [Fact::from("k1"), Fact::from("k2"), Fact::Absent, unknown, Fact::not_applicable("no id"), withheld]
}

/// A filter that an index answers selects the same resources as the filter that is judged on each resource.
#[test]
fn a_filter_by_an_index_equals_the_filter_on_each_resource() {
    let text = |filter: &str| {
        format!(
            "  a:\n    title: a\n    each: test.key\n    where: {filter}\n    when_none: violated\n    expect: {{ manager: x }}\n"
        )
    };
    let [quick, slow] = ["{ id: k1, manager: x }", "{ all: [{ any: [{ id: k1 }] }, { manager: x }] }"]
        .map(|filter| cases_from(&KEY, &text(filter)));
    let managers = [Fact::from("x"), Fact::from("y"), Fact::Unknown(Arc::new(Gap::new(Cause::Denied)))];
    let mut verdicts = std::collections::BTreeSet::new();
    for first in &states_of_id() {
        for second in &states_of_id() {
            for manager in &managers {
                let key = |id: &str, fact: &Fact, manager: &Fact| {
                    resource(&KEY, id, &[("id", fact.clone()), ("manager", manager.clone())])
                };
                let all = vec![key("b", second, &Fact::from("x")), key("a", first, manager)];
                let keys = [population_of(&KEY, all)];
                let [one, other] = [&quick, &slow].map(|cases| evaluate(cases, &keys, &[], now()));
                assert_eq!(bytes(&one), bytes(&other), "{first:?} {second:?} {manager:?}");
                verdicts.insert(one.cases[0].verdict.word());
            }
        }
    }
    assert_eq!(verdicts.into_iter().collect::<Vec<_>>(), ["met", "not_evaluated", "violated"]);
}
