//! The answer to an auditor: for each series, the last run at or before a day and the first run after it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::super::{Covered, Damage, Limits, PublicKey, Series, Summary, Verified, Wanted, verify, verify_bundle};
use super::{Location, Note, ObjectVersion, ReadError, Store, StoredBundle, Words, index_of, signature_line};
use crate::source::printable;

/// The evidence of one series of runs about the control.
#[derive(Debug, Serialize)]
pub struct SeriesAnswer {
    /// The accounts.
    pub accounts: String,
    /// The suite.
    pub suite: String,
    /// The stage.
    pub stage: String,
    /// The last run that started before the end of the day.
    pub last: Option<Witness>,
    /// The first run after the end of the day.
    pub next: Option<Witness>,
}

/// Verified evidence that covers the control.
#[derive(Debug, Serialize)]
pub struct Witness {
    /// The path or URL of the evidence.
    pub evidence: String,
    /// The id of the run.
    pub run: String,
    /// The start of the run.
    pub started: Timestamp,
    /// The name of the backend.
    pub backend: String,
    /// The number of the run in its chain.
    pub sequence: u64,
    /// The SHA-256 digest of the manifest.
    pub manifest: String,
    /// The line about signatures.
    pub signature: String,
    /// The cases that cover the control.
    pub cases: Vec<Covered>,
}

/// A search for evidence that covers a control.
#[derive(Debug)]
pub struct Search<'a, S> {
    store: &'a S,
    wanted: &'a Wanted,
    keys: &'a [PublicKey],
    words: Words,
    /// The damage of the evidence that the search skipped.
    pub notes: Vec<Note>,
    /// All controls of the evidence, for suggestions.
    pub controls: BTreeSet<String>,
}

impl<'a, S: Store> Search<'a, S> {
    /// Creates a search for one control. With keys, evidence must be signed by one of them.
    pub fn new(store: &'a S, wanted: &'a Wanted, keys: &'a [PublicKey], words: Words) -> Self {
        Self { store, wanted, keys, words, notes: Vec::new(), controls: BTreeSet::new() }
    }

    /// Returns the answers for the day that ends at this instant.
    ///
    /// # Errors
    /// The store failed.
    pub async fn answers(
        &mut self,
        series: BTreeMap<Series, Vec<StoredBundle>>,
        end: Timestamp,
    ) -> Result<Vec<SeriesAnswer>, S::Error> {
        let mut answers = Vec::new();
        for (series, bundles) in series {
            let (before, after): (Vec<_>, Vec<_>) = bundles.into_iter().partition(|it| it.started < end);
            let answer = SeriesAnswer {
                accounts: series.accounts,
                suite: series.suite,
                stage: series.stage,
                last: self.first(before.into_iter().rev()).await?,
                next: self.first(after.into_iter()).await?,
            };
            if answer.last.is_some() || answer.next.is_some() {
                answers.push(answer);
            }
        }
        Ok(answers)
    }

    /// Returns the first evidence that covers the control, after its verification.
    async fn first(&mut self, bundles: impl Iterator<Item = StoredBundle>) -> Result<Option<Witness>, S::Error> {
        for bundle in bundles {
            match self.witness(&bundle).await {
                Ok(Some(witness)) => return Ok(Some(witness)),
                Ok(None) => {}
                Err(ReadError::Damaged(damage)) => {
                    self.notes.push(Note::Damaged { evidence: bundle.name, damage });
                }
                Err(ReadError::Store(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn witness(&mut self, stored: &StoredBundle) -> Result<Option<Witness>, ReadError<S::Error>> {
        let verified = match &stored.location {
            Location::Path(path) => Some(verify(path, (self.words.vocabulary)(), self.words.find_kind)?),
            Location::Objects { bundle, index } => self.fetch(bundle, index).await?,
        };
        let Some(verified) = verified else { return Ok(None) };
        let summary = verified.summary()?;
        self.remember_controls(&summary);
        let cases: Vec<Covered> = self.wanted.covered(&summary).cloned().collect();
        if cases.is_empty() {
            return Ok(None);
        }
        let mut signature = signature_line(&verified, self.keys)?;
        if let Some(unchecked) = &verified.unchecked {
            let (files, tool) = (unchecked.files.len(), printable(&unchecked.tool, 200));
            signature.push_str(&format!("; {files} files not checked against the facts, written by {tool}"));
        }
        let Summary { run, started, backend, sequence, manifest, .. } = summary;
        let evidence = stored.name.clone();
        Ok(Some(Witness { evidence, run, started, backend, sequence, manifest, signature, cases }))
    }

    /// Returns the bundle of an index entry, if it covers the control. An index entry is no proof: the bundle is
    /// verified and must give the same summary.
    async fn fetch(
        &mut self,
        bundle: &ObjectVersion,
        index: &ObjectVersion,
    ) -> Result<Option<Verified>, ReadError<S::Error>> {
        let entry = index_of(self.store, index).await?;
        self.remember_controls(&entry.summary);
        if self.wanted.covered(&entry.summary).next().is_none() {
            return Ok(None);
        }
        let bytes = self.store.read(bundle, Limits::default().archive).await.map_err(ReadError::Store)?;
        let other = || Damage::Unusable { path: index.key.clone(), reason: "it is about another bundle".to_owned() };
        if !entry.is_of(&bytes) {
            return Err(other().into());
        }
        let verified = verify_bundle(&bytes, (self.words.vocabulary)(), self.words.find_kind)?;
        if verified.summary()? != entry.summary {
            return Err(other().into());
        }
        Ok(Some(verified))
    }

    fn remember_controls(&mut self, summary: &Summary) {
        self.controls.extend(summary.cases.iter().flat_map(|case| case.controls.iter().cloned()));
    }
}
