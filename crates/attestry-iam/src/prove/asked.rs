//! Selects the callers for which a policy is judged, and the statements that apply to a caller.
//!
//! This module must not know how an example request is created.

use std::collections::BTreeSet;

use super::callers::{Caller, Who, federated, foreign, named, of_account, service, strangers};
use super::claim::Doubt;
use super::outsider::{Exception, Reading};
use super::party::{account, is_deleted, is_whole};
use super::providers;
use super::said::{Said, principals};
use crate::decide::{Layer, StatementPlace, Subject, Truth, is_session_of};
use crate::policy::{Effect, Policy, Principal, Statement, Which};

/// Returns the policy without deleted principals, because no caller can have their identity any more.
pub(super) fn living(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    for statement in &mut policy.statements {
        if let Some(Which::In(list) | Which::NotIn(list)) = &mut statement.principals {
            list.retain(|it| !matches!(it, Principal::Aws(text) if is_deleted(text)));
        }
    }
    policy
}

/// Returns callers that the policy does not name, and callers that can have a token of a provider that the policy
/// names.
pub(super) fn public(said: &Said, policy: &Policy) -> Vec<Caller> {
    let mut all = strangers(said);
    let providers: BTreeSet<&str> =
        principals(policy).filter_map(provider).filter(|it| providers::is_web(it)).collect();
    all.extend(providers.into_iter().flat_map(|it| federated(said, it)));
    all
}

/// Returns the callers that are neither of the account of the owner nor an exception.
pub(super) fn others(said: &Said, policy: &Policy, except: &Exception) -> Vec<Caller> {
    let is_other = |account: &str| account != said.owner && !except.has_account(account);
    let mut all = public(said, policy);
    for account in said.accounts(policy).iter().filter(|it| is_other(it)) {
        all.extend(of_account(said, account, &Who::OfAccount(account.clone())));
    }
    let mut seen = BTreeSet::new();
    for principal in principals(policy).filter(|it| seen.insert(*it)) {
        match principal {
            Principal::Aws(text) if account(text).is_some_and(is_other) && !is_whole(text) && !except.has(text) => {
                all.extend(named(said, text));
            }
            Principal::Service(name) if !except.has(name) => all.push(service(said, name, Who::Named(name.clone()))),
            Principal::Federated(name) if account(name).is_some_and(is_other) && !except.has(name) => {
                all.push(foreign(said, name));
            }
            _ => {}
        }
    }
    let services = said.services();
    let services = services.iter().filter(|it| !except.has(it) && !seen.contains(&Principal::Service((*it).clone())));
    all.extend(services.map(|name| service(said, name, Who::Named(name.clone()))));
    all
}

/// Returns a doubt for each principal of an Allow whose account is not in the document.
pub(super) fn unknown(policy: &Policy, reading: &Reading<'_>, except: &Exception, said: &Said) -> Vec<Doubt> {
    let mut found = Vec::new();
    let allows = policy.statements.iter().enumerate().filter(|(_, it)| it.effect == Effect::Allow);
    for (index, statement) in allows {
        let Some(Which::In(list)) = &statement.principals else { continue };
        // A condition limits these principals exactly as it limits a stranger.
        let is_limited = |principal: &str| {
            let one = named(said, &said.stranger).into_iter().next();
            one.is_some_and(|caller| statement.conditions.iter().any(|it| reading.holds(it, &caller) == Truth::No))
                || except.has(principal)
        };
        for principal in list {
            let text = match principal {
                Principal::Aws(text) if account(text).is_none() => text,
                Principal::Canonical(text) => text,
                _ => continue,
            };
            if !is_limited(text) {
                let (policy, sid) = (policy.name.clone(), statement.sid.clone());
                let by = StatementPlace { layer: Layer::Resource, policy, sid, statement: index };
                found.push(Doubt::UnknownAccount { principal: text.clone(), by });
            }
        }
    }
    found
}

fn provider(principal: &Principal) -> Option<&str> {
    if let Principal::Federated(provider) = principal { Some(provider) } else { None }
}

