//! Descriptors of resource kinds: attributes with their types. The API calls that yield them are in `call`.
//!
//! Pure data. Schema, type check, permissions, plan, documentation and tests are derived from it. Must not know
//! collectors, policies or AWS clients.

use super::{Call, Value};

/// A type of resource: its attributes, and the calls that read them.
#[derive(Debug)]
pub struct Kind {
    /// `service.noun`, as policies write it.
    pub name: &'static str,
    /// Plural noun for people, such as `secrets`.
    pub plural: &'static str,
    /// Where the population lives.
    pub scope: Scope,
    /// One sentence: what one resource is, and what its population contains.
    pub doc: &'static str,
    /// All attributes, by name.
    pub attributes: &'static [Attribute],
    /// All calls, in the order in which a resource needs them. The first ones have [`Frequency::Population`](super::Frequency::Population).
    pub calls: &'static [Call],
}

/// Where the population of a kind lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One population per account.
    Global,
    /// One population per account and Region.
    Regional,
}

/// One typed attribute of a kind.
#[derive(Debug)]
pub struct Attribute {
    /// Dotted name, such as `rotation.enabled`. Every kind also has `arn` or `id`, and `name`.
    pub name: &'static str,
    /// What it holds.
    pub of: Type,
    /// The operation of [`Kind::calls`] that yields it.
    pub call: &'static str,
    /// The field of that operation's answer, such as `SecretList[].RotationEnabled`.
    pub field: &'static str,
    /// What it means, with its unit, when it is absent and when it does not apply.
    pub doc: &'static str,
    /// Operations of the same kind that it cannot be told without, beside its own.
    pub needs: &'static [&'static str],
    /// The kind of which it tells how many there are in the account.
    pub counts: Option<&'static str>,
    /// The least and the greatest number that make sense, as AWS documents them; of a length of time in seconds.
    pub range: Option<(i64, i64)>,
    /// Other members of the same answer that decide what it says.
    pub decided: &'static [&'static str],
    /// What it means that there is none, in a word or two for whoever reads a finding; empty where that goes without saying.
    pub none: &'static str,
}

impl Attribute {
    /// An attribute.
    #[must_use]
    pub const fn new(name: &'static str, of: Type, call: &'static str, field: &'static str, doc: &'static str) -> Self {
        Self { name, of, call, field, doc, needs: &[], counts: None, range: None, decided: &[], none: "" }
    }

    /// The same attribute, which is told by these members of the answer too: where one of them cannot be read, it is not known.
    #[must_use]
    pub const fn decided_by(self, members: &'static [&'static str]) -> Self {
        Self { decided: members, ..self }
    }

    /// The same attribute, of which "none" alone would be read as its opposite.
    #[must_use]
    pub const fn where_none(self, means: &'static str) -> Self {
        Self { none: means, ..self }
    }

    /// The same attribute, told only where these operations were made before.
    #[must_use]
    pub const fn needing(self, operations: &'static [&'static str]) -> Self {
        Self { needs: operations, ..self }
    }

    /// The same attribute, whose number makes sense only from the one to the other, both included.
    #[must_use]
    pub const fn within(self, least: i64, greatest: i64) -> Self {
        Self { range: Some((least, greatest)), ..self }
    }

    /// The same attribute, whose length of time makes sense only from the one to the other number of days.
    #[must_use]
    pub const fn within_days(self, least: i64, greatest: i64) -> Self {
        self.within(least * DAY, greatest * DAY)
    }

    /// Why a value makes no sense here. Nothing is less than nothing, and no length of time that AWS knows is longer than a
    /// hundred years.
    #[must_use]
    pub fn doubt(&self, value: &Value) -> Option<String> {
        match value {
            Value::Integer(number) => {
                let (least, greatest) = self.range.unwrap_or((0, i64::MAX));
                let sense = (least..=greatest).contains(number);
                (!sense).then(|| format!("{number} makes no sense, where {least} to {greatest} is expected"))
            }
            Value::Duration(seconds) => {
                let (least, greatest) = self.range.unwrap_or((0, CENTURY));
                let sense = (least..=greatest).contains(seconds);
                (!sense).then(|| format!("{seconds} s make no sense, where {least} to {greatest} is expected"))
            }
            Value::List(items) => items.iter().find_map(|item| self.doubt(item)),
            Value::Map(items) => items.values().find_map(|item| self.doubt(item)),
            Value::Bool(_) | Value::Text(_) | Value::Time(_) => None,
        }
    }

    /// The same attribute, which tells how many resources of a kind there are: a second source beside their list.
    #[must_use]
    pub const fn counting(self, kind: &'static str) -> Self {
        Self { counts: Some(kind), ..self }
    }
}

