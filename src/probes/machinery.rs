//! Runs probes: one after the other on the same target, side by side otherwise, and cleans up however they end.
//!
//! Must not know any single probe.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::{Ledger, Probe, Scene, Target};
use crate::aws::{At, Link, tracked};
use crate::facts::{Arguments, Cause, Fact, Gap, Population, Resource};

/// One case in one account.
pub struct Task {
    /// Id of the case.
    pub case: String,
    /// The probe.
    pub probe: &'static dyn Probe,
    /// Its arguments.
    pub arguments: Arguments,
    /// Where; a place whose requests still go out after the run was stopped.
    pub at: Arc<At>,
}

impl Task {
    fn target(&self) -> String {
        self.arguments.text(self.probe.spec().target).unwrap_or_default().to_owned()
    }
}

/// What the probes of a run share.
#[derive(Debug)]
pub struct Running {
    /// Id of the run.
    pub run: Arc<str>,
    /// Where creations are announced.
    pub ledger: Arc<Ledger>,
    /// Tells when the run is stopped.
    pub link: Link,
    /// The time between two looks.
    pub pause: Duration,
    /// Shows words to people.
    pub tell: fn(&str),
}

/// What the probes observed, and what they left.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The observations, one population for each kind, account and Region.
    pub populations: Vec<Population>,
    /// What could not be undone, and why; empty when nothing is left.
    pub residue: Vec<String>,
}

/// Account, Region and target: who has the same acts one after the other.
type Key = (Arc<str>, Arc<str>, String);

/// Runs the probes. All are cleaned up when this returns, or named in the residue.
pub async fn perform(tasks: Vec<Task>, running: &Arc<Running>) -> Outcome {
    let mut turns: BTreeMap<Key, Arc<Mutex<()>>> = BTreeMap::new();
    let (mut acting, mut outcome) = (JoinSet::new(), Outcome::default());
    for task in tasks {
        let (kind, account, region) = (task.probe.spec().kind, &task.at.account, &task.at.region);
        let same = |it: &Population| it.kind.name == kind.name && it.account == *account && it.region == *region;
        if !outcome.populations.iter().any(same) {
            let (account, region) = (Arc::clone(account), Arc::clone(region));
            outcome.populations.push(Population { kind, account, region, resources: Vec::new(), gaps: Vec::new() });
        }
        let key = (Arc::clone(account), Arc::clone(region), task.target());
        let (turn, running) = (Arc::clone(turns.entry(key).or_default()), Arc::clone(running));
        acting.spawn(async move {
            let _turn = turn.lock().await;
            one(task, &running).await
        });
    }
    while let Some(done) = acting.join_next().await {
        match done {
            Ok((seen, residue)) => {
                outcome.residue.extend(residue);
                let Some(seen) = seen else { continue };
                let home = outcome.populations.iter_mut().find(|it| {
                    it.kind.name == seen.kind.name && it.account == seen.account && it.region == seen.region
                });
                home.into_iter().for_each(|it| it.resources.push(seen.clone()));
            }
            // A panic in a probe is a defect; what it made is in the ledger, for a sweep.
            Err(failed) => outcome.residue.push(format!("a probe broke off: {failed}; run `attestry sweep`")),
        }
    }
    for population in &mut outcome.populations {
        population.resources.sort_by(|a, b| (a.text("case"), &a.id).cmp(&(b.text("case"), &b.id)));
    }
    outcome.residue.sort();
    outcome
}

async fn one(task: Task, running: &Running) -> (Option<Resource>, Vec<String>) {
    let (spec, target) = (task.probe.spec(), task.target());
    let (account, region) = (Arc::clone(&task.at.account), Arc::clone(&task.at.region));
    let mut seen = Resource::new(spec.kind, account, region, target.clone(), target.clone());
    seen.set("case", task.case.as_str());
    seen.set("name", target.as_str());
    let limit = task.probe.limit(&task.arguments);
    let run = Arc::clone(&running.run);
    let (at, ledger) = (Arc::clone(&task.at), Arc::clone(&running.ledger));
    let scene = Scene::new(at, task.arguments, running.pause, running.tell, run, task.case, ledger);
    let stopped = || Gap { message: "the run was stopped".to_owned(), ..Gap::new(Cause::Interrupted) };
    let acted = tokio::select! {
        biased;
        () = running.link.stopped() => Err(stopped()),
        acted = tokio::time::timeout(limit, tracked(task.probe.act(&scene, &mut seen))) => acted.unwrap_or_else(|_| {
            let message = format!("the probe took longer than {} s", limit.as_secs());
            Err(Gap { message, ..Gap::new(Cause::TimedOut) })
        }),
    };
    let residue = scene.clean().await;
    seen.set("cleaned", residue.is_empty());
    let gap = match acted {
        Ok(Target::Missing) => return (None, residue),
        Ok(Target::Found) => Gap { message: "the probe says nothing of it".to_owned(), ..Gap::new(Cause::Malformed) },
        Err(gap) => gap,
    };
    let gap = Arc::new(placed(gap, &seen));
    for attribute in spec.kind.attributes {
        seen.facts.entry(attribute.name).or_insert_with(|| Fact::Unknown(Arc::clone(&gap)));
    }
    seen.redact(None);
    seen.redact_names();
    (Some(seen), residue)
}

fn placed(mut gap: Gap, seen: &Resource) -> Gap {
    if let (true, Some(call)) = (gap.operation.is_empty(), seen.kind.calls.first()) {
        gap.service = call.service.to_owned();
        gap.operation = call.operation.to_owned();
    }
    gap.account = seen.account.to_string();
    gap.region = seen.region.to_string();
    gap.resource = seen.id.clone();
    gap.redacted()
}
