//! Takes out each part of each expectation of the shipped suites in turn. Some example must detect the change.
//!
//! If all examples of a case have the same verdict without a part, no example shows that the part is needed. The
//! described accounts count as examples too, because tests check their verdicts. `mutants/taken_out.rs` defines a part.

mod broken;
mod taken_out;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use attestry::aws::Described;
use attestry::facts::{Population, Resource};
use attestry::kinds;
use attestry::policy::{Case, Examples, Expectation, Judgement, Vocabulary, load_suite};
use attestry::verify::evaluate;
use taken_out::{Mutant, mutants};

use crate::common;

/// The parts that no example detects: `CASE | part | the reason why it is harmless`, one part on each line.
const HARMLESS: &str = include_str!("mutants/harmless.txt");

/// The facts of a described account, with the cases of its stage.
struct Account {
    described: std::sync::Arc<Described>,
    cases: BTreeMap<String, Case>,
    populations: Vec<Population>,
}

impl Account {
    async fn of(suite: &str, stage: &str) -> Self {
        let described = common::described(&format!("suites/accounts/{stage}.yaml"));
        let (cases, _) = common::cases(common::root(), suite, stage);
        let ran = common::run(&cases, &described, described.connector()).await.unwrap();
        let cases = cases.into_iter().map(|case| (case.id.clone(), case)).collect();
        Self { described, cases, populations: ran.populations }
    }

    /// Returns whether a case has other verdicts here without that part.
    fn notices(&self, id: &str, number: usize) -> bool {
        let case = &self.cases[id];
        let expect = mutants(&case.expect).remove(number).expect;
        self.verdicts(case.clone()) != self.verdicts(Case { expect, ..case.clone() })
    }

    fn verdicts(&self, case: Case) -> Vec<String> {
        let result = evaluate(&[case], &self.populations, &[], self.described.as_of);
        let cases = result.cases.iter();
        cases
            .flat_map(|case| {
                let whole = format!("{:?}", case.verdict);
                let each = case.resources.iter().map(|it| format!("{} {} {}", it.region, it.id, it.verdict));
                each.chain([whole]).collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Returns whether an example loses its intended verdict.
fn noticed(expect: &Expectation, met: &[Resource], violated: &[Resource]) -> bool {
    let judged = |it: &Resource| expect.judge(it, Examples::now());
    met.iter().any(|it| judged(it) != Judgement::Met)
        || violated.iter().any(|it| !matches!(judged(it), Judgement::Unmet(_)))
}

/// Returns `CASE | part` for each part that no example detects.
async fn survivors(suite: &str, stages: &[&str]) -> (usize, BTreeSet<String>) {
    let words = Vocabulary::new(kinds::schemas()).with_probes(attestry::probes::specs());
    let loaded = load_suite(common::root(), Path::new(suite), words);
    let examples = Examples::of(&loaded.library.suites[0]).unwrap();
    let mut accounts = Vec::new();
    for stage in stages {
        accounts.push(Account::of(suite, stage).await);
    }
    let (mut tried, mut survivors) = (0, BTreeSet::new());
    for (case, met, violated) in examples.facts() {
        assert!(!noticed(&case.expect, &met, &violated), "{}: an example is wrong as it is", case.id);
        let mut surviving: Vec<String> = Vec::new();
        for (number, Mutant { part, expect }) in mutants(&case.expect).into_iter().enumerate() {
            // When a part is not needed, the parts inside of it are not needed either.
            if surviving.iter().any(|outer| part.starts_with(&format!("{outer} "))) {
                continue;
            }
            tried += 1;
            let seen = noticed(&expect, &met, &violated) || accounts.iter().any(|it| it.notices(&case.id, number));
            if !seen {
                surviving.push(part);
            }
        }
        survivors.extend(surviving.into_iter().map(|part| format!("{} | {part}", case.id)));
    }
    (tried, survivors)
}

/// Returns the lines of a list that belong to a suite, without their reasons.
fn listed(text: &str, cases: &BTreeSet<String>) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .filter_map(|line| {
            let (entry, why) = line.rsplit_once(" | ").unwrap();
            assert!(why.len() > 20 && entry.contains(" | "), "a part without a reason: {line}");
            cases.contains(entry.split(" | ").next().unwrap()).then(|| entry.to_owned())
        })
        .collect()
}

fn case_ids(suite: &str, stage: &str) -> BTreeSet<String> {
    common::cases(common::root(), suite, stage).0.into_iter().map(|case| case.id).collect()
}

#[tokio::test]
async fn every_part_of_every_case_of_the_bank_is_needed() {
    let (tried, found) = survivors("suites/mod-045.yaml", &["embedded", "embedded-drifted"]).await;
    assert!(tried > 250, "only {tried} parts");
    assert_same(&found, &listed(HARMLESS, &case_ids("suites/mod-045.yaml", "embedded")));
}

#[tokio::test]
async fn every_part_of_every_case_that_acts_is_needed() {
    let (tried, found) = survivors("suites/mod-045-probes.yaml", &[]).await;
    assert!(tried > 20, "only {tried} parts");
    assert_same(&found, &listed(HARMLESS, &case_ids("suites/mod-045-probes.yaml", "dev")));
}

#[tokio::test]
async fn every_part_of_every_case_of_the_baseline_is_needed() {
    let (tried, found) = survivors("suites/cis-aws.yaml", &["embedded", "embedded-drifted"]).await;
    assert!(tried > 150, "only {tried} parts");
    assert_same(&found, &listed(HARMLESS, &case_ids("suites/cis-aws.yaml", "embedded")));
}

#[tokio::test]
async fn every_part_of_every_best_practice_is_needed() {
    for (suite, least) in [("suites/fsbp.yaml", 700), ("suites/hardening.yaml", 150)] {
        let (tried, found) = survivors(suite, &[]).await;
        assert!(tried > least, "only {tried} parts");
        assert_same(&found, &BTreeSet::new());
    }
}

fn assert_same(found: &BTreeSet<String>, listed: &BTreeSet<String>) {
    let new: Vec<_> = found.difference(listed).collect();
    let gone: Vec<_> = listed.difference(found).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "no example needs: {new:#?}\nlisted, and an example needs it: {gone:#?}"
    );
}
