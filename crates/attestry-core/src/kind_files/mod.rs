//! Kinds as files: a resource type described in YAML, with its calls and the paths of its attributes.
//!
//! `docs/design/kind-files.md` documents the format. A file is converted to a [`Kind`], which is like a kind in Rust,
//! and to a [`KindFile`]. A collector uses the [`KindFile`] to make the calls and to read the answers. This module must
//! not know AWS clients, the model of AWS, or policies.

mod attributes;
mod calls;
mod convert;
mod cron;
mod decode;
mod facts;
mod meanings;
mod path;
mod schedule;
mod set;
mod template;
#[cfg(test)]
mod tests;
mod types;

use serde_json::Value as Json;

use crate::facts::{Call, Kind, Type, Value};
use crate::source::Span;

pub use convert::{Conversion, Document, Sort};
pub use decode::read;
pub use facts::{Known, Unread, Values, read_item};
pub use path::{Comparison, Function, Path, WrongPath, WrongType};
pub use schedule::longest_interval;
pub use set::KindSet;
pub use template::{Reference, Template};

/// A kind that a file describes, with all data that a collector needs.
#[derive(Debug)]
pub struct KindFile {
    /// The kind.
    pub kind: &'static Kind,
    /// The place of the name of the kind in the file.
    pub span: Span,
    /// The greatest number of parents and the greatest number of resources that are read.
    pub limits: Limits,
    /// The calls, in the order of the kind.
    pub calls: Vec<FileCall>,
}

/// The greatest number of parents and the greatest number of resources that are read. A longer list is reported as
/// *truncated*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The greatest number of parents.
    pub parents: usize,
    /// The greatest number of resources of one population.
    pub resources: usize,
}

/// One call of a file.
#[derive(Debug)]
pub struct FileCall {
    /// The call of the kind.
    pub call: &'static Call,
    /// The place of the name of the call in the file.
    pub span: Span,
    /// How often the call is made.
    pub each: Each,
    /// The parameters, by the names of the model, with their places.
    pub parameters: Vec<(String, Parameter, Span)>,
    /// The literals of `for_each`. The call is made once for each literal. A call without `for_each` has one empty
    /// literal.
    pub for_each: Vec<String>,
    /// The path of the items in the answer. Without a path, the whole answer is the only item.
    pub items: Option<(Path, Span)>,
    /// The path of a JSON text inside the item. With this path, the attributes are read from the JSON text.
    pub document: Option<(Path, Span)>,
    /// What an answer without an item means.
    pub none: Option<Meaning>,
    /// The members with the tokens of pages.
    pub pages: Option<Paged>,
    /// A condition on the items. Only the items that meet it are resources.
    pub keep: Option<(Path, Span)>,
    /// The rule that assigns items to resources.
    pub join: Option<Join>,
    /// The condition under which the call is made for a resource.
    pub when: Option<When>,
    /// The meanings of error codes, with their places.
    pub errors: Vec<(String, Meaning, Span)>,
    /// The error codes that are missing in the model of AWS.
    pub unmodelled: Vec<String>,
    /// The IAM actions, when the file names them, with their places.
    pub permissions: Vec<(String, Span)>,
    /// Whether a missing value is a gap. Otherwise it is absent.
    pub unset_is_unknown: bool,
    /// The attributes that the call returns.
    pub attributes: Vec<FileAttribute>,
}

/// How often a call of a file is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// Once, page by page. The items are the resources.
    Population,
    /// Once for each resource of the parent kind, page by page. The items are the resources.
    Parent,
    /// Once, page by page. Each item adds facts to a resource.
    Joined,
    /// Once for each resource.
    Resource,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    /// A fixed value.
    Literal(Json),
    /// A text with references.
    Text(Template),
    /// A list.
    List(Vec<Parameter>),
    /// A structure.
    Structure(Vec<(String, Parameter)>),
}

/// The tokens of pages.
#[derive(Clone, Debug)]
pub struct Paged {
    /// The parameter that holds the token.
    pub send: String,
    /// The path of the token of the next page.
    pub next: Path,
    /// The path of a flag that is true when there are more pages.
    pub more: Option<Path>,
    /// The place in the file.
    pub span: Span,
}

/// The rule that assigns the items of a joined call to resources.
#[derive(Clone, Debug)]
pub enum Join {
    /// The first item belongs to every resource. This is for lists that have one item for the account and Region.
    First,
    /// An item belongs to the resource with an attribute that equals the value of a path in the item.
    Key {
        /// The path in the item.
        theirs: Path,
        /// The attribute of the resource.
        ours: String,
        /// Whether several items belong to one resource. The attributes are then lists.
        many: bool,
        /// The place in the file.
        span: Span,
    },
}

