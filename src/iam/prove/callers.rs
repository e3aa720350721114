//! Who could ask for a resource from outside of its account, and which statements are about them.
//!
//! Must not know claims.

use std::collections::BTreeSet;

use super::claim::Doubt;
use super::outsider::{accounts, holds_outside, is_account, spared};
use super::resource::{Exception, Guarded};
use crate::iam::context::Context;
use crate::iam::decide::{At, Layer, Subject, Truth, holds};
use crate::iam::policy::{Effect, Policy, Principal, Statement, Which};

/// The keys that hold the account of a caller.
const OF_CALLER: [&str; 2] = ["aws:PrincipalAccount", "kms:CallerAccount"];

/// Somebody outside: how policies write it, who it is for `decide`, and what is known of its requests.
pub(super) struct Caller {
    pub(super) text: String,
    pub(super) subject: Subject,
    pub(super) context: Context,
    /// What is certain of all its requests.
    pub(super) certain: Context,
    /// Nobody in particular.
    pub(super) anybody: bool,
    /// Whether the policy must let it in by itself; otherwise its own side allows everything.
    pub(super) alone: bool,
}

/// Somebody in an account that the policy does not speak of.
pub(super) fn anybody(of: &Guarded) -> Caller {
    let said = of.policy.as_ref().map(|policy| format!("{policy:?}")).unwrap_or_default();
    let account =
        (1..10).rev().map(|digit| digit.to_string().repeat(12)).find(|it| *it != of.owner && !said.contains(it));
    let account = account.unwrap_or_else(|| "998877665544".to_owned());
    let text = "*".to_owned();
    Caller { text, anybody: true, ..caller(&format!("arn:aws:iam::{account}:role/x"), &account) }
}

fn caller(principal: &str, account: &str) -> Caller {
    let fields: Vec<&str> = principal.splitn(6, ':').collect();
    let subject = match fields.as_slice() {
        [_, _, "iam", _, _, resource] if resource.starts_with("user/") => Subject::User { arn: principal.to_owned() },
        [_, _, "iam", _, _, resource] if resource.starts_with("role/") => role(principal.to_owned(), None),
        [_, partition, "sts", _, _, resource] => {
            let name = resource.split('/').nth(1).unwrap_or_default();
            role(format!("arn:{partition}:iam::{account}:role/{name}"), Some(principal.to_owned()))
        }
        _ => role(format!("arn:aws:iam::{account}:role/x"), None),
    };
    // A user or role in particular; of an account it is made up.
    let known = match &subject {
        Subject::User { arn } | Subject::Role { arn, .. } if arn == principal => Some(&subject),
        _ => None,
    };
    let with = |context| {
        let context = OF_CALLER.iter().fold(context, |context: Context, key| context.with(key, [account]));
        known.map_or(context.clone(), |subject| subject.tell(context))
    };
    let (context, certain) = (with(Context::complete()), with(Context::unknown()));
    Caller { text: principal.to_owned(), subject, context, certain, anybody: false, alone: false }
}

fn service(name: &str) -> Caller {
    let subject = Subject::Service { name: name.to_owned() };
    Caller {
        text: name.to_owned(),
        subject,
        context: Context::complete(),
        certain: nobody(),
        anybody: false,
        alone: false,
    }
}

/// Of a caller without an account.
fn nobody() -> Context {
    OF_CALLER.iter().fold(Context::unknown(), |context, key| context.without(key))
}

fn role(arn: String, session: Option<String>) -> Subject {
    Subject::Role { arn, session }
}

impl Caller {
    /// Called by its own name.
    fn called(self) -> Self {
        let text = match &self.subject {
            Subject::Role { arn, .. } => arn.clone(),
            _ => self.text,
        };
        Self { text, ..self }
    }
}

/// Whether a statement applies to a caller, whatever its action and resource.
pub(super) fn applies(statement: &Statement, variables: bool, caller: &Caller) -> Truth {
    let named = |list: &[Principal]| {
        Truth::any(list.iter().map(|principal| match principal {
            Principal::Everyone => Truth::Yes,
            Principal::Aws(text) if text.contains(['*', '?']) => Truth::Unknown,
            Principal::Service(text) | Principal::Federated(text) if caller.anybody && text == "*" => Truth::Unknown,
            Principal::Aws(text) | Principal::Service(text) | Principal::Federated(text) if *text == caller.text => {
                Truth::Yes
            }
            Principal::Aws(text) if !caller.anybody && account(text) == caller.subject.account() => {
                // The account as a whole includes the caller; another principal of it may be the same person.
                match is_whole(text) {
                    // It leaves the caller to the caller's own policies.
                    true if caller.alone => Truth::No,
                    true => Truth::Yes,
                    false if same_kind(text, &caller.text) => Truth::No,
                    false => Truth::Unknown,
                }
            }
            Principal::Canonical(_) if !caller.anybody => Truth::Unknown,
            _ => Truth::No,
        }))
    };
    let principal = match &statement.principals {
        None => Truth::Yes,
        Some(Which::In(list)) => named(list),
        Some(Which::NotIn(list)) => !named(list),
    };
    Truth::all(std::iter::once(principal).chain(statement.conditions.iter().map(|condition| match caller.anybody {
        true => holds_outside(condition, variables),
        false => holds(condition, variables, &caller.certain),
    })))
}

