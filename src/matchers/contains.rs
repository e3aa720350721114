//! `contains`: The text has the operand in it, the list has it as an item, or the map has it as a key.
//!
//! Must not know kinds or policies.

use super::{Answer, Example, Matcher, Operand, Setting, Takes};
use crate::facts::{Type, Value};

/// The text has the operand in it, the list has it as an item, or the map has it as a key.
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

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &Setting<'_>) -> Answer {
        Answer::from(match (actual, operand) {
            (Some(Value::Text(text)), Operand::Value(Value::Text(part))) => text.contains(part.as_str()),
            (Some(Value::List(items)), Operand::Value(item)) => items.contains(item),
            (Some(Value::Map(items)), Operand::Value(Value::Text(key))) => items.contains_key(key),
            _ => false,
        })
    }
}
