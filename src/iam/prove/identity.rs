//! Claims over all requests of an identity, or of several together.
//!
//! Must not know resource policies.

use std::collections::BTreeSet;

use super::actions::{Unknown, groups};
use super::catalogue::{Catalogue, Known};
use super::claim::{Area, Counterexample, Doubt, Proof};
use super::space::{Levels, Read, Wanted};
use super::term::{Bound, Term};
use crate::iam::context::Context;
use crate::iam::decide::{At, Decision, Layer, Policies, Request, Subject, decide};
use crate::iam::language::{Budget, Class, Pattern, Place, TooComplex};
use crate::iam::policy::Policy;

/// Regions for counterexamples.
const REGIONS: &[&str] = &["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];
pub(super) const REGION: &[&str] = &["eu-central-1"];

/// What binds an identity: its identity policies, and boundary, session and service control policies where there are some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Who.
    pub subject: Subject,
    /// Its policies; those of resources (`resource`, `rcps`) are not looked at.
    pub policies: Policies,
}

impl Rights {
    /// What is known of every request of the subject: the condition keys that follow from who asks.
    #[must_use]
    pub fn known(&self) -> Context {
        let (principal, context) = (self.subject.clone(), Context::unknown());
        let [action, resource, resource_account] = [const { String::new() }; 3];
        Request { principal, action, resource, resource_account, context }.with_principal_keys().context
    }
}

/// Proves claims, each within a budget.
#[derive(Clone, Copy, Debug)]
pub struct Prover<'c> {
    pub(super) catalogue: &'c Catalogue,
    pub(super) budget: Budget,
}

impl<'c> Prover<'c> {
    /// With the usual budget.
    #[must_use]
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Self { catalogue, budget: Budget::usual() }
    }

    /// With another budget for each proof.
    #[must_use]
    pub fn with(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// No request of the area can be allowed.
    #[must_use]
    pub fn never(&self, rights: &Rights, area: &Area, context: &Context) -> Proof {
        let proof = self.none(rights, area, context, Wanted::Allowed);
        self.by_access_points(area, proof, |others| self.none(rights, others, context, Wanted::Allowed))
    }

    /// Each request of the area meets a Deny that applies whatever the condition keys are.
    #[must_use]
    pub fn denied(&self, rights: &Rights, area: &Area, context: &Context) -> Proof {
        self.none(rights, area, context, Wanted::NotDenied)
    }

    /// No request of the area can be allowed in any of these situations, such as those of a caller without MFA.
    #[must_use]
    pub fn requires(&self, rights: &Rights, area: &Area, without: &[Context]) -> Proof {
        all(without.iter().map(|context| self.never(rights, area, context)))
    }

    /// These identities together cannot do something of both duties.
    #[must_use]
    pub fn separates(&self, rights: &[Rights], duties: [&Area; 2], context: &Context) -> Proof {
        let [first, second] = duties.map(|duty| all(rights.iter().map(|rights| self.never(rights, duty, context))));
        match (first, second) {
            (Proof::Proved, _) | (_, Proof::Proved) => Proof::Proved,
            (Proof::Refuted(first), Proof::Refuted(second)) => Proof::Refuted([first, second].concat()),
            (Proof::Undecided(doubt), _) | (_, Proof::Undecided(doubt)) => Proof::Undecided(doubt),
        }
    }

    fn none(&self, rights: &Rights, area: &Area, context: &Context, wanted: Wanted) -> Proof {
        let Some(arn) = identity(&rights.subject) else { return Proof::Undecided(Doubt::NoIdentity) };
        let mut search = Search {
            catalogue: self.catalogue,
            budget: self.budget,
            levels: levels(rights, context),
            area: Read::new(area),
            rights,
            arn,
            context,
            wanted,
            doubts: Vec::new(),
        };
        match search.run() {
            Ok(Some(found)) => Proof::Refuted(vec![found]),
            Ok(None) => settled(search.doubts),
            Err(TooComplex) => Proof::Undecided(Doubt::TooComplex),
        }
    }
}

/// All hold: one counterexample refutes, one doubt leaves it open.
pub(super) fn all(proofs: impl Iterator<Item = Proof>) -> Proof {
    let mut answer = Proof::Proved;
    for proof in proofs {
        match proof {
            Proof::Refuted(_) => return proof,
            Proof::Undecided(_) if answer == Proof::Proved => answer = proof,
            _ => {}
        }
    }
    answer
}

