//! ASFF, the finding format of AWS Security Hub CSPM. `batch-import-findings` takes 100 findings of a file in each
//! call.
//!
//! A resource that was not evaluated has the status `NOT_AVAILABLE`, and the finding of a waived resource is
//! suppressed. This module must not know how findings are sent to AWS.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::findings::{self, Finding};
use super::json::BUFFER;
use super::plain::Plain;
use super::{Record, Report, wording};
use crate::facts::partition;
use crate::policy::Severity;
use crate::source::printable;
use crate::verify::{ResourceVerdict, Run};

/// The findings for Security Hub.
pub(super) struct Asff;

/// The length limits of the title, the description and the id of a resource, in characters.
const TITLE: usize = 255;
const DESCRIPTION: usize = 1_023;
const ID: usize = 511;
/// The largest number of related requirements of one finding.
const REQUIREMENTS: usize = 32;

impl Report for Asff {
    fn name(&self) -> &'static str {
        "asff"
    }

    fn file(&self) -> &'static str {
        "findings.asff.json"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(BUFFER, out);
        let of_run = OfRun::of(record.run);
        let mut comma = "[\n";
        for finding in findings::all(record) {
            out.write_all(comma.as_bytes())?;
            serde_json::to_writer(Plain::shown(&mut out), &Imported::of(record, &of_run, &finding))?;
            comma = ",\n";
        }
        writeln!(out, "{}", if comma == "[\n" { "[]" } else { "\n]" })?;
        out.flush()
    }
}

/// The data that all findings of a run share.
struct OfRun {
    started: String,
    finished: String,
    backend: String,
}

impl OfRun {
    fn of(run: &Run) -> Self {
        Self {
            started: run.started.to_string(),
            finished: run.finished.to_string(),
            backend: wording::value(&run.backend),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Imported<'a> {
    schema_version: &'static str,
    id: String,
    product_arn: String,
    generator_id: &'a str,
    aws_account_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    region: &'a str,
    types: [&'static str; 1],
    created_at: &'a str,
    updated_at: &'a str,
    severity: Graded,
    title: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<Value>,
    product_fields: Fields<'a>,
    resources: [About; 1],
    compliance: Compliance,
    workflow: Workflow,
    record_state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Graded {
    label: &'static str,
    original: &'static str,
}

#[derive(Serialize)]
struct Fields<'a> {
    #[serde(rename = "attestry/run")]
    run: &'a str,
    #[serde(rename = "attestry/backend")]
    backend: &'a str,
    #[serde(rename = "attestry/verdict")]
    verdict: ResourceVerdict,
    #[serde(rename = "attestry/coverage")]
    coverage: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Workflow {
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct About {
    #[serde(rename = "Type")]
    of: &'static str,
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Compliance {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_requirements: Vec<String>,
}

impl<'a> Imported<'a> {
    fn of(record: &Record<'a>, of_run: &'a OfRun, finding: &'a Finding<'a>) -> Self {
        let (run, case) = (record.run, &finding.case.case);
        let (account, region) = (finding.account(run), finding.region(run));
        let partition = partition(region);
        let (status, workflow) = match finding.verdict {
            ResourceVerdict::Met => ("PASSED", "RESOLVED"),
            ResourceVerdict::Violated => ("FAILED", "NEW"),
            ResourceVerdict::Waived => ("FAILED", "SUPPRESSED"),
            ResourceVerdict::NotEvaluated => ("NOT_AVAILABLE", "NEW"),
            _ => ("NOT_AVAILABLE", "RESOLVED"),
        };
        let named = finding.resource.filter(|it| !it.id.is_empty());
        let about = named.map_or_else(
            || About { of: "AwsAccount", id: format!("AWS::::Account:{account}") },
            |it| About { of: "Other", id: printable(&it.id, ID) },
        );
        let requirements = case.controls.iter().take(REQUIREMENTS);
        let remediation = case.origin.remediation.as_ref();
        Self {
            schema_version: "2018-10-08",
            id: format!("attestry/{}/{}/{}", run.suite, run.stage, finding.id(run)),
            product_arn: format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
            generator_id: &case.id,
            aws_account_id: account,
            region,
            types: ["Software and Configuration Checks/Industry and Regulatory Standards"],
            // A later import of the same finding updates it, if `updated_at` is later. AWS keeps the time of the first
            // observation.
            created_at: &of_run.started,
            updated_at: &of_run.finished,
            severity: Graded { label: label(case.origin.severity), original: case.origin.severity.word() },
            title: printable(&format!("{}: {}", case.id, case.title), TITLE),
            description: printable(&finding.says(run), DESCRIPTION),
            remediation: remediation.map(|it| json!({ "Recommendation": { "Text": printable(it, 511) } })),
            product_fields: Fields {
                run: &run.id,
                backend: &of_run.backend,
                verdict: finding.verdict,
                coverage: wording::coverage(finding.case),
            },
            resources: [about],
            compliance: Compliance {
                status,
                related_requirements: requirements.map(|it| format!("{} {}", it.framework, it.id)).collect(),
            },
            workflow: Workflow { status: workflow },
            record_state: "ACTIVE",
        }
    }
}

fn label(of: Severity) -> &'static str {
    match of {
        Severity::Info => "INFORMATIONAL",
        Severity::Low => "LOW",
        Severity::Medium => "MEDIUM",
        Severity::High => "HIGH",
        Severity::Critical => "CRITICAL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn golden() {
        insta::assert_snapshot!(Sample::new().write(&Asff));
    }

    #[test]
    fn what_nobody_saw_does_not_pass() {
        let text = Sample::with("", Vec::new()).write(&Asff);
        assert!(text.contains("NOT_AVAILABLE") && !text.contains("PASSED"), "{text}");
    }
}
