//! The matrix of operations and changes of their sound answers, and random reductions of answers. The sound account
//! violates every case, so the test sees each wrong verdict of met.
//!
//! One run changes one operation in one way, and has only the cases that need the operation. All runs share one process
//! and one account with one Region. The other Region is empty, and a change of an empty list would find nothing there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
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

use crate::common::{cases_of, needs, run, whole_text, window};

/// The number of parallel runs.
const AT_ONCE: usize = 8;

/// A limit far above the duration of a run inside the process.
const LONG: Duration = Duration::from_secs(60);

/// The suffix of the names of cases that expect something absent. Cases without the suffix expect that nothing is
/// there.
const WANTS: &str = "-wants";

/// Claims that also have an oracle.
const CLAIMS: &[(&str, &str)] = &[
    ("iam.policy", "statements: { never_grants: { actions: [kms:Decrypt] } }"),
    ("iam.policy", "statements: { not: { never_grants: { actions: [kms:Decrypt] } } }"),
    ("iam.role", "permissions: { never_grants: { actions: [s3:GetObject] } }"),
    ("iam.role", "permissions: { not: { never_grants: { actions: [kms:Decrypt] } } }"),
    ("iam.user", "permissions: { not: { never_grants: { actions: [kms:Decrypt] } } }"),
];

/// Facts that AWS documents by leaving out a member: rotation that was never set up, and the key that AWS manages
/// itself.
const TOLD_BY_ABSENCE: &[(&str, &str)] = &[
    ("secretsmanager:ListSecrets", "WRONG/secretsmanager-secret-rotation-enabled-1-wants"),
    ("secretsmanager:ListSecrets", "WRONG/secretsmanager-secret-kms-key-aws-managed-0-wants"),
];

/// Changes that give another true answer. The accounts of an organization are other accounts, and these have no tags.
const TRUE: &[&str] = &["organizations:ListAccounts: OtherAccount"];

/// Returns the small account, with only the Region that is not empty.
pub fn account() -> Arc<Described> {
    let two = "\"regions\": [\"eu-central-1\", \"us-east-1\"]";
    let text = whole_text();
    assert!(text.contains(two), "the account has two Regions");
    let text = text.replacen(two, "\"regions\": [\"eu-central-1\"]", 1);
    Arc::new(Described::read("whole.yaml", &text).unwrap())
}

/// Returns cases that the account could violate: the present data must be absent, and the absent data present. An empty
/// population is as expected. Each kind has a policy, because one file for all of them is larger than a file may be.
pub fn candidates() -> impl Iterator<Item = String> {
    kinds::schemas().map(|kind| {
        let mut policy = "id: WRONG\ntitle: Wrong\nseverity: high\ncases:\n".to_owned();
        for attribute in kind.attributes {
            let by_type: &[(&str, &str)] = match attribute.of {
                Type::Bool => &[("true", WANTS), ("false", WANTS)],
                Type::Integer => &[("{ at_most: 0 }", WANTS), ("{ at_least: 1000000000000 }", WANTS)],
                Type::Text => &[("attestry", WANTS)],
                Type::List(_) | Type::Map(_) => {
                    &[("{ count: { at_most: 0 } }", ""), ("{ count: { at_least: 1000 } }", WANTS)]
                }
                _ => &[],
            };
            let any = [("{ absent: true }", ""), ("{ present: true }", WANTS)];
            for (number, (test, end)) in by_type.iter().chain(&any).enumerate() {
                let name = format!("{}-{}-{number}{end}", kind.name, attribute.name).replace(['.', '_'], "-");
                let (each, path) = (kind.name, attribute.name);
                let _ = write!(
                    policy,
                    "  {name}:\n    each: {each}\n{}    when_none: met\n    expect: {{ {path}: {test} }}\n",
                    window(kind)
                );
            }
        }
        for (number, (_, claim)) in CLAIMS.iter().filter(|(of, _)| *of == kind.name).enumerate() {
            let (name, each) = (format!("{}-claim-{number}", kind.name).replace('.', "-"), kind.name);
            let _ = write!(
                policy,
                "  {name}:\n    title: {name}\n    each: {each}\n    when_none: met\n    expect: {{ {claim} }}\n"
            );
        }
        policy
    })
}

/// The cases that the account violates, by the operation that they need.
pub struct Violated {
    account: Arc<Described>,
    all: Vec<Case>,
    needing: HashMap<Operation, Arc<[Case]>>,
}

