//! The error of a document, with its place.
//!
//! This module must not know policies. A message quotes only a short part of the document.

use std::fmt::{self, Display};

use thiserror::Error;

/// The largest number of characters of a name that a message quotes.
const QUOTED: usize = 64;

/// The error of a document that is not a policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: {}{what}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The path of the value, such as `Statement[2].Condition.StringEquals`. It is empty for the document itself.
    pub path: String,
    /// The description of the error.
    pub what: String,
}

impl Malformed {
    /// Creates the error at a byte of a text.
    pub(super) fn at(text: &str, offset: usize, path: &Path<'_>, what: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|it| *it != '\n').count() + 1;
        Self { line, column, path: path.to_string(), what: what.into() }
    }
}

/// The path from the document to one of its values.
#[derive(Clone, Copy, Debug)]
pub(super) enum Path<'a> {
    /// The document.
    Root,
    /// A value of an object.
    Key(&'a Path<'a>, &'a str),
    /// An item of a list, from 0.
    Item(&'a Path<'a>, usize),
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Path::Root, key) => write!(f, "{}", quoted(key)),
            Self::Key(parent, key) => write!(f, "{parent}.{}", quoted(key)),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Returns a name of the document for a message: shortened, and without control characters.
pub(super) fn quoted(name: &str) -> String {
    let mut shown: String = name.chars().take(QUOTED).flat_map(char::escape_debug).collect();
    if name.chars().nth(QUOTED).is_some() {
        shown.push('…');
    }
    shown
}
