//! The condition keys that are known for every request without the claim, because they follow from the caller and the
//! time.
//!
//! This module must not know the content of documents.

use crate::facts::{Fact, Value};
use crate::matchers::MatchContext;
use attestry_iam::{Callers, Context, Subject};

/// Adds the known condition keys of the requests of a user or a role.
pub(super) fn of_identity(context: Context, subject: &Subject, setting: &MatchContext<'_>) -> Context {
    let id = match setting.fact("id") {
        Some(Fact::Known(Value::Text(id))) if !id.is_empty() => Some(id),
        _ => None,
    };
    let context = match (subject, id) {
        (Subject::User { .. }, Some(id)) => context.with(USER_ID, [id.as_str()]),
        // In a session of a role, the name of the session follows the id.
        (Subject::Role { .. }, Some(id)) => context.like(USER_ID, &format!("{id}:*")),
        _ => context,
    };
    context.since(setting.now)
}

/// Returns the condition keys that are known for the requests of all identities with a document. A document of the
/// account is used only in the account. Any other document can be used in any account. A managed policy can be attached
/// to any identity.
pub(super) fn of_document(setting: &MatchContext<'_>) -> Context {
    let context = Context::unknown().since(setting.now);
    let own = [":policy/", ":group/"].map(|kind| format!(":iam::{}{kind}", setting.account()));
    let context = if own.iter().any(|own| setting.id().contains(own)) {
        context.with("aws:PrincipalAccount", [setting.account()])
    } else {
        context
    };
    if is_attachable(setting.id()) { context.of(Callers::Holders) } else { context }
}

/// Whether an ARN is a managed policy that an account can attach to its users and roles. The policies of service-linked
/// roles and of root sessions belong to AWS alone.
fn is_attachable(arn: &str) -> bool {
    let of_aws = ["aws-service-role/", "root-task/"].map(|path| format!(":iam::aws:policy/{path}"));
    arn.contains(":iam::") && arn.contains(":policy/") && !of_aws.iter().any(|it| arn.contains(it))
}

const USER_ID: &str = "aws:userid";
