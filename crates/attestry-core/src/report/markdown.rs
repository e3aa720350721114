//! Markdown for a comment in a pull request or for `GITHUB_STEP_SUMMARY`. The outcome comes first, then the findings
//! that need attention, and then the rest in folded sections.
//!
//! Text from outside is written in code spans. There it can neither be markup nor mention a user. This module must not
//! know where the text is posted.

use std::io::{self, Write};

use super::wording::{self, count};
use super::{Record, Report};
use crate::policy::Severity;
use crate::verify::{CaseResult, ResourceVerdict, Verdict, WaiverState};

/// The summary for reviewers.
pub(super) struct Summary;

/// The size limit in bytes. GitHub does not shorten a step summary that is larger than 1 MiB, but drops it.
const LIMIT: usize = 900 * 1024;
/// The largest number of rows for one case.
const ROWS: usize = 20;

impl Report for Summary {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn file(&self) -> &'static str {
        "summary.md"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut page = LimitedText { text: String::new(), cut: false };
        head(record, &mut page);
        changes(record, &mut page);
        violations(record, &mut page);
        blind_spots(record, &mut page);
        qualified(record, &mut page);
        waivers(record, &mut page);
        all_cases(record, &mut page);
        run(record, &mut page);
        if page.cut {
            page.text.push_str("\n**Cut here, because hosts refuse longer pages.** Everything is in `results.json`.\n");
        }
        out.write_all(page.text.as_bytes())
    }
}

/// A page that stops growing at its limit. It is cut only between blocks, so that each block is complete.
struct LimitedText {
    text: String,
    cut: bool,
}

impl LimitedText {
    fn block(&mut self, block: &str) {
        self.cut |= self.text.len() + block.len() > LIMIT;
        if !self.cut {
            self.text.push_str(block);
        }
    }

    fn table(&mut self, header: &[&str], rows: &[Vec<String>]) {
        let mut block = format!("| {} |\n|{}\n", header.join(" | "), " --- |".repeat(header.len()));
        for row in rows {
            block.push_str(&format!("| {} |\n", row.join(" | ")));
        }
        block.push('\n');
        self.block(&block);
    }
}

fn head(record: &Record<'_>, page: &mut LimitedText) {
    let (run, tally, exit) = (record.run, record.result.tally(), record.exit);
    let mark = if exit.exit.code() == 0 { "✅" } else { "❌" };
    let (suite, stage) = (text(&run.suite), text(&run.stage));
    let (code, sentence) = (exit.exit.code(), text(&exit.sentence));
    page.block(&format!("### {mark} {suite} on {stage}: exit {code}, {sentence}\n\n"));
    if let Some(note) = wording::not_aws(run) {
        page.block(&format!("**This ran {}.**\n\n", text(&note)));
    }
    if let Some(note) = wording::overrides(run) {
        page.block(&format!("**This ran {}.**\n\n", text(&note)));
    }
    page.table(
        &["Cases", "Met", "Violated", "Not evaluated", "Waived", "Not applicable"],
        &[[tally.cases, tally.met, tally.violated, tally.not_evaluated, tally.waived, tally.not_applicable]
            .map(|count| count.to_string())
            .to_vec()],
    );
}

/// Writes the difference from the baseline. Unchanged findings are listed in other parts of the page.
fn changes(record: &Record<'_>, page: &mut LimitedText) {
    let Some(delta) = record.delta else { return };
    page.block(&format!("### Since the baseline\n\n{}\n\n", text(&delta.summary())));
    let lists = [("new", &delta.new), ("newly blind", &delta.newly_blind), ("fixed", &delta.fixed)];
    let all = lists.iter().flat_map(|(word, list)| list.iter().map(move |(_, says)| (word, says)));
    let rows: Vec<Vec<String>> = all.map(|(word, says)| vec![(*word).to_owned(), code(says)]).collect();
    if !rows.is_empty() {
        page.table(&["", "Finding"], rows.get(..ROWS).unwrap_or(&rows));
    }
    if rows.len() > ROWS {
        page.block(&format!("and {} more: `attestry diff` has all\n\n", rows.len() - ROWS));
    }
}

