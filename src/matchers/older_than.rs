//! `older_than`: The instant is longer ago than the operand.
//!
//! Must not know kinds or policies.

use jiff::Timestamp;

use super::{Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The instant is longer ago than the operand.
#[derive(Debug)]
pub(super) struct OlderThan;

impl Matcher for OlderThan {
    fn keyword(&self) -> &'static str {
        "older_than"
    }

    fn doc(&self) -> &'static str {
        "The instant is longer ago than the operand."
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::Time => Ok(Takes::Value(Type::Duration)),
            _ => Err("instants"),
        }
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, now: Timestamp) -> bool {
        match (actual, operand) {
            (Some(Value::Time(at)), Operand::Value(Value::Duration(limit))) => {
                now.as_second() - at.as_second() > *limit
            }
            _ => false,
        }
    }
}
