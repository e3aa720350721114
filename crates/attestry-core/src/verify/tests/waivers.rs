//! The effects of a waiver, and its state after a run.

use super::*;

/// The verdict of the case, the state of the waiver, and the number of findings that the waiver names.
fn settled(waiver: Waiver, states: &[State], whole: bool) -> (&'static str, WaiverState, usize) {
    let result = evaluate(&[each()], &populations(&[place(A, "r1", states, whole)]), &[waiver], now());
    (result.cases[0].verdict.word(), result.waivers[0].state, result.waivers[0].findings)
}

const LATER: &str = "2027-01-31";

#[test]
fn a_waiver_waives_violations_alone() {
    use State::{Met, NotApplicable, Outside, Unknown, Unmet};
    use WaiverState::{MatchesNothing, NotNeeded, Unknown as Unseen, Used};
    for (pattern, states, whole, expected) in [
        ("thing-0", &[Unmet][..], true, ("waived", Used, 1)),
        ("arn:0", &[Unmet], true, ("waived", Used, 1)),
        ("thing-*", &[Unmet, Met, Unmet], true, ("waived", Used, 2)),
        ("thing-0", &[Unmet, Unmet], true, ("violated", Used, 1)),
        // A waiver does not replace data that were not seen.
        ("thing-0", &[Unmet], false, ("not_evaluated", Used, 1)),
        ("thing-0", &[Unmet, Unknown], true, ("not_evaluated", Used, 1)),
        ("thing-0", &[Unknown], true, ("not_evaluated", Unseen, 0)),
        ("*", &[Unknown], true, ("not_evaluated", Unseen, 0)),
        ("thing-0", &[Met], true, ("met", NotNeeded, 0)),
        ("thing-0", &[NotApplicable], true, ("not_applicable", NotNeeded, 0)),
        ("thing-0", &[Met], false, ("not_evaluated", Unseen, 0)),
        ("thing-9", &[Unmet], true, ("violated", MatchesNothing, 0)),
        ("thing-9", &[Unmet], false, ("violated", Unseen, 0)),
        ("thing-0", &[Outside], true, ("not_applicable", MatchesNothing, 0)),
    ] {
        assert_eq!(settled(waiver("W", pattern, LATER), states, whole), expected, "{pattern} {states:?} {whole}");
    }
}

#[test]
fn the_day_of_expiry_is_the_last_one_in_utc() {
    let waiver = waiver("W", "thing-0", "2026-11-20");
    let places = populations(&[place(A, "r1", &[State::Unmet], true)]);
    for (now, verdict, state, days) in [
        ("2026-11-20T00:00:00Z", "waived", WaiverState::Used, 0),
        ("2026-11-20T23:59:59Z", "waived", WaiverState::Used, 0),
        // It is the 21st in Berlin already, and still the 20th in UTC.
        ("2026-11-21T00:30:00+01:00", "waived", WaiverState::Used, 0),
        ("2026-11-19T23:59:59Z", "waived", WaiverState::Used, 1),
        ("2026-11-21T00:00:00Z", "violated", WaiverState::Expired, -1),
        ("2027-11-20T00:00:00Z", "violated", WaiverState::Expired, -365),
    ] {
        let result = evaluate(&[each()], &places, std::slice::from_ref(&waiver), now.parse().unwrap());
        let (case, settled) = (&result.cases[0], &result.waivers[0]);
        assert_eq!((case.verdict.word(), settled.state, settled.days_left), (verdict, state, days), "{now}");
        // An expired waiver still shows the number of violations that it covered.
        assert_eq!(settled.findings, 1, "{now}");
    }
}

#[test]
fn account_region_and_case_narrow_a_waiver() {
    let with = |change: fn(&mut Waiver)| {
        let mut waiver = waiver("W", "*", LATER);
        change(&mut waiver);
        settled(waiver, &[State::Unmet], true)
    };
    let used = ("waived", WaiverState::Used, 1);
    let nothing = ("violated", WaiverState::MatchesNothing, 0);
    assert_eq!(with(|it| it.account = Some(A.into())), used);
    assert_eq!(with(|it| it.account = Some(B.into())), nothing);
    assert_eq!(with(|it| it.region = Some("r1".into())), used);
    assert_eq!(with(|it| it.region = Some("r2".into())), nothing);
    assert_eq!(with(|it| it.case.value = "T-1/each".into()), used);
    assert_eq!(with(|it| it.case.value = "T-*/e*".into()), used);
    // A case that was not selected counts as a case that was not seen.
    assert_eq!(with(|it| it.case.value = "T-1/other".into()), ("violated", WaiverState::Unknown, 0));
}

#[test]
fn stages_narrow_a_waiver() {
    let mut waiver = waiver("W", "*", LATER);
    assert!(waiver.is_for_stage("dev"));
    waiver.stages = vec![Spanned::new("prod".to_owned(), span())];
    assert!(waiver.is_for_stage("prod") && !waiver.is_for_stage("dev"));
}

