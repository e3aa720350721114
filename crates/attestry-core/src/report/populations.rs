//! `populations.json`: for each case its population, the calls that listed it, the resources that were left out, and
//! the count of a second source. An auditor reconciles these numbers before relying on a verdict.
//!
//! This module must not know how facts are read.

use std::io::{self, Write};

use serde::Serialize;

use super::plain::Plain;
use super::{Record, Report, logic};
use crate::facts::{Counted, Frequency, Population, TimeSpan};
use crate::verify::CaseResult;

/// The populations.
pub(super) struct Populations;

#[derive(Serialize)]
struct All<'a> {
    schema: &'static str,
    run: &'a str,
    suite: &'a str,
    stage: &'a str,
    /// The backend. Only AWS itself gives data about AWS.
    backend: &'a str,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    kind: &'static str,
    /// The kind of resource.
    resource: &'static str,
    /// The resources of the kind that the case selects.
    definition: String,
    /// The calls that list the population. There are none when the facts come from attestations or from a probe.
    enumerated_by: Vec<String>,
    places: Vec<PopulationPart<'a>>,
    /// The number of resources that the case selects, and the number of resources of the kind that its `where` leaves
    /// out.
    selected: usize,
    left_out: usize,
    examined: usize,
    not_evaluated: usize,
    not_applicable: usize,
    /// The number of resources that were listed, and that AWS later reported as missing. The other numbers do not
    /// include them.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<usize>,
    /// Whether every list is complete and no second source has a larger count.
    enumerated: bool,
    /// The span of time that was read, for a kind with a window.
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<&'a TimeSpan>,
    /// The sentence about a list that AWS may have ended early without a sign.
    #[serde(skip_serializing_if = "str::is_empty")]
    qualified: &'static str,
}

#[derive(Serialize)]
struct PopulationPart<'a> {
    account: &'a str,
    region: &'a str,
    listed: usize,
    gaps: Vec<String>,
    /// The count of a second source, if this run has one.
    second_source: Option<Second>,
}

#[derive(Serialize)]
struct Second {
    source: String,
    counted: usize,
    agrees: bool,
}

impl Report for Populations {
    fn name(&self) -> &'static str {
        "populations"
    }

    fn file(&self) -> &'static str {
        "populations.json"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let counted = Counted::all(record.populations);
        let run = record.run;
        let cases = record.result.cases.iter().map(|result| case(result, record.populations, &counted)).collect();
        let all = All {
            schema: "attestry.populations/1",
            run: &run.id,
            suite: &run.suite,
            stage: &run.stage,
            backend: &run.backend,
            cases,
        };
        serde_json::to_writer_pretty(Plain::exact(&mut *out), &all)?;
        out.write_all(b"\n")
    }
}

fn case<'a>(result: &'a CaseResult, populations: &'a [Population], counted: &[Counted]) -> Case<'a> {
    let (case, coverage) = (&result.case, &result.coverage);
    let lists = case.kind.calls.iter().filter(|call| matches!(call.frequency, Frequency::Population { .. }));
    let of_kind = populations.iter().filter(|population| case.is_about(population));
    Case {
        id: &case.id,
        kind: case.kind.name,
        resource: case.kind.doc,
        definition: logic::population(case),
        enumerated_by: lists.map(|call| format!("{}:{}", call.service, call.operation)).collect(),
        places: of_kind.map(|population| place(population, counted)).collect(),
        selected: coverage.expected,
        left_out: coverage.outside,
        examined: coverage.examined,
        not_evaluated: coverage.not_evaluated,
        not_applicable: coverage.not_applicable,
        gone: Some(coverage.gone).filter(|gone| *gone > 0),
        enumerated: coverage.enumerated,
        window: coverage.window.as_ref(),
        qualified: coverage.qualified,
    }
}

fn place<'a>(population: &'a Population, counted: &[Counted]) -> PopulationPart<'a> {
    let second = counted.iter().find(|counted| counted.is_about(population)).map(|second| Second {
        source: format!("{} {}", second.attribute.call, second.attribute.field),
        counted: second.count,
        agrees: second.count == population.resources.len(),
    });
    PopulationPart {
        account: &population.account,
        region: &population.region,
        listed: population.resources.len(),
        gaps: population.gaps.iter().map(|gap| format!("{gap} {}", gap.message).trim_end().to_owned()).collect(),
        second_source: second,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn every_case_tells_its_population() {
        let sample = Sample::new();
        let mut out = Vec::new();
        Populations.write(&sample.record(), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }
}
