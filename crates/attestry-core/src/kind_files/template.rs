//! Texts with references such as `${arn}`. The parameters of calls and the values of attributes use them. This module
//! must not know where the values of the references come from.

use std::fmt;

/// A text with references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Reference(Reference),
}

/// The name of a value that a template uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// An attribute of the resource.
    Attribute(String),
    /// An attribute of the parent of the resource.
    Parent(String),
    /// The account, 12 digits.
    Account,
    /// The Region.
    Region,
    /// The partition, such as `aws`.
    Partition,
    /// The literal of `for_each`.
    Each,
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// A reference has no end or no valid name. The error text is for the user.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                return Err("the `${` has no `}`".to_owned());
            };
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Reference(Reference::named(name)?));
            rest = after;
        }
        if !rest.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Returns the references of the text.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Reference(reference) => Some(reference),
            Piece::Text(_) => None,
        })
    }

    /// Whether the text is a JSON object. Then a value must be escaped, so that it does not end the JSON string that
    /// contains it.
    pub(super) fn is_json(&self) -> bool {
        matches!(self.0.first(), Some(Piece::Text(first)) if first.starts_with("{\""))
    }

    /// Returns the text with the values of its references filled in. `Ok(None)` means that a reference has no value.
    ///
    /// # Errors
    /// The value of a reference is not known.
    pub fn fill<E>(&self, value: &dyn Fn(&Reference) -> Result<Option<String>, E>) -> Result<Option<String>, E> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Reference(reference) => match value(reference)? {
                    Some(value) => text.push_str(&value),
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(text))
    }
}

/// Escapes a text for the inside of a JSON string, without the quotes.
pub(super) fn inside_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

impl Reference {
    fn named(name: &str) -> Result<Self, String> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || "._".contains(char))
        };
        match name {
            "account" => Ok(Self::Account),
            "region" => Ok(Self::Region),
            "partition" => Ok(Self::Partition),
            "each" => Ok(Self::Each),
            name if !is_name(name) => Err(format!("`${{{}}}` is no reference", name.escape_default())),
            name => Ok(match name.strip_prefix("parent.") {
                Some(attribute) => Self::Parent(attribute.to_owned()),
                None => Self::Attribute(name.to_owned()),
            }),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(name) => f.write_str(name),
            Self::Parent(name) => write!(f, "parent.{name}"),
            Self::Account => f.write_str("account"),
            Self::Region => f.write_str("region"),
            Self::Partition => f.write_str("partition"),
            Self::Each => f.write_str("each"),
        }
    }
}
