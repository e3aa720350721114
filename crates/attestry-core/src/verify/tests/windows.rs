//! Cases over a window: what was not read is never met, and a shorter time never makes a verdict better.

use proptest::prelude::*;

use super::*;
use crate::facts::{ByAttribute, ByValue, GlobalRecords, Reach, TimeSpan, Window};

static WINDOW: Window = Window {
    needed: true,
    time: "time",
    late: 900,
    most: Some(90 * DAY),
    by: &[ByAttribute { attribute: "name", field: "", key: "Name" }],
    ..Window::OPTIONAL
};

static EVENT: Kind = Kind {
    name: "test.event",
    plural: "events",
    attributes: &[
        Attribute::new("name", Type::Text, "LookupThings", "Things[]", "Made up."),
        Attribute::new("time", Type::Time, "LookupThings", "Things[]", "Made up."),
        Attribute::new("good", Type::Bool, "LookupThings", "Things[]", "Made up."),
    ],
    calls: &[
        Call::new("test", "LookupThings", "test:LookupThings", Frequency::Population { page: 50 }).windowed(&WINDOW)
    ],
    ..KIND
};

const DAY: i64 = 86_400;

fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - seconds).unwrap()
}

fn named(name: &str) -> Expectation {
    let lookup = Lookup { attribute: EVENT.attribute("name").unwrap(), inside: Vec::new(), of: Type::Text };
    let test = Test { matcher: equality(), operand: Operand::Value(name.into()) };
    let condition = Condition::Tests(vec![test]);
    Expectation::Attribute(Box::new(AttributeTest {
        path: "name".into(),
        lookup,
        condition,
        related: None,
        beside: Vec::new(),
    }))
}

fn good() -> Expectation {
    let lookup = Lookup { attribute: EVENT.attribute("good").unwrap(), inside: Vec::new(), of: Type::Bool };
    let test = Test { matcher: equality(), operand: Operand::Value(true.into()) };
    let condition = Condition::Tests(vec![test]);
    Expectation::Attribute(Box::new(AttributeTest {
        path: "good".into(),
        lookup,
        condition,
        related: None,
        beside: Vec::new(),
    }))
}

fn over(seconds: i64, filter: Expectation) -> Case {
    Case { kind: &EVENT, over: Some(seconds), filter, expect: good(), ..each() }
}

fn read(of: Option<&str>, from: i64, until: i64) -> Reach {
    let of = of.map(|value| ByValue { key: "Name".into(), value: value.into() });
    Reach { of, span: TimeSpan { from: Some(ago(from)), until: ago(until) } }
}

/// Events by their names, their ages in seconds, and whether they are as expected.
fn events(events: &[(&str, i64, bool)], reaches: Vec<Reach>) -> Population {
    let (account, region): (Arc<str>, Arc<str>) = (A.into(), "eu-west-1".into());
    let resource = |(index, (name, age, good)): (usize, &(&str, i64, bool))| {
        let id = format!("event-{index}");
        let mut event = Resource::new(&EVENT, Arc::clone(&account), Arc::clone(&region), id, *name);
        event.set("name", *name);
        event.set("time", ago(*age));
        event.set("good", *good);
        event
    };
    let resources = events.iter().enumerate().map(resource).collect();
    Population {
        kind: &EVENT,
        account: Arc::clone(&account),
        region: Arc::clone(&region),
        resources,
        gaps: Vec::new(),
        reaches,
    }
}

fn judged(case: Case, population: Population) -> CaseResult {
    evaluate(&[case], &[population], &[], now()).cases.remove(0)
}

#[test]
fn a_case_is_met_only_when_all_its_time_was_read() {
    let fine = [("a", DAY, true)];
    for (reaches, verdict) in [
        (vec![], "not_evaluated"),
        (vec![read(None, 30 * DAY, 900)], "met"),
        (vec![read(None, 90 * DAY, 0)], "met"),
        (vec![read(None, 10 * DAY, 900), read(None, 30 * DAY, 900)], "met"),
        (vec![read(None, 30 * DAY - 1, 900)], "not_evaluated"),
        (vec![read(None, 30 * DAY, 901)], "not_evaluated"),
        // Two spans that overlap are two reads, and neither of them is whole.
        (vec![read(None, 30 * DAY, 20 * DAY), read(None, 25 * DAY, 900)], "not_evaluated"),
        (vec![read(Some("a"), 30 * DAY, 900)], "not_evaluated"),
    ] {
        let result = judged(over(30 * DAY, Expectation::nothing()), events(&fine, reaches.clone()));
        assert_eq!(result.verdict.word(), verdict, "{reaches:?}");
        assert_eq!(result.gaps.is_empty(), verdict == "met", "{reaches:?}");
    }
}

