//! Resources with their facts, and populations of resources.
//!
//! This module must not know which facts are expected, nor how they were read.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::redact::{apart, is_secret};
use super::{Attribute, Cause, Gap, Kind, Reach, Value, scrub};

/// The state of one attribute of one resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// AWS returned this value.
    Known(Value),
    /// AWS answered that there is no value.
    Absent,
    /// The attribute has no meaning for this resource. The text is the reason. Example: the rotation of an asymmetric
    /// key.
    NotApplicable(Cow<'static, str>),
    /// AWS did not return the data.
    Unknown(Arc<Gap>),
}

impl Fact {
    /// Creates the fact that the attribute has no meaning for the resource, with the reason.
    #[must_use]
    pub const fn not_applicable(why: &'static str) -> Self {
        Self::NotApplicable(Cow::Borrowed(why))
    }

    /// Replaces the id of the resource in a gap about the resource.
    fn rename(&mut self, old: &str, new: &str) {
        if let Self::Unknown(gap) = self
            && gap.resource == old
            && old != new
        {
            *gap = Arc::new(Gap::clone(gap).with_resource(new));
        }
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
            Self::NotApplicable(why) => {
                if let Cow::Owned(clean) = scrub(why) {
                    *why = Cow::Owned(clean);
                }
            }
            Self::Absent => {}
        }
    }
}

/// The Region of kinds that have one population for each account.
pub const GLOBAL: &str = "aws-global";

/// One instance of a kind.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The kind.
    pub kind: &'static Kind,
    /// The account, 12 digits.
    pub account: Arc<str>,
    /// The Region. It is `aws-global` for kinds with [`Scope::Global`](super::Scope::Global).
    pub region: Arc<str>,
    /// The ARN, or the id if AWS gives no ARN. It is unique within the kind, account and Region.
    pub id: String,
    /// The name that people use.
    pub name: String,
    /// The facts, by the names of their attributes.
    pub facts: BTreeMap<&'static str, Fact>,
    /// The answer of AWS that the listed resource does not exist any more. No case is about such a resource.
    pub gone: Option<Arc<Gap>>,
}

impl Resource {
    /// Creates a resource with its identity and without facts.
    pub fn new(
        kind: &'static Kind,
        account: Arc<str>,
        region: Arc<str>,
        id: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self { kind, account, region, id: id.into(), name: name.into(), facts: BTreeMap::new(), gone: None }
    }

    /// Stores a fact. `None` is *absent*: AWS answered that there is no value. For data that cannot be read, the caller
    /// passes a gap, and this function adds the call and the resource to it. A value that is not plausible for the
    /// attribute also becomes a gap.
    pub fn set(&mut self, attribute: &'static str, fact: impl Into<Fact>) {
        let known = self.kind.attribute(attribute);
        debug_assert!(known.is_some(), "{} has no attribute {attribute}", self.kind.name);
        let fact = match (fact.into(), known) {
            (Fact::Known(value), Some(of)) => match of.doubt(&value) {
                Some(message) => Fact::Unknown(Arc::new(Gap::new(Cause::Malformed).with_message(message))),
                None => Fact::Known(value),
            },
            (fact, _) => fact,
        };
        let fact = match (fact, known) {
            (Fact::Unknown(gap), Some(of)) if gap.operation.is_empty() => {
                Fact::Unknown(Arc::new(self.placed(of, &gap)))
            }
            (fact, _) => fact,
        };
        self.facts.insert(attribute, fact);
    }

    /// Adds to the gap of an attribute the call that should have returned the data, and the resource.
    fn placed(&self, of: &Attribute, gap: &Gap) -> Gap {
        gap.clone()
            .of_call(self.kind.call(of.call).map_or_else(String::new, |call| call.service.to_owned()), of.call)
            .at(self.account.to_string(), self.region.to_string())
            .with_resource(self.id.clone())
            .with_message(format!("{}: {}", of.field, gap.message))
    }

