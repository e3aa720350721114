//! Time stamps: requests to an authority.
//!
//! This module must not know the format of a token.

use crate::aws::post;
use crate::failure::Failure;
use attestry_core::evidence::timestamp;
use attestry_core::facts::scrub;
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
