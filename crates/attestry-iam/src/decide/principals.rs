//! Decides whether `Principal` and `NotPrincipal` name a caller.
//!
//! The way in which a statement names the caller decides which other policies limit the caller. So the module
//! distinguishes these ways. IAM User Guide, "AWS JSON policy elements: Principal"
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html> and "AWS JSON policy
//! elements: NotPrincipal". This module must not know effects.

use super::request::Subject;
use super::truth::Truth;
use crate::context::{Context, Known};
use crate::policy::Principal;

/// The key with the unique id of a user, or with the unique id of a role and the name of its session.
pub(super) const USER_ID: &str = "aws:userid";

/// The way in which a principal names a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// The principal is the caller itself: the user, the session or the service. Everyone also counts as the caller
    /// itself.
    Itself,
    /// The principal is the origin of the session: the role, or the user who requested the federated session.
    Origin,
    /// The principal is the account. The account delegates the decision to its identity policies.
    Account,
}

/// Returns whether one of the principals names the caller in this way.
pub(super) fn named(list: &[Principal], way: Naming, subject: &Subject, context: &Context) -> Truth {
    Truth::any(list.iter().filter_map(|it| match one(it, subject, context) {
        Some((naming, truth)) if naming == way => Some(truth),
        _ => None,
    }))
}

/// Returns whether one of the principals names the caller in any way.
pub(super) fn meant(list: &[Principal], subject: &Subject, context: &Context) -> Truth {
    Truth::any(list.iter().filter_map(|it| one(it, subject, context)).map(|(_, truth)| truth))
}

/// Returns whether `NotPrincipal` excludes the caller. AWS requires that the list names both the user or role and its
/// account. When it names only one of them, AWS documents that the other *might* not be excluded, so the result is
/// unknown.
pub(super) fn left_out(list: &[Principal], subject: &Subject, context: &Context) -> Truth {
    if list.contains(&Principal::Everyone) {
        return Truth::Yes;
    }
    if !subject.has_policies() {
        return meant(list, subject, context);
    }
    let itself = [Naming::Itself, Naming::Origin].map(|way| named(list, way, subject, context));
    let itself = Truth::any(itself);
    let account = named(list, Naming::Account, subject, context);
    if itself == account { itself } else { Truth::Unknown }
}

/// Returns whether the result for at least one of the principals depends on the unique id of the caller.
pub(super) fn wait_for_id(list: &[Principal]) -> bool {
    let waits = |it: &String| is_unique_id(it) || it.contains(":assumed-role/");
    list.iter().any(|it| matches!(it, Principal::Aws(name) if waits(name)))
}

fn one(principal: &Principal, subject: &Subject, context: &Context) -> Option<(Naming, Truth)> {
    let sure = |naming: Naming, holds: bool| holds.then_some((naming, Truth::Yes));
    match (principal, subject) {
        (Principal::Everyone, _) => Some((Naming::Itself, Truth::Yes)),
        (Principal::Service(wanted), Subject::Service { name: found })
        | (Principal::Federated(wanted), Subject::Federated { provider: found }) => {
            sure(Naming::Itself, wanted == found || wanted == "*")
        }
        // A canonical id is another name of an account. The document does not contain the account id.
        (Principal::Canonical(_), Subject::Root { .. }) => Some((Naming::Itself, Truth::Unknown)),
        (Principal::Canonical(_), subject) => subject.account().map(|_| (Naming::Account, Truth::Unknown)),
        (Principal::Aws(wanted), subject) => match account(wanted) {
            Some(account) if subject.account() != Some(account) => None,
            Some(_) if matches!(subject, Subject::Root { .. }) => Some((Naming::Itself, Truth::Yes)),
            Some(_) => Some((Naming::Account, Truth::Yes)),
            None if is_unique_id(wanted) => by_unique_id(wanted, subject, context),
            None => by_arn(wanted, subject),
        },
        _ => None,
    }
}

/// Returns the account of a principal that is an account id, or the ARN of a root user.
fn account(principal: &str) -> Option<&str> {
    if !principal.is_empty() && principal.bytes().all(|it| it.is_ascii_digit()) {
        return Some(principal);
    }
    match principal.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "iam", "", account, "root"] => Some(account),
        _ => None,
    }
}

fn by_arn(wanted: &str, subject: &Subject) -> Option<(Naming, Truth)> {
    let (itself, origin) = match subject {
        Subject::User { arn } => (Some(arn), None),
        Subject::Role { arn, session } => (session.as_ref(), Some(arn)),
        Subject::FederatedUser { arn, user } => (Some(arn), Some(user)),
        _ => return None,
    };
    if itself.is_some_and(|it| it == wanted) {
        return Some((Naming::Itself, Truth::Yes));
    }
    if origin.is_some_and(|it| it == wanted) {
        return Some((Naming::Origin, Truth::Yes));
    }
    let unknown = matches!(subject, Subject::Role { arn, session: None } if is_session_of(wanted, arn));
    unknown.then_some((Naming::Itself, Truth::Unknown))
}

/// Returns whether a text is the ARN of a session of a role. The ARNs of sessions omit the path of the role.
pub(crate) fn is_session_of(session: &str, role: &str) -> bool {
    let mut parts = session.splitn(6, ':');
    let sts = parts.nth(2) == Some("sts");
    let same_account = parts.nth(1) == role.split(':').nth(4);
    let name = parts.next().and_then(|it| it.strip_prefix("assumed-role/")?.split_once('/'));
    sts && same_account && name.map(|(name, _)| name) == role.rsplit('/').next()
}

/// Returns whether a principal is a unique id. When a user or role is deleted, AWS replaces its ARN in policies with
/// the unique id.
fn is_unique_id(principal: &str) -> bool {
    principal.starts_with("AIDA") || principal.starts_with("AROA")
}

fn by_unique_id(wanted: &str, subject: &Subject, context: &Context) -> Option<(Naming, Truth)> {
    if !matches!(subject, Subject::User { .. } | Subject::Role { .. }) {
        return None;
    }
    let naming = match subject {
        Subject::Role { .. } if !wanted.contains(':') => Naming::Origin,
        _ => Naming::Itself,
    };
    let found = |id: &String| {
        let id = if naming == Naming::Origin { id.split(':').next().unwrap_or(id) } else { id };
        wanted == id
    };
    match context.get(USER_ID) {
        Known::Values(ids) => ids.iter().any(found).then_some((naming, Truth::Yes)),
        Known::Absent => None,
        Known::Unknown => Some((naming, Truth::Unknown)),
    }
}
