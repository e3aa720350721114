//! The phrases that several reports share: coverage, findings and gaps as text.
//!
//! This module must not know any report format. The functions return one line of plain text without characters that
//! control a terminal. Each report escapes this text for its own format.

use std::collections::{BTreeMap, BTreeSet};

use super::Record;
use crate::facts::{Cause, Gap, TimeSpan};
use crate::policy::{Case, Difference, WhenNone};
use crate::source::printable;
use crate::verify::{CaseResult, ResourceResult, ResourceVerdict, Run, Verdict, WaiverResult, WaiverState};

/// The length of the longest name of a resource, in characters. An ARN fits.
const NAME: usize = 200;
/// The length of the longest value or message, in characters.
const VALUE: usize = 300;

/// Returns a number with its noun: `1 case`, `2 cases`.
pub(super) fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Returns a text that the user wrote as one printable line.
pub(super) fn value(text: &str) -> String {
    printable(text, VALUE)
}

/// Returns the name of a case without its policy.
pub(super) fn case_name(case: &Case) -> &str {
    case.id.strip_prefix(case.origin.id.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&case.id)
}

/// Returns the coverage as text, with the time that was read for a kind with a window.
pub(super) fn coverage(case: &CaseResult) -> String {
    let counted = counted(case);
    match &case.coverage.window {
        Some(window) => format!("{counted}, read {window}"),
        None => counted,
    }
}

/// Returns the spans of time that were read, each with the kinds.
pub(super) fn windows<'a>(
    cases: impl IntoIterator<Item = &'a CaseResult>,
) -> BTreeMap<&'a TimeSpan, BTreeSet<&'static str>> {
    let mut all = BTreeMap::<_, BTreeSet<_>>::new();
    for case in cases {
        if let Some(window) = &case.coverage.window {
            all.entry(window).or_default().insert(case.case.kind.name);
        }
    }
    all
}

/// Returns the numbers of the coverage, as in `14/14 secrets`. A `+` means that the list of the population is
/// incomplete, and `qualified` means that AWS may have ended the list early without a sign.
pub(super) fn counted(case: &CaseResult) -> String {
    let (coverage, plural) = (&case.coverage, case.case.kind.plural);
    let open = if coverage.enumerated { "" } else { "+" };
    let mut without = Vec::new();
    if coverage.not_applicable > 0 && coverage.not_applicable < coverage.expected {
        without.push(format!("{} n/a", coverage.not_applicable));
    }
    if coverage.gone > 0 {
        without.push(format!("{} gone", coverage.gone));
    }
    if !coverage.qualified.is_empty() {
        without.push("qualified".to_owned());
    }
    let without = if without.is_empty() { String::new() } else { format!(" ({})", without.join(", ")) };
    format!("{}/{}{open} {plural}{without}", coverage.examined, coverage.expected)
}

/// Returns the name of a resource. It includes the account and Region if the run has several.
pub(super) fn resource(run: &Run, resource: &ResourceResult) -> String {
    let name = if resource.name.is_empty() { &resource.id } else { &resource.name };
    let mut place = Vec::new();
    if run.callers.len() > 1 {
        place.push(&*resource.account);
    }
    if run.regions.len() > 1 {
        place.push(&*resource.region);
    }
    let place = place.join(" ");
    let name = printable(name, NAME);
    if place.is_empty() { name } else { format!("{name} ({})", printable(&place, NAME)) }
}

/// Returns a difference, as in `retention 365d, expected at least 2557d`.
pub(super) fn difference(difference: &Difference) -> String {
    format!("{} {}, expected {}", value(&difference.attribute), value(&difference.actual), value(&difference.expected))
}

/// Returns the reason why a resource is violated or waived: its differences, or the reason of a verdict on a
/// population.
pub(super) fn reasons(resource: &ResourceResult) -> String {
    let differences = resource.differences.iter().map(difference);
    let reason = Some(value(&resource.reason)).filter(|reason| !reason.is_empty());
    let mut all: Vec<String> = reason.into_iter().chain(differences).collect();
    // A finding about a population has the differences of several resources, and these differences are mostly equal.
    all.dedup();
    all.join("; ")
}

