//! The runner runs the probes of a run, and cleans up after each of them. Probes with the same target run one after the
//! other. Other probes run in parallel.
//!
//! Its parts: the context of a probe, the ledger, artifacts with their proof of ownership and removal, and the cleanup after a
//! killed run. Must not know any single probe.

pub(super) mod artifact;
pub(super) mod cleanup;
pub(super) mod cleanup_pace;
pub(super) mod context;
pub(super) mod ledger;
pub(super) mod mark;
pub(super) mod notice;
pub(super) mod ownership;
pub(super) mod probe;
mod removal;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::support::gap;
use crate::aws::{AccountRegion, Link};
use attestry_core::facts::{Arguments, Cause, Fact, Gap, Population, Resource};
use cleanup_pace::CleanupPace;
use context::{Cleanup, ProbeContext};
use ledger::Ledger;
use probe::{Probe, Target};

/// One case in one account.
pub struct Task {
    /// Id of the case.
    pub case: String,
    /// The probe.
    pub probe: &'static dyn Probe,
    /// Its arguments.
    pub arguments: Arguments,
    /// The account and Region. Its requests still go out after the run was stopped.
    pub at: Arc<AccountRegion>,
}

impl Task {
    fn target(&self) -> String {
        self.arguments.text(self.probe.spec().target).unwrap_or_default().to_owned()
    }

    /// The resource for the observations, without any yet.
    fn observed(&self) -> Resource {
        let (target, at) = (self.target(), &self.at);
        let (account, region) = (Arc::clone(&at.account), Arc::clone(&at.region));
        let mut observed = Resource::new(self.probe.spec().kind, account, region, target.clone(), target.clone());
        observed.set("case", self.case.as_str());
        observed.set("name", target.as_str());
        observed
    }
}

/// The parts that all probes of a run share.
#[derive(Debug)]
pub struct Running {
    /// Id of the run.
    pub run: Arc<str>,
    /// The ledger of the run.
    pub ledger: Arc<Ledger>,
    /// The connection of the run, which also carries its stop.
    pub link: Link,
    /// The time for the cleanup after a stop.
    pub pace: CleanupPace,
    /// The time between two reads of something that a probe waits for.
    pub pause: Duration,
    /// Shows words to people.
    pub show: fn(&str),
}

/// The observations of the probes, and the artifacts that they left.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The observations, one population for each kind, account and Region.
    pub populations: Vec<Population>,
    /// The artifacts that are gone.
    pub cleaned: Vec<String>,
    /// The artifacts that are left, with the reason. Empty when nothing is left.
    pub residue: Vec<String>,
}

impl Outcome {
    /// Adds the population of the task, which may stay empty.
    fn expect(&mut self, task: &Task) {
        let (kind, account, region) = (task.probe.spec().kind, &task.at.account, &task.at.region);
        let same = |it: &Population| it.kind.name == kind.name && it.account == *account && it.region == *region;
        if !self.populations.iter().any(same) {
            let (account, region) = (Arc::clone(account), Arc::clone(region));
            self.populations.push(Population {
                kind,
                account,
                region,
                resources: Vec::new(),
                gaps: Vec::new(),
                reaches: Vec::new(),
            });
        }
    }

    fn add(&mut self, observed: Resource) {
        let same = |it: &&mut Population| {
            it.kind.name == observed.kind.name && it.account == observed.account && it.region == observed.region
        };
        if let Some(population) = self.populations.iter_mut().find(same) {
            population.resources.push(observed);
        }
    }
}

/// Account, Region and target. Tasks with the same key run one after the other.
type TurnKey = (Arc<str>, Arc<str>, String);

/// Runs the probes. When this returns, each artifact is gone or named in the residue.
pub async fn perform(tasks: Vec<Task>, running: &Arc<Running>) -> Outcome {
    let mut turns: BTreeMap<TurnKey, Arc<Mutex<()>>> = BTreeMap::new();
    let (mut acting, mut outcome) = (JoinSet::new(), Outcome::default());
    for task in tasks {
        outcome.expect(&task);
        let key = (Arc::clone(&task.at.account), Arc::clone(&task.at.region), task.target());
        let (turn, running) = (Arc::clone(turns.entry(key).or_default()), Arc::clone(running));
        acting.spawn(async move {
            let _turn = turn.lock().await;
            one(task, &running).await
        });
    }
    while let Some(done) = acting.join_next().await {
        match done {
            Ok((observed, cleanup)) => {
                outcome.cleaned.extend(cleanup.gone);
                outcome.residue.extend(cleanup.left);
                observed.into_iter().for_each(|observed| outcome.add(observed));
            }
            // A panic in a probe is a defect. The ledger has its artifacts, for a later cleanup.
            Err(failed) => outcome.residue.push(format!("a probe broke off: {failed}; run `attestry cleanup`")),
        }
    }
    for population in &mut outcome.populations {
        population.resources.sort_by(|a, b| (a.text("case"), &a.id).cmp(&(b.text("case"), &b.id)));
    }
    outcome.cleaned.sort();
    outcome.residue.sort();
    outcome
}

/// The outcome when no probe was started: each observation is unknown for this reason.
#[must_use]
pub fn withhold(tasks: &[Task], why: &Gap) -> Outcome {
    let mut outcome = Outcome::default();
    for task in tasks {
        outcome.expect(task);
        let mut observed = task.observed();
        close(&mut observed, why.clone());
        outcome.add(observed);
    }
    outcome
}

async fn one(task: Task, running: &Running) -> (Option<Resource>, Cleanup) {
    let mut observed = task.observed();
    let limit = task.probe.limit(&task.arguments);
    let context = ProbeContext::new(Arc::clone(&task.at), task.arguments, task.case, running);
    let acting = tokio::time::timeout(limit, task.probe.act(&context, &mut observed));
    let acted = tokio::select! {
        biased;
        () = running.link.stopped() => Err(gap(Cause::Interrupted, "the run was stopped")),
        acted = acting => acted.unwrap_or_else(|_| {
            Err(gap(Cause::TimedOut, format!("the probe took longer than {} s", limit.as_secs())))
        }),
    };
    let cleanup = context.clean_up(&running.pace).await;
    observed.set("cleaned", cleanup.left.is_empty());
    let unset = match acted {
        Ok(Target::Missing) => return (None, cleanup),
        Ok(Target::Found) => gap(Cause::Malformed, "the probe did not set it"),
        Err(gap) => gap,
    };
    close(&mut observed, unset);
    (Some(observed), cleanup)
}

/// Makes each missing observation unknown, and redacts all.
fn close(observed: &mut Resource, gap: Gap) {
    let gap = Arc::new(placed(gap, observed));
    for attribute in observed.kind.attributes {
        observed.facts.entry(attribute.name).or_insert_with(|| Fact::Unknown(Arc::clone(&gap)));
    }
    observed.redact(None);
    Resource::redact_names(std::slice::from_mut(observed));
}

/// The gap with the place of the probe.
fn placed(mut gap: Gap, observed: &Resource) -> Gap {
    if let (true, Some(call)) = (gap.operation.is_empty(), observed.kind.calls.first()) {
        gap.service = call.service.to_owned();
        gap.operation = call.operation.to_owned();
    }
    gap.account = observed.account.to_string();
    gap.region = observed.region.to_string();
    gap.resource = observed.id.clone();
    gap.redacted()
}
