//! `none`: No item of the list, and no value of the map, meets the condition.
//!
//! This module must not know kinds or policies.

use super::{
    Example, MatchContext, MatchResult, Matcher, Operand, Takes,
    each::{item, items},
};
use crate::facts::{Type, Value};

/// No item of the list, and no value of the map, meets the condition.
#[derive(Debug)]
pub(super) struct None;

impl Matcher for None {
    fn keyword(&self) -> &'static str {
        "none"
    }

    fn doc(&self) -> &'static str {
        "No item of the list, and no value of the map, is as the condition says."
    }

    fn example(&self) -> Example {
        Example::new(
            "iam.role",
            "attached_policies: { none: { equals: AdministratorAccess } }",
            "attached_policies: [ReadOnlyAccess]",
            "attached_policies: [AdministratorAccess]",
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
        MatchResult::all(actual.into_iter().flat_map(items).map(|item| condition.test(Some(item), setting).negated()))
    }

    fn excerpt(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Option<Value> {
        let Operand::Condition(condition) = operand else { return Option::None };
        Some(Value::List(
            items(actual).filter(|item| condition.test(Some(item), setting) == MatchResult::Holds).cloned().collect(),
        ))
    }
}