const DAY: i64 = 24 * 3600;
const CENTURY: i64 = 100 * 366 * DAY;

/// The type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A whole number without a unit.
    Integer,
    /// Text.
    Text,
    /// An instant.
    Time,
    /// A length of time.
    Duration,
    /// A list of one type.
    List(&'static Type),
    /// Free names, values of one type.
    Map(&'static Type),
    /// Known names.
    Record(&'static [Field]),
    /// A value of one of several types that are written in different ways. Operands only: no fact has it.
    Either(&'static [Type]),
}

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub of: Type,
}

impl Field {
    /// A field.
    #[must_use]
    pub const fn new(name: &'static str, of: Type) -> Self {
        Self { name, of }
    }
}

/// What a dotted path in a policy leads to.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The attribute at the root of the path.
    pub attribute: &'static Attribute,
    /// Keys to follow inside the attribute's value.
    pub inside: Vec<String>,
    /// The type at the end of the path.
    pub of: Type,
}

impl Kind {
    /// The attribute of that exact name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The call of that operation.
    #[must_use]
    pub fn call(&self, operation: &str) -> Option<&'static Call> {
        self.calls.iter().find(|call| call.operation == operation)
    }

    /// Resolves `rotation.enabled`, `tags.owner` or `metric.name`: the longest attribute name that starts the path, then
    /// fields of records; a free map takes the whole rest as one key, so that keys may hold dots.
    #[must_use]
    pub fn lookup(&self, path: &str) -> Option<Lookup> {
        let attribute = self
            .attributes
            .iter()
            .filter(|attribute| {
                path.strip_prefix(attribute.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
            .max_by_key(|attribute| attribute.name.len())?;
        let rest = path.strip_prefix(attribute.name)?.trim_start_matches('.');
        let (inside, of) = attribute.of.lookup(rest)?;
        Some(Lookup { attribute, inside, of })
    }
}

impl Type {
    /// Follows a path inside a value of this type.
    #[must_use]
    pub fn lookup(self, path: &str) -> Option<(Vec<String>, Type)> {
        if path.is_empty() {
            return Some((Vec::new(), self));
        }
        match self {
            Self::Map(of) => Some((vec![path.to_owned()], *of)),
            Self::Record(fields) => {
                let field = fields
                    .iter()
                    .filter(|field| {
                        path.strip_prefix(field.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                    })
                    .max_by_key(|field| field.name.len())?;
                let rest = path.strip_prefix(field.name)?.trim_start_matches('.');
                let (mut inside, of) = field.of.lookup(rest)?;
                inside.insert(0, field.name.to_owned());
                Some((inside, of))
            }
            Self::Bool | Self::Integer | Self::Text | Self::Time | Self::Duration | Self::List(_) | Self::Either(_) => {
                None
            }
        }
    }

    /// The words for people.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Bool => "true or false".into(),
            Self::Integer => "a whole number".into(),
            Self::Text => "text".into(),
            Self::Time => "an instant".into(),
            Self::Duration => "a duration such as 90d".into(),
            Self::List(of) => format!("a list of {}", of.describe()),
            Self::Map(of) => format!("a map to {}", of.describe()),
            Self::Record(fields) => {
                format!("a record of {}", fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", "))
            }
            Self::Either(types) => types.iter().map(|of| of.describe()).collect::<Vec<_>>().join(" or "),
        }
    }

    /// Whether the value is of this type; records may lack fields.
    #[must_use]
    pub fn holds(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Bool, Value::Bool(_))
            | (Self::Integer, Value::Integer(_))
            | (Self::Text, Value::Text(_))
            | (Self::Time, Value::Time(_))
            | (Self::Duration, Value::Duration(_)) => true,
            (Self::List(of), Value::List(items)) => items.iter().all(|item| of.holds(item)),
            (Self::Map(of), Value::Map(items)) => items.values().all(|item| of.holds(item)),
            (Self::Record(fields), Value::Map(items)) => {
                items.iter().all(|(name, item)| fields.iter().any(|field| field.name == name && field.of.holds(item)))
            }
            (Self::Either(types), value) => types.iter().any(|of| of.holds(value)),
            _ => false,
        }
    }
}
