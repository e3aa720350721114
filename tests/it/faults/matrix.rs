//! The matrix of operations and faults, with one run for each pair. Several runs are parallel.

use std::collections::BTreeMap;
use std::sync::Arc;

use attestry::aws::described::{Fault, Faults};
use attestry::aws::{Described, Operation};
use attestry::facts::Cause;
use attestry::plan::Plan;
use attestry::policy::Case;
use attestry::verify::{CaseResult, Exit, Verdict};
use tokio::task::JoinSet;

use crate::common::{Ran, needs, run};

/// The number of parallel runs. Each run is small, and more of them would only wait for the two threads.
const AT_ONCE: usize = 8;

/// Returns every fault with its expected cause. For `None`, a reader must survive the fault.
pub fn faults() -> Vec<(Fault, Option<Cause>)> {
    let error = |code: &str, status| Fault::Error { code: code.to_owned(), status };
    vec![
        (error("AccessDeniedException", 400), Some(Cause::Denied)),
        (error("AccessDenied", 403), Some(Cause::Denied)),
        (error("UnauthorizedOperation", 403), Some(Cause::Denied)),
        (error("AuthorizationError", 403), Some(Cause::Denied)),
        (Fault::Throttled, Some(Cause::Throttled)),
        (Fault::ServerError, Some(Cause::Unavailable)),
        (Fault::Reset, Some(Cause::Unreachable)),
        (Fault::TimeOut, Some(Cause::TimedOut)),
        (Fault::MalformedBody, Some(Cause::Malformed)),
        (Fault::EmptyPageWithToken, None),
        (Fault::RepeatedToken, Some(Cause::Truncated)),
        (Fault::TruncatedWithoutToken, Some(Cause::Truncated)),
        (Fault::SecondPageFails, Some(Cause::Unavailable)),
        (Fault::ExpiredToken, Some(Cause::Credentials)),
    ]
}

/// The requirements of one pair.
struct Pair {
    operation: Operation,
    fault: Fault,
    cause: Option<Cause>,
    /// The verdicts without the fault.
    sound: Arc<BTreeMap<String, Verdict>>,
}

/// All pairs.
pub struct Matrix {
    account: Arc<Described>,
    cases: Vec<Case>,
    sound: Arc<BTreeMap<String, Verdict>>,
    waiting: Vec<Pair>,
}

impl Matrix {
    pub fn new(account: Arc<Described>, cases: Vec<Case>, sound: Ran) -> Self {
        let sound = sound.result.cases.iter().map(|it| (it.case.id.clone(), it.verdict)).collect();
        Self { account, cases, sound: Arc::new(sound), waiting: Vec::new() }
    }

    /// Adds a pair, unless the operation cannot break in this way.
    pub fn add(&mut self, operation: Operation, fault: Fault, cause: Option<Cause>) {
        if fault.applies_to(&operation) && has_cause(&operation, &fault) {
            self.waiting.push(Pair { operation, fault, cause, sound: Arc::clone(&self.sound) });
        }
    }

    /// Runs all pairs. Returns their number and the mistakes.
    pub async fn finish(self) -> (usize, Vec<String>) {
        let (pairs, mut wrong, mut running) = (self.waiting.len(), Vec::new(), JoinSet::new());
        for pair in self.waiting {
            if running.len() >= AT_ONCE {
                wrong.extend(running.join_next().await.into_iter().flat_map(Result::unwrap));
            }
            // The first denial runs the whole suite, to show that everything else stays as it was. The other faults run
            // the kinds that use the operation. Data that they do not share with another kind cannot affect it.
            let whole = pair.fault == faults()[0].0;
            let uses = |case: &&Case| whole || uses(case, &pair.operation);
            let cases: Vec<Case> = self.cases.iter().filter(uses).cloned().collect();
            running.spawn(check(pair, cases, Arc::clone(&self.account)));
        }
        while let Some(done) = running.join_next().await {
            wrong.extend(done.unwrap());
        }
        wrong.sort();
        (pairs, wrong)
    }
}

/// Returns whether an answer can show the cause of the fault. An answer to HEAD has no body, so an error has no code, and
/// only some statuses have one cause. The test of the objects breaks such an operation, too.
fn has_cause(operation: &Operation, fault: &Fault) -> bool {
    let head = operation.service == "s3" && operation.name.starts_with("Head");
    !head || !matches!(fault, Fault::Throttled | Fault::ExpiredToken | Fault::Error { status: 400, .. })
}

