//! The shapes of properties, without the rules of their values. This module must not know JSON schemas.

/// The least and the greatest number, for a number that can be negative.
pub(super) type Range = Option<(i64, i64)>;

/// The format of a text that is one of a few words.
pub(super) const WORDS: &str = "words";

/// The largest number of properties of one structure.
pub(super) const MOST_PROPERTIES: usize = 1000;

/// The shape of a property.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// A text, with the format that the schema names.
    Text(Option<String>),
    Bool,
    Integer(Range),
    /// A number that can have a fraction.
    Number(Range),
    /// A text, a number, or true or false.
    Scalar,
    /// A document of any form, as a structure or as a text.
    Json,
    List(Box<Shape>),
    /// A map with free names.
    Map(Box<Shape>),
    Object(Vec<(String, Shape)>),
    /// Another shape, with the reason why it has no attribute.
    Unknown(&'static str),
}

impl Shape {
    /// Returns the shape of a value that has one of two shapes.
    pub(super) fn or(self, other: Self) -> Self {
        let scalar = |shape: &Self| {
            matches!(shape, Self::Text(_) | Self::Bool | Self::Integer(_) | Self::Number(_) | Self::Scalar)
        };
        match (self, other) {
            // An alternative that only lists required members describes no value.
            (Self::Unknown(_), known) | (known, Self::Unknown(_)) => known,
            (Self::Object(mut properties), Self::Object(more)) => {
                for (name, shape) in more {
                    if properties.len() < MOST_PROPERTIES && !properties.iter().any(|(known, _)| *known == name) {
                        properties.push((name, shape));
                    }
                }
                Self::Object(properties)
            }
            (Self::Text(format), Self::Text(other)) => Self::Text(format.or(other)),
            (a, b) if a == b => a,
            (Self::List(a), Self::List(b)) => Self::List(Box::new(a.or(*b))),
            (a, b) if scalar(&a) && scalar(&b) => Self::Scalar,
            (Self::Json | Self::Object(_) | Self::Map(_), Self::Text(_) | Self::Json)
            | (Self::Text(_), Self::Json | Self::Object(_) | Self::Map(_)) => Self::Json,
            _ => Self::Unknown("its values have different types"),
        }
    }
}
