//! The contract of a matcher, and the conditions that consist of matchers.
//!
//! Must not know any single matcher.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use super::{Glob, MatchContext, MatchResult, show};
use crate::facts::redact::is_withheld;
use crate::facts::{Attribute, Fact, Lookup, NOT_RETURNED, Question, Type, Value};

/// Compares a value with the expectation.
pub trait Matcher: Sync + Debug {
    /// The keyword in policies.
    fn keyword(&self) -> &'static str;

    /// The meaning in one sentence for people: what holds when the matcher matches.
    fn doc(&self) -> &'static str;

    /// The example for the reference. A test checks that it is true.
    fn example(&self) -> Example;

    /// The shape of the operand when the matcher is used on a value of this type.
    ///
    /// # Errors
    /// Fails when the matcher cannot be used on this type. The text names the types that it can be used on.
    fn takes(&self, of: Type) -> Result<Takes, &'static str>;

    /// The attributes of the resources that the matcher reads when it is used on a list of references. Without any, it
    /// reads the texts of the list.
    fn follows(&self) -> &'static [&'static str] {
        &[]
    }

    /// The mistakes in an operand that its type does not show.
    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let _ = operand;
        Vec::new()
    }

    /// Whether the value is as expected. `None` is *absent*.
    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> MatchResult;

    /// The other attributes of the same resource that the matcher reads beside the value.
    fn beside(&self) -> &'static [&'static str] {
        &[]
    }

    /// The attributes of the same resource that hold AWS's own answers to this claim about a value of this type. They
    /// are compared when the kind has them and the stage enables the oracle.
    fn oracle_attributes(&self, of: Type, operand: &Operand) -> Vec<&'static str> {
        let _ = (of, operand);
        Vec::new()
    }

    /// The questions for AWS that the comparison needs.
    fn questions(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> Vec<Question> {
        let _ = (actual, operand, setting);
        Vec::new()
    }

    /// How many names of one resource must match, when the matcher is used on a reference to it. `None`, the default: the
    /// matcher reads only the text of the reference, and no other name.
    fn names(&self) -> Option<Quantity> {
        None
    }

    /// Whether the matcher itself decides about a value with withheld parts: either it reads no text, or it reads item
    /// by item.
    fn sees_withheld(&self) -> bool {
        false
    }

    /// The expectation, in words that follow "expected".
    fn expected(&self, operand: &Operand) -> String {
        format!("{} {operand}", self.keyword().replace('_', " "))
    }

    /// The part of the actual value that explains a failure, when it is not the whole value.
    fn excerpt(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Option<Value> {
        let _ = (actual, operand, setting);
        None
    }
}

/// How many names of a resource must meet a condition. A key, for example, has an ARN, an id and aliases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// One name is enough.
    One,
    /// All names must meet it.
    All,
}

/// A mistake in an operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The text in the operand with the mistake. It is empty when the mistake is about the whole operand.
    pub text: String,
    /// The message about the mistake.
    pub message: String,
    /// The texts that the author may have meant.
    pub candidates: Vec<String>,
    /// Whether the operand has no meaning. Otherwise it is only doubtful.
    pub fatal: bool,
}

impl Objection {
    /// An error: the operand has no meaning.
    pub fn error(text: impl Into<String>, message: impl Into<String>) -> Self {
        Self { text: text.into(), message: message.into(), candidates: Vec::new(), fatal: true }
    }

    /// A warning: the operand may have a meaning that the author did not intend.
    pub fn warning(text: impl Into<String>, message: impl Into<String>) -> Self {
        Self { fatal: false, ..Self::error(text, message) }
    }

    /// Adds the texts that the author may have meant.
    #[must_use]
    pub fn among(self, candidates: Vec<String>) -> Self {
        Self { candidates, ..self }
    }
}

/// An expectation with facts that meet it and facts that violate it, in the syntax of a policy file.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// A kind that the matcher can be used on.
    pub kind: &'static str,
    /// The expectation.
    pub expect: &'static str,
    /// Facts that meet the expectation.
    pub met: &'static str,
    /// Facts that violate the expectation.
    pub violated: &'static str,
    /// Facts that do not decide the expectation. Few matchers have such facts.
    pub undecided: Option<&'static str>,
}

impl Example {
    /// An example of a matcher for which every fact is decisive.
    #[must_use]
    pub const fn new(kind: &'static str, expect: &'static str, met: &'static str, violated: &'static str) -> Self {
        Self { kind, expect, met, violated, undecided: None }
    }
}

