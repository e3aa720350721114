//! The decision table: every small population with every quantifier and every verdict for an empty population.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The rules once more, in a slower and simpler form.
fn slow(places: &[Place], quantifier: Quantifier, when_none: WhenNone, per: Per) -> &'static str {
    let mut groups: BTreeMap<(&str, &str), Vec<&Place>> = BTreeMap::new();
    for place in places {
        let key = match per {
            Per::Stage => ("", ""),
            Per::Account => (place.account, ""),
            Per::Region => (place.account, place.region),
        };
        groups.entry(key).or_default().push(place);
    }
    let missing = |places: &[&Place]| {
        places.iter().any(|place| {
            !place.whole || place.states.contains(&State::Unknown) || place.states.contains(&State::FilterUnknown)
        })
    };
    let all = |places: &[&Place]| -> Vec<State> {
        places.iter().flat_map(|it| it.states.clone()).filter(|state| *state != State::Outside).collect()
    };
    let violated = groups.values().any(|group| {
        let states = all(group);
        let nothing = states.is_empty() && group.iter().all(|place| place.whole);
        let by_one = match quantifier {
            Quantifier::Each => states.contains(&State::Unmet),
            Quantifier::Some => !missing(group) && !states.is_empty() && !states.contains(&State::Met),
        };
        by_one || nothing && when_none == WhenNone::Violated
    });
    let everything: Vec<&Place> = places.iter().collect();
    let states = all(&everything);
    match () {
        () if violated => "violated",
        () if places.is_empty() || missing(&everything) => "not_evaluated",
        () if states.is_empty() && when_none == WhenNone::Met => "met",
        () if states.iter().all(|state| *state == State::NotApplicable) => "not_applicable",
        () => "met",
    }
}

/// All populations of at most `size` resources.
fn contents(size: usize) -> Vec<(Vec<State>, bool)> {
    let mut found: Vec<Vec<State>> = vec![Vec::new()];
    let mut last = found.clone();
    for _ in 0..size {
        last = last
            .iter()
            .flat_map(|states| STATES.iter().map(move |state| [states.as_slice(), &[*state]].concat()))
            .filter(|states| states.is_sorted())
            .collect();
        found.extend(last.clone());
    }
    found.into_iter().flat_map(|states| [(states.clone(), true), (states, false)]).collect()
}

fn check(places: &[Place]) -> usize {
    let found = populations(places);
    let mut checked = 0;
    for quantifier in [Quantifier::Each, Quantifier::Some] {
        for when_none in WhenNone::ALL {
            for per in Per::ALL {
                let result = evaluate(&[case("T-1/a", quantifier, *when_none, *per)], &found, &[], now());
                let result = &result.cases[0];
                let expected = slow(places, quantifier, *when_none, *per);
                assert_eq!(result.verdict.word(), expected, "{quantifier:?} {when_none:?} {per:?} {places:?}");
                // The coverage shows missing data, whatever the verdict is.
                let missing = places.is_empty()
                    || places.iter().any(|place| {
                        !place.whole
                            || place.states.iter().any(|it| matches!(it, State::Unknown | State::FilterUnknown))
                    });
                assert_eq!(result.is_incomplete(), missing, "{places:?}");
                let enumerated = !places.is_empty() && places.iter().all(|place| place.whole);
                assert_eq!(result.coverage.enumerated, enumerated, "{places:?}");
                assert_eq!(result.coverage.missing.is_empty(), !missing, "{places:?}");
                let count = |states: &[State]| {
                    places.iter().flat_map(|it| &it.states).filter(|state| states.contains(state)).count()
                };
                assert_eq!(result.coverage.examined, count(&[State::Met, State::Unmet]));
                assert_eq!(result.coverage.not_evaluated, count(&[State::Unknown, State::FilterUnknown]));
                assert_eq!(result.coverage.not_applicable, count(&[State::NotApplicable]));
                assert_eq!(result.coverage.outside, count(&[State::Outside]));
                assert_eq!(
                    result.coverage.expected,
                    places.iter().map(|it| it.states.len()).sum::<usize>() - result.coverage.outside
                );
                checked += 1;
            }
        }
    }
    checked
}

