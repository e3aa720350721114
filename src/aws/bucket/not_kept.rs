//! The reasons why a bucket does not keep or does not return evidence. Each reason has its own message.
//!
//! This module must not know how the reason is found.

use thiserror::Error;

use crate::aws::Refusal;
use attestry_core::facts::{Cause, Gap};

/// The reason why a bucket does not keep an object, or does not return it.
#[derive(Debug, Error)]
pub enum NotKept {
    /// There is no access to AWS.
    #[error("{refusal}\n  help: {}", refusal.help())]
    Refused {
        /// The reason.
        #[from]
        refusal: Refusal,
    },
    /// There is no such bucket.
    #[error("the bucket {0} does not exist")]
    NoBucket(String),
    /// The bucket does not keep the old version of an object that is overwritten.
    #[error(
        "versioning of the bucket {bucket} is {found}: it would forget what is written over\n  help: keep evidence in a \
         bucket that was made with Object Lock"
    )]
    NoVersions {
        /// The name of the bucket.
        bucket: String,
        /// The status of versioning that AWS returns.
        found: String,
    },
    /// The bucket lets evidence be deleted.
    #[error(
        "the bucket {0} has no Object Lock: evidence in it could be deleted\n  help: keep evidence in a bucket that was \
         made with Object Lock"
    )]
    NoLock(String),
    /// Another object has this key.
    #[error("{key} is already there with another content: {found}, and this is {expected}; nothing was overwritten")]
    OtherContent {
        /// The key.
        key: String,
        /// The content that is there.
        found: String,
        /// The content that was expected.
        expected: String,
    },
    /// The object may be deleted too early.
    #[error("{key} is there, but locked {found}; it must be locked in COMPLIANCE mode until {wanted}")]
    LockedLess {
        /// The key.
        key: String,
        /// The lock of the object.
        found: String,
        /// The lock that it must have.
        wanted: String,
    },
    /// The object is there, and its content cannot be checked.
    #[error("{key} is there, and could not be read back: {}", gap_text(.gap))]
    Unread {
        /// The key.
        key: String,
        /// The gap: the data that AWS did not return.
        gap: Box<Gap>,
    },
    /// Other writers write the same key again and again.
    #[error("{0} could not be written: others write it at the same time")]
    Contended(String),
    /// The object is larger than the limit of the reader.
    #[error("too large: {0}")]
    TooLarge(String),
    /// AWS returned another error.
    #[error("could not {doing}: {}", gap_text(.gap))]
    Told {
        /// The attempted action.
        doing: String,
        /// The error of AWS.
        gap: Box<Gap>,
    },
}

impl NotKept {
    pub(super) fn told(doing: impl Into<String>, gap: Gap) -> Self {
        Self::Told { doing: doing.into(), gap: Box::new(gap) }
    }

    /// Returns whether the user must correct the input. Otherwise AWS did not answer as expected.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Refused { refusal } if refusal.is_usage())
    }
}

/// Returns the error of AWS, with the details that may help the user.
fn gap_text(gap: &Gap) -> String {
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