fn violations(record: &Record<'_>, page: &mut LimitedText) {
    let mut violated: Vec<&CaseResult> =
        record.result.cases.iter().filter(|case| case.verdict == Verdict::Violated).collect();
    if violated.is_empty() {
        return;
    }
    violated.sort_by_key(|case| std::cmp::Reverse::<Severity>(case.case.origin.severity));
    page.block("### Violations\n\n");
    for case in violated {
        let origin = &case.case.origin;
        page.block(&format!(
            "**{}** ({}): {}; {} looked at{}\n\n",
            code(&case.case.id),
            origin.severity,
            text(&origin.title),
            wording::coverage(case),
            if case.is_incomplete() { ", **and not all was seen**" } else { "" }
        ));
        let all: Vec<_> = case.with(&[ResourceVerdict::Violated]).collect();
        let mut rows = Vec::new();
        for resource in all.iter().take(ROWS) {
            let name = code(&wording::resource(record.run, resource));
            if resource.differences.is_empty() {
                rows.push(vec![name, String::new(), text(&resource.reason), String::new()]);
                continue;
            }
            for difference in &resource.differences {
                let parts = [&difference.attribute, &difference.actual, &difference.expected].map(|it| code(it));
                let mut row = vec![name.clone()];
                row.extend(parts);
                rows.push(row);
            }
        }
        if all.is_empty() {
            rows.push(vec![
                format!("no {}", case.case.kind.plural),
                String::new(),
                "none exists".into(),
                String::new(),
            ]);
        }
        rows.dedup();
        page.table(&["Resource", "Attribute", "Is", "Expected"], &rows);
        if all.len() > ROWS {
            page.block(&format!("and {} more, in `results.json`\n\n", all.len() - ROWS));
        }
        if let Some(remediation) = &origin.remediation {
            page.block(&format!("To mend: {}\n\n", text(remediation)));
        }
    }
}

fn blind_spots(record: &Record<'_>, page: &mut LimitedText) {
    let blind: Vec<&CaseResult> = record.result.cases.iter().filter(|case| case.is_incomplete()).collect();
    if blind.is_empty() {
        return;
    }
    page.block("### Not seen\n\nNobody knows whether these hold.\n\n");
    let rows: Vec<Vec<String>> = blind
        .iter()
        .map(|case| {
            let spots: Vec<String> = wording::blind_spots(case).iter().map(|spot| code(spot)).collect();
            let first = wording::gaps(record.run, case).first().map(|(what, why)| code(&format!("{what}: {why}")));
            vec![code(&case.case.id), wording::coverage(case), spots.join(", "), first.unwrap_or_default()]
        })
        .collect();
    page.table(&["Case", "Seen", "Why not more", "First answer"], &rows);
    let missing = wording::missing_permissions(&record.result.cases);
    if !missing.is_empty() {
        let missing: Vec<String> = missing
            .iter()
            .map(|(name, places)| format!("{} on {}", code(name), count(*places, "resource", "resources")))
            .collect();
        page.block(&format!("Missing permissions: {}\n\n", missing.join(", ")));
    }
}

/// Writes the lists that AWS may have ended early without a sign.
fn qualified(record: &Record<'_>, page: &mut LimitedText) {
    let kinds = wording::qualified(&record.result.cases);
    if kinds.is_empty() {
        return;
    }
    page.block("### Qualified lists\n\n");
    let rows: Vec<Vec<String>> = kinds.into_iter().map(|(kind, sentence)| vec![code(kind), text(sentence)]).collect();
    page.table(&["Kind", "Qualification"], &rows);
}

fn waivers(record: &Record<'_>, page: &mut LimitedText) {
    if record.result.waivers.is_empty() {
        return;
    }
    page.block("### Waivers\n\n");
    let rows: Vec<Vec<String>> = record
        .result
        .waivers
        .iter()
        .map(|waiver| {
            let state = match waiver.state {
                WaiverState::Used => "used",
                WaiverState::Expired => "**expired**",
                WaiverState::NotNeeded => "not needed",
                WaiverState::MatchesNothing => "**matches nothing**",
                WaiverState::Unknown => "unknown: not all was seen",
            };
            let ticket = waiver.ticket.as_ref().map(|ticket| code(ticket)).unwrap_or_default();
            vec![
                code(&waiver.id),
                state.to_owned(),
                waiver.findings.to_string(),
                format!("{}, {}", waiver.expires, wording::days(waiver)),
                code(&waiver.owner),
                code(&waiver.approver),
                text(&waiver.reason),
                ticket,
            ]
        })
        .collect();
    let header = ["Waiver", "State", "Findings", "Expires", "Owner", "Approver", "Reason", "Ticket"];
    page.table(&header, &rows);
}

