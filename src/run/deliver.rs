//! The last phase of a run: the description of the run, its reports and its evidence.
//!
//! This module must not know how facts are collected or judged.

use jiff::Timestamp;

use super::outcome::Outcome;
use super::seal::{Contents, Written};
use super::stage::Sessions;
use super::{Collected, Judged, Prepared, Run, Selected, provenance};
use crate::aws::LoggedCall;
use crate::aws::recording::Recording;
use attestry_core::evidence::{BASIS_SCHEMA, Basis};
use attestry_core::report::{Delta, Record, Results};
use attestry_core::verify::{Exit, Run as Description, TOOL};

/// The inputs of this phase.
pub(super) struct Delivery<'a> {
    pub(super) run: &'a Run,
    pub(super) prepared: Prepared,
    pub(super) sessions: Sessions,
    pub(super) collected: Collected,
    pub(super) judged: Judged,
}

impl Delivery<'_> {
    /// Writes reports and evidence, and returns the outcome.
    pub(super) async fn outcome(mut self) -> Outcome {
        let recorded = self.prepared.stage.recordings.iter().try_for_each(Recording::finish);
        let calls = self.prepared.stage.link.calls.all();
        let description = self.description(&calls);
        let earlier = self.prepared.selected.baseline.as_ref();
        let delta = earlier.map(|earlier| Delta::between(earlier, &Results::of(&description, &self.judged.result)));
        // If evidence holds the answers and their recording failed, no output is written.
        let is_whole = recorded.is_ok() || self.prepared.sealer.as_ref().is_none_or(|it| it.answers.is_none());
        let written =
            if is_whole { self.write(&description, &calls, delta.as_ref()).await } else { Written::default() };
        let has_output = self.run.output.is_some();
        let Judged { result, mut reason } = self.judged;
        if let Err(error) = &recorded {
            reason = reason.also(Exit::Output, format!("the recording: {error}"));
        }
        for failure in written.failed {
            reason = reason.also(failure.exit, failure.message);
        }
        let line = written.line.or_else(|| has_output.then(|| "no evidence is in its place".to_owned()));
        Outcome {
            selection: self.prepared.selected.selection,
            description,
            result,
            populations: self.collected.populations,
            delta,
            reason,
            line,
            signal: self.run.interrupt.signal(),
        }
    }

    async fn write(&mut self, description: &Description, calls: &[LoggedCall], delta: Option<&Delta>) -> Written {
        let Some(sealer) = self.prepared.sealer.take() else { return Written::default() };
        let Prepared { selected: Selected { selection, baseline, .. }, stage, .. } = &self.prepared;
        let Collected { populations, residue } = &self.collected;
        let record = Record {
            run: description,
            result: &self.judged.result,
            populations,
            delta,
            exit: &self.judged.reason,
            files: &selection.loaded.library.files,
            catalogues: &selection.loaded.words.catalogues,
        };
        let contents = Contents {
            selection,
            record: &record,
            basis: &self.basis(),
            provenance: &provenance::describe(selection, stage, calls, sealer.answers.is_some(), residue),
            calls,
            baseline: baseline.as_ref(),
            described: stage.described.as_ref(),
        };
        sealer.write(&contents).await
    }

    fn description(&mut self, all: &[LoggedCall]) -> Description {
        let Prepared { selected: Selected { selection, .. }, stage, started, id, .. } = &self.prepared;
        let (calls, throttled) = stage.link.calls.counts();
        Description {
            id: id.clone(),
            tool: TOOL.to_owned(),
            suite: selection.suite.id.value.clone(),
            title: selection.suite.title.clone(),
            stage: selection.stage.name.value.clone(),
            backend: stage.backend.clone(),
            clock: stage.clock_note(all),
            callers: std::mem::take(&mut self.sessions.callers),
            regions: selection.stage.regions.iter().map(|region| region.value.clone()).collect(),
            started: *started,
            finished: Timestamp::now(),
            evaluated_at: stage.now,
            gate: selection.suite.gate.word(),
            selected: self.run.request.cases.clone(),
            parameters: Description::overrides(&self.run.request.parameters),
            calls,
            throttled,
        }
    }

    fn basis(&self) -> Basis {
        let selection = &self.prepared.selected.selection;
        Basis {
            schema: BASIS_SCHEMA.to_owned(),
            suite: selection.suite_path.display().to_string(),
            stage: selection.stage.name.value.clone(),
            parameters: self.run.request.parameters.clone(),
            selected: self.run.request.cases.clone(),
            evaluated_at: self.judged.result.evaluated_at,
            endpoint: Some(self.run.endpoint.is_some()),
            new_only: Some(self.run.gate_new),
        }
    }
}
