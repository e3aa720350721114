//! Time stamps: requests to an authority, and the authorities that the user trusts.
//!
//! Must not know the format of a token.

use std::path::PathBuf;

use crate::aws::post;
use crate::failure::Failure;
use attestry_core::evidence::timestamp::{self, Authority};
use attestry_core::facts::scrub;
use attestry_core::source::Given;
use attestry_core::verify::Exit;

/// A request to an authority, and its answer.
#[derive(Debug)]
pub(crate) struct Stamped {
    pub(crate) query: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

/// Requests a time stamp of the manifest, if there is a URL. A token that cannot be read is a failure.
pub(crate) async fn time_stamp(url: Option<&str>, manifest: &[u8]) -> Result<Option<Stamped>, Failure> {
    let Some(url) = url else { return Ok(None) };
    // A URL may hold a password.
    let shown = scrub(url);
    let failed = |why: &dyn std::fmt::Display| Failure::new(Exit::Output, format!("no timestamp by {shown}: {why}"));
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|error| failed(&error))?;
    let query = timestamp::query(manifest, nonce);
    let types = (timestamp::QUERY, timestamp::REPLY);
    let answer = post(url, types, query.clone(), timestamp::LARGEST).await.map_err(|why| failed(&why))?;
    timestamp::read(manifest, &query, &answer).map_err(|why| failed(&why))?;
    Ok(Some(Stamped { query, answer }))
}

/// The limit of a file of certificates, in bytes.
const MOST: u64 = 4 << 20;

/// Reads the certificates of trusted authorities.
pub(crate) fn trusted_authorities(paths: &[PathBuf]) -> Result<Vec<Authority>, Failure> {
    let unusable = |path: &PathBuf, why: &dyn std::fmt::Display| {
        Failure::new(Exit::Usage, format!("the certificate {}: {why}", path.display()))
    };
    let read = |path: &PathBuf| {
        let bytes = Given::read_all(path, MOST).map_err(|why| unusable(path, &why))?;
        let text = std::str::from_utf8(&bytes).map_err(|why| unusable(path, &why))?;
        Authority::from_pem(text).map_err(|error| unusable(path, &error))
    };
    paths.iter().map(read).collect()
}
