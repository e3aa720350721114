//! Finds the roles that the users and roles of one account can assume, directly or through other roles.
//!
//! Two bounds keep the answer sound. A role is *possible* unless every path to it is surely refused. A role is
//! *certain* when every step of one path is allowed for all values of the condition keys. This module must not know
//! facts or kinds.

use std::collections::BTreeSet;

use super::claim::{Area, Proof, Set};
use super::identity::{Prover, Rights, identity};
use super::term::action;
use crate::context::Context;
use crate::decide::{Decision, Policies, Request, decide};
use crate::policy::{Effect, Policy, Principal, Statement, Which};

/// The action of every step.
const ASSUME: &str = "sts:AssumeRole";

/// A user or a role of the account.
#[derive(Clone, Debug)]
pub struct Member {
    /// The identity and its policies.
    pub rights: Rights,
    /// The unique id, such as `AIDA…`, if it is known.
    pub id: Option<String>,
    /// Whether the policies are known. Otherwise nothing is known about the roles that the member can assume.
    pub is_known: bool,
    /// The trust policy of a role. A user has none.
    pub trust: Option<Policy>,
}

/// The roles that a member can assume, directly or through other roles, as indices of the members. The member itself is
/// not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assumable {
    /// All roles that the member may be able to assume.
    pub possible: BTreeSet<usize>,
    /// All roles that the member can surely assume.
    pub certain: BTreeSet<usize>,
}

/// The roles that a member can assume directly.
#[derive(Debug, Default)]
struct Steps {
    possible: Vec<usize>,
    certain: Vec<usize>,
    /// Whether the member may be able to assume a role of another account.
    leaves: bool,
}

impl Prover<'_> {
    /// Returns for each member the roles that it can assume. The result of a member is `None` when a path may lead
    /// through a member whose policies are unknown. All members belong to one account.
    #[must_use]
    pub fn assumable(&self, members: &[Member]) -> Vec<Option<Assumable>> {
        let doors: Vec<(usize, Door<'_>)> =
            members.iter().enumerate().filter_map(|(at, it)| Some((at, Door::of(it.trust.as_ref()?, it)))).collect();
        let from_outside: Vec<usize> = doors.iter().filter(|(_, door)| door.is_for_others).map(|(at, _)| *at).collect();
        let steps: Vec<Option<Steps>> =
            members.iter().map(|it| it.is_known.then(|| self.steps(it, members, &doors))).collect();
        (0..members.len()).map(|from| ways(from, &steps, &from_outside)).collect()
    }

    fn steps(&self, from: &Member, members: &[Member], doors: &[(usize, Door<'_>)]) -> Steps {
        let mut steps = Steps::default();
        let may_ask = may_ask(&from.rights.policies.identity);
        let context = match &from.id {
            Some(id) if from.trust.is_some() => from.rights.known().like("aws:userid", &format!("{id}:*")),
            Some(id) => from.rights.known().with("aws:userid", [id.as_str()]),
            None => from.rights.known(),
        };
        for (to, door) in doors {
            let Some(role) = members.get(*to).filter(|_| door.may_open(from, may_ask)) else { continue };
            match step(from, role, &context) {
                Decision::Allowed { .. } => {
                    steps.certain.push(*to);
                    steps.possible.push(*to);
                }
                Decision::Undecided { .. } => steps.possible.push(*to),
                Decision::ExplicitDeny { .. } | Decision::ImplicitDeny { .. } => {}
            }
        }
        steps.leaves = may_ask && self.may_leave(from, &context);
        steps
    }

    /// Returns whether the policies of a member may allow it to assume a role of another account.
    fn may_leave(&self, from: &Member, context: &Context) -> bool {
        let own = from.rights.subject.account().unwrap_or_default();
        let partition = identity(&from.rights.subject).and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
        let outside = Set::outside([format!("arn:{partition}:iam::{own}:role/*")]);
        let area = Area { actions: Set::of([ASSUME]), resources: outside };
        self.never(&from.rights, &area, context) != Proof::Proved
    }
}

/// Decides the request of a member to assume a role.
fn step(from: &Member, role: &Member, context: &Context) -> Decision {
    let request = Request {
        principal: from.rights.subject.clone(),
        action: ASSUME.to_owned(),
        resource: identity(&role.rights.subject).unwrap_or_default().to_owned(),
        resource_account: role.rights.subject.account().unwrap_or_default().to_owned(),
        context: context.clone(),
    };
    let policies = Policies { resource: role.trust.clone(), resource_must_allow: true, ..from.rights.policies.clone() };
    decide(&request, &policies)
}

/// Returns the roles that a member can assume by one or several steps.
fn ways(from: usize, steps: &[Option<Steps>], from_outside: &[usize]) -> Option<Assumable> {
    let mut found = Assumable::default();
    let (mut open, mut is_outside) = (vec![from], false);
    while let Some(at) = open.pop() {
        let of = steps.get(at)?.as_ref()?;
        let outside = if of.leaves && !is_outside { from_outside } else { &[] };
        is_outside |= of.leaves;
        open.extend(of.possible.iter().chain(outside).filter(|to| **to != from && found.possible.insert(**to)));
    }
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        let of = steps.get(at)?.as_ref()?;
        open.extend(of.certain.iter().filter(|to| **to != from && found.certain.insert(**to)));
    }
    Some(found)
}

/// The principals of a trust policy. For most members, they give a quick answer.
#[derive(Debug, Default)]
struct Door<'a> {
    /// Whether the trust policy names the account of the role.
    is_for_account: bool,
    /// Whether the trust policy may name a principal of another account.
    is_for_others: bool,
    /// Whether the trust policy may name every member.
    is_open: bool,
    /// The ARNs that the trust policy names.
    named: BTreeSet<&'a str>,
}

