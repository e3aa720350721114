//! The types of members: a shape is a structure, a list, a map or a single value.
//!
//! All handles are cheap to copy and point into the model of one service. A shape may contain itself. This module must
//! not know any protocol, although it holds the names that the protocols need.

use crate::data::{ListData, MapData, MemberData, Model, ShapeData, StructureData};

/// The type of a member, an input or an answer.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Named members.
    Structure(Structure),
    /// Items of one shape.
    List(List),
    /// Values of one shape. Their keys are free names, or the words of an enumeration.
    Map(Map),
    /// A text.
    Text(Text),
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number with a fraction. `NaN`, `Infinity` and `-Infinity` are texts in JSON.
    Float,
    /// An instant. In a value, it is an RFC 3339 text, whatever its form on the wire is.
    Timestamp(TimeFormat),
    /// Bytes. In a value, they are base64 text.
    Blob,
    /// Free JSON.
    Document,
}

impl Shape {
    /// Returns the member of a structure.
    #[must_use]
    pub fn member(self, name: &str) -> Option<Member> {
        match self {
            Self::Structure(structure) => structure.member(name),
            _ => None,
        }
    }

    /// Returns the words for this type in a message: `a text`, `a list`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Structure(_) => "a structure",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Text(_) => "a text",
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::Float => "a number",
            Self::Timestamp(_) => "an instant",
            Self::Blob => "bytes",
            Self::Document => "JSON",
        }
    }

    pub(crate) fn at(model: &'static Model, at: u32) -> Self {
        match model.shapes.get(at as usize) {
            Some(ShapeData::Structure(data)) => Self::Structure(Structure { model, data }),
            Some(ShapeData::List(data)) => Self::List(List { model, data }),
            Some(ShapeData::Map(data)) => Self::Map(Map { model, data }),
            Some(ShapeData::Text { sensitive, words }) => Self::Text(Text { sensitive: *sensitive, words }),
            Some(ShapeData::Boolean) => Self::Boolean,
            Some(ShapeData::Integer) => Self::Integer,
            Some(ShapeData::Float) => Self::Float,
            Some(ShapeData::Timestamp(format)) => Self::Timestamp(*format),
            Some(ShapeData::Blob) => Self::Blob,
            // The reader of the data refuses a number without a shape, so nothing else arrives here.
            Some(ShapeData::Document) | None => Self::Document,
        }
    }
}

/// A structure with its members.
#[derive(Clone, Copy)]
pub struct Structure {
    model: &'static Model,
    data: &'static StructureData,
}

impl Structure {
    /// Returns the members in the order of AWS's model.
    pub fn members(self) -> impl Iterator<Item = Member> + Clone {
        self.data.members.iter().map(move |data| Member { model: self.model, data })
    }

    /// Returns a member by its name.
    #[must_use]
    pub fn member(self, name: &str) -> Option<Member> {
        self.members().find(|member| member.name() == name)
    }

    /// Returns the member that is the whole body.
    #[must_use]
    pub fn payload(self) -> Option<Member> {
        self.members().find(|member| member.location() == Location::Payload)
    }

    /// Returns whether AWS marks the whole structure as sensitive.
    #[must_use]
    pub fn sensitive(self) -> bool {
        self.data.sensitive
    }

    /// Returns whether the structure is a union: exactly one member is set, and its name determines the meaning.
    #[must_use]
    pub fn union(self) -> bool {
        self.data.union
    }
}

/// A list with the shape of its items.
#[derive(Clone, Copy)]
pub struct List {
    model: &'static Model,
    data: &'static ListData,
}

impl List {
    /// Returns the shape of an item.
    #[must_use]
    pub fn item(self) -> Shape {
        Shape::at(self.model, self.data.item)
    }

    /// Returns whether the list has no element of its own in XML.
    #[must_use]
    pub fn flattened(self) -> bool {
        self.data.flattened
    }

    /// Returns the name of an item in XML, when it is not the usual one.
    #[must_use]
    pub fn wire_item(self) -> Option<&'static str> {
        self.data.wire
    }
}

/// A map with the shapes of its keys and values.
#[derive(Clone, Copy)]
pub struct Map {
    model: &'static Model,
    data: &'static MapData,
}

impl Map {
    /// Returns the shape of a key. It is a text, sometimes with an enumeration.
    #[must_use]
    pub fn key(self) -> Shape {
        Shape::at(self.model, self.data.key)
    }

    /// Returns the shape of a value.
    #[must_use]
    pub fn value(self) -> Shape {
        Shape::at(self.model, self.data.value)
    }

    /// Returns whether the map has no element of its own in XML.
    #[must_use]
    pub fn flattened(self) -> bool {
        self.data.flattened
    }

    /// Returns the names of a key and a value in XML and forms.
    #[must_use]
    pub fn wire_names(self) -> (&'static str, &'static str) {
        (self.data.wire_key.unwrap_or("key"), self.data.wire_value.unwrap_or("value"))
    }
}

/// A text, with its enumeration when it has one.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    sensitive: bool,
    words: &'static [&'static str],
}

impl Text {
    /// A text without an enumeration.
    pub(crate) const FREE: Self = Self { sensitive: false, words: &[] };

    /// Returns the words of the enumeration. It is empty for a free text. AWS may send words that are newer than the
    /// model.
    #[must_use]
    pub fn words(self) -> &'static [&'static str] {
        self.words
    }

    /// Returns whether AWS marks the text as sensitive.
    #[must_use]
    pub fn sensitive(self) -> bool {
        self.sensitive
    }
}

/// A named part of a structure.
#[derive(Clone, Copy)]
pub struct Member {
    model: &'static Model,
    data: &'static MemberData,
}

impl Member {
    /// Returns the name in the model, as the AWS CLI prints it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.data.name
    }

    /// Returns the name on the wire.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        self.data.wire
    }

    /// Returns the shape.
    #[must_use]
    pub fn shape(self) -> Shape {
        Shape::at(self.model, self.data.shape)
    }

    /// Returns the part of the message that holds the member.
    #[must_use]
    pub fn location(self) -> Location {
        self.data.location
    }

    /// Returns whether a request without this member is refused.
    #[must_use]
    pub fn required(self) -> bool {
        self.data.required
    }

    /// Returns whether AWS marks the member or its shape as sensitive.
    #[must_use]
    pub fn sensitive(self) -> bool {
        self.data.sensitive
            || match self.shape() {
                Shape::Text(text) => text.sensitive(),
                Shape::Structure(structure) => structure.sensitive(),
                _ => false,
            }
    }

    pub(crate) fn data(self) -> &'static MemberData {
        self.data
    }
}

/// The part of a message that holds a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// A member of the body.
    Body,
    /// The whole body.
    Payload,
    /// One header.
    Header,
    /// All headers whose names begin with the name on the wire.
    Headers,
    /// A label of the path.
    Path,
    /// A parameter of the query. If the member is a map, each of its entries is a parameter.
    Query,
    /// The status of the answer.
    Status,
}

/// The form of an instant on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// The usual form of the protocol and the location.
    Usual,
    /// ISO 8601 in UTC.
    Iso8601,
    /// The form of HTTP headers.
    Rfc822,
    /// Seconds since 1970.
    UnixSeconds,
}

macro_rules! debug_by_name {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // A shape may contain itself, so only one level is printed.
                f.write_str(stringify!($name))
            }
        }
    )*};
}
debug_by_name!(Structure, List, Map);

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Member({})", self.name())
    }
}
