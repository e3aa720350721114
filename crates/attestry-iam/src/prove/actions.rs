//! Which actions have to be looked at: one of each group that no statement tells apart, and one of each way in which an
//! action that the reference does not have could be matched.
//!
//! Must not know resources.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::catalogue::{Catalogue, Known, Spread, marks};
use super::space::{Levels, Read, Wanted};
use super::term::{Bound, Reach, Term};
use crate::language::{Budget, Class, Pattern, Query, Token, TooComplex, cells};

/// How often a name that is known after all is set aside before giving up.
const TRIES: usize = 32;

/// One action for each group of known actions of the claim that all statements treat alike and that have resources of the
/// same formats. What a level surely does not allow is left out where allowed actions are wanted.
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
    for term in levels.terms().filter(|it| wanted == Wanted::Allowed || !it.allows()) {
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

/// The patterns of all that a level may allow; none where it says what it does not.
fn listed<'t>(level: &'t [Term<'_>]) -> Option<Vec<&'t Pattern>> {
    let allows = level.iter().filter(|term| term.allows());
    let lists = allows.map(|term| if let Reach::In(list) = &*term.actions { Some(list) } else { None });
    Some(lists.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
}

fn matched(actions: &[&Known], reach: &Reach) -> Vec<bool> {
    match reach {
        Reach::In(list) => marks(actions, list),
        Reach::NotIn(list) => marks(actions, list).into_iter().map(|it| !it).collect(),
    }
}

/// Actions of the claim that the reference does not have, as texts in small letters.
pub(super) struct Unknown<'c> {
    catalogue: &'c Catalogue,
    spread: Arc<Spread>,
}

impl<'c> Unknown<'c> {
    pub(super) fn new(catalogue: &'c Catalogue, area: &Read) -> Self {
        Self { catalogue, spread: catalogue.spread(&area.set) }
    }

    /// Whether there can be any: not where the claim lists known actions only.
    pub(super) fn exist(&self) -> bool {
        !self.open().is_empty()
    }

    /// The patterns of the claim that cover more than one known action.
    fn open(&self) -> &[Pattern] {
        &self.spread.open
    }

    /// Whether a statement applies: to some such action on the side of `May`, to all of them on that of `Sure`. Rough, but
    /// on the safe side; it saves most proofs from looking at actions one by one.
    pub(super) fn roughly(&self, term: &Term<'_>, bound: Bound) -> bool {
        let open = self.open();
        match (&*term.actions, bound) {
            (Reach::In(list), Bound::May) => {
                list.iter().any(|it| self.is_open(it) && open.iter().any(|of| !of.excludes(it)))
            }
            (Reach::NotIn(list), Bound::May) => !open.iter().all(|of| list.iter().any(|it| it.covers(of))),
            (Reach::In(list), Bound::Sure) => open.iter().all(|of| list.iter().any(|it| it.covers(of))),
            (Reach::NotIn(list), Bound::Sure) => list.iter().all(|it| open.iter().all(|of| of.excludes(it))),
        }
    }

    fn is_open(&self, pattern: &Pattern) -> bool {
        pattern.only().is_none_or(|text| self.catalogue.action(&text).is_none())
    }

    /// One unknown action for each way in which statements can match it.
    pub(super) fn names(&self, levels: &Levels<'_>, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
        let shape = shape();
        // A name of a known action matches no other.
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

    /// The text, or another one of the query, that is not a known action.
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

/// What a name of an action looks like, in small letters.
fn shape() -> Pattern {
    let word = [Token::One(Class::Word), Token::Many(Class::Word)];
    Pattern::new(word.into_iter().chain([Token::Char(':')]).chain(word))
}
