//! Accounts with a gap, whose other answers are reduced. A case that was not evaluated stays so, whatever else is
//! missing.
//!
//! A run breaks one operation of a kind, so that the cases that need it are not evaluated. It also reduces an answer to
//! another operation. That answer may decide whether a case applies to a resource at all. Without it, the case may have
//! nothing to judge.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use attestry::aws::described::{Fault, Faults, Mutation};
use attestry::aws::{Described, Operation};
use attestry::facts::Kind;
use attestry::kinds;
use attestry::policy::Case;
use attestry::verify::Verdict;
use tokio::task::JoinSet;

use super::answers::{account, candidates};
use crate::common::{cases_of, needs, run, selection};

/// The number of parallel runs.
const AT_ONCE: usize = 8;

/// A limit far above the duration of a run inside the process.
const LONG: Duration = Duration::from_secs(60);

/// Returns cases whose `where` depends on one call and whose expectation depends on another call, in a policy for each
/// kind.
fn pairs() -> impl Iterator<Item = String> {
    let policies = kinds::schemas().map(|kind| {
        let mut policy = "id: WRONG-BESIDE\ntitle: Wrong beside\nseverity: high\ncases:\n".to_owned();
        let calls: BTreeSet<&str> = kind.attributes.iter().map(|it| it.call).collect();
        for (first, second) in calls.iter().flat_map(|one| calls.iter().map(move |other| (*one, *other))) {
            let Some(judged) = kind.attributes.iter().find(|it| it.call == second && first != second) else { continue };
            for asked in kind.attributes.iter().filter(|it| it.call == first) {
                for test in ["present", "absent"] {
                    // A name has at most 80 characters.
                    let name = format!("{}-{test}-{}", asked.name, judged.name).replace(['.', '_'], "-");
                    let name = format!("{}-{name:.40}-{}", kind.name.replace(['.', '_'], "-"), policy.len());
                    let (each, path, of) = (kind.name, judged.name, asked.name);
                    let (over, selected) = selection(kind);
                    let over = if over.is_empty() { String::new() } else { format!("    over: {over}\n") };
                    let more = if selected.is_empty() { String::new() } else { format!("{selected}, ") };
                    let _ = write!(
                        policy,
                        "  {name}:\n    title: {name}\n    each: {each}\n{over}    where: {{ {more}{of}: {{ {test}: true }} }}\n    when_none: met\n    \
                         expect: {{ any: [{{ {path}: {{ present: true }} }}, {{ {path}: {{ absent: true }} }}] }}\n"
                    );
                }
            }
        }
        policy
    });
    // A kind whose facts come from one call has no such case.
    policies.filter(|policy| policy.contains("expect"))
}

/// Returns the operations of a kind without the identity call. Without an answer to that call, a run reads nothing.
fn operations(kind: &Kind) -> Vec<Operation> {
    let calls = kind.calls.iter().filter(|call| call.service != "sts");
    let all: BTreeSet<_> = calls.map(|call| (call.service, call.operation)).collect();
    all.into_iter().map(|(service, operation)| Operation::new(service, operation)).collect()
}

/// The result of the runs.
#[derive(Debug, Default)]
pub struct Told {
    pub runs: usize,
    /// The number of runs in which an answer was really reduced.
    pub changed: usize,
    /// The number of verdicts in those runs that were not evaluated before.
    pub blind: usize,
    /// The verdicts that became better, by the change.
    pub wrong: BTreeMap<String, Vec<String>>,
}

/// Breaks one operation and reduces another one, once for each seed.
pub async fn all(seeds: std::ops::Range<u64>) -> Told {
    let account = account();
    let cases: Arc<[Case]> = candidates().chain(pairs()).flat_map(|policy| cases_of(&account, &policy)).collect();
    let kinds: Vec<_> = kinds::schemas().map(operations).filter(|all| all.len() > 1).collect();
    let (mut told, mut running) = (Told::default(), JoinSet::new());
    for seed in seeds {
        if running.len() >= AT_ONCE {
            told.add(running.join_next().await.unwrap().unwrap());
        }
        let at = |number: u64, of: usize| usize::try_from(number % of as u64).unwrap();
        let all = &kinds[at(seed, kinds.len())];
        let turn = seed / kinds.len() as u64;
        let broken = all[at(turn, all.len())].clone();
        let rest: Vec<_> = all.iter().filter(|it| **it != broken && !Mutation::all(it).is_empty()).collect();
        let Some(smaller) = rest.get(at(turn / all.len() as u64, rest.len().max(1))) else { continue };
        let of = |case: &&Case| needs(case, &broken.service, &broken.name);
        let cases: Vec<Case> = cases.iter().filter(of).cloned().collect();
        running.spawn(one(Arc::clone(&account), cases, broken, (*smaller).clone(), seed));
    }
    while let Some(done) = running.join_next().await {
        told.add(done.unwrap());
    }
    told
}

impl Told {
    fn add(&mut self, (what, changed, blind, wrong): (String, bool, usize, Vec<String>)) {
        self.runs += 1;
        self.changed += usize::from(changed);
        self.blind += if changed { blind } else { 0 };
        if !wrong.is_empty() {
            self.wrong.insert(what, wrong);
        }
    }
}

/// Returns the fault of an operation: it is refused, its answer is unreadable, or its answer ends too early.
fn fault(operation: &Operation, seed: u64) -> Fault {
    let refused = Fault::Error { code: "AccessDeniedException".to_owned(), status: 400 };
    let all = [refused.clone(), Fault::MalformedBody, Fault::SecondPageFails, Fault::TruncatedWithoutToken];
    let fault = all.into_iter().nth(usize::try_from(seed % 4).unwrap()).unwrap();
    if fault.applies_to(operation) { fault } else { refused }
}

async fn one(
    account: Arc<Described>,
    cases: Vec<Case>,
    broken: Operation,
    smaller: Operation,
    seed: u64,
) -> (String, bool, usize, Vec<String>) {
    let fault = fault(&broken, seed);
    let what = format!("{}:{} {fault:?}, {}:{} {seed}", broken.service, broken.name, smaller.service, smaller.name);
    let gap = || Faults::new(account.connector(), broken.clone(), fault.clone()).unwrap().connector();
    let before = run(&cases, &account, gap()).await.unwrap();
    let not_evaluated = |it: &&attestry::verify::CaseResult| it.verdict == Verdict::NotEvaluated;
    let blind: BTreeSet<_> = before.result.cases.iter().filter(not_evaluated).map(|it| it.case.id.clone()).collect();
    let both = Faults::new(gap(), smaller, Fault::Changed(Mutation::Smaller(seed))).unwrap();
    let changes = both.changes();
    let running = tokio::time::timeout(LONG, run(&cases, &account, both.connector())).await;
    let wrong = match running {
        Err(_) => vec!["hangs".to_owned()],
        Ok(ran) => {
            let good = |it: &&attestry::verify::CaseResult| {
                matches!(it.verdict, Verdict::Met(_) | Verdict::NotApplicable) && blind.contains(&it.case.id)
            };
            let ran = ran.unwrap();
            ran.result.cases.iter().filter(good).map(|it| format!("{} is {}", it.case.id, it.verdict.word())).collect()
        }
    };
    (what, changes.load(Ordering::Relaxed) > 0, blind.len(), wrong)
}
