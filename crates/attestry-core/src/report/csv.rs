//! CSV (RFC 4180) for spreadsheets: every finding, and the matrix of controls.
//!
//! A cell that a spreadsheet would read as a formula gets a mark, so that it is read as text. This module must not know
//! how facts are read.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::findings;
use super::{Record, Report, wording};
use crate::verify::{CaseResult, ResourceVerdict, Verdict};

/// One row for each finding, and one for each case without findings.
pub(super) struct Findings;

/// One row for each control and each case that serves it.
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
                    finding.verdict.word(),
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
            "not tested",
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
                        case.case.untested.get(control).map(String::as_str).unwrap_or_default(),
                        status(&cases).word(),
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

/// Returns the worst verdict of the cases. The order is violated, not evaluated, waived, met, not applicable.
pub(super) fn status(cases: &[&CaseResult]) -> ResourceVerdict {
    let any = |wanted: fn(&CaseResult) -> bool| cases.iter().any(|case| wanted(case));
    if any(|case| case.verdict == Verdict::Violated) {
        ResourceVerdict::Violated
    } else if any(CaseResult::is_incomplete) {
        ResourceVerdict::NotEvaluated
    } else if any(|case| case.verdict == Verdict::Waived) {
        ResourceVerdict::Waived
    } else if any(|case| matches!(case.verdict, Verdict::Met(_))) {
        ResourceVerdict::Met
    } else {
        ResourceVerdict::NotApplicable
    }
}

/// Writes a row.
pub(super) fn row<'a>(out: &mut dyn Write, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// The first characters of formulas, in half width and in full width.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Other separators of cells. If a program splits the file at one of them, quotes in the middle of a cell have no
/// effect.
const SEPARATORS: [char; 3] = [';', '|', '\t'];

/// Returns one cell. A spreadsheet runs a cell that begins like a formula, also inside of quotes.
fn cell(text: &str) -> String {
    let text = wording::value(text);
    let formula = text.trim_start().starts_with(FORMULA);
    let text = if formula { format!("'{text}") } else { text };
    let text = if text.contains(SEPARATORS) { defused(&text) } else { text };
    let quoted = text.contains(['"', ',', ' ']) || text.contains(SEPARATORS);
    if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Returns the text with an apostrophe before each formula that would begin a cell if the file is read with another
/// separator.
fn defused(text: &str) -> String {
    let (mut out, mut begins) = (String::new(), false);
    for character in text.chars() {
        if begins && FORMULA.contains(&character) {
            out.push('\'');
        }
        begins = SEPARATORS.contains(&character) || begins && (character.is_whitespace() || character == '"');
        out.push(character);
    }
    out
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
        assert_eq!(cell("\u{ff1d}1"), "'\u{ff1d}1");
        for separator in [';', '\t', '|', ','] {
            for hidden in ["x;=1+1", "x; \"=1", "x;;@a", "x|-1", "=1;=2", "x;\u{ff1d}1", "a,=1"] {
                let row = format!("first,{},last", cell(hidden));
                // With a comma the quotes have an effect. With another separator they have one only at the start of a
                // cell.
                let cells: Vec<&str> = if separator == ',' { Vec::new() } else { row.split(separator).collect() };
                let bare = |cell: &str| cell.trim_start_matches(['"', ' ']).starts_with(FORMULA);
                assert!(!cells.iter().any(|cell| bare(cell)), "{row}");
            }
        }
        assert_eq!(cell("a,=1"), "\"a,=1\"");
    }
}
