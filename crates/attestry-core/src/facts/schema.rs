//! The descriptors of kinds: attributes with their types. The module `call` has the API calls that return them.
//!
//! This module is pure data. The schema, the type check, the permissions, the plan, the documentation and the tests are
//! derived from it. This module must not know collectors, policies or AWS clients.

use super::{Call, NOT_RETURNED, Value, Window};

/// A type of resource: its attributes, and the calls that read them.
#[derive(Debug)]
pub struct Kind {
    /// The name in policies: `service.noun`.
    pub name: &'static str,
    /// The plural noun for people, such as `secrets`.
    pub plural: &'static str,
    /// The extent of a population.
    pub scope: Scope,
    /// One sentence about a resource of the kind, and about the resources that a population contains.
    pub doc: &'static str,
    /// All attributes, by name.
    pub attributes: &'static [Attribute],
    /// All calls, in the order in which a resource needs them. The first calls have
    /// [`Frequency::Population`](super::Frequency::Population).
    pub calls: &'static [Call],
    /// The parent kind: the population is listed once for each resource of this kind. Example: `ecs.cluster` for
    /// `ecs.service`.
    pub parent: Option<&'static str>,
    /// A sentence about the list of the population, if AWS may end the list early without a sign. Otherwise it is
    /// empty.
    pub qualified: &'static str,
}

/// The extent of the populations of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One population for each account.
    Global,
    /// One population for each account and Region.
    Regional,
}

/// One typed attribute of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The dotted name, such as `rotation.enabled`. Every kind also has `arn` or `id`, and `name`.
    pub name: &'static str,
    /// The type of its value.
    pub of: Type,
    /// The operation in [`Kind::calls`] that returns the attribute.
    pub call: &'static str,
    /// The field in the answer of that operation, such as `SecretList[].RotationEnabled`.
    pub field: &'static str,
    /// The meaning of the attribute: its unit, the situations without a value, and the situations in which the
    /// attribute does not apply.
    pub doc: &'static str,
    /// The other operations of the same kind that the attribute needs, beside its own operation.
    pub needs: &'static [&'static str],
    /// The kind that the attribute counts. Its value is the number of resources of this kind in the account.
    pub counts: Option<&'static str>,
    /// The least and the greatest plausible number, from the documentation of AWS. For a length of time, both are in
    /// seconds.
    pub range: Option<(i64, i64)>,
    /// Other members of the same answer that the value depends on.
    pub decided: &'static [&'static str],
    /// Whether no later call of a resource depends on the attribute. Then its gap stops no call.
    pub aside: bool,
    /// The meaning of "no value" in a few words, for the reader of a finding. It is empty if the meaning is obvious.
    pub none: &'static str,
    /// For a text that names another resource: the kind of this resource, such as `kms.key`.
    pub refers: Option<&'static str>,
    /// The reference that the attribute follows. Only paths of policies have one.
    pub follow: Option<&'static Follow>,
}

/// A reference that a policy follows to attributes of the referenced resource.
#[derive(Debug)]
pub struct Follow {
    /// The attribute with the reference.
    pub via: &'static Attribute,
    /// The kind of the referenced resource.
    pub kind: &'static Kind,
    /// The data of the referenced resource.
    pub what: Followed,
}

/// The data that a policy reads from a referenced resource.
#[derive(Clone, Copy, Debug)]
pub enum Followed {
    /// Whether the referenced resource does not exist.
    Missing,
    /// Whether the referenced resource is in an account or Region that the stage does not read.
    Elsewhere,
    /// The owner of a document: a record with the id and the account of the resource.
    Owner,
    /// Every text that names the resource: its ARN and id, its aliases and their ARNs, and the text of the reference.
    Names,
    /// One attribute of the resource.
    Attribute(&'static Attribute),
    /// For a list of references: a record of these attributes for each referenced resource.
    Records(&'static [&'static Attribute]),
}

impl Followed {
    /// Returns the attributes of the referenced resource that must be known.
    #[must_use]
    pub fn attributes(self) -> Vec<&'static Attribute> {
        match self {
            Self::Missing | Self::Elsewhere | Self::Owner | Self::Names => Vec::new(),
            Self::Attribute(attribute) => vec![attribute],
            Self::Records(attributes) => attributes.to_vec(),
        }
    }
}

/// The state of a reference to a resource that does not exist.
pub const MISSING: &str = "missing";

