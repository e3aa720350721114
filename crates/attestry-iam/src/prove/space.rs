//! Finds the resources that remain for one action: every level allows them, and no level denies them.
//!
//! This module must not know how actions are grouped, nor the meaning of an answer.

use std::collections::BTreeSet;

use super::claim::{Area, Set};
use super::term::{Bound, Matching, Term, action};
use crate::decide::Decision;
use crate::language::{Budget, Pattern, Query, TooComplex};

/// Statements by level. Each level must allow, and no Deny of any level may apply.
#[derive(Debug, Default)]
pub(super) struct Levels<'a> {
    pub(super) levels: Vec<Vec<Term<'a>>>,
}

/// The sort of request that the search looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A request that is allowed.
    Allowed,
    /// A request that no Deny matches.
    NotDenied,
    /// A request that is not allowed: a Deny matches it, or a level has no Allow for it.
    Refused,
}

impl Wanted {
    /// Returns whether a decision shows that a request is wanted.
    pub(super) fn is(self, decision: &Decision) -> bool {
        match (self, decision) {
            (_, Decision::Undecided { .. }) => self == Self::NotDenied,
            (Self::Allowed, _) => matches!(decision, Decision::Allowed { .. }),
            (Self::NotDenied, _) => !matches!(decision, Decision::ExplicitDeny { .. }),
            (Self::Refused, _) => matches!(decision, Decision::ExplicitDeny { .. } | Decision::ImplicitDeny { .. }),
        }
    }
}

/// A part of all resources. The resources match all patterns of `all` and no pattern of `none`.
#[derive(Clone, Debug, Default)]
pub(super) struct Within {
    pub(super) all: Vec<Pattern>,
    pub(super) none: Vec<Pattern>,
}

/// The area of a claim, as parsed patterns.
#[derive(Debug)]
pub(super) struct Read {
    /// The actions as written in the claim, and the actions as patterns without groups.
    pub(super) set: Set,
    pub(super) actions: [Vec<Pattern>; 2],
    pub(super) resources: [Vec<Pattern>; 2],
    /// The services of the ARNs in the area. `None` stands for any service.
    pub(super) services: Option<BTreeSet<String>>,
}

impl Read {
    pub(super) fn new(area: &Area) -> Self {
        let read = |set: &Set, one: fn(&str) -> Pattern| {
            [&set.of, &set.except].map(|list| list.iter().map(|it| one(it)).collect::<Vec<_>>())
        };
        let [of, except] = read(&area.resources, Pattern::glob);
        let services = of.iter().map(service).collect();
        Self { set: area.actions.clone(), actions: read(&area.actions, action), resources: [of, except], services }
    }

    /// Returns whether the claim names each of its resources without wildcards. No caller chooses the properties of
    /// such a resource.
    pub(super) fn names_one(&self) -> bool {
        let [of, _] = &self.resources;
        of.iter().all(|it| it.is_text())
    }

    /// Returns whether the claim names exactly this resource.
    pub(super) fn names(&self, resource: &str) -> bool {
        let [of, _] = &self.resources;
        of.iter().any(|it| it.only().is_some_and(|only| only == resource))
    }

    /// Returns whether the claim may cover a resource of a universe.
    pub(super) fn may_meet(&self, universe: &[Pattern]) -> bool {
        let [of, _] = &self.resources;
        universe.iter().any(|it| of.iter().any(|of| !of.excludes(it)))
    }
}

/// Returns the service of the ARNs of a pattern, if all of them have the same service.
pub(super) fn service(pattern: &Pattern) -> Option<String> {
    let begins = pattern.prefix();
    let mut parts = begins.split(':').skip(2);
    let service = parts.next()?;
    parts.next().map(|_| service.to_owned())
}