/// Whether both are users or both are roles of IAM; another one is then somebody else.
fn same_kind(one: &str, other: &str) -> bool {
    let is = |arn: &str, kind: &str| {
        let fields: Vec<&str> = arn.splitn(6, ':').collect();
        matches!(fields.as_slice(), [_, _, "iam", _, _, name] if name.starts_with(kind))
    };
    ["user/", "role/"].iter().any(|kind| is(one, kind) && is(other, kind))
}

/// A user or role of the owner's account, of whose requests nothing else is known.
pub(super) fn identity(of: &Guarded, principal: &str) -> Option<Caller> {
    let account = account(principal)?;
    let found = caller(principal, account);
    Some(Caller { alone: account == of.owner, context: found.certain.clone(), ..found })
}

/// Whom the policy lets in from elsewhere, and those of whom it does not say where they are.
pub(super) fn callers(of: &Guarded, except: &Exception) -> (Vec<Caller>, Vec<Doubt>) {
    let (mut found, mut seen, mut unknown) = (Vec::new(), BTreeSet::new(), Vec::new());
    let foreign = |account: &str| account != of.owner && !except.accounts.iter().any(|it| it == account);
    let Some(policy) = &of.policy else { return (found, unknown) };
    let allows = policy.statements.iter().enumerate().filter(|(_, it)| it.effect == Effect::Allow);
    for (index, statement) in allows {
        let limited = accounts(statement);
        let pinned = statement.conditions.iter().any(|it| holds_outside(it, policy.variables) == Truth::No);
        let at =
            || At { layer: Layer::Resource, policy: policy.name.clone(), sid: statement.sid.clone(), statement: index };
        let mut doubt =
            |principal: &str| unknown.push(Doubt::UnknownAccount { principal: principal.to_owned(), by: at() });
        let everyone = [Principal::Everyone];
        let list = match &statement.principals {
            Some(Which::In(list)) => list.as_slice(),
            Some(Which::NotIn(_)) | None => &everyone,
        };
        for principal in list {
            let one = match principal {
                Principal::Aws(text) => match account(text) {
                    Some(account) => foreign(account).then(|| caller(text, account)),
                    None => {
                        doubt(text);
                        None
                    }
                },
                Principal::Service(name) => (except.confused_deputy && !pinned).then(|| service(name)),
                Principal::Federated(name) => account(name).filter(|it| foreign(it)).map(|_| Caller {
                    text: name.clone(),
                    subject: Subject::Federated { provider: name.clone() },
                    context: Context::complete(),
                    certain: nobody(),
                    anybody: false,
                    alone: false,
                }),
                Principal::Canonical(id) => {
                    doubt(id);
                    None
                }
                Principal::Everyone => {
                    if pinned && limited.is_none() {
                        doubt("*");
                    }
                    if !pinned {
                        // What Denies leave of everyone: some other account, and those that they spare.
                        found.push(Caller { anybody: false, ..anybody(of) }.called());
                        found.extend(spared_by(policy).filter(|it| it.subject.account().is_some_and(foreign)));
                    }
                    None
                }
            };
            let others = limited.iter().flatten().filter(|it| foreign(it)).filter_map(|account| match principal {
                Principal::Everyone => Some(caller(account, account)),
                Principal::Service(name) => {
                    Some(Caller { context: Context::complete().with("aws:SourceAccount", [account]), ..service(name) })
                }
                _ => None,
            });
            found.extend(one.into_iter().filter(|one| seen.insert(one.text.clone())).chain(others));
        }
    }
    (found, unknown)
}

/// Whom the Denies of a policy leave out by name or account.
fn spared_by(policy: &Policy) -> impl Iterator<Item = Caller> {
    policy.statements.iter().filter(|it| it.effect == Effect::Deny).flat_map(|deny| {
        let list = if let Some(Which::NotIn(list)) = &deny.principals { list.as_slice() } else { &[] };
        let named = list.iter().filter_map(|principal| match principal {
            Principal::Aws(text) => account(text).map(|account| caller(text, account)),
            _ => None,
        });
        named.chain(spared(deny).map(|account| caller(&account, &account)))
    })
}

/// Whether a principal is an account as a whole.
pub(super) fn is_whole(principal: &str) -> bool {
    is_account(principal) || principal.ends_with(":root")
}

pub(super) fn account(principal: &str) -> Option<&str> {
    if is_account(principal) { Some(principal) } else { principal.split(':').nth(4).filter(|it| is_account(it)) }
}