#[test]
fn a_case_without_the_window_that_its_kind_needs_is_not_evaluated() {
    let case = Case { over: None, ..over(DAY, Expectation::nothing()) };
    let result = judged(case, events(&[("a", DAY, true)], vec![read(None, 90 * DAY, 900)]));
    assert_eq!((result.verdict, result.gaps[0].cause), (Verdict::NotEvaluated, Cause::OutOfReach));
}

#[test]
fn the_reason_names_the_time_that_was_read() {
    let result = judged(over(120 * DAY, Expectation::nothing()), events(&[], vec![read(None, 90 * DAY, 900)]));
    assert_eq!(result.verdict, Verdict::NotEvaluated);
    assert_eq!(result.gaps[0].cause, Cause::OutOfReach);
    let message = "the events are needed over 120d, and they were read from 2026-08-22T12:00:00Z until \
                   2026-11-20T11:45:00Z";
    assert_eq!(result.gaps[0].message, message);
    let unread = judged(over(DAY, Expectation::nothing()), events(&[], vec![]));
    assert!(unread.gaps[0].message.ends_with("nothing was read"), "{}", unread.gaps[0].message);
}

#[test]
fn one_value_is_enough_for_a_case_about_it() {
    for (reach, verdict) in [
        (read(Some("a"), 30 * DAY, 900), "met"),
        (read(Some("a"), 29 * DAY, 900), "not_evaluated"),
        (read(Some("b"), 30 * DAY, 900), "not_evaluated"),
        (read(None, 30 * DAY, 900), "met"),
    ] {
        let case = over(30 * DAY, named("a"));
        let result = judged(case, events(&[("a", DAY, true), ("b", DAY, false)], vec![reach.clone()]));
        assert_eq!(result.verdict.word(), verdict, "{reach:?}");
    }
    // A part of `any` is no condition for all.
    let either = Expectation::Any(vec![named("a"), good()]);
    let result = judged(over(30 * DAY, either), events(&[], vec![read(Some("a"), 30 * DAY, 900)]));
    assert_eq!(result.verdict, Verdict::NotEvaluated);
}

#[test]
fn an_event_outside_of_the_window_is_not_in_the_case() {
    let reaches = || vec![read(None, 90 * DAY, 0)];
    for (age, counts) in [(900, true), (899, false), (30 * DAY, true), (30 * DAY + 1, false)] {
        let result = judged(over(30 * DAY, Expectation::nothing()), events(&[("a", age, false)], reaches()));
        assert_eq!(result.verdict.word(), if counts { "violated" } else { "not_applicable" }, "{age}");
        assert_eq!(result.coverage.outside, usize::from(!counts), "{age}");
    }
}

#[test]
fn an_event_whose_time_is_not_known_is_not_judged() {
    let mut population = events(&[("a", DAY, false), ("b", DAY, true)], vec![read(None, 90 * DAY, 900)]);
    for event in &mut population.resources {
        event.set("time", Fact::Unknown(Arc::new(Gap::new(Cause::Malformed))));
    }
    let result = judged(over(30 * DAY, Expectation::nothing()), population);
    assert_eq!((result.verdict, result.coverage.not_evaluated), (Verdict::NotEvaluated, 2));
}

#[test]
fn a_case_needs_the_region_with_the_records_of_global_services() {
    static GLOBAL: GlobalRecords = GlobalRecords { attribute: "name", is_regional: |name| name == "a" };
    static WITH_GLOBAL: Window = Window { global: Some(&GLOBAL), ..WINDOW };
    static KIND_WITH_GLOBAL: Kind = Kind {
        calls: &[Call::new("test", "LookupThings", "test:LookupThings", Frequency::Population { page: 50 })
            .windowed(&WITH_GLOBAL)],
        ..EVENT
    };
    let population = |region: &str| Population {
        kind: &KIND_WITH_GLOBAL,
        region: region.into(),
        ..events(&[], vec![read(None, 90 * DAY, 900)])
    };
    for (regions, name, verdict) in [
        (&["eu-west-1"][..], "a", "not_applicable"),
        (&["eu-west-1"], "b", "not_evaluated"),
        (&["eu-west-1", "us-east-1"], "b", "not_applicable"),
        (&["cn-northwest-1", "us-east-1"], "b", "not_evaluated"),
        (&["cn-northwest-1", "cn-north-1"], "b", "not_applicable"),
    ] {
        let case = Case { kind: &KIND_WITH_GLOBAL, ..over(DAY, named(name)) };
        let populations: Vec<Population> = regions.iter().map(|region| population(region)).collect();
        let judged = |case: Case| evaluate(&[case], &populations, &[], now()).cases.remove(0);
        let needed = Case { when_none: WhenNone::Violated, ..case.clone() };
        let missing = if verdict == "not_evaluated" { verdict } else { "violated" };
        assert_eq!(judged(case).verdict.word(), verdict, "{regions:?} {name}");
        assert_eq!(judged(needed).verdict.word(), missing, "{regions:?} {name}");
    }
}

