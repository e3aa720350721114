//! What is known of a request besides its action and resource: the condition keys.
//!
//! A key is known to have values, known to be absent, or not known at all; the last is what makes an answer undecided.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// What is known of the condition keys of a request. Names are compared without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, Option<Vec<String>>>,
    complete: bool,
    /// Patterns of values that nobody knows whole.
    shapes: BTreeMap<String, String>,
    since: Option<Timestamp>,
    of_anybody: bool,
}

/// What is known of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'a> {
    /// The request has the key, with these values.
    Values(&'a [String]),
    /// The request does not have the key.
    Absent,
    /// Nobody said.
    Unknown,
}

impl Context {
    /// Nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// What is not set is absent.
    #[must_use]
    pub fn complete() -> Self {
        Self { complete: true, ..Self::default() }
    }

    /// With a key of these values.
    #[must_use]
    pub fn with<T: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = T>) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), Some(values.into_iter().map(Into::into).collect()));
        self
    }

    /// Without a key.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), None);
        self
    }

    /// With a key of which only a pattern is known.
    #[must_use]
    pub fn like(mut self, key: &str, pattern: &str) -> Self {
        self.shapes.insert(key.to_ascii_lowercase(), pattern.to_owned());
        self
    }

    /// Of requests that are made at an instant or later.
    #[must_use]
    pub fn since(self, instant: Timestamp) -> Self {
        Self { since: Some(instant), ..self }
    }

    /// Of requests that anybody makes: what follows from who asks can be anything.
    #[must_use]
    pub fn of_anybody(self) -> Self {
        Self { of_anybody: true, ..self }
    }

    /// Whether anybody can be the one who asks.
    #[must_use]
    pub fn is_of_anybody(&self) -> bool {
        self.of_anybody
    }

    /// The pattern of a key of which no more is known.
    #[must_use]
    pub fn shape(&self, key: &str) -> Option<&str> {
        self.shapes.get(&key.to_ascii_lowercase()).map(String::as_str)
    }

    /// When requests are made at the earliest.
    #[must_use]
    pub fn earliest(&self) -> Option<Timestamp> {
        self.since
    }

    /// With all that another one knows; where both know a key, as the other knows it.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.keys.extend(other.keys.iter().map(|(key, values)| (key.clone(), values.clone())));
        self.shapes.extend(other.shapes.iter().map(|(key, shape)| (key.clone(), shape.clone())));
        self.since = other.since.or(self.since);
        self.of_anybody |= other.of_anybody;
        self
    }

    /// The keys of which something is known, in small letters.
    pub fn keys(&self) -> impl Iterator<Item = (&str, Known<'_>)> {
        self.keys.keys().map(|key| (key.as_str(), self.get(key)))
    }

    /// What is known of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Known<'_> {
        match self.keys.get(&key.to_ascii_lowercase()) {
            Some(Some(values)) => Known::Values(values),
            Some(None) => Known::Absent,
            None if self.complete => Known::Absent,
            None => Known::Unknown,
        }
    }
}