/// Without a counterexample the doubts count: those of conditions together, else the first.
pub(super) fn settled(doubts: Vec<Doubt>) -> Proof {
    let (mut all_keys, mut all_by) = (BTreeSet::new(), Vec::<At>::new());
    for doubt in &doubts {
        if let Doubt::Conditions { keys, by, .. } = doubt {
            all_keys.extend(keys.iter().cloned());
            for at in by {
                if !all_by.contains(at) {
                    all_by.push(at.clone());
                }
            }
        }
    }
    let first = doubts.into_iter().min_by_key(|doubt| match doubt {
        Doubt::Disagreement { .. } => 0,
        Doubt::Conditions { .. } => 1,
        _ => 2,
    });
    match first {
        None => Proof::Proved,
        Some(Doubt::Conditions { example, .. }) => {
            Proof::Undecided(Doubt::Conditions { keys: all_keys.into_iter().collect(), by: all_by, example })
        }
        Some(doubt) => Proof::Undecided(doubt),
    }
}

pub(super) fn identity(subject: &Subject) -> Option<&str> {
    match subject {
        Subject::User { arn } | Subject::Role { arn, .. } | Subject::FederatedUser { arn, .. } => Some(arn),
        _ => None,
    }
}

pub(super) fn levels<'a>(rights: &'a Rights, context: &'a Context) -> Levels<'a> {
    let Policies { scps, boundary, identity, session, .. } = &rights.policies;
    let level = |layer, policies: &'a [Policy]| -> Vec<Term<'a>> {
        policies.iter().flat_map(|policy| Term::read(layer, policy, context)).collect()
    };
    let linked = matches!(&rights.subject, Subject::Role { arn, .. } if arn.contains(":role/aws-service-role/"));
    let scps = if linked { &[] } else { scps.as_slice() };
    let optional = [(Layer::Boundary, boundary), (Layer::Session, session)];
    let mut levels = vec![level(Layer::Identity, identity)];
    levels.extend(optional.into_iter().filter_map(|(layer, list)| Some(level(layer, list.as_ref()?))));
    levels.extend(scps.iter().map(|policies| level(Layer::ServiceControl, policies)));
    Levels { levels }
}

/// One search for a request that the claim says there is not.
struct Search<'a> {
    catalogue: &'a Catalogue,
    budget: Budget,
    levels: Levels<'a>,
    area: Read,
    rights: &'a Rights,
    arn: &'a str,
    context: &'a Context,
    wanted: Wanted,
    doubts: Vec<Doubt>,
}

