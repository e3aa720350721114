//! The trait of all matchers, and the conditions that consist of matchers.
//!
//! This module must not know any single matcher.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};

use super::{Glob, MatchContext, MatchResult, show};
use crate::facts::redact::is_withheld;
use crate::facts::{Attribute, Fact, Lookup, NOT_RETURNED, Question, Type, Value};

/// A test of a value, such as `at_least`.
pub trait Matcher: Sync + Debug {
    /// Returns the keyword in policies.
    fn keyword(&self) -> &'static str;

    /// Returns one sentence for people: what is true of a value for which the matcher holds.
    fn doc(&self) -> &'static str;

    /// Returns the example for the reference. A test checks that the example is correct.
    fn example(&self) -> Example;

    /// Returns the shape of the operand when the matcher is used on a value of this type.
    ///
    /// # Errors
    /// Fails when the matcher cannot be used on this type. The error text names the types that the matcher can be used
    /// on.
    fn takes(&self, of: Type) -> Result<Takes, &'static str>;

    /// Returns the attributes that the matcher reads of the referenced resources when it is used on a list of
    /// references. If there are none, the matcher reads the texts of the list.
    fn follows(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns the mistakes in an operand that the check of its type does not find.
    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let _ = operand;
        Vec::new()
    }

    /// Tests whether the value is as expected. `None` is *absent*.
    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> MatchResult;

    /// Returns the other attributes of the same resource that the matcher reads besides the value.
    fn beside(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns the attributes of the same resource with AWS's own answers to this claim about a value of this type. The
    /// answers are compared with the proof when the kind has these attributes and the stage enables the oracle.
    fn oracle_attributes(&self, of: Type, operand: &Operand) -> Vec<&'static str> {
        let _ = (of, operand);
        Vec::new()
    }

    /// Returns the questions for AWS that the comparison with AWS's answers needs.
    fn questions(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> Vec<Question> {
        let _ = (actual, operand, setting);
        Vec::new()
    }

    /// Returns how many names of a resource must match when the matcher is used on a reference to the resource. With
    /// `None`, the default, the matcher reads only the text of the reference and no other name.
    fn names(&self) -> Option<Quantity> {
        None
    }

    /// Whether the matcher proves a claim about a document. The claim depends on the resource that has the document.
    fn is_claim(&self) -> bool {
        false
    }

    /// Whether the matcher itself judges a value with withheld parts, because it reads no text or judges each item
    /// separately. For any other matcher, the answer about such a value is `Withheld`.
    fn sees_withheld(&self) -> bool {
        false
    }

    /// Returns the expectation in words. A message shows them after "expected".
    fn expected(&self, operand: &Operand) -> String {
        format!("{} {operand}", self.keyword().replace('_', " "))
    }

    /// Returns the part of the actual value that explains a failure, or `None` for the whole value.
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
    /// Creates an error: the operand has no meaning.
    pub fn error(text: impl Into<String>, message: impl Into<String>) -> Self {
        Self { text: text.into(), message: message.into(), candidates: Vec::new(), fatal: true }
    }

    /// Creates a warning: the operand may have a meaning that the author did not intend.
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
    /// Creates an example without undecided facts.
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
    /// The value of an attribute of the outer resource (see [`MatchContext::outer`]).
    Outer(Box<Lookup>),
}

/// The requirement for one value.
#[derive(Clone, Debug)]
pub enum Condition {
    /// All tests must hold.
    Tests(Vec<Test>),
    /// Conditions on the fields of a record. Each entry has the path inside the record, as the policy names it, and the
    /// condition.
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
    /// Tests whether the value is as expected. `None` is *absent*.
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

    /// Tests whether the value at a path inside a value is as expected. The answer is `Withheld` when no value is found
    /// at the path, but there can be one: the name of an entry on the path is withheld, or AWS left out the field.
    #[must_use]
    pub fn test_inside(&self, actual: Option<&Value>, path: &[String], setting: &MatchContext<'_>) -> MatchResult {
        let found = inside(actual, path);
        if found.is_none() && hides(actual, path) {
            return MatchResult::Withheld;
        }
        self.test(found, setting)
    }

    /// Returns whether a matcher inside the condition proves a claim about a document.
    #[must_use]
    pub fn has_claim(&self) -> bool {
        match self {
            Self::Tests(tests) => tests.iter().any(|test| test.matcher.is_claim() || test.has_claim_inside()),
            Self::Fields(fields) => fields.iter().any(|(_, condition)| condition.has_claim()),
        }
    }

