//! The signed documents: in-toto statements about the manifest. One statement uses the common predicate and has the
//! cases that passed. The other statement uses our predicate and has the coverage.
//!
//! Both follow from the evidence alone, so a verifier writes them again and compares them. This module must not know
//! keys.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::canonical;
use super::manifest::{Entry, NAME};
use super::paths;
use crate::policy::Severity;
use crate::verify::{Coverage, Exit, Reason, RunResult, Verdict};

/// The payload type of statements.
pub const PAYLOAD: &str = "application/vnd.in-toto+json";

const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// The predicate that programs of other authors can also read.
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// Our predicate. It is a name and not a web address, because a domain below `.invalid` has no owner.
const COVERAGE: &str = "tag:attestry.invalid,2026:coverage/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'a, P> {
    #[serde(rename = "_type")]
    of: &'static str,
    subject: [Resource<'a>; 1],
    predicate_type: &'static str,
    predicate: P,
}

#[derive(Serialize)]
struct Resource<'a> {
    name: &'a str,
    digest: Digest<'a>,
}

#[derive(Serialize)]
struct Digest<'a> {
    sha256: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TestResult<'a> {
    result: &'static str,
    configuration: Vec<Resource<'a>>,
    passed_tests: Vec<&'a str>,
    warned_tests: Vec<&'a str>,
    failed_tests: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Seen<'a> {
    run: &'a Value,
    complete: bool,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    verdict: Verdict,
    kind: &'static str,
    coverage: &'a Coverage,
}

/// The data of the statements.
#[derive(Debug)]
pub struct StatementData<'a> {
    /// The SHA-256 of the manifest.
    pub manifest: &'a str,
    /// The files of the manifest.
    pub files: &'a [Entry],
    /// The content of `run.json`.
    pub run: &'a Value,
    /// The verdicts.
    pub result: &'a RunResult,
    /// The gate. Violations at or above this severity fail the run.
    pub gate: Severity,
    /// Whether a probe left an artifact behind.
    pub residue: bool,
}

/// Returns the statements about evidence, as payloads of envelopes.
///
/// # Errors
/// Does not fail in practice. The type of the error comes from the serializer.
pub fn statements(told: &StatementData<'_>) -> serde_json::Result<Vec<Vec<u8>>> {
    Ok(vec![
        canonical::write(&about(told, TEST_RESULT, test_result(told)))?,
        canonical::write(&about(told, COVERAGE, seen(told)))?,
    ])
}

fn about<'a, P>(told: &StatementData<'a>, predicate_type: &'static str, predicate: P) -> Statement<'a, P> {
    let subject = [Resource { name: NAME, digest: Digest { sha256: told.manifest } }];
    Statement { of: STATEMENT, subject, predicate_type, predicate }
}

/// Returns the test results. The predicate has no list for tests that were not evaluated, so they are in the list of
/// failed tests. A case without anything to judge is in none of the lists.
fn test_result<'a>(told: &StatementData<'a>) -> TestResult<'a> {
    let (mut passed_tests, mut warned_tests, mut failed_tests) = (Vec::new(), Vec::new(), Vec::new());
    for case in &told.result.cases {
        let id = case.case.id.as_str();
        match case.verdict {
            _ if case.is_incomplete() => failed_tests.push(id),
            Verdict::Met(_) => passed_tests.push(id),
            Verdict::Waived => warned_tests.push(id),
            Verdict::Violated if case.case.origin.severity < told.gate => warned_tests.push(id),
            Verdict::Violated | Verdict::NotEvaluated => failed_tests.push(id),
            Verdict::NotApplicable => {}
        }
    }
    let result = if told.residue || Reason::of(told.result, told.gate).exit != Exit::Met {
        "FAILED"
    } else if warned_tests.is_empty() {
        "PASSED"
    } else {
        "WARNED"
    };
    let judged_by = told.files.iter().filter(|it| it.path == paths::BASIS || it.path.starts_with(paths::INPUTS));
    let configuration = judged_by.map(|it| Resource { name: &it.path, digest: Digest { sha256: &it.sha256 } });
    TestResult { result, configuration: configuration.collect(), passed_tests, warned_tests, failed_tests }
}

fn seen<'a>(told: &StatementData<'a>) -> Seen<'a> {
    let cases = told.result.cases.iter().map(|it| Case {
        id: &it.case.id,
        verdict: it.verdict,
        kind: it.case.kind.name,
        coverage: &it.coverage,
    });
    let complete = !told.result.cases.is_empty() && told.result.cases.iter().all(|case| !case.is_incomplete());
    Seen { run: told.run, complete, cases: cases.collect() }
}

/// The predicate type that a statement names, for the message about a wrong statement.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claimed {
    predicate_type: String,
}

/// Returns the predicate type of a payload.
pub(super) fn predicate_type(payload: &[u8]) -> String {
    serde_json::from_slice(payload).map_or_else(|_| "no statement".to_owned(), |it: Claimed| it.predicate_type)
}
