//! Resources that were listed and then disappeared. They are in no verdict and in every count.

use super::*;

/// A place in which the resources at the indexes `gone` disappeared.
fn with_gone(states: &[State], gone: &[usize]) -> Population {
    let mut population = population(&place(A, "r-1", states, true));
    for at in gone {
        let answered = Gap::new(Cause::Gone).of_call("test", "ReadThing").with_code("NoSuchThing");
        population.resources[*at].went(&answered);
    }
    population
}

fn judged(case: &Case, populations: &[Population]) -> CaseResult {
    evaluate(std::slice::from_ref(case), populations, &[], now()).cases.remove(0)
}

#[test]
fn what_went_is_no_violation_and_hides_none() {
    use State::{Met, NotApplicable, Outside, Unknown, Unmet};
    for (states, gone, verdict, examined) in [
        (&[Met, Unknown][..], &[1][..], "met", 1),
        (&[Met, Unmet], &[1], "met", 1),
        (&[Met, Unmet], &[0], "violated", 1),
        (&[Unmet, Unknown], &[1], "violated", 1),
        (&[Met, Unknown, Unknown], &[1], "not_evaluated", 1),
        (&[NotApplicable, Unmet], &[1], "not_applicable", 0),
    ] {
        let result = judged(&each(), &[with_gone(states, gone)]);
        let seen = (result.verdict.word(), result.coverage.examined, result.coverage.gone);
        assert_eq!(seen, (verdict, examined, gone.len()), "{states:?} {gone:?}");
        let told: Vec<_> = result.resources.iter().filter(|it| it.is_gone).collect();
        assert_eq!(told.len(), gone.len());
        assert!(told.iter().all(|it| it.reason.contains("test:ReadThing says NoSuchThing")), "{told:?}");
    }
    let outside = judged(&each(), &[with_gone(&[Met, Outside], &[1])]);
    assert_eq!((outside.coverage.gone, outside.coverage.outside), (0, 1), "no case is about it");
}

#[test]
fn a_population_that_went_as_a_whole_is_not_evaluated() {
    use State::{Met, Unmet};
    for when_none in [WhenNone::Met, WhenNone::NotApplicable, WhenNone::Violated] {
        for quantifier in [Quantifier::Each, Quantifier::Some] {
            let case = case("T-1/all", quantifier, when_none, Per::Account);
            for states in [&[Met][..], &[Unmet, Met]] {
                let all: Vec<usize> = (0..states.len()).collect();
                let result = judged(&case, &[with_gone(states, &all)]);
                assert_eq!(result.verdict, Verdict::NotEvaluated, "{when_none:?} {quantifier:?}");
                assert_eq!(result.gaps[0].cause, Cause::Gone);
                assert_eq!(result.coverage.gone, states.len());
            }
        }
    }
}

#[test]
fn one_place_that_went_is_not_hidden_by_another() {
    let case = case("T-1/places", Quantifier::Each, WhenNone::Met, Per::Region);
    let mut other = population(&place(A, "r-2", &[State::Met], true));
    assert_eq!(judged(&case, &[with_gone(&[State::Met], &[0]), other.clone()]).verdict, Verdict::NotEvaluated);
    let stage = Case { per: Per::Stage, ..case };
    assert!(matches!(judged(&stage, &[with_gone(&[State::Met], &[0]), other.clone()]).verdict, Verdict::Met(_)));
    other.resources[0].went(&Gap::new(Cause::Gone));
    assert_eq!(judged(&stage, &[with_gone(&[State::Met], &[0]), other]).verdict, Verdict::NotEvaluated);
}
