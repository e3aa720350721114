//! Places in a value: paths of member names for messages. This module must not know any value.

use std::fmt;

/// A place in a value. It lives on the stack of the function that reads the value.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Root,
    Member(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    pub(super) fn member(&'a self, name: &'a str) -> Self {
        Self::Member(self, name)
    }

    /// Returns the place of a value in a map of an answer. The place does not name the key, because the key is content
    /// of the answer.
    pub(super) fn any_key(&'a self) -> Self {
        Self::Member(self, "*")
    }

    pub(super) fn item(&'a self, at: usize) -> Self {
        Self::Item(self, at)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("the whole"),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(before, name) => write!(f, "{before}.{name}"),
            Self::Item(before, at) => write!(f, "{before}[{at}]"),
        }
    }
}