/// Returns the caller for a user or a role. Nothing but the identity is known about its requests.
pub(super) fn identity(said: &Said, principal: &str) -> Option<Caller> {
    let own = account(principal)?;
    let found = named(said, principal).into_iter().next()?;
    Some(Caller { alone: own == said.owner, ..found })
}

/// Returns whether a statement applies to a caller. The action and the resource do not matter here.
pub(super) fn applies(statement: &Statement, reading: &Reading<'_>, caller: &Caller) -> Truth {
    let any =
        |list: &[Principal], way: fn(&Principal, &Caller) -> Truth| Truth::any(list.iter().map(|it| way(it, caller)));
    let principal = match &statement.principals {
        None => Truth::Yes,
        Some(Which::In(list)) => any(list, itself).max(any(list, whole)),
        Some(Which::NotIn(list)) => {
            // Elsewhere, an account can leave the decision to the policies of the caller. In `NotPrincipal`, it always
            // exempts the caller.
            let of_account = |it: &Principal, caller: &Caller| whole(it, &Caller { alone: false, ..caller.clone() });
            let (itself, whole) = (any(list, itself), any(list, of_account));
            let has_both =
                matches!(caller.subject, Subject::User { .. } | Subject::Role { .. } | Subject::FederatedUser { .. })
                    && !list.contains(&Principal::Everyone);
            // AWS requires that the list names both the user or role and its account. AWS does not document the result
            // when only one of them is named.
            match (has_both, itself == whole) {
                (false, _) => !itself.max(whole),
                (true, true) => !itself,
                (true, false) => Truth::Unknown,
            }
        }
    };
    Truth::all(std::iter::once(principal).chain(statement.conditions.iter().map(|it| reading.holds(it, caller))))
}

/// Returns whether a principal is the whole account of a caller.
fn whole(principal: &Principal, caller: &Caller) -> Truth {
    let has_account = !matches!(caller.who, Who::Anybody) && caller.account().is_some();
    match principal {
        Principal::Aws(text) if has_account && is_whole(text) && account(text) == caller.account() => {
            // The principal leaves the decision to the policies of the caller.
            if caller.alone { Truth::No } else { Truth::Yes }
        }
        Principal::Canonical(_) if has_account => Truth::Unknown,
        _ => Truth::No,
    }
}

/// Returns whether a principal is the caller itself.
fn itself(principal: &Principal, caller: &Caller) -> Truth {
    match (principal, &caller.subject) {
        (Principal::Everyone, _) => Truth::Yes,
        (Principal::Aws(text), _) if text.contains(['*', '?']) => Truth::Unknown,
        (Principal::Aws(text), _) => match &caller.who {
            Who::Named(name) if name == text => Truth::Yes,
            Who::Named(_) if account(text) == caller.account() && !is_whole(text) => one_of(text, &caller.subject),
            _ => Truth::No,
        },
        (Principal::Service(text), Subject::Service { name }) => {
            let is_named = caller.who == Who::Named(text.clone());
            (text == "*" || text == name && is_named).into()
        }
        (Principal::Federated(text), Subject::Federated { provider }) => (text == "*" || text == provider).into(),
        _ => Truth::No,
    }
}

/// Returns whether another principal of the same account may be the same caller: a session of the role, or a federated
/// session of a user.
fn one_of(text: &str, subject: &Subject) -> Truth {
    let is_federated = text.contains(":federated-user/");
    match subject {
        Subject::Role { arn, session: None } if is_session_of(text, arn) => Truth::Unknown,
        Subject::Role { arn, session: Some(_) } if same_role(text, arn) => Truth::Yes,
        Subject::User { .. } if is_federated => Truth::Unknown,
        Subject::FederatedUser { .. } if text.contains(":user/") => Truth::Unknown,
        _ => Truth::No,
    }
}

/// Returns whether a role is the role of a session. The ARN of a session leaves out the path of the role.
fn same_role(role: &str, of_session: &str) -> bool {
    role.contains(":role/") && role.rsplit('/').next() == of_session.rsplit('/').next()
}
