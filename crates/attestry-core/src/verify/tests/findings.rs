//! The ids of findings: the values that they depend on, and the values that they do not depend on.

use std::collections::BTreeSet;

use super::*;
use crate::verify::ResourceVerdict;

fn ids(cases: &[Case], places: &[Place]) -> Vec<String> {
    let result = evaluate(cases, &populations(places), &[], now());
    let findings = result.cases.iter().flat_map(|case| &case.resources).map(|resource| resource.finding.clone());
    findings.filter(|id| !id.is_empty()).collect()
}

#[test]
fn an_id_is_the_same_from_version_to_version() {
    // This id is a literal, because waivers, tickets and trend lines of users refer to ids. A change here breaks them.
    assert_eq!(ids(&[each()], &[place(A, "r1", &[State::Unmet], true)]), ["cc46ead47402bc7e"]);
}

#[test]
fn ids_are_distinct_by_case_account_region_and_resource() {
    let cases = [each(), case("T-1/other", Quantifier::Each, WhenNone::Met, Per::Account)];
    let two = &[State::Unmet, State::Unknown];
    let found = ids(&cases, &[place(A, "r1", two, true), place(A, "r2", two, true), place(B, "r1", two, true)]);
    assert_eq!(found.len(), 12);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 12);
}

#[test]
fn ids_do_not_depend_on_verdict_order_or_other_findings() {
    let alone = ids(&[each()], &[place(A, "r2", &[State::Unmet], true)]);
    assert_eq!(ids(&[each()], &[place(A, "r2", &[State::Unknown], false)]), alone);
    let among = ids(&[each()], &[place(A, "r2", &[State::Unmet; 3], true), place(A, "r1", &[State::Unmet], true)]);
    assert!(among.contains(&alone[0]));
    assert_eq!(among.len(), 4);
}

#[test]
fn only_what_needs_attention_has_one() {
    assert!(ids(&[each()], &[place(A, "r1", &[State::Met, State::NotApplicable, State::Outside], true)]).is_empty());
}

#[test]
fn a_finding_about_a_population_survives_a_new_region() {
    for (per, same) in [(Per::Account, true), (Per::Stage, true), (Per::Region, true)] {
        let cases = [case("T-1/some", Quantifier::Some, WhenNone::Violated, per)];
        let before = ids(&cases, &[place(A, "r2", &[State::Unmet], true)]);
        let after = ids(&cases, &[place(A, "r1", &[State::Unmet], true), place(A, "r2", &[State::Unmet], true)]);
        assert_eq!(after.contains(&before[0]), same, "{per:?}");
        assert_eq!(after.len(), if per == Per::Region { 2 } else { 1 }, "{per:?}");
    }
}

#[test]
fn a_finding_about_a_population_says_where_and_what_is_nearest() {
    let cases = [case("T-1/some", Quantifier::Some, WhenNone::Violated, Per::Account)];
    let places = [place(A, "r1", &[State::Unmet], true), place(A, "r2", &[State::Unmet, State::NotApplicable], true)];
    let result = evaluate(&cases, &populations(&places), &[], now());
    let found = &result.cases[0].resources;
    assert_eq!((&*found[0].name, &*found[0].id, found[0].verdict), ("all things", "", ResourceVerdict::Violated));
    assert_eq!((&*found[0].account, &*found[0].region), (A, ""));
    assert_eq!(found[0].differences.len(), 2);
    assert!(
        found[1..]
            .iter()
            .all(|resource| resource.verdict == ResourceVerdict::NotApplicable && !resource.reason.is_empty())
    );
    let empty = evaluate(&cases, &populations(&[place(A, "r1", &[State::Outside], true)]), &[], now());
    assert_eq!((&*empty.cases[0].resources[0].region, empty.cases[0].verdict.word()), ("r1", "violated"));
}

#[test]
fn resources_come_in_order_and_keep_their_gaps() {
    let states = [State::Met, State::Unknown, State::FilterUnknown, State::Outside];
    let result =
        evaluate(&[each()], &populations(&[place(B, "r1", &states, true), place(A, "r1", &states, true)]), &[], now());
    let case = &result.cases[0];
    let order: Vec<_> = case.resources.iter().map(|it| (&*it.account, &*it.id)).collect();
    assert_eq!(order, [(A, "arn:0"), (A, "arn:1"), (A, "arn:2"), (B, "arn:0"), (B, "arn:1"), (B, "arn:2")]);
    assert!(case.with(&[ResourceVerdict::NotEvaluated]).all(|it| it.gaps.len() == 1 && !it.finding.is_empty()));
    assert_eq!(case.with(&[ResourceVerdict::NotEvaluated]).count(), 4);
    assert_eq!(case.coverage.missing["denied"], 4);
}
