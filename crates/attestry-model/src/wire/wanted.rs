//! The members of an answer that a caller wants. This module must not know any protocol.

use std::collections::BTreeMap;

/// The wanted part of an answer: everything, or a tree of member names.
///
/// The wanted part of a list is the wanted part of each item, so a path has no segment for items:
/// `Reservations.Instances.InstanceId`. The name `*` stands for every key of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The complete value.
    Everything,
    /// The members with these names, and the wanted part of each.
    Members(BTreeMap<String, Wanted>),
}

impl Wanted {
    /// Creates the wanted part without any member.
    #[must_use]
    pub fn nothing() -> Self {
        Self::Members(BTreeMap::new())
    }

    /// Creates the wanted part with the complete members at these paths.
    #[must_use]
    pub fn paths<'a>(paths: impl IntoIterator<Item = &'a [&'a str]>) -> Self {
        let mut wanted = Self::nothing();
        for path in paths {
            wanted.add(path);
        }
        wanted
    }

    /// Adds the complete member at a path. The empty path means everything.
    pub fn add(&mut self, path: &[&str]) {
        let Self::Members(members) = self else { return };
        match path.split_first() {
            None => *self = Self::Everything,
            Some((first, rest)) => members.entry((*first).to_owned()).or_insert_with(Self::nothing).add(rest),
        }
    }

    /// Returns the wanted part of a member or a key, or `None` when it is not wanted.
    #[must_use]
    pub fn inside(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Everything => Some(self),
            Self::Members(members) => members.get(name).or_else(|| members.get("*")),
        }
    }
}
