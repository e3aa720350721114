//! Proves claims about all requests to which the policy of a resource applies, and about the grants of a key.
//!
//! The proofs ignore the policies of the callers. A caller counts as allowed when this policy allows it. This module
//! must not know how resources are collected.

use std::collections::BTreeSet;

use super::actions::{Unknown, groups};
use super::asked::{applies, identity, living, others, public, unknown};
use super::callers::{Caller, Who};
use super::catalogue::Known;
use super::claim::{Area, Counterexample, Doubt, Proof, Set};
use super::identity::{Prover, settled};
use super::outsider::{Claim, Exception, Has, Reading};
use super::party::account;
use super::said::Said;
use super::space::{Levels, Read, Wanted};
use super::term::{Bound, Term};
use super::witness;
use crate::context::{Context, Known as Value};
use crate::decide::{Decision, Layer, Policies, Request, StatementPlace, Subject, Truth, decide, is_session_of};
use crate::language::{Pattern, TooComplex};
use crate::policy::{Effect, Policy, Principal, Statement, Which};
use crate::reference;

/// A resource, with its policy and its grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    /// Its ARN.
    pub arn: String,
    /// The account that owns it.
    pub owner: String,
    /// Its policy, if it has one.
    pub policy: Option<Policy>,
    /// The grants of a key.
    pub grants: Vec<Grant>,
}

/// A grant of a KMS key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its name or id.
    pub name: String,
    /// The ARN of the principal that it allows, or a service.
    pub grantee: String,
    /// The operations that it allows, such as `Decrypt`.
    pub operations: Vec<String>,
    /// Whether it requires an encryption context.
    pub constrained: bool,
}

