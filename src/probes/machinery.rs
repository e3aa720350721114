//! Runs probes: one after the other on the same target, side by side otherwise, and cleans up however they end.
//!
//! Must not know any single probe.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::scene::Undone;
use super::{Haste, Ledger, Probe, Scene, Target};
use crate::aws::{At, Link};
use attestry_core::facts::{Arguments, Cause, Fact, Gap, Population, Resource};

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

    /// What it observes, of which nothing is known yet.
    fn seen(&self) -> Resource {
        let (target, at) = (self.target(), &self.at);
        let (account, region) = (Arc::clone(&at.account), Arc::clone(&at.region));
        let mut seen = Resource::new(self.probe.spec().kind, account, region, target.clone(), target.clone());
        seen.set("case", self.case.as_str());
        seen.set("name", target.as_str());
        seen
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
    /// How long what was made may be undone after that.
    pub haste: Haste,
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
    /// What was made and is undone.
    pub cleaned: Vec<String>,
    /// What could not be undone, and why; empty when nothing is left.
    pub residue: Vec<String>,
}

impl Outcome {
    /// A population for what the task observes, which may stay empty.
    fn expect(&mut self, task: &Task) {
        let (kind, account, region) = (task.probe.spec().kind, &task.at.account, &task.at.region);
        let same = |it: &Population| it.kind.name == kind.name && it.account == *account && it.region == *region;
        if !self.populations.iter().any(same) {
            let (account, region) = (Arc::clone(account), Arc::clone(region));
            self.populations.push(Population { kind, account, region, resources: Vec::new(), gaps: Vec::new() });
        }
    }

    fn add(&mut self, seen: Resource) {
        let home = self
            .populations
            .iter_mut()
            .find(|it| it.kind.name == seen.kind.name && it.account == seen.account && it.region == seen.region);
        home.into_iter().for_each(|it| it.resources.push(seen.clone()));
    }
}

/// Account, Region and target: who has the same acts one after the other.
type Key = (Arc<str>, Arc<str>, String);

/// Runs the probes. All are cleaned up when this returns, or named in the residue.
pub async fn perform(tasks: Vec<Task>, running: &Arc<Running>) -> Outcome {
    let mut turns: BTreeMap<Key, Arc<Mutex<()>>> = BTreeMap::new();
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
            Ok((seen, undone)) => {
                outcome.cleaned.extend(undone.gone);
                outcome.residue.extend(undone.left);
                seen.into_iter().for_each(|seen| outcome.add(seen));
            }
            // A panic in a probe is a defect; what it made is in the ledger, for a sweep.
            Err(failed) => outcome.residue.push(format!("a probe broke off: {failed}; run `attestry sweep`")),
        }
    }
    for population in &mut outcome.populations {
        population.resources.sort_by(|a, b| (a.text("case"), &a.id).cmp(&(b.text("case"), &b.id)));
    }
    outcome.cleaned.sort();
    outcome.residue.sort();
    outcome
}

/// What is known when no probe was started: nothing, and why.
#[must_use]
pub fn withhold(tasks: &[Task], why: &Gap) -> Outcome {
    let mut outcome = Outcome::default();
    for task in tasks {
        outcome.expect(task);
        let mut seen = task.seen();
        close(&mut seen, why.clone());
        outcome.add(seen);
    }
    outcome
}

async fn one(task: Task, running: &Running) -> (Option<Resource>, Undone) {
    let mut seen = task.seen();
    let limit = task.probe.limit(&task.arguments);
    let scene = Scene::new(Arc::clone(&task.at), task.arguments, task.case, running);
    let stopped = || Gap::new(Cause::Interrupted).with_message("the run was stopped");
    let acted = tokio::select! {
        biased;
        () = running.link.stopped() => Err(stopped()),
        acted = tokio::time::timeout(limit, task.probe.act(&scene, &mut seen)) => acted.unwrap_or_else(|_| {
            let message = format!("the probe took longer than {} s", limit.as_secs());
            Err(Gap::new(Cause::TimedOut).with_message(message))
        }),
    };
    let undone = scene.clean(&running.haste).await;
    seen.set("cleaned", undone.left.is_empty());
    let gap = match acted {
        Ok(Target::Missing) => return (None, undone),
        Ok(Target::Found) => Gap::new(Cause::Malformed).with_message("the probe says nothing of it"),
        Err(gap) => gap,
    };
    close(&mut seen, gap);
    (Some(seen), undone)
}

/// What was not observed is not known, and nothing looks like a secret from here on.
fn close(seen: &mut Resource, gap: Gap) {
    let gap = Arc::new(placed(gap, seen));
    for attribute in seen.kind.attributes {
        seen.facts.entry(attribute.name).or_insert_with(|| Fact::Unknown(Arc::clone(&gap)));
    }
    seen.redact(None);
    attestry_core::facts::Resource::redact_names(std::slice::from_mut(seen));
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
