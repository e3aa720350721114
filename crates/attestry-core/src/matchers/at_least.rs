//! `at_least`: The number or duration is at least the operand.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The number or duration is at least the operand.
#[derive(Debug)]
pub(super) struct AtLeast;

impl Matcher for AtLeast {
    fn keyword(&self) -> &'static str {
        "at_least"
    }

    fn doc(&self) -> &'static str {
        "The number or duration is at least the operand."
    }

    fn example(&self) -> Example {
        Example::new("logs.group", "retention: { at_least: 2557d }", "retention: 3653d", "retention: 365d")
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
            | (Some(Value::Duration(actual)), Operand::Value(Value::Duration(limit))) => actual >= limit,
            _ => false,
        })
    }
}
