//! `matches`: The text, or part of it, matches the regular expression.
//!
//! Must not know kinds or policies.

use super::{Answer, Example, Matcher, Operand, Setting, Takes};
use crate::facts::{Type, Value};

/// The text, or part of it, matches the regular expression.
#[derive(Debug)]
pub(super) struct Matches;

impl Matcher for Matches {
    fn keyword(&self) -> &'static str {
        "matches"
    }

    fn doc(&self) -> &'static str {
        "The text, or part of it, matches the regular expression."
    }

    fn example(&self) -> Example {
        Example::new(
            "lambda.function",
            "runtime: { matches: '^nodejs(22|24)' }",
            "runtime: nodejs22.x",
            "runtime: nodejs18.x",
        )
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::Text => Ok(Takes::Regex),
            _ => Err("text"),
        }
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &Setting<'_>) -> Answer {
        Answer::from(
            matches!((actual, operand), (Some(Value::Text(text)), Operand::Regex(regex)) if regex.is_match(text)),
        )
    }
}
