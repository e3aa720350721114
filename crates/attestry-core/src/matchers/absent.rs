//! `absent`: AWS answered that there is no value.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// AWS answered that there is no value.
#[derive(Debug)]
pub(super) struct Absent;

impl Matcher for Absent {
    fn keyword(&self) -> &'static str {
        "absent"
    }

    fn doc(&self) -> &'static str {
        "There is no value: AWS answered that there is none."
    }

    fn example(&self) -> Example {
        Example::new("kms.key", "deletion_date: { absent: true }", "deletion_date: ~", "deletion_date: in 7d")
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        let _ = of;
        Ok(Takes::Flag)
    }

    fn sees_withheld(&self) -> bool {
        true
    }

    fn test(&self, actual: Option<&Value>, _: &Operand, _: &MatchContext<'_>) -> MatchResult {
        MatchResult::from(actual.is_none())
    }

    fn expected(&self, _: &Operand) -> String {
        "none".into()
    }
}
