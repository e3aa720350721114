use std::path::{Path, PathBuf};

use super::*;
use crate::policy::{Root, Vocabulary, compile, load_suite_of};
use crate::source::Diagnostics;

const SUITE: &str = "suite: s\ntitle: S\npolicies: [p.yaml]\nstages:\n  dev:\n    accounts: [{ account: \"000000000001\" }, { account: \
                     \"000000000002\" }]\n    regions: [eu-west-1, us-east-1]\n";
const POLICY: &str = "id: P\ntitle: P\nseverity: high\ncases:\n  a:\n    title: a\n    each: test.thing\n    when_none: met\n    expect: { \
                      good: true }\n";

/// Tries every subset of the places of the stage, with and without other places. Only the set of exactly the places of
/// the stage has no mistake, and a missing place is never met.
#[test]
fn a_place_without_facts_is_never_met() {
    let texts = [("s.yaml", SUITE), ("p.yaml", POLICY)];
    let root = Root::Held(texts.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes())).collect());
    let loaded = load_suite_of(&root, Path::new("s.yaml"), Vocabulary::new([&KIND]));
    let suite = loaded.library.suites.first().unwrap();
    let stage = suite.stages.first().unwrap();
    let cases = compile(suite, stage, &[], &mut Diagnostics::new()).unwrap().cases;
    let named = [(A, "eu-west-1"), (A, "us-east-1"), (B, "eu-west-1"), (B, "us-east-1")];
    let all = named.into_iter().chain([("000000000003", "eu-west-1"), (A, "ap-south-1"), (A, "aws-global")]);
    let all: Vec<Population> =
        all.map(|(account, region)| population(&place(account, region, &[State::Met], true))).collect();
    for chosen in 0_u32..1 << all.len() {
        let of = all.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
        let mut there: Vec<Population> = of.map(|(_, population)| population.clone()).collect();
        let sound = chosen == 0b1111;
        assert_eq!(misplaced(stage, &cases, &there).is_none(), sound, "{chosen:b}");
        there.retain(|population| is_of_stage(stage, population));
        let before = there.len();
        complete(stage, &cases, &mut there);
        assert_eq!(there.len(), 4, "{chosen:b}");
        let result = evaluate(&cases, &there, &[], now());
        let seen = chosen & 0b1111 == 0b1111;
        assert_eq!(result.cases[0].verdict.word(), if seen { "met" } else { "not_evaluated" }, "{chosen:b}");
        assert_eq!(result.cases[0].gaps.len(), 4 - before);
        assert_eq!(misplaced(stage, &cases, &there), None);
    }
    let twice = [&all[..4], &all[..1]].concat();
    assert!(misplaced(stage, &cases, &twice).is_some_and(|told| told.contains("twice")));
}