#[test]
fn one_population() {
    let checked: usize = contents(3).iter().map(|(states, whole)| check(&[place(A, "r1", states, *whole)])).sum();
    assert_eq!(checked, 2 * 84 * 18);
}

#[test]
fn two_populations_of_one_account_and_of_two() {
    for (first, whole_first) in contents(1) {
        for (second, whole_second) in contents(2) {
            for (account, region) in [(A, "r2"), (B, "r1")] {
                check(&[place(A, "r1", &first, whole_first), place(account, region, &second, whole_second)]);
            }
        }
    }
}

#[test]
fn three_populations() {
    let few: Vec<_> = contents(1).into_iter().filter(|(states, _)| states != &[State::FilterUnknown]).collect();
    for first in &few {
        for second in &few {
            for third in &few {
                check(&[
                    place(A, "r1", &first.0, first.1),
                    place(A, "r2", &second.0, second.1),
                    place(B, "r1", &third.0, third.1),
                ]);
            }
        }
    }
}

#[test]
fn what_was_never_read_is_not_evaluated_and_says_so() {
    assert_eq!(check(&[]), 18);
    let result = evaluate(&[each()], &[], &[], now());
    assert_eq!(result.cases[0].gaps.len(), 1);
}

#[test]
fn populations_of_other_kinds_do_not_count() {
    static OTHER: Kind = Kind {
        name: "test.other",
        plural: "others",
        scope: Scope::Regional,
        parent: None,
        qualified: "",
        doc: "Another thing.",
        attributes: KIND.attributes,
        calls: KIND.calls,
    };
    let mut other = population(&place(A, "r1", &[State::Unmet], false));
    other.kind = &OTHER;
    let mine = population(&place(A, "r1", &[State::Met], true));
    let result = evaluate(&[each()], &[other, mine], &[], now());
    assert_eq!((result.cases[0].verdict.word(), result.cases[0].coverage.examined), ("met", 1));
}

fn any_place() -> impl Strategy<Value = Place> {
    let states = proptest::collection::vec(proptest::sample::select(STATES.to_vec()), 0..6);
    (proptest::sample::select(vec![A, B]), proptest::sample::select(vec!["r1", "r2"]), states, any::<bool>())
        .prop_map(|(account, region, states, whole)| Place { account, region, states, whole })
}

/// At most one population for each place.
fn any_places() -> impl Strategy<Value = Vec<Place>> {
    proptest::collection::vec(any_place(), 0..5).prop_map(|places| {
        let unique: BTreeMap<_, _> = places.into_iter().map(|it| ((it.account, it.region), it)).collect();
        unique.into_values().collect()
    })
}

proptest! {
    /// Invariant I1: a population with missing data is never met, waived or not applicable.
    #[test]
    fn nothing_missing_is_ever_met(places in any_places(), quantifier in 0..2usize, when_none in 0..3usize, per in 0..3usize) {
        let quantifier = [Quantifier::Each, Quantifier::Some][quantifier];
        let case = case("T-1/a", quantifier, WhenNone::ALL[when_none], Per::ALL[per]);
        let (all, population) = (waiver("W", "*", "2027-01-31"), of_population("P", "T-1/a"));
        let result = evaluate(&[case], &populations(&places), &[all, population], now());
        let missing = places.is_empty() || places.iter().any(|place| {
            !place.whole || place.states.iter().any(|it| matches!(it, State::Unknown | State::FilterUnknown))
        });
        let word = result.cases[0].verdict.word();
        // The waiver covers every violation. Only missing data can still change the verdict.
        prop_assert_eq!(missing, word == "not_evaluated", "{} {:?}", word, places);
    }

    #[test]
    fn the_order_of_reading_changes_no_byte(places in any_places().prop_shuffle(), per in 0..3usize, some in any::<bool>()) {
        let quantifier = if some { Quantifier::Some } else { Quantifier::Each };
        let cases = [case("T-1/a", quantifier, WhenNone::Violated, Per::ALL[per])];
        let waivers = [waiver("W", "thing-1", "2027-01-31")];
        let mut sorted = places.clone();
        sorted.sort_by_key(|it| (it.account, it.region));
        let first = bytes(&evaluate(&cases, &populations(&places), &waivers, now()));
        prop_assert_eq!(first, bytes(&evaluate(&cases, &populations(&sorted), &waivers, now())));
    }
}
