//! CSV (RFC 4180) for spreadsheets: every finding, and the matrix of controls.
//!
//! A cell that a spreadsheet would take for a formula is told that it is text. Must not know how facts are read.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::findings;
use super::{Record, Report, wording};
use crate::verify::{CaseResult, Verdict};

/// A row for each finding, and for each case without any.
pub(super) struct Findings;

/// A row for each control and each case that it rests on.
pub(super) struct Controls;

impl Report for Findings {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn file(&self) -> &'static str {
        "findings.csv"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let header = [
            "finding", "case", "policy", "title", "severity", "verdict", "account", "region", "resource", "id", "what",
            "waiver", "controls", "file", "line", "run", "backend",
        ];
        row(out, header)?;
        let mut of_case: Option<(&str, String, (String, usize))> = None;
        for finding in findings::all(record) {
            let case = &finding.case.case;
            if of_case.as_ref().is_none_or(|(id, ..)| *id != case.id) {
                let controls: Vec<String> =
                    case.controls.iter().map(|it| format!("{}:{}", it.framework, it.id)).collect();
                of_case = Some((&case.id, controls.join(" "), record.place(case)));
            }
            let Some((_, controls, (file, line))) = &of_case else { continue };
            let resource = finding.resource;
            let of = |it: fn(&crate::verify::ResourceResult) -> &str| resource.map(it).unwrap_or_default();
            row(
                out,
                [
                    &*finding.id(record.run),
                    &case.id,
                    &case.origin.id,
                    &case.title,
                    case.origin.severity.word(),
                    finding.verdict,
                    of(|it| &it.account),
                    of(|it| &it.region),
                    of(|it| &it.name),
                    of(|it| &it.id),
                    &finding.says(record.run),
                    of(|it| &it.waiver),
                    controls,
                    file,
                    &line.to_string(),
                    &record.run.id,
                    &record.run.backend,
                ],
            )?;
        }
        Ok(())
    }
}

impl Report for Controls {
    fn name(&self) -> &'static str {
        "controls-csv"
    }

    fn file(&self) -> &'static str {
        "controls.csv"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let header = [
            "framework",
            "framework name",
            "control",
            "title",
            "status",
            "case",
            "verdict",
            "complete",
            "coverage",
            "severity",
            "backend",
        ];
        row(out, header)?;
        let mut controls: BTreeMap<_, Vec<&CaseResult>> = BTreeMap::new();
        for case in &record.result.cases {
            case.case.controls.iter().for_each(|control| controls.entry(control).or_default().push(case));
        }
        for (control, cases) in controls {
            for case in &cases {
                row(
                    out,
                    [
                        &*control.framework,
                        record.catalogues.name(&control.framework).unwrap_or_default(),
                        &control.id,
                        record.catalogues.title(control).unwrap_or_default(),
                        status(&cases),
                        &case.case.id,
                        case.verdict.word(),
                        if case.is_incomplete() { "no" } else { "yes" },
                        &wording::coverage(case),
                        case.case.origin.severity.word(),
                        &record.run.backend,
                    ],
                )?;
            }
        }
        Ok(())
    }
}

/// The worst verdict of the cases: violated, then not evaluated, waived, met, not applicable.
pub(super) fn status(cases: &[&CaseResult]) -> &'static str {
    let any = |wanted: fn(&CaseResult) -> bool| cases.iter().any(|case| wanted(case));
    if any(|case| case.verdict == Verdict::Violated) {
        "violated"
    } else if any(CaseResult::is_incomplete) {
        "not_evaluated"
    } else if any(|case| case.verdict == Verdict::Waived) {
        "waived"
    } else if any(|case| matches!(case.verdict, Verdict::Met(_))) {
        "met"
    } else {
        "not_applicable"
    }
}

fn row<'a>(out: &mut dyn Write, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// Spreadsheets run what begins like a formula, inside quotes too.
fn cell(text: &str) -> String {
    let text = wording::value(text);
    let formula = text.trim_start().starts_with(['=', '+', '-', '@']);
    let text = if formula { format!("'{text}") } else { text };
    if text.contains(['"', ',', ' ']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn golden_findings() {
        insta::assert_snapshot!(Sample::new().write(&Findings));
    }

    #[test]
    fn golden_controls() {
        insta::assert_snapshot!(Sample::new().write(&Controls));
    }

    #[test]
    fn a_cell_is_no_formula_and_stays_one_cell() {
        assert_eq!(cell("=cmd|'/C calc'!A0"), "\"'=cmd|'/C calc'!A0\"");
        assert_eq!(cell(" @SUM(1)"), "\"' @SUM(1)\"");
        assert_eq!(cell("a,\"b\"\r\nc"), "\"a,\"\"b\"\"  c\"");
        assert_eq!(cell("plain"), "plain");
    }
}
