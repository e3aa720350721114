//! The places that a run must examine. The stage names them, and the state of the account does not change them.
//!
//! A place without a population is a gap, in a run and in its evidence. It is not treated as an empty place. This
//! module must not know how facts are read.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::facts::{Cause, GLOBAL, Gap, Kind, Population, Scope};
use crate::policy::{Case, Stage};

/// A kind, an account and a Region.
type PopulationKey<'a> = (&'a str, &'a str, &'a str);

/// Adds a population without facts for each place of the stage that a case needs and that has no population. The
/// population holds a gap with the reason.
pub fn complete(stage: &Stage, cases: &[Case], populations: &mut Vec<Population>) {
    let there: BTreeSet<PopulationKey<'_>> = populations.iter().map(of).collect();
    let mut lacking: Vec<Population> = Vec::new();
    for (kind, account, region) in wanted(stage, cases) {
        let place = (kind.name, account, region);
        if !there.contains(&place) && !lacking.iter().any(|it| of(it) == place) {
            lacking.push(nothing_of(kind, account, region));
        }
    }
    populations.extend(lacking);
}

fn of(population: &Population) -> PopulationKey<'_> {
    (population.kind.name, &population.account, &population.region)
}

fn nothing_of(kind: &'static Kind, account: &str, region: &str) -> Population {
    let gap = Gap::new(Cause::Interrupted)
        .at(account, region)
        .with_message(format!("no facts of {} in account {account}, {region}", kind.plural));
    let gaps = vec![Arc::new(gap)];
    Population {
        kind,
        account: account.into(),
        region: region.into(),
        resources: Vec::new(),
        gaps,
        reaches: Vec::new(),
    }
}

/// Returns all places that the cases need. A probe acts in the first Region only.
fn wanted<'a>(stage: &'a Stage, cases: &'a [Case]) -> impl Iterator<Item = (&'static Kind, &'a str, &'a str)> {
    cases.iter().flat_map(move |case| {
        let accounts = stage.accounts.iter().map(|account| account.id.value.as_str());
        accounts.flat_map(move |account| {
            let most = if case.probe.is_some() { 1 } else { usize::MAX };
            let named = stage.regions.iter().map(|region| region.value.as_str()).take(most);
            let global = (case.kind.scope == Scope::Global).then_some(GLOBAL);
            named.filter(move |_| global.is_none()).chain(global).map(move |region| (case.kind, account, region))
        })
    })
}

/// Whether the place of a population belongs to the stage.
#[must_use]
pub fn is_of_stage(stage: &Stage, population: &Population) -> bool {
    let region = match population.kind.scope {
        Scope::Global => *population.region == *GLOBAL,
        Scope::Regional => stage.regions.iter().any(|region| *region.value == *population.region),
    };
    region && stage.accounts.iter().any(|account| *account.id.value == *population.account)
}

/// Returns the first mistake in the places of stored populations, if there is one: a place that the stage does not
/// name, a place that occurs twice, or a place that a case needs and that has no population.
#[must_use]
pub fn misplaced(stage: &Stage, cases: &[Case], populations: &[Population]) -> Option<String> {
    let mut there = BTreeSet::new();
    for population in populations {
        let Population { kind, account, region, .. } = population;
        let facts = format!("facts of {} in account {account}, {region}", kind.plural);
        if !is_of_stage(stage, population) {
            return Some(format!("{facts}: stage `{}` does not look there", stage.name.value));
        }
        if !there.insert(of(population)) {
            return Some(format!("{facts}: twice"));
        }
    }
    let mut wanted = wanted(stage, cases);
    let (kind, account, region) =
        wanted.find(|(kind, account, region)| !there.contains(&(kind.name, account, region)))?;
    Some(format!("neither facts of {} in account {account}, {region}, nor a reason why there are none", kind.plural))
}
