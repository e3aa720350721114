//! Reads values as rights: the permissions of an identity, or the statements of one document.

use super::known;
use super::unjudged::Unjudged;
use crate::facts::iam::{PERMISSIONS, STATEMENT, from_values};
use crate::facts::redact::is_withheld;
use crate::facts::{Field, Type, Value};
use crate::matchers::{MatchContext, Takes};
use attestry_iam::{
    Area, Callers, Catalogue, Context, Effect, Guarded, Holder, Policies, Policy, Principal, Proof, Prover, Rights,
    Statement, Subject, Which,
};

/// Returns the operand of a claim about permissions, if the claim can be about a value of this type.
pub(in crate::matchers) fn takes(of: Type, operand: Type) -> Result<Takes, &'static str> {
    match of {
        Type::Record(fields) if fields == PERMISSIONS => Ok(Takes::Value(operand)),
        Type::List(Type::Record(fields)) if *fields == STATEMENT => Ok(Takes::Value(operand)),
        _ => Err("permissions and the statements of a document"),
    }
}

/// Reads the rights of the holder of the value, and the condition keys that follow from the holder. The holder is the
/// identity with these permissions, or any identity with this document.
///
/// # Errors
/// Fails when the value cannot be read as policies.
pub(in crate::matchers) fn rights(value: &Value, setting: &MatchContext<'_>) -> Result<(Rights, Context), Unjudged> {
    let (identity, boundary) = match value {
        Value::Map(fields) => {
            let read = |name: &str| match fields.get(name) {
                Some(Value::List(items)) => Ok(Some(from_values(name, items)?)),
                None => Ok(None),
                // Policies that cannot be read must not be treated as absent, because an absent boundary allows more.
                Some(_) => Err(Unjudged::NoIdentity),
            };
            (read("statements")?.unwrap_or_default(), read("boundary")?)
        }
        document => (documents(document)?, None),
    };
    if identity.iter().flat_map(|policy| &policy.statements).any(denies_somebody) {
        return Err(Unjudged::DeniesSome);
    }
    let policies = Policies { identity, boundary, ..Policies::default() };
    if is_withheld(setting.id()) {
        return Err(Unjudged::Withheld);
    }
    // The holder of a single document, or of a document in a group, is unknown.
    let (subject, is_known) = match subject_of(setting.id()) {
        Some(subject) => (subject, matches!(value, Value::Map(_))),
        None => (Subject::anyone(setting.account(), setting.id()), false),
    };
    let rights = Rights { subject, policies };
    let known = match is_known {
        true => known::of_identity(rights.known(), &rights.subject, setting),
        false => known::of_document(setting),
    };
    Ok((rights, known))
}

/// Reads the holder of the value, for a claim about several identities.
///
/// # Errors
/// Fails when the value cannot be read as policies.
pub(in crate::matchers) fn holder(
    value: &Value,
    setting: &MatchContext<'_>,
    is_certain: bool,
) -> Result<Holder, Unjudged> {
    let (rights, context) = rights(value, setting)?;
    Ok(Holder { rights, context, is_certain })
}

/// Whether a record has the facts of an identity that a claim about several identities needs.
pub(in crate::matchers) fn is_identity(fields: &[Field]) -> bool {
    let has = |name: &str, of: Type| fields.iter().any(|field| field.name == name && field.of == of);
    has("arn", Type::Text) && has("permissions", Type::Record(PERMISSIONS))
}

/// Proves that each request of an area is denied. The value is the permissions of an identity, or a document that must
/// deny the requests of every caller. `given` adds the condition keys of the claim.
///
/// # Errors
/// Fails when the value cannot be read as policies.
pub(in crate::matchers) fn denied(
    value: &Value,
    setting: &MatchContext<'_>,
    area: &Area,
    given: impl FnOnce(Context) -> Context,
) -> Result<Proof, Unjudged> {
    let policies = if let Value::List(_) = value { documents(value)? } else { Vec::new() };
    if policies.iter().flat_map(|policy| &policy.statements).any(denies_somebody) {
        return denied_to_all(value, setting, area, given);
    }
    let (rights, known) = rights(value, setting)?;
    Ok(Prover::new(Catalogue::aws()).denied(&rights, area, &given(known)))
}

/// Proves that this policy of a resource denies each request of an area to every caller. `given` adds the condition
/// keys of the claim.
///
/// # Errors
/// Fails when the value cannot be read as a policy.
pub(in crate::matchers) fn denied_to_all(
    value: &Value,
    setting: &MatchContext<'_>,
    area: &Area,
    given: impl FnOnce(Context) -> Context,
) -> Result<Proof, Unjudged> {
    if is_withheld(setting.id()) {
        return Err(Unjudged::Withheld);
    }
    let policy = documents(value)?.into_iter().next();
    let (arn, owner) = (setting.id().to_owned(), setting.account().to_owned());
    let of = Guarded { arn, owner, policy, grants: Vec::new() };
    let known = Context::unknown().since(setting.now).of(Callers::Anybody);
    Ok(Prover::new(Catalogue::aws()).denied_to_all(&of, area, &given(known)))
}

/// Whether a statement denies some principals and not others. Such a statement decides nothing for the holder of the
/// document.
fn denies_somebody(statement: &Statement) -> bool {
    statement.effect == Effect::Deny
        && match &statement.principals {
            None => false,
            Some(Which::In(list)) => !list.contains(&Principal::Everyone),
            Some(Which::NotIn(_)) => true,
        }
}

/// Reads a list of statements as a document.
///
/// # Errors
/// Fails when the list cannot be read as a policy.
fn documents(value: &Value) -> Result<Vec<Policy>, Unjudged> {
    match value {
        Value::List(items) => Ok(from_values("document", items)?),
        _ => Ok(Vec::new()),
    }
}

/// Returns the user or role of an ARN.
fn subject_of(arn: &str) -> Option<Subject> {
    let kind = arn.splitn(6, ':').nth(5).and_then(|resource| resource.split('/').next())?;
    match kind {
        "role" => Some(Subject::Role { arn: arn.to_owned(), session: None }),
        "user" => Some(Subject::User { arn: arn.to_owned() }),
        _ => None,
    }
}