impl<'a> Door<'a> {
    fn of(trust: &'a Policy, role: &Member) -> Self {
        let own = role.rights.subject.account().unwrap_or_default();
        let mut door = Self::default();
        for statement in trust.statements.iter().filter(|it| it.effect == Effect::Allow) {
            match &statement.principals {
                Some(Which::In(list)) => list.iter().for_each(|it| door.add(it, own)),
                Some(Which::NotIn(_)) | None => (door.is_open, door.is_for_others) = (true, true),
            }
        }
        door
    }

    fn add(&mut self, principal: &'a Principal, own: &str) {
        let text = match principal {
            Principal::Service(_) | Principal::Federated(_) => return,
            Principal::Everyone | Principal::Canonical(_) => {
                (self.is_open, self.is_for_others) = (true, true);
                return;
            }
            Principal::Aws(text) => text,
        };
        match text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
            [account] if account.len() == 12 => match *account == own {
                true => self.is_for_account = true,
                false => self.is_for_others = true,
            },
            [_, _, _, _, account, name] if *account == own => match *name {
                "root" => self.is_for_account = true,
                name if name.starts_with("user/") || name.starts_with("role/") => drop(self.named.insert(text)),
                _ => self.is_open = true,
            },
            [_, _, _, _, account, _] if account.len() == 12 && !account.contains(['*', '?']) => {
                self.is_for_others = true;
            }
            // A unique id, or a form that is not known here.
            _ => (self.is_open, self.is_for_others) = (true, true),
        }
    }

    /// Returns whether the trust policy may allow a member to assume the role. `may_ask` states whether the policies of
    /// the member may allow the request.
    fn may_open(&self, from: &Member, may_ask: bool) -> bool {
        let is_named = || identity(&from.rights.subject).is_some_and(|arn| self.named.contains(arn));
        self.is_open || self.is_for_account && may_ask || is_named()
    }
}

/// Returns whether an Allow of these policies may be about assuming a role. Its resources and conditions do not matter
/// here.
fn may_ask(policies: &[Policy]) -> bool {
    let asked = ASSUME.to_ascii_lowercase();
    let matches = |list: &[String]| list.iter().any(|it| action(it).matches(&asked));
    let is_about = |it: &Statement| match &it.actions {
        Which::In(list) => matches(list),
        Which::NotIn(list) => !matches(list),
    };
    policies.iter().flat_map(|it| &it.statements).any(|it| it.effect == Effect::Allow && is_about(it))
}
