//! The members of an answer that a caller wants. The module must not know any protocol.

use std::collections::BTreeMap;

/// The wanted part of an answer: everything, or a tree of member names.
///
/// A list passes its part on to each of its items, so a path names no list: `Reservations.Instances.InstanceId`. The name
/// `*` stands for every key of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The value with all that is inside.
    Everything,
    /// The members with these names, and the wanted part of each.
    Members(BTreeMap<String, Wanted>),
}

impl Wanted {
    /// Wants no member at all.
    #[must_use]
    pub fn nothing() -> Self {
        Self::Members(BTreeMap::new())
    }

    /// Wants the members at these paths, with all that is inside.
    #[must_use]
    pub fn paths<'a>(paths: impl IntoIterator<Item = &'a [&'a str]>) -> Self {
        let mut wanted = Self::nothing();
        for path in paths {
            wanted.add(path);
        }
        wanted
    }

    /// Adds the member at a path, with all that is inside. The empty path is everything.
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
