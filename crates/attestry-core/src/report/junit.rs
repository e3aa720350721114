//! JUnit XML: one test suite for each policy, and one test for each case. A violation is a failure. A case that could
//! not be evaluated is an error. A waived or not applicable case is skipped, with the reason.
//!
//! This is the only file that names the JUnit crate. This module must not know how results are judged.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::{Record, Report, wording};
use crate::facts::Cause;
use crate::verify::{CaseResult, ResourceVerdict, Verdict};

/// The report in one of the two dialects of the format.
pub(super) struct Junit {
    name: &'static str,
    file: &'static str,
    /// Whether the file leaves out the parts that `junit-10.xsd` refuses: properties, the file and line of a test, and
    /// `skipped` and `timestamp` of the root. The xUnit plugin of Jenkins validates with this schema.
    strict: bool,
}

/// The dialect for GitLab, Azure Pipelines, GitHub and the JUnit plugin of Jenkins.
pub(super) const JUNIT: Junit = Junit { name: "junit", file: "junit.xml", strict: false };
/// The dialect for programs that validate the file with a schema.
pub(super) const STRICT: Junit = Junit { name: "junit-strict", file: "junit-strict.xml", strict: true };

/// The largest number of resources in the body of one test, and of findings among its properties.
const RESOURCES: usize = 200;
const FINDINGS: usize = 500;
/// The largest size of the body of one test, and of all bodies, in bytes. GitLab accepts files up to 30 MB.
const BODY: usize = 200_000;
const BODIES: usize = 12_000_000;

impl Report for Junit {
    fn name(&self) -> &'static str {
        self.name
    }

    fn file(&self) -> &'static str {
        self.file
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut report = quick_junit::Report::new(xml_text(&record.run.suite));
        report.time = Some(Duration::from_secs_f64(wording::seconds(record.run)));
        // The JUnit crate has timestamps of a type from another crate. To avoid a dependency on that crate, the JUnit
        // crate parses our time from text.
        let timestamp = record.run.started.to_string();
        if !self.strict {
            report.timestamp = timestamp.parse().ok();
        }
        let cases = &record.result.cases;
        let most = BODY.min(BODIES / cases.len().max(1));
        for of_policy in cases.chunk_by(|a, b| a.case.origin.id == b.case.origin.id) {
            let name = of_policy.first().map_or("", |case| case.case.origin.id.as_str());
            let mut suite = self.suite(record, name);
            suite.timestamp = timestamp.parse().ok();
            suite.add_test_cases(of_policy.iter().map(|case| self.test(record, case, most)));
            report.add_test_suite(suite);
        }
        // A reader of only this file must not see a pass when the run failed. A waiver that matches nothing, and a run
        // that selected no cases, belong to no case, so a separate test shows them.
        if record.exit.exit.code() != 0 && report.failures + report.errors == 0 {
            let mut suite = self.suite(record, "run");
            suite.timestamp = timestamp.parse().ok();
            suite.add_test_case(outcome(record));
            report.add_test_suite(suite);
        }
        let mut text = report.to_string().map_err(io::Error::other)?;
        if self.strict {
            text = without_root_skipped(text);
        }
        out.write_all(text.as_bytes())
    }
}

impl Junit {
    fn suite(&self, record: &Record<'_>, name: &str) -> TestSuite {
        let run = record.run;
        let mut suite = TestSuite::new(xml_text(name));
        // The facts are collected for all cases together, so a case has no time. The root has the time of the run.
        suite.set_time(Duration::ZERO);
        let mut add = |name: &str, value: &str| suite.properties.push(property(name, value));
        add("run", &run.id);
        add("tool", &run.tool);
        add("suite", &run.suite);
        add("stage", &run.stage);
        add("backend", &run.backend);
        for caller in &run.callers {
            add("account", &caller.account);
            add("caller", &caller.arn);
        }
        for region in &run.regions {
            add("region", region);
        }
        for parameter in &run.parameters {
            add("parameter", parameter);
        }
        add("exit", &format!("{}: {}", record.exit.exit.code(), record.exit.sentence));
        suite
    }

