//! Claims over all requests that the policy of a resource answers, and the grants of a key.
//!
//! Only this policy counts, not what callers have on their side: whoever it lets in, lets in. Must not know how resources
//! are collected.

use std::collections::BTreeSet;

use super::actions::{Unknown, groups};
use super::callers::{Caller, account, anybody, applies, callers, identity, is_whole};
use super::catalogue::Known;
use super::claim::{Area, Counterexample, Doubt, Proof, Set};
use super::identity::{Prover, settled};
use super::outsider::{context, is_blurred};
use super::space::{Levels, Read, Wanted};
use super::term::{Bound, Term};
use crate::iam::context::Context;
use crate::iam::decide::{At, Decision, Layer, Policies, Request, Subject, Truth, decide, is_session_of};
use crate::iam::language::{Budget, Pattern, TooComplex};
use crate::iam::policy::{Effect, Policy, Statement, Which};
use crate::iam::reference;

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

    /// The policy by itself, and no grant, lets this user or role in. What it may do by its own policies is not asked: a
    /// policy that names the account leaves it to those.
    #[must_use]
    pub fn shuts_out(&self, of: &Guarded, principal: &str) -> Proof {
        let Some(caller) = identity(of, principal) else { return Proof::Undecided(Doubt::NoIdentity) };
        let is_it = |grantee: &str| grantee == principal || is_session_of(grantee, principal);
        let mut to_it = of.grants.iter().filter(|grant| is_it(&grant.grantee));
        if let Some(found) = to_it.find_map(|grant| grant_to(of, grant)) {
            return Proof::Refuted(vec![found]);
        }
        self.shut_out(of, &caller)
    }

    /// The caller is allowed nothing by the policy.
    fn shut_out(&self, of: &Guarded, caller: &Caller) -> Proof {
        let Some(policy) = &of.policy else { return Proof::Proved };
        let terms = policy.statements.iter().enumerate().filter_map(|(index, statement)| {
            let truth = applies(statement, policy.variables, caller);
            Term::new(Layer::Resource, policy, index, statement, truth, &caller.context)
        });
        let levels = Levels { levels: vec![terms.collect()] };
        // Other services have nothing to do with the resource; which service it is of, its ARN says.
        let service = match of.arn.split(':').nth(2) {
            Some("iam") => "sts",
            Some(service) if reference::service(service).is_some() => service,
            _ => "*",
        };
        let (mut budget, mut doubts) = (self.budget, Vec::new());
        let area = Area { actions: Set::of([format!("{service}:*")]), resources: Set::everything() };
        match self.search(of, policy, caller, &levels, &Read::new(&area), &mut budget, &mut doubts) {
            Ok(Some(found)) => return Proof::Refuted(vec![found]),
            Ok(None) => {}
            Err(TooComplex) => return Proof::Undecided(Doubt::TooComplex),
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
        let partition = of.arn.split(':').nth(1).unwrap_or("aws");
        let is_asked = |action: &Known| {
            let resources = self.catalogue.anywhere(action, partition);
            resources.iter().any(|it| universe.iter().any(|asked| !asked.excludes(it)))
        };
        let [of_claim, except] = &area.actions;
        // Where the reference knows no such ARN, it cannot say which actions are about it.
        let is_known = self.catalogue.matching(of_claim, except, None).into_iter().any(is_asked);
        for action in groups(self.catalogue, levels, Wanted::Allowed, area, budget)? {
            // An action on something else, or on nothing, is never asked of this policy.
            if is_known && !is_asked(action) {
                continue;
            }
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
                // Of somebody in particular nobody knows what else the request says; of others there is one who can say it.
                let context = if caller.alone { known.clone() } else { context(allow.statement, known.clone()) };
                let principal = caller.text.clone();
                let (action, resource) = (action.name.clone(), resource.clone());
                let example = Counterexample { principal, action, resource, context, by: vec![allow.at()] };
                // The request that is made up for such a condition comes from the account that it seems to name.
                let blurred = caller.anybody && allow.statement.conditions.iter().any(is_blurred);
                match confirmed(of, policy, subject, caller.alone, &example) {
                    Decision::Allowed { .. } if !blurred => return Ok(Some(example)),
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

fn granted(of: &Guarded, grant: &Grant, except: &Exception) -> Option<Counterexample> {
    let account = account(&grant.grantee)?;
    if account == of.owner || except.accounts.iter().any(|it| it == account) {
        return None;
    }
    grant_to(of, grant)
}

fn grant_to(of: &Guarded, grant: &Grant) -> Option<Counterexample> {
    let at = At { layer: Layer::Resource, policy: format!("grant {}", grant.name).into(), sid: None, statement: 0 };
    Some(Counterexample {
        principal: grant.grantee.clone(),
        action: format!("kms:{}", grant.operations.first()?),
        resource: of.arn.clone(),
        context: Context::unknown(),
        by: vec![at],
    })
}

/// What becomes of the request of a caller whose own side allows everything, or nothing.
fn confirmed(of: &Guarded, policy: &Policy, subject: &Subject, alone: bool, example: &Counterexample) -> Decision {
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
        identity: if alone { Vec::new() } else { vec![own] },
        resource: Some(policy.clone()),
        resource_must_allow: !alone,
        ..Policies::default()
    };
    decide(&request, &policies)
}
