//! Why evidence is not kept, or not read: each reason has its own words.
//!
//! Must not know how it is found out.

use thiserror::Error;

use crate::aws::Refusal;
use attestry_core::facts::{Cause, Gap};

/// Why a bucket does not keep an object, or does not give it.
#[derive(Debug, Error)]
pub enum NotKept {
    /// There is no way to AWS.
    #[error("{refusal}\n  help: {}", refusal.help())]
    Refused {
        /// Why not.
        #[from]
        refusal: Refusal,
    },
    /// There is no such bucket.
    #[error("the bucket {0} does not exist")]
    NoBucket(String),
    /// The bucket forgets what is written over.
    #[error(
        "versioning of the bucket {bucket} is {found}: it would forget what is written over\n  help: keep evidence in a \
         bucket that was made with Object Lock"
    )]
    NoVersions {
        /// The bucket.
        bucket: String,
        /// What AWS says.
        found: String,
    },
    /// The bucket lets evidence be deleted.
    #[error(
        "the bucket {0} has no Object Lock: evidence in it could be deleted\n  help: keep evidence in a bucket that was \
         made with Object Lock"
    )]
    NoLock(String),
    /// Something else is there.
    #[error("{key} is already there with another content: {found}, and this is {expected}; nothing was overwritten")]
    OtherContent {
        /// The key.
        key: String,
        /// What is there.
        found: String,
        /// What was to be there.
        expected: String,
    },
    /// It may be deleted too early.
    #[error("{key} is there, but locked {found}; it must be locked in COMPLIANCE mode until {wanted}")]
    LockedLess {
        /// The key.
        key: String,
        /// How it is locked.
        found: String,
        /// How long it must be.
        wanted: String,
    },
    /// It is there, and nobody knows what it is.
    #[error("{key} is there, and could not be read back: {}", told(.gap))]
    Unread {
        /// The key.
        key: String,
        /// What AWS did not tell.
        gap: Box<Gap>,
    },
    /// Others write the same key again and again.
    #[error("{0} could not be written: others write it at the same time")]
    Contended(String),
    /// More than a reader is willing to take.
    #[error("too large: {0}")]
    TooLarge(String),
    /// AWS said something else.
    #[error("could not {doing}: {}", told(.gap))]
    Told {
        /// What was tried.
        doing: String,
        /// What AWS said.
        gap: Box<Gap>,
    },
}

impl NotKept {
    pub(super) fn told(doing: impl Into<String>, gap: Gap) -> Self {
        Self::Told { doing: doing.into(), gap: Box::new(gap) }
    }

    /// Whether the user's text is wrong, rather than AWS silent.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Refused { refusal } if refusal.is_usage())
    }
}

/// What AWS said, with what may help.
fn told(gap: &Gap) -> String {
    let mut text = gap.to_string();
    if !gap.message.is_empty() {
        text.push_str(&format!(": {}", gap.message));
    }
    if !gap.request_id.is_empty() {
        text.push_str(&format!(" [{}]", gap.request_id));
    }
    if gap.cause == Cause::Denied {
        text.push_str("\n  help: docs/keeping.md has the permissions that keeping evidence needs");
    }
    text
}
