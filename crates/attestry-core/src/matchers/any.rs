//! `any`: At least one item of the list, or one value of the map, meets the condition.
//!
//! This module must not know kinds or policies.

use super::{
    Example, MatchContext, MatchResult, Matcher, Operand, Takes,
    each::{item, items},
};
use crate::facts::{Type, Value};

/// At least one item of the list, or one value of the map, meets the condition.
#[derive(Debug)]
pub(super) struct Any;

impl Matcher for Any {
    fn keyword(&self) -> &'static str {
        "any"
    }

    fn doc(&self) -> &'static str {
        "At least one item of the list, or value of the map, is as the condition says."
    }

    fn example(&self) -> Example {
        Example::new("iam.user", "groups: { any: { starts_with: bank- } }", "groups: [bank-ops, all]", "groups: [all]")
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        item(of)
    }

    fn sees_withheld(&self) -> bool {
        true
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &MatchContext<'_>) -> MatchResult {
        let Operand::Condition(condition) = operand else { return MatchResult::from(false) };
        MatchResult::any(actual.into_iter().flat_map(items).map(|item| condition.test(Some(item), setting)))
    }

    fn excerpt(&self, actual: &Value, _: &Operand, _: &MatchContext<'_>) -> Option<Value> {
        // No item is as expected. The number of items matters more than their content, and statements are long.
        let count = items(actual).count();
        (count > SHOWN).then(|| Value::Text(format!("none of {count} items")))
    }
}

/// The largest number of items that are shown one by one.
const SHOWN: usize = 3;
