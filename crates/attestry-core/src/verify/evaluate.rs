//! The evaluation: from facts to verdicts.
//!
//! This module is pure. It decides a case by these rules, in this order:
//! - A violated resource that is not waived makes the case violated.
//! - An incomplete population makes the case not evaluated.
//! - A waived resource makes the case waived.
//! - An empty population gets the verdict that the case declares.
//! - If the expectation applies to at least one resource, the case is met. Otherwise, it is not applicable.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use sha2::{Digest, Sha256};

use super::listed::{Listed, Names};
use super::{CaseResult, Coverage, ResourceResult, ResourceVerdict, RunResult, Verdict, WaiverResult, WaiverState};
use super::{reached, references};
use crate::facts::redact::is_withheld;
use crate::facts::{Cause, Gap, Population, Resource};
use crate::policy::{Bounds, Case, Judgement, Per, Quantifier, Waiver, WhenNone, WindowPlace};

/// Judges every case on the collected facts.
#[must_use]
pub fn evaluate(cases: &[Case], populations: &[Population], waivers: &[Waiver], now: Timestamp) -> RunResult {
    let populations = references::follow(cases, populations, now);
    let listed: Vec<Listed<'_>> = populations.iter().map(|population| Listed::of(population, cases)).collect();
    let cases: Vec<CaseResult> = cases.iter().map(|case| evaluate_case(case, &listed, waivers, now)).collect();
    let waivers = waivers.iter().map(|waiver| settle_waiver(waiver, &cases, now)).collect();
    RunResult { cases, waivers, evaluated_at: now }
}

