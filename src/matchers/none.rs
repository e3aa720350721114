//! `none`: No item of the list, and no value of the map, is as the condition says.
//!
//! Must not know kinds or policies.

use jiff::Timestamp;

use super::{
    Matcher, Operand, Takes,
    each::{item, items},
};
use crate::facts::{Type, Value};

/// No item of the list, and no value of the map, is as the condition says.
#[derive(Debug)]
pub(super) struct None;

impl Matcher for None {
    fn keyword(&self) -> &'static str {
        "none"
    }

    fn doc(&self) -> &'static str {
        "No item of the list, and no value of the map, is as the condition says."
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        item(of)
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, now: Timestamp) -> bool {
        match (actual, operand) {
            (Some(value), Operand::Condition(condition)) => !items(value).any(|item| condition.test(Some(item), now)),
            (Option::None, Operand::Condition(_)) => true,
            _ => false,
        }
    }

    fn narrow(&self, actual: &Value, operand: &Operand, now: Timestamp) -> Option<Value> {
        let Operand::Condition(condition) = operand else { return Option::None };
        Some(Value::List(items(actual).filter(|item| condition.test(Some(item), now)).cloned().collect()))
    }
}
