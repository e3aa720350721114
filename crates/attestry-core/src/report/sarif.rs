//! SARIF 2.1.0: the place of each result is the case that checks it. The resource is a logical location.
//!
//! Code scanning refuses results without a file, and shows only failures. So a resource that was not evaluated becomes
//! an `open` result and also a notification, and the invocation is marked as not successful. This module must not know
//! how facts are read.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::findings::{self, Finding};
use super::json::BUFFER;
use super::plain::Plain;
use super::{Record, Report, wording};
use crate::policy::Severity;
use crate::verify::{CaseResult, ResourceVerdict};

/// The SARIF log.
pub(super) struct Sarif;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The largest number of results. GitHub refuses a run with more.
const RESULTS: usize = 25_000;

impl Report for Sarif {
    fn name(&self) -> &'static str {
        "sarif"
    }

    fn file(&self) -> &'static str {
        "results.sarif"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let cases = &record.result.cases;
        let places: Vec<Value> = cases.iter().map(|case| physical(record, case)).collect();
        let of = |case: &CaseResult| cases.iter().position(|it| std::ptr::eq(it, case)).unwrap_or_default();
        let (mut results, mut left, mut last) = (Vec::new(), 0_usize, (None, 0));
        for finding in findings::all(record) {
            if last.0.is_none_or(|case| !std::ptr::eq(case, finding.case)) {
                last = (Some(finding.case), of(finding.case));
            }
            match places.get(last.1) {
                Some(place) if results.len() < RESULTS => results.push(result(record, &finding, last.1, place)),
                _ => left += 1,
            }
        }
        let log = Log {
            version: "2.1.0",
            schema: SCHEMA,
            runs: [Runs {
                tool: json!({ "driver": {
                    "name": "Attestry",
                    "semanticVersion": record.run.tool.rsplit(' ').next().unwrap_or_default(),
                    "rules": cases.iter().map(rule).collect::<Vec<_>>(),
                } }),
                automation_details: json!({
                    "id": format!("attestry/{}/{}/{}", record.run.suite, record.run.stage, record.run.id),
                }),
                invocations: [invocation(record, left)],
                results,
                properties: json!({
                    "stage": record.run.stage,
                    "backend": record.run.backend,
                    "exit": record.exit.exit.code(),
                }),
            }],
        };
        let mut out = BufWriter::with_capacity(BUFFER, out);
        serde_json::to_writer(Plain::shown(&mut out), &log)?;
        writeln!(out)?;
        out.flush()
    }
}