/// The shape of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// One value of a type.
    Value(Type),
    /// A list of values of a type.
    Values(Type),
    /// A pattern with `*` and `?`.
    Glob,
    /// A regular expression.
    Regex,
    /// The word `true`.
    Flag,
    /// A condition on a value of a type.
    Condition(Type),
}

/// The operand that a value is compared with.
#[derive(Clone, Debug)]
pub enum Operand {
    /// One value.
    Value(Value),
    /// Several values.
    Values(Vec<Value>),
    /// A pattern.
    Glob(Glob),
    /// A regular expression.
    Regex(regex::Regex),
    /// No operand.
    Flag,
    /// A condition.
    Condition(Box<Condition>),
    /// The value of another attribute of the same resource, or of a resource that it refers to.
    Attribute(Box<Lookup>),
    /// The value of an attribute of the resource that this one is related to.
    Outer(Box<Lookup>),
}

/// The requirement for one value.
#[derive(Clone, Debug)]
pub enum Condition {
    /// All tests must hold.
    Tests(Vec<Test>),
    /// Conditions on the fields of a record. Each has the path inside the record, as in the policy, and the condition.
    Fields(Vec<(Vec<String>, Condition)>),
}

/// One matcher with its operand.
#[derive(Clone, Debug)]
pub struct Test {
    /// The matcher.
    pub matcher: &'static dyn Matcher,
    /// The operand of the matcher.
    pub operand: Operand,
}

impl Condition {
    /// Whether the value is as expected. `None` is *absent*.
    #[must_use]
    pub fn test(&self, actual: Option<&Value>, setting: &MatchContext<'_>) -> MatchResult {
        match self {
            Self::Tests(tests) => MatchResult::all(tests.iter().map(|test| test.answer(actual, setting))),
            Self::Fields(_) if actual.is_none() => MatchResult::from(false),
            Self::Fields(fields) => {
                let field = |(path, condition): &(Vec<String>, Self)| condition.test_inside(actual, path, setting);
                MatchResult::all(fields.iter().map(field))
            }
        }
    }

    /// Whether the value at a path inside a value is as expected. When there is no value at the path, and the name of
    /// some entry is withheld, that entry can be the one. A field that AWS left out can have any value.
    #[must_use]
    pub fn test_inside(&self, actual: Option<&Value>, path: &[String], setting: &MatchContext<'_>) -> MatchResult {
        let found = inside(actual, path);
        if found.is_none() && hides(actual, path) {
            return MatchResult::Withheld;
        }
        self.test(found, setting)
    }

    /// The other attributes of the same resource that matchers of the condition read beside the value.
    #[must_use]
    pub fn beside(&self) -> Vec<&'static str> {
        match self {
            Self::Tests(tests) => tests.iter().flat_map(Test::beside).collect(),
            Self::Fields(fields) => fields.iter().flat_map(|(_, condition)| condition.beside()).collect(),
        }
    }

    /// The attributes of the same resource that hold AWS's own answers to the claims of the condition.
    #[must_use]
    pub fn oracle_attributes(&self, of: Type) -> Vec<&'static str> {
        match self {
            Self::Tests(tests) => {
                tests.iter().flat_map(|test| test.matcher.oracle_attributes(of, &test.operand)).collect()
            }
            Self::Fields(fields) => fields
                .iter()
                .filter_map(|(path, condition)| Some(condition.oracle_attributes(of.lookup(&path.join("."))?.1)))
                .flatten()
                .collect(),
        }
    }

    /// The questions for AWS that the claims of the condition need.
    #[must_use]
    pub fn questions(&self, actual: Option<&Value>, setting: &MatchContext<'_>) -> Vec<Question> {
        match self {
            Self::Tests(tests) => {
                tests.iter().flat_map(|test| test.matcher.questions(actual, &test.operand, setting)).collect()
            }
            Self::Fields(fields) => {
                fields.iter().flat_map(|(path, condition)| condition.questions(inside(actual, path), setting)).collect()
            }
        }
    }

    /// The other attributes that the value is compared with.
    #[must_use]
    pub fn compared(&self) -> Vec<&'static Attribute> {
        match self {
            Self::Tests(tests) => tests.iter().flat_map(Test::compared).collect(),
            Self::Fields(fields) => fields.iter().flat_map(|(_, condition)| condition.compared()).collect(),
        }
    }

    /// The attributes of the related resource that the value is compared with.
    #[must_use]
    pub fn outer(&self) -> Vec<&'static Attribute> {
        match self {
            Self::Tests(tests) => tests.iter().flat_map(Test::outer).collect(),
            Self::Fields(fields) => fields.iter().flat_map(|(_, condition)| condition.outer()).collect(),
        }
    }

    /// The value to show for a failure: only the part that explains the failure.
    #[must_use]
    pub fn excerpt(&self, actual: &Value, setting: &MatchContext<'_>) -> Value {
        let tests = if let Self::Tests(tests) = self { tests.as_slice() } else { &[] };
        let mut failing = tests.iter().filter(|it| it.answer(Some(actual), setting).is_failure());
        let narrowed = failing.find_map(|it| it.matcher.excerpt(actual, &it.operand, setting));
        narrowed.unwrap_or_else(|| actual.clone())
    }
}

