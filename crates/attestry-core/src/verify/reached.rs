//! The span of time that a run read for a population, and whether it covers the time that a case is about.
//!
//! If the run read less time than the case is about, the case is not evaluated, because the unread part can contain a
//! violation. This module must not know how facts are read.

use std::sync::Arc;

use jiff::Timestamp;

use crate::facts::{Cause, Fact, Gap, Partition, Population, Reach, Resource, TimeSpan, Value, format_duration};
use crate::policy::{Case, Judgement, Windowed};

/// The time that was read, for one case and one population.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// The span that was read. For events, it is not longer than the span of the case.
    pub(super) span: Option<TimeSpan>,
    /// The reason, if the span does not cover the whole span of the case.
    pub(super) gap: Option<Arc<Gap>>,
}

/// Compares the parts that were read with the span of a case.
pub(super) fn reached(case: Windowed<'_>, population: &Population, now: Timestamp) -> Reached {
    let Some(window) = case.kind.window() else { return Reached::default() };
    let read = span_read(case, &population.reaches);
    let Some(over) = case.over else {
        // Without `over`, the case is about the time that was read for the stage.
        let needed =
            window.needed.then(|| gap(population, format!("it has no `over`, and {} need one", case.kind.plural)));
        return Reached { span: read, gap: needed };
    };
    let wanted = case.span_at(now);
    match (read, wanted) {
        (Some(read), Some(wanted)) if read.covers(&wanted) => {
            // Events outside of the wanted span are left out, because an event has an instant. Other facts are about
            // the whole time that was read.
            Reached { span: Some(if window.time.is_empty() { read } else { wanted }), gap: None }
        }
        (read, _) => {
            let shown =
                read.as_ref().map_or_else(|| "nothing was read".to_owned(), |it| format!("they were read {it}"));
            let message = format!("the {} are needed over {}, and {shown}", case.kind.plural, format_duration(over));
            Reached { span: read, gap: Some(gap(population, message)) }
        }
    }
}

/// Returns the gap of a case that can be about records of global services, if no population has these records.
pub(super) fn without_global<'a>(
    case: Windowed<'_>,
    populations: impl Iterator<Item = &'a Population> + Clone,
) -> Option<Arc<Gap>> {
    let global = case.kind.window()?.global?;
    if case.asked(global.attribute).is_some_and(|all| all.iter().all(|value| (global.is_regional)(value))) {
        return None;
    }
    populations.clone().find_map(|population| {
        let region = Partition::of(&population.region).map(|it| it.global)?;
        let has = |it: &Population| it.account == population.account && &*it.region == region;
        (!populations.clone().any(has)).then(|| {
            let message = format!(
                "the {} of global services are in {region}, which the stage does not read; name regional values of `{}` \
                 in `where`, or add the Region",
                case.kind.plural, global.attribute
            );
            gap(population, message)
        })
    })
}

/// Returns the judgement of a resource. A judgement of met becomes unknown if AWS keeps the records of the resource for
/// a shorter time than the case is about, or if this time is unknown.
pub(super) fn kept(case: &Case, resource: &Resource, judgement: Judgement) -> Judgement {
    let kept = case.kind.window().map(|window| window.kept).filter(|kept| !kept.is_empty());
    let (Some(kept), Some(over), Judgement::Met) = (kept, case.over, &judgement) else { return judgement };
    let gap = match resource.get(kept) {
        Some(Fact::Known(Value::Duration(seconds))) if *seconds < over => {
            let message = format!(
                "the case is over {}, and the records are deleted after {}",
                format_duration(over),
                format_duration(*seconds)
            );
            Gap::new(Cause::OutOfReach).with_message(message)
        }
        Some(Fact::Unknown(gap)) => Gap::clone(gap),
        None => Gap::new(Cause::Interrupted).with_message(format!("`{kept}` was never read")),
        Some(Fact::Known(_) | Fact::Absent | Fact::NotApplicable(_)) => return judgement,
    };
    let place = gap.at(resource.account.to_string(), resource.region.to_string()).with_resource(resource.id.clone());
    Judgement::Unknown(vec![Arc::new(place)])
}

/// Returns the span for which everything that the case is about was read.
fn span_read(case: Windowed<'_>, reaches: &[Reach]) -> Option<TimeSpan> {
    let mut best = widest(reaches.iter().filter(|reach| reach.of.is_none()));
    for values in case.by_values() {
        let of = |value| widest(reaches.iter().filter(|reach| reach.of.is_none() || reach.of.as_ref() == Some(value)));
        let spans: Option<Vec<TimeSpan>> = values.iter().map(of).collect();
        let all = spans.and_then(|spans| spans.into_iter().reduce(|a, b| a.both(&b)));
        best = match (best, all) {
            (Some(a), Some(b)) if b.covers(&a) => Some(b),
            (a, b) => a.or(b),
        };
    }
    best
}

/// Returns the span that begins first.
fn widest<'a>(reaches: impl Iterator<Item = &'a Reach>) -> Option<TimeSpan> {
    reaches.map(|reach| &reach.span).min_by_key(|span| (span.from, std::cmp::Reverse(span.until))).cloned()
}

fn gap(population: &Population, message: String) -> Arc<Gap> {
    let call = population.kind.calls.iter().find(|call| call.window.is_some());
    let gap = Gap::new(Cause::OutOfReach)
        .of_call(call.map_or("", |call| call.service), call.map_or("", |call| call.operation))
        .at(population.account.to_string(), population.region.to_string())
        .with_message(message);
    Arc::new(gap)
}
