//! The search for a text that matches at least one pattern of each list, and none of the excluded patterns.
//!
//! This module must not know the meaning of the lists.

use super::pattern::Pattern;
use super::product::{Product, State, walk};
use super::{Budget, TooComplex};

/// When the patterns of a list have more tokens than this, they are tried one at a time. Many small searches then
/// replace one large search.
const LARGE: usize = 512;

/// The lists of patterns to match, and the patterns to exclude.
#[derive(Clone, Debug, Default)]
pub struct Query<'a> {
    /// The text matches at least one pattern of each list.
    pub some_of: Vec<Vec<&'a Pattern>>,
    /// The text matches none of these patterns.
    pub none_of: Vec<&'a Pattern>,
}

impl<'a> Query<'a> {
    /// Returns a text that matches the query, if there is one. It is usually one of the shortest. When the patterns of
    /// a long list are tried one at a time, it is a text for the first pattern that has one.
    pub fn witness(mut self, budget: &mut Budget) -> Result<Option<String>, TooComplex> {
        let patterns = self.none_of.len() + self.some_of.iter().map(Vec::len).sum::<usize>();
        budget.spend(patterns * 4)?;
        if self.some_of.is_empty() {
            return Query { some_of: vec![vec![&Pattern::everything()]], none_of: self.none_of }.witness(budget);
        }
        if !self.simplify(budget)? {
            return Ok(None);
        }
        if let Some(found) = self.enumerate() {
            return Ok(found);
        }
        let size = |list: &Vec<&Pattern>| list.iter().map(|it| it.tokens().len()).sum::<usize>();
        let widest =
            self.some_of.iter().enumerate().filter(|(_, list)| list.len() > 1).max_by_key(|(_, list)| size(list));
        let Some((at, list)) = widest.filter(|(_, list)| size(list) > LARGE) else { return self.search(budget) };
        for pattern in list {
            let mut one = self.clone();
            one.some_of.iter_mut().skip(at).take(1).for_each(|list| *list = vec![*pattern]);
            if one.simplify(budget)?
                && let Some(found) = one.enumerate().map_or_else(|| one.search(budget), Ok)?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Returns whether a text matches the query.
    #[must_use]
    pub fn admits(&self, text: &str) -> bool {
        self.some_of.iter().all(|list| list.iter().any(|pattern| pattern.matches(text)))
            && !self.none_of.iter().any(|pattern| pattern.matches(text))
    }

    /// Removes patterns that cannot matter. The function only compares pairs of patterns, which is enough to answer
    /// most queries. Returns false when no text matches the query.
    fn simplify(&mut self, budget: &mut Budget) -> Result<bool, TooComplex> {
        let none_of = std::mem::take(&mut self.none_of);
        for list in &mut self.some_of {
            budget.spend(list.len() * none_of.len())?;
            list.retain(|pattern| !none_of.iter().any(|none| none.covers(pattern)));
        }
        // The lists are first compared with the shortest one. Afterwards, the long lists often have few patterns left.
        if let Some(short) = self.some_of.iter().min_by_key(|list| list.len()).cloned() {
            for list in &mut self.some_of {
                budget.spend(list.len() * short.len())?;
                list.retain(|pattern| short.iter().any(|it| !it.excludes(pattern)));
            }
        }
        if self.some_of.iter().any(Vec::is_empty) {
            return Ok(false);
        }
        for at in 0..self.some_of.len() {
            let others: Vec<Vec<&Pattern>> = self.some_of.clone();
            if let Some(list) = self.some_of.get_mut(at) {
                budget.spend(list.len() * others.iter().map(Vec::len).sum::<usize>())?;
                list.retain(|pattern| others.iter().all(|other| other.iter().any(|it| !it.excludes(pattern))));
            }
        }
        if self.some_of.iter().any(Vec::is_empty) {
            return Ok(false);
        }
        let mut kept: Vec<Vec<&Pattern>> = Vec::new();
        self.some_of.sort_by_key(Vec::len);
        for list in std::mem::take(&mut self.some_of) {
            let wider =
                |one: &[&Pattern], two: &[&Pattern]| two.iter().all(|it| one.iter().any(|wide| wide.covers(it)));
            budget.spend(list.len() * kept.iter().map(Vec::len).sum::<usize>())?;
            if !kept.iter().any(|other| wider(&list, other)) {
                kept.retain(|other| !wider(other, &list));
                kept.push(list);
            }
        }
        budget.spend(none_of.len() * kept.iter().map(Vec::len).sum::<usize>())?;
        let matters = |none: &&Pattern| kept.iter().all(|list| list.iter().any(|pattern| !pattern.excludes(none)));
        self.none_of = none_of.into_iter().filter(matters).collect();
        self.none_of.sort_unstable();
        self.none_of.dedup();
        self.some_of = kept;
        Ok(true)
    }

    /// Tries the texts of a list that contains only texts. Returns `None` when there is no such list.
    fn enumerate(&self) -> Option<Option<String>> {
        let texts = |list: &Vec<&Pattern>| list.iter().map(|pattern| pattern.only()).collect::<Option<Vec<String>>>();
        self.some_of.iter().find_map(texts).map(|texts| texts.into_iter().find(|text| self.admits(text)))
    }

    fn search(&self, budget: &mut Budget) -> Result<Option<String>, TooComplex> {
        let patterns: Vec<&Pattern> = self.some_of.iter().flatten().chain(&self.none_of).copied().collect();
        let mut from = 0;
        let lists: Vec<std::ops::Range<usize>> = self
            .some_of
            .iter()
            .map(|list| {
                from += list.len();
                from - list.len()..from
            })
            .collect();
        let none = from..patterns.len();
        budget.spend(patterns.iter().map(|pattern| pattern.tokens().len()).sum())?;
        let mut product = Product::new(patterns);
        let narrow = |product: &Product, state: State| {
            let lost = |list: &std::ops::Range<usize>| !list.clone().any(|at| product.alive(&state, at));
            if lists.iter().any(lost) || none.clone().any(|at| product.settled(&state, at)) {
                return None;
            }
            // When a pattern takes every further text, the other patterns of its list do not matter.
            let needless = lists.iter().filter(|list| list.len() > 1).filter_map(|list| {
                let done = list.clone().find(|at| product.settled(&state, *at))?;
                Some(list.clone().filter(move |at| *at != done))
            });
            let needless: Vec<usize> = needless.flatten().collect();
            Some(if needless.is_empty() { state } else { product.forget(&state, needless.into_iter()) })
        };
        walk(&mut product, budget, narrow, |product, state, text| {
            let found = lists.iter().all(|list| list.clone().any(|at| product.accepts(state, at)))
                && !none.clone().any(|at| product.accepts(state, at));
            found.then(text)
        })
    }
}
