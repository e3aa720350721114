//! Converts IAM policies to records in facts, and these records back to IAM policies. Kinds return the records, and
//! policies of Attestry test them. The IAM engine gets the whole document again from the records, also offline.
//!
//! No conversion loses an element or a value, or changes their order. This module must not know kinds, nor the
//! permissions that a document grants.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use attestry_iam::{Condition, Effect, Policy, Principal, Statement, Which, operator};

use super::redact::REDACTED;
use super::{Field, Type, Value};

const TEXTS: Type = Type::List(&Type::Text);

/// The version of IAM policies that does not support variables.
const OLD: &str = "2008-10-17";

/// The fields of a statement. An element that the statement does not have is absent. Only `conditions` is an empty list
/// instead. `version` is the version of the document. It is absent for 2012-10-17. In documents of the older version,
/// `${…}` is plain text.
pub const STATEMENT: &[Field] = &[
    Field::new("sid", Type::Text),
    Field::new("effect", Type::Text),
    Field::new("actions", TEXTS),
    Field::new("not_actions", TEXTS),
    Field::new("resources", TEXTS),
    Field::new("not_resources", TEXTS),
    Field::new("principals", TEXTS),
    Field::new("not_principals", TEXTS),
    Field::new("conditions", TEXTS),
    Field::new("version", Type::Text),
];

/// The fields of a statement, with the name of its policy.
pub const NAMED_STATEMENT: &[Field] = &[
    Field::new("policy", Type::Text),
    Field::new("sid", Type::Text),
    Field::new("effect", Type::Text),
    Field::new("actions", TEXTS),
    Field::new("not_actions", TEXTS),
    Field::new("resources", TEXTS),
    Field::new("not_resources", TEXTS),
    Field::new("principals", TEXTS),
    Field::new("not_principals", TEXTS),
    Field::new("conditions", TEXTS),
    Field::new("version", Type::Text),
];

/// The fields of a grant of a KMS key. Each text in `constraints` has the form `Name key=value`.
pub const GRANT: &[Field] = &[
    Field::new("id", Type::Text),
    Field::new("name", Type::Text),
    Field::new("grantee", Type::Text),
    Field::new("retiring", Type::Text),
    Field::new("issuer", Type::Text),
    Field::new("operations", TEXTS),
    Field::new("constraints", TEXTS),
    Field::new("created", Type::Time),
];

/// The type of an attribute that holds a whole document.
pub const STATEMENTS: Type = Type::List(&Type::Record(STATEMENT));

/// The type of an attribute that holds the statements of several documents with names.
pub const NAMED_STATEMENTS: Type = Type::List(&Type::Record(NAMED_STATEMENT));

/// The fields of the permissions of an identity: the statements of its policies, and the permissions boundary. A
/// request is allowed only if both allow it.
pub const PERMISSIONS: &[Field] =
    &[Field::new("statements", NAMED_STATEMENTS), Field::new("boundary", NAMED_STATEMENTS)];

/// Converts the statements of a policy to records of the type [`STATEMENTS`].
#[must_use]
pub fn to_values(policy: &Policy) -> Vec<Value> {
    policy.statements.iter().map(|statement| Value::Map(record(policy, statement))).collect()
}

/// Converts the statements of a policy to records of the type [`NAMED_STATEMENTS`].
#[must_use]
pub fn to_named_values(policy: &Policy) -> Vec<Value> {
    let named = |statement| {
        let mut fields = record(policy, statement);
        fields.insert("policy".to_owned(), Value::from(&*policy.name));
        Value::Map(fields)
    };
    policy.statements.iter().map(named).collect()
}

/// The reason why records cannot be converted to policies.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("statement {index} of {name}: {why}")]
pub struct NoPolicy {
    name: String,
    index: usize,
    why: NoStatement,
}