impl Violated {
    pub async fn find() -> Self {
        let account = account();
        let cases: Vec<Case> = candidates().flat_map(|policy| cases_of(&account, &policy)).collect();
        let sound = run(&cases, &account, account.connector()).await.unwrap();
        let verdicts: BTreeMap<_, _> = sound.result.cases.iter().map(|it| (it.case.id.clone(), it.verdict)).collect();
        let is_violated = |case: &Case| verdicts[&case.id] == Verdict::Violated;
        let all = cases.into_iter().filter(is_violated).collect();
        Self { account, all, needing: HashMap::new() }
    }

    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// Returns the cases that need an operation. All cases need the identity call.
    fn needing(&mut self, operation: &Operation) -> Arc<[Case]> {
        let of = |case: &&Case| operation.service == "sts" || needs(case, &operation.service, &operation.name);
        let all = &self.all;
        let found = self.needing.entry(operation.clone());
        Arc::clone(found.or_insert_with(|| all.iter().filter(of).cloned().collect()))
    }

    /// Changes the answers of each operation in each way.
    pub async fn change(&mut self, what: Vec<(Operation, Mutation)>) -> Tally {
        let (mut tally, mut running) = (Tally::default(), JoinSet::new());
        for (operation, mutation) in what {
            if running.len() >= AT_ONCE {
                tally.add(running.join_next().await.unwrap().unwrap());
            }
            let cases = self.needing(&operation);
            running.spawn(one(Arc::clone(&self.account), cases, operation, mutation));
        }
        while let Some(done) = running.join_next().await {
            tally.add(done.unwrap());
        }
        tally
    }
}

/// The result of a matrix.
#[derive(Debug, Default)]
pub struct Tally {
    pub runs: usize,
    /// The number of runs in which an answer was really changed.
    pub changed: usize,
    /// The operations whose answers were changed at least once.
    pub operations: BTreeSet<String>,
    /// The number of runs, and the number of those with a changed answer, by the sort of change.
    pub kinds: BTreeMap<String, (usize, usize)>,
    /// The cases that are met, and the runs that hang or panic, by the change.
    pub wrong: BTreeMap<String, Vec<String>>,
}

impl Tally {
    fn add(&mut self, (operation, what, changed, wrong): (Operation, String, bool, Vec<String>)) {
        self.runs += 1;
        self.changed += usize::from(changed);
        let kind = what.rsplit(' ').next().unwrap_or_default().split('(').next().unwrap_or_default();
        let of = self.kinds.entry(kind.to_owned()).or_default();
        *of = (of.0 + 1, of.1 + usize::from(changed));
        if changed {
            self.operations.insert(format!("{}:{}", operation.service, operation.name));
        }
        if !wrong.is_empty() {
            self.wrong.insert(what, wrong);
        }
    }
}

async fn one(
    account: Arc<Described>,
    cases: Arc<[Case]>,
    operation: Operation,
    mutation: Mutation,
) -> (Operation, String, bool, Vec<String>) {
    let what = mutation.describe(&operation);
    // A member that AWS may leave out counts as absent. A case that expects its absence is met for a good reason.
    let wants_only = matches!(mutation, Mutation::LeftOut(_));
    let faults = Faults::new(account.connector(), operation.clone(), Fault::Changed(mutation)).unwrap();
    let changes = faults.changes();
    let running = tokio::spawn(async move {
        let ran = run(&cases, &account, faults.connector()).await;
        ran.map(|ran| ran.result.cases.into_iter().map(|it| (it.case.id.clone(), it.verdict)).collect::<Vec<_>>())
    });
    let stop = running.abort_handle();
    let wrong = match tokio::time::timeout(LONG, running).await {
        Err(_) => vec!["hangs".to_owned()],
        Ok(Err(_)) => vec!["panics".to_owned()],
        // The identity call comes first.
        Ok(Ok(Err(_))) => Vec::new(),
        Ok(Ok(Ok(verdicts))) => {
            let good = |verdict: Verdict| matches!(verdict, Verdict::Met(_) | Verdict::NotApplicable);
            let told = |id: &str| TOLD_BY_ABSENCE.iter().any(|(of, case)| what.starts_with(of) && *case == id);
            let counts = |id: &str| !wants_only || id.ends_with(WANTS) && !told(id);
            let wrong = verdicts.iter().filter(|(id, verdict)| good(*verdict) && counts(id));
            let wrong = wrong.filter(|_| !TRUE.contains(&&*what));
            wrong.map(|(id, verdict)| format!("{id} is {}", verdict.word())).collect()
        }
    };
    stop.abort();
    (operation, what, changes.load(Ordering::Relaxed) > 0, wrong)
}