impl Prover<'_> {
    /// Proves that the policy allows only callers that it names, as a principal or in a condition.
    #[must_use]
    pub fn no_public_principal(&self, of: &Guarded) -> Proof {
        self.all(of, Claim::Public, public)
    }

    /// Proves that the policy allows no caller of an account that is neither the account of the owner nor an exception.
    /// The caller may act by itself or through a service.
    #[must_use]
    pub fn no_cross_account_except(&self, of: &Guarded, except: &Exception) -> Proof {
        if let Some(found) = of.grants.iter().find_map(|grant| granted(of, grant, except)) {
            return Proof::Refuted(vec![found]);
        }
        self.all(of, Claim::Others(except), |said, policy| others(said, policy, except))
    }

    /// Proves that neither the policy by itself nor a grant allows this user or role. The proof ignores the policies of
    /// the principal. A policy that names only the account leaves the decision to the policies of the principal.
    #[must_use]
    pub fn shuts_out(&self, of: &Guarded, principal: &str) -> Proof {
        let Some(caller) = identity(&Said::new(of), principal) else { return Proof::Undecided(Doubt::NoIdentity) };
        let is_it = |grantee: &str| grantee == principal || is_session_of(grantee, principal);
        let mut to_it = of.grants.iter().filter(|grant| is_it(&grant.grantee));
        if let Some(found) = to_it.find_map(|grant| grant_to(of, grant)) {
            return Proof::Refuted(vec![found]);
        }
        self.all(of, Claim::One, |_, _| vec![caller])
    }

    /// Proves that the policy allows nothing to any of these callers.
    fn all(&self, of: &Guarded, claim: Claim<'_>, callers: impl FnOnce(&Said, &Policy) -> Vec<Caller>) -> Proof {
        let Some(written) = &of.policy else { return Proof::Proved };
        let policy = &living(written);
        let said = &Said::new(of);
        let reading = Reading { claim, owner: &of.owner, variables: policy.variables };
        let mut doubts = Vec::new();
        for caller in &callers(said, policy) {
            let asked = Asked { of, policy, said, reading, caller };
            match self.shut_out(&asked, &mut doubts) {
                Ok(Some(found)) => return Proof::Refuted(vec![found]),
                Ok(None) => {}
                Err(TooComplex) => return Proof::Undecided(Doubt::TooComplex),
            }
        }
        if let Claim::Others(except) = claim {
            doubts.extend(unknown(policy, &reading, except, said));
        }
        settled(doubts)
    }

    /// Proves that the policy allows nothing to the caller.
    fn shut_out(&self, asked: &Asked<'_>, doubts: &mut Vec<Doubt>) -> Result<Option<Counterexample>, TooComplex> {
        let of = asked.of;
        // Only the service of the resource matters. The ARN contains its name.
        let service = match of.arn.split(':').nth(2) {
            Some("iam") => "sts",
            Some(service) if reference::service(service).is_some() => service,
            _ => "*",
        };
        let levels = [asked.levels(false), asked.levels(true)];
        let [loose, strict] = &levels;
        if !loose.terms().any(Term::allows) {
            return Ok(None);
        }
        let area = &Read::new(&Area { actions: Set::of([format!("{service}:*")]), resources: Set::everything() });
        let budget = &mut self.budget.clone();
        let universe = [Pattern::text(&of.arn), below(&of.arn, "/?*"), below(&of.arn, ":?*")];
        let partition = of.arn.split(':').nth(1).unwrap_or("aws");
        let is_asked = |action: &Known| {
            let resources = self.catalogue.anywhere(action, partition);
            resources.iter().any(|it| universe.iter().any(|asked| !asked.excludes(it)))
        };
        let [of_claim, except] = &area.actions;
        // When the reference contains no such ARN, it cannot decide which actions apply to the resource.
        let is_known = self.catalogue.matching(of_claim, except, None).into_iter().any(is_asked);
        for action in groups(self.catalogue, loose, Wanted::Allowed, area, budget)? {
            // This policy is never evaluated for an action on another resource, or for an action without resources.
            if is_known && !is_asked(action) {
                continue;
            }
            let applies = |term: &Term<'_>, _| term.actions.has(&action.small);
            let mut doubt = None;
            // A resource that no Deny may match is the easier example. When there is none, the search examines the
            // conditions of the Denies.
            for levels in [loose, strict] {
                let found = levels.resource(Wanted::Allowed, Bound::May, &applies, &universe, area, budget)?;
                let Some(resource) = found else { continue };
                match asked.show(loose, &action.name, &resource) {
                    Ok(found) => return Ok(Some(found)),
                    Err(why) => doubt = doubt.or(Some(why)),
                }
            }
            doubts.extend(doubt);
        }
        let unknown = Unknown::new(self.catalogue, area);
        let roughly = |term: &Term<'_>, bound| unknown.roughly(term, bound);
        if loose.resource(Wanted::Allowed, Bound::May, &roughly, &universe, area, budget)?.is_none() {
            return Ok(None);
        }
        for name in unknown.names(loose, budget)? {
            let applies = |term: &Term<'_>, _| term.actions.has(&name);
            if let Some(resource) = loose.resource(Wanted::Allowed, Bound::May, &applies, &universe, area, budget)? {
                let allows = loose.terms().filter(|it| it.allows() && it.actions.has(&name));
                let (principal, context) = (asked.caller.text(), asked.caller.certain.clone());
                let by = allows.map(Term::at).collect();
                let example = Box::new(Counterexample { principal, action: name, resource, context, by, lacks: None });
                doubts.push(Doubt::UnknownAction { as_of: self.catalogue.as_of().to_owned(), example });
                break;
            }
        }
        Ok(None)
    }
}

/// A policy, and the caller for which it is judged.
struct Asked<'a> {
    of: &'a Guarded,
    policy: &'a Policy,
    said: &'a Said,
    reading: Reading<'a>,
    caller: &'a Caller,
}

