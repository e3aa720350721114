//! Stub until the redaction lands.
use std::borrow::Cow;

/// The text without what looks like a secret.
#[must_use]
pub fn scrub(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}
