//! What evidence covers, in short: for lists, for whoever looks for a control, and as the index entry beside a kept bundle.
//!
//! It follows from verified evidence alone, so an index entry can be written anew and compared. Must not know where
//! evidence is kept.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::archive::Contents;
use super::manifest::{Entry, digest};
use super::{Damage, Verified, canonical, judged, paths};
use crate::verify::{CaseResult, Coverage, ResourceVerdict};

/// The schema of index entries that this version writes and reads.
const SCHEMA: &str = "attestry.index/1";

/// Why bytes are no index entry of this version.
#[derive(Debug, thiserror::Error)]
pub enum NoIndex {
    /// They are no JSON, or have other members.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// They have another schema.
    #[error("it has the schema `{0}`")]
    Schema(String),
}

/// What evidence covers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Id of the run.
    pub run: String,
    /// Id of the suite.
    pub suite: String,
    /// The stage.
    pub stage: String,
    /// The accounts that were looked at, without repetition, in order.
    pub accounts: Vec<String>,
    /// What answered: `aws`, or something that is not AWS.
    pub backend: String,
    /// When the run started.
    pub started: Timestamp,
    /// When it finished.
    pub finished: Timestamp,
    /// Its number in the chain of its suite and stage.
    pub sequence: u64,
    /// SHA-256 of its manifest.
    pub manifest: String,
    /// Its cases.
    pub cases: Vec<Covered>,
}

/// A case of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// Its id.
    pub id: String,
    /// What it asserts.
    pub title: String,
    /// Its controls, as `FRAMEWORK:ID`.
    pub controls: Vec<String>,
    /// The verdict.
    pub verdict: String,
    /// Kind of the resources in its population.
    pub kind: String,
    /// The population, counted.
    pub population: Counts,
}

/// A population, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Resources that the case is about, as far as that is known.
    pub expected: usize,
    /// Of these, judged.
    pub examined: usize,
    /// Of these, not judged because AWS did not tell.
    pub not_evaluated: usize,
    /// Of these, such that the expectation has no meaning for them.
    pub not_applicable: usize,
    /// Listed, and by what AWS said afterwards not there; none of the other numbers has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<usize>,
    /// Of these, not as expected.
    pub violated: usize,
    /// Of these, not as expected and accepted until a date.
    pub waived: usize,
    /// Whether every page of every list was read.
    pub enumerated: bool,
    /// Why something is missing, and how often.
    pub missing: BTreeMap<String, usize>,
}

/// An index entry: which bundle it is about, and what that covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// `attestry.index/1`.
    pub schema: String,
    /// The bundle: name, size and SHA-256.
    pub bundle: Entry,
    /// What it covers.
    pub summary: Summary,
}

impl Index {
    /// The entry of a bundle with that name.
    #[must_use]
    pub fn of(name: &str, bundle: &[u8], summary: Summary) -> Self {
        Self { schema: SCHEMA.to_owned(), bundle: Entry::of(name, bundle), summary }
    }

    /// The entry in its one form.
    ///
    /// # Errors
    /// Never in practice: the error is the serializer's.
    pub fn write(&self) -> serde_json::Result<Vec<u8>> {
        canonical::write(self)
    }

    /// Reads an entry that anybody may have written.
    ///
    /// # Errors
    /// It is none of this version.
    pub fn read(bytes: &[u8]) -> Result<Self, NoIndex> {
        let index: Self = serde_json::from_slice(bytes)?;
        if index.schema == SCHEMA { Ok(index) } else { Err(NoIndex::Schema(index.schema)) }
    }

    /// Whether the bundle is the one of this entry.
    #[must_use]
    pub fn is_of(&self, bundle: &[u8]) -> bool {
        self.bundle.size == bundle.len() as u64 && self.bundle.sha256 == digest(bundle)
    }
}

/// What is read of `run.json`.
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

/// When the run of this evidence started, and the accounts it looked at, as it says.
pub(super) fn when_and_where(contents: &Contents) -> Result<(Timestamp, Vec<String>), Damage> {
    let ran = ran(contents)?;
    Ok((ran.started, accounts(ran.callers)))
}

fn accounts(of: Vec<Caller>) -> Vec<String> {
    let accounts: BTreeSet<String> = of.into_iter().map(|caller| caller.account).collect();
    accounts.into_iter().collect()
}

impl Verified {
    /// What this evidence covers.
    ///
    /// # Errors
    /// What it says of its run cannot be read.
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
    let Coverage { expected, examined, not_evaluated, not_applicable, outside: _, gone, enumerated, missing } =
        of.coverage.clone();
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
