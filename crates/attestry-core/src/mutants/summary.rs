//! The numbers of mutants, the survivors, and the use of the acceptances.
//!
//! This module must not know how a summary is shown.

use std::collections::BTreeMap;

use serde::Serialize;

use super::accepted::State;
use super::subject::pattern;
use super::trial::Tried;
use super::{Change, Mutants};

/// The greatest number of characters of a shown text.
pub(super) const TEXT: usize = 300;

/// The result of all mutants.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The number of facts for which a mutant was tried.
    pub facts: usize,
    /// The number of these facts for which no case notices any mutant.
    pub unguarded: usize,
    /// The number of mutants.
    pub mutants: usize,
    /// The number of mutants that a case notices.
    pub noticed: usize,
    /// The number of survivors that no acceptance covers.
    pub survivors: usize,
    /// The number of survivors that an acceptance covers.
    pub accepted: usize,
    /// The number of items of long lists that were not broken one by one.
    pub left_out: usize,
    /// The number of cases that cannot be evaluated completely even without a mutant.
    pub incomplete: usize,
    /// The numbers of each kind.
    pub kinds: Vec<OfKind>,
    /// The numbers of each case, in the order of the suite.
    pub cases: Vec<OfCase>,
    /// The survivors in groups of similar ones. The greatest group comes first.
    #[serde(skip)]
    pub groups: Vec<Group>,
    /// Every survivor, in the order of the facts.
    #[serde(rename = "list")]
    pub all: Vec<Survivor>,
    /// The acceptances and their use.
    pub acceptances: Vec<AcceptanceUse>,
}

/// The numbers of one kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OfKind {
    /// The kind.
    pub kind: String,
    /// The number of facts for which a mutant was tried.
    pub facts: usize,
    /// The number of these facts for which no case notices any mutant.
    pub unguarded: usize,
    /// The number of mutants.
    pub mutants: usize,
    /// The number of noticed mutants.
    pub noticed: usize,
    /// The number of survivors that no acceptance covers.
    pub survivors: usize,
    /// The number of accepted survivors.
    pub accepted: usize,
}

/// The numbers of one case.
#[derive(Clone, Debug, Serialize)]
pub struct OfCase {
    /// The id of the case.
    pub case: String,
    /// The number of mutants that no case before this one noticed, and this case noticed.
    pub noticed_first: usize,
    /// The number of survivors of the facts that the case reads. Accepted survivors are not included.
    pub survivors: usize,
}

