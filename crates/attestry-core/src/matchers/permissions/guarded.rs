//! Reads values as the access control of a resource: as the statements of its policy, or as the grants of a key.

use super::unjudged::Unjudged;
use crate::facts::iam::{GRANT, STATEMENT, from_values};
use crate::facts::redact::is_withheld;
use crate::facts::{Type, Value};
use crate::matchers::{MatchContext, Takes};
use attestry_iam::{Grant, Guarded};

/// Returns `operand`, if a claim about access can be about a value of this type.
pub(in crate::matchers) fn takes_guarded(of: Type, operand: Takes) -> Result<Takes, &'static str> {
    match of {
        Type::List(Type::Record(fields)) if *fields == STATEMENT || *fields == GRANT => Ok(operand),
        _ => Err("the statements of a resource's policy and the grants of a key"),
    }
}

/// Reads the value as the policy or the grants that control access to the resource.
///
/// # Errors
/// Fails when the value cannot be read as a policy.
pub(in crate::matchers) fn guarded(value: &Value, setting: &MatchContext<'_>) -> Result<Guarded, Unjudged> {
    let items = if let Value::List(items) = value { items.as_slice() } else { &[] };
    let (policy, grants) = match grants(items) {
        Some(grants) => (None, grants),
        None => (from_values("policy", items)?.into_iter().next(), Vec::new()),
    };
    if is_withheld(setting.id()) {
        return Err(Unjudged::Withheld);
    }
    Ok(Guarded { arn: setting.id().to_owned(), owner: setting.account().to_owned(), policy, grants })
}

/// Reads the grants, if the items are grants. A grant has a grantee, and a statement has none.
fn grants(items: &[Value]) -> Option<Vec<Grant>> {
    let text = |value: Option<&Value>| if let Some(Value::Text(text)) = value { text.clone() } else { String::new() };
    let texts = |value: Option<&Value>| match value {
        Some(Value::List(items)) => items.iter().map(|item| text(Some(item))).collect(),
        _ => Vec::new(),
    };
    let grant = |item: &Value| {
        let Value::Map(fields) = item else { return None };
        let name = Some(text(fields.get("name"))).filter(|name| !name.is_empty());
        Some(Grant {
            name: name.unwrap_or_else(|| text(fields.get("id"))),
            grantee: text(Some(fields.get("grantee")?)),
            operations: texts(fields.get("operations")),
            constrained: !texts(fields.get("constraints")).is_empty(),
        })
    };
    items.iter().map(grant).collect::<Option<Vec<_>>>().filter(|grants| !grants.is_empty())
}
