//! The facts of a stage, collected without AWS: from a described account, from a recording, or from evidence.
//!
//! This module must not know verdicts or mutants.

use std::path::Path;

use jiff::Timestamp;

use super::selection::Selection;
use super::{Run, Selected};
use crate::failure::Failure;
use crate::runtime::block_on;
use crate::vocabulary::{find_kind, vocabulary};
use attestry_core::evidence::{self, Basis, paths};
use attestry_core::facts::Population;
use attestry_core::policy::Source;
use attestry_core::source::printable;
use attestry_core::verify::{Exit, complete, is_of_stage};

/// The facts of the selected cases.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The selected cases of the suite.
    pub(crate) selection: Selection,
    /// The facts. An account and Region without facts has a population with a gap.
    pub(crate) populations: Vec<Population>,
    /// The instant for which ages are judged.
    pub(crate) now: Timestamp,
    /// The source of the facts, for people.
    pub(crate) source: String,
}

/// The advice for a stage that needs AWS.
const ADVICE: &str = "use a stage with `described:` or `recording:`, or add `--bundle` with the evidence of a run; no call is made to AWS";

impl Run {
    /// Collects the facts of the selected cases. Makes no request that leaves the process.
    pub(crate) fn facts(&self) -> Result<Facts, Failure> {
        let selected = self.select()?;
        let stage = &selected.selection.stage;
        if !matches!(stage.source, Source::Described(_) | Source::Recording(_)) {
            let message = format!("stage `{}` needs AWS or an endpoint\n  help: {ADVICE}", stage.name.value);
            return Err(Failure::new(Exit::Usage, message));
        }
        block_on(async {
            let mut prepared = self.prepare(selected).await?;
            let sessions = self.open(&mut prepared).await?;
            let mut populations = self.collect(&prepared, &sessions).await?.populations;
            let (now, source) = (prepared.stage.now, prepared.stage.backend);
            let Selected { selection, .. } = prepared.selected;
            complete(&selection.stage, &selection.cases, &mut populations);
            Ok(Facts { selection, populations, now, source })
        })
    }

    /// Reads the facts of the selected cases from evidence that verifies.
    pub(crate) fn facts_of_evidence(&self, path: &Path) -> Result<Facts, Failure> {
        let selection = self.selection()?;
        if selection.cases.is_empty() {
            return Err(Failure::new(Exit::Nothing, "the suite has no case"));
        }
        let verified =
            evidence::verify(path, vocabulary(), find_kind).map_err(|damage| Failure::of_damage(path, &damage))?;
        let name = printable(&path.display().to_string(), 500);
        let unusable = |why: &dyn std::fmt::Display| Failure::new(Exit::Output, format!("{name}: {why}"));
        let text = |path: &str| {
            let bytes = verified.contents.get(path).ok_or_else(|| unusable(&format!("no {path}")))?;
            std::str::from_utf8(bytes).map_err(|error| unusable(&error))
        };
        let basis: Basis = serde_json::from_str(text(paths::BASIS)?).map_err(|error| unusable(&error))?;
        let find = |name: &str| selection.loaded.words.kinds.find(name).or_else(|| find_kind(name));
        let read = evidence::read_facts(text(paths::FACTS)?, find);
        let mut populations = read.map_err(|error| {
            Failure::new(Exit::Usage, format!("the facts of {name} are not those that the suite knows: {error}"))
        })?;
        populations.retain(|population| is_of_stage(&selection.stage, population));
        if populations.is_empty() {
            let message = format!("{name} has no facts of a place of stage `{}`", selection.stage.name.value);
            return Err(Failure::new(Exit::Usage, message));
        }
        complete(&selection.stage, &selection.cases, &mut populations);
        Ok(Facts { selection, populations, now: basis.evaluated_at, source: format!("evidence {name}") })
    }
}
