//! Claims over all requests that the policy of a resource answers, and the grants of a key.
//!
//! Only this policy counts, not what callers have on their side: whoever it lets in, lets in. Must not know how resources
//! are collected.

use std::collections::BTreeSet;

use super::actions::{Unknown, groups};
use super::claim::{Area, Counterexample, Doubt, Proof, Set};
use super::identity::{Prover, settled};
use super::outsider::{accounts, context, holds_outside, is_account, spared};
use super::space::{Levels, Read, Wanted};
use super::term::{Bound, Term};
use crate::iam::context::Context;
use crate::iam::decide::{At, Decision, Layer, Policies, Request, Subject, Truth, decide, holds};
use crate::iam::language::{Budget, Pattern, TooComplex};
use crate::iam::policy::{Effect, Policy, Principal, Statement, Which};

/// A resource, and what lets callers in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    /// Its ARN.
    pub arn: String,
    /// The account that it belongs to.
    pub owner: String,
    /// Its policy, where it has one.
    pub policy: Option<Policy>,
    /// The grants of a key.
    pub grants: Vec<Grant>,
}

/// A grant of a KMS key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its name or id.
    pub name: String,
    /// The ARN of whom it lets in, or a service.
    pub grantee: String,
    /// What for: `Decrypt`.
    pub operations: Vec<String>,
    /// Whether it asks for an encryption context.
    pub constrained: bool,
}

/// Who may be let in from outside of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// These accounts.
    pub accounts: Vec<String>,
    /// Whether a service counts that is let in without a condition on whose behalf it comes: others could send it.
    pub confused_deputy: bool,
}

/// The keys that hold the account of a caller.
const OF_CALLER: [&str; 2] = ["aws:PrincipalAccount", "kms:CallerAccount"];

/// Somebody outside: how policies write it, who it is for `decide`, and what is known of its requests.
struct Caller {
    text: String,
    subject: Subject,
    context: Context,
    /// Nobody in particular.
    anybody: bool,
}

impl Prover<'_> {
    /// Nobody is let in whom the policy does not name, be it as a principal or in a condition.
    #[must_use]
    pub fn no_public_principal(&self, of: &Guarded) -> Proof {
        self.shut_out(of, &anybody(of))
    }

    /// Nobody is let in from an account that is neither the owner's nor an exception.
    #[must_use]
    pub fn no_cross_account_except(&self, of: &Guarded, except: &Exception) -> Proof {
        if let Some(found) = of.grants.iter().find_map(|grant| granted(of, grant, except)) {
            return Proof::Refuted(vec![found]);
        }
        let public = self.no_public_principal(of);
        if matches!(public, Proof::Refuted(_)) {
            return public;
        }
        let mut doubts = Vec::new();
        if let Proof::Undecided(doubt) = public {
            doubts.push(doubt);
        }
        let (callers, unknown) = callers(of, except);
        for caller in callers {
            match self.shut_out(of, &caller) {
                Proof::Refuted(found) => return Proof::Refuted(found),
                Proof::Undecided(doubt) => doubts.push(doubt),
                Proof::Proved => {}
            }
        }
        doubts.extend(unknown);
        settled(doubts)
    }

    /// The caller is allowed nothing by the policy.
    fn shut_out(&self, of: &Guarded, caller: &Caller) -> Proof {
        let Some(policy) = &of.policy else { return Proof::Proved };
        let terms = policy.statements.iter().enumerate().filter_map(|(index, statement)| {
            let truth = applies(statement, policy.variables, caller);
            Term::new(Layer::Resource, policy, index, statement, truth, &caller.context)
        });
        let levels = Levels { levels: vec![terms.collect()] };
        // The actions of the resource itself make the better counterexample.
        let service = match of.arn.split(':').nth(2) {
            Some("iam") => "sts",
            Some(service) => service,
            None => "*",
        };
        let (mut budget, mut doubts) = (self.budget, Vec::new());
        for actions in [Set::of([format!("{service}:*")]), Set::everything()] {
            let area = Area { actions, resources: Set::everything() };
            match self.search(of, policy, caller, &levels, &Read::new(&area), &mut budget, &mut doubts) {
                Ok(Some(found)) => return Proof::Refuted(vec![found]),
                Ok(None) if doubts.is_empty() => {}
                Ok(None) => break,
                Err(TooComplex) => return Proof::Undecided(Doubt::TooComplex),
            }
        }
        settled(doubts)
    }

    #[allow(clippy::too_many_arguments, reason = "one search, told once")]
    fn search(
        &self,
        of: &Guarded,
        policy: &Policy,
        caller: &Caller,
        levels: &Levels<'_>,
        area: &Read,
        budget: &mut Budget,
        doubts: &mut Vec<Doubt>,
    ) -> Result<Option<Counterexample>, TooComplex> {
        let universe = [Pattern::text(&of.arn), below(&of.arn, "/?*"), below(&of.arn, ":?*")];
        for action in groups(self.catalogue, levels, Wanted::Allowed, area, budget)? {
            let applies = |term: &Term<'_>, _| term.actions.has(&action.small);
            let found = levels.resource(Wanted::Allowed, Bound::May, &applies, &universe, area, budget)?;
            let Some(resource) = found else { continue };
            let allows = levels.terms().filter(|it| {
                it.allows() && applies(it, Bound::May) && it.reach(Bound::May).is_some_and(|reach| reach.has(&resource))
            });
            let mut doubt = None;
            let mut ways = vec![(caller.subject.clone(), caller.context.clone())];
            if caller.anybody {
                // Without a signature a request has no keys of the caller: `…IfExists` then holds.
                ways.push((Subject::Anonymous, Context::complete()));
            } else if let Some(account) = account(&caller.text).filter(|_| is_whole(&caller.text)) {
                ways.push((Subject::Root { account: account.to_owned() }, caller.context.clone()));
            }
            for (allow, (subject, known)) in allows.flat_map(|allow| ways.iter().map(move |way| (allow, way))) {
                let context = context(allow.statement, known.clone());
                let principal = caller.text.clone();
                let (action, resource) = (action.name.clone(), resource.clone());
                let example = Counterexample { principal, action, resource, context, by: vec![allow.at()] };
                match confirmed(of, policy, subject, &example) {
                    Decision::Allowed { .. } => return Ok(Some(example)),
                    _ => doubt = doubt.or(Some(example)),
                }
            }
            if let Some(example) = doubt {
                // What is not sure of the statements that are about the request.
                let about = |it: &&Term<'_>| {
                    applies(it, Bound::May) && it.reach(Bound::May).is_some_and(|reach| reach.has(&example.resource))
                };
                let unsure: Vec<&Term<'_>> =
                    levels.terms().filter(about).filter(|it| it.truth == Truth::Unknown).collect();
                let keys: BTreeSet<String> = unsure.iter().flat_map(|it| it.keys(&Context::unknown())).collect();
                let by = unsure.iter().map(|it| it.at()).collect();
                doubts.push(Doubt::Conditions { keys: keys.into_iter().collect(), by, example: Box::new(example) });
            }
        }
        let unknown = Unknown { catalogue: self.catalogue, area };
        let roughly = |term: &Term<'_>, bound| unknown.roughly(term, bound);
        if levels.resource(Wanted::Allowed, Bound::May, &roughly, &universe, area, budget)?.is_none() {
            return Ok(None);
        }
        for name in unknown.names(levels, budget)? {
            let applies = |term: &Term<'_>, _| term.actions.has(&name);
            if let Some(resource) = levels.resource(Wanted::Allowed, Bound::May, &applies, &universe, area, budget)? {
                let allows = levels.terms().filter(|it| it.allows() && it.actions.has(&name));
                let (principal, context) = (caller.text.clone(), caller.context.clone());
                let by = allows.map(Term::at).collect();
                let example = Box::new(Counterexample { principal, action: name, resource, context, by });
                doubts.push(Doubt::UnknownAction { as_of: self.catalogue.as_of().to_owned(), example });
                break;
            }
        }
        Ok(None)
    }
}

