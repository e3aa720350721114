//! OCSF Compliance Finding (class 2003): one JSON object on each line, for each finding and for each case without
//! findings.
//!
//! A resource that was not evaluated has the status `Warning`. OCSF defines this status as no result, because
//! information is missing. This module must not know how facts are read.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::findings::{self, Finding};
use super::json::BUFFER;
use super::plain::Plain;
use super::{Record, Report, logic, wording};
use crate::policy::{Difference, Severity};
use crate::verify::{ResourceResult, ResourceVerdict};

/// The OCSF events.
pub(super) struct Ocsf;

/// The version of the OCSF schema.
const VERSION: &str = "1.5.0";
/// The vendor name of the product.
const VENDOR: &str = "Attestry";

impl Report for Ocsf {
    fn name(&self) -> &'static str {
        "ocsf"
    }

    fn file(&self) -> &'static str {
        "findings.ocsf.jsonl"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut out = Plain::shown(BufWriter::with_capacity(BUFFER, out));
        let mut last: Option<(&str, OfCase)> = None;
        let mut line = Vec::new();
        for finding in findings::all(record) {
            let id = finding.case.case.id.as_str();
            if last.as_ref().is_none_or(|(of, _)| *of != id) {
                last = Some((id, OfCase::of(record, &finding)?));
            }
            let Some((_, of_case)) = &last else { continue };
            line.clear();
            serde_json::to_writer(&mut line, &event(record, &finding, of_case))?;
            // The members that all events of the case share are written into the same object.
            line.pop();
            out.write_all(&line)?;
            out.write_all(&of_case.rest)?;
        }
        out.flush()
    }
}

/// The data that all events of a case share.
struct OfCase {
    analytic: Value,
    standards: Vec<String>,
    requirements: Vec<String>,
    desc: String,
    /// The last members of the object, and the end of its line.
    rest: Vec<u8>,
}

#[derive(Serialize)]
struct Rest {
    #[serde(skip_serializing_if = "Value::is_null")]
    remediation: Value,
    unmapped: Value,
}

impl OfCase {
    fn of(record: &Record<'_>, finding: &Finding<'_>) -> io::Result<Self> {
        let (run, case) = (record.run, finding.case);
        let (of, origin) = (&case.case, &case.case.origin);
        let (file, line) = record.place(of);
        let mut standards: Vec<String> = of
            .controls
            .iter()
            .map(|control| record.catalogues.name(&control.framework).unwrap_or(&control.framework).to_owned())
            .collect();
        standards.dedup();
        let told = |text: &Option<String>| text.as_deref().map(wording::value).unwrap_or_default();
        let rest = Rest {
            remediation: match &origin.remediation {
                Some(text) => json!({ "desc": wording::value(text) }),
                None => Value::Null,
            },
            unmapped: json!({
                "run": run.id,
                "suite": run.suite,
                "stage": run.stage,
                "backend": run.backend,
                "case": of.id,
                "policy": origin.id,
                "file": file,
                "line": line,
                "case_verdict": case.verdict.word(),
                "complete": !case.is_incomplete(),
                "coverage": case.coverage,
                "population": logic::population(of),
                "criteria": logic::criteria(of),
                "source": told(&origin.source),
            }),
        };
        let rest = serde_json::to_string(&rest)?;
        Ok(Self {
            analytic: json!({ "uid": of.id, "name": wording::value(&of.title), "type": "Rule", "type_id": 1 }),
            standards,
            requirements: of.controls.iter().map(|it| format!("{}:{}", it.framework, it.id)).collect(),
            desc: told(&origin.rationale),
            rest: format!(",{}\n", rest.trim_start_matches('{')).into_bytes(),
        })
    }
}

#[derive(Serialize)]
struct Event<'a> {
    activity_id: u8,
    activity_name: &'static str,
    category_uid: u8,
    category_name: &'static str,
    class_uid: u16,
    class_name: &'static str,
    type_uid: u32,
    type_name: &'static str,
    severity_id: u8,
    severity: &'static str,
    status_id: u8,
    status: &'static str,
    time: i64,
    message: String,
    metadata: Metadata<'a>,
    cloud: Cloud<'a>,
    finding_info: Info<'a>,
    compliance: Compliance<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<About<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evidences: Vec<Evidence<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    version: &'static str,
    product: Product<'a>,
    profiles: [&'static str; 1],
    event_code: &'a str,
    correlation_uid: &'a str,
}