    fn test(&self, record: &Record<'_>, case: &CaseResult, most: usize) -> TestCase {
        let mut test = TestCase::new(xml_text(wording::case_name(&case.case)), status(record, case, most));
        test.set_classname(xml_text(&format!("{}.{}", record.run.suite, case.case.origin.id)));
        test.set_time(Duration::ZERO);
        if !self.strict {
            let (file, line) = record.place(&case.case);
            test.extra.insert("file".into(), xml_text(&file).into());
            test.extra.insert("line".into(), line.to_string().into());
            test.properties = properties(record, case);
        }
        test
    }
}

fn status(record: &Record<'_>, case: &CaseResult, most: usize) -> TestCaseStatus {
    let (mut status, kind, message) = match case.verdict {
        Verdict::Met(_) => return TestCaseStatus::success(),
        Verdict::Violated => {
            let status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            (status, case.verdict.word(), violated(record, case))
        }
        Verdict::NotEvaluated => {
            let (coverage, spots) = (wording::coverage(case), wording::blind_spots(case).join(", "));
            let status = TestCaseStatus::non_success(NonSuccessKind::Error);
            (status, cause(case), format!("not evaluated ({coverage}): {spots}"))
        }
        Verdict::Waived => {
            let waivers = wording::waivers(record, case);
            let waivers: Vec<String> = waivers.iter().map(|(waiver, found)| wording::waived(waiver, *found)).collect();
            (TestCaseStatus::skipped(), case.verdict.word(), format!("waived: {}", waivers.join("; ")))
        }
        Verdict::NotApplicable => {
            let message = format!("not applicable: {}", wording::not_applicable(case));
            (TestCaseStatus::skipped(), case.verdict.word(), message)
        }
    };
    status
        .set_type(kind)
        .set_message(xml_text(&message))
        .set_description(xml_text(&body(record, case, &message, most)));
    status
}

fn violated(record: &Record<'_>, case: &CaseResult) -> String {
    let mut violated = case.with(&[ResourceVerdict::Violated]);
    let first = violated.next().map_or_else(
        || format!("no {} where something must exist", case.case.kind.plural),
        |it| format!("{}: {}", wording::resource(record.run, it), wording::reasons(it)),
    );
    let more = match violated.count() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let blind = if case.is_incomplete() {
        format!("; and not all was seen: {}", wording::blind_spots(case).join(", "))
    } else {
        String::new()
    };
    format!("{}: {first}{more}{blind}", wording::coverage(case))
}

/// Returns the worst cause of the gaps.
fn cause(case: &CaseResult) -> &'static str {
    let resources = case.resources.iter().flat_map(|resource| &resource.gaps);
    case.gaps.iter().chain(resources).map(|gap| gap.cause).min().map_or("not_collected", Cause::word)
}

/// Returns the body of a test. GitLab shows this text, and so do programs that ignore properties.
fn body(record: &Record<'_>, case: &CaseResult, message: &str, most: usize) -> String {
    let origin = &case.case.origin;
    let (file, line) = record.place(&case.case);
    let mut text = format!(
        "{message}\n\n{} [{}]\n{}: {}\n{file}:{line}\n",
        wording::value(&origin.title),
        origin.severity,
        case.case.id,
        wording::value(&case.case.title)
    );
    for (what, told) in [("source", &origin.source), ("why", &origin.rationale), ("to mend", &origin.remediation)] {
        if let Some(told) = told {
            text.push_str(&format!("{what}: {}\n", wording::value(told)));
        }
    }
    text.push('\n');
    let told = case.with(&[ResourceVerdict::Violated, ResourceVerdict::Waived]).map(|it| {
        let waiver = if it.waiver.is_empty() { String::new() } else { format!(" {}", wording::value(&it.waiver)) };
        let id = if it.id.is_empty() { String::new() } else { format!("\n    {}", wording::value(&it.id)) };
        let (resource, reasons) = (wording::resource(record.run, it), wording::reasons(it));
        format!("{}{waiver}: {resource}: {reasons}{id}\n    finding {}\n", it.verdict, it.finding)
    });
    let gaps = wording::gaps(record.run, case);
    let gaps = gaps.into_iter().map(|(what, why)| format!("{}: {what}: {why}\n", ResourceVerdict::NotEvaluated));
    let mut left = 0;
    for (at, line) in told.chain(gaps).enumerate() {
        if left > 0 || at >= RESOURCES || text.len() + line.len() > most {
            left += 1;
        } else {
            text.push_str(&line);
        }
    }
    if left > 0 {
        text.push_str(&format!("and {left} more: see results.json\n"));
    }
    text
}