/// Returns the operation of a gap, as in `iam:GetRolePolicy`. The text is empty when there was no call, or when the
/// answer to the call was complete.
pub(super) fn call(gap: &Gap) -> String {
    // The call of an undecided gap returned everything, so the call is not the missing part.
    if gap.operation.is_empty() || gap.cause == Cause::Undecided {
        return String::new();
    }
    format!("{}:{}", value(&gap.service), value(&gap.operation))
}

/// Returns a gap, as in `denied iam:GetRolePolicy (AccessDenied): not authorized … [request 1234]`.
pub(super) fn gap(gap: &Gap) -> String {
    let mut text = gap.cause.word().to_owned();
    if !call(gap).is_empty() {
        text = format!("{text} {}", call(gap));
    }
    if !gap.code.is_empty() {
        text = format!("{text} ({})", value(&gap.code));
    }
    if !gap.message.is_empty() {
        text = format!("{text}: {}", value(&gap.message));
    }
    if !gap.request_id.is_empty() {
        text = format!("{text} [request {}]", value(&gap.request_id));
    }
    text
}

/// Returns the gaps by cause, as in `9 denied iam:GetRolePolicy`, with the most severe cause first. Gaps of lists come
/// first and have the word `list`.
pub(super) fn blind_spots(case: &CaseResult) -> Vec<String> {
    let mut lists: BTreeMap<(Cause, String), usize> = BTreeMap::new();
    for gap in &case.gaps {
        *lists.entry((gap.cause, call(gap))).or_default() += 1;
    }
    let mut resources: BTreeMap<(Cause, String), usize> = BTreeMap::new();
    for resource in case.with(&[ResourceVerdict::NotEvaluated]) {
        let calls: BTreeSet<_> = resource.gaps.iter().map(|gap| (gap.cause, call(gap))).collect();
        for call in calls {
            *resources.entry(call).or_default() += 1;
        }
    }
    let words = |cause: Cause, call: &str| format!("{} {call}", cause.word()).trim_end().to_owned();
    let mut spots: Vec<String> = lists
        .iter()
        .map(|((cause, call), times)| match times {
            1 => format!("list {}", words(*cause, call)),
            _ => format!("{times} lists {}", words(*cause, call)),
        })
        .collect();
    spots.extend(resources.iter().map(|((cause, call), times)| format!("{times} {}", words(*cause, call))));
    if spots.is_empty() {
        // If no facts of the kind were collected, the case has neither resources nor gaps. It still needs a reason for
        // its verdict.
        spots.push(format!("no {} were collected", case.case.kind.plural));
    }
    spots
}

/// Returns all gaps of the case: first the gaps of its lists, then its resources with their gaps.
pub(super) fn gaps(run: &Run, case: &CaseResult) -> Vec<(String, String)> {
    let lists = case.gaps.iter().map(|it| {
        let place = printable(format!("{} {}", it.account, it.region).trim(), NAME);
        (format!("list of {} in {place}", case.case.kind.plural), gap(it))
    });
    let resources = case.with(&[ResourceVerdict::NotEvaluated]).map(|it| {
        let mut why: Vec<String> = it.gaps.iter().map(|it| gap(it)).collect();
        if !it.reason.is_empty() {
            why.insert(0, value(&it.reason));
        }
        (resource(run, it), why.join("; "))
    });
    lists.chain(resources).collect()
}

