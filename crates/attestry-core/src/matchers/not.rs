//! `not`: The condition does not hold. An absent value satisfies it.
//!
//! Must not know kinds or policies.

use super::{Answer, Example, Matcher, Operand, Setting, Takes};
use crate::facts::{Question, Type, Value};

/// The condition does not hold. An absent value satisfies it.
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

    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &Setting<'_>) -> Answer {
        let Operand::Condition(condition) = operand else { return Answer::from(false) };
        condition.test(actual, setting).negated()
    }

    fn beside(&self, of: Type, operand: &Operand) -> Vec<&'static str> {
        if let Operand::Condition(condition) = operand { condition.beside(of) } else { Vec::new() }
    }

    fn questions(&self, actual: Option<&Value>, operand: &Operand, setting: &Setting<'_>) -> Vec<Question> {
        let Operand::Condition(condition) = operand else { return Vec::new() };
        condition.questions(actual, setting)
    }
}
