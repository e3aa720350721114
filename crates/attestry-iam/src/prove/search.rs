//! Searches for one request that refutes a claim.
//!
//! This module must not know which claim the request refutes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::actions::{Unknown, groups};
use super::catalogue::{Catalogue, Known};
use super::claim::{Area, Counterexample, Doubt, Proof};
use super::identity::{Prover, REGION, Rights, levels, settled};
use super::refine::Refined;
use super::space::{Levels, Read, Wanted};
use super::term::{Bound, Term};
use crate::context::{Callers, Context, Known as Value};
use crate::decide::{Decision, Policies, Request, StatementPlace, decide};
use crate::language::{Budget, Class, Pattern, Place, TooComplex};

/// The Regions of counterexamples.
const REGIONS: &[&str] = &["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];

/// The search, and its results so far.
pub(super) struct Search<'a> {
    pub(super) catalogue: &'a Catalogue,
    budget: Budget,
    /// The budget for the values of condition keys.
    pub(super) deep: Budget,
    pub(super) levels: Levels<'a>,
    pub(super) area: Read,
    pub(super) rights: &'a Rights,
    arn: &'a str,
    pub(super) context: &'a Context,
    pub(super) wanted: Wanted,
    /// Whether a caller with these rights can have an MFA device. It is computed on first use.
    pub(super) device: Option<bool>,
    doubts: Vec<Doubt>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        prover: Prover<'a>,
        rights: &'a Rights,
        arn: &'a str,
        area: &Area,
        context: &'a Context,
        wanted: Wanted,
    ) -> Self {
        Self {
            catalogue: prover.catalogue,
            budget: prover.budget,
            deep: prover.budget,
            levels: levels(rights, context, &prover.catalogue.spread(&area.actions)),
            area: Read::new(area),
            rights,
            arn,
            context,
            wanted,
            device: None,
            doubts: Vec::new(),
        }
    }

    /// Returns the answer to the claim. When the budget ends, it returns the earlier doubts, if there are any.
    pub(super) fn answer(mut self) -> Proof {
        match self.run() {
            Ok(Some(found)) => Proof::Refuted(vec![found]),
            Ok(None) => settled(self.doubts),
            Err(TooComplex) => {
                self.doubts.push(Doubt::TooComplex);
                settled(self.doubts)
            }
        }
    }

    fn run(&mut self) -> Result<Option<Counterexample>, TooComplex> {
        let groups = groups(self.catalogue, &self.levels, self.wanted, &self.area, &mut self.budget)?;
        // The search first takes the plain cases, then the cases that depend on keys.
        let (mut open, mut ended) = (Vec::new(), None);
        for action in groups {
            let plain = self.plain(action).and_then(|plain| self.unlisted(action).map(|()| plain));
            match plain {
                Ok(Plain::Found(found)) => return Ok(Some(found)),
                Ok(Plain::Open(resource)) => open.push((action, resource)),
                Ok(Plain::Nothing) => {}
                Err(budget) => {
                    ended = Some(budget);
                    break;
                }
            }
        }
        // One hard action must not hide a request of another action. So each action first gets its share of the budget.
        let share = self.deep.share(open.len());
        let mut hard = Vec::with_capacity(open.len());
        for (action, possible) in open {
            let all = std::mem::replace(&mut self.deep, share);
            let looked = self.looked(action);
            self.deep = all;
            if let Ok(Some((resource, context))) = looked {
                return Ok(Some(self.example(&action.name, resource, context)));
            }
            hard.push((action, possible, looked.is_ok()));
        }
        for (action, possible, looked) in hard {
            if let Some(found) = self.open(action, possible, looked)? {
                return Ok(Some(found));
            }
            // When the budget is spent, one doubt is enough.
            if self.deep.is_spent() && !self.doubts.is_empty() {
                ended = Some(TooComplex);
                break;
            }
        }
        if let Some(ended) = ended {
            return Err(ended);
        }
        self.unknown()?;
        Ok(None)
    }

    /// Examines the actions that the reference does not contain.
    fn unknown(&mut self) -> Result<(), TooComplex> {
        let unknown = Unknown::new(self.catalogue, &self.area);
        let anything = [Pattern::glob("?*")];
        let roughly = |term: &Term<'_>, bound| unknown.roughly(term, bound);
        let may = |of: &mut Self, applies: &dyn Fn(&Term<'_>, Bound) -> bool| {
            of.levels.resource(of.wanted, Bound::May, applies, &anything, &of.area, &mut of.budget)
        };
        if !unknown.exist() || may(self, &roughly)?.is_none() {
            return Ok(());
        }
        for name in unknown.names(&self.levels, &mut self.budget)? {
            if let Some(resource) = may(self, &|term: &Term<'_>, _| term.actions.has(&name))? {
                let example = Box::new(self.example(&name, resource, self.context.clone()));
                self.doubts.push(Doubt::UnknownAction { as_of: self.catalogue.as_of().to_owned(), example });
                break;
            }
        }
        Ok(())
    }

    /// Examines a known action without the values of condition keys. The action represents all actions that the
    /// statements treat alike.
    fn plain(&mut self, action: &Known) -> Result<Plain, TooComplex> {
        let everywhere = self.everywhere(action);
        if !self.area.may_meet(&everywhere) {
            return Ok(Plain::Nothing);
        }
        let home = self.universe(action, REGION, self.rights.subject.account(), Class::Field);
        if let Some(resource) = self.resource(action, Bound::Sure, &home)? {
            return Ok(self.confirmed(action, resource, self.context.clone()));
        }
        let Some(possible) = self.resource(action, Bound::May, &everywhere)? else { return Ok(Plain::Nothing) };
        let Some(sure) = self.resource(action, Bound::Sure, &everywhere)? else { return Ok(Plain::Open(possible)) };
        let resource = self.natural(action, Bound::Sure)?.unwrap_or(sure);
        Ok(self.confirmed(action, resource, self.context.clone()))
    }

    /// Returns the request if `decide` confirms it.
    fn confirmed(&mut self, action: &Known, resource: String, context: Context) -> Plain {
        let example = self.example(&action.name, resource, context);
        match decide(&self.request(&example), &self.policies()) {
            decision if self.wanted.is(&decision) => Plain::Found(example),
            Decision::Undecided { .. } => Plain::Open(example.resource),
            _ => {
                self.doubts.push(Doubt::Disagreement { example: Box::new(example) });
                Plain::Nothing
            }
        }
    }

    /// Examines a known action whose outcome depends on condition keys.
    fn open(&mut self, action: &Known, possible: String, looked: bool) -> Result<Option<Counterexample>, TooComplex> {
        match self.refined(action, looked) {
            Refined::Found(resource, context) => {
                let example = self.example(&action.name, resource, context);
                return Ok(Some(example));
            }
            Refined::Nothing => return Ok(None),
            Refined::Open => {}
        }
        let resource = self.natural(action, Bound::May).ok().flatten().unwrap_or(possible);
        let example = self.example(&action.name, resource, self.context.clone());
        let (keys, by) = match (self.wanted, decide(&self.request(&example), &self.policies())) {
            (Wanted::Allowed | Wanted::Refused, Decision::Undecided { keys, by }) => (keys, by),
            (Wanted::Allowed | Wanted::Refused, _) => {
                self.doubts.push(Doubt::Disagreement { example: Box::new(example) });
                return Ok(None);
            }
            (Wanted::NotDenied, _) => {
                let unsure = self.unsure_denies(action, &example.resource);
                (self.keys_of(&unsure), unsure.iter().map(|it| it.at()).collect())
            }
        };
        self.doubts.push(Doubt::Conditions { keys, by, example: Box::new(example) });
        Ok(None)
    }

    /// Examines an action that has no resources in the reference, on ARNs that AWS may nevertheless use for it. The
    /// result is neither a counterexample nor a proof.
    fn unlisted(&mut self, action: &Known) -> Result<(), TooComplex> {
        if self.area.services.as_ref().is_some_and(|services| !self.catalogue.is_in(action, services)) {
            return Ok(());
        }
        // The collections of all accounts come first, because they are cached. The collections of the own account are
        // examined only when the first search finds a resource.
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
            let example = Box::new(self.example(&action.name, resource, self.context.clone()));
            self.doubts.push(Doubt::Conditions { keys: Vec::new(), by: example.by.clone(), example });
        }
        Ok(())
    }

    fn resource(&mut self, action: &Known, bound: Bound, universe: &[Pattern]) -> Result<Option<String>, TooComplex> {
        let applies = |term: &Term<'_>, _| term.actions.has(&action.small);
        self.levels.resource(self.wanted, bound, &applies, universe, &self.area, &mut self.budget)
    }

    /// Returns a resource that looks like a real one. Resources nearer to the account of the subject come first.
    fn natural(&mut self, action: &Known, bound: Bound) -> Result<Option<String>, TooComplex> {
        self.nearest(action, |search, universe| search.resource(action, bound, universe))
    }

    /// Returns the first answer over several sets of resources. Sets nearer to the account of the subject come first.
    pub(super) fn nearest(
        &mut self,
        action: &Known,
        mut ask: impl FnMut(&mut Self, &[Pattern]) -> Result<Option<String>, TooComplex>,
    ) -> Result<Option<String>, TooComplex> {
        let own = self.rights.subject.account().map(str::to_owned);
        let own = own.as_deref();
        let any = self.anywhere().map(str::to_owned);
        let any = any.as_deref();
        let names = Class::Field;
        for (regions, account, names) in [
            (REGION, own, names),
            (REGIONS, own, names),
            (REGION, any, names),
            (&[], own, names),
            (REGION, own, Class::Any),
            (&[], any, Class::Any),
        ] {
            let universe = self.universe(action, regions, account, names);
            if let Some(found) = ask(self, &universe)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn universe(&self, action: &Known, regions: &[&str], account: Option<&str>, names: Class) -> Vec<Pattern> {
        self.catalogue.resources(action, Place { partition: self.partition(), regions, account, names })
    }

    /// Returns the resources of an action that a request of the claim can have.
    pub(super) fn everywhere(&self, action: &Known) -> Cow<'a, [Pattern]> {
        match self.anywhere() {
            Some(own) => Cow::Owned(self.universe(action, &[], Some(own), Class::Any)),
            None => self.catalogue.anywhere(action, self.partition()),
        }
    }

    /// Returns the account of the resources, if the claim is about one account only. A claim that requests are allowed
    /// is about the own account, because the policies of an identity cannot allow a request about a resource of another
    /// account.
    fn anywhere(&self) -> Option<&'a str> {
        self.rights.subject.account().filter(|_| self.wanted == Wanted::Refused)
    }

    pub(super) fn partition(&self) -> &'a str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }

    fn example(&self, action: &str, resource: String, context: Context) -> Counterexample {
        let small = action.to_ascii_lowercase();
        let named = self.levels.terms().filter(|it| it.actions.has(&small)).filter_map(|it| it.again(&context));
        let has = |it: &Term<'_>| it.reach(Bound::May).is_some_and(|reach| reach.has(&resource));
        let by: Vec<StatementPlace> = match self.wanted {
            Wanted::Allowed => named.filter(|it| it.allows() && has(it)).map(|it| it.at()).collect(),
            Wanted::NotDenied => named.filter(|it| !it.allows() && !has(it)).map(|it| it.at()).collect(),
            Wanted::Refused => Vec::new(),
        };
        let principal = match context.get("aws:PrincipalArn") {
            Value::Values([holder]) if context.callers() == Callers::Holders => holder.clone(),
            _ => self.arn.to_owned(),
        };
        let mut example = Counterexample { principal, action: action.to_owned(), resource, context, by, lacks: None };
        if self.wanted == Wanted::Refused {
            match decide(&self.request(&example), &self.policies()) {
                Decision::ExplicitDeny { by } | Decision::Allowed { by: Some(by) } => example.by = vec![by],
                Decision::ImplicitDeny { layer } => example.lacks = Some(layer),
                Decision::Undecided { by, .. } => example.by = by,
                Decision::Allowed { by: None } => {}
            }
        }
        example
    }

    pub(super) fn request(&self, of: &Counterexample) -> Request {
        Request {
            principal: self.rights.subject.clone(),
            action: of.action.clone(),
            resource: of.resource.clone(),
            resource_account: self.rights.subject.account().unwrap_or_default().to_owned(),
            context: of.context.clone(),
        }
    }

    pub(super) fn policies(&self) -> Policies {
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

/// The result of a search that ignores the values of keys.
enum Plain {
    /// There is a counterexample, whatever values the keys have.
    Found(Counterexample),
    /// There is no counterexample, whatever values the keys have.
    Nothing,
    /// The keys decide whether this resource, or another one, gives a counterexample.
    Open(String),
}
