//! Statements of a policy document as facts.
//!
//! Must not know whose policy it is, nor judge it.

use serde_json::Value as Json;

use super::convert::malformed;
use crate::facts::{Field, Gap, Type, Value};

const TEXTS: Type = Type::List(&Type::Text);

/// A list of statements.
pub(in crate::kinds) const STATEMENTS: Type = Type::List(&Type::Record(&[
    Field::new("sid", Type::Text),
    Field::new("effect", Type::Text),
    Field::new("actions", TEXTS),
    Field::new("not_actions", TEXTS),
    Field::new("resources", TEXTS),
    Field::new("not_resources", TEXTS),
    Field::new("principals", TEXTS),
    Field::new("not_principals", TEXTS),
    Field::new("conditions", TEXTS),
]));

/// Reads the statements of a JSON document.
///
/// # Errors
/// A document that is not a policy.
pub(in crate::kinds) fn parse(document: &str) -> Result<Value, Gap> {
    let document: Json = serde_json::from_str(document).map_err(|_| malformed("the policy document is not JSON"))?;
    let statements = match document.get("Statement") {
        Some(Json::Array(statements)) => statements.iter().map(statement).collect(),
        Some(one @ Json::Object(_)) => vec![statement(one)],
        _ => return Err(malformed("the policy document has no statements")),
    };
    Ok(Value::List(statements))
}

fn statement(statement: &Json) -> Value {
    let text = |name: &str| statement.get(name).and_then(Json::as_str).map(Value::from);
    let list = |name: &str| statement.get(name).map(|it| Value::texts(flat("", it)));
    Value::record([
        ("sid", text("Sid")),
        ("effect", text("Effect")),
        ("actions", list("Action")),
        ("not_actions", list("NotAction")),
        ("resources", list("Resource")),
        ("not_resources", list("NotResource")),
        ("principals", list("Principal")),
        ("not_principals", list("NotPrincipal")),
        ("conditions", list("Condition")),
    ])
}

/// Every text of a value, with the names on the way to it.
fn flat(prefix: &str, value: &Json) -> Vec<String> {
    let join = |text: &str| if prefix.is_empty() { text.to_owned() } else { format!("{prefix} {text}") };
    match value {
        Json::String(text) => vec![join(text)],
        Json::Array(items) => items.iter().flat_map(|item| flat(prefix, item)).collect(),
        Json::Object(fields) => fields.iter().flat_map(|(name, item)| flat(&join(name), item)).collect(),
        other => vec![join(&other.to_string())],
    }
}
