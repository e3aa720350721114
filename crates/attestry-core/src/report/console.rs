//! The console report: one line for each case with its findings below, and a last line with the reason of the exit
//! code.
//!
//! The report writes styles only on request. The writer that gets the report decides whether the terminal gets the
//! styles. This module must not know where it writes.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::waivers::SOON;
use super::wording::{self, count};
use super::{Record, Report};
use crate::verify::{CaseResult, ResourceVerdict, Verdict, WaiverState};

/// The console report, with one line for each case.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// Whether words have styles. If the output must not have styles, the writer removes them.
    pub colour: bool,
    /// The largest number of findings that are shown for each case.
    pub findings: usize,
    /// Whether the lines of the cases are left out. Then the report has only the waivers that need attention, and the
    /// summary.
    pub quiet: bool,
    /// The time that the caller waited. Without it, the report shows the time of the run, so that all reports of one
    /// run are equal.
    pub elapsed: Option<Duration>,
}

/// The console report as a file.
pub(super) const PLAIN: Console = Console { colour: false, findings: 5, quiet: false, elapsed: None };

/// The largest width of the column of ids. A longer id does not move the other columns.
const WIDEST_ID: usize = 56;
/// The largest width of the column of coverage.
const WIDEST_COVERAGE: usize = 28;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const BLIND: Style = AnsiColor::Magenta.on_default().bold();
const ACCEPTED: Style = AnsiColor::Yellow.on_default();
const QUIET: Style = Style::new().dimmed();

impl Report for Console {
    fn name(&self) -> &'static str {
        "console"
    }

    fn file(&self) -> &'static str {
        "console.txt"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.head(record, out)?;
        let columns = Columns::of(&record.result.cases);
        for case in record.result.cases.iter().filter(|_| !self.quiet) {
            self.case(record, case, columns, out)?;
        }
        self.waivers(record, out)?;
        self.foot(record, out)
    }
}

/// The widths of the columns.
#[derive(Clone, Copy)]
struct Columns {
    id: usize,
    coverage: usize,
}

impl Columns {
    fn of(cases: &[CaseResult]) -> Self {
        let widest = |lengths: &mut dyn Iterator<Item = usize>, most: usize| {
            lengths.filter(|length| *length <= most).max().unwrap_or(0)
        };
        Self {
            id: widest(&mut cases.iter().map(|case| case.case.id.chars().count()), WIDEST_ID),
            coverage: widest(&mut cases.iter().map(|case| wording::counted(case).chars().count()), WIDEST_COVERAGE),
        }
    }
}

impl Console {
    /// Writes the heading: the suite, the stage and the run.
    fn head(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let run = record.run;
        writeln!(
            out,
            "  {} on stage {} · {} · {}",
            wording::value(&run.suite),
            wording::value(&run.stage),
            wording::accounts(run),
            wording::value(&run.regions.join(", "))
        )?;
        if let Some(note) = wording::overrides(run) {
            writeln!(out, "  {}", self.styled(ACCEPTED, &note))?;
        }
        match wording::not_aws(run) {
            Some(note) => writeln!(out, "  {}", self.styled(BLIND, &note)),
            None => Ok(()),
        }
    }

