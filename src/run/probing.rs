//! The probes of a run: their announcement, and their start.
//!
//! This module must not know any single probe.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::notice::Notice;
use super::selection::Selection;
use super::stage::{Sessions, StageSession};
use super::{Messages, core_dumps};
use crate::failure::Failure;
use crate::probes::{self, CleanupPace, Ledger, Outcome, Running, Task, perform, withhold};
use attestry_core::facts::{Cause, Gap, NOTICE};
use attestry_core::plan::Plan;
use attestry_core::policy::{Case, Source, Stage, check_probes};
use attestry_core::source::{Diagnostics, printable};
use attestry_core::verify::Exit;

/// The default directory of the ledgers.
pub(crate) const LEDGERS: &str = "target/attestry/ledger";

/// The time between two polls of a waiting probe.
pub(crate) const PAUSE: Duration = Duration::from_millis(500);

/// The limit of a shown name of an artifact, in characters.
pub(crate) const SHOWN: usize = 4_000;

/// Checks that the probes of the selected cases may act on the stage.
pub(crate) fn check(selection: &Selection, record: bool, endpoint: bool) -> Result<(), Failure> {
    let mut sink = Diagnostics::new();
    check_probes(&selection.stage, &selection.cases, &mut sink);
    if sink.has_errors() {
        return Err(Failure::of_diagnostics(&selection.loaded.library.files, &sink));
    }
    if selection.cases.iter().all(|case| case.probe.is_none()) {
        return Ok(());
    }
    if !endpoint && matches!(selection.stage.source, Source::Described(_) | Source::Recording(_)) {
        let message = format!(
            "stage `{}` is a described account or a recording, where no probe can act",
            selection.stage.name.value
        );
        return Err(Failure::new(Exit::Usage, message));
    }
    if record {
        return Err(Failure::new(Exit::Usage, "a run with probes is not recorded: its answers hold values of secrets"));
    }
    Ok(())
}

/// Returns the announcement of the effects of the probes. It is empty without probes.
pub(crate) fn announce(plan: &Plan, stage: &Stage) -> String {
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

/// Begins the ledger, if there are probes. A failure here means that no probe starts. A run that holds values of
/// secrets also forbids core dumps.
pub(crate) fn begin_ledger(plan: &Plan, folder: &Path, run: &str) -> Result<Option<Arc<Ledger>>, Failure> {
    let acts = plan.probes().next().is_some();
    if acts || plan.calls().iter().any(|call| call.values) {
        core_dumps::forbid()?;
    }
    if !acts {
        return Ok(None);
    }
    let ledger = Ledger::begin(folder, run).map_err(|error| Failure::new(Exit::Output, error.to_string()))?;
    Ok(Some(Arc::new(ledger)))
}

/// The inputs of the probes.
#[derive(Debug)]
pub(crate) struct Acting<'a> {
    /// The plan of the run.
    pub(crate) plan: &'a Plan,
    /// The ledger, if the plan has probes.
    pub(crate) ledger: Option<Arc<Ledger>>,
    /// The time limit of the cleanup.
    pub(crate) pace: &'a CleanupPace,
    /// The id of the run.
    pub(crate) run: &'a str,
}

/// Runs the probes of the plan in every account, in the first Region of the stage.
pub(crate) async fn act(
    acting: Acting<'_>,
    selection: &Selection,
    stage: &StageSession,
    sessions: &Sessions,
    messages: Messages,
) -> Outcome {
    let Acting { plan, ledger, pace, run } = acting;
    let (Some(ledger), Some(region)) = (ledger, selection.stage.regions.first()) else { return Outcome::default() };
    let mut tasks = Vec::new();
    for session in &sessions.sessions {
        let places = session.acting(run);
        let Some(at) = places.iter().find(|at| *at.region == *region.value) else { continue };
        let is_about = |case: &Case| case.account.as_deref().is_none_or(|account| account == &*at.account);
        tasks.extend(plan.probes().filter(|(case, _)| is_about(case)).filter_map(|(case, call)| {
            let (case, arguments, at) = (case.id.clone(), call.arguments.clone(), Arc::clone(at));
            Some(Task { case, probe: probes::find(call.spec.name)?, arguments, at })
        }));
    }
    if tasks.is_empty() || stage.link.is_stopped() {
        return withhold(&tasks, &Gap::new(Cause::Interrupted).with_message("the run was stopped"));
    }
    let mut notice = None;
    if let Some(topic) = &selection.stage.notice {
        match Notice::begin(&topic.value, selection, sessions, run, &announce(plan, &selection.stage)).await {
            Ok(begun) => notice = Some(begun),
            Err(gap) => {
                messages(&format!("no probe is started: the notice was not published: {gap} {}", gap.message));
                return withhold(&tasks, &gap);
            }
        }
    }
    let (link, pace) = (stage.link.clone(), pace.clone());
    let running = Running { run: run.into(), ledger, link, pace, pause: PAUSE, show: messages };
    let mut outcome = perform(tasks, &Arc::new(running)).await;
    // A text from AWS must not control the terminal.
    outcome.residue.iter_mut().for_each(|left| *left = printable(left, SHOWN));
    if let Some(notice) = &notice
        && let Err(gap) = notice.end(&outcome).await
    {
        messages(&format!("the notice after the probes was not published: {gap} {}", gap.message));
    }
    outcome
}