impl Test {
    /// Whether the value is as expected. A withheld text is compared with nothing, because its replacement is another
    /// text.
    fn answer(&self, actual: Option<&Value>, setting: &MatchContext<'_>) -> MatchResult {
        if !self.matcher.sees_withheld() && actual.is_some_and(Value::is_withheld) {
            return MatchResult::Withheld;
        }
        let (lookup, resource) = match &self.operand {
            Operand::Attribute(lookup) => (lookup, Some(setting.resource)),
            Operand::Outer(lookup) => (lookup, setting.outer),
            operand => return self.matcher.test(actual, operand, setting),
        };
        let other = match resource.and_then(|resource| resource.get(lookup.attribute.name)) {
            Some(Fact::Known(value)) => inside(Some(value), &lookup.inside),
            _ => None,
        };
        match other {
            // The judgement looks for gaps before. So there is no value.
            None => MatchResult::Undecided(format!("`{}` has no value to compare with", lookup.attribute.name)),
            Some(other) if other.is_withheld() => MatchResult::Withheld,
            Some(other) => self.matcher.test(actual, &Operand::Value(other.clone()), setting),
        }
    }

    /// The attributes of the related resource that the operand names.
    fn outer(&self) -> Vec<&'static Attribute> {
        match &self.operand {
            Operand::Outer(lookup) => vec![lookup.attribute],
            Operand::Condition(condition) => condition.outer(),
            _ => Vec::new(),
        }
    }

    fn beside(&self) -> Vec<&'static str> {
        match &self.operand {
            Operand::Condition(condition) => condition.beside(),
            _ => self.matcher.beside().to_vec(),
        }
    }

    /// The attributes that the operand names.
    fn compared(&self) -> Vec<&'static Attribute> {
        match &self.operand {
            Operand::Attribute(lookup) => vec![lookup.attribute],
            Operand::Condition(condition) => condition.compared(),
            _ => Vec::new(),
        }
    }
}

/// Whether a map on the path has an entry whose name is withheld, or AWS did not return the field of a record.
fn hides(value: Option<&Value>, path: &[String]) -> bool {
    let Some(Value::Map(items)) = value else { return false };
    let Some((key, rest)) = path.split_first() else { return false };
    match items.get(key) {
        Some(item) => hides(Some(item), rest),
        None => items.keys().any(|name| is_withheld(name)) || lacks(items, key),
    }
}

/// Whether AWS left out this field of a record.
fn lacks(items: &BTreeMap<String, Value>, field: &str) -> bool {
    // The name of a field can have dots, and the path has the whole name.
    let is_it = |name: &Value| matches!(name, Value::Text(name) if name == field);
    matches!(items.get(NOT_RETURNED), Some(Value::List(names)) if names.iter().any(is_it))
}

/// The value at a path inside a value.
pub fn inside<'a>(value: Option<&'a Value>, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value?, |value, key| match value {
        Value::Map(items) => items.get(key),
        _ => None,
    })
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = match self {
            Self::Tests(tests) => tests.iter().map(|test| test.matcher.expected(&test.operand)).collect(),
            Self::Fields(fields) => {
                fields.iter().map(|(path, condition)| format!("{} {condition}", path.join("."))).collect()
            }
        };
        f.write_str(&parts.join(" and "))
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => f.write_str(&show(value)),
            Self::Values(values) => f.write_str(&values.iter().map(show).collect::<Vec<_>>().join(", ")),
            Self::Glob(glob) => f.write_str(glob.as_str()),
            Self::Regex(regex) => write!(f, "/{regex}/"),
            Self::Flag => Ok(()),
            Self::Condition(condition) => write!(f, "({condition})"),
            Self::Attribute(lookup) | Self::Outer(lookup) if lookup.inside.is_empty() => {
                f.write_str(lookup.attribute.name)
            }
            Self::Attribute(lookup) | Self::Outer(lookup) => {
                write!(f, "{}.{}", lookup.attribute.name, lookup.inside.join("."))
            }
        }
    }
}