    fn case(&self, record: &Record<'_>, case: &CaseResult, columns: Columns, out: &mut dyn Write) -> io::Result<()> {
        let coverage = wording::counted(case);
        let mut line = |style: Style, text: &str| {
            // The word is padded before it gets its style, because a style has no width.
            let word = self.styled(style, &format!("{:<6}", case.verdict.without_proof().label()));
            let (id, id_width, coverage_width) = (&case.case.id, columns.id, columns.coverage);
            let line = format!("  {word} {id:<id_width$}  {coverage:<coverage_width$}  {text}");
            writeln!(out, "{}", line.trim_end())
        };
        match case.verdict {
            Verdict::Met(_) => line(GOOD, wording::met_by_absence(case).unwrap_or_default())?,
            Verdict::NotApplicable => line(QUIET, &wording::not_applicable(case))?,
            Verdict::Waived => line(ACCEPTED, &waived(record, case))?,
            Verdict::NotEvaluated => {
                line(BLIND, &wording::blind_spots(case).join(", "))?;
                self.gaps(record, case, out)?;
            }
            Verdict::Violated => {
                let findings = findings(record, case);
                let first = findings.first().map_or("", String::as_str);
                let text = match findings.len() {
                    0 | 1 => first.to_owned(),
                    several => format!("{several} violated: {first}"),
                };
                line(BAD, &text)?;
                let others = findings.get(1..).unwrap_or_default();
                self.details(others, self.findings.saturating_sub(1), out)?;
                let waived = waived(record, case);
                if !waived.is_empty() {
                    writeln!(out, "           waived: {waived}")?;
                }
                // The lines below show only the data that was not seen.
                if case.is_incomplete() {
                    let blind = self.styled(BLIND, &format!("{:<6}", ResourceVerdict::NotEvaluated.label()));
                    let width = columns.id + 2 + columns.coverage;
                    let spots = wording::blind_spots(case).join(", ");
                    writeln!(out, "  {blind} {:<width$}  {spots}", case.case.id)?;
                    self.gaps(record, case, out)?;
                }
            }
        }
        // A resource that no longer exists was not examined, so the line is written for every verdict.
        let gone = wording::gone(record.run, case);
        if gone.is_empty() { Ok(()) } else { writeln!(out, "           {}", self.styled(QUIET, &gone)) }
    }

    /// Writes the first gaps with the messages of AWS. A count alone does not show who can grant the access.
    fn gaps(&self, record: &Record<'_>, case: &CaseResult, out: &mut dyn Write) -> io::Result<()> {
        let lines: Vec<String> =
            wording::gaps(record.run, case).into_iter().map(|(what, why)| format!("{what}: {why}")).collect();
        self.details(&lines, self.findings.min(2), out)
    }

    fn details(&self, lines: &[String], most: usize, out: &mut dyn Write) -> io::Result<()> {
        for line in lines.iter().take(most) {
            writeln!(out, "           {line}")?;
        }
        match lines.len().saturating_sub(most) {
            0 => Ok(()),
            more => writeln!(out, "           {}", self.styled(QUIET, &format!("and {more} more"))),
        }
    }

    /// Writes the waivers that need attention.
    fn waivers(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        for waiver in &record.result.waivers {
            let (style, text) = match (waiver.state, wording::waiver_concern(waiver)) {
                (WaiverState::Expired | WaiverState::MatchesNothing, Some(text)) => (BAD, text),
                (_, Some(text)) => (QUIET, text),
                (_, None) if waiver.days_left <= SOON => {
                    let (id, days, owner) =
                        (wording::value(&waiver.id), wording::days(waiver), wording::value(&waiver.owner));
                    (ACCEPTED, format!("waiver {id} expires on {}, {days} (owner {owner})", waiver.expires))
                }
                (_, None) => continue,
            };
            writeln!(out, "  {} {text}", self.styled(style, "!"))?;
        }
        Ok(())
    }

