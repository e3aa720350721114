//! Selects the actions that a proof examines. It takes one action from each group of actions that all statements treat
//! alike. For the actions that the reference does not contain, it takes one action for each combination of patterns
//! that can match them.
//!
//! This module must not know resources.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::catalogue::{Catalogue, Known, Spread, marks};
use super::space::{Levels, Read, Wanted};
use super::term::{Bound, Matching, Term};
use crate::language::{Budget, Class, Pattern, Query, Token, TooComplex, cells};

/// The maximum number of names that the search rejects because they are names of known actions.
const TRIES: usize = 32;

/// Returns one action for each group of known actions of the claim. All statements treat the actions of a group alike,
/// and their resources have the same formats. When the search is for an allowed request, the result leaves out actions
/// that a level surely does not allow.
pub(super) fn groups<'c>(
    catalogue: &'c Catalogue,
    levels: &Levels<'_>,
    wanted: Wanted,
    area: &Read,
    budget: &mut Budget,
) -> Result<Vec<&'c Known>, TooComplex> {
    let among = if wanted == Wanted::Allowed { levels.levels.iter().find_map(|level| listed(level)) } else { None };
    let mut actions = catalogue.known(&catalogue.spread(&area.set), among.as_deref());
    if wanted == Wanted::Allowed {
        for level in &levels.levels {
            let allowed = level.iter().filter(|it| it.allows()).map(|it| matched(&actions, &it.actions));
            let any = allowed.fold(vec![false; actions.len()], |mut any, one| {
                any.iter_mut().zip(one).for_each(|(any, one)| *any |= one);
                any
            });
            actions = actions.into_iter().zip(any).filter_map(|(action, any)| any.then_some(action)).collect();
        }
    }
    let mut classes = vec![0u32; actions.len()];
    let mut count = 0u32;
    for term in levels.terms().filter(|it| wanted != Wanted::NotDenied || !it.allows()) {
        budget.spend(actions.len() / 64 + term.actions.patterns().len())?;
        let mut split: HashMap<u32, u32> = HashMap::new();
        for (class, matched) in classes.iter_mut().zip(matched(&actions, &term.actions)) {
            if matched {
                *class = *split.entry(*class).or_insert_with(|| {
                    count += 1;
                    count
                });
            }
        }
    }
    let mut first: BTreeMap<(u32, (usize, usize)), &Known> = BTreeMap::new();
    for (action, class) in actions.iter().zip(classes) {
        first.entry((class, action.formats)).or_insert(action);
    }
    let mut found: Vec<&Known> = first.into_values().collect();
    found.sort_by(|one, two| one.small.cmp(&two.small));
    Ok(found)
}

/// Returns the patterns of all actions that a level may allow. Returns `None` when an Allow of the level has
/// `NotAction`, and so lists the actions that it does not allow.
fn listed<'t>(level: &'t [Term<'_>]) -> Option<Vec<&'t Pattern>> {
    let allows = level.iter().filter(|term| term.allows());
    let lists = allows.map(|term| if let Matching::In(list) = &*term.actions { Some(list) } else { None });
    Some(lists.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

fn matched(actions: &[&Known], reach: &Matching) -> Vec<bool> {
    match reach {
        Matching::In(list) => marks(actions, list),
        Matching::NotIn(list) => marks(actions, list).into_iter().map(|it| !it).collect(),
    }
}

/// The actions of the claim that the reference does not contain, in lower case.
pub(super) struct Unknown<'c> {
    catalogue: &'c Catalogue,
    spread: Arc<Spread>,
}

impl<'c> Unknown<'c> {
    pub(super) fn new(catalogue: &'c Catalogue, area: &Read) -> Self {
        Self { catalogue, spread: catalogue.spread(&area.set) }
    }

    /// Returns whether unknown actions are possible. They are impossible when the claim lists known actions only.
    pub(super) fn exist(&self) -> bool {
        !self.open().is_empty()
    }

    /// Returns the patterns of the claim that may cover unknown actions.
    fn open(&self) -> &[Pattern] {
        &self.spread.open
    }

    /// Returns whether a statement applies to unknown actions: to at least one of them for `May`, and to all of them
    /// for `Sure`. The result is approximate, but never makes a proof wrong. Because of it, most proofs need not
    /// examine single actions.
    pub(super) fn roughly(&self, term: &Term<'_>, bound: Bound) -> bool {
        let open = self.open();
        match (&*term.actions, bound) {
            (Matching::In(list), Bound::May) => {
                list.iter().any(|it| self.is_open(it) && open.iter().any(|of| !of.excludes(it)))
            }
            (Matching::NotIn(list), Bound::May) => !open.iter().all(|of| list.iter().any(|it| it.covers(of))),
            (Matching::In(list), Bound::Sure) => open.iter().all(|of| list.iter().any(|it| it.covers(of))),
            (Matching::NotIn(list), Bound::Sure) => list.iter().all(|it| open.iter().all(|of| of.excludes(it))),
        }
    }

    fn is_open(&self, pattern: &Pattern) -> bool {
        pattern.only().is_none_or(|text| self.catalogue.action(&text).is_none())
    }

    /// Returns one unknown action for each combination of patterns that can match it.
    pub(super) fn names(&self, levels: &Levels<'_>, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
        let shape = shape();
        // A pattern that is the name of a known action matches no unknown action.
        let named: Vec<&Pattern> =
            levels.terms().flat_map(|it| it.actions.patterns()).filter(|it| self.is_open(it)).collect();
        let by_verb = named.iter().filter_map(|it| self.catalogue.shut_by_verb(&self.spread, it));
        let except: Vec<Pattern> = self.spread.shut.iter().cloned().chain(by_verb).collect();
        let mut others: Vec<&Pattern> = named.into_iter().chain(&except).collect();
        others.sort_unstable();
        others.dedup();
        let mut names = Vec::new();
        for of in self.open() {
            let others: Vec<&Pattern> = others.iter().copied().filter(|it| !it.excludes(of)).collect();
            for (cell, text) in cells(&[of, &shape], &others, budget)? {
                let inside: Vec<&Pattern> =
                    others.iter().zip(&cell).filter_map(|(it, inside)| inside.then_some(*it)).collect();
                if inside.iter().any(|it| except.contains(it)) {
                    continue;
                }
                let outside = others.iter().zip(&cell).filter_map(|(it, inside)| (!inside).then_some(*it)).collect();
                let some_of = [of, &shape].into_iter().chain(inside).map(|it| vec![it]).collect();
                names.extend(self.unknown(text, &Query { some_of, none_of: outside }, budget)?);
            }
        }
        Ok(names)
    }

    /// Returns the text if it is not a known action. Otherwise it returns another text that matches the query and is
    /// not a known action.
    fn unknown(&self, text: String, query: &Query<'_>, budget: &mut Budget) -> Result<Option<String>, TooComplex> {
        let mut known: Vec<Pattern> = Vec::new();
        let mut text = Some(text);
        while let Some(found) = text.take_if(|it| self.catalogue.action(it).is_some()) {
            if known.len() == TRIES || query.some_of.iter().flatten().any(|it| it.is_text()) {
                return if known.len() == TRIES { Err(TooComplex) } else { Ok(None) };
            }
            known.push(Pattern::text(&found));
            let mut query = query.clone();
            query.none_of.extend(&known);
            text = query.witness(budget)?;
        }
        Ok(text)
    }
}

/// Returns the pattern of all names of actions, in lower case.
fn shape() -> Pattern {
    let word = [Token::One(Class::Word), Token::Many(Class::Word)];
    Pattern::new(word.into_iter().chain([Token::Char(':')]).chain(word))
}
