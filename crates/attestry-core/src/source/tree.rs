//! The tree of a parsed text. This module must not know the syntax of the text, nor the meaning of a key.

use super::{Span, Spanned};

/// The limits of one file, so that a hostile file costs little time and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The greatest number of bytes of one file, and also the greatest number of bytes of text that aliases copy.
    pub bytes: usize,
    /// The greatest depth of nested mappings and lists.
    pub depth: usize,
    /// The greatest number of values and keys, including the copies that anchors and aliases add.
    pub nodes: usize,
    /// The greatest number of uses of aliases.
    pub alias_expansions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 20, depth: 64, nodes: 200_000, alias_expansions: 10_000 }
    }
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The range from the first to the last character of the value. A missing value has the place of its key. An alias
    /// has its own place, and the parts of its value have the places where they were written.
    pub span: Span,
    /// The value.
    pub content: Content,
}

/// The content of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A single value, as text.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values, in the order of the text. No key occurs twice.
    Mapping(Vec<Entry>),
}

/// A single value. The caller decides whether it is a text, a number or no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// The text as it is written (`1.20` stays `1.20`), with escapes resolved.
    pub text: String,
    /// Whether the value stood in quotes or in a block. Then it can only be a text.
    pub quoted: bool,
}

impl Scalar {
    /// Whether this is "no value": an empty text, `~` or `null`, without quotes.
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
    /// Returns the single value, if the node is a single value.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// Returns the number of values and keys in the node, including the node itself.
    pub fn values(&self) -> usize {
        match &self.content {
            Content::Scalar(_) => 1,
            Content::Sequence(nodes) => nodes.iter().map(Self::values).sum::<usize>().saturating_add(1),
            Content::Mapping(entries) => {
                entries.iter().map(|entry| entry.value.values().saturating_add(1)).sum::<usize>().saturating_add(1)
            }
        }
    }

    /// Returns the number of bytes of text in the node.
    pub fn bytes(&self) -> usize {
        match &self.content {
            Content::Scalar(scalar) => scalar.text.len(),
            Content::Sequence(nodes) => nodes.iter().map(Self::bytes).sum(),
            Content::Mapping(entries) => {
                entries.iter().map(|entry| entry.key.value.len().saturating_add(entry.value.bytes())).sum()
            }
        }
    }

    /// Whether the node has no value.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    /// Returns the type of the value in words, for a sentence such as "expected text, found a list".
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
