//! Recordings: every exchange with AWS, redacted, in files that people can read and compare. A recording can be played
//! in place of AWS.
//!
//! This module must not know kinds or policies. A recording is a folder:
//!
//! ```text
//! recording.json                                             format, moment of recording
//! 647751526084/ap-southeast-2/secretsmanager.ListSecrets.jsonl   one exchange a line
//! ```
//!
//! Lines are appended as the answers arrive, so that an interrupted run leaves a recording of its exchanges so far. At
//! the end the lines are ordered by their parameters, so that the files of two runs can be compared line by line.

mod body;
mod exchange;
mod record;
mod replay;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use record::Recording;
pub use replay::{Replay, ReplayLimits, Unplayable};

/// Marks an answer that is played from a recording. Texts in it may have been withheld.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recorded;

/// The name of the header file. A folder with this file is a recording.
const HEADER: &str = "recording.json";
const FORMAT: &str = "attestry-recording/1";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    as_of: Timestamp,
}

/// Returns whether a text may be part of a file name of a recording. The text comes from a signed request or from a
/// hostile folder.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.len() <= 80 && text.bytes().all(plain)
}

#[cfg(test)]
mod tests;