fn evaluate_case(case: &Case, populations: &[Listed<'_>], waivers: &[Waiver], now: Timestamp) -> CaseResult {
    let mut groups: BTreeMap<(&str, &str), Vec<&Listed<'_>>> = BTreeMap::new();
    let mut of_kind: Vec<_> = populations.iter().filter(|it| case.is_about(it.population)).collect();
    of_kind.sort_by_key(|it| (&it.population.account, &it.population.region));
    for listed in of_kind {
        let Population { account, region, .. } = listed.population;
        let key = match case.per {
            Per::Stage => ("", ""),
            Per::Account => (&**account, ""),
            Per::Region => (&**account, &**region),
        };
        groups.entry(key).or_default().push(listed);
    }
    let qualified = case.kind.qualified;
    let mut coverage = Coverage { enumerated: !groups.is_empty(), qualified, ..Coverage::default() };
    let (mut resources, mut gaps) = (Vec::new(), Vec::new());
    if groups.is_empty() {
        let gap = Gap::new(Cause::Interrupted).with_message("no population of this kind was read");
        coverage.miss(gap.cause);
        gaps.push(Arc::new(gap));
    }
    let all = groups.values().flatten().map(|listed| listed.population);
    let without_global = reached::without_global(case.windowed(), all);
    let enumerated = without_global.is_none();
    if let Some(gap) = without_global {
        coverage.miss(gap.cause);
        gaps.push(gap);
    }
    for (place, group) in &groups {
        let (found, seen) = evaluate_group(case, (*place, group), enumerated, now, &mut gaps);
        coverage.add(&seen);
        resources.extend(found);
    }
    // The findings about a population have no id. They come first.
    resources.sort_by(|a, b| {
        let key = |it: &ResourceResult| (!it.id.is_empty(), Arc::clone(&it.account), Arc::clone(&it.region));
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    for resource in resources.iter_mut().filter(|resource| resource.verdict == ResourceVerdict::Violated) {
        waive(case, resource, waivers, now);
    }
    let verdict = settle(case, &resources, &coverage);
    CaseResult { case: Arc::new(case.clone()), verdict, coverage, resources, gaps }
}

/// Judges the populations that share one result: the result of the stage, of an account or of a Region. `enumerated` is
/// `false` when the case can be about resources of a place that was not read.
fn evaluate_group(
    case: &Case,
    (place, group): ((&str, &str), &[&Listed<'_>]),
    enumerated: bool,
    now: Timestamp,
    gaps: &mut Vec<Arc<Gap>>,
) -> (Vec<ResourceResult>, Coverage) {
    let mut coverage = Coverage { enumerated, ..Coverage::default() };
    for gap in group.iter().flat_map(|listed| &listed.population.gaps) {
        coverage.enumerated = false;
        coverage.miss(gap.cause);
        gaps.push(Arc::clone(gap));
    }
    let mut resources = Vec::new();
    for listed in group {
        let candidates = listed.candidates(case);
        coverage.outside += listed.population.resources.len().saturating_sub(candidates.len());
        resources.extend(candidates.into_iter().filter_map(|it| judge(case, it, now, &mut coverage)));
    }
    for listed in group {
        let reached = reached::reached(case.windowed(), listed.population, now);
        coverage.cut(reached.span);
        // If the list has a gap, this gap already gives the reason for the unread part.
        if let Some(gap) = reached.gap.filter(|_| listed.population.gaps.is_empty()) {
            coverage.enumerated = false;
            coverage.miss(gap.cause);
            gaps.push(gap);
        }
    }
    if coverage.expected == 0 && coverage.gone > 0 {
        let gap = Arc::new(all_gone(case, group, coverage.gone));
        coverage.enumerated = false;
        coverage.miss(gap.cause);
        gaps.push(gap);
    }
    if let Some(share) = case.share {
        settle_share(share, &mut resources, &coverage);
    }
    if case.quantifier == Quantifier::Some {
        settle_some(case, place, &mut resources, &coverage, group);
    }
    if coverage.expected == 0 && coverage.enumerated && case.when_none == WhenNone::Violated {
        resources.push(of_population(case, place, "nothing of this kind exists where something must", group));
    }
    (resources, coverage)
}

/// Returns the gap of a population in which every listed resource disappeared. The run did not check for new resources.
fn all_gone(case: &Case, group: &[&Listed<'_>], count: usize) -> Gap {
    let first = group.iter().flat_map(|it| &it.population.resources).find_map(|it| it.gone.as_deref()).cloned();
    let all = if count == 1 { "the only one".to_owned() } else { format!("all {count}") };
    let message = format!("{all} of the {} that were listed went before this was asked", case.kind.plural);
    first.unwrap_or_else(|| Gap::new(Cause::Gone)).with_resource(String::new()).with_message(message)
}

/// Derives the verdict of the case from the verdicts of its resources.
fn settle(case: &Case, resources: &[ResourceResult], coverage: &Coverage) -> Verdict {
    let any = |verdict: ResourceVerdict| resources.iter().any(|resource| resource.verdict == verdict);
    if any(ResourceVerdict::Violated) {
        return Verdict::Violated;
    }
    let Some(complete) = coverage.complete() else { return Verdict::NotEvaluated };
    if any(ResourceVerdict::Waived) {
        Verdict::Waived
    } else if coverage.expected == 0 {
        match case.when_none {
            WhenNone::Met => Verdict::Met(complete),
            WhenNone::NotApplicable => Verdict::NotApplicable,
            WhenNone::Violated => Verdict::Violated,
        }
    } else if coverage.examined == 0 {
        Verdict::NotApplicable
    } else {
        Verdict::Met(complete)
    }
}

/// Judges one resource without its population. Returns `None` when the case is not about the resource.
pub(crate) fn judge_alone(case: &Case, resource: &Resource, now: Timestamp) -> Option<ResourceResult> {
    let names = (resource.id.as_str().into(), resource.name.as_str().into());
    judge(case, (resource, &names), now, &mut Coverage::default())
}

/// Judges one resource. Returns `None` when the case is not about the resource.
fn judge(
    case: &Case,
    (resource, (id, name)): (&Resource, &Names),
    now: Timestamp,
    coverage: &mut Coverage,
) -> Option<ResourceResult> {
    // A probe makes its observations for one case, with the arguments of this case.
    if case.probe.is_some() && resource.text("case") != Some(&case.id) {
        return None;
    }
    let mut result = ResourceResult {
        id: Arc::clone(id),
        name: Arc::clone(name),
        account: Arc::clone(&resource.account),
        region: Arc::clone(&resource.region),
        verdict: ResourceVerdict::Met,
        finding: String::new(),
        differences: Vec::new(),
        gaps: Vec::new(),
        reason: String::new(),
        waiver: String::new(),
        is_gone: false,
    };
    let place = case.windowed().place(resource, now);
    if place == WindowPlace::Outside {
        coverage.outside += 1;
        return None;
    }
    let judgement = match case.filter.judge(resource, now) {
        Judgement::Met => case.expect.judge(resource, now),
        Judgement::Unmet(_) | Judgement::NotApplicable(_) => {
            coverage.outside += 1;
            return None;
        }
        Judgement::Unknown(gaps) => {
            "whether the case is about this resource is not known".clone_into(&mut result.reason);
            Judgement::Unknown(gaps)
        }
    };
    let judgement = match place {
        WindowPlace::Unknown(gap) => Judgement::Unknown(vec![gap]),
        WindowPlace::Inside | WindowPlace::Outside => reached::kept(case, resource, judgement),
    };
    if let Some(gap) = &resource.gone {
        coverage.gone += 1;
        result.is_gone = true;
        result.verdict = ResourceVerdict::NotApplicable;
        result.reason = format!("it is gone: {}:{} says {}", gap.service, gap.operation, gap.code);
        return Some(result);
    }
    coverage.expected += 1;
    match judgement {
        Judgement::Met => coverage.examined += 1,
        Judgement::Unmet(differences) => {
            coverage.examined += 1;
            result.verdict = ResourceVerdict::Violated;
            result.differences = differences;
        }
        Judgement::NotApplicable(why) => {
            coverage.not_applicable += 1;
            result.verdict = ResourceVerdict::NotApplicable;
            result.reason = why.into_owned();
        }
        Judgement::Unknown(mut gaps) => {
            coverage.not_evaluated += 1;
            result.verdict = ResourceVerdict::NotEvaluated;
            gaps.sort();
            gaps.dedup();
            if gaps.is_empty() {
                let message = "the fact was never read".to_owned();
                gaps.push(Arc::new(
                    Gap::new(Cause::Interrupted).with_resource(resource.id.clone()).with_message(message),
                ));
            }
            coverage.miss(gaps.first().map_or(Cause::Unexpected, |gap| gap.cause));
            result.gaps = gaps;
        }
    }
    if matches!(result.verdict, ResourceVerdict::Violated | ResourceVerdict::NotEvaluated) {
        result.finding = finding_id(case, (&result.account, &result.region), &result.id);
    }
    Some(result)
}

/// Decides a case about a share of its resources. If the share is reached, or if the resources that were not evaluated
/// can still complete it, no single resource is a violation.
fn settle_share(share: u8, resources: &mut [ResourceResult], coverage: &Coverage) {
    let count = |verdict| resources.iter().filter(|resource| resource.verdict == verdict).count();
    let (met, violated) = (count(ResourceVerdict::Met), count(ResourceVerdict::Violated));
    let open = coverage.expected.saturating_sub(coverage.not_applicable).saturating_sub(met + violated);
    let judged = met + violated + open;
    // An incomplete list can lack resources that are as expected.
    let reached = !coverage.enumerated || (met + open) * 100 >= judged * usize::from(share);
    if !reached {
        let reason = format!("{met} of {judged} are as expected, and at least {share} % must be");
        for resource in resources.iter_mut().filter(|resource| resource.verdict == ResourceVerdict::Violated) {
            resource.reason.clone_from(&reason);
        }
        return;
    }
    let reason = format!("{met} of {judged} are as expected, and {share} % are enough");
    for resource in resources.iter_mut().filter(|resource| resource.verdict == ResourceVerdict::Violated) {
        resource.verdict = ResourceVerdict::NotApplicable;
        resource.finding.clear();
        resource.reason.clone_from(&reason);
    }
}

/// Decides the quantifier `some`. The number of resources that are as expected must be within the limits of the case.
/// By default, one is enough. So no single resource is a violation. If the number is outside of the limits, the
/// population is the violation.
fn settle_some(
    case: &Case,
    place: (&str, &str),
    resources: &mut Vec<ResourceResult>,
    coverage: &Coverage,
    populations: &[&Listed<'_>],
) {
    let met = resources.iter().filter(|resource| resource.verdict == ResourceVerdict::Met).count();
    let mut nearest = Vec::new();
    for resource in resources.iter_mut().filter(|resource| resource.verdict == ResourceVerdict::Violated) {
        resource.verdict = ResourceVerdict::NotApplicable;
        resource.finding.clear();
        let reason = match (met, case.count) {
            (_, Some(_)) => "not as expected, so it does not count",
            (0, None) => "not as expected, nor is any other",
            (_, None) => "another one is as expected",
        };
        reason.clone_into(&mut resource.reason);
        nearest.extend(resource.differences.iter().cloned());
    }
    let complete = coverage.complete().is_some();
    let Bounds { at_least, at_most } = case.count.unwrap_or(Bounds::ONE);
    // A resource that was not seen can only increase the number.
    let too_many = at_most.is_some_and(|most| met > most);
    // When the expectation applies to none of the expected resources, none of them is as expected either.
    let too_few = met < at_least && coverage.expected > 0 && complete;
    if !too_many && !too_few {
        return;
    }
    let reason = match case.count {
        None => "none is as expected".to_owned(),
        Some(bounds) => format!("{met} are as expected, and {bounds} must be"),
    };
    let mut finding = of_population(case, place, &reason, populations);
    if too_few {
        finding.differences = nearest.into_iter().take(NEAREST).collect();
    }
    resources.insert(0, finding);
}

/// The greatest number of differences that are shown when too few resources are as expected.
const NEAREST: usize = 10;

/// Returns a finding about the population itself.
fn of_population(case: &Case, place: (&str, &str), reason: &str, populations: &[&Listed<'_>]) -> ResourceResult {
    // The finding shows the account and the Region only if all parts of the population share them. A finding about two
    // Regions names no Region.
    let common = |of: fn(&Population) -> &Arc<str>| {
        let mut all = populations.iter().map(|listed| of(listed.population));
        let first = all.next().cloned().unwrap_or_else(|| "".into());
        if all.all(|other| *other == first) { first } else { "".into() }
    };
    let mut result = ResourceResult {
        id: "".into(),
        name: format!("all {}", case.kind.plural).into(),
        account: common(|population| &population.account),
        region: common(|population| &population.region),
        verdict: ResourceVerdict::Violated,
        finding: String::new(),
        differences: Vec::new(),
        gaps: Vec::new(),
        reason: reason.to_owned(),
        waiver: String::new(),
        is_gone: false,
    };
    result.finding = finding_id(case, place, "");
    result
}

/// Returns the id of a finding. It depends on the case, the account, the Region and the resource. For a finding about a
/// population, the scope `per` of the case replaces the account and the Region, so the finding keeps its id when the
/// stage gets a new Region.
fn finding_id(case: &Case, (account, region): (&str, &str), id: &str) -> String {
    let mut hash = Sha256::new();
    for part in ["attestry-finding-1", case.id.as_str(), account, region, id] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn waive(case: &Case, resource: &mut ResourceResult, waivers: &[Waiver], now: Timestamp) {
    let covering = waivers.iter().find(|waiver| !waiver.is_expired(now) && covers(waiver, &case.id, resource));
    if let Some(waiver) = covering {
        resource.verdict = ResourceVerdict::Waived;
        resource.waiver.clone_from(&waiver.id.value);
    }
}

fn covers(waiver: &Waiver, case_id: &str, resource: &ResourceResult) -> bool {
    // A finding about a population has no id, and its name belongs to no resource.
    let names = [&*resource.name, &*resource.id];
    let names = if resource.id.is_empty() { &[][..] } else { &names };
    waiver.covers(case_id, names, &resource.account, &resource.region)
}

/// Whether the name or id of a resource of the case is withheld. The waiver may be about this resource.
fn names_withheld(case: &CaseResult) -> bool {
    case.resources.iter().any(|resource| is_withheld(&resource.name) || is_withheld(&resource.id))
}

fn settle_waiver(waiver: &Waiver, cases: &[CaseResult], now: Timestamp) -> WaiverResult {
    let named: Vec<(&CaseResult, &ResourceResult)> = cases
        .iter()
        .flat_map(|case| case.resources.iter().map(move |resource| (case, resource)))
        .filter(|(case, resource)| covers(waiver, &case.case.id, resource))
        .collect();
    let waived = named.iter().filter(|(_, resource)| resource.waiver == waiver.id.value).count();
    let violated = named.iter().filter(|(_, resource)| resource.verdict == ResourceVerdict::Violated).count();
    let selector = crate::policy::Selector::new(&waiver.case.value);
    let mut about = cases.iter().filter(|case| selector.covers(&case.case.id)).peekable();
    let unseen = about.peek().is_none() || about.any(|case| case.is_incomplete() || names_withheld(case));
    // A waiver without `resource` accepts findings about the population. If there are none, the waiver is not mistaken.
    let mistaken = named.is_empty() && waiver.resource.is_some();
    let state = match (waiver.is_expired(now), waived, mistaken) {
        (true, ..) => WaiverState::Expired,
        (false, 1.., _) => WaiverState::Used,
        // The waiver may be about a resource that the run did not see.
        (false, 0, _) if unseen => WaiverState::Unknown,
        (false, 0, false) => WaiverState::NotNeeded,
        (false, 0, true) => WaiverState::MatchesNothing,
    };
    let today = now.to_zoned(TimeZone::UTC).date();
    let days_left = today.until((Unit::Day, waiver.expires)).map_or(0, |span| span.get_days());
    WaiverResult {
        id: waiver.id.value.clone(),
        state,
        findings: if state == WaiverState::Expired { violated } else { waived },
        named: named.len(),
        expires: waiver.expires.to_string(),
        days_left,
        owner: waiver.owner.clone(),
        approver: waiver.approver.clone(),
        reason: waiver.reason.clone(),
        ticket: waiver.ticket.clone(),
    }
}