#[derive(Serialize)]
struct Product<'a> {
    name: &'static str,
    vendor_name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Cloud<'a> {
    provider: &'static str,
    account: Account<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    region: &'a str,
}

#[derive(Serialize)]
struct Account<'a> {
    uid: &'a str,
    #[serde(rename = "type")]
    of: &'static str,
    type_id: u8,
}

#[derive(Serialize)]
struct Info<'a> {
    uid: String,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    desc: &'a str,
    analytic: &'a Value,
}

#[derive(Serialize)]
struct Compliance<'a> {
    control: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    requirements: &'a [String],
    standards: &'a [String],
    status_id: u8,
    status: &'static str,
    status_detail: &'static str,
}

#[derive(Serialize)]
struct About<'a> {
    uid: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    of: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    region: &'a str,
}

#[derive(Serialize)]
struct Evidence<'a> {
    data: &'a Difference,
}

fn event<'a>(record: &Record<'a>, finding: &'a Finding<'a>, of_case: &'a OfCase) -> Event<'a> {
    let (run, case) = (record.run, &finding.case.case);
    let (status_id, status) = if finding.verdict == ResourceVerdict::Waived { (3, "Suppressed") } else { (1, "New") };
    let (severity_id, severity) = severity(case.origin.severity);
    let (of_compliance, compliance) = compliance(finding.verdict);
    let about = |it: &'a ResourceResult| About { uid: &it.id, name: &it.name, of: case.kind.name, region: &it.region };
    let differences = finding.resource.map(|it| it.differences.as_slice()).unwrap_or_default();
    Event {
        activity_id: 1,
        activity_name: "Create",
        category_uid: 2,
        category_name: "Findings",
        class_uid: 2003,
        class_name: "Compliance Finding",
        type_uid: 200_301,
        type_name: "Compliance Finding: Create",
        severity_id,
        severity,
        status_id,
        status,
        time: run.finished.as_millisecond(),
        message: finding.says(run),
        metadata: Metadata {
            version: VERSION,
            product: Product { name: VENDOR, vendor_name: VENDOR, version: &run.tool },
            profiles: ["cloud"],
            event_code: &case.id,
            correlation_uid: &run.id,
        },
        cloud: Cloud {
            provider: "AWS",
            account: Account { uid: finding.account(run), of: "AWS Account", type_id: 10 },
            region: finding.region(run),
        },
        finding_info: Info {
            uid: finding.id(run),
            title: &case.title,
            desc: &of_case.desc,
            analytic: &of_case.analytic,
        },
        compliance: Compliance {
            control: &case.origin.id,
            requirements: &of_case.requirements,
            standards: &of_case.standards,
            status_id: of_compliance,
            status: compliance,
            status_detail: finding.verdict.word(),
        },
        // A finding about a population names no resource with an id.
        resources: finding.resource.filter(|it| !it.id.is_empty()).map(about).into_iter().collect(),
        evidences: differences.iter().map(|data| Evidence { data }).collect(),
    }
}

/// Returns the compliance status. A waived finding still fails. The status of the finding shows that it is accepted.
fn compliance(verdict: ResourceVerdict) -> (u8, &'static str) {
    match verdict {
        ResourceVerdict::Met => (1, "Pass"),
        ResourceVerdict::NotEvaluated => (2, "Warning"),
        ResourceVerdict::Violated | ResourceVerdict::Waived => (3, "Fail"),
        _ => (99, "Other"),
    }
}

fn severity(of: Severity) -> (u8, &'static str) {
    match of {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn golden() {
        insta::assert_snapshot!(Sample::new().write(&Ocsf));
    }

    #[test]
    fn what_nobody_saw_does_not_pass() {
        let text = Sample::with("", Vec::new()).write(&Ocsf);
        assert!(text.lines().count() > 0 && !text.contains(r#""status":"Pass""#), "{text}");
    }
}