impl<'a> Asked<'a> {
    /// Returns the statements that may apply to the caller. If `strict`, each Deny that may apply counts as a Deny that
    /// applies.
    fn levels(&self, strict: bool) -> Levels<'a> {
        let terms = self.policy.statements.iter().enumerate().filter_map(|(index, statement)| {
            let truth = match applies(statement, &self.reading, self.caller) {
                Truth::Unknown if strict && statement.effect == Effect::Deny => Truth::Yes,
                truth => truth,
            };
            Term::new(Layer::Resource, self.policy, index, statement, truth, &self.caller.certain)
        });
        Levels { levels: vec![terms.collect()] }
    }

    /// Returns an allowed request of the caller, or the reason why there is no request to show.
    fn show(&self, levels: &Levels<'_>, action: &str, resource: &str) -> Result<Counterexample, Doubt> {
        let small = action.to_ascii_lowercase();
        let about =
            |it: &&Term<'_>| it.actions.has(&small) && it.reach(Bound::May).is_some_and(|reach| reach.has(resource));
        let terms: Vec<&Term<'_>> = levels.terms().filter(about).collect();
        let denies = || terms.iter().filter(|it| !it.allows()).map(|it| it.statement);
        let search = witness::Search { said: self.said, reading: self.reading, caller: self.caller };
        let example = |context: &Context, by: Vec<StatementPlace>| {
            let told = self.said.keys().into_iter().fold(Context::unknown(), |told, key| match context.get(&key) {
                Value::Values(values) => told.with(&key, values.to_vec()),
                Value::Absent => told.without(&key),
                Value::Unknown => told,
            });
            let (action, resource) = (action.to_owned(), resource.to_owned());
            Counterexample { principal: self.principal(context), action, resource, context: told, by, lacks: None }
        };
        for allow in terms.iter().filter(|it| it.allows()) {
            let wanted = witness::Wanted { allow: allow.statement, denies: denies().collect() };
            let Some((subject, context)) = search.find(&wanted) else { continue };
            // The id of the caller ends in the name of the session. A condition can compare it.
            let id = self.said.keys().into_iter().find(|it| it.eq_ignore_ascii_case("aws:userid"));
            let same = |it: &Subject| match id.as_ref().map(|id| context.get(id)) {
                Some(Value::Values([id])) => id.split(':').nth(1) == self.said.user_id(it).split(':').nth(1),
                _ => true,
            };
            let others = sessions(&subject, allow.statement).filter(same);
            for subject in std::iter::once(subject.clone()).chain(others) {
                let decision =
                    confirmed(self.of, self.policy, &subject, self.caller.alone, (action, resource, &context));
                if !matches!(decision, Decision::Allowed { .. }) {
                    continue;
                }
                return match self.open(allow.statement, resource, &context) {
                    None => Ok(example(&context, vec![allow.at()])),
                    Some(what) => Err(Doubt::Beyond { what, by: allow.at() }),
                };
            }
        }
        // The statements about the request that perhaps apply.
        let unsure: Vec<&&Term<'_>> = terms.iter().filter(|it| it.truth == Truth::Unknown).collect();
        if let Some((party, by)) = terms.iter().filter(|it| it.allows()).find_map(|it| Some((self.party(it)?, it.at())))
        {
            return Err(Doubt::UnknownAccount { principal: party, by });
        }
        if let (Some(what), Some(allow)) = (&self.caller.open, terms.iter().find(|it| it.allows())) {
            return Err(Doubt::Beyond { what: what.clone(), by: allow.at() });
        }
        let keys: BTreeSet<String> = unsure.iter().flat_map(|it| it.keys(&Context::unknown())).collect();
        let by = unsure.iter().map(|it| it.at()).collect();
        let example = Box::new(example(&search.roughly(), Vec::new()));
        Err(Doubt::Conditions { keys: keys.into_iter().collect(), by, example })
    }

    /// Returns the fact outside the document on which the decision depends, if there is one.
    fn open(&self, allow: &Statement, resource: &str, context: &Context) -> Option<String> {
        let caller = self.caller;
        match &caller.subject {
            // A role can be given only to resources of its own account. Only a source in the policy can change that.
            Subject::Service { .. } if caller.open.is_some() => {
                let source = context.get("aws:SourceAccount");
                let is_made_up = matches!(source, Value::Values([one]) if *one == self.said.stranger);
                caller.open.clone().filter(|_| is_made_up || source == Value::Absent)
            }
            // Services that write the logs of an account write them to this path.
            Subject::Service { name } if resource.contains(&format!("/AWSLogs/{}/", self.of.owner)) => {
                Some(format!("whether {name} writes there for another account is"))
            }
            Subject::Federated { .. } if caller.guest => {
                let is_said = allow.conditions.iter().any(|it| it.key.to_ascii_lowercase().ends_with(":amr"));
                (!is_said).then(|| "whether the pool of identities lets in guests is".to_owned())
            }
            _ => caller.open.clone(),
        }
    }

    /// Returns a party from a condition of an Allow, if the owner of the party is unknown.
    fn party(&self, term: &Term<'_>) -> Option<String> {
        let conditions = &term.statement.conditions;
        conditions.iter().find_map(|condition| {
            let can = |it: &String| self.reading.has(condition, it, self.caller) == Has::Can;
            let is_party = |it: &&String| {
                self.reading.has(condition, it, self.caller) == Has::Perhaps
                    && !self.reading.is_blurred(condition, it, self.caller)
            };
            if condition.values.iter().any(can) { None } else { condition.values.iter().find(is_party).cloned() }
        })
    }

    /// Returns the principal as the counterexample writes it. When the policy requires a certain ARN, the result is the
    /// ARN in the request.
    fn principal(&self, context: &Context) -> String {
        let is_usual = context.get("aws:PrincipalArn") == self.caller.made.get("aws:PrincipalArn");
        match context.get("aws:PrincipalArn") {
            Value::Values([arn]) if !is_usual && self.caller.who != Who::Anybody => arn.clone(),
            _ => self.caller.text(),
        }
    }
}