impl<'a> Levels<'a> {
    pub(super) fn terms(&self) -> impl Iterator<Item = &Term<'a>> {
        self.levels.iter().flatten()
    }

    /// Returns a resource of a universe for which a wanted request exists, for one bound of the unknown keys. The
    /// function `applies` selects the statements about the action.
    pub(super) fn resource(
        &self,
        wanted: Wanted,
        bound: Bound,
        applies: &dyn Fn(&Term<'_>, Bound) -> bool,
        universe: &[Pattern],
        area: &Read,
        budget: &mut Budget,
    ) -> Result<Option<String>, TooComplex> {
        self.resource_within(wanted, bound, applies, universe, area, &Within::default(), budget)
    }

    /// Does the same in a part of the universe.
    #[allow(clippy::too_many_arguments, reason = "one question, told once")]
    pub(super) fn resource_within(
        &self,
        wanted: Wanted,
        bound: Bound,
        applies: &dyn Fn(&Term<'_>, Bound) -> bool,
        universe: &[Pattern],
        area: &Read,
        within: &Within,
        budget: &mut Budget,
    ) -> Result<Option<String>, TooComplex> {
        let [of, except] = &area.resources;
        let mut query =
            Query { some_of: vec![universe.iter().collect(), of.iter().collect()], none_of: except.iter().collect() };
        query.some_of.extend(within.all.iter().map(|it| vec![it]));
        query.none_of.extend(&within.none);
        if wanted == Wanted::Refused {
            return self.refused(bound, applies, &query, budget);
        }
        for deny in self.terms().filter(|it| !it.allows() && applies(it, bound.other())) {
            match deny.reach(bound.other()) {
                Some(Matching::In(list)) => query.none_of.extend(list),
                Some(Matching::NotIn(list)) => query.some_of.push(list.iter().collect()),
                None => {}
            }
        }
        let levels = match wanted {
            Wanted::NotDenied | Wanted::Refused => Vec::new(),
            Wanted::Allowed => self.levels.iter().map(|level| ways(level, bound, applies)).collect(),
        };
        descend(&levels, query, budget)
    }

    /// Returns a resource of a query that one Deny or one level refuses, for one bound of the unknown keys. A Deny
    /// refuses the resources that it covers. A level refuses the resources that its Allows do not cover for the other
    /// bound.
    fn refused(
        &self,
        bound: Bound,
        applies: &dyn Fn(&Term<'_>, Bound) -> bool,
        query: &Query<'_>,
        budget: &mut Budget,
    ) -> Result<Option<String>, TooComplex> {
        let size = query.none_of.len() + query.some_of.len();
        for deny in self.terms().filter(|it| !it.allows() && applies(it, bound)) {
            budget.spend(size)?;
            let mut query = query.clone();
            match deny.reach(bound) {
                Some(Matching::In(list)) => query.some_of.push(list.iter().collect()),
                Some(Matching::NotIn(list)) => query.none_of.extend(list),
                None => continue,
            }
            if let Some(found) = query.witness(budget)? {
                return Ok(Some(found));
            }
        }
        for level in &self.levels {
            budget.spend(size)?;
            let mut query = query.clone();
            for allow in level.iter().filter(|it| it.allows() && applies(it, bound.other())) {
                match allow.reach(bound.other()) {
                    Some(Matching::In(list)) => query.none_of.extend(list),
                    Some(Matching::NotIn(list)) => query.some_of.push(list.iter().collect()),
                    None => {}
                }
            }
            if let Some(found) = query.witness(budget)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// The resources that one or several Allows of a level cover.
enum Choice<'a> {
    In(Vec<&'a Pattern>),
    NotIn(Vec<&'a Pattern>),
}

/// Returns the choices of a level. A level allows a resource when one of its choices covers it. All Allows with
/// `Resource` together form one choice. Each Allow with `NotResource` forms another one.
fn ways<'a>(level: &'a [Term<'_>], bound: Bound, applies: &dyn Fn(&Term<'_>, Bound) -> bool) -> Vec<Choice<'a>> {
    let (mut any, mut ways) = (Vec::new(), Vec::new());
    for allow in level.iter().filter(|it| it.allows() && applies(it, bound)) {
        match allow.reach(bound) {
            Some(Matching::In(list)) => any.extend(list),
            Some(Matching::NotIn(list)) => ways.push(Choice::NotIn(list.iter().collect())),
            None => {}
        }
    }
    if !any.is_empty() {
        ways.insert(0, Choice::In(any));
    }
    // When one choice allows everything, the others add nothing.
    let everything = |way: &Choice<'_>| match way {
        Choice::In(list) => list.iter().any(|it| it.is_everything()),
        Choice::NotIn(list) => list.is_empty(),
    };
    if ways.iter().any(everything) {
        return vec![Choice::NotIn(Vec::new())];
    }
    ways
}

fn descend<'a>(
    levels: &[Vec<Choice<'a>>],
    query: Query<'a>,
    budget: &mut Budget,
) -> Result<Option<String>, TooComplex> {
    let Some((level, rest)) = levels.split_first() else { return query.witness(budget) };
    for way in level {
        budget.spend(query.none_of.len() + query.some_of.len())?;
        let mut query = query.clone();
        match way {
            Choice::In(list) => query.some_of.push(list.clone()),
            Choice::NotIn(list) => query.none_of.extend(list),
        }
        if let Some(found) = descend(rest, query, budget)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
