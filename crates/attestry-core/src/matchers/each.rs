//! `each`: Every item of the list, or every value of the map, meets the condition. This matcher holds for an empty or
//! absent list or map.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// Every item of the list, or every value of the map, meets the condition. This matcher holds for an empty or absent
/// list or map.
#[derive(Debug)]
pub(super) struct Each;

impl Matcher for Each {
    fn keyword(&self) -> &'static str {
        "each"
    }

    fn doc(&self) -> &'static str {
        "Every item of the list, or value of the map, is as the condition says; an empty or absent one satisfies it."
    }

    fn example(&self) -> Example {
        Example::new(
            "iam.policy",
            r#"attached_to: { each: { starts_with: "role:" } }"#,
            r#"attached_to: ["role:bank-app"]"#,
            r#"attached_to: ["role:bank-app", "user:mallory"]"#,
        )
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        item(of)
    }

    fn sees_withheld(&self) -> bool {
        true
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> MatchResult {
        let Operand::Condition(condition) = operand else { return MatchResult::from(false) };
        MatchResult::all(actual.into_iter().flat_map(items).map(|item| condition.test(Some(item), setting)))
    }

    fn excerpt(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Option<Value> {
        let Operand::Condition(condition) = operand else { return None };
        Some(Value::List(
            items(actual).filter(|item| condition.test(Some(item), setting).is_failure()).cloned().collect(),
        ))
    }
}

/// Returns the operand of a matcher that tests items: a condition on one item.
pub(super) fn item(of: Type) -> Result<Takes, &'static str> {
    match of {
        Type::List(item) | Type::Map(item) => Ok(Takes::Condition(*item)),
        _ => Err("lists and maps"),
    }
}

/// Returns the items of a list, or the values of a map.
pub(super) fn items(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::List(items) => Box::new(items.iter()),
        Value::Map(items) => Box::new(items.values()),
        other => Box::new(std::iter::once(other)),
    }
}
