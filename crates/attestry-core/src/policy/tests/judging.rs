//! The judgement of each construct.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::facts::{Cause, Gap, NOT_RETURNED};

fn unknown() -> Fact {
    Fact::Unknown(Arc::new(Gap::new(Cause::Denied)))
}

fn no_meaning() -> Fact {
    Fact::not_applicable("no meaning")
}

fn text(it: &str) -> Fact {
    it.into()
}

fn grant(grantee: &str, days: i64) -> Value {
    Value::record([("grantee", Some(grantee.into())), ("days", Some(days.into()))])
}

fn grants(items: Vec<Value>) -> Fact {
    Fact::Known(Value::List(items))
}

fn word(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Met => "met",
        Judgement::Unmet(_) => "unmet",
        Judgement::Unknown(_) => "unknown",
        Judgement::NotApplicable(_) => "not applicable",
    }
}

/// A redacted text is compared with nothing, whether it is forged or not. A condition that does not depend on it is
/// decided.
#[test]
fn withheld_text_is_not_judged() {
    let map = |items: &[(&str, &str)]| {
        Fact::Known(Value::Map(items.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect()))
    };
    let name = || vec![("name", text("[redacted]-prod"))];
    let hidden_value = || vec![("tags", map(&[("password", "[redacted]"), ("team", "pay")]))];
    let hidden_key = || vec![("tags", map(&[("[redacted]", "x"), ("team", "pay")]))];
    let mut wrong = Vec::new();
    for (expect, facts, expected) in [
        ("{ name: a }", name(), "unknown"),
        ("{ name: \"[redacted]-prod\" }", name(), "unknown"),
        ("{ name: { not: { equals: a } } }", name(), "unknown"),
        ("{ name: { glob: \"*-prod\" } }", name(), "unknown"),
        ("{ name: { not: { glob: \"bank-*\" } } }", name(), "unknown"),
        ("{ name: { matches: prod } }", name(), "unknown"),
        ("{ name: { not: { starts_with: bank } } }", name(), "unknown"),
        ("{ name: { not: { one_of: [a, b] } } }", name(), "unknown"),
        ("{ name: { not: { contains: bank } } }", name(), "unknown"),
        ("{ not: { name: a } }", name(), "unknown"),
        ("{ name: { present: true } }", name(), "met"),
        ("{ name: { absent: true } }", name(), "unmet"),
        ("{ tags.password: { not: { equals: changeme } } }", hidden_value(), "unknown"),
        ("{ tags.password: { present: true } }", hidden_value(), "met"),
        ("{ tags.team: pay }", hidden_value(), "met"),
        ("{ tags: { each: { not: { equals: x } } } }", hidden_value(), "unknown"),
        ("{ tags: { any: { equals: pay } } }", hidden_value(), "met"),
        ("{ tags: { none: { equals: pay } } }", hidden_value(), "unmet"),
        ("{ tags: { count: 2 } }", hidden_value(), "met"),
        ("{ tags: { contains: password } }", hidden_value(), "met"),
        ("{ tags: { not: { contains: other } } }", hidden_value(), "met"),
        ("{ tags.other: { absent: true } }", hidden_key(), "unknown"),
        ("{ tags: { not: { contains: other } } }", hidden_key(), "unknown"),
        ("{ tags: { contains: team } }", hidden_key(), "met"),
        ("{ tags.team: pay }", hidden_key(), "met"),
    ] {
        let mut thing = Resource::new(&THING, "1".into(), "r".into(), "id", "id");
        facts.into_iter().for_each(|(name, fact)| thing.set(name, fact));
        let judgement = expectation(expect).judge(&thing, now());
        let withheld = |gaps: &[Arc<Gap>]| gaps.iter().all(|gap| gap.cause == Cause::Withheld);
        let is = word(&judgement) == expected && !matches!(&judgement, Judgement::Unknown(gaps) if !withheld(gaps));
        if !is {
            wrong.push(format!("{expect}: {judgement:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A field that AWS left out can have any value. What does not depend on it is decided.
#[test]
fn a_field_that_aws_left_out_is_not_judged() {
    let record = |days: Option<i64>| {
        let left_out: &[&str] = if days.is_some() { &["count"] } else { &["count", "days"] };
        Value::record([
            ("grantee", Some("a".into())),
            ("days", days.map(Value::Integer)),
            (NOT_RETURNED, Some(Value::texts(left_out.iter().copied()))),
        ])
    };
    let grants = || vec![("grants", Fact::Known(Value::List(vec![record(Some(3)), record(None)])))];
    let owner = || vec![("owner", Fact::Known(record(None)))];
    let mut wrong = Vec::new();
    for (expect, facts, expected) in [
        ("{ grants: { each: { days: 3 } } }", grants(), "unknown"),
        ("{ grants: { none: { days: 4 } } }", grants(), "unknown"),
        ("{ grants: { none: { days: 3 } } }", grants(), "unmet"),
        ("{ grants: { any: { days: 3 } } }", grants(), "met"),
        ("{ grants: { any: { days: 4 } } }", grants(), "unknown"),
        ("{ grants: { any: { days: { absent: true } } } }", grants(), "unknown"),
        ("{ grants: { each: { days: { present: true } } } }", grants(), "unknown"),
        ("{ grants: { each: { grantee: a } } }", grants(), "met"),
        ("{ grants: { count: 2 } }", grants(), "met"),
        ("{ grants: { any: { grantee: b, days: 3 } } }", grants(), "unmet"),
        ("{ grants: { contains: { grantee: a } } }", grants(), "unknown"),
        ("{ owner.days: { absent: true } }", owner(), "unknown"),
        ("{ owner.days: { present: true } }", owner(), "unknown"),
        ("{ not: { owner.days: 4 } }", owner(), "unknown"),
        ("{ owner.grantee: a }", owner(), "met"),
        ("{ owner: { present: true } }", owner(), "met"),
    ] {
        let mut thing = Resource::new(&THING, "1".into(), "r".into(), "id", "id");
        facts.into_iter().for_each(|(name, fact)| thing.set(name, fact));
        let judgement = expectation(expect).judge(&thing, now());
        let undecided = |gaps: &[Arc<Gap>]| gaps.iter().all(|gap| gap.cause == Cause::Undecided);
        let is = word(&judgement) == expected && !matches!(&judgement, Judgement::Unknown(gaps) if !undecided(gaps));
        if !is {
            wrong.push(format!("{expect}: {judgement:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The facts, and the judgement of the expectation.
type Row = (Vec<(&'static str, Fact)>, &'static str);

fn on(name: &'static str, fact: Fact, word: &'static str) -> Row {
    (vec![(name, fact)], word)
}

#[test]
fn every_construct_on_values_that_hold_and_that_do_not() {
    let tags = |key: &str, value: &str| Fact::Known(Value::Map(BTreeMap::from([(key.to_owned(), value.into())])));
    let table: Vec<(&str, Vec<Row>)> = vec![
        (
            "{ name: a }",
            vec![
                on("name", text("a"), "met"),
                on("name", text("b"), "unmet"),
                on("name", Fact::Absent, "unmet"),
                on("name", unknown(), "unknown"),
                on("name", no_meaning(), "not applicable"),
            ],
        ),
        (
            "{ rotation: { enabled: true, period: { at_most: 90d } } }",
            vec![
                (vec![("rotation.enabled", true.into()), ("rotation.period", Value::days(90).into())], "met"),
                (vec![("rotation.enabled", true.into()), ("rotation.period", Value::days(91).into())], "unmet"),
                (vec![("rotation.enabled", false.into()), ("rotation.period", unknown())], "unmet"),
                (vec![("rotation.enabled", true.into()), ("rotation.period", unknown())], "unknown"),
                (vec![("rotation.enabled", no_meaning()), ("rotation.period", unknown())], "unknown"),
                (vec![("rotation.enabled", true.into()), ("rotation.period", no_meaning())], "not applicable"),
            ],
        ),
        ("{ tags.owner: pay }", vec![on("tags", tags("owner", "pay"), "met"), on("tags", tags("own", "pay"), "unmet")]),
        ("{ tags.a.b: x }", vec![on("tags", tags("a.b", "x"), "met"), on("tags", tags("a", "x"), "unmet")]),
        (
            "{ tags.owner: { absent: true } }",
            vec![on("tags", tags("a", "x"), "met"), on("tags", tags("owner", "x"), "unmet")],
        ),
        (
            "{ grants: { each: { grantee: { glob: 'a*' }, days: { at_most: 5 } } } }",
            vec![
                on("grants", grants(vec![grant("a", 1), grant("ab", 5)]), "met"),
                on("grants", grants(vec![grant("a", 1), grant("ab", 6)]), "unmet"),
                on("grants", grants(vec![]), "met"),
                on("grants", Fact::Absent, "met"),
                on("grants", unknown(), "unknown"),
            ],
        ),
        (
            "{ grants: { any: { grantee: a, days: 6 } } }",
            vec![
                on("grants", grants(vec![grant("a", 6)]), "met"),
                // One item must have both.
                on("grants", grants(vec![grant("a", 5), grant("b", 6)]), "unmet"),
                on("grants", Fact::Absent, "unmet"),
            ],
        ),
        (
            "{ grants: { none: { grantee: a } } }",
            vec![on("grants", grants(vec![grant("b", 1)]), "met"), on("grants", grants(vec![grant("a", 1)]), "unmet")],
        ),
        ("{ grants: { count: { at_least: 2 } } }", vec![on("grants", grants(vec![grant("a", 1)]), "unmet")]),
        // A field with the name of a matcher is a field.
        (
            "{ owner: { count: 2 } }",
            vec![
                on("owner", Value::record([("count", Some(2i64.into()))]).into(), "met"),
                on("owner", Fact::Absent, "unmet"),
            ],
        ),
        (
            "{ owner: { present: true } }",
            vec![on("owner", grant("a", 1).into(), "met"), on("owner", Fact::Absent, "unmet")],
        ),
        (
            "{ owner.grantee: a }",
            vec![on("owner", grant("a", 1).into(), "met"), on("owner", grant("b", 1).into(), "unmet")],
        ),
        (
            "{ any: [{ name: a }, { count: 1 }] }",
            vec![
                (vec![("name", text("b")), ("count", 1i64.into())], "met"),
                (vec![("name", text("b")), ("count", 2i64.into())], "unmet"),
                (vec![("name", text("a")), ("count", unknown())], "met"),
                (vec![("name", text("b")), ("count", unknown())], "unknown"),
                (vec![("name", text("b")), ("count", no_meaning())], "unmet"),
                (vec![("name", no_meaning()), ("count", no_meaning())], "not applicable"),
            ],
        ),
        (
            "{ all: [{ name: a }, { count: 1 }] }",
            vec![(vec![("name", text("a")), ("count", 1i64.into())], "met"), on("name", text("a"), "unmet")],
        ),
        (
            "{ not: { name: a } }",
            vec![
                on("name", text("b"), "met"),
                on("name", Fact::Absent, "met"),
                on("name", text("a"), "unmet"),
                on("name", unknown(), "unknown"),
                on("name", no_meaning(), "not applicable"),
            ],
        ),
        // The value is absent and must not be. There is no value to show, and the expectation is still unmet.
        ("{ not: { name: { absent: true } } }", vec![on("name", Fact::Absent, "unmet"), on("name", text("a"), "met")]),
        ("{ not: { not: { name: a } } }", vec![on("name", text("a"), "met"), on("name", text("b"), "unmet")]),
        ("{ not: { grants: { each: { days: 1 } } } }", vec![on("grants", Fact::Absent, "unmet")]),
        (
            "{ any: [{ not: { name: { absent: true } } }, { count: 1 }] }",
            vec![(vec![("name", Fact::Absent), ("count", no_meaning())], "unmet")],
        ),
        ("{ name: { not: { glob: 'a*' } } }", vec![on("name", Fact::Absent, "met"), on("name", text("ab"), "unmet")]),
    ];
    for (expect, rows) in table {
        let expectation = expectation(expect);
        for (facts, expected) in rows {
            let found = expectation.judge(&thing(&facts), now());
            assert_eq!(word(&found), expected, "{expect} on {facts:?}: {found:?}");
        }
    }
}

#[test]
fn a_fact_that_was_never_read_is_unknown() {
    let bare = Resource::new(&THING, "000000000001".into(), "eu-central-1".into(), "id", "name");
    for expect in ["{ name: a }", "{ not: { name: a } }", "{ any: [{ name: a }] }"] {
        assert_eq!(expectation(expect).judge(&bare, now()), Judgement::Unknown(Vec::new()), "{expect}");
    }
}

#[test]
fn what_cannot_be_explained_is_no_less_unmet() {
    let never = || Expectation::Not(Box::new(Expectation::nothing()));
    let without_meaning = thing(&[("name", no_meaning())]);
    for whole in [
        Expectation::All(vec![never()]),
        Expectation::All(vec![never(), expectation("{ name: a }")]),
        Expectation::Any(vec![never(), expectation("{ name: a }")]),
    ] {
        assert_eq!(whole.judge(&without_meaning, now()), Judgement::Unmet(Vec::new()), "{whole:?}");
    }
}

#[test]
fn a_difference_says_what_is_expected_and_what_is() {
    for (expect, fact, expected, actual) in [
        ("{ name: a }", text("b"), "a", "b"),
        ("{ name: a }", Fact::Absent, "a", "none"),
        ("{ not: { name: a } }", text("a"), "not a", "a"),
        ("{ not: { name: { absent: true } } }", Fact::Absent, "not none", "none"),
        ("{ not: { not: { name: a } } }", text("b"), "a", "b"),
        ("{ not: { any: [{ name: a }, { name: b }] } }", text("b"), "not b", "b"),
    ] {
        let Judgement::Unmet(found) = expectation(expect).judge(&thing(&[("name", fact)]), now()) else {
            panic!("{expect} is unmet")
        };
        let words: Vec<_> = found.iter().map(|it| (it.expected.as_str(), it.actual.as_str())).collect();
        assert_eq!(words, [(expected, actual)], "{expect}");
        assert_eq!((found[0].attribute.as_str(), found[0].source.as_str()), ("name", "ListThings Things[]"));
    }
}

#[test]
fn a_case_as_written() {
    let text = "  every-day:\n    some: test.thing\n    where: { name: { glob: 'a*' } }\n    per: region\n    when_none: \
                not_applicable\n    expect: { count: 1 }\n    controls: { nist-800-53-r5: [SC-12, IA-5, SC-12] }";
    let case = compiled(&load("", "", text), &[]).remove(0);
    assert_eq!((case.id.as_str(), case.title.as_str(), case.kind.name), ("T-1/every-day", "every day", "test.thing"));
    assert_eq!((case.quantifier, case.per, case.when_none), (Quantifier::Some, Per::Region, WhenNone::NotApplicable));
    let controls: Vec<&str> = case.controls.iter().map(|control| control.id.as_str()).collect();
    assert_eq!(controls, ["IA-5", "SC-12"]);
    assert_eq!(case.origin.severity, Severity::High);
    assert_eq!(word(&case.filter.judge(&thing(&[("name", "b".into())]), now())), "unmet");
    for (words, per) in [("account", Per::Account), ("stage", Per::Stage)] {
        let loaded = load("", "", &text.replace("per: region", &format!("per: {words}")));
        assert_eq!(compiled(&loaded, &[])[0].per, per);
    }
    assert_eq!(compiled(&load("", "", &text.replace("per: region", "title: Daily")), &[])[0].per, Per::Account);
}

#[test]
fn examples_are_judged_with_the_evaluator() {
    let check = |examples: &str| {
        let text = format!(
            "  a:\n    each: test.thing\n    where: {{ name: {{ glob: 'a*' }} }}\n    when_none: met\n    expect: {{ \
             rotation.enabled: true, last: {{ within: 5d }} }}\n    examples: {examples}"
        );
        let mut loaded = load("", "", &text);
        check_examples(&loaded.library.suites[0], &mut loaded.diagnostics);
        loaded.diagnostics.iter().map(|it| format!("{}: {}", it.code, it.message)).collect::<Vec<_>>()
    };
    let good = "{ name: a, rotation: { enabled: true }, last: 3d ago }";
    let wrong = |meant: &str, found: &str| {
        vec![format!("wrong-example: this example of `T-1/a` should be {meant} but {found}")]
    };
    for (examples, found) in [
        (format!("{{ met: {good}, violated: {{ name: a }} }}"), vec![]),
        (format!("{{ met: [{good}], violated: [{{ name: a, last: 6d ago }}, {{ name: a, last: in 5d }}] }}"), vec![]),
        (format!("{{ violated: {good} }}"), wrong("violated", "is met")),
        ("{ met: { name: a, last: ~ }, violated: { name: a } }".to_owned(), wrong("met", "is violated")),
        ("{ violated: { name: b } }".to_owned(), wrong("violated", "lies outside `where`")),
        (
            "{ violated: { name: a, rotation: { enabled: not-applicable }, last: 3d ago } }".to_owned(),
            wrong("violated", "cannot be judged"),
        ),
    ] {
        assert_eq!(check(&examples), found, "{examples}");
    }
    assert_eq!(check(&format!("{{ met: {good} }}")), ["no-violating-example: case `T-1/a` has no violating example"]);
}

#[test]
fn none_is_told_by_what_it_means() {
    for (expect, attribute, told) in [
        ("{ rotation.period: { at_most: 90d } }", "rotation.period", "none (turns by hand)"),
        ("{ rotation.enabled: true }", "rotation.enabled", "none"),
    ] {
        let mut thing = Resource::new(&THING, "1".into(), "r".into(), "id", "id");
        thing.set(attribute, Fact::Absent);
        let Judgement::Unmet(differences) = expectation(expect).judge(&thing, now()) else { panic!("{expect}") };
        assert_eq!(differences[0].actual, told);
    }
}
