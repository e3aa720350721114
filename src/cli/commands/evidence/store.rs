//! The store of `evidence list` and `evidence find`: a directory, or a prefix of a bucket.
//!
//! This module must not know the purpose of a search.

use std::path::Path;

use serde::Serialize;

use super::bucket::{BucketArgs, address, bucket_failure};
use crate::aws::bucket::{Address, Bucket};
use crate::cli::support::output;
use crate::failure::Failure;
use crate::vocabulary::{find_kind, vocabulary};
use attestry_core::evidence::search::{self, Inventory, Note, ObjectVersion, Words, in_bucket, in_directory};
use attestry_core::source::plain_json;
use attestry_core::verify::Exit;
use jiff::Timestamp;

/// The largest number of objects that the store lists.
const MOST: usize = 200_000;

/// The words and the kinds that the verification of evidence uses.
pub(super) const WORDS: Words = Words { vocabulary, find_kind };

/// Arguments about the store.
#[derive(Debug, clap::Args)]
pub(super) struct StoreArgs {
    /// A directory with bundles and output directories of runs, or the `s3://BUCKET/PREFIX` of `evidence push`.
    #[arg(default_value = ".", value_name = "DIR|S3")]
    pub(super) from: String,

    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    bucket_args: BucketArgs,
}

/// A directory or bucket that holds several bundles.
#[derive(Debug)]
pub(super) enum Store {
    Directory,
    Bucket(Bucket),
}

impl search::Store for Store {
    type Error = Failure;

    async fn read(&self, object: &ObjectVersion, most: u64) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Bucket(bucket) => {
                bucket.get(&object.key, &object.version, most).await.map_err(|why| bucket_failure(&why))
            }
            Self::Directory => Err(Failure::new(Exit::Output, "a directory has no objects")),
        }
    }
}

impl StoreArgs {
    /// Opens the store and lists its evidence.
    pub(super) async fn open(&self) -> Result<(Store, Inventory), Failure> {
        if !Address::is_meant(&self.from) {
            let found = in_directory(Path::new(&self.from));
            let found = found.map_err(|error| Failure::new(Exit::Output, error.to_string()))?;
            return Ok((Store::Directory, found));
        }
        let address = address(&self.from)?;
        let bucket = self.bucket_args.open(&address).await?;
        let listed = bucket.list(&address.key(""), MOST).await.map_err(|why| bucket_failure(&why))?;
        let object = |it: crate::aws::bucket::Listed| ObjectVersion {
            path: address.path(&it.key).map(str::to_owned),
            key: it.key,
            version: it.version,
            covered: it.covered,
        };
        let found = in_bucket(&address.bucket, listed.into_iter().map(object).collect());
        Ok((Store::Bucket(bucket), found))
    }
}

/// Shows notes and counts the damaged evidence.
pub(super) fn show_notes(notes: &[Note]) -> usize {
    notes.iter().flat_map(Note::lines).for_each(|line| output::message(&line));
    notes.iter().filter(|note| note.is_damage()).count()
}

/// Returns the result of the command. Damage is more important than an empty result, because damaged evidence may
/// contain the answer.
pub(super) fn conclude(damaged: usize, nothing: Option<String>) -> Result<(), Failure> {
    match (damaged, nothing) {
        (0, None) => Ok(()),
        (0, Some(nothing)) => Err(Failure::new(Exit::Nothing, nothing)),
        (1, _) => Err(Failure::new(Exit::Output, "one piece of evidence could not be used: see above")),
        (damaged, _) => {
            Err(Failure::new(Exit::Output, format!("{damaged} pieces of evidence could not be used: see above")))
        }
    }
}

/// Prints a value as JSON.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(Exit::Output, error.to_string()))?;
    output::print(&format!("{}\n", plain_json(&text)));
    Ok(())
}

/// Returns an instant as a text, without fractions of a second.
pub(super) fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