/// Returns the sessions of a role that a statement names.
fn sessions<'a>(subject: &'a Subject, allow: &'a Statement) -> impl Iterator<Item = Subject> + 'a {
    super::said::named(allow).iter().filter_map(move |principal| match (principal, subject) {
        (Principal::Aws(text), Subject::Role { arn, session: None }) if is_session_of(text, arn) => {
            Some(Subject::Role { arn: arn.clone(), session: Some(text.clone()) })
        }
        _ => None,
    })
}

fn below(arn: &str, rest: &str) -> Pattern {
    Pattern::new(Pattern::text(arn).tokens().iter().chain(Pattern::glob(rest).tokens()).copied())
}

fn granted(of: &Guarded, grant: &Grant, except: &Exception) -> Option<Counterexample> {
    let account = account(&grant.grantee)?;
    if account == of.owner || except.has_account(account) || except.has(&grant.grantee) {
        return None;
    }
    grant_to(of, grant)
}

fn grant_to(of: &Guarded, grant: &Grant) -> Option<Counterexample> {
    let at = StatementPlace {
        layer: Layer::Resource,
        policy: format!("grant {}", grant.name).into(),
        sid: None,
        statement: 0,
    };
    Some(Counterexample {
        principal: grant.grantee.clone(),
        action: format!("kms:{}", grant.operations.first()?),
        resource: of.arn.clone(),
        context: Context::unknown(),
        by: vec![at],
        lacks: None,
    })
}

/// Returns the decision on the request of a caller whose own policies allow everything, or nothing.
fn confirmed(
    of: &Guarded,
    policy: &Policy,
    subject: &Subject,
    alone: bool,
    (action, resource, context): (&str, &str, &Context),
) -> Decision {
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
        action: action.to_owned(),
        resource: resource.to_owned(),
        resource_account: of.owner.clone(),
        context: context.clone(),
    };
    let policies = Policies {
        identity: if alone { Vec::new() } else { vec![own] },
        resource: Some(policy.clone()),
        resource_must_allow: !alone,
        ..Policies::default()
    };
    decide(&request, &policies)
}
