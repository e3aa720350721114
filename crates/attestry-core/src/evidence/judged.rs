//! Judges stored facts again, by the texts in the evidence or by other texts.
//!
//! This module is pure, unless the root is on disk. This module must not know whether the facts were altered. That
//! check comes before.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::archive::Contents;
use super::path::is_below;
use super::provenance::Provenance;
use super::{Damage, facts, paths};
use crate::facts::{Kind, Population};
use crate::policy::{
    Attestation, Catalogues, Root, Severity, Stage, Suite, Vocabulary, compile, load_suite_of, select,
};
use crate::source::{Diagnostics, Files, render};
use crate::verify::{RunResult, complete, evaluate, is_of_stage, misplaced};

/// The data that the judgement of a run depends on, besides the texts and the facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The schema: `attestry.basis/2`.
    pub schema: String,
    /// The path of the suite below `inputs/`.
    pub suite: String,
    /// The stage.
    pub stage: String,
    /// The parameters of the command line.
    pub parameters: Vec<(String, String)>,
    /// The patterns that selected cases; empty when all cases were run.
    pub selected: Vec<String>,
    /// The instant for which ages and expiries were judged.
    pub evaluated_at: Timestamp,
    /// Whether the command line named an endpoint instead of the backend of the stage. Absent in evidence of an earlier
    /// version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<bool>,
    /// Whether only violations that the baseline does not have fail the run. Absent in evidence of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_only: Option<bool>,
}

/// The schema of [`Basis`] that this version writes.
pub const BASIS_SCHEMA: &str = "attestry.basis/2";

/// The previous schema, which is also read. It lacks data that the reports of its version depend on, so these reports
/// cannot be written again.
const EARLIER: &str = "attestry.basis/1";

/// Stored facts with their judgement.
#[derive(Debug)]
pub struct Judged {
    /// The verdicts.
    pub result: RunResult,
    /// The texts that the verdicts are based on.
    pub texts: Files,
    /// The gate. Violations at or above this severity fail a run.
    pub gate: Severity,
    /// The attestations of people.
    pub attestations: Vec<Attestation>,
    /// The retention of evidence in seconds, as the suite sets it.
    pub retention: Option<i64>,
    /// The basis of the judgement.
    pub basis: Basis,
    /// The suite.
    pub suite: Suite,
    /// The stage.
    pub stage: Stage,
    /// The facts.
    pub populations: Vec<Population>,
    /// The files that were read.
    pub inputs: Vec<PathBuf>,
    /// The titles of controls and frameworks.
    pub catalogues: Catalogues,
}

/// Judges the stored facts by the suite below the root.
///
/// # Errors
/// The facts or the texts cannot be used.
pub(super) fn judge(
    contents: &Contents,
    root: &Root<'_>,
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<Judged, Damage> {
    let basis: Basis = serde_json::from_str(content(contents, paths::BASIS)?)
        .map_err(|error| unusable(paths::BASIS, error.to_string()))?;
    if ![BASIS_SCHEMA, EARLIER].contains(&basis.schema.as_str()) {
        return Err(Damage::UnsupportedSchema(basis.schema));
    }
    if !is_below(&basis.suite) {
        return Err(Damage::EscapingPath(basis.suite));
    }
    let texts = match root {
        Root::Directory(path) => path.display().to_string(),
        Root::Held(_) => paths::INPUTS.to_owned(),
    };
    let loaded = load_suite_of(root, Path::new(&basis.suite), words);
    let refused = |diagnostics: &Diagnostics| Damage::Texts {
        path: texts.clone(),
        told: render(&loaded.library.files, diagnostics, false),
    };
    if loaded.diagnostics.has_errors() {
        return Err(refused(&loaded.diagnostics));
    }
    let missing = || unusable(paths::BASIS, format!("no stage `{}` in `{}`", basis.stage, basis.suite));
    let suite = loaded.library.suites.first().ok_or_else(missing)?;
    let stage = suite.stage(&basis.stage).map_err(|_| missing())?;
    let mut sink = Diagnostics::new();
    let compiled = compile(suite, stage, &basis.parameters, &mut sink).ok_or_else(|| refused(&sink))?;
    let cases = select(compiled.cases, &basis.selected).map_err(|sink| refused(&sink))?;
    let mut populations =
        facts::read(content(contents, paths::FACTS)?, |name| loaded.words.kinds.find(name).or_else(|| find(name)))
            .map_err(|reason| unusable(paths::FACTS, reason.to_string()))?;
    match root {
        // The facts were collected for this stage, so their places must match.
        Root::Held(_) => {
            if let Some(wrong) = misplaced(stage, &cases, &populations) {
                return Err(Damage::OtherPlaces(wrong));
            }
        }
        // The stage of other texts may have other places. Facts that were not collected are unknown.
        Root::Directory(_) => {
            populations.retain(|population| is_of_stage(stage, population));
            complete(stage, &cases, &mut populations);
        }
    }
    let result = evaluate(&cases, &populations, &compiled.waivers, basis.evaluated_at);
    Ok(Judged {
        result,
        gate: suite.gate,
        attestations: suite.attestations.clone(),
        retention: suite.keep_evidence,
        suite: suite.clone(),
        stage: stage.clone(),
        texts: loaded.library.files,
        inputs: loaded.paths,
        catalogues: loaded.words.catalogues,
        basis,
        populations,
    })
}

/// Returns the artifacts that the probes of the run left behind.
pub(super) fn residue(contents: &Contents) -> Result<Vec<String>, Damage> {
    let text = content(contents, paths::CIRCUMSTANCES)?;
    let read: Provenance =
        serde_json::from_str(text).map_err(|error| unusable(paths::CIRCUMSTANCES, error.to_string()))?;
    Ok(read.residue)
}

/// Returns a file as text.
pub(super) fn content<'a>(contents: &'a Contents, path: &str) -> Result<&'a str, Damage> {
    let bytes = contents.get(path).ok_or_else(|| Damage::Missing(path.to_owned()))?;
    std::str::from_utf8(bytes).map_err(|error| unusable(path, error.to_string()))
}

fn unusable(path: &str, reason: String) -> Damage {
    Damage::Unusable { path: path.to_owned(), reason }
}
