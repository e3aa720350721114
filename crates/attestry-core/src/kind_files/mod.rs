//! Kinds as files: a resource type described in YAML, with its calls and the paths of its attributes.
//!
//! `docs/design/kind-files.md` documents the format. A file becomes a [`Kind`] like one in Rust, and a [`KindFile`] beside
//! it, with which a collector makes the calls and reads the answers. Must not know AWS clients, the model of AWS, or
//! policies.

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

/// A kind that a file describes, with all that a collector needs.
#[derive(Debug)]
pub struct KindFile {
    /// The kind.
    pub kind: &'static Kind,
    /// Where the file names the kind.
    pub span: Span,
    /// The greatest numbers of parents and of resources that are read.
    pub limits: Limits,
    /// The calls, in the order of the kind.
    pub calls: Vec<FileCall>,
}

/// The greatest numbers of parents and of resources that are read. A list that is longer ends as *truncated*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The parents.
    pub parents: usize,
    /// The resources of one population.
    pub resources: usize,
}

/// One call of a file.
#[derive(Debug)]
pub struct FileCall {
    /// The call of the kind.
    pub call: &'static Call,
    /// Where the file names the call.
    pub span: Span,
    /// How often the call is made.
    pub each: Each,
    /// The parameters, by the names of the model, with their places.
    pub parameters: Vec<(String, Parameter, Span)>,
    /// The literals for which the call is made. A call without `for_each` has one empty literal.
    pub for_each: Vec<String>,
    /// The items of the answer. Without a path the answer is the item.
    pub items: Option<(Path, Span)>,
    /// The JSON text inside the item that holds the attributes.
    pub document: Option<(Path, Span)>,
    /// What it means when the answer of a call for one resource has no item.
    pub none: Option<Meaning>,
    /// The members with the tokens of pages.
    pub pages: Option<Paged>,
    /// The condition of the items that are resources.
    pub keep: Option<(Path, Span)>,
    /// How items find their resource.
    pub join: Option<Join>,
    /// The condition under which the call is made for a resource.
    pub when: Option<When>,
    /// The meaning of error codes.
    pub errors: Vec<(String, Meaning, Span)>,
    /// The codes that the model of AWS does not have.
    pub unmodelled: Vec<String>,
    /// The IAM actions, when the file names them, with their places.
    pub permissions: Vec<(String, Span)>,
    /// Whether a missing value is a gap and not absent.
    pub unset_is_unknown: bool,
    /// What the call returns.
    pub attributes: Vec<FileAttribute>,
}

/// How often a call of a file is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// Once, page by page. The items are the resources.
    Population,
    /// The same, once for each resource of the parent kind.
    Parent,
    /// Once, page by page. Each item adds facts to a resource.
    Joined,
    /// Once for each resource.
    Resource,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    /// A value as it is.
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
    /// The path of the next token.
    pub next: Path,
    /// The path of the flag that there are more pages.
    pub more: Option<Path>,
    /// The place in the file.
    pub span: Span,
}

/// How the items of a joined call find their resource.
#[derive(Clone, Debug)]
pub enum Join {
    /// The first item belongs to every resource. There is one resource for each list.
    First,
    /// The value of a path in the item equals an attribute of the resource.
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
    /// Its values.
    pub is: Vec<Value>,
    /// Why the attributes of the call do not apply elsewhere.
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
    /// There is no resource.
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
    /// How it is read.
    pub reading: Reading,
}

/// How a value is read from an item.
#[derive(Debug)]
pub struct Reading {
    /// The type.
    pub of: Type,
    /// The source.
    pub from: Origin,
    /// The conversions, in their order.
    pub conversions: Vec<Conversion>,
    /// Whether AWS always returns it.
    pub required: bool,
    /// The value where AWS returns none.
    pub absent: Option<Value>,
    /// The attribute and its value, for which a missing value is absent and not a gap.
    pub absent_when: Option<(String, Value)>,
    /// The conditions that give a value by themselves. `None` is absent.
    pub cases: Vec<(Path, Option<Value>)>,
    /// Whether an empty text is a value.
    pub keeps_empty: bool,
    /// The fields of a record, or of the records of a list.
    pub fields: Vec<(String, Reading)>,
    /// Whether AWS never returns it.
    pub write_only: bool,
    /// Whether an ARN may be one of another account or Region.
    pub any_account: bool,
    /// The least and the greatest plausible number. Without it, a number is not negative.
    pub range: Option<(i64, i64)>,
    /// The kind of the resource that the text names.
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
    /// The call of an operation.
    #[must_use]
    pub fn call(&self, call: &Call) -> Option<&FileCall> {
        self.calls.iter().find(|it| it.call.operation == call.operation && it.call.service == call.service)
    }

    /// The calls that list the population.
    pub fn population(&self) -> impl Iterator<Item = &FileCall> {
        self.calls.iter().filter(|it| matches!(it.each, Each::Population | Each::Parent))
    }
}

impl FileCall {
    /// The meaning of an error code.
    #[must_use]
    pub fn meaning(&self, code: &str) -> Option<&Meaning> {
        self.errors.iter().find(|(known, ..)| known == code).map(|(_, meaning, _)| meaning)
    }
}

impl Parameter {
    /// The value with the values of its references. `Ok(None)` if a reference has no value.
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

    /// Every reference of the value.
    pub fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        match self {
            Self::Literal(_) => {}
            Self::Text(template) => found.extend(template.references()),
            Self::List(items) => items.iter().for_each(|item| item.references(found)),
            Self::Structure(members) => members.iter().for_each(|(_, member)| member.references(found)),
        }
    }
}
