//! The judgement of an expectation on the facts of one resource.
//!
//! There are always four possible results. If AWS did not return the data, or if an expectation does not apply to a
//! resource, the result is neither met nor unmet. The module is pure: the clock is an argument. This module must not
//! know populations, waivers or how facts are read.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::{AttributeTest, Expectation};
use crate::facts::{Attribute, Call, Cause, Fact, Follow, Followed, Gap, Question, Resource, Value};
use crate::matchers::{MatchContext, MatchResult, Owner, Witness, inside, show};

/// The result of an expectation.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// The resource is as expected.
    Met,
    /// The resource is not as expected. The value lists the differences.
    Unmet(Vec<Difference>),
    /// AWS did not return the data. The value lists the gaps. The list is empty while the facts are still being read.
    Unknown(Vec<Arc<Gap>>),
    /// The expectation does not apply to this resource. The value is the reason.
    NotApplicable(Cow<'static, str>),
}

/// One attribute that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The path as in the policy.
    pub attribute: String,
    /// The expectation, in words.
    pub expected: String,
    /// The actual value, in words. It is `none` when AWS answered that there is no value.
    pub actual: String,
    /// The source of the fact: the operation and the field of its answer.
    pub source: String,
    /// The complete part of the fact that is at fault, if a matcher has found it. Reports do not show it, because it is
    /// too long.
    #[serde(skip)]
    pub at_fault: Option<Value>,
}

impl Expectation {
    /// Judges the expectation on a resource.
    #[must_use]
    pub fn judge(&self, resource: &Resource, now: Timestamp) -> Judgement {
        self.judge_in(&MatchContext::of(resource, now))
    }

    /// Judges the expectation on a resource that may be a related resource of `outer`.
    #[must_use]
    pub fn judge_for(&self, resource: &Resource, outer: &Resource, now: Timestamp) -> Judgement {
        self.judge_in(&MatchContext { outer: Some(outer), ..MatchContext::of(resource, now) })
    }

    fn judge_in(&self, setting: &MatchContext<'_>) -> Judgement {
        let MatchContext { now, resource, .. } = *setting;
        match self {
            Self::All(parts) => all(parts.iter().map(|part| part.judge_in(setting))),
            Self::Any(parts) => any(parts.iter().map(|part| part.judge_in(setting))),
            Self::Not(part) => match part.judge_in(setting) {
                Judgement::Met => {
                    let mut differences = Vec::new();
                    part.explain(resource, now, true, &mut differences);
                    Judgement::Unmet(differences)
                }
                Judgement::Unmet(_) => Judgement::Met,
                other => other,
            },
            Self::Attribute(test) => test.judge_in(setting),
        }
    }

    /// Returns the questions that a call sends to AWS. The answers are compared with the claims about the resource.
    #[must_use]
    pub fn questions(&self, call: &Call, resource: &Resource, now: Timestamp) -> Vec<Question> {
        let mut questions = Vec::new();
        self.visit(&mut |test| questions.extend(test.questions(call, resource, now)));
        questions
    }

    /// Collects the differences of a negated expectation: each condition that holds although it must not hold. Under an
    /// even number of `not`, it collects each condition that does not hold.
    fn explain(&self, resource: &Resource, now: Timestamp, negated: bool, differences: &mut Vec<Difference>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.explain(resource, now, negated, differences));
            }
            Self::Not(part) => part.explain(resource, now, !negated, differences),
            Self::Attribute(test) => match (test.judge_in(&MatchContext::of(resource, now)), negated) {
                (Judgement::Met, true) => {
                    let actual = test.value(resource);
                    differences.push(test.difference(&format!("not {}", test.condition), actual));
                }
                (Judgement::Unmet(more), false) => differences.extend(more),
                _ => {}
            },
        }
    }
}

/// The reason why the sweep does not search for values.
const NO_VALUES: &str = "values of secrets are read only where the stage says `read_secret_values: true`";

/// The reason why a text is not compared: its replacement is not the text that AWS returned, and evidence contains only
/// the replacement.
const WITHHELD: &str = "a text that it depends on looks like a secret and is withheld";

/// The reason why a record does not decide: AWS left out a value, and this does not mean that the value does not exist.
const LEFT_OUT: &str = "the answer has no value for a field of a record, and this API leaves values out";

