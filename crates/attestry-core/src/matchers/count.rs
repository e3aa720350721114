//! `count`: The number of items of the list or map meets the condition. An absent value has zero items.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The number of items of the list or map meets the condition. An absent value has zero items.
#[derive(Debug)]
pub(super) struct Count;

impl Matcher for Count {
    fn keyword(&self) -> &'static str {
        "count"
    }

    fn doc(&self) -> &'static str {
        "The number of items of the list or map is as the condition says; absent counts as none."
    }

    fn example(&self) -> Example {
        Example::new(
            "secretsmanager.secret",
            "stages: { count: { at_most: 2 } }",
            "stages: [AWSCURRENT, AWSPREVIOUS]",
            "stages: [AWSCURRENT, AWSPREVIOUS, AWSPENDING]",
        )
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::List(_) | Type::Map(_) => Ok(Takes::Condition(Type::Integer)),
            _ => Err("lists and maps"),
        }
    }

    fn sees_withheld(&self) -> bool {
        true
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> MatchResult {
        let Operand::Condition(condition) = operand else { return MatchResult::from(false) };
        let count = match actual {
            Some(Value::List(items)) => items.len(),
            Some(Value::Map(items)) => items.len(),
            Some(_) => return MatchResult::from(false),
            None => 0,
        };
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        condition.test(Some(&Value::Integer(count)), setting)
    }
}
