//! The known condition keys of a request, besides its action and resource.
//!
//! A key has known values, is known to be absent, or is unknown. Unknown keys make a decision undecided.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The known condition keys of a request. The case of their names does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, Option<Vec<String>>>,
    complete: bool,
    /// The pattern of each key whose value is known only in part.
    shapes: BTreeMap<String, String>,
    since: Option<Timestamp>,
    callers: Callers,
}

/// The callers of the requests that a context describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callers {
    /// One identity. Each key that follows from the identity has one value, known or not.
    #[default]
    One,
    /// Any user or role to which the policies can be attached. For any tags, session and organization in a condition,
    /// one of these identities has them. The names and ids of the identities stay unknown.
    Holders,
    /// Any caller. The keys that follow from the caller can have any value.
    Anybody,
}

/// The knowledge about one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'a> {
    /// The request has the key, with these values.
    Values(&'a [String]),
    /// The request does not have the key.
    Absent,
    /// It is unknown whether the request has the key.
    Unknown,
}

impl Context {
    /// Creates a context without any knowledge.
    #[must_use]
    pub fn unknown() -> Self {
        Self::default()
    }

    /// Creates a context in which every key that is not set is absent.
    #[must_use]
    pub fn complete() -> Self {
        Self { complete: true, ..Self::default() }
    }

    /// Adds a key with these values.
    #[must_use]
    pub fn with<T: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = T>) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), Some(values.into_iter().map(Into::into).collect()));
        self
    }

    /// Adds the fact that a key is absent.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), None);
        self
    }

    /// Adds a key whose value is known only as a pattern.
    #[must_use]
    pub fn like(mut self, key: &str, pattern: &str) -> Self {
        self.shapes.insert(key.to_ascii_lowercase(), pattern.to_owned());
        self
    }

    /// Limits the context to requests at an instant or later.
    #[must_use]
    pub fn since(self, instant: Timestamp) -> Self {
        Self { since: Some(instant), ..self }
    }

    /// Sets the callers of the requests.
    #[must_use]
    pub fn of(self, callers: Callers) -> Self {
        Self { callers, ..self }
    }

    /// Returns the callers of the requests.
    #[must_use]
    pub fn callers(&self) -> Callers {
        self.callers
    }

    /// Returns the pattern of a key that is known only in part.
    #[must_use]
    pub fn shape(&self, key: &str) -> Option<&str> {
        self.shapes.get(&key.to_ascii_lowercase()).map(String::as_str)
    }

    /// Returns the earliest instant of the requests.
    #[must_use]
    pub fn earliest(&self) -> Option<Timestamp> {
        self.since
    }

    /// Adds all knowledge of another context. For a key that both contain, the other context wins.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.keys.extend(other.keys.iter().map(|(key, values)| (key.clone(), values.clone())));
        self.shapes.extend(other.shapes.iter().map(|(key, shape)| (key.clone(), shape.clone())));
        self.since = other.since.or(self.since);
        self.callers = self.callers.max(other.callers);
        self
    }

    /// Returns the keys that are known to have values or to be absent, each with this knowledge. The keys are in lower
    /// case.
    pub fn keys(&self) -> impl Iterator<Item = (&str, Known<'_>)> {
        self.keys.keys().map(|key| (key.as_str(), self.get(key)))
    }

    /// Returns the knowledge about a key.
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
