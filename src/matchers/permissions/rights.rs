//! Values as rights: the permissions of an identity, or the statements of one document.

use crate::facts::{Type, Value};
use crate::iam::facts::{PERMISSIONS, STATEMENT, from_values};
use crate::iam::{Policies, Policy, Rights, Subject};
use crate::matchers::{Setting, Takes};

/// The operand of a claim over permissions, when it is used on a value of this type.
pub(in crate::matchers) fn takes(of: Type, operand: Type) -> Result<Takes, &'static str> {
    match of {
        Type::Record(fields) if fields == PERMISSIONS => Ok(Takes::Value(operand)),
        Type::List(Type::Record(fields)) if *fields == STATEMENT => Ok(Takes::Value(operand)),
        _ => Err("permissions and the statements of a document"),
    }
}

/// What the value lets somebody do: the identity that has these permissions, or anyone who has this document.
///
/// # Errors
/// Why the value cannot be read as policies.
pub(in crate::matchers) fn rights(value: &Value, setting: &Setting<'_>) -> Result<Rights, String> {
    let (identity, boundary) = match value {
        Value::Map(fields) => {
            let read = |name: &str| match fields.get(name) {
                Some(Value::List(items)) => from_values(name, items).map(Some),
                _ => Ok(None),
            };
            (read("statements")?.unwrap_or_default(), read("boundary")?)
        }
        document => (documents(document)?, None),
    };
    let policies = Policies { identity, boundary, ..Policies::default() };
    Ok(Rights { subject: holder(setting), policies })
}

/// The document of a list of statements.
///
/// # Errors
/// Why it cannot be read as a policy.
fn documents(value: &Value) -> Result<Vec<Policy>, String> {
    match value {
        Value::List(items) => from_values("document", items),
        _ => Ok(Vec::new()),
    }
}

/// Whose rights they are: the identity itself, or somebody of the account.
fn holder(setting: &Setting<'_>) -> Subject {
    let arn = setting.id().to_owned();
    match setting.id().split(':').nth(5).unwrap_or_default() {
        role if role.starts_with("role/") => Subject::Role { arn, session: None },
        user if user.starts_with("user/") => Subject::User { arn },
        _ => Subject::User { arn: format!("arn:aws:iam::{}:user/anyone", setting.account()) },
    }
}