/// A mutant that no case notices.
#[derive(Clone, Debug, Serialize)]
pub struct Survivor {
    /// The kind of the resource.
    pub kind: &'static str,
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The ARN or id. It is empty for a population.
    pub id: String,
    /// The name that people use.
    pub name: String,
    /// The fact. It is empty for a change of the resource itself.
    pub fact: String,
    /// The change.
    pub change: Change,
    /// The part that changed, before the change, as reports show it.
    pub before: String,
    /// The part after the change.
    pub after: String,
    /// The cases that read the fact.
    pub cases: Vec<String>,
    /// The reason why the survivor is harmless, if an acceptance covers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Survivors with the same kind, the same pattern of the fact and the same change.
#[derive(Clone, Debug)]
pub struct Group {
    /// The kind.
    pub kind: &'static str,
    /// The pattern of the fact.
    pub fact: String,
    /// The change.
    pub change: Change,
    /// The cases that read the fact of one of the survivors, in the order of the suite.
    pub cases: Vec<String>,
    /// The indexes of the survivors in [`Summary::all`].
    pub survivors: Vec<usize>,
    /// The number of all mutants with this fact and this change.
    pub tried: usize,
}

/// An acceptance and its use.
#[derive(Clone, Debug, Serialize)]
pub struct AcceptanceUse {
    /// The number in the list, from 1.
    pub number: usize,
    /// The kind.
    pub kind: String,
    /// The reason.
    pub reason: String,
    /// The use.
    pub state: State,
}

impl Summary {
    pub(super) fn of(mutants: &Mutants<'_>, tried: Vec<Tried>) -> Self {
        let mut kinds: BTreeMap<&str, OfKind> = BTreeMap::new();
        let mut counts: BTreeMap<(&str, String, Change), usize> = BTreeMap::new();
        let mut noticed_first: BTreeMap<usize, usize> = BTreeMap::new();
        let mut states = vec![State::MatchesNothing; mutants.accepted.all.len()];
        let (mut all, mut left_out) = (Vec::new(), 0);
        for one in tried {
            let kind = kinds.entry(one.kind).or_default();
            kind.facts += one.facts.len();
            kind.unguarded += one.facts.values().filter(|noticed| !**noticed).count();
            for ((fact, change), (mutants, noticed)) in one.counts {
                kind.mutants += mutants;
                kind.noticed += noticed;
                *counts.entry((one.kind, fact, change)).or_default() += mutants;
            }
            kind.accepted += one.survivors.iter().filter(|it| it.reason.is_some()).count();
            kind.survivors += one.survivors.iter().filter(|it| it.reason.is_none()).count();
            for (case, count) in one.noticed {
                *noticed_first.entry(case).or_default() += count;
            }
            for (state, of_one) in states.iter_mut().zip(one.states) {
                *state = (*state).max(of_one);
            }
            left_out += one.left_out;
            all.extend(one.survivors);
        }
        kinds.retain(|_, it| it.mutants > 0);
        let kinds: Vec<OfKind> = kinds.into_iter().map(|(kind, it)| OfKind { kind: kind.to_owned(), ..it }).collect();
        let sum = |of: fn(&OfKind) -> usize| kinds.iter().map(of).sum();
        let mut of_cases: BTreeMap<&str, usize> = BTreeMap::new();
        for case in all.iter().filter(|it| it.reason.is_none()).flat_map(|it| &it.cases) {
            *of_cases.entry(case).or_default() += 1;
        }
        let cases = mutants.cases.iter().enumerate().map(|(index, case)| OfCase {
            case: case.id.clone(),
            noticed_first: noticed_first.get(&index).copied().unwrap_or_default(),
            survivors: of_cases.get(case.id.as_str()).copied().unwrap_or_default(),
        });
        let order = mutants.cases.iter().enumerate().map(|(at, case)| (case.id.as_str(), at)).collect();
        let acceptances = mutants.accepted.all.iter().zip(states).enumerate();
        Self {
            facts: sum(|it| it.facts),
            unguarded: sum(|it| it.unguarded),
            mutants: sum(|it| it.mutants),
            noticed: sum(|it| it.noticed),
            survivors: sum(|it| it.survivors),
            accepted: sum(|it| it.accepted),
            left_out,
            incomplete: mutants.incomplete,
            cases: cases.collect(),
            groups: groups(&all, &counts, &order),
            acceptances: acceptances
                .map(|(at, (it, state))| AcceptanceUse {
                    number: at + 1,
                    kind: it.kind.value.clone(),
                    reason: it.reason.clone(),
                    state,
                })
                .collect(),
            kinds,
            all,
        }
    }
}

/// Groups the survivors that no acceptance covers.
fn groups(
    all: &[Survivor],
    counts: &BTreeMap<(&str, String, Change), usize>,
    order: &BTreeMap<&str, usize>,
) -> Vec<Group> {
    let mut groups: BTreeMap<(&'static str, String, Change), Vec<usize>> = BTreeMap::new();
    for (at, it) in all.iter().enumerate().filter(|(_, it)| it.reason.is_none()) {
        groups.entry((it.kind, pattern(&it.fact), it.change)).or_default().push(at);
    }
    let group = |((kind, fact, change), survivors): ((&'static str, String, Change), Vec<usize>)| {
        let tried = counts.get(&(kind, fact.clone(), change)).copied().unwrap_or_default();
        let cases = survivors.iter().filter_map(|at| all.get(*at)).flat_map(|it| &it.cases);
        let cases: BTreeMap<usize, &String> =
            cases.filter_map(|case| Some((*order.get(case.as_str())?, case))).collect();
        Group { kind, fact, change, cases: cases.into_values().cloned().collect(), survivors, tried }
    };
    let mut groups: Vec<Group> = groups.into_iter().map(group).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.survivors.len()));
    groups
}