/// The condition under which a call is made for a resource.
#[derive(Clone, Debug)]
pub struct When {
    /// The attribute.
    pub attribute: String,
    /// The values of the attribute for which the call is made.
    pub is: Vec<Value>,
    /// The reason why the attributes of the call do not apply to a resource with another value.
    pub otherwise: String,
    /// The place in the file.
    pub span: Span,
}

/// The meaning of an error code, or of an answer without an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The resource does not exist any more.
    Gone,
    /// No attribute of the call has a value.
    Absent,
    /// The population has no resource.
    Empty,
    /// The parent does not exist any more.
    ParentGone,
    /// The attributes of the call do not apply, for this reason.
    NotApplicable(String),
}

/// One attribute of a file.
#[derive(Debug)]
pub struct FileAttribute {
    /// The name of the attribute in its kind.
    pub name: &'static str,
    /// The rules for reading its value.
    pub reading: Reading,
}

/// The rules for reading a value from an item.
#[derive(Debug)]
pub struct Reading {
    /// The type of the value.
    pub of: Type,
    /// The source.
    pub from: Origin,
    /// The conversions, in their order.
    pub conversions: Vec<Conversion>,
    /// Whether AWS always returns the value.
    pub required: bool,
    /// The value that is used when AWS returns none.
    pub absent: Option<Value>,
    /// Another attribute and its value. If the other attribute has this value, a missing value is absent. Otherwise it
    /// is a gap.
    pub absent_when: Option<(String, Value)>,
    /// Conditions, each with its value. The first condition that holds gives the value, and no path is read. `None` is
    /// absent.
    pub cases: Vec<(Path, Option<Value>)>,
    /// Whether an empty text is a value. Otherwise it is a missing value.
    pub keeps_empty: bool,
    /// The fields of a record, or of the records of a list.
    pub fields: Vec<(String, Reading)>,
    /// Whether AWS never returns the value.
    pub write_only: bool,
    /// Whether the value may be the ARN of another account or Region.
    pub any_account: bool,
    /// The least and the greatest plausible number. Without a range, the defaults of [`crate::facts::Attribute::doubt`]
    /// apply.
    pub range: Option<(i64, i64)>,
    /// For a text that names another resource: the kind of this resource.
    pub refers: Option<&'static str>,
    /// The place in the file.
    pub span: Span,
}

/// The source of a value.
#[derive(Debug)]
pub enum Origin {
    /// A path in the item.
    Path(Path),
    /// A text with references.
    Text(Template),
    /// No source: only the conditions of `cases` give a value.
    Nothing,
}

impl KindFile {
    /// Returns the call of an operation.
    #[must_use]
    pub fn call(&self, call: &Call) -> Option<&FileCall> {
        self.calls.iter().find(|it| it.call.operation == call.operation && it.call.service == call.service)
    }

    /// Returns the calls that list the population.
    pub fn population(&self) -> impl Iterator<Item = &FileCall> {
        self.calls.iter().filter(|it| matches!(it.each, Each::Population | Each::Parent))
    }
}

impl FileCall {
    /// Returns the meaning of an error code.
    #[must_use]
    pub fn meaning(&self, code: &str) -> Option<&Meaning> {
        self.errors.iter().find(|(known, ..)| known == code).map(|(_, meaning, _)| meaning)
    }
}

impl Parameter {
    /// Returns the parameter with the values of its references filled in. `Ok(None)` means that a reference has no
    /// value.
    ///
    /// # Errors
    /// The value of a reference is not known.
    pub fn fill<E>(&self, value: &dyn Fn(&Reference) -> Result<Option<String>, E>) -> Result<Option<Json>, E> {
        Ok(match self {
            Self::Literal(literal) => Some(literal.clone()),
            Self::Text(template) if template.is_json() => {
                let escaped = |reference: &Reference| Ok(value(reference)?.map(|text| template::inside_json(&text)));
                template.fill(&escaped)?.map(Json::from)
            }
            Self::Text(template) => template.fill(value)?.map(Json::from),
            Self::List(items) => {
                let items = items.iter().map(|item| item.fill(value)).collect::<Result<Option<Vec<_>>, E>>()?;
                items.map(Json::from)
            }
            Self::Structure(members) => {
                let filled = members.iter().map(|(name, it)| Ok(it.fill(value)?.map(|it| (name.clone(), it))));
                filled.collect::<Result<Option<serde_json::Map<_, _>>, E>>()?.map(Json::from)
            }
        })
    }

    /// Adds every reference of the parameter to `found`.
    pub fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        match self {
            Self::Literal(_) => {}
            Self::Text(template) => found.extend(template.references()),
            Self::List(items) => items.iter().for_each(|item| item.references(found)),
            Self::Structure(members) => members.iter().for_each(|(_, member)| member.references(found)),
        }
    }
}