/// The state of a reference to a resource in an account or Region that the stage does not read.
pub const ELSEWHERE: &str = "elsewhere";

impl Attribute {
    /// Creates an attribute.
    #[must_use]
    pub const fn new(name: &'static str, of: Type, call: &'static str, field: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            of,
            call,
            field,
            doc,
            needs: &[],
            counts: None,
            range: None,
            decided: &[],
            aside: false,
            none: "",
            refers: None,
            follow: None,
        }
    }

    /// Sets other members of the answer that the value depends on. If one of them cannot be read, the attribute is
    /// unknown.
    #[must_use]
    pub const fn decided_by(self, members: &'static [&'static str]) -> Self {
        Self { decided: members, ..self }
    }

    /// Declares that no later call depends on the attribute. When it is unknown, the later calls are still made.
    #[must_use]
    pub const fn aside(self) -> Self {
        Self { aside: true, ..self }
    }

    /// Declares that the text, or each text of the list, names a resource of this kind.
    #[must_use]
    pub const fn referring(self, kind: &'static str) -> Self {
        Self { refers: Some(kind), ..self }
    }

    /// Sets the meaning of "no value". It is necessary when a reader could take the word "none" alone for the opposite.
    #[must_use]
    pub const fn where_none(self, means: &'static str) -> Self {
        Self { none: means, ..self }
    }

    /// Sets the other operations that must be called before.
    #[must_use]
    pub const fn needing(self, operations: &'static [&'static str]) -> Self {
        Self { needs: operations, ..self }
    }

    /// Sets the least and the greatest plausible number. Both are plausible themselves.
    #[must_use]
    pub const fn within(self, least: i64, greatest: i64) -> Self {
        Self { range: Some((least, greatest)), ..self }
    }

    /// Sets the least and the greatest plausible length of time, in days. Both are plausible themselves.
    #[must_use]
    pub const fn within_days(self, least: i64, greatest: i64) -> Self {
        self.within(least * DAY, greatest * DAY)
    }

    /// Returns the reason why a value is not plausible, if it is not. Without a range, a number and a length of time
    /// must not be negative. A length of time must also not exceed a hundred years, because AWS uses no longer times.
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

    /// Declares that the value is the number of resources of a kind. It is a second source beside the list of these
    /// resources.
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
    /// A text.
    Text,
    /// An instant.
    Time,
    /// A length of time.
    Duration,
    /// A list of one type.
    List(&'static Type),
    /// A map with free names and with values of one type.
    Map(&'static Type),
    /// A record with known names.
    Record(&'static [Field]),
    /// A value of one of several types. The form of the value shows its type. Only operands have this type, and no fact
    /// has it.
    Either(&'static [Type]),
}

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name.
    pub name: &'static str,
    /// The type of its value.
    pub of: Type,
}

impl Field {
    /// Creates a field.
    #[must_use]
    pub const fn new(name: &'static str, of: Type) -> Self {
        Self { name, of }
    }
}

/// The result of a dotted path in a policy.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The attribute at the start of the path.
    pub attribute: &'static Attribute,
    /// The keys of the path inside the value of the attribute.
    pub inside: Vec<String>,
    /// The type at the end of the path.
    pub of: Type,
}

impl Kind {
    /// Returns the attribute with exactly this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// Returns the call of this operation.
    #[must_use]
    pub fn call(&self, operation: &str) -> Option<&'static Call> {
        self.calls.iter().find(|call| call.operation == operation)
    }

    /// Returns the window of the kind, if one of its calls declares a window.
    #[must_use]
    pub fn window(&self) -> Option<&'static Window> {
        self.calls.iter().find_map(|call| call.window)
    }

    /// Resolves a path such as `rotation.enabled`, `tags.owner` or `metric.name`. The path starts with the name of an
    /// attribute. If several names fit, the longest one is used. Then follow the fields of records. In a map with free
    /// names, the whole rest of the path is one key, so keys may contain dots.
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

    /// Describes the type in words for people.
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

    /// Whether the value has this type. A record may lack fields.
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
            (Self::Record(fields), Value::Map(items)) => items.iter().all(|(name, item)| {
                let is = |field: &Field| field.name == name && field.of.holds(item);
                fields.iter().any(is) || name == NOT_RETURNED && Self::List(&Self::Text).holds(item)
            }),
            (Self::Either(types), value) => types.iter().any(|of| of.holds(value)),
            _ => false,
        }
    }
}
