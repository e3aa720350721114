//! `one_of`: The value is one of the operands.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Quantity, Takes};
use crate::facts::{Type, Value};

/// The value is one of the operands.
#[derive(Debug)]
pub(super) struct OneOf;

impl Matcher for OneOf {
    fn keyword(&self) -> &'static str {
        "one_of"
    }

    fn doc(&self) -> &'static str {
        "The value is one of the operands."
    }

    fn example(&self) -> Example {
        Example::new("ssm.parameter", "type: { one_of: [String, StringList] }", "type: String", "type: SecureString")
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        Ok(Takes::Values(of))
    }

    fn names(&self) -> Option<Quantity> {
        Some(Quantity::One)
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        MatchResult::from(
            matches!((actual, operand), (Some(actual), Operand::Values(values)) if values.contains(actual)),
        )
    }
}
