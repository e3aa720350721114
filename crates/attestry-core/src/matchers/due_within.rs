//! `due_within`: The instant is in the future, and at most as far away as the operand.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The instant is in the future, and at most as far away as the operand.
#[derive(Debug)]
pub(super) struct DueWithin;

impl Matcher for DueWithin {
    fn keyword(&self) -> &'static str {
        "due_within"
    }

    fn doc(&self) -> &'static str {
        "The instant lies ahead, at most the operand away."
    }

    fn example(&self) -> Example {
        Example::new(
            "secretsmanager.secret",
            "next_rotation: { due_within: 90d }",
            "next_rotation: in 30d",
            "next_rotation: in 120d",
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
                let ahead = at.as_second() - setting.now.as_second();
                (0..=*limit).contains(&ahead)
            }
            _ => false,
        })
    }

    fn expected(&self, operand: &Operand) -> String {
        format!("due within {operand}")
    }
}