/// Returns the IAM permissions that were denied, each with the number of resources for which the permission was
/// missing.
pub(super) fn missing_permissions<'a>(cases: impl IntoIterator<Item = &'a CaseResult>) -> BTreeMap<String, usize> {
    let mut denied: BTreeMap<String, BTreeSet<(&str, &str, &str)>> = BTreeMap::new();
    for case in cases {
        let resources = case.resources.iter().flat_map(|resource| &resource.gaps);
        for gap in case.gaps.iter().chain(resources).filter(|gap| gap.cause == Cause::Denied) {
            let known = case.case.kind.call(&gap.operation).filter(|known| known.service == gap.service);
            let permission = known.map(|call| call.permission).filter(|permission| !permission.is_empty());
            let name = permission.map_or_else(|| call(gap), str::to_owned);
            denied.entry(name).or_default().insert((&gap.account, &gap.region, &gap.resource));
        }
    }
    denied.into_iter().filter(|(name, _)| !name.is_empty()).map(|(name, places)| (name, places.len())).collect()
}

/// Returns the reason why there is nothing to judge.
pub(super) fn not_applicable(case: &CaseResult) -> String {
    let reasons: BTreeSet<String> = case.with(&[ResourceVerdict::NotApplicable]).map(|it| value(&it.reason)).collect();
    if reasons.is_empty() {
        return format!("no {} that the case is about", case.case.kind.plural);
    }
    reasons.into_iter().collect::<Vec<_>>().join("; ")
}

/// Returns the resources that were listed and no longer existed at a later call. The text is empty when there are none.
pub(super) fn gone(run: &Run, case: &CaseResult) -> String {
    let gone: Vec<String> = case
        .with(&[ResourceVerdict::NotApplicable])
        .filter(|it| it.is_gone)
        .map(|it| format!("{}: {}", resource(run, it), value(&it.reason)))
        .collect();
    let first = gone.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    match gone.len() {
        0 => String::new(),
        some @ ..=3 => format!("{some} of the {} went after they were listed: {first}", case.case.kind.plural),
        some => format!("{some} of the {} went after they were listed, such as {first}", case.case.kind.plural),
    }
}

/// Returns the kinds whose list AWS may have ended early without a sign, each with its sentence.
pub(super) fn qualified<'a>(cases: impl IntoIterator<Item = &'a CaseResult>) -> BTreeMap<&'static str, &'static str> {
    let all = cases.into_iter().map(|case| (case.case.kind.name, case.coverage.qualified));
    all.filter(|(_, sentence)| !sentence.is_empty()).collect()
}

/// Returns the outcome of a case. If AWS may have ended its list early, a sentence about this follows.
pub(super) fn outcome(record: &Record<'_>, case: &CaseResult) -> String {
    let outcome = settled(record, case);
    match case.coverage.qualified {
        "" => outcome,
        sentence => format!("{outcome}. {}", value(sentence)),
    }
}

/// Returns the outcome of a case, in one sentence.
fn settled(record: &Record<'_>, case: &CaseResult) -> String {
    let coverage = coverage(case);
    match case.verdict {
        Verdict::Met(_) => format!("met; {coverage} examined"),
        Verdict::NotApplicable => format!("not applicable: {}", not_applicable(case)),
        Verdict::NotEvaluated => format!("not evaluated; {coverage} examined: {}", blind_spots(case).join(", ")),
        Verdict::Violated | Verdict::Waived => {
            let found: Vec<String> = case
                .with(&[ResourceVerdict::Violated, ResourceVerdict::Waived])
                .take(3)
                .map(|it| format!("{}: {}", resource(record.run, it), reasons(it)))
                .collect();
            format!("{}; {coverage} examined; {}", case.verdict.word(), found.join("; "))
        }
    }
}

/// Returns the reason why a case is met although no resource was examined.
pub(super) fn met_by_absence(case: &CaseResult) -> Option<&'static str> {
    let met = matches!(case.verdict, Verdict::Met(_));
    (met && case.coverage.expected == 0 && case.case.when_none == WhenNone::Met)
        .then_some("none exists, as it should be")
}

