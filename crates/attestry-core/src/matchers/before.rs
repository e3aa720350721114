//! `before`: The instant is earlier than the operand.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The instant is earlier than the operand.
#[derive(Debug)]
pub(super) struct Before;

impl Matcher for Before {
    fn keyword(&self) -> &'static str {
        "before"
    }

    fn doc(&self) -> &'static str {
        "The instant is earlier than the operand: an instant, or the name of another attribute."
    }

    fn example(&self) -> Example {
        Example {
            undecided: Some("last_rotated: 3d ago"),
            ..Example::new(
                "secretsmanager.secret",
                "last_rotated: { before: next_rotation }",
                "last_rotated: 3d ago\nnext_rotation: in 5d",
                "last_rotated: 3d ago\nnext_rotation: 9d ago",
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
            matches!((actual, operand), (Some(Value::Time(at)), Operand::Value(Value::Time(other))) if at < other),
        )
    }
}
