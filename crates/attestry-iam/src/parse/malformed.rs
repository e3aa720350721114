//! What is wrong with a document, and where.
//!
//! Must not know policies. What it quotes of the document is short, whatever the document holds.

use std::fmt::{self, Display};

use thiserror::Error;

/// Characters of a name of the document that a message quotes.
const QUOTED: usize = 64;

/// A document that is not a policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{line}:{column}: {}{what}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct Malformed {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The way to it, such as `Statement[2].Condition.StringEquals`; empty for the document itself.
    pub path: String,
    /// What is wrong.
    pub what: String,
}

impl Malformed {
    /// At a byte of a text.
    pub(super) fn at(text: &str, offset: usize, path: &Path<'_>, what: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|it| *it != '\n').count() + 1;
        Self { line, column, path: path.to_string(), what: what.into() }
    }
}

/// The way from the document to one of its values.
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

/// A name of the document as a message may show it: cut, and without control characters.
pub(super) fn quoted(name: &str) -> String {
    let mut shown: String = name.chars().take(QUOTED).flat_map(char::escape_debug).collect();
    if name.chars().nth(QUOTED).is_some() {
        shown.push('…');
    }
    shown
}
