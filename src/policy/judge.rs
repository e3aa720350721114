//! An expectation tried on the facts of one resource.
//!
//! Four answers, never two: what AWS did not tell is neither met nor unmet, and what has no meaning for a resource is
//! neither either. Pure: the clock is an argument. Must not know populations, waivers or how facts are read.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::{AttributeTest, Expectation};
use crate::facts::{Fact, Gap, Resource, Value};
use crate::matchers::{inside, show};

/// What an expectation turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// As expected.
    Met,
    /// Not as expected, and where it differs.
    Unmet(Vec<Difference>),
    /// AWS did not tell, and why. Empty while the facts are still being read.
    Unknown(Vec<Arc<Gap>>),
    /// It has no meaning for this resource, and why.
    NotApplicable(Cow<'static, str>),
}

/// One attribute that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The path as the policy writes it.
    pub attribute: String,
    /// What is expected, in words.
    pub expected: String,
    /// What is, in words; `none` where AWS answered that there is none.
    pub actual: String,
    /// Where the fact was read: operation and field of its answer.
    pub source: String,
}

impl Expectation {
    /// Tries the expectation on a resource.
    #[must_use]
    pub fn judge(&self, resource: &Resource, now: Timestamp) -> Judgement {
        match self {
            Self::All(parts) => all(parts.iter().map(|part| part.judge(resource, now))),
            Self::Any(parts) => any(parts.iter().map(|part| part.judge(resource, now))),
            Self::Not(part) => match part.judge(resource, now) {
                Judgement::Met => Judgement::Unmet(part.forbidden(resource)),
                Judgement::Unmet(_) => Judgement::Met,
                other => other,
            },
            Self::Attribute(test) => test.judge(resource, now),
        }
    }

    /// The differences of a negated expectation: what is, is what must not be.
    fn forbidden(&self, resource: &Resource) -> Vec<Difference> {
        let mut differences = Vec::new();
        self.visit(&mut |test| {
            if let Some(Fact::Known(value)) = resource.get(test.lookup.attribute.name) {
                let actual = inside(Some(value), &test.lookup.inside);
                differences.push(test.difference(&format!("not {}", test.condition), actual));
            }
        });
        differences
    }
}

impl AttributeTest {
    fn judge(&self, resource: &Resource, now: Timestamp) -> Judgement {
        let value = match resource.get(self.lookup.attribute.name) {
            None => return Judgement::Unknown(Vec::new()),
            Some(Fact::Unknown(gap)) => return Judgement::Unknown(vec![Arc::clone(gap)]),
            Some(Fact::NotApplicable(why)) => return Judgement::NotApplicable(why.clone()),
            Some(Fact::Absent) => None,
            Some(Fact::Known(value)) => inside(Some(value), &self.lookup.inside),
        };
        if self.condition.test(value, now) {
            return Judgement::Met;
        }
        let shown = value.map(|value| self.condition.narrow(value, now));
        Judgement::Unmet(vec![self.difference(&self.condition.to_string(), shown.as_ref())])
    }

    fn difference(&self, expected: &str, actual: Option<&Value>) -> Difference {
        let attribute = self.lookup.attribute;
        Difference {
            attribute: self.path.clone(),
            expected: expected.to_owned(),
            actual: actual.map_or_else(|| "none".to_owned(), show),
            source: format!("{} {}", attribute.call, attribute.field),
        }
    }
}

/// One unmet part decides; then one unknown part; then one without meaning.
fn all(parts: impl Iterator<Item = Judgement>) -> Judgement {
    let (mut differences, mut gaps, mut unknown, mut why) = (Vec::new(), Vec::new(), false, None);
    for part in parts {
        match part {
            Judgement::Met => {}
            Judgement::Unmet(more) => differences.extend(more),
            Judgement::Unknown(more) => {
                unknown = true;
                gaps.extend(more);
            }
            Judgement::NotApplicable(reason) => why = why.or(Some(reason)),
        }
    }
    if !differences.is_empty() {
        Judgement::Unmet(differences)
    } else if unknown {
        Judgement::Unknown(gaps)
    } else {
        why.map_or(Judgement::Met, Judgement::NotApplicable)
    }
}

/// One met part decides; then one unknown part; the rest is unmet, or without meaning when no part has any.
fn any(parts: impl Iterator<Item = Judgement>) -> Judgement {
    let (mut differences, mut gaps, mut unknown, mut why) = (Vec::new(), Vec::new(), false, None);
    for part in parts {
        match part {
            Judgement::Met => return Judgement::Met,
            Judgement::Unmet(more) => differences.extend(more),
            Judgement::Unknown(more) => {
                unknown = true;
                gaps.extend(more);
            }
            Judgement::NotApplicable(reason) => why = why.or(Some(reason)),
        }
    }
    match why {
        _ if unknown => Judgement::Unknown(gaps),
        Some(why) if differences.is_empty() => Judgement::NotApplicable(why),
        _ => Judgement::Unmet(differences),
    }
}
