//! A resource with its facts, and the population it belongs to.
//!
//! Must not know which facts are expected, nor how they were read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Gap, Kind, Value, scrub};

/// What is known of one attribute of one resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// AWS told it.
    Known(Value),
    /// AWS told that there is none.
    Absent,
    /// The attribute has no meaning for this resource, and why: rotation of an asymmetric key.
    NotApplicable(Cow<'static, str>),
    /// AWS did not tell.
    Unknown(Arc<Gap>),
}

impl Fact {
    /// Without meaning for the resource, and why.
    #[must_use]
    pub const fn not_applicable(why: &'static str) -> Self {
        Self::NotApplicable(Cow::Borrowed(why))
    }

    fn redact(&mut self) {
        match self {
            Self::Known(value) => value.redact(),
            Self::Unknown(gap) => {
                let clean = Gap::clone(gap).redacted();
                if clean != **gap {
                    *gap = Arc::new(clean);
                }
            }
            Self::Absent | Self::NotApplicable(_) => {}
        }
    }
}

/// One instance of a kind.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its kind.
    pub kind: &'static Kind,
    /// Account, 12 digits.
    pub account: Arc<str>,
    /// Region; `aws-global` for kinds with [`Scope::Global`](super::Scope::Global).
    pub region: Arc<str>,
    /// ARN, or the id where AWS gives no ARN; unique within kind, account and Region.
    pub id: String,
    /// The name that people use.
    pub name: String,
    /// What is known, by attribute name.
    pub facts: BTreeMap<&'static str, Fact>,
}

impl Resource {
    /// A resource of which only the identity is known yet.
    pub fn new(
        kind: &'static Kind,
        account: Arc<str>,
        region: Arc<str>,
        id: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self { kind, account, region, id: id.into(), name: name.into(), facts: BTreeMap::new() }
    }

    /// Stores a fact. `None` is *absent*: AWS answered, and there is none.
    pub fn set(&mut self, attribute: &'static str, fact: impl Into<Fact>) {
        debug_assert!(self.kind.attribute(attribute).is_some(), "{} has no attribute {attribute}", self.kind.name);
        self.facts.insert(attribute, fact.into());
    }

    /// The fact, if its call was made.
    #[must_use]
    pub fn get(&self, attribute: &str) -> Option<&Fact> {
        self.facts.get(attribute)
    }

    /// The text of a known fact: what collectors need to decide the next call.
    #[must_use]
    pub fn text(&self, attribute: &str) -> Option<&str> {
        match self.facts.get(attribute) {
            Some(Fact::Known(Value::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// Marks every attribute of an operation.
    pub fn set_all_of(&mut self, operation: &str, fact: &Fact) {
        for attribute in self.kind.attributes.iter().filter(|attribute| attribute.call == operation) {
            self.facts.insert(attribute.name, fact.clone());
        }
    }

    /// Replaces everything in the facts of a call that looks like a secret; without a call, in all facts.
    pub fn redact(&mut self, operation: Option<&str>) {
        let kind = self.kind;
        for (name, fact) in &mut self.facts {
            let told_by = kind.attribute(name).map(|attribute| attribute.call);
            if operation.is_none() || operation == told_by {
                fact.redact();
            }
        }
    }

    /// Replaces secrets in id and name. Calls for the resource need the true ones, so this comes last.
    pub fn redact_names(&mut self) {
        for text in [&mut self.id, &mut self.name] {
            if let Cow::Owned(clean) = scrub(text) {
                *text = clean;
            }
        }
    }
}

/// The resources of a kind in one account and Region, and what is missing from the enumeration.
#[derive(Clone, Debug)]
pub struct Population {
    /// The kind.
    pub kind: &'static Kind,
    /// Account, 12 digits.
    pub account: Arc<str>,
    /// Region; `aws-global` for kinds with [`Scope::Global`](super::Scope::Global).
    pub region: Arc<str>,
    /// Everything that was enumerated, ordered by id.
    pub resources: Vec<Resource>,
    /// Why the enumeration is not complete; empty exactly when it is.
    pub gaps: Vec<Arc<Gap>>,
}

impl<T: Into<Value>> From<Option<T>> for Fact {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, |value| Self::Known(value.into()))
    }
}

impl From<Value> for Fact {
    fn from(value: Value) -> Self {
        Self::Known(value)
    }
}

macro_rules! fact_from {
    ($($from:ty),*) => { $(impl From<$from> for Fact { fn from(value: $from) -> Self { Self::Known(value.into()) } })* };
}
fact_from!(bool, i32, i64, &str, String, Timestamp);
