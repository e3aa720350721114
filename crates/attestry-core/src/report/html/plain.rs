//! The page for readers without scripts: the outcome, and one row for each case.
//!
//! This module must not know the content that the script shows.

use std::fmt::Write as _;

use crate::report::{Record, wording};

/// Returns the outcome and the cases as markup. Scripts replace this part of the page.
pub(super) fn page(record: &Record<'_>) -> String {
    let run = record.run;
    let mut text = String::from("<noscript>\n<style>header, #page { display: none; }</style>\n<main>\n");
    let mut line = |tag: &str, said: &str| {
        let _ = writeln!(text, "<{tag}>{}</{tag}>", escaped(said));
    };
    let (suite, stage) = (wording::value(&run.suite), wording::value(&run.stage));
    line(
        "h1",
        &format!("{suite} on {stage}: exit {}, {}", record.exit.exit.code(), wording::value(&record.exit.sentence)),
    );
    if let Some(note) = wording::not_aws(run) {
        line("p", &format!("This ran {note}."));
    }
    if let Some(delta) = record.delta {
        line("p", &delta.summary());
    }
    line("p", "Without scripts this is all that the page shows. Every resource is in findings.csv and results.json.");
    text.push_str("<table>\n<thead><tr><th>Case</th><th>Severity</th><th>Verdict</th><th>Outcome</th></tr></thead>\n");
    for case in &record.result.cases {
        let verdict = case.verdict.word().replace('_', " ");
        let incomplete = if case.is_incomplete() { ", not all seen" } else { "" };
        let cells = [
            wording::value(&case.case.id),
            case.case.origin.severity.to_string(),
            format!("{verdict}{incomplete}"),
            wording::outcome(record, case),
        ];
        let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
        let _ = writeln!(text, "<tr>{cells}</tr>");
    }
    text.push_str("</table>\n</main>\n</noscript>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