    /// Returns the fact. It is `None` if the call of the attribute was not made.
    #[must_use]
    pub fn get(&self, attribute: &str) -> Option<&Fact> {
        self.facts.get(attribute)
    }

    /// Returns the text of a known fact. Collectors need this text to decide the next call.
    #[must_use]
    pub fn text(&self, attribute: &str) -> Option<&str> {
        match self.facts.get(attribute) {
            Some(Fact::Known(Value::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// Sets every attribute that an operation returns to this fact.
    pub fn set_all_of(&mut self, operation: &str, fact: &Fact) {
        for attribute in self.kind.attributes.iter().filter(|attribute| attribute.call == operation) {
            self.facts.insert(attribute.name, fact.clone());
        }
    }

    /// Replaces every text that looks like a secret in the facts of one operation, or, without an operation, in all
    /// facts.
    pub fn redact(&mut self, operation: Option<&str>) {
        let kind = self.kind;
        for (name, fact) in &mut self.facts {
            let told_by = kind.attribute(name).map(|attribute| attribute.call);
            if operation.is_none() || operation == told_by {
                fact.redact();
            }
        }
    }

    /// Marks the resource as one that does not exist any more. The gap is redacted, like every fact.
    pub fn went(&mut self, gap: &Gap) {
        self.gone = Some(Arc::new(gap.clone().redacted()));
    }

    /// Replaces secrets in the ids and names of all resources of a population. This step comes last, because calls for
    /// the resources need the original ids. Resources with equal ids after the redaction stay distinct: in the order of
    /// the original ids, the second one gets `#2`.
    pub fn redact_names(resources: &mut [Self]) {
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        let told = resources.iter().filter(|it| !is_secret(&it.id)).map(|it| it.id.clone());
        let mut known: HashSet<String> = told.collect();
        for resource in resources.iter_mut() {
            if let Cow::Owned(clean) = scrub(&resource.name) {
                resource.name = clean;
            }
            if let Cow::Owned(clean) = scrub(&resource.id) {
                let id = apart(clean.clone(), |id| known.contains(id));
                resource.name.push_str(id.get(clean.len()..).unwrap_or_default());
                known.insert(id.clone());
                resource.id = id;
                resource.facts.values_mut().for_each(|fact| fact.rename(&clean, &resource.id));
                if let Some(gap) = resource.gone.as_mut().filter(|gap| gap.resource == clean) {
                    *gap = Arc::new(Gap::clone(gap).with_resource(resource.id.clone()));
                }
            }
        }
        resources.sort_by(|a, b| a.id.cmp(&b.id));
    }
}

/// The resources of a kind in one account and Region, and the gaps in their list.
#[derive(Clone, Debug)]
pub struct Population {
    /// The kind.
    pub kind: &'static Kind,
    /// The account, 12 digits.
    pub account: Arc<str>,
    /// The Region. It is `aws-global` for kinds with [`Scope::Global`](super::Scope::Global).
    pub region: Arc<str>,
    /// All listed resources, ordered by id.
    pub resources: Vec<Resource>,
    /// The reasons why the list is not complete. It is empty if and only if the list is complete.
    pub gaps: Vec<Arc<Gap>>,
    /// The parts of the population that were read completely, for a kind with a window.
    pub reaches: Vec<Reach>,
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

/// The result of reading a value. An error becomes a gap.
impl<T: Into<Fact>> From<Result<T, Gap>> for Fact {
    fn from(read: Result<T, Gap>) -> Self {
        read.map_or_else(|gap| Self::Unknown(Arc::new(gap)), Into::into)
    }
}

macro_rules! fact_from {
    ($($from:ty),*) => { $(impl From<$from> for Fact { fn from(value: $from) -> Self { Self::Known(value.into()) } })* };
}
fact_from!(bool, i32, i64, &str, String, Timestamp);

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::facts::{Call, Frequency, Scope, Type};

    static KIND: Kind = Kind {
        name: "test.thing",
        plural: "things",
        scope: Scope::Global,
        parent: None,
        qualified: "",
        doc: "A thing.",
        attributes: &[
            Attribute::new("count", Type::Integer, "ListThings", "Things[].Count", "Count."),
            Attribute::new("kept", Type::Duration, "ListThings", "Things[].Kept", "Kept."),
            Attribute::new("tries", Type::Integer, "ListThings", "Things[].Tries", "Tries.").within(1, 10),
            Attribute::new("parts", Type::List(&Type::Duration), "ListThings", "Things[].Parts", "Parts."),
            Attribute::new("made", Type::Time, "ListThings", "Things[].Made", "Made."),
        ],
        calls: &[Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 100 })],
    };

    fn set(attribute: &'static str, fact: impl Into<Fact>) -> Fact {
        let mut thing = Resource::new(&KIND, "1".into(), "r".into(), "id", "name");
        thing.set(attribute, fact);
        thing.get(attribute).cloned().unwrap_or(Fact::Absent)
    }

    #[test]
    fn a_number_that_makes_no_sense_is_a_gap() {
        const YEARS: i64 = 100 * 366 * 86_400;
        let list = |seconds| Value::List(vec![Value::Duration(1), Value::Duration(seconds)]);
        for (attribute, value, sense) in [
            ("count", Value::Integer(0), true),
            ("count", Value::Integer(i64::MAX), true),
            ("count", Value::Integer(-1), false),
            ("count", Value::Integer(i64::MIN), false),
            ("kept", Value::Duration(0), true),
            ("kept", Value::Duration(YEARS), true),
            ("kept", Value::Duration(YEARS + 1), false),
            ("kept", Value::Duration(-1), false),
            ("kept", Value::days(i64::MIN), false),
            ("tries", Value::Integer(1), true),
            ("tries", Value::Integer(10), true),
            ("tries", Value::Integer(0), false),
            ("tries", Value::Integer(11), false),
            ("parts", list(2), true),
            ("parts", list(-2), false),
        ] {
            match set(attribute, value.clone()) {
                Fact::Known(known) => assert!(sense && known == value, "{attribute} {value:?}"),
                Fact::Unknown(gap) => {
                    let place = (gap.cause, gap.service.as_str(), gap.operation.as_str(), gap.resource.as_str());
                    assert_eq!(place, (Cause::Malformed, "test", "ListThings", "id"), "{attribute} {value:?}");
                    assert!(!sense && gap.message.starts_with("Things[]."), "{attribute} {value:?}: {}", gap.message);
                }
                other => unreachable!("{attribute} {value:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_was_not_understood_is_never_absent() {
        let unread: Result<Option<Timestamp>, Gap> = Err(Gap::new(Cause::Malformed));
        assert!(matches!(set("made", unread), Fact::Unknown(gap) if gap.operation == "ListThings"));
        assert_eq!(set("made", Ok::<Option<Timestamp>, Gap>(None)), Fact::Absent);
        let elsewhere = Gap::new(Cause::Denied).with_operation("GetThing");
        assert_eq!(set("made", Fact::Unknown(Arc::new(elsewhere.clone()))), Fact::Unknown(Arc::new(elsewhere)));
    }

    #[test]
    fn resources_whose_ids_read_alike_stay_apart() {
        let thing = |id: &str| Resource::new(&KIND, "1".into(), "r".into(), id, id);
        let token = |letter: &str| format!("arn:x:glpat-{}9", letter.repeat(22));
        let mut second = thing(&token("b"));
        let gap = Gap::new(Cause::Denied).with_resource("arn:x:[redacted]");
        second.facts.insert("count", Fact::Unknown(Arc::new(gap)));
        let mut all = vec![second, thing("plain"), thing(&token("a")), thing("arn:x:[redacted]#2")];
        Resource::redact_names(&mut all);
        let ids: Vec<&str> = all.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["arn:x:[redacted]", "arn:x:[redacted]#2", "arn:x:[redacted]#3", "plain"]);
        assert_eq!(all[2].name, "arn:x:[redacted]#3");
        assert!(matches!(&all[2].facts["count"], Fact::Unknown(gap) if gap.resource == all[2].id));
    }
}
