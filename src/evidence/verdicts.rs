//! Verdicts as text: what a second evaluation of the same facts must give, byte for byte.
//!
//! Must not know reports: those are for people, this is for comparison.

use serde::Serialize;

use super::manifest::digest;
use crate::verify::{CaseResult, Coverage, ResourceResult, RunResult, Verdict, WaiverResult};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    evaluated_at: String,
    cases: Vec<Case<'a>>,
    waivers: &'a [WaiverResult],
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    verdict: Verdict,
    coverage: &'a Coverage,
    met: Met,
    resources: Vec<&'a ResourceResult>,
}

/// The resources that are as expected: the digest of their ids, one a line, stands for thousands of ids in each case.
/// The facts have the ids, and `results.json` tells them case by case.
#[derive(Serialize)]
struct Met {
    count: usize,
    sha256: String,
}

/// Writes all verdicts.
///
/// # Errors
/// Never in practice: the error is the serializer's.
pub fn write(result: &RunResult) -> serde_json::Result<Vec<u8>> {
    let document = Document {
        schema: "attestry.verdicts/1",
        evaluated_at: result.evaluated_at.to_string(),
        cases: result.cases.iter().map(case).collect(),
        waivers: &result.waivers,
    };
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn case(result: &CaseResult) -> Case<'_> {
    Case {
        id: &result.case.id,
        verdict: result.verdict,
        coverage: &result.coverage,
        met: met(result),
        resources: result.resources.iter().filter(|resource| resource.verdict != "met").collect(),
    }
}

fn met(result: &CaseResult) -> Met {
    let ids: String = result.with(&["met"]).flat_map(|resource| [resource.id.as_str(), "\n"]).collect();
    Met { count: result.with(&["met"]).count(), sha256: digest(ids.as_bytes()) }
}
