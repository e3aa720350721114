//! `count`: The number of items of the list or map is as the condition says; absent counts as none.
//!
//! Must not know kinds or policies.

use jiff::Timestamp;

use super::{Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The number of items of the list or map is as the condition says; absent counts as none.
#[derive(Debug)]
pub(super) struct Count;

impl Matcher for Count {
    fn keyword(&self) -> &'static str {
        "count"
    }

    fn doc(&self) -> &'static str {
        "The number of items of the list or map is as the condition says; absent counts as none."
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::List(_) | Type::Map(_) => Ok(Takes::Condition(Type::Integer)),
            _ => Err("lists and maps"),
        }
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, now: Timestamp) -> bool {
        let Operand::Condition(condition) = operand else { return false };
        let count = match actual {
            Some(Value::List(items)) => items.len(),
            Some(Value::Map(items)) => items.len(),
            Some(_) => return false,
            None => 0,
        };
        i64::try_from(count).is_ok_and(|count| condition.test(Some(&Value::Integer(count)), now))
    }
}
