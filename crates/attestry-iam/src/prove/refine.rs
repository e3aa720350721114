//! Examines an action whose outcome depends on condition keys. It searches for values that give a wanted request, or
//! proves that there are none.
//!
//! A caller chooses some of the keys of a request. It cannot choose the keys that follow from its identity. The search
//! finds a request when the chosen keys alone decide. A proof that there is no request needs all keys: it tries every
//! sort of value that the conditions distinguish. In all other cases, the result stays open. This module must not know
//! claims.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Known;
use super::identity::Rights;
use super::parts::{Part, parts};
use super::possible::is_possible;
use super::search::Search;
use super::space::{Levels, Wanted};
use super::term::{Bound, Term};
use super::values::{Atom, For, values};
use crate::context::{Callers, Context, Known as Told};
use crate::decide::{Decision, Policies, Request, Subject, Truth, decide, undecided_keys};
use crate::language::{Pattern, TooComplex};
use crate::reference::{self, Chosen};

/// The maximum number of sets of values that the search tries for one part of the resources.
const STEPS: usize = 400;

/// The result of the search.
pub(super) enum Refined {
    /// There is a request on this resource with these keys.
    Found(String, Context),
    /// No values give a wanted request.
    Nothing,
    /// The search found no answer.
    Open,
}

/// The data that stays the same during one search for values.
struct About<'s, 'a> {
    action: &'s Known,
    /// The statements that apply to the action.
    levels: Vec<Vec<&'s Term<'a>>>,
    everywhere: &'s [Pattern],
    /// The conditions by key, in lower case.
    atoms: BTreeMap<String, Vec<Atom<'a>>>,
    /// The keys that occur as variables in texts.
    variables: BTreeSet<String>,
}

impl<'a> Search<'a> {
    /// Searches for key values that give a wanted request. The keys that follow from the subject have the values of the
    /// subject.
    pub(super) fn looked(&mut self, action: &Known) -> Result<Option<(String, Context)>, TooComplex> {
        self.about(action, Self::found_by_subject)
    }

    /// Searches for a wanted request, unless `looked` is true. Then it tries to prove that there is no such request.
    /// The result stays open when this takes too long.
    pub(super) fn refined(&mut self, action: &Known, looked: bool) -> Refined {
        self.about(action, |search, about| search.decided(about, looked).unwrap_or(Refined::Open))
    }

    fn about<T>(&mut self, action: &Known, ask: impl FnOnce(&mut Self, &About<'_, 'a>) -> T) -> T {
        let levels = std::mem::take(&mut self.levels);
        let everywhere = self.everywhere(action);
        let answer = ask(self, &About::new(action, &levels, &everywhere, self.context));
        self.levels = levels;
        answer
    }

