//! `within`: The age of the instant is at most the operand, and the instant is not in the future.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The age of the instant is at most the operand, and the instant is not in the future.
#[derive(Debug)]
pub(super) struct Within;

impl Matcher for Within {
    fn keyword(&self) -> &'static str {
        "within"
    }

    fn doc(&self) -> &'static str {
        "The instant is not longer ago than the operand, and not in the future."
    }

    fn example(&self) -> Example {
        Example::new(
            "secretsmanager.secret",
            "last_rotated: { within: 90d }",
            "last_rotated: 3d ago",
            "last_rotated: 91d ago",
        )
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
                let age = setting.now.as_second() - at.as_second();
                age <= *limit && age >= -CLOCK_TOLERANCE
            }
            _ => false,
        })
    }

    fn expected(&self, operand: &Operand) -> String {
        format!("within the last {operand}")
    }
}

/// The largest tolerated difference between our clock and AWS's clock, in seconds. An instant that is later than now by
/// more than this is in the future.
const CLOCK_TOLERANCE: i64 = 15 * 60;