impl AttributeTest {
    fn judge_in(&self, setting: &MatchContext<'_>) -> Judgement {
        let resource = setting.resource;
        let value = match resource.get(self.lookup.attribute.name) {
            None => return Judgement::Unknown(self.unasked(resource)),
            Some(Fact::Unknown(gap)) => return Judgement::Unknown(vec![Arc::clone(gap)]),
            Some(Fact::NotApplicable(why)) => return Judgement::NotApplicable(why.clone()),
            Some(Fact::Absent | Fact::Known(_)) => self.value(resource),
        };
        if let Some(gap) = self.blind(resource) {
            return Judgement::Unknown(vec![gap]);
        }
        for other in self.condition.compared().into_iter().chain(self.beside.iter().copied()) {
            match resource.get(other.name) {
                None => return Judgement::Unknown(Vec::new()),
                Some(Fact::Unknown(gap)) => return Judgement::Unknown(vec![Arc::clone(gap)]),
                Some(Fact::NotApplicable(why)) => return Judgement::NotApplicable(why.clone()),
                Some(Fact::Absent | Fact::Known(_)) => {}
            }
        }
        let told = match resource.get(self.lookup.attribute.name) {
            Some(Fact::Known(told)) => Some(told),
            _ => None,
        };
        let setting = &MatchContext { owner: self.owner(resource).or(setting.owner), ..*setting };
        let answer = match told {
            Some(_) => self.condition.test_inside(told, &self.lookup.inside, setting),
            None => self.condition.test(None, setting),
        };
        match answer {
            MatchResult::Holds => Judgement::Met,
            MatchResult::Withheld if told.is_some_and(Value::is_partial) => {
                Judgement::Unknown(vec![Arc::new(self.undecided(resource, LEFT_OUT.to_owned()))])
            }
            MatchResult::Withheld => {
                Judgement::Unknown(vec![Arc::new(self.gap(resource, Cause::Withheld, WITHHELD.to_owned()))])
            }
            MatchResult::Undecided(why) => Judgement::Unknown(vec![Arc::new(self.undecided(resource, why))]),
            // Another difference shows that the reference has no value. The other names of nothing add nothing to it.
            MatchResult::Fails(_) if value.is_none() && self.is_about_names() => Judgement::Unmet(Vec::new()),
            MatchResult::Fails(witness) => {
                let (shown, at_fault) = match witness.map(|witness| *witness) {
                    Some(Witness { shown, at_fault }) => (Some(shown), at_fault),
                    None => (value.map(|value| self.condition.excerpt(value, setting)), None),
                };
                let mut expected = self.condition.to_string();
                // The value of the other attribute, which the reader of the finding does not see elsewhere.
                let others = self.condition.others(setting);
                if !others.is_empty() {
                    expected = format!("{expected} ({})", others.join(", "));
                }
                let difference = self.difference(&expected, shown.as_ref());
                Judgement::Unmet(vec![Difference { at_fault, ..difference }])
            }
        }
    }