/// The reason why a record cannot be converted to a statement of its policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum NoStatement {
    #[error("is no record")]
    NoRecord,
    #[error("version is neither absent nor {OLD}")]
    Version,
    #[error("the policy {0} has two versions")]
    TwoVersions(String),
    #[error("unknown field {0}")]
    UnknownField(String),
    #[error("effect is neither Allow nor Deny")]
    Effect,
    #[error("neither actions nor not_actions")]
    NoActions,
    #[error("no conditions")]
    NoConditions,
    #[error("both {0} and {1}")]
    Both(&'static str, &'static str),
    #[error("{0} is no list")]
    NoList(&'static str),
    #[error("{0} is no text")]
    NoText(&'static str),
    #[error("{0} was redacted")]
    Redacted(&'static str),
    #[error("the principal `{0}` is of no known class")]
    Principal(String),
    #[error("the condition `{0}` is not `Operator key values`")]
    Condition(String),
}

/// Builds the policies again from their records. There is one policy for each name, in the order in which the names
/// appear. The statements of a policy keep their order. All records without a name belong to one policy with the name
/// `name`. If there are no records, the result has no policy, although a document without statements may exist. Only
/// the attribute shows whether it exists.
///
/// # Errors
/// A record is no statement. A redacted text is also an error, because the marker would be read as a pattern, and the
/// proof would be about another document.
pub fn from_values(name: &str, values: &[Value]) -> Result<Vec<Policy>, NoPolicy> {
    let mut policies: Vec<Policy> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (index, value) in values.iter().enumerate() {
        let place = |why: NoStatement| NoPolicy { name: name.to_owned(), index, why };
        let Value::Map(fields) = value else { return Err(place(NoStatement::NoRecord)) };
        let of = text(fields, "policy").map_err(place)?.unwrap_or(name);
        let variables = match text(fields, "version").map_err(place)? {
            None => true,
            Some(OLD) => false,
            Some(_) => return Err(place(NoStatement::Version)),
        };
        let statement = statement(fields).map_err(place)?;
        let at = *places.entry(of).or_insert_with(|| {
            policies.push(Policy { name: Arc::from(of), variables, statements: Vec::new() });
            policies.len() - 1
        });
        match policies.get_mut(at) {
            Some(policy) if policy.variables == variables => policy.statements.push(statement),
            _ => return Err(place(NoStatement::TwoVersions(of.to_owned()))),
        }
    }
    Ok(policies)
}

fn record(policy: &Policy, statement: &Statement) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    let mut set = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    if let Some(sid) = &statement.sid {
        set("sid", sid.into());
    }
    set("effect", if statement.effect == Effect::Allow { "Allow" } else { "Deny" }.into());
    match &statement.actions {
        Which::In(actions) => set("actions", Value::texts(actions)),
        Which::NotIn(actions) => set("not_actions", Value::texts(actions)),
    }
    match &statement.resources {
        Some(Which::In(resources)) => set("resources", Value::texts(resources)),
        Some(Which::NotIn(resources)) => set("not_resources", Value::texts(resources)),
        None => {}
    }
    match &statement.principals {
        Some(Which::In(principals)) => set("principals", Value::texts(principals.iter().map(principal_text))),
        Some(Which::NotIn(principals)) => set("not_principals", Value::texts(principals.iter().map(principal_text))),
        None => {}
    }
    set("conditions", Value::texts(statement.conditions.iter().map(condition_text)));
    if !policy.variables {
        set("version", OLD.into());
    }
    fields
}

fn statement(fields: &BTreeMap<String, Value>) -> Result<Statement, NoStatement> {
    if let Some(unknown) = fields.keys().find(|key| !NAMED_STATEMENT.iter().any(|field| field.name == **key)) {
        return Err(NoStatement::UnknownField(unknown.clone()));
    }
    let effect = match text(fields, "effect")? {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(NoStatement::Effect),
    };
    let principals = match which(fields, "principals", "not_principals")? {
        Some(Which::In(texts)) => Some(Which::In(all(&texts, principal)?)),
        Some(Which::NotIn(texts)) => Some(Which::NotIn(all(&texts, principal)?)),
        None => None,
    };
    Ok(Statement {
        sid: text(fields, "sid")?.map(str::to_owned),
        effect,
        principals,
        actions: which(fields, "actions", "not_actions")?.ok_or(NoStatement::NoActions)?,
        resources: which(fields, "resources", "not_resources")?,
        conditions: all(&texts(fields, "conditions")?.ok_or(NoStatement::NoConditions)?, condition)?,
    })
}

fn all<T>(texts: &[String], read: fn(&str) -> Result<T, NoStatement>) -> Result<Vec<T>, NoStatement> {
    texts.iter().map(|text| read(text)).collect()
}

fn which(
    fields: &BTreeMap<String, Value>,
    of: &'static str,
    not_of: &'static str,
) -> Result<Option<Which<String>>, NoStatement> {
    match (texts(fields, of)?, texts(fields, not_of)?) {
        (Some(texts), None) => Ok(Some(Which::In(texts))),
        (None, Some(texts)) => Ok(Some(Which::NotIn(texts))),
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(NoStatement::Both(of, not_of)),
    }
}

fn texts(fields: &BTreeMap<String, Value>, name: &'static str) -> Result<Option<Vec<String>>, NoStatement> {
    let of = |item: &Value| told(name, item).map(str::to_owned);
    match fields.get(name) {
        Some(Value::List(items)) => items.iter().map(of).collect::<Result<_, _>>().map(Some),
        Some(_) => Err(NoStatement::NoList(name)),
        None => Ok(None),
    }
}

fn text<'a>(fields: &'a BTreeMap<String, Value>, name: &'static str) -> Result<Option<&'a str>, NoStatement> {
    fields.get(name).map(|value| told(name, value)).transpose()
}

fn told<'a>(name: &'static str, value: &'a Value) -> Result<&'a str, NoStatement> {
    match value {
        Value::Text(text) if text.contains(REDACTED) => Err(NoStatement::Redacted(name)),
        Value::Text(text) => Ok(text),
        _ => Err(NoStatement::NoText(name)),
    }
}

/// Writes a principal as text: `*` or `Class:value`.
fn principal_text(principal: &Principal) -> String {
    match principal {
        Principal::Everyone => "*".to_owned(),
        Principal::Aws(value) => format!("AWS:{value}"),
        Principal::Service(value) => format!("Service:{value}"),
        Principal::Federated(value) => format!("Federated:{value}"),
        Principal::Canonical(value) => format!("CanonicalUser:{value}"),
    }
}

fn principal(text: &str) -> Result<Principal, NoStatement> {
    match text.split_once(':') {
        None if text == "*" => Ok(Principal::Everyone),
        Some(("AWS", "*")) => Ok(Principal::Everyone),
        Some(("AWS", value)) => Ok(Principal::Aws(value.to_owned())),
        Some(("Service", value)) => Ok(Principal::Service(value.to_owned())),
        Some(("Federated", value)) => Ok(Principal::Federated(value.to_owned())),
        Some(("CanonicalUser", value)) => Ok(Principal::Canonical(value.to_owned())),
        _ => Err(NoStatement::Principal(text.to_owned())),
    }
}

/// Writes a condition as text: `Operator key v1,v2`. A backslash is written before a space in the key, before a comma
/// in a value, and before a backslash. A condition without values ends after its key. A condition with one empty value
/// has a space after its key.
fn condition_text(condition: &Condition) -> String {
    let mut text = format!("{} {}", condition.operator, escaped(&condition.key, ' '));
    for (index, value) in condition.values.iter().enumerate() {
        text.push(if index == 0 { ' ' } else { ',' });
        text.push_str(&escaped(value, ','));
    }
    text
}

fn condition(text: &str) -> Result<Condition, NoStatement> {
    let misshapen = || NoStatement::Condition(text.to_owned());
    let (operator, rest) = text.split_once(' ').ok_or_else(misshapen)?;
    let (key, mut rest) = unescaped(rest, ' ').ok_or_else(misshapen)?;
    let mut values = Vec::new();
    while let Some(more) = rest {
        let (value, after) = unescaped(more, ',').ok_or_else(misshapen)?;
        values.push(value);
        rest = after;
    }
    Ok(Condition { operator: self::operator(operator).ok_or_else(misshapen)?, key, values })
}

fn escaped(text: &str, separator: char) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char == separator || char == '\\' {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// Splits the text at the separator and removes the escapes. The second part is `None` if the text has no separator.
/// The result is `None` if the text has an unknown escape.
fn unescaped(text: &str, separator: char) -> Option<(String, Option<&str>)> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => out.push(chars.next().filter(|it| *it == separator || *it == '\\')?),
            _ if char == separator => return Some((out, Some(chars.as_str()))),
            _ => out.push(char),
        }
    }
    Some((out, None))
}

#[cfg(test)]
mod tests;
