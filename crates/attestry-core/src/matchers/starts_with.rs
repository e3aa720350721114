//! `starts_with`: The text starts with the operand.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Objection, Operand, Quantity, Takes};
use crate::facts::{Type, Value};

/// The text starts with the operand.
#[derive(Debug)]
pub(super) struct StartsWith;

impl Matcher for StartsWith {
    fn keyword(&self) -> &'static str {
        "starts_with"
    }

    fn doc(&self) -> &'static str {
        "The text starts with the operand."
    }

    fn example(&self) -> Example {
        Example::new("iam.role", "path: { starts_with: /bank/ }", "path: /bank/app/", "path: /")
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::Text => Ok(Takes::Value(Type::Text)),
            _ => Err("text"),
        }
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let empty = matches!(operand, Operand::Value(Value::Text(start)) if start.is_empty());
        empty
            .then(|| Objection::error("", "every text starts with an empty text, so this says nothing"))
            .into_iter()
            .collect()
    }

    fn names(&self) -> Option<Quantity> {
        Some(Quantity::One)
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        MatchResult::from(match (actual, operand) {
            (Some(Value::Text(text)), Operand::Value(Value::Text(start))) => text.starts_with(start.as_str()),
            _ => false,
        })
    }
}
