//! The exit code: the condition that decides, for every set of conditions.

use std::collections::BTreeSet;

use super::*;
use crate::verify::ResourceVerdict;

/// The exit codes from the strongest to the weakest, as documented.
const ORDER: [u8; 6] = [2, 6, 5, 3, 4, 1];

fn run(states: &[(Severity, State)], waivers: &[Waiver]) -> RunResult {
    let mut result = RunResult { cases: Vec::new(), waivers: Vec::new(), evaluated_at: now() };
    for (severity, state) in states {
        let mut case = each();
        let mut origin = (*case.origin).clone();
        origin.severity = *severity;
        case.origin = Arc::new(origin);
        let one = evaluate(&[case], &populations(&[place(A, "r1", &[*state], true)]), waivers, now());
        result.cases.extend(one.cases);
        result.waivers = one.waivers;
    }
    result
}

#[test]
fn every_set_of_conditions_gives_the_strongest() {
    let exits = [Exit::Violation, Exit::Usage, Exit::Incomplete, Exit::Nothing, Exit::Residue, Exit::Output];
    assert_eq!(exits.map(Exit::code), [1, 2, 3, 4, 5, 6]);
    for set in 0..64u32 {
        let mut holding: Vec<Exit> =
            exits.into_iter().enumerate().filter(|(bit, _)| set & (1 << bit) != 0).map(|it| it.1).collect();
        let strongest = ORDER.into_iter().find(|code| holding.iter().any(|it| it.code() == *code)).unwrap_or(0);
        for _ in 0..2 {
            let met = Reason { exit: Exit::Met, sentence: "fine".into() };
            let reason = holding.iter().fold(met, |reason, exit| reason.also(*exit, format!("e{}", exit.code())));
            assert_eq!(reason.exit.code(), strongest, "{holding:?}");
            // The sentence contains every condition, and the condition that decides comes first.
            let expected = if set == 0 { "fine".to_owned() } else { format!("e{strongest}") };
            assert!(reason.sentence.starts_with(&expected), "{holding:?}: {}", reason.sentence);
            for exit in &holding {
                assert!(reason.sentence.contains(&format!("e{}", exit.code())), "{holding:?}: {}", reason.sentence);
            }
            holding.reverse();
        }
    }
}

#[test]
fn every_set_of_verdicts_gives_its_code() {
    for set in 0..16u32 {
        let holds = |bit: u32| set & (1 << bit) != 0;
        let (violated, below, blind, wrong_waiver) = (holds(0), holds(1), holds(2), holds(3));
        let mut states = vec![(Severity::High, State::Met)];
        states.extend(violated.then_some((Severity::High, State::Unmet)));
        states.extend(below.then_some((Severity::Low, State::Unmet)));
        states.extend(blind.then_some((Severity::Low, State::Unknown)));
        let mut result = run(&states, &[]);
        if wrong_waiver {
            result.waivers = run(&[(Severity::High, State::Met)], &[waiver("W", "nothing", "2027-01-31")]).waivers;
        }
        let reason = Reason::of(&result, Severity::High);
        let expected = match () {
            () if wrong_waiver => 2,
            () if blind => 3,
            () if violated => 1,
            () => 0,
        };
        assert_eq!(reason.exit.code(), expected, "{states:?} {wrong_waiver}: {}", reason.sentence);
        assert_eq!(reason.sentence.contains("1 case violated"), violated, "{}", reason.sentence);
        assert_eq!(reason.sentence.contains("incomplete (1 case"), blind, "{}", reason.sentence);
    }
}

#[test]
fn nothing_selected_and_nothing_evaluated() {
    let nothing = Reason::of(&run(&[], &[]), Severity::Info);
    assert_eq!((nothing.exit, nothing.sentence.as_str()), (Exit::Nothing, "nothing was selected"));
    let blind = Reason::of(&run(&[(Severity::Low, State::Unknown)], &[]), Severity::Info);
    assert_eq!(blind.exit, Exit::Incomplete);
    assert_eq!(blind.sentence, "incomplete (1 case not fully evaluated); also nothing was evaluated");
}

#[test]
fn a_violation_beside_blindness_is_incomplete_too() {
    let places = [place(A, "r1", &[State::Unmet, State::Unknown], true)];
    let result = evaluate(&[each()], &populations(&places), &[], now());
    assert_eq!(result.cases[0].verdict, Verdict::Violated);
    let reason = Reason::of(&result, Severity::Info);
    assert_eq!(
        (reason.exit, reason.sentence.as_str()),
        (Exit::Incomplete, "incomplete (1 case not fully evaluated); also 1 case violated")
    );
}

#[test]
fn the_gate_is_inclusive() {
    let result = run(&[(Severity::Medium, State::Unmet)], &[]);
    for (gate, code) in [(Severity::Info, 1), (Severity::Medium, 1), (Severity::High, 0), (Severity::Critical, 0)] {
        assert_eq!(Reason::of(&result, gate).exit.code(), code, "{gate}");
    }
    assert_eq!(Reason::of(&result, Severity::High).sentence, "no violation at or above `high` (1 case below it)");
}

#[test]
fn a_valid_waiver_leaves_nothing_to_fail_on_and_an_expired_one_does() {
    for (expires, code) in [("2026-11-20", 0), ("2026-11-19", 1)] {
        let result = run(&[(Severity::High, State::Unmet)], &[waiver("W", "*", expires)]);
        assert_eq!(Reason::of(&result, Severity::Info).exit.code(), code, "{expires}");
    }
}

#[test]
fn the_tally_counts_each_case_once() {
    let states = STATES.map(|state| (Severity::Low, state));
    let tally = run(&states, &[]).tally();
    let expected = Tally { cases: 6, met: 1, violated: 1, not_evaluated: 2, not_applicable: 2, waived: 0 };
    assert_eq!(tally, expected);
}

#[test]
fn violations_of_the_baseline_stop_nothing_and_new_ones_do() {
    let violated = run(&[(Severity::High, State::Unmet)], &[]);
    let known: BTreeSet<String> =
        violated.cases[0].with(&[ResourceVerdict::Violated]).map(|it| it.finding.clone()).collect();
    let reason = Reason::beyond(&violated, Severity::Info, Some(&known));
    assert_eq!(
        (reason.exit, reason.sentence.as_str()),
        (Exit::Met, "no new violation at or above `info` (1 case as before)")
    );
    let reason = Reason::beyond(&violated, Severity::Info, Some(&BTreeSet::new()));
    assert_eq!((reason.exit, reason.sentence.as_str()), (Exit::Violation, "1 case newly violated"));
    // Data that were not seen are no violation, and no baseline replaces them.
    let blind = run(&[(Severity::High, State::Unknown)], &[]);
    let known = blind.cases[0].resources.iter().map(|it| it.finding.clone()).collect();
    assert_eq!(Reason::beyond(&blind, Severity::Info, Some(&known)).exit, Exit::Incomplete);
}
