//! `equals`: The value is exactly the operand.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Quantity, Takes};
use crate::facts::{Type, Value};

/// The value is exactly the operand.
#[derive(Debug)]
pub(super) struct Equals;

impl Matcher for Equals {
    fn keyword(&self) -> &'static str {
        "equals"
    }

    fn doc(&self) -> &'static str {
        "The value is exactly the operand."
    }

    fn example(&self) -> Example {
        Example::new(
            "secretsmanager.secret",
            "rotation.enabled: true",
            "rotation.enabled: true",
            "rotation.enabled: false",
        )
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        Ok(Takes::Value(of))
    }

    fn names(&self) -> Option<Quantity> {
        Some(Quantity::One)
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        MatchResult::from(matches!(operand, Operand::Value(value) if actual == Some(value)))
    }

    fn expected(&self, operand: &Operand) -> String {
        operand.to_string()
    }
}