    /// Returns a wanted request of the subject. If a document stands alone, its holder is unknown, but a plain user is
    /// one possible holder. A document that can be attached to any identity can also belong to a role.
    fn found_by_subject(&mut self, about: &About<'_, 'a>) -> Result<Option<(String, Context)>, TooComplex> {
        let subjects = match self.context.callers() {
            Callers::One => vec![self.rights.subject.clone()],
            Callers::Holders => vec![self.rights.subject.clone(), self.rights.subject.as_role()],
            Callers::Anybody => Vec::new(),
        };
        let known: Vec<Context> = subjects.iter().filter_map(|it| self.by_subject(it, about)).collect();
        if known.is_empty() {
            return self.found(about, None);
        }
        for known in &known {
            if let Some(found) = self.found(about, Some(known))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Adds the keys that follow from a subject to the context of the claim. Returns `None` when none of them matters,
    /// or when the claim is about another subject.
    fn by_subject(&self, subject: &Subject, about: &About<'_, 'a>) -> Option<Context> {
        let certain = Rights { subject: subject.clone(), policies: Policies::default() }.known();
        let (mut known, mut more) = (self.context.clone(), self.context.callers() == Callers::Holders);
        for (key, said) in certain.keys() {
            match (self.context.get(key), said) {
                (Told::Unknown, Told::Values(values)) => known = known.with(key, values),
                (Told::Unknown, _) => known = known.without(key),
                (told, said) if told == said => continue,
                // The claim is about another subject.
                _ => return None,
            }
            more |= about.atoms.contains_key(key) || about.variables.contains(key);
        }
        more.then_some(known)
    }

    /// Returns a wanted request on a resource of one of the parts.
    fn found(
        &mut self,
        about: &About<'_, 'a>,
        known: Option<&Context>,
    ) -> Result<Option<(String, Context)>, TooComplex> {
        let known = known.unwrap_or(self.context);
        for part in parts(about.action, &about.atoms, &about.variables, known, about.everywhere, &mut self.deep)? {
            if self.exists(about, &part, &part.context, Bound::May)?.is_none() {
                continue;
            }
            let mut steps = STEPS;
            if let Some(found) = self.chosen(about, &part, &part.context, &mut steps)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn decided(&mut self, about: &About<'_, 'a>, looked: bool) -> Result<Refined, TooComplex> {
        if !looked && let Some((resource, context)) = self.found_by_subject(about)? {
            return Ok(Refined::Found(resource, context));
        }
        let mut answer = Refined::Nothing;
        for part in parts(about.action, &about.atoms, &about.variables, self.context, about.everywhere, &mut self.deep)?
        {
            if self.exists(about, &part, &part.context, Bound::May)?.is_none() {
                continue;
            }
            let mut steps = STEPS;
            if !self.excluded(about, &part, &part.context, &mut steps)? {
                answer = Refined::Open;
            }
        }
        Ok(answer)
    }

    /// Returns a wanted resource of a part, for one bound of the keys that the context leaves unknown.
    fn exists(
        &mut self,
        about: &About<'_, 'a>,
        part: &Part,
        context: &Context,
        bound: Bound,
    ) -> Result<Option<String>, TooComplex> {
        self.in_universe(&about.again(context), part, about.everywhere, bound)
    }

    fn in_universe(
        &mut self,
        levels: &Levels<'_>,
        part: &Part,
        universe: &[Pattern],
        bound: Bound,
    ) -> Result<Option<String>, TooComplex> {
        let any = |_: &Term<'_>, _| true;
        levels.resource_within(self.wanted, bound, &any, universe, &self.area, &part.within, &mut self.deep)
    }

    /// Returns a wanted request for values that the caller can choose. Keys that no caller chooses must not matter.
    fn chosen(
        &mut self,
        about: &About<'_, 'a>,
        part: &Part,
        context: &Context,
        steps: &mut usize,
    ) -> Result<Option<(String, Context)>, TooComplex> {
        if *steps == 0 || !is_possible(context) {
            return Ok(None);
        }
        *steps -= 1;
        let levels = about.again(context);
        if self.in_universe(&levels, part, about.everywhere, Bound::May)?.is_none() {
            return Ok(None);
        }
        if let Some(found) = self.in_universe(&levels, part, about.everywhere, Bound::Sure)? {
            let near = self
                .nearest(about.action, |search, universe| search.in_universe(&levels, part, universe, Bound::Sure))?;
            let resource = near.unwrap_or(found);
            let context = part.with_arn(context, &resource);
            let context = context.filter(|context| {
                let of_resource = |key: &str| reference::key(key).is_some_and(|it| it.chosen == Chosen::Resource);
                let chosen = |key: &str| of_resource(key) && part.context.get(key) == Told::Unknown;
                // No caller chooses the properties of a resource that the claim names.
                let fixed = self.area.names(&resource) && context.keys().any(|(key, _)| chosen(key));
                !fixed && self.holds(about.action, &resource, context)
            });
            return Ok(context.map(|context| (resource, context)));
        }
        let (free, fixed): (Vec<String>, Vec<String>) =
            open(&levels, context).into_iter().partition(|key| self.may_choose(key));
        if let Some(key) = free.first() {
            let tried = values(key, about.atoms_of(key), context, self.partition(), For::Witness, &mut self.deep)?
                .unwrap_or_default();
            // A key that requests of the action cannot have is always absent.
            let has = has(&about.action.name, key);
            for said in tried.into_iter().filter(|said| has || said.is_none()) {
                if let Some(found) = self.chosen(about, part, &saying(context, key, said), steps)? {
                    return Ok(Some(found));
                }
            }
        }
        // A key that no caller chooses does not matter when each of its values leads to a request on the same resource.
        for key in fixed.iter().filter(|key| !about.variables.contains(*key)) {
            let Some(all) = values(key, about.atoms_of(key), context, self.partition(), For::Proof, &mut self.deep)?
            else {
                continue;
            };
            let (mut one, mut part) = (None, part.clone());
            for said in all {
                let Some(found) = self.chosen(about, &part, &saying(context, key, said), steps)? else {
                    return Ok(None);
                };
                part.narrow(&found.0);
                one = one.or(Some(found));
            }
            return Ok(one);
        }
        Ok(None)
    }

    /// Returns whether the search proves that no values of the keys give a wanted request.
    fn excluded(
        &mut self,
        about: &About<'_, 'a>,
        part: &Part,
        context: &Context,
        steps: &mut usize,
    ) -> Result<bool, TooComplex> {
        if *steps == 0 {
            return Ok(false);
        }
        *steps -= 1;
        let levels = about.again(context);
        if self.in_universe(&levels, part, about.everywhere, Bound::May)?.is_none() {
            return Ok(true);
        }
        let mut open = open(&levels, context);
        // The key with the most conditions comes first, because it decides soonest.
        open.sort_by_key(|key| std::cmp::Reverse(about.atoms.get(key).map_or(0, Vec::len)));
        for key in open.into_iter().filter(|key| about.atoms.contains_key(key) && !about.variables.contains(key)) {
            let Some(all) = values(&key, about.atoms_of(&key), context, self.partition(), For::Proof, &mut self.deep)?
            else {
                continue;
            };
            for said in all {
                if !self.excluded(about, part, &saying(context, &key, said), steps)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Returns whether a caller can choose the value of a key.
    fn may_choose(&mut self, key: &str) -> bool {
        match reference::key(key).map(|it| it.chosen) {
            Some(Chosen::Caller) => true,
            Some(Chosen::Resource) => !self.area.names_one(),
            Some(Chosen::Device) => *self.device.get_or_insert_with(|| can_have_device(self.rights, self.wanted)),
            // When several callers are possible, one of them has the value.
            Some(Chosen::Nobody) => match self.context.callers() {
                Callers::One => false,
                Callers::Holders => self.has_holder_with(key) || self.has_resource_with(key),
                Callers::Anybody => reference::describes_caller(key) || self.has_resource_with(key),
            },
            None => false,
        }
    }

    /// Returns whether, for any value of a key, one of the possible holders of the policies has the value. The
    /// organization is fixed when the account is known, because an account belongs to one organization.
    fn has_holder_with(&self, key: &str) -> bool {
        let is_fixed =
            reference::names_organization_of_caller(key) && self.context.get("aws:PrincipalAccount") != Told::Unknown;
        reference::describes_holder(key) && !is_fixed
    }

    /// Returns whether, for any value of a key, a resource of the claim has the value. This is so for the key of the
    /// organization of a resource, because a resource of another party belongs to the organization of that party.
    fn has_resource_with(&self, key: &str) -> bool {
        reference::names_organization_of_resource(key) && !self.area.names_one()
    }

    /// Returns whether `decide` confirms the result. `decide` does not depend on the search.
    fn holds(&self, action: &Known, resource: &str, context: &Context) -> bool {
        let request = Request {
            principal: self.rights.subject.clone(),
            action: action.name.clone(),
            resource: resource.to_owned(),
            resource_account: self.rights.subject.account().unwrap_or_default().to_owned(),
            context: context.clone(),
        };
        self.wanted.is(&decide(&request, &self.policies()))
    }
}

impl<'s, 'a> About<'s, 'a> {
    fn new(action: &'s Known, of: &'s Levels<'a>, everywhere: &'s [Pattern], context: &Context) -> Self {
        let levels: Vec<Vec<&Term<'a>>> =
            of.levels.iter().map(|level| level.iter().filter(|it| it.actions.has(&action.small)).collect()).collect();
        let (mut atoms, mut variables) = (BTreeMap::<String, Vec<Atom<'a>>>::new(), BTreeSet::new());
        for term in levels.iter().flatten() {
            variables.extend(term.variables(context));
            for condition in &term.statement.conditions {
                let atom = Atom { condition, variables: term.policy.variables };
                atoms.entry(condition.key.to_ascii_lowercase()).or_default().push(atom);
                variables.extend(
                    condition.values.iter().flat_map(|value| {
                        crate::pattern::resolved(value, term.policy.variables, true, context).unknown
                    }),
                );
            }
        }
        let variables = variables.into_iter().map(|key| key.to_ascii_lowercase()).collect();
        Self { action, levels, everywhere, atoms, variables }
    }

    fn atoms_of(&self, key: &str) -> &[Atom<'a>] {
        self.atoms.get(key).map_or(&[], Vec::as_slice)
    }

    /// Returns the statements after more keys became known.
    fn again(&self, context: &Context) -> Levels<'a> {
        let level = |level: &Vec<&Term<'a>>| level.iter().filter_map(|it| it.again(context)).collect();
        Levels { levels: self.levels.iter().map(level).collect() }
    }
}

/// Returns the keys, in lower case, that still decide about statements.
fn open(levels: &Levels<'_>, context: &Context) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for term in levels.terms() {
        let of_conditions = match term.truth {
            Truth::Unknown => undecided_keys(&term.statement.conditions, term.policy.variables, context),
            _ => Vec::new(),
        };
        for key in of_conditions.into_iter().chain(term.variables(context)) {
            let key = key.to_ascii_lowercase();
            if context.get(&key) == Told::Unknown && !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

/// Returns whether requests of an action may have a key: a key of every service, or a key that AWS documents for the
/// action.
fn has(action: &str, key: &str) -> bool {
    let of_action = !key.starts_with("aws:")
        || ["aws:requesttag/", "aws:resourcetag/", "aws:tagkeys"].iter().any(|it| key.starts_with(it));
    !of_action || reference::sends(action, key)
}

fn saying(context: &Context, key: &str, said: Option<Vec<String>>) -> Context {
    match said {
        Some(values) => context.clone().with(key, values),
        None => context.clone().without(key),
    }
}

/// Returns whether a caller with these rights can have an MFA device. For a user, it returns whether the user may
/// register a device without MFA. Another identity starts the session of a role, and the holder of a document that only
/// denies is unknown. So both can have a device. In a search for a refused request, every user can have one.
fn can_have_device(rights: &Rights, wanted: Wanted) -> bool {
    let Subject::User { arn } = &rights.subject else { return true };
    let without = rights.known().without("aws:MultiFactorAuthPresent").without("aws:MultiFactorAuthAge");
    let request = Request {
        principal: rights.subject.clone(),
        action: "iam:EnableMFADevice".to_owned(),
        resource: arn.clone(),
        resource_account: rights.subject.account().unwrap_or_default().to_owned(),
        context: without,
    };
    let policies = Policies { resource: None, rcps: Vec::new(), resource_must_allow: false, ..rights.policies.clone() };
    wanted != Wanted::Allowed || matches!(decide(&request, &policies), Decision::Allowed { .. })
}
