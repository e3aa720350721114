//! The verdicts as text. A second evaluation of the same facts must give the same bytes.
//!
//! This module must not know reports: reports are for people, and this text is for a comparison.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::manifest::Sum;
use crate::verify::{CaseResult, Coverage, ResourceResult, ResourceVerdict, RunResult, Verdict, WaiverResult};

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

/// The resources that are as expected. One digest of their ids, with one id on each line, replaces thousands of ids in
/// each case. The facts hold the ids, and `results.json` holds the verdicts of each case.
#[derive(Serialize)]
struct Met {
    count: usize,
    sha256: String,
}

/// Writes all verdicts.
///
/// # Errors
/// The errors of the writer.
pub fn write(result: &RunResult, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: "attestry.verdicts/1",
        evaluated_at: result.evaluated_at.to_string(),
        cases: result.cases.iter().map(case).collect(),
        waivers: &result.waivers,
    };
    // The serializer makes millions of small writes, so it writes into a buffer with a known type.
    let mut out = BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &document)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn case(result: &CaseResult) -> Case<'_> {
    Case {
        id: &result.case.id,
        verdict: result.verdict,
        coverage: &result.coverage,
        met: met(result),
        resources: result.resources.iter().filter(|resource| resource.verdict != ResourceVerdict::Met).collect(),
    }
}

fn met(result: &CaseResult) -> Met {
    let (mut count, mut ids) = (0, Sum::default());
    for resource in result.with(&[ResourceVerdict::Met]) {
        count += 1;
        ids.add(resource.id.as_bytes());
        ids.add(b"\n");
    }
    Met { count, sha256: ids.hexadecimal() }
}
