//! `matches`: The text, or a part of it, matches the regular expression.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Objection, Operand, Quantity, Takes};
use crate::facts::{Type, Value};

/// The text, or a part of it, matches the regular expression.
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

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let Operand::Regex(regex) = operand else { return Vec::new() };
        let inner = regex.as_str().trim_start_matches('^').trim_end_matches('$');
        // `^$` matches only the empty text.
        let all = matches!(inner, "" | ".*") && regex.as_str() != "^$";
        let message = "every text matches, so this says nothing; to ask that there is one, write `present: true`";
        all.then(|| Objection::error(regex.as_str(), message)).into_iter().collect()
    }

    fn names(&self) -> Option<Quantity> {
        Some(Quantity::One)
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        MatchResult::from(
            matches!((actual, operand), (Some(Value::Text(text)), Operand::Regex(regex)) if regex.is_match(text)),
        )
    }
}