fn properties(record: &Record<'_>, case: &CaseResult) -> Vec<Property> {
    let mut all = vec![
        property("verdict", case.verdict.word()),
        property("severity", case.case.origin.severity.word()),
        property("backend", &record.run.backend),
    ];
    let mut add = |name: &str, value: &str| all.push(property(name, value));
    if !record.run.clock.is_empty() {
        add("clock", &record.run.clock);
    }
    for control in &case.case.controls {
        add("control", &format!("{}:{}", control.framework, control.id));
    }
    add("coverage.expected", &case.coverage.expected.to_string());
    add("coverage.examined", &case.coverage.examined.to_string());
    add("coverage.not_evaluated", &case.coverage.not_evaluated.to_string());
    add("coverage.not_applicable", &case.coverage.not_applicable.to_string());
    add("coverage.enumerated", &case.coverage.enumerated.to_string());
    if case.coverage.gone > 0 {
        add("coverage.gone", &case.coverage.gone.to_string());
    }
    if let Some(window) = &case.coverage.window {
        add("coverage.window", &window.to_string());
    }
    if !case.coverage.qualified.is_empty() {
        add("coverage.qualified", case.coverage.qualified);
    }
    let accounts: BTreeSet<&str> = case.resources.iter().map(|resource| &*resource.account).collect();
    let regions: BTreeSet<&str> = case.resources.iter().map(|resource| &*resource.region).collect();
    accounts.iter().for_each(|account| add("account", account));
    regions.iter().for_each(|region| add("region", region));
    for resource in
        case.with(&[ResourceVerdict::Violated, ResourceVerdict::NotEvaluated, ResourceVerdict::Waived]).take(FINDINGS)
    {
        add("finding", &resource.finding);
    }
    for (waiver, _) in wording::waivers(record, case) {
        add("waiver", &waiver.id);
        add("waiver.expires", &waiver.expires);
    }
    all
}

/// Returns the outcome of the run as a test.
fn outcome(record: &Record<'_>) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    let mut body = format!("exit {}: {}\n", record.exit.exit.code(), wording::value(&record.exit.sentence));
    for concern in record.result.waivers.iter().filter_map(wording::waiver_concern) {
        body.push_str(&format!("{concern}\n"));
    }
    let message = xml_text(body.lines().next().unwrap_or_default());
    status.set_type("run").set_message(message).set_description(xml_text(&body));
    let mut test = TestCase::new("outcome", status);
    test.set_classname(xml_text(&format!("{}.run", record.run.suite)));
    test.set_time(Duration::ZERO);
    test
}

fn property(name: &str, value: &str) -> Property {
    Property::new(name, xml_text(&wording::value(value)))
}

/// Returns a text that XML 1.0 allows: without terminal escapes, without control characters, and without the two code
/// points that are no characters.
///
/// The JUnit crate would keep these two code points, and no parser accepts them. It would also drop tabs, and this
/// would join words.
fn xml_text(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return text.to_owned();
    }
    let plain = anstream::adapter::strip_str(text).to_string();
    let kept = plain.chars().filter_map(|character| match character {
        '\n' => Some('\n'),
        '\t' => Some(' '),
        '\u{fffe}' | '\u{ffff}' => None,
        _ if character.is_control() => None,
        _ => Some(character),
    });
    kept.collect()
}

/// Removes `skipped` from the root. The crate always writes it, and `junit-10.xsd` refuses it.
fn without_root_skipped(text: String) -> String {
    // Values of attributes contain no quote, so the first match is the attribute and not a part of the name of the
    // suite.
    let Some((head, rest)) = text.split_once(" skipped=\"") else { return text };
    match rest.split_once('"') {
        Some((_, tail)) if head.contains("<testsuites") && !head.contains("<testsuite ") => format!("{head}{tail}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
