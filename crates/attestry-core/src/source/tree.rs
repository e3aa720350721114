//! The tree a text was parsed into. Must not know which syntax it came from, nor what any key means.

use super::{Span, Spanned};

/// How much a file may ask for, so that a hostile file costs little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file; also the bytes of text that aliases may copy.
    pub bytes: usize,
    /// Mappings and lists inside one another.
    pub depth: usize,
    /// Values and keys, counting what anchors and aliases copy.
    pub nodes: usize,
    /// Uses of aliases.
    pub alias_expansions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 20, depth: 64, nodes: 200_000, alias_expansions: 10_000 }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// From the first to the last character of the value. A missing value has the place of its key. A value that is an
    /// alias has the place of the alias; what is inside it keeps the place where it was written.
    pub span: Span,
    /// The value.
    pub content: Content,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A single value, as text.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values, in the order they were written, no key twice.
    Mapping(Vec<Entry>),
}

/// A single value. What it means (text, number, nothing) is decided by the one who asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text as written (`1.20` stays `1.20`), escapes resolved.
    pub text: String,
    /// Whether it stood in quotes or in a block, so that it can be nothing but text.
    pub quoted: bool,
}

impl Scalar {
    /// Whether this is "no value": empty, `~` or `null`, without quotes.
    pub fn is_null(&self) -> bool {
        !self.quoted && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The single value, if it is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// How many values and keys it is, itself counted.
    pub fn values(&self) -> usize {
        match &self.content {
            Content::Scalar(_) => 1,
            Content::Sequence(nodes) => nodes.iter().map(Self::values).sum::<usize>().saturating_add(1),
            Content::Mapping(entries) => {
                entries.iter().map(|entry| entry.value.values().saturating_add(1)).sum::<usize>().saturating_add(1)
            }
        }
    }

    /// How many bytes of text it holds.
    pub fn bytes(&self) -> usize {
        match &self.content {
            Content::Scalar(scalar) => scalar.text.len(),
            Content::Sequence(nodes) => nodes.iter().map(Self::bytes).sum(),
            Content::Mapping(entries) => {
                entries.iter().map(|entry| entry.key.value.len().saturating_add(entry.value.bytes())).sum()
            }
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    /// What the value is, for a sentence such as "expected text, found a list".
    pub fn describe(&self) -> &'static str {
        match &self.content {
            Content::Sequence(_) => "a list",
            Content::Mapping(_) => "a mapping",
            Content::Scalar(scalar) if scalar.is_null() => "nothing",
            Content::Scalar(scalar) if scalar.quoted => "text",
            Content::Scalar(scalar) if matches!(scalar.text.as_str(), "true" | "false") => "a boolean",
            Content::Scalar(scalar) if scalar.text.parse::<f64>().is_ok_and(f64::is_finite) => "a number",
            Content::Scalar(_) => "text",
        }
    }
}
