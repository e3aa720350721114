//! `present`: There is a value.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// There is a value.
#[derive(Debug)]
pub(super) struct Present;

impl Matcher for Present {
    fn keyword(&self) -> &'static str {
        "present"
    }

    fn doc(&self) -> &'static str {
        "There is a value."
    }

    fn example(&self) -> Example {
        Example::new("logs.group", "retention: { present: true }", "retention: 30d", "retention: ~")
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        let _ = of;
        Ok(Takes::Flag)
    }

    fn sees_withheld(&self) -> bool {
        true
    }

    fn test(&self, actual: Option<&Value>, _: &Operand, _: &MatchContext<'_>) -> MatchResult {
        MatchResult::from(actual.is_some())
    }

    fn expected(&self, _: &Operand) -> String {
        "any value".into()
    }
}
