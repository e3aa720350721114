//! The matrix of operations and changes of their sound answers. Every case is violated by the sound account, so that a
//! verdict that is wrongly met shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use attestry::aws::described::{Fault, Faults, Mutation};
use attestry::aws::{Described, Operation};
use attestry::facts::Type;
use attestry::kinds;
use attestry::policy::Case;
use attestry::verify::Verdict;
use tokio::task::JoinSet;

use crate::common::{cases_of, run};

/// Runs at the same time.
const AT_ONCE: usize = 8;

/// Far more than a run inside the process takes.
const LONG: Duration = Duration::from_secs(60);

/// Cases that could be violated: what is there is not to be, and what is not there is. An empty population is as it should be.
fn candidates() -> String {
    let mut policy = "id: WRONG\ntitle: Wrong\nseverity: high\ncases:\n".to_owned();
    for kind in kinds::schemas() {
        for attribute in kind.attributes {
            let by_type: &[&str] = match attribute.of {
                Type::Bool => &["true", "false"],
                Type::Integer => &["{ at_most: 0 }"],
                Type::List(_) | Type::Map(_) => &["{ count: { at_most: 0 } }"],
                _ => &[],
            };
            for (number, test) in by_type.iter().chain(&["{ absent: true }", "{ present: true }"]).enumerate() {
                let name = format!("{}-{}-{number}", kind.name, attribute.name).replace(['.', '_'], "-");
                let (each, path) = (kind.name, attribute.name);
                let _ = write!(
                    policy,
                    "  {name}:\n    title: {name}\n    each: {each}\n    when_none: met\n    expect: {{ {path}: {test} }}\n"
                );
            }
        }
    }
    policy
}

/// The cases that the account violates.
pub async fn violated(account: &Arc<Described>) -> Vec<Case> {
    let cases = cases_of(account, &candidates());
    let sound = run(&cases, account, account.connector()).await.unwrap();
    let verdicts: BTreeMap<_, _> = sound.result.cases.iter().map(|it| (it.case.id.clone(), it.verdict)).collect();
    cases.into_iter().filter(|case| verdicts[&case.id] == Verdict::Violated).collect()
}

/// What came of a matrix.
#[derive(Debug, Default)]
pub struct Tally {
    pub runs: usize,
    /// Runs in which an answer was really changed.
    pub changed: usize,
    /// Operations that were changed, and whose changes were noticed at least once.
    pub operations: BTreeSet<String>,
    pub wrong: Vec<String>,
}

/// Changes the answers of each operation in each way.
pub async fn change(account: &Arc<Described>, cases: &[Case], what: Vec<(Operation, Mutation)>) -> Tally {
    let (mut tally, mut running) = (Tally::default(), JoinSet::new());
    for (operation, mutation) in what {
        if running.len() >= AT_ONCE {
            tally.add(running.join_next().await.unwrap().unwrap());
        }
        let uses = |case: &&Case| {
            case.kind.calls.iter().any(|call| call.service == operation.service && call.operation == operation.name)
        };
        let cases: Vec<Case> = cases.iter().filter(uses).cloned().collect();
        running.spawn(one(Arc::clone(account), cases, operation, mutation));
    }
    while let Some(done) = running.join_next().await {
        tally.add(done.unwrap());
    }
    tally.wrong.sort();
    tally
}

impl Tally {
    fn add(&mut self, (operation, changed, wrong): (String, bool, Vec<String>)) {
        self.runs += 1;
        self.changed += usize::from(changed);
        if changed {
            self.operations.insert(operation);
        }
        self.wrong.extend(wrong);
    }
}

async fn one(
    account: Arc<Described>,
    cases: Vec<Case>,
    operation: Operation,
    mutation: Mutation,
) -> (String, bool, Vec<String>) {
    let name = format!("{}:{}", operation.service, operation.name);
    let faults = Faults::new(account.connector(), operation, Fault::Changed(mutation.clone())).unwrap();
    let changes = faults.changes();
    let ran = tokio::time::timeout(LONG, run(&cases, &account, faults.connector())).await;
    let changed = changes.load(Ordering::Relaxed) > 0;
    let wrong = match ran {
        Err(_) => vec![format!("{name} {mutation:?}: hangs")],
        // Who we are is asked first.
        Ok(Err(_)) => Vec::new(),
        Ok(Ok(ran)) => {
            let met = ran.result.cases.iter().filter(|it| matches!(it.verdict, Verdict::Met(_)));
            met.map(|it| format!("{name} {mutation:?}: {} became met", it.case.id)).collect()
        }
    };
    (name, changed, wrong)
}
