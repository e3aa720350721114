//! Whom `Principal` and `NotPrincipal` mean.
//!
//! How a statement names a subject decides what else limits it, so the ways are kept apart. Must not know effects.

use super::request::Subject;
use super::truth::Truth;
use crate::context::{Context, Known};
use crate::policy::Principal;

/// The key that holds the unique id of a user, or of a role and the name of its session.
pub(super) const USER_ID: &str = "aws:userid";

/// How a principal names a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// It is the one who asks: the user, the session, the service; or it is everyone.
    Itself,
    /// It is what the session came from: the role, or the user who federated.
    Origin,
    /// It is the account, which leaves it to its identity policies.
    Account,
}

/// Whether one of the principals names the subject in this way.
pub(super) fn named(list: &[Principal], way: Naming, subject: &Subject, context: &Context) -> Truth {
    Truth::any(list.iter().filter_map(|it| match one(it, subject, context) {
        Some((naming, truth)) if naming == way => Some(truth),
        _ => None,
    }))
}

/// Whether one of the principals names the subject in any way.
pub(super) fn meant(list: &[Principal], subject: &Subject, context: &Context) -> Truth {
    Truth::any(list.iter().filter_map(|it| one(it, subject, context)).map(|(_, truth)| truth))
}

/// Whether `NotPrincipal` leaves the subject out. AWS wants the account named beside the user or role; where only one of
/// them is, it says that the other *might* not be left out.
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

/// Whether one of the principals is known by the unique id of who asks.
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
        // A canonical id is an account by another name; which one is not in the document.
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

/// The account that a principal is: its id, or the ARN of its root user.
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

/// Whether this is the ARN of some session of a role. Sessions leave out the path of the role.
pub(crate) fn is_session_of(session: &str, role: &str) -> bool {
    let mut parts = session.splitn(6, ':');
    let sts = parts.nth(2) == Some("sts");
    let same_account = parts.nth(1) == role.split(':').nth(4);
    let name = parts.next().and_then(|it| it.strip_prefix("assumed-role/")?.split_once('/'));
    sts && same_account && name.map(|(name, _)| name) == role.rsplit('/').next()
}

/// Ids take the place of ARNs in policies whose user or role was deleted.
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
