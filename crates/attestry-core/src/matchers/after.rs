//! `after`: The instant is later than the operand.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The instant is later than the operand.
#[derive(Debug)]
pub(super) struct After;

impl Matcher for After {
    fn keyword(&self) -> &'static str {
        "after"
    }

    fn doc(&self) -> &'static str {
        "The instant is later than the operand: an instant, or the name of another attribute."
    }

    fn example(&self) -> Example {
        Example {
            undecided: Some("last_rotated: 3d ago"),
            ..Example::new(
                "secretsmanager.secret",
                "last_rotated: { after: created }",
                "last_rotated: 3d ago\ncreated: 9d ago",
                "last_rotated: 9d ago\ncreated: 3d ago",
            )
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::Time => Ok(Takes::Value(Type::Time)),
            _ => Err("instants"),
        }
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        MatchResult::from(
            matches!((actual, operand), (Some(Value::Time(at)), Operand::Value(Value::Time(other))) if at > other),
        )
    }
}