#[test]
fn records_that_are_deleted_early_are_not_met() {
    static KEPT: Window = Window { kept: "kept", ..Window::OPTIONAL };
    static GROUP: Kind = Kind {
        attributes: &[attribute("good"), Attribute::new("kept", Type::Duration, "ReadThings", "Kept", "Made up.")],
        calls: &[Call::new("test", "ReadThings", "test:ReadThings", Frequency::Resource).windowed(&KEPT)],
        ..KIND
    };
    let judge = |over: Option<i64>, kept: Option<i64>, good: bool| {
        let mut group = Resource::new(&GROUP, A.into(), "eu-west-1".into(), "group", "group");
        group.set("good", good);
        group.set("kept", kept.map(Value::Duration));
        let reaches = vec![Reach { of: None, span: TimeSpan { from: None, until: now() } }];
        let place = events(&[], reaches);
        let population = Population { kind: &GROUP, resources: vec![group], ..place };
        let lookup = Lookup { attribute: GROUP.attribute("good").unwrap(), inside: Vec::new(), of: Type::Bool };
        let test = Test { matcher: equality(), operand: Operand::Value(true.into()) };
        let condition = Condition::Tests(vec![test]);
        let expect = Expectation::Attribute(Box::new(AttributeTest {
            path: "good".into(),
            lookup,
            condition,
            related: None,
            beside: Vec::new(),
        }));
        let case = Case { kind: &GROUP, over, filter: Expectation::nothing(), expect, ..each() };
        judged(case, population)
    };
    for (over, kept, good, verdict) in [
        (Some(30 * DAY), None, true, "met"),
        (Some(30 * DAY), Some(30 * DAY), true, "met"),
        (Some(31 * DAY), Some(30 * DAY), true, "not_evaluated"),
        (Some(31 * DAY), Some(30 * DAY), false, "violated"),
        (None, Some(DAY), true, "met"),
    ] {
        let result = judge(over, kept, good);
        assert_eq!(result.verdict.word(), verdict, "{over:?} {kept:?} {good}");
        // Without `over`, the result has the time that the stage has read.
        assert!(result.coverage.window.is_some(), "{over:?}");
    }
}

proptest! {
    /// Of the same account, the run that reads less never has the better verdict.
    #[test]
    fn a_shorter_time_never_makes_a_verdict_better(
        all in prop::collection::vec((prop::sample::select(vec!["a", "b"]), 0..10_i64, any::<bool>()), 0..6),
        (wanted, about) in (1..9_i64, prop::sample::select(vec![None, Some("a")])),
        (longer, shorter) in (0..10_i64, 0..10_i64),
        (of_longer, of_shorter) in (prop::sample::select(vec![None, Some("a"), Some("b")]), any::<bool>()),
        when_none in prop::sample::select(vec![WhenNone::Met, WhenNone::Violated, WhenNone::NotApplicable]),
        some in any::<bool>(),
    ) {
        prop_assume!(shorter <= longer);
        // The shorter run reads at most the names that the longer run reads.
        let of_shorter = if of_shorter { of_longer.or(Some("a")) } else { of_longer };
        let quantifier = if some { Quantifier::Some } else { Quantifier::Each };
        let filter = about.map_or_else(Expectation::nothing, named);
        let case = Case { when_none, quantifier, ..over(wanted * DAY, filter) };
        let verdict = |days: i64, of: Option<&str>| {
            let seen = |(name, age, _): &&(&str, i64, bool)| *age <= days && of.is_none_or(|of| of == *name);
            let seen: Vec<_> = all.iter().filter(seen).map(|(name, age, good)| (*name, age * DAY, *good)).collect();
            judged(case.clone(), events(&seen, vec![read(of, days * DAY, 900)]))
        };
        let (more, less) = (verdict(longer, of_longer), verdict(shorter, of_shorter));
        let good = |it: &CaseResult| matches!(it.verdict, Verdict::Met(_) | Verdict::NotApplicable);
        if good(&less) {
            prop_assert_eq!(less.verdict.word(), more.verdict.word());
        }
        // A violation of one event stays one when more is read.
        let found = |it: &CaseResult| it.with(&[ResourceVerdict::Violated]).filter(|it| !it.id.is_empty()).count();
        prop_assert!(found(&less) <= found(&more));
        // And it is met only when an outside reader of all events agrees.
        let inside = |(name, age, _): &&(&str, i64, bool)| {
            *age > 0 && *age <= wanted && about.is_none_or(|about| about == *name)
        };
        let meant: Vec<_> = all.iter().filter(inside).collect();
        let holds = if some { meant.iter().any(|it| it.2) } else { meant.iter().all(|it| it.2) };
        if matches!(less.verdict, Verdict::Met(_)) {
            let agrees = if meant.is_empty() { when_none == WhenNone::Met } else { holds };
            prop_assert!(agrees);
        }
    }
}