#[derive(Serialize)]
struct Log<'a> {
    version: &'static str,
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: [Runs<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Runs<'a> {
    tool: Value,
    automation_details: Value,
    invocations: [Value; 1],
    results: Vec<Outcome<'a>>,
    properties: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'a str,
    rule_index: usize,
    kind: &'static str,
    level: &'static str,
    message: Text,
    locations: [Location<'a>; 1],
    partial_fingerprints: Fingerprint,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Value>,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: &'a Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'a> {
    fully_qualified_name: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
struct Fingerprint {
    #[serde(rename = "finding/v1")]
    finding: String,
}

fn result<'a>(record: &Record<'_>, finding: &Finding<'a>, rule_index: usize, place: &'a Value) -> Outcome<'a> {
    let case = &finding.case.case;
    let kind = match finding.verdict {
        ResourceVerdict::Met => "pass",
        ResourceVerdict::NotEvaluated => "open",
        ResourceVerdict::NotApplicable => "notApplicable",
        _ => "fail",
    };
    let named = finding.resource.filter(|resource| !resource.id.is_empty());
    let waived = finding.resource.filter(|resource| !resource.waiver.is_empty());
    let reason = waived.and_then(|it| record.result.waivers.iter().find(|waiver| waiver.id == it.waiver));
    let suppression = |waiver: &crate::verify::WaiverResult| {
        let (until, id, owner) = (&waiver.expires, &waiver.id, &waiver.owner);
        let justification = format!("{} (waiver {id} until {until}, owner {owner})", wording::value(&waiver.reason));
        json!({ "kind": "external", "status": "accepted", "justification": justification })
    };
    Outcome {
        rule_id: &case.id,
        rule_index,
        kind,
        // For a kind that is no failure, the standard allows only the level `none`.
        level: if kind == "fail" { level(case.origin.severity) } else { "none" },
        message: Text { text: finding.says(record.run) },
        locations: [Location {
            physical_location: place,
            logical_locations: named
                .map(|it| Logical { fully_qualified_name: &it.id, kind: "resource" })
                .into_iter()
                .collect(),
        }],
        partial_fingerprints: Fingerprint { finding: finding.id(record.run) },
        suppressions: reason.map(suppression).into_iter().collect(),
    }
}

fn rule(result: &CaseResult) -> Value {
    let (case, origin) = (&result.case, &result.case.origin);
    let words = |text: &str| json!({ "text": wording::value(text) });
    let controls = case.controls.iter().map(|control| format!("{}:{}", control.framework, control.id));
    let tags: Vec<String> = std::iter::once("security".to_owned()).chain(controls).collect();
    let mut rule = json!({
        "id": case.id,
        "name": case.id,
        "shortDescription": words(&case.title),
        "fullDescription": words(origin.rationale.as_deref().unwrap_or(&origin.title)),
        "defaultConfiguration": { "level": level(origin.severity) },
        "properties": {
            "security-severity": score(origin.severity),
            "tags": tags,
        },
    });
    if let (Some(object), Some(text)) = (rule.as_object_mut(), &origin.remediation) {
        object.insert("help".into(), words(text));
    }
    rule
}

fn physical(record: &Record<'_>, case: &CaseResult) -> Value {
    let (file, line) = record.place(&case.case);
    json!({ "artifactLocation": { "uri": uri(&file) }, "region": { "startLine": line } })
}

/// Returns a relative reference. Characters with a meaning in URIs are written in hexadecimal.
fn uri(path: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn invocation(record: &Record<'_>, left: usize) -> Value {
    let (run, cases) = (record.run, &record.result.cases);
    let mut notifications: Vec<Value> = cases
        .iter()
        .filter(|case| case.is_incomplete())
        .map(|case| {
            let spots = wording::blind_spots(case).join(", ");
            let text = format!("{}: {} examined: {spots}", case.case.id, wording::coverage(case));
            json!({ "level": "error", "message": { "text": text }, "associatedRule": { "id": case.case.id } })
        })
        .collect();
    for case in cases.iter().filter(|case| case.coverage.gone > 0) {
        let text = format!("{}: {}", case.case.id, wording::gone(run, case));
        notifications
            .push(json!({ "level": "note", "message": { "text": text }, "associatedRule": { "id": case.case.id } }));
    }
    if left > 0 {
        let text = format!("{left} results are left out, because hosts refuse more; results.json has all");
        notifications.push(json!({ "level": "warning", "message": { "text": text } }));
    }
    json!({
        "executionSuccessful": !cases.iter().any(CaseResult::is_incomplete),
        "exitCode": record.exit.exit.code(),
        "exitCodeDescription": wording::value(&record.exit.sentence),
        "startTimeUtc": run.started.to_string(),
        "endTimeUtc": run.finished.to_string(),
        "toolExecutionNotifications": notifications,
    })
}

fn level(of: Severity) -> &'static str {
    match of {
        Severity::Info | Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

/// Returns the score of a severity on the scale of CVSS. Code scanning names severities by the ranges of this scale.
fn score(of: Severity) -> &'static str {
    match of {
        Severity::Info => "0.0",
        Severity::Low => "3.0",
        Severity::Medium => "5.5",
        Severity::High => "8.0",
        Severity::Critical => "9.5",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use crate::report::sample::{Sample, all_seen};

    #[test]
    fn golden() {
        let log: Value = serde_json::from_str(&Sample::new().write(&Sarif)).expect("JSON");
        insta::assert_json_snapshot!(log);
    }

    #[test]
    fn every_result_has_a_file_and_only_failures_a_level() {
        let log: Value = serde_json::from_str(&Sample::new().write(&Sarif)).expect("JSON");
        let results = log.pointer("/runs/0/results").and_then(Value::as_array).expect("results");
        for result in results {
            let uri = result.pointer("/locations/0/physicalLocation/artifactLocation/uri").and_then(Value::as_str);
            assert!(uri.is_some_and(|uri| uri.starts_with("policies/")), "{result}");
            let text = |name: &str| result.get(name).and_then(Value::as_str).unwrap_or_default();
            assert_eq!(text("level") != "none", text("kind") == "fail", "{result}");
        }
    }

    #[test]
    fn findings_beyond_the_limit_of_hosts_are_left_out_and_reported() {
        let many: Vec<String> = (0..RESULTS + 5).map(|at| format!("/g/{at}")).collect();
        let names: Vec<&str> = many.iter().map(String::as_str).collect();
        let text = Sample::with("", all_seen(&names)).write(&Sarif);
        assert_eq!(text.matches("\"ruleId\"").count(), RESULTS);
        assert!(text.contains("results are left out"));
    }

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("policies/a b#c%?.yaml"), "policies/a%20b%23c%25%3F.yaml");
    }
}
