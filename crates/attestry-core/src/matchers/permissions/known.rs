//! What is known of every request beside the claim: it follows from who asks, and from when.
//!
//! Must not know what a document says.

use crate::facts::{Fact, Value};
use crate::matchers::Setting;
use attestry_iam::{Context, Subject};

/// What is known of the requests of an identity that is named.
pub(super) fn of_identity(context: Context, subject: &Subject, setting: &Setting<'_>) -> Context {
    let id = match setting.resource.get("id") {
        Some(Fact::Known(Value::Text(id))) if !id.is_empty() => Some(id),
        _ => None,
    };
    let context = match (subject, id) {
        (Subject::User { .. }, Some(id)) => context.with(USER_ID, [id.as_str()]),
        // Its sessions have names of their own.
        (Subject::Role { .. }, Some(id)) => context.like(USER_ID, &format!("{id}:*")),
        _ => context,
    };
    context.since(setting.now)
}

/// What is known of whoever has a document. One of the account is of use there alone; another one may be of any.
pub(super) fn of_document(setting: &Setting<'_>) -> Context {
    let context = Context::unknown().since(setting.now);
    let own = [":policy/", ":group/"].map(|kind| format!(":iam::{}{kind}", setting.account()));
    if own.iter().any(|own| setting.id().contains(own)) {
        context.with("aws:PrincipalAccount", [setting.account()])
    } else {
        context
    }
}

const USER_ID: &str = "aws:userid";
