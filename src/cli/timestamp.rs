//! Time stamps on the command line: which authority is asked, and which is trusted.
//!
//! Must not know what a token looks like.

use std::path::PathBuf;

use super::Ended;
use crate::aws::post;
use attestry_core::evidence::timestamp::{self, Authority};
use attestry_core::facts::scrub;
use attestry_core::source::Given;
use attestry_core::verify::Exit;

/// Who says when.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Stamping {
    /// Have the manifest time-stamped (RFC 3161) by the authority at this URL. It sees the manifest's digest only.
    #[arg(long, value_name = "URL")]
    timestamp: Option<String>,
}

/// A request, and what was answered.
#[derive(Debug)]
pub(super) struct Stamped {
    pub(super) query: Vec<u8>,
    pub(super) answer: Vec<u8>,
}

impl Stamping {
    /// A time stamp of the manifest, if one was asked for. It is read before it is kept.
    pub(super) async fn stamp(&self, manifest: &[u8]) -> Result<Option<Stamped>, Ended> {
        let Some(url) = &self.timestamp else { return Ok(None) };
        // A URL may hold a password.
        let shown = scrub(url);
        let failed = |why: &dyn std::fmt::Display| Ended::new(Exit::Output, format!("no timestamp by {shown}: {why}"));
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|error| failed(&error))?;
        let query = timestamp::query(manifest, nonce);
        let types = (timestamp::QUERY, timestamp::REPLY);
        let answer = post(url, types, query.clone(), timestamp::LARGEST).await.map_err(|why| failed(&why))?;
        timestamp::read(manifest, &query, &answer).map_err(|why| failed(&why))?;
        Ok(Some(Stamped { query, answer }))
    }
}

/// All certificates of an authority are far smaller.
const MOST: u64 = 4 << 20;

/// Reads the certificates of authorities that are trusted.
pub(super) fn trusted(paths: &[PathBuf]) -> Result<Vec<Authority>, Ended> {
    let unusable = |path: &PathBuf, why: &dyn std::fmt::Display| {
        Ended::new(Exit::Usage, format!("the certificate {}: {why}", path.display()))
    };
    let read = |path: &PathBuf| {
        let bytes = Given::read_all(path, MOST).map_err(|why| unusable(path, &why))?;
        let text = std::str::from_utf8(&bytes).map_err(|why| unusable(path, &why))?;
        Authority::from_pem(text).map_err(|error| unusable(path, &error))
    };
    paths.iter().map(read).collect()
}