fn uses(case: &Case, operation: &Operation) -> bool {
    let own = case.kind.calls.iter().any(|call| call.service == operation.service && call.operation == operation.name);
    own || needs(case, &operation.service, &operation.name)
}

async fn check(pair: Pair, cases: Vec<Case>, account: Arc<Described>) -> Vec<String> {
    let Pair { operation, fault, cause, sound } = pair;
    let place = format!("{}:{} {fault:?}", operation.service, operation.name);
    let broken = Faults::new(account.connector(), operation.clone(), fault).unwrap().connector();
    let ran = match run(&cases, &account, broken).await {
        Ok(ran) => ran,
        // The identity call comes first. Without its answer the run reads nothing, and this is not a usage error.
        Err(refusal) if operation.service == "sts" && !refusal.is_usage() => return Vec::new(),
        Err(refusal) => return vec![format!("{place}: {refusal}")],
    };
    let mut wrong = Vec::new();
    if operation.service == "sts" {
        wrong.push(format!("{place}: the session was opened"));
    }
    for result in &ran.result.cases {
        let needed = cause.is_some() && needs(&result.case, &operation.service, &operation.name);
        let problem = match cause {
            Some(cause) if needed => unevaluated(result, &operation, cause),
            _ if result.verdict == sound[&result.case.id] => None,
            _ => Some(format!("was {}, and is {}", sound[&result.case.id].word(), result.verdict.word())),
        };
        wrong.extend(problem.map(|problem| format!("{place}: {}: {problem}", result.case.id)));
    }
    let exit = ran.exit().exit;
    if (exit == Exit::Incomplete) != cause.is_some() {
        wrong.push(format!("{place}: exit {exit:?}"));
    }
    wrong
}

/// Returns the mistake in the result of a case that needed the broken operation.
fn unevaluated(result: &CaseResult, operation: &Operation, cause: Cause) -> Option<String> {
    if result.verdict != Verdict::NotEvaluated {
        return Some(format!("is {}", result.verdict.word()));
    }
    let mut gaps = result.gaps.iter().chain(result.resources.iter().flat_map(|resource| &resource.gaps)).peekable();
    if gaps.peek().is_none() {
        return Some("has no gap".to_owned());
    }
    gaps.find(|gap| gap.service != operation.service || gap.operation != operation.name || gap.cause != cause)
        .map(|gap| format!("has the gap `{gap}` ({})", gap.message))
}

/// Denies each operation that the cases need. A case that was not met stays not met, and a changed verdict makes the
/// run incomplete.
pub async fn denials(account: &Arc<Described>, cases: &[Case], sound: &Arc<Ran>) -> Vec<String> {
    let mut running = JoinSet::new();
    for call in Plan::new(cases.to_vec()).calls().into_iter().filter(|call| call.service != "sts") {
        let (account, cases, sound) = (Arc::clone(account), cases.to_vec(), Arc::clone(sound));
        running.spawn(async move {
            let operation = Operation::new(call.service, call.operation);
            let denied = Fault::Error { code: "AccessDenied".to_owned(), status: 403 };
            let broken = Faults::new(account.connector(), operation, denied).unwrap().connector();
            let ran = run(&cases, &account, broken).await.unwrap();
            let met = |result: &CaseResult| matches!(result.verdict, Verdict::Met(_));
            let both = sound.result.cases.iter().zip(&ran.result.cases);
            let mut wrong: Vec<String> = both
                .filter(|(before, after)| met(after) && !met(before))
                .map(|(_, after)| format!("{}:{}: {} became met", call.service, call.operation, after.case.id))
                .collect();
            // An alternative that holds for certain decides alone. Then no other verdict may have changed either.
            let same = sound.result.cases.iter().zip(&ran.result.cases).all(|(a, b)| a.verdict == b.verdict);
            if !same && ran.exit().exit != Exit::Incomplete {
                wrong.push(format!("{}:{}: exit {:?}", call.service, call.operation, ran.exit()));
            }
            wrong
        });
    }
    let mut wrong = Vec::new();
    while let Some(done) = running.join_next().await {
        wrong.extend(done.unwrap());
    }
    wrong
}
