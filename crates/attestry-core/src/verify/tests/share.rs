//! Cases about a part of their population: a share or a number of the resources, or one account.

use super::*;

/// For each number of resources in each state: violated exactly where the share cannot be reached any more.
#[test]
fn a_share_is_violated_only_where_it_cannot_be_reached() {
    let mut seen = std::collections::BTreeSet::new();
    for met in 0..6_usize {
        for violated in 0..6_usize {
            for unknown in 0..3_usize {
                for whole in [true, false] {
                    let states = [State::Met].repeat(met).into_iter();
                    let states = states.chain([State::Unmet].repeat(violated)).chain([State::Unknown].repeat(unknown));
                    let states: Vec<State> = states.collect();
                    let case = Case { share: Some(80), ..each() };
                    let populations = [population(&place(A, "eu-west-1", &states, whole))];
                    let result = evaluate(&[case], &populations, &[], now());
                    let verdict = result.cases[0].verdict.word();
                    let all = met + violated + unknown;
                    let possible = !whole || (met + unknown) * 100 >= all * 80;
                    let expected = match (violated > 0 && !possible, whole && unknown == 0, all) {
                        (true, ..) => "violated",
                        (false, false, _) => "not_evaluated",
                        (false, true, 0) => "not_applicable",
                        (false, true, _) => "met",
                    };
                    assert_eq!(verdict, expected, "{met} met, {violated} violated, {unknown} unknown, {whole}");
                    seen.insert(verdict);
                }
            }
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

/// A violation shows the share, so that a reader sees how much is missing.
#[test]
fn a_missed_share_is_a_reason() {
    let case = Case { share: Some(75), ..each() };
    let populations = [population(&place(A, "eu-west-1", &[State::Met, State::Unmet], true))];
    let result = evaluate(&[case], &populations, &[], now());
    let reasons: Vec<&str> =
        result.cases[0].resources.iter().map(|it| it.reason.as_str()).filter(|it| !it.is_empty()).collect();
    assert_eq!(reasons, ["1 of 2 are as expected, and at least 75 % must be"]);
}

#[test]
fn a_case_about_one_account_does_not_depend_on_another() {
    let populations = |other: &[State], whole| {
        [population(&place(A, "eu-west-1", &[State::Met], true)), population(&place(B, "eu-west-1", other, whole))]
    };
    for (other, whole) in [(&[State::Unmet][..], true), (&[State::Unknown], true), (&[], false)] {
        for (account, expected) in [(Some(A), true), (Some(B), false), (None, false)] {
            let case = Case { account: account.map(str::to_owned), ..each() };
            let result = evaluate(&[case], &populations(other, whole), &[], now());
            let met = matches!(result.cases[0].verdict, Verdict::Met(_));
            assert_eq!(met, expected, "{account:?} beside {other:?} {whole}");
        }
    }
    // The population of the account itself was not read.
    let case = Case { account: Some("000000000003".to_owned()), ..each() };
    assert_eq!(
        evaluate(&[case], &populations(&[State::Met], true), &[], now()).cases[0].verdict,
        Verdict::NotEvaluated
    );
}

/// For each number of resources in each state, and for each pair of limits: the rule in words.
#[test]
fn a_number_of_resources_is_within_its_limits() {
    let mut seen = std::collections::BTreeSet::new();
    for (met, violated, unknown) in (0..5).flat_map(|a| (0..3).flat_map(move |b| (0..3).map(move |c| (a, b, c)))) {
        for (at_least, at_most, whole) in (0..4)
            .flat_map(|a| [None, Some(2), Some(3)].map(|b| (a, b)))
            .flat_map(|(a, b)| [(a, b, true), (a, b, false)])
        {
            let states = [State::Met].repeat(met).into_iter().chain([State::Unmet].repeat(violated));
            let states: Vec<State> = states.chain([State::Unknown].repeat(unknown)).collect();
            let case = Case {
                count: Some(Bounds { at_least, at_most }),
                ..case("T-1/some", Quantifier::Some, WhenNone::NotApplicable, Per::Account)
            };
            let populations = [population(&place(A, "eu-west-1", &states, whole))];
            let result = evaluate(&[case], &populations, &[], now());
            let all = met + violated + unknown;
            let seen_all = whole && unknown == 0;
            let expected = match () {
                () if at_most.is_some_and(|most| met > most) => "violated",
                () if all == 0 && whole => "not_applicable",
                () if !seen_all => "not_evaluated",
                () if met < at_least => "violated",
                () => "met",
            };
            let verdict = result.cases[0].verdict.word();
            assert_eq!(verdict, expected, "{met} {violated} {unknown}, {at_least} {at_most:?} {whole}");
            seen.insert(verdict);
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}