/// Returns the waivers that accept findings of a case, each with its number of findings.
pub(super) fn waivers<'a>(record: &Record<'a>, case: &CaseResult) -> Vec<(&'a WaiverResult, usize)> {
    let used =
        |waiver: &WaiverResult| case.with(&[ResourceVerdict::Waived]).filter(|it| it.waiver == waiver.id).count();
    let all = record.result.waivers.iter().map(|waiver| (waiver, used(waiver)));
    all.filter(|(_, findings)| *findings > 0).collect()
}

/// Returns a waiver in use, as in `2 until 2027-01-31, 97 days left (W-1, owner pay@, SEC-812)`.
pub(super) fn waived(waiver: &WaiverResult, findings: usize) -> String {
    let ticket = waiver.ticket.as_ref().map(|ticket| format!(", {}", value(ticket))).unwrap_or_default();
    format!(
        "{findings} until {}, {} ({}, owner {}{ticket})",
        waiver.expires,
        days(waiver),
        value(&waiver.id),
        value(&waiver.owner)
    )
}

/// Returns the remaining time, as in `97 days left`.
pub(super) fn days(waiver: &WaiverResult) -> String {
    match waiver.days_left {
        0 => "last day".to_owned(),
        left @ 1.. => format!("{} left", count(left.unsigned_abs() as usize, "day", "days")),
        over => format!("{} ago", count(over.unsigned_abs() as usize, "day", "days")),
    }
}

/// Returns the concern about a waiver, or `None` when the waiver needs no attention.
pub(super) fn waiver_concern(waiver: &WaiverResult) -> Option<String> {
    let id = value(&waiver.id);
    Some(match waiver.state {
        WaiverState::Used => return None,
        WaiverState::Expired => {
            let lapsed = match waiver.findings {
                0 => "what it names is not violated".to_owned(),
                some => format!("{} not waived any more", count(some, "finding is", "findings are")),
            };
            let (days, owner) = (days(waiver), value(&waiver.owner));
            format!("waiver {id} expired on {}, {days}: {lapsed} (owner {owner})", waiver.expires)
        }
        WaiverState::MatchesNothing => format!("waiver {id} matches nothing: no resource of its cases has that name"),
        WaiverState::NotNeeded => format!("waiver {id} is not needed: what it names is not violated"),
        WaiverState::Unknown => format!("waiver {id} matches nothing that was seen, and not everything was seen"),
    })
}

/// Returns the accounts, as in `accounts 111122223333, 444455556666`.
pub(super) fn accounts(run: &Run) -> String {
    let ids: Vec<String> = run.callers.iter().map(|caller| value(&caller.account)).collect();
    format!("{} {}", if ids.len() == 1 { "account" } else { "accounts" }, ids.join(", "))
}

/// Returns the parameters that the command line set, or `None` when it set none. Such parameters can weaken a suite, so
/// reports show them.
pub(super) fn overrides(run: &Run) -> Option<String> {
    let all: Vec<String> = run.parameters.iter().map(|it| value(it)).collect();
    (!all.is_empty()).then(|| format!("with parameters from the command line: {}", all.join(", ")))
}

/// Returns a note about the backend and the clock: the backend was not AWS, so a pass is no pass on AWS; there was a
/// part between AWS and Attestry; or another clock was used. Returns `None` when AWS answered and there is nothing to
/// add.
pub(super) fn not_aws(run: &Run) -> Option<String> {
    let backend = match run.backend.strip_prefix("aws") {
        Some("") => None,
        Some(way) if way.starts_with(' ') => Some(format!("on AWS{}", value(way))),
        _ => Some(format!("on {}: not a verdict on AWS", value(&run.backend))),
    };
    let clock = Some(value(&run.clock)).filter(|clock| !clock.is_empty());
    let notes: Vec<String> = backend.into_iter().chain(clock).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Returns the duration of the run, in seconds.
pub(super) fn seconds(run: &Run) -> f64 {
    run.finished.duration_since(run.started).as_secs_f64().max(0.0)
}