    fn foot(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (run, tally) = (record.run, record.result.tally());
        let counts = [
            (tally.met, "met"),
            (tally.violated, "violated"),
            (tally.not_evaluated, "not evaluated"),
            (tally.waived, "waived"),
            (tally.not_applicable, "not applicable"),
        ];
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        let counts = if counts.is_empty() { "nothing judged".to_owned() } else { counts.join(", ") };
        writeln!(
            out,
            "  ── {}: {counts} · {}, {} throttled · {:.1} s",
            count(tally.cases, "case", "cases"),
            count(run.calls, "call", "calls"),
            run.throttled,
            self.elapsed.map_or_else(|| wording::seconds(run), |elapsed| elapsed.as_secs_f64())
        )?;
        let missing: Vec<String> = wording::missing_permissions(&record.result.cases)
            .into_iter()
            .map(|(name, places)| format!("{name} on {}", count(places, "resource", "resources")))
            .collect();
        if !missing.is_empty() {
            writeln!(out, "  missing permissions: {} (`attestry permissions` writes the policy)", missing.join(", "))?;
        }
        for (window, kinds) in wording::windows(&record.result.cases) {
            let kinds = kinds.into_iter().collect::<Vec<_>>().join(", ");
            writeln!(out, "  {}", self.styled(QUIET, &format!("read {window}: {kinds}")))?;
        }
        for (kind, sentence) in wording::qualified(&record.result.cases) {
            writeln!(out, "  {}", self.styled(QUIET, &format!("qualified: {kind}: {}", wording::value(sentence))))?;
        }
        if let Some(delta) = record.delta {
            writeln!(out, "  {}", delta.summary())?;
        }
        // A reader may quote only the last line, so a pass must name its backend in this line.
        let note = wording::not_aws(run).map(|note| format!(" ({note})")).unwrap_or_default();
        let code = record.exit.exit.code();
        let text = format!("exit {code}: {}{note}", wording::value(&record.exit.sentence));
        writeln!(out, "  {}", self.styled(if code == 0 { GOOD } else { BAD }, &text))
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

fn findings(record: &Record<'_>, case: &CaseResult) -> Vec<String> {
    let violated = case.with(&[ResourceVerdict::Violated]);
    let mut lines: Vec<String> =
        violated.map(|it| format!("{}: {}", wording::resource(record.run, it), wording::reasons(it))).collect();
    if lines.is_empty() {
        lines.push(format!("no {} where something must exist", case.case.kind.plural));
    }
    lines
}

fn waived(record: &Record<'_>, case: &CaseResult) -> String {
    let waivers = wording::waivers(record, case);
    waivers.into_iter().map(|(waiver, findings)| wording::waived(waiver, findings)).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Cause, Gap, TimeSpan};
    use crate::report::sample::{ACCOUNT, MISTAKEN, Sample, all_seen};
    use crate::verify::Caller;

    #[test]
    fn golden() {
        insta::assert_snapshot!(Sample::new().write(&PLAIN));
    }

    #[test]
    fn golden_of_a_mistaken_waiver_elsewhere_than_aws() {
        let mut sample = Sample::with(MISTAKEN, all_seen(&["/aws/lambda/pay"]));
        sample.run.backend = "described account accounts/bank.yaml".into();
        sample.run.regions.push("us-east-1".into());
        let other = Caller { account: "444455556666".into(), arn: String::new(), user_id: String::new() };
        sample.run.callers.push(other);
        assert_eq!(sample.run.callers.first().map(|caller| caller.account.as_str()), Some(ACCOUNT));
        insta::assert_snapshot!(sample.write(&PLAIN));
    }

    #[test]
    fn golden_of_nothing() {
        let mut sample = Sample::with("", Vec::new());
        sample.result.cases.clear();
        sample.exit = crate::verify::Reason::of(&sample.result, crate::policy::Severity::Info);
        insta::assert_snapshot!(sample.write(&PLAIN));
    }

    #[test]
    fn parameters_of_the_command_line_are_shown_where_people_look() {
        let mut sample = Sample::new();
        sample.run.parameters = vec!["namespace=bnak-".to_owned()];
        let told: Vec<&str> = crate::report::ALL
            .iter()
            .filter(|report| sample.write(**report).contains("namespace=bnak-"))
            .map(|report| report.name())
            .collect();
        for name in ["console", "markdown", "junit", "json", "html"] {
            assert!(told.contains(&name), "{name}: {told:?}");
        }
    }

    #[test]
    fn below_blind_stands_what_was_not_seen_and_nothing_else() {
        let told = Sample::new().write(&PLAIN);
        let (mut blind, mut under) = (false, 0);
        for line in told.lines() {
            let is_detail = line.starts_with("           ");
            blind = if is_detail { blind } else { line.starts_with("  BLIND") };
            under += usize::from(blind && is_detail);
            assert!(!(blind && is_detail && line.contains(", expected ")), "{line}");
        }
        assert!(under > 3, "{told}");
        // The violated case also has a line with its id for the data that was not seen.
        assert!(told.contains("audit: denied id:GetRole "), "{told}");
    }

    #[test]
    fn every_report_tells_what_went() {
        let mut all = all_seen(&[]);
        for population in &mut all {
            let gap = Gap::new(Cause::Gone).of_call("vault", "DescribeSecret");
            let gap = gap.with_code("NoSuchThing");
            population.resources.iter_mut().take(1).for_each(|it| it.went(&gap));
        }
        let sample = Sample::with("", all);
        let told = |report: &&&dyn Report| {
            let text = sample.write(**report);
            text.contains("gone") || text.contains("went after")
        };
        let silent: Vec<&str> = crate::report::ALL.iter().filter(|it| !told(it)).map(|it| it.name()).collect();
        assert_eq!(silent, WITHOUT_COVERAGE);
    }

    #[test]
    fn reports_show_that_a_list_is_qualified() {
        let mut sample = Sample::with("", all_seen(&["/aws/lambda/pay"]));
        for case in &mut sample.result.cases {
            case.coverage.qualified = "AWS can end this list early.";
        }
        let has = |report: &dyn Report, part: &str| sample.write(report).contains(part);
        let told = |report: &&&dyn Report| has(**report, "AWS can end this list early.");
        let told: Vec<&str> = crate::report::ALL.iter().filter(told).map(|it| it.name()).collect();
        for name in ["json", "markdown", "html", "populations", "junit", "oscal", "ocsf"] {
            assert!(told.contains(&name), "{name}: {told:?}");
        }
        assert!(has(&PLAIN, "\n  qualified: log.group: AWS can end this list early.\n"));
        let silent = |report: &&&dyn Report| !has(**report, "qualified") && !has(**report, "AWS can end");
        let silent: Vec<&str> = crate::report::ALL.iter().filter(silent).map(|it| it.name()).collect();
        assert_eq!(silent, WITHOUT_QUALIFICATION);
    }

    #[test]
    fn reports_show_the_time_that_was_read() {
        let mut sample = Sample::with("", all_seen(&["/aws/lambda/pay"]));
        let until = sample.result.evaluated_at;
        for case in &mut sample.result.cases {
            case.coverage.window = Some(TimeSpan { from: None, until });
        }
        let shown = until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let has = |report: &dyn Report| sample.write(report).contains(&format!("read until {shown}"));
        let told: Vec<&str> = crate::report::ALL.iter().filter(|it| has(**it)).map(|it| it.name()).collect();
        for name in ["csv", "html", "markdown", "junit", "oscal"] {
            assert!(told.contains(&name), "{name}: {told:?}");
        }
        assert!(sample.write(&PLAIN).contains(&format!("\n  read until {shown}: ")));
    }

    /// These reports have counts, no population, or only keys, secrets and certificates.
    const WITHOUT_QUALIFICATION: [&str; 4] = ["inventory", "calendar", "prometheus", "waivers"];

    /// The report of waivers has no coverage. The sample has no keys, secrets or certificates.
    const WITHOUT_COVERAGE: [&str; 3] = ["inventory", "calendar", "waivers"];

    #[test]
    fn colour_is_only_added() {
        let sample = Sample::new();
        let coloured = sample.write(&Console { colour: true, ..PLAIN });
        assert!(coloured.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), sample.write(&PLAIN));
        assert!(!sample.write(&PLAIN).contains('\u{1b}'));
    }

    #[test]
    fn findings_are_counted_when_they_are_not_shown() {
        let shown = |findings| Sample::new().write(&Console { findings, ..PLAIN });
        assert!(shown(2).contains("and 5 more") && !shown(100).contains("more\n"));
    }

    #[test]
    fn quiet_keeps_the_last_line() {
        let loud = Sample::new().write(&PLAIN);
        let quiet = Sample::new().write(&Console { quiet: true, ..PLAIN });
        assert_eq!(quiet.lines().last(), loud.lines().last());
        assert!(quiet.contains("waiver W-2 expired") && !quiet.contains("FR-280/retention-7y"));
    }
}
