//! The summary of evidence: for lists, for the search for a control, and for the index entry beside a kept bundle.
//!
//! The summary follows from verified evidence alone, so an index entry can be written again and compared. This module
//! must not know the store of the evidence.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::archive::Contents;
use super::manifest::{Entry, digest};
use super::{Damage, Verified, canonical, judged, paths};
use crate::verify::{CaseResult, Coverage, ResourceVerdict};

/// The schema of index entries that this version writes and reads.
const SCHEMA: &str = "attestry.index/1";

/// The reason why bytes are no index entry of this version.
#[derive(Debug, thiserror::Error)]
pub enum NoIndex {
    /// The bytes are no JSON, or they have other members.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The bytes have another schema.
    #[error("it has the schema `{0}`")]
    Schema(String),
}

/// The summary of one piece of evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The id of the run.
    pub run: String,
    /// The id of the suite.
    pub suite: String,
    /// The stage.
    pub stage: String,
    /// The examined accounts, without repetition, in order.
    pub accounts: Vec<String>,
    /// The name of the backend: `aws`, or another backend that is not AWS.
    pub backend: String,
    /// The start of the run.
    pub started: Timestamp,
    /// The end of the run.
    pub finished: Timestamp,
    /// The number of the run in the chain of its suite and stage.
    pub sequence: u64,
    /// The SHA-256 of the manifest.
    pub manifest: String,
    /// The cases of the run.
    pub cases: Vec<Covered>,
}

/// A case of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// The id of the case.
    pub id: String,
    /// The title of the case: its requirement.
    pub title: String,
    /// The controls, as `FRAMEWORK:ID`.
    pub controls: Vec<String>,
    /// The verdict.
    pub verdict: String,
    /// The kind of the resources in its population.
    pub kind: String,
    /// The counts of the population of the case.
    pub population: Counts,
}

/// The counts of a population.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// The resources that the case is about, as far as they are known.
    pub expected: usize,
    /// The expected resources that were judged.
    pub examined: usize,
    /// The expected resources that were not judged, because AWS did not return the data.
    pub not_evaluated: usize,
    /// The expected resources for which the expectation has no meaning.
    pub not_applicable: usize,
    /// The resources that AWS listed and that did not exist in a later answer of AWS. No other number contains them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<usize>,
    /// The expected resources that are violated.
    pub violated: usize,
    /// The expected resources whose violation is accepted until a date.
    pub waived: usize,
    /// Whether every page of every list was read.
    pub enumerated: bool,
    /// The causes of the missing data, with the number of times that each cause occurred.
    pub missing: BTreeMap<String, usize>,
}

/// An index entry: the bundle and its summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// The schema: `attestry.index/1`.
    pub schema: String,
    /// The bundle: its name, size and SHA-256.
    pub bundle: Entry,
    /// The summary of the bundle.
    pub summary: Summary,
}

impl Index {
    /// Creates the entry of a bundle with this name.
    #[must_use]
    pub fn of(name: &str, bundle: &[u8], summary: Summary) -> Self {
        Self { schema: SCHEMA.to_owned(), bundle: Entry::of(name, bundle), summary }
    }

    /// Returns the entry in its canonical form.
    ///
    /// # Errors
    /// Does not fail in practice. The type of the error comes from the serializer.
    pub fn write(&self) -> serde_json::Result<Vec<u8>> {
        canonical::write(self)
    }

    /// Reads an entry from an unknown source.
    ///
    /// # Errors
    /// The bytes are no entry of this version.
    pub fn read(bytes: &[u8]) -> Result<Self, NoIndex> {
        let index: Self = serde_json::from_slice(bytes)?;
        if index.schema == SCHEMA { Ok(index) } else { Err(NoIndex::Schema(index.schema)) }
    }

    /// Whether the bundle is the bundle of this entry.
    #[must_use]
    pub fn is_of(&self, bundle: &[u8]) -> bool {
        self.bundle.size == bundle.len() as u64 && self.bundle.sha256 == digest(bundle)
    }
}

/// The members of `run.json` that are read.
#[derive(Deserialize)]
struct Ran {
    backend: String,
    callers: Vec<Caller>,
    started: Timestamp,
    finished: Timestamp,
}

#[derive(Deserialize)]
struct Caller {
    account: String,
}

fn ran(contents: &Contents) -> Result<Ran, Damage> {
    serde_json::from_str(judged::content(contents, paths::RUN)?)
        .map_err(|error| Damage::Unusable { path: paths::RUN.to_owned(), reason: error.to_string() })
}

/// Returns the start of the run and its accounts, as `run.json` records them.
pub(super) fn when_and_where(contents: &Contents) -> Result<(Timestamp, Vec<String>), Damage> {
    let ran = ran(contents)?;
    Ok((ran.started, accounts(ran.callers)))
}

fn accounts(of: Vec<Caller>) -> Vec<String> {
    let accounts: BTreeSet<String> = of.into_iter().map(|caller| caller.account).collect();
    accounts.into_iter().collect()
}

impl Verified {
    /// Returns the summary of this evidence.
    ///
    /// # Errors
    /// The record of the run cannot be read.
    pub fn summary(&self) -> Result<Summary, Damage> {
        let ran = ran(&self.contents)?;
        Ok(Summary {
            run: self.link.run.clone(),
            suite: self.link.suite.clone(),
            stage: self.link.stage.clone(),
            accounts: accounts(ran.callers),
            backend: ran.backend,
            started: ran.started,
            finished: ran.finished,
            sequence: self.link.sequence,
            manifest: self.manifest.clone(),
            cases: self.result.cases.iter().map(covered).collect(),
        })
    }
}

fn covered(of: &CaseResult) -> Covered {
    let Coverage {
        expected,
        examined,
        not_evaluated,
        not_applicable,
        outside: _,
        gone,
        enumerated,
        missing,
        qualified: _,
        window: _,
    } = of.coverage.clone();
    let counted = |verdict| of.with(&[verdict]).count();
    Covered {
        id: of.case.id.clone(),
        title: of.case.title.clone(),
        controls: of.case.controls.iter().map(|it| format!("{}:{}", it.framework, it.id)).collect(),
        verdict: of.verdict.word().to_owned(),
        kind: of.case.kind.name.to_owned(),
        population: Counts {
            expected,
            examined,
            not_evaluated,
            not_applicable,
            gone: Some(gone).filter(|gone| *gone > 0),
            violated: counted(ResourceVerdict::Violated),
            waived: counted(ResourceVerdict::Waived),
            enumerated,
            missing: missing.into_iter().map(|(cause, count)| (cause.to_owned(), count)).collect(),
        },
    }
}