fn all_cases(record: &Record<'_>, page: &mut LimitedText) {
    let rows: Vec<Vec<String>> = record
        .result
        .cases
        .iter()
        .map(|case| {
            let verdict = case.verdict.word().replace('_', " ");
            let incomplete =
                if case.verdict == Verdict::Violated && case.is_incomplete() { ", incomplete" } else { "" };
            let controls: Vec<String> =
                case.case.controls.iter().map(|it| code(&format!("{}:{}", it.framework, it.id))).collect();
            vec![
                code(&case.case.id),
                format!("{verdict}{incomplete}"),
                wording::coverage(case),
                case.case.origin.severity.to_string(),
                controls.join(" "),
            ]
        })
        .collect();
    page.block(&format!("<details><summary>{}</summary>\n\n", count(rows.len(), "case", "cases")));
    let opened = !page.cut;
    let header = ["Case", "Verdict", "Seen", "Severity", "Controls"];
    // The table is written in parts, so that a cut falls between rows. Each part has its own header.
    for rows in rows.chunks(1_000) {
        page.table(&header, rows);
    }
    if opened {
        page.text.push_str("</details>\n\n");
    }
}

fn run(record: &Record<'_>, page: &mut LimitedText) {
    let run = record.run;
    let callers: Vec<String> = run.callers.iter().map(|caller| code(&caller.arn)).collect();
    page.block(&format!(
        "<details><summary>Run</summary>\n\n- run {}, {}\n- {}; {}\n- as {}\n- from {} to {}; {}, {} \
         throttled\n- facts from {}; gate {}\n\n</details>\n",
        code(&run.id),
        text(&run.tool),
        wording::accounts(run),
        text(&run.regions.join(", ")),
        callers.join(", "),
        run.started,
        run.finished,
        count(run.calls, "call", "calls"),
        run.throttled,
        code(&run.backend),
        run.gate,
    ));
}

/// Returns the text as a code span that is valid inside and outside of a table.
fn code(it: &str) -> String {
    let line = wording::value(it);
    if line.trim().is_empty() {
        return String::new();
    }
    // A code span ends at a row of backticks that is as long as the row at its start. So this fence is longer than any
    // row inside.
    let longest = line.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if line.starts_with(['`', ' ']) || line.ends_with(['`', ' ']) { " " } else { "" };
    // Markdown splits a table row at every unescaped pipe before it reads code spans.
    format!("{fence}{pad}{}{pad}{fence}", line.replace('|', "\\|"))
}

/// Returns prose of a policy, or our own prose, with its markup escaped.
fn text(it: &str) -> String {
    let mut out = String::new();
    for character in wording::value(it).chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '!') {
            out.push('\\');
        }
        out.push(character);
        // GitHub mentions a user after `@`, with or without an escape. An invisible joiner prevents this.
        if character == '@' {
            out.push('\u{2060}');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{HOSTILE, Sample, all_seen};

    #[test]
    fn golden() {
        insta::assert_snapshot!(Sample::new().write(&Summary));
    }

    #[test]
    fn a_page_is_cut_before_the_host_refuses_it() {
        let mut sample = Sample::with("", all_seen(&["/w"]));
        let cases = sample.result.cases.clone();
        for at in 0..3_000 {
            for case in &cases {
                let mut case = case.clone();
                std::sync::Arc::make_mut(&mut case.case).id = format!("DT-{at}/case");
                sample.result.cases.push(case);
            }
        }
        let page = sample.write(&Summary);
        assert!(page.len() < 1_000_000 && page.len() > 500_000, "{} bytes", page.len());
        assert!(page.contains("Cut here"));
        assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
    }

    #[test]
    fn hostile_text_stays_in_its_cell() {
        let cell = code(HOSTILE);
        assert!(cell.starts_with("```") && cell.ends_with("```"), "{cell}");
        assert!(!cell.contains('\n') && !cell.contains(" | "), "{cell}");
        assert_eq!(text("@team <b> [l](x)"), "@\u{2060}team \\<b\\> \\[l\\](x)");
    }
}