fn below(arn: &str, rest: &str) -> Pattern {
    Pattern::new(Pattern::text(arn).tokens().iter().chain(Pattern::glob(rest).tokens()).copied())
}

/// Somebody in an account that the policy does not speak of.
fn anybody(of: &Guarded) -> Caller {
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
    let context = OF_CALLER.iter().fold(Context::complete(), |context, key| context.with(key, [account]));
    Caller { text: principal.to_owned(), subject, context, anybody: false }
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

fn service(name: &str) -> Caller {
    let subject = Subject::Service { name: name.to_owned() };
    Caller { text: name.to_owned(), subject, context: Context::complete(), anybody: false }
}

fn role(arn: String, session: Option<String>) -> Subject {
    Subject::Role { arn, session }
}

/// Whether a statement applies to a caller, whatever its action and resource.
fn applies(statement: &Statement, variables: bool, caller: &Caller) -> Truth {
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
                if is_whole(text) { Truth::Yes } else { Truth::Unknown }
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
    Truth::all(std::iter::once(principal).chain(statement.conditions.iter().map(|condition| {
        let known = OF_CALLER.iter().any(|key| condition.key.eq_ignore_ascii_case(key));
        match (caller.anybody, known) {
            (true, _) => holds_outside(condition, variables),
            (false, true) => holds(condition, variables, &caller.context),
            (false, false) => holds(condition, variables, &Context::unknown()),
        }
    })))
}

/// Whether a principal is an account as a whole.
fn is_whole(principal: &str) -> bool {
    is_account(principal) || principal.ends_with(":root")
}

fn account(principal: &str) -> Option<&str> {
    if is_account(principal) { Some(principal) } else { principal.split(':').nth(4).filter(|it| is_account(it)) }
}

/// Whom the policy lets in from elsewhere, and those of whom it does not say where they are.
fn callers(of: &Guarded, except: &Exception) -> (Vec<Caller>, Vec<Doubt>) {
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
                    anybody: false,
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

fn granted(of: &Guarded, grant: &Grant, except: &Exception) -> Option<Counterexample> {
    let account = account(&grant.grantee)?;
    if account == of.owner || except.accounts.iter().any(|it| it == account) {
        return None;
    }
    let at = At { layer: Layer::Resource, policy: format!("grant {}", grant.name).into(), sid: None, statement: 0 };
    Some(Counterexample {
        principal: grant.grantee.clone(),
        action: format!("kms:{}", grant.operations.first()?),
        resource: of.arn.clone(),
        context: Context::unknown(),
        by: vec![at],
    })
}

/// What becomes of the request of a caller whose own side allows everything.
fn confirmed(of: &Guarded, policy: &Policy, subject: &Subject, example: &Counterexample) -> Decision {
    let everything = Statement {
        sid: None,
        effect: Effect::Allow,
        principals: None,
        actions: Which::In(vec!["*".to_owned()]),
        resources: Some(Which::In(vec!["*".to_owned()])),
        conditions: Vec::new(),
    };
    let own = Policy { name: "everything".into(), variables: true, statements: vec![everything] };
    let request = Request {
        principal: subject.clone(),
        action: example.action.clone(),
        resource: example.resource.clone(),
        resource_account: of.owner.clone(),
        context: example.context.clone(),
    };
    let policies = Policies {
        identity: vec![own],
        resource: Some(policy.clone()),
        resource_must_allow: true,
        ..Policies::default()
    };
    decide(&request, &policies)
}