    /// Returns the other attributes of the same resource that the matchers of the condition read besides the value.
    #[must_use]
    pub fn beside(&self) -> Vec<&'static str> {
        match self {
            Self::Tests(tests) => tests.iter().flat_map(Test::beside).collect(),
            Self::Fields(fields) => fields.iter().flat_map(|(_, condition)| condition.beside()).collect(),
        }
    }

    /// Returns the attributes of the same resource with AWS's own answers to the claims of the condition.
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

    /// Returns the questions for AWS that the claims of the condition need.
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

    /// Returns the other attributes that the value is compared with.
    #[must_use]
    pub fn compared(&self) -> Vec<&'static Attribute> {
        match self {
            Self::Tests(tests) => tests.iter().flat_map(Test::compared).collect(),
            Self::Fields(fields) => fields.iter().flat_map(|(_, condition)| condition.compared()).collect(),
        }
    }

    /// Returns the attributes of the outer resource that the value is compared with.
    #[must_use]
    pub fn outer(&self) -> Vec<&'static Attribute> {
        match self {
            Self::Tests(tests) => tests.iter().flat_map(Test::outer).collect(),
            Self::Fields(fields) => fields.iter().flat_map(|(_, condition)| condition.outer()).collect(),
        }
    }

    /// Describes the other attributes that the value is compared with, each with its value.
    #[must_use]
    pub fn others(&self, setting: &MatchContext<'_>) -> Vec<String> {
        let Self::Tests(tests) = self else { return Vec::new() };
        let described = tests.iter().filter_map(|test| {
            let (_, other) = test.other(setting)?;
            Some(format!("{} is {}", test.operand, show(other?)))
        });
        described.collect()
    }

    /// Returns the value that a report shows for a failure: only the part that explains the failure.
    #[must_use]
    pub fn excerpt(&self, actual: &Value, setting: &MatchContext<'_>) -> Value {
        let tests = if let Self::Tests(tests) = self { tests.as_slice() } else { &[] };
        let mut failing = tests.iter().filter(|it| it.answer(Some(actual), setting).is_failure());
        let narrowed = failing.find_map(|it| it.matcher.excerpt(actual, &it.operand, setting));
        narrowed.unwrap_or_else(|| actual.clone())
    }
}

impl Test {
    /// Returns whether the operand is a condition with a claim about a document.
    #[must_use]
    pub fn has_claim_inside(&self) -> bool {
        matches!(&self.operand, Operand::Condition(condition) if condition.has_claim())
    }

    /// Tests whether the value is as expected. A withheld text is not compared, because the facts contain only its
    /// replacement.
    fn answer(&self, actual: Option<&Value>, setting: &MatchContext<'_>) -> MatchResult {
        if !self.matcher.sees_withheld() && actual.is_some_and(Value::is_withheld) {
            return MatchResult::Withheld;
        }
        let Some((lookup, other)) = self.other(setting) else {
            return self.matcher.test(actual, &self.operand, setting);
        };
        match other {
            // The judgement has already checked that this attribute is no gap. So there is no value.
            None => MatchResult::Undecided(format!("`{}` has no value to compare with", lookup.attribute.name)),
            Some(other) if other.is_withheld() => MatchResult::Withheld,
            Some(other) => self.matcher.test(actual, &Operand::Value(other.clone()), setting),
        }
    }

    /// Returns the other attribute that the operand names, with its value if the value is known. It is `None` for an
    /// operand that names no attribute.
    fn other<'a>(&self, setting: &MatchContext<'a>) -> Option<(&Lookup, Option<&'a Value>)> {
        let (lookup, resource) = match &self.operand {
            Operand::Attribute(lookup) => (lookup, Some(setting.resource)),
            Operand::Outer(lookup) => (lookup, setting.outer),
            _ => return None,
        };
        let value = match resource.and_then(|resource| resource.get(lookup.attribute.name)) {
            Some(Fact::Known(value)) => inside(Some(value), &lookup.inside),
            _ => None,
        };
        Some((lookup, value))
    }

    /// Returns the attributes of the outer resource that the operand names.
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

    /// Returns the attributes that the operand names.
    fn compared(&self) -> Vec<&'static Attribute> {
        match &self.operand {
            Operand::Attribute(lookup) => vec![lookup.attribute],
            Operand::Condition(condition) => condition.compared(),
            _ => Vec::new(),
        }
    }
}

/// Whether the value at the path may exist although it is not visible: a map on the path has an entry with a withheld
/// name, or AWS did not return the field of a record.
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
    // The name of a field can have dots. The whole name is one element of the path.
    let is_it = |name: &Value| matches!(name, Value::Text(name) if name == field);
    matches!(items.get(NOT_RETURNED), Some(Value::List(names)) if names.iter().any(is_it))
}

/// Returns the value at a path inside a value.
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
