//! Searches stored evidence: lists it, and finds the evidence that covers a control on a day.
//!
//! This module must not know how a store is reached, nor how results are shown.

mod answer;
mod directory;
mod objects;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use super::{Damage, Index, PublicKey, Series, Summary, Verified};
use crate::facts::Kind;
use crate::policy::Vocabulary;
use crate::source::printable;

pub use answer::{Search, SeriesAnswer, Witness};
pub use directory::{Unlistable, in_directory};
pub use objects::in_bucket;

/// The limit of an index entry, in bytes.
const MOST_INDEX: u64 = 16 << 20;

/// The version of an object in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    /// The key of the object.
    pub key: String,
    /// The path of the object below the prefix of the store, if the object is below it.
    pub path: Option<String>,
    /// The version.
    pub version: String,
    /// Whether a later version or a deletion hides this version.
    pub covered: bool,
}

/// A store of objects.
pub trait Store {
    /// The failure of a request to the store.
    type Error;

    /// Reads one version of an object, at most `most` bytes.
    fn read(&self, object: &ObjectVersion, most: u64) -> impl Future<Output = Result<Vec<u8>, Self::Error>>;
}

/// One bundle or output directory of a store, not yet verified.
#[derive(Debug)]
pub struct StoredBundle {
    /// The path or URL of the bundle or directory.
    pub name: String,
    /// The start of the run, by its own record.
    pub started: Timestamp,
    location: Location,
}

#[derive(Debug)]
enum Location {
    /// A directory or a bundle on disk.
    Path(PathBuf),
    /// A bundle with an index entry.
    Objects { bundle: ObjectVersion, index: ObjectVersion },
}

/// All evidence of a store, each series in the order of its runs.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The bundles by their series.
    pub series: BTreeMap<Series, Vec<StoredBundle>>,
    /// Damage and warnings, in the order in which they were found.
    pub notes: Vec<Note>,
}

/// A note about one piece of evidence.
#[derive(Debug)]
pub enum Note {
    /// The evidence can be used, but something is unusual.
    Warning(String),
    /// The evidence cannot be used.
    Damaged {
        /// The path or URL of the evidence.
        evidence: String,
        /// Each damage.
        damage: Vec<Damage>,
    },
}

/// The reason why one piece of evidence was not read.
#[derive(Debug)]
pub enum ReadError<E> {
    /// The store failed. The search ends.
    Store(E),
    /// The evidence is damaged. The search continues.
    Damaged(Vec<Damage>),
}

impl<E> From<Vec<Damage>> for ReadError<E> {
    fn from(damage: Vec<Damage>) -> Self {
        Self::Damaged(damage)
    }
}

impl<E> From<Damage> for ReadError<E> {
    fn from(damage: Damage) -> Self {
        Self::Damaged(vec![damage])
    }
}

/// The vocabulary and the kinds that a verification needs.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The vocabulary of policies.
    pub vocabulary: fn() -> Vocabulary,
    /// Finds the kind with a name.
    pub find_kind: fn(&str) -> Option<&'static Kind>,
}

impl Inventory {
    fn damaged(&mut self, evidence: &str, damage: Vec<Damage>) {
        self.notes.push(Note::Damaged { evidence: evidence.to_owned(), damage });
    }

    fn sort(&mut self) {
        let bundles = self.series.values_mut();
        bundles.for_each(|all| all.sort_by(|a, b| (a.started, &a.name).cmp(&(b.started, &b.name))));
    }
}

impl Note {
    /// Whether the evidence cannot be used.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Returns the lines of the note, for a terminal.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Warning(text) => vec![format!("warning: {text}")],
            Self::Damaged { evidence, damage } => {
                damage.iter().map(|wrong| format!("error: {}: {wrong}", printable(evidence, 200))).collect()
            }
        }
    }
}

/// Returns the summary of one piece of evidence. On disk, the evidence is verified. In a bucket, the index entry is
/// read.
///
/// # Errors
/// The store failed, or the evidence is damaged.
pub async fn summary_of<S: Store>(
    store: &S,
    bundle: &StoredBundle,
    words: Words,
) -> Result<Summary, ReadError<S::Error>> {
    match &bundle.location {
        Location::Path(path) => Ok(super::verify(path, (words.vocabulary)(), words.find_kind)?.summary()?),
        Location::Objects { index, .. } => Ok(index_of(store, index).await?.summary),
    }
}

async fn index_of<S: Store>(store: &S, index: &ObjectVersion) -> Result<Index, ReadError<S::Error>> {
    let bytes = store.read(index, MOST_INDEX).await.map_err(ReadError::Store)?;
    let unusable =
        |error: &dyn std::fmt::Display| Damage::Unusable { path: index.key.clone(), reason: error.to_string() };
    Ok(Index::read(&bytes).map_err(|error| unusable(&error))?)
}

/// Returns the line about signatures. The word "signed" stands for a checked signature only.
///
/// # Errors
/// No trusted key signed the evidence.
pub fn signature_line(verified: &Verified, keys: &[PublicKey]) -> Result<String, Damage> {
    if keys.is_empty() {
        let named: Vec<&str> = verified.named().into_iter().collect();
        return Ok(match named.as_slice() {
            [] => "not signed: compare this digest with a copy that was kept elsewhere".to_owned(),
            named => {
                let named = printable(&named.join(", "), 200);
                format!("signature not checked against a key you trust (--key); it names {named}")
            }
        });
    }
    Ok(format!("signed by {}: tamper-evident", verified.signed(keys)?.join(", ")))
}
