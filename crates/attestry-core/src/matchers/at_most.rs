//! `at_most`: The number or duration is at most the operand.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The number or duration is at most the operand.
#[derive(Debug)]
pub(super) struct AtMost;

impl Matcher for AtMost {
    fn keyword(&self) -> &'static str {
        "at_most"
    }

    fn doc(&self) -> &'static str {
        "The number or duration is at most the operand."
    }

    fn example(&self) -> Example {
        Example::new(
            "secretsmanager.secret",
            "rotation.period: { at_most: 90d }",
            "rotation.period: 30d",
            "rotation.period: 180d",
        )
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::Integer | Type::Duration => Ok(Takes::Value(of)),
            _ => Err("numbers and durations"),
        }
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        MatchResult::from(match (actual, operand) {
            (Some(Value::Integer(actual)), Operand::Value(Value::Integer(limit)))
            | (Some(Value::Duration(actual)), Operand::Value(Value::Duration(limit))) => actual <= limit,
            _ => false,
        })
    }
}