impl Search<'_> {
    fn run(&mut self) -> Result<Option<Counterexample>, TooComplex> {
        for action in groups(self.catalogue, &self.levels, self.wanted, &self.area, &mut self.budget)? {
            if let Some(found) = self.known(action)? {
                return Ok(Some(found));
            }
            self.unlisted(action)?;
        }
        let unknown = Unknown { catalogue: self.catalogue, area: &self.area };
        let anything = [Pattern::glob("?*")];
        let roughly = |term: &Term<'_>, bound| unknown.roughly(term, bound);
        if unknown.exist()
            && self
                .levels
                .resource(self.wanted, Bound::May, &roughly, &anything, &self.area, &mut self.budget)?
                .is_some()
        {
            for name in unknown.names(&self.levels, &mut self.budget)? {
                let applies = |term: &Term<'_>, _| term.actions.has(&name);
                let levels = &self.levels;
                let found =
                    levels.resource(self.wanted, Bound::May, &applies, &anything, &self.area, &mut self.budget)?;
                if let Some(resource) = found {
                    let example = Box::new(self.example(&name, resource));
                    self.doubts.push(Doubt::UnknownAction { as_of: self.catalogue.as_of().to_owned(), example });
                    break;
                }
            }
        }
        Ok(None)
    }

    /// A known action, for all that are treated like it.
    fn known(&mut self, action: &Known) -> Result<Option<Counterexample>, TooComplex> {
        let everywhere = self.catalogue.anywhere(action, self.partition());
        if !self.area.may_meet(&everywhere) {
            return Ok(None);
        }
        let home = self.universe(action, REGION, self.rights.subject.account(), Class::Field);
        let (bound, resource) = match self.resource(action, Bound::Sure, &home)? {
            Some(found) => (Bound::Sure, found),
            None => {
                let Some(possible) = self.resource(action, Bound::May, &everywhere)? else { return Ok(None) };
                let sure = self.resource(action, Bound::Sure, &everywhere)?;
                let bound = if sure.is_some() { Bound::Sure } else { Bound::May };
                (bound, self.natural(action, bound)?.unwrap_or(possible))
            }
        };
        let example = self.example(&action.name, resource);
        let decision = decide(&self.request(&example), &self.policies());
        let open = |example: Counterexample, decision| match decision {
            Decision::Undecided { keys, by } => Doubt::Conditions { keys, by, example: Box::new(example) },
            _ => Doubt::Disagreement { example: Box::new(example) },
        };
        match (self.wanted, bound, &decision) {
            (Wanted::Allowed, _, Decision::Allowed { .. }) => return Ok(Some(example)),
            (Wanted::NotDenied, Bound::Sure, Decision::ExplicitDeny { .. }) | (Wanted::Allowed, _, _) => {
                self.doubts.push(open(example, decision));
            }
            (Wanted::NotDenied, Bound::Sure, _) => return Ok(Some(example)),
            (Wanted::NotDenied, Bound::May, _) => {
                let unsure = self.unsure_denies(action, &example.resource);
                let keys = self.keys_of(&unsure);
                let by = unsure.iter().map(|it| it.at()).collect();
                self.doubts.push(Doubt::Conditions { keys, by, example: Box::new(example) });
            }
        }
        Ok(None)
    }

    /// An action without resources, on an ARN that AWS may ask about all the same: no counterexample, but no proof either.
    fn unlisted(&mut self, action: &Known) -> Result<(), TooComplex> {
        if self.area.services.as_ref().is_some_and(|services| !self.catalogue.is_in(action, services)) {
            return Ok(());
        }
        // Those of all accounts are laid out once; only where there is one, those of the own account are looked at.
        let mut found = None;
        for account in [None, self.rights.subject.account()] {
            let universe = self.catalogue.collections(action, self.partition(), account);
            self.budget.spend(universe.len())?;
            if !self.area.may_meet(&universe) {
                return Ok(());
            }
            found = self.resource(action, Bound::May, &universe)?;
            if found.is_none() {
                break;
            }
        }
        if let Some(resource) = found {
            let example = Box::new(self.example(&action.name, resource));
            self.doubts.push(Doubt::Conditions { keys: Vec::new(), by: example.by.clone(), example });
        }
        Ok(())
    }

    fn resource(&mut self, action: &Known, bound: Bound, universe: &[Pattern]) -> Result<Option<String>, TooComplex> {
        let applies = |term: &Term<'_>, _| term.actions.has(&action.small);
        self.levels.resource(self.wanted, bound, &applies, universe, &self.area, &mut self.budget)
    }

    /// A resource that looks like a real one, the nearer to home the better.
    fn natural(&mut self, action: &Known, bound: Bound) -> Result<Option<String>, TooComplex> {
        let own = self.rights.subject.account().map(str::to_owned);
        let own = own.as_deref();
        let names = Class::Field;
        for (regions, account, names) in [
            (REGION, own, names),
            (REGIONS, own, names),
            (REGION, None, names),
            (&[], own, names),
            (REGION, own, Class::Any),
            (&[], None, Class::Any),
        ] {
            let universe = self.universe(action, regions, account, names);
            if let Some(found) = self.resource(action, bound, &universe)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn universe(&self, action: &Known, regions: &[&str], account: Option<&str>, names: Class) -> Vec<Pattern> {
        self.catalogue.resources(action, Place { partition: self.partition(), regions, account, names })
    }

    fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }

    fn example(&self, action: &str, resource: String) -> Counterexample {
        let small = action.to_ascii_lowercase();
        let named = self.levels.terms().filter(|it| it.actions.has(&small));
        let has = |it: &Term<'_>| it.reach(Bound::May).is_some_and(|reach| reach.has(&resource));
        let by = match self.wanted {
            Wanted::Allowed => named.filter(|it| it.allows() && has(it)).map(Term::at).collect(),
            Wanted::NotDenied => named.filter(|it| !it.allows() && !has(it)).map(Term::at).collect(),
        };
        let principal = self.arn.to_owned();
        Counterexample { principal, action: action.to_owned(), resource, context: self.context.clone(), by }
    }

    fn request(&self, of: &Counterexample) -> Request {
        Request {
            principal: self.rights.subject.clone(),
            action: of.action.clone(),
            resource: of.resource.clone(),
            resource_account: self.rights.subject.account().unwrap_or_default().to_owned(),
            context: self.context.clone(),
        }
    }

    fn policies(&self) -> Policies {
        Policies { resource: None, rcps: Vec::new(), resource_must_allow: false, ..self.rights.policies.clone() }
    }

    fn unsure_denies(&self, action: &Known, resource: &str) -> Vec<&Term<'_>> {
        let has = |it: &Term<'_>, bound| it.reach(bound).is_some_and(|reach| reach.has(resource));
        let denies = self.levels.terms().filter(|it| !it.allows() && it.actions.has(&action.small));
        denies.filter(|it| has(it, Bound::May) && !has(it, Bound::Sure)).collect()
    }

    fn keys_of(&self, terms: &[&Term<'_>]) -> Vec<String> {
        let keys: BTreeSet<String> = terms.iter().flat_map(|it| it.keys(self.context)).collect();
        keys.into_iter().collect()
    }
}
