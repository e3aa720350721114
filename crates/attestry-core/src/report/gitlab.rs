//! GitLab code quality: a merge request shows these findings beside its lines, and compares them with the target
//! branch.
//!
//! The place of a finding is the case that checks it. This module must not know how facts are read.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::findings;
use super::json::BUFFER;
use super::plain::Plain;
use super::{Record, Report, wording};
use crate::policy::Severity;
use crate::verify::ResourceVerdict;

/// The report for merge requests.
pub(super) struct CodeQuality;

impl Report for CodeQuality {
    fn name(&self) -> &'static str {
        "gitlab"
    }

    fn file(&self) -> &'static str {
        "gl-code-quality-report.json"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(BUFFER, out);
        let wanted = findings::all(record)
            .filter(|it| matches!(it.verdict, ResourceVerdict::Violated | ResourceVerdict::NotEvaluated));
        let mut comma = "[\n";
        // An empty list looks like a pass. If AWS was not the backend, the list must not look like a pass on AWS.
        let (note, first) = (wording::not_aws(record.run), record.result.cases.first());
        if let (Some(note), Some(first)) = (note, first) {
            let (path, begin) = record.place(&first.case);
            let issue = Issue {
                description: format!("This ran {note}"),
                check_name: "backend",
                fingerprint: findings::short(&["attestry-backend-1", &record.run.suite, &record.run.stage]),
                severity: severity(Severity::Info),
                location: Location { path: &path, lines: Lines { begin } },
            };
            write!(out, "{comma}")?;
            serde_json::to_writer(Plain::shown(&mut out), &issue)?;
            comma = ",\n";
        }
        for case in record.result.cases.iter().filter(|case| case.coverage.gone > 0) {
            let (path, begin) = record.place(&case.case);
            let issue = Issue {
                description: format!("{}: {}", case.case.id, wording::gone(record.run, case)),
                check_name: &case.case.id,
                fingerprint: findings::short(&["attestry-gone-1", &record.run.suite, &record.run.stage, &case.case.id]),
                severity: severity(Severity::Info),
                location: Location { path: &path, lines: Lines { begin } },
            };
            write!(out, "{comma}")?;
            serde_json::to_writer(Plain::shown(&mut out), &issue)?;
            comma = ",\n";
        }
        let mut of_case: Option<(&str, (String, usize))> = None;
        for finding in wanted {
            let case = &finding.case.case;
            if of_case.as_ref().is_none_or(|(id, _)| *id != case.id) {
                of_case = Some((&case.id, record.place(case)));
            }
            let Some((_, (path, begin))) = &of_case else { continue };
            let issue = Issue {
                description: format!("{}: {}", case.id, finding.says(record.run)),
                check_name: &case.id,
                fingerprint: finding.id(record.run),
                severity: severity(case.origin.severity),
                location: Location { path, lines: Lines { begin: *begin } },
            };
            write!(out, "{comma}")?;
            serde_json::to_writer(Plain::shown(&mut out), &issue)?;
            comma = ",\n";
        }
        writeln!(out, "{}", if comma == "[\n" { "[]" } else { "\n]" })?;
        out.flush()
    }
}

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

fn severity(of: Severity) -> &'static str {
    match of {
        Severity::Info => "info",
        Severity::Low => "minor",
        Severity::Medium => "major",
        Severity::High => "critical",
        Severity::Critical => "blocker",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{Sample, all_seen};

    #[test]
    fn golden() {
        insta::assert_snapshot!(Sample::new().write(&CodeQuality));
    }

    #[test]
    fn nothing_is_an_empty_list() {
        let mut sample = Sample::with("", all_seen(&[]));
        sample.result.cases.retain(|case| case.verdict.word() == "met");
        assert_eq!(sample.write(&CodeQuality), "[]\n");
    }
}
