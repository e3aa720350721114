//! `older_than`: The age of the instant is more than the operand.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The age of the instant is more than the operand.
#[derive(Debug)]
pub(super) struct OlderThan;

impl Matcher for OlderThan {
    fn keyword(&self) -> &'static str {
        "older_than"
    }

    fn doc(&self) -> &'static str {
        "The instant is longer ago than the operand."
    }

    fn example(&self) -> Example {
        Example::new("iam.role", "created: { older_than: 1d }", "created: 2d ago", "created: 1h ago")
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::Time => Ok(Takes::Value(Type::Duration)),
            _ => Err("instants"),
        }
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> MatchResult {
        MatchResult::from(match (actual, operand) {
            (Some(Value::Time(at)), Operand::Value(Value::Duration(limit))) => {
                setting.now.as_second() - at.as_second() > *limit
            }
            _ => false,
        })
    }
}
