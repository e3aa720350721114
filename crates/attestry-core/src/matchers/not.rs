//! `not`: The condition does not hold for the value. This matcher holds for an absent value.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Quantity, Takes};
use crate::facts::{Question, Type, Value};

/// The condition does not hold for the value. This matcher holds for an absent value.
#[derive(Debug)]
pub(super) struct Not;

impl Matcher for Not {
    fn keyword(&self) -> &'static str {
        "not"
    }

    fn doc(&self) -> &'static str {
        "The condition does not hold; an absent value satisfies it."
    }

    fn example(&self) -> Example {
        Example::new("iam.role", r#"name: { not: { starts_with: "legacy-" } }"#, "name: bank-app", "name: legacy-app")
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        Ok(Takes::Condition(of))
    }

    fn sees_withheld(&self) -> bool {
        true
    }

    fn names(&self) -> Option<Quantity> {
        Some(Quantity::All)
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> MatchResult {
        let Operand::Condition(condition) = operand else { return MatchResult::from(false) };
        condition.test(actual, setting).negated()
    }

    fn oracle_attributes(&self, of: Type, operand: &Operand) -> Vec<&'static str> {
        if let Operand::Condition(condition) = operand { condition.oracle_attributes(of) } else { Vec::new() }
    }

    fn questions(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> Vec<Question> {
        let Operand::Condition(condition) = operand else { return Vec::new() };
        condition.questions(actual, setting)
    }
}
