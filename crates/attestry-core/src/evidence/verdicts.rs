//! The verdicts as text. A second evaluation of the same facts must give the same bytes.
//!
//! This module must not know reports: reports are for people, and this text is for a comparison.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::Value as Json;

use super::manifest::Sum;
use crate::verify::{CaseResult, Coverage, ResourceResult, ResourceVerdict, RunResult, Verdict, WaiverResult};

/// The schema of the text.
pub(super) const SCHEMA: &str = "attestry.verdicts/1";

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
        schema: SCHEMA,
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

/// Returns the verdicts of a text without the sentences that explain them. Another version of Attestry can write other
/// sentences about the same verdicts. The result is `None` when the text is no JSON.
pub(super) fn without_sentences(text: &str) -> Option<Json> {
    let mut document = serde_json::from_str(text).ok()?;
    remove_sentences(&mut document);
    Some(document)
}

/// The members with sentences for people.
const SENTENCES: [&str; 3] = ["differences", "message", "reason"];

fn remove_sentences(value: &mut Json) {
    match value {
        Json::Object(members) => {
            members.retain(|name, _| !SENTENCES.contains(&name.as_str()));
            members.values_mut().for_each(remove_sentences);
        }
        Json::Array(items) => items.iter_mut().for_each(remove_sentences),
        _ => {}
    }
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