#[test]
fn the_first_waiver_that_counts_is_named() {
    let waivers = [waiver("old", "*", "2026-11-19"), waiver("one", "thing-0", LATER), waiver("two", "*", LATER)];
    let places = populations(&[place(A, "r1", &[State::Unmet, State::Unmet], true)]);
    let result = evaluate(&[each()], &places, &waivers, now());
    let by: Vec<_> = result.cases[0].resources.iter().map(|it| it.waiver.as_str()).collect();
    assert_eq!(by, ["one", "two"]);
    let states: Vec<_> = result.waivers.iter().map(|it| (it.state, it.findings)).collect();
    assert_eq!(states, [(WaiverState::Expired, 0), (WaiverState::Used, 1), (WaiverState::Used, 1)]);
    assert!(result.cases[0].resources.iter().all(|it| !it.finding.is_empty()), "a waived finding keeps its id");
}

#[test]
fn a_missing_population_is_waived_by_case_and_never_by_a_name() {
    let case = case("T-1/each", Quantifier::Each, WhenNone::Violated, Per::Account);
    let settled = |waiver: Waiver, states: &[State]| {
        let places = populations(&[place(A, "r1", states, true)]);
        let result = evaluate(std::slice::from_ref(&case), &places, &[waiver], now());
        (result.cases[0].verdict.word(), result.waivers[0].state)
    };
    for pattern in ["*", "?*", "*things", "all*", "all things", "", "**"] {
        assert_eq!(settled(waiver("W", pattern, LATER), &[]), ("violated", WaiverState::MatchesNothing), "{pattern}");
    }
    assert_eq!(settled(of_population("W", "T-1/each"), &[]), ("waived", WaiverState::Used));
    // This waiver is about no single resource. An existing resource is no mistake in the waiver.
    assert_eq!(settled(of_population("W", "T-1/each"), &[State::Unmet]), ("violated", WaiverState::NotNeeded));
    assert_eq!(settled(of_population("W", "T-1/each"), &[State::Met]), ("met", WaiverState::NotNeeded));
    for other in ["T-1", "T-1/*", "*", "T-1/eac?"] {
        assert_eq!(settled(of_population("W", other), &[]).0, "violated", "{other}");
    }
}

#[test]
fn of_some_every_group_that_has_any_needs_one() {
    let case = case("T-1/some", Quantifier::Some, WhenNone::NotApplicable, Per::Region);
    for (second, verdict) in [
        (&[State::Met][..], "met"),
        (&[State::NotApplicable], "violated"),
        (&[State::NotApplicable, State::Unmet], "violated"),
        // The population is empty. `when_none` decides this situation.
        (&[], "met"),
        (&[State::Outside], "met"),
    ] {
        let places = [place(A, "r1", &[State::Met], true), place(A, "r2", second, true)];
        let result = evaluate(std::slice::from_ref(&case), &populations(&places), &[], now());
        assert_eq!(result.cases[0].verdict.word(), verdict, "{second:?}");
    }
}

/// The text behind the marker is unknown. A waiver must not cover another name that is redacted to the same text.
#[test]
fn a_name_that_is_withheld_is_waived_only_whatever_it_is() {
    let settled = |name: &str, pattern: &str| {
        let mut places = populations(&[place(A, "r1", &[State::Unmet], true)]);
        name.clone_into(&mut places[0].resources[0].name);
        places[0].resources[0].id = format!("arn:{name}");
        let result = evaluate(&[each()], &places, &[waiver("W", pattern, LATER)], now());
        (result.cases[0].verdict.word(), result.waivers[0].state)
    };
    for (name, pattern) in [
        ("bank-[redacted]", "bank-[redacted]"),
        ("bank-[redacted]", "bank-?redacted?"),
        ("bank-[redacted]", "*-[redacted]"),
        ("bank-[redacted]", "bank-??*"),
        ("bank-[redacted]", "bank-*d]"),
        ("bank-[redacted]", "bank-[*]"),
        ("bank-[redacted]#2", "bank-*#2"),
        ("bank-[redacted]#2", "*2"),
        ("[redacted]-a-[redacted]", "*-a-*"),
        ("\u{1}[redacted]", "*\u{1}"),
    ] {
        // The pattern may be about this resource, and it is not possible to decide it.
        assert_eq!(settled(name, pattern), ("violated", WaiverState::Unknown), "{name} {pattern}");
    }
    for (name, pattern) in [
        ("bank-[redacted]", "bank-*"),
        ("bank-[redacted]", "*"),
        ("bank-[redacted]", "b??k-*"),
        ("bank-[redacted]-key", "bank-*-key"),
        ("bank-[redacted]#2", "bank-*"),
        ("[redacted]-a-[redacted]", "*"),
        ("bank-[redacted]", "arn:bank-*"),
    ] {
        assert_eq!(settled(name, pattern), ("waived", WaiverState::Used), "{name} {pattern}");
    }
}
