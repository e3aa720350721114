//! `contains`: The text contains the operand, the list has it as an item, or the map has it as a key.
//!
//! This module must not know kinds or policies.

use super::{Example, MatchContext, MatchResult, Matcher, Objection, Operand, Takes};
use crate::facts::redact::is_withheld;
use crate::facts::{Type, Value};

/// The text contains the operand, the list has it as an item, or the map has it as a key.
#[derive(Debug)]
pub(super) struct Contains;

impl Matcher for Contains {
    fn keyword(&self) -> &'static str {
        "contains"
    }

    fn doc(&self) -> &'static str {
        "The text has the operand in it, the list has it as an item, or the map has it as a key."
    }

    fn example(&self) -> Example {
        Example::new(
            "iam.policy",
            r#"attached_to: { contains: "role:bank-app" }"#,
            r#"attached_to: ["role:bank-app"]"#,
            "attached_to: []",
        )
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::Text | Type::Map(_) => Ok(Takes::Value(Type::Text)),
            Type::List(item) => Ok(Takes::Value(*item)),
            _ => Err("text, lists and maps"),
        }
    }

    fn sees_withheld(&self) -> bool {
        true
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let empty = matches!(operand, Operand::Value(Value::Text(part)) if part.is_empty());
        empty
            .then(|| Objection::error("", "every text has an empty text in it, so this says nothing"))
            .into_iter()
            .collect()
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        let contains = match (actual, operand) {
            (Some(Value::Text(text)), Operand::Value(Value::Text(part))) => text.contains(part.as_str()),
            (Some(Value::List(items)), Operand::Value(item)) => items.contains(item),
            (Some(Value::Map(items)), Operand::Value(Value::Text(key))) => items.contains_key(key),
            _ => false,
        };
        // A visible match holds. When there is no visible match, a withheld part can be the match.
        let hidden = actual.is_some_and(|actual| match actual {
            Value::Map(items) => items.keys().any(|key| is_withheld(key)),
            actual => actual.is_withheld(),
        });
        let is_told = !matches!(operand, Operand::Value(value) if value.is_withheld());
        match contains {
            true if is_told => MatchResult::Holds,
            _ if hidden => MatchResult::Withheld,
            contains => MatchResult::from(contains),
        }
    }
}
