//! A share of the resources, compared with the rule in words.

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
