//! Probes on the command line: what they will do, and doing it.
//!
//! Must not know any single probe.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::notice::Notice;
use super::stage::{Ground, Opened};
use super::suite::Chosen;
use super::{Ended, cores, output};
use crate::kinds;
use crate::probes::{self, CleanupPace, Ledger, Outcome, Running, Task, perform, withhold};
use attestry_core::facts::{Cause, Gap, Kind, NOTICE};
use attestry_core::plan::Plan;
use attestry_core::policy::{ATTESTATION, Source, Stage, Vocabulary, check_probes};
use attestry_core::source::{Diagnostics, printable};
use attestry_core::verify::Exit;

/// Where ledgers are kept.
pub(super) const LEDGERS: &str = "target/attestry/ledger";

/// The time between two looks at what a probe waits for.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// Characters that are shown of what is left.
pub(super) const SHOWN: usize = 4_000;

/// All words that policies may use.
pub(super) fn words() -> Vocabulary {
    Vocabulary::new(kinds::schemas().chain([&ATTESTATION])).with_probes(probes::specs())
}

/// The kind of that name: of a collector, of a probe, or what people say.
pub(super) fn find_kind(name: &str) -> Option<&'static Kind> {
    kinds::find(name).or_else(|| probes::kind(name)).or_else(|| (name == ATTESTATION.name).then_some(&ATTESTATION))
}

/// Whether the stage may be acted upon as the chosen cases ask. What is wrong is shown.
pub(super) fn check(chosen: &Chosen, record: bool, endpoint: bool) -> Result<(), Ended> {
    let mut sink = Diagnostics::new();
    check_probes(&chosen.stage, &chosen.cases, &mut sink);
    if sink.has_errors() {
        output::diagnostics(&chosen.loaded.library.files, &sink);
        return Err(Ended::told(Exit::Usage));
    }
    if chosen.cases.iter().all(|case| case.probe.is_none()) {
        return Ok(());
    }
    if !endpoint && matches!(chosen.stage.source, Source::Described(_) | Source::Recording(_)) {
        let message =
            format!("stage `{}` is a description or recording, which no probe can act upon", chosen.stage.name.value);
        return Err(Ended::new(Exit::Usage, message));
    }
    if record {
        return Err(Ended::new(Exit::Usage, "a run with probes is not recorded: its answers hold values of secrets"));
    }
    Ok(())
}

/// What the probes will do, in words; empty without probes.
pub(super) fn announce(plan: &Plan, stage: &Stage) -> String {
    let mut text = String::new();
    if let (Some(topic), Some(_)) = (&stage.notice, plan.probes().next()) {
        text.push_str(&format!(
            "notice to {} before the probes and after them; no probe starts without it\n",
            topic.value
        ));
        text.push_str(&format!("  calls {}:{}\n", NOTICE.service, NOTICE.operation));
    }
    for (case, call) in plan.probes() {
        let Some(probe) = probes::find(call.spec.name) else { continue };
        let limit = probe.limit(&call.arguments).as_secs();
        text.push_str(&format!("probe {} for {} (at most {limit} s, then clean-up)\n", call.spec.name, case.id));
        for effect in probe.effects(&call.arguments) {
            text.push_str(&format!("  {effect}\n"));
        }
        for call in (call.spec.calls)(&call.arguments) {
            text.push_str(&format!("  calls {}:{}\n", call.service, call.operation));
        }
    }
    text
}

/// Begins the ledger, if there are probes: what cannot be announced is not done, and neither is what a core could tell.
pub(super) fn begin(plan: &Plan, folder: &Path, run: &str) -> Result<Option<Arc<Ledger>>, Ended> {
    let acts = plan.probes().next().is_some();
    if acts || plan.calls().iter().any(|call| call.values) {
        cores::forbid()?;
    }
    if !acts {
        return Ok(None);
    }
    let ledger = Ledger::begin(folder, run).map_err(|error| Ended::new(Exit::Output, error.to_string()))?;
    Ok(Some(Arc::new(ledger)))
}

/// Runs the probes of the plan in every account, in the first Region of the stage.
pub(super) async fn act(
    plan: &Plan,
    chosen: &Chosen,
    ground: &Ground,
    opened: &Opened,
    (ledger, pace): (Option<Arc<Ledger>>, &CleanupPace),
    run: &str,
) -> Outcome {
    let (Some(ledger), Some(region)) = (ledger, chosen.stage.regions.first()) else { return Outcome::default() };
    let mut tasks = Vec::new();
    for session in &opened.sessions {
        let places = session.acting(run);
        let Some(at) = places.iter().find(|at| *at.region == *region.value) else { continue };
        tasks.extend(plan.probes().filter_map(|(case, call)| {
            let (case, arguments, at) = (case.id.clone(), call.arguments.clone(), Arc::clone(at));
            Some(Task { case, probe: probes::find(call.spec.name)?, arguments, at })
        }));
    }
    if tasks.is_empty() || ground.link.is_stopped() {
        return withhold(&tasks, &Gap::new(Cause::Interrupted).with_message("the run was stopped"));
    }
    let mut notice = None;
    if let Some(topic) = &chosen.stage.notice {
        match Notice::begin(&topic.value, chosen, opened, run, &announce(plan, &chosen.stage)).await {
            Ok(begun) => notice = Some(begun),
            Err(gap) => {
                output::tell(&format!("no probe is started: the notice was not published: {gap} {}", gap.message));
                return withhold(&tasks, &gap);
            }
        }
    }
    let (link, pace) = (ground.link.clone(), pace.clone());
    let running = Running { run: run.into(), ledger, link, pace, pause: PAUSE, show: output::tell };
    let mut outcome = perform(tasks, &Arc::new(running)).await;
    // What is told of AWS steers no terminal.
    outcome.residue.iter_mut().for_each(|left| *left = printable(left, SHOWN));
    if let Some(notice) = &notice
        && let Err(gap) = notice.end(&outcome).await
    {
        output::tell(&format!("the notice after the probes was not published: {gap} {}", gap.message));
    }
    outcome
}