    /// Returns the resource that has the value, if the path of the test follows a reference.
    fn owner<'a>(&self, resource: &'a Resource) -> Option<Owner<'a>> {
        let is_owner = |attribute: &&&Attribute| matches!(attribute.follow, Some(Follow { what: Followed::Owner, .. }));
        match resource.get(self.beside.iter().find(is_owner)?.name)? {
            Fact::Known(Value::Map(fields)) => {
                let text = |name: &str| if let Some(Value::Text(text)) = fields.get(name) { text.as_str() } else { "" };
                Some(Owner { id: text("id"), account: text("account") })
            }
            _ => None,
        }
    }

    /// Returns whether the test is about the other names of a resource that a reference leads to.
    fn is_about_names(&self) -> bool {
        self.lookup.attribute.follow.is_some_and(|follow| matches!(follow.what, Followed::Names))
    }

    /// Returns the gap for facts that are complete but do not decide the test. It is handled like the gap of a denied
    /// call.
    fn undecided(&self, resource: &Resource, why: String) -> Gap {
        self.gap(resource, Cause::Undecided, why)
    }

    /// Returns the gap of an attribute without a fact, if the reason is clear: only a call that the stage does not
    /// enable returns the attribute.
    fn unasked(&self, resource: &Resource) -> Vec<Arc<Gap>> {
        let call = resource.kind.call(self.lookup.attribute.call);
        if call.is_some_and(|call| call.values) {
            return vec![Arc::new(self.gap(resource, Cause::NotAsked, NO_VALUES.to_owned()))];
        }
        let oracle = call.and_then(|call| call.oracle);
        let why = |word| {
            format!(
                "only AWS itself can say so, and nobody asks: a stage asks with `oracles: [{word}]`, the simulator what a claim needs"
            )
        };
        oracle.map(|it| Arc::new(self.gap(resource, Cause::NotAsked, why(it.word())))).into_iter().collect()
    }

    /// Returns the gap in the answer of an oracle about the claim of this test, if the stage enables the oracle. With
    /// such a gap, it is unknown whether AWS agrees with the proof.
    fn blind(&self, resource: &Resource) -> Option<Arc<Gap>> {
        // The answers of AWS are about the documents of the resource itself.
        let names = match self.lookup.attribute.follow {
            None => self.condition.oracle_attributes(self.lookup.of),
            Some(_) => Vec::new(),
        };
        names.into_iter().find_map(|name| match resource.get(name) {
            Some(Fact::Unknown(gap)) => Some(Arc::clone(gap)),
            _ => None,
        })
    }

    /// Returns the questions that a call sends to AWS. The answers are compared with the claims of this test.
    fn questions(&self, call: &Call, resource: &Resource, now: Timestamp) -> Vec<Question> {
        let tells = |name: &&str| resource.kind.attribute(name).is_some_and(|it| it.call == call.operation);
        let known = matches!(resource.get(self.lookup.attribute.name), Some(Fact::Known(_)));
        if !known
            || self.lookup.attribute.follow.is_some()
            || !self.condition.oracle_attributes(self.lookup.of).iter().any(tells)
        {
            return Vec::new();
        }
        self.condition.questions(self.value(resource), &MatchContext::of(resource, now))
    }

    fn gap(&self, resource: &Resource, cause: Cause, message: String) -> Gap {
        let call = resource.kind.call(self.lookup.attribute.call);
        Gap::new(cause)
            .of_call(call.map_or("", |call| call.service), self.lookup.attribute.call)
            .at(resource.account.to_string(), resource.region.to_string())
            .with_resource(resource.id.clone())
            .with_message(message)
            .redacted()
    }

    /// Returns the value at the path, if AWS returned it.
    fn value<'a>(&self, resource: &'a Resource) -> Option<&'a Value> {
        match resource.get(self.lookup.attribute.name) {
            Some(Fact::Known(value)) => inside(Some(value), &self.lookup.inside),
            _ => None,
        }
    }

    /// Returns the text for an absent value.
    fn none(&self) -> String {
        match self.lookup.attribute.none {
            means if !means.is_empty() && self.lookup.inside.is_empty() => format!("none ({means})"),
            _ => "none".to_owned(),
        }
    }

    fn difference(&self, expected: &str, actual: Option<&Value>) -> Difference {
        let attribute = self.lookup.attribute;
        Difference {
            attribute: self.path.clone(),
            expected: expected.to_owned(),
            actual: actual.map_or_else(|| self.none(), show),
            source: format!("{} {}", attribute.call, attribute.field),
            at_fault: None,
        }
    }
}

/// Joins the judgements of the parts of `all`. One unmet part makes the result unmet. Otherwise, one unknown part makes
/// it unknown. Otherwise, one part that does not apply makes it not applicable.
fn all(parts: impl Iterator<Item = Judgement>) -> Judgement {
    let (mut differences, mut gaps, mut why) = (None, None, None);
    for part in parts {
        match part {
            Judgement::Met => {}
            Judgement::Unmet(more) => differences.get_or_insert_with(Vec::new).extend(more),
            Judgement::Unknown(more) => gaps.get_or_insert_with(Vec::new).extend(more),
            Judgement::NotApplicable(reason) => why = why.or(Some(reason)),
        }
    }
    // An empty list of differences or gaps still decides, because a result is valid without an explanation.
    match (differences, gaps, why) {
        (Some(differences), ..) => Judgement::Unmet(differences),
        (None, Some(gaps), _) => Judgement::Unknown(gaps),
        (None, None, Some(why)) => Judgement::NotApplicable(why),
        (None, None, None) => Judgement::Met,
    }
}

/// Joins the judgements of the parts of `any`. One met part makes the result met. Otherwise, one unknown part makes it
/// unknown. Otherwise, one unmet part makes it unmet. When no part applies, the result is not applicable.
fn any(parts: impl Iterator<Item = Judgement>) -> Judgement {
    let (mut differences, mut gaps, mut why) = (None, None, None);
    for part in parts {
        match part {
            Judgement::Met => return Judgement::Met,
            Judgement::Unmet(more) => differences.get_or_insert_with(Vec::new).extend(more),
            Judgement::Unknown(more) => gaps.get_or_insert_with(Vec::new).extend(more),
            Judgement::NotApplicable(reason) => why = why.or(Some(reason)),
        }
    }
    match (gaps, differences, why) {
        (Some(gaps), ..) => Judgement::Unknown(gaps),
        (None, None, Some(why)) => Judgement::NotApplicable(why),
        (None, differences, _) => Judgement::Unmet(differences.unwrap_or_default()),
    }
}
