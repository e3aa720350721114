//! OSCAL assessment-results: an observation for each case, a finding for each control.
//!
//! OSCAL has only the states satisfied and not satisfied. A case that was not evaluated is not satisfied, with a
//! separate reason. A waived case is not satisfied either, and refers to the accepted risk. All UUIDs are derived from
//! digests, so that the same run gives the same bytes. This module must not know how facts are read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::findings::digest;
use super::json::BUFFER;
use super::plain::Plain;
use super::{Record, Report, logic, wording};
use crate::source::printable;
use crate::verify::{CaseResult, ResourceResult, ResourceVerdict, Verdict, WaiverResult, WaiverState};

/// The OSCAL document.
pub(super) struct Oscal;

/// The version of OSCAL.
const VERSION: &str = "1.2.1";
/// The namespace of our properties.
const NAMESPACE: &str = "tag:attestry.invalid,2026:oscal";
/// The largest number of gaps in one observation. `results.json` has all gaps.
const GAPS: usize = 20;
/// The length of the longest description, in characters.
const LONG: usize = 2_000;

impl Report for Oscal {
    fn name(&self) -> &'static str {
        "oscal"
    }

    fn file(&self) -> &'static str {
        "oscal-assessment-results.json"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let run = record.run;
        let assessment = Assessment {
            uuid: uuid(&["assessment-results", &run.id]),
            metadata: json!({
                "title": text(&format!("{} on {}", run.title, run.stage)),
                "last-modified": run.finished.to_string(),
                "version": text(&run.id),
                "oscal-version": VERSION,
            }),
            import_ap: json!({ "href": format!("#{}", no_plan(record)) }),
            results: [Outcome(record)],
            back_matter: json!({ "resources": [
                {
                    "uuid": no_plan(record),
                    "title": "No assessment plan",
                    "description": "There is no OSCAL assessment plan: what was assessed is the suite of policies that \
                                    this document names, and the reviewed controls follow from it.",
                },
                {
                    "uuid": all_results(record),
                    "title": "Results",
                    "description": "Every resource of every case, with what AWS answered where it differs.",
                    "rlinks": [{ "href": "results.json", "media-type": "application/json" }],
                },
            ] }),
        };
        let mut out = BufWriter::with_capacity(BUFFER, out);
        serde_json::to_writer_pretty(Plain::shown(&mut out), &BTreeMap::from([("assessment-results", assessment)]))?;
        writeln!(out)?;
        out.flush()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Assessment<'a> {
    uuid: String,
    metadata: Value,
    import_ap: Value,
    results: [Outcome<'a>; 1],
    back_matter: Value,
}

/// The result of the run. The parts that grow with the number of resources are created while they are written. If all
/// parts were created first, they would need six times the memory of the document.
struct Outcome<'a>(&'a Record<'a>);

impl Serialize for Outcome<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = self.0;
        let run = record.run;
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("uuid", &uuid(&["result", &run.id]))?;
        object.serialize_entry("title", &text(&format!("{}, stage {}", run.suite, run.stage)))?;
        let said = format!("exit {}: {}", record.exit.exit.code(), record.exit.sentence);
        object.serialize_entry("description", &text(&said))?;
        object.serialize_entry("start", &run.started.to_string())?;
        object.serialize_entry("end", &run.finished.to_string())?;
        object.serialize_entry("props", &props(record))?;
        let targets = Targets::of(record);
        object.serialize_entry("local-definitions", &Definitions(record))?;
        object.serialize_entry("reviewed-controls", &json!({ "control-selections": targets.selections(record) }))?;
        let log = json!({ "entries": [{
            "uuid": uuid(&["log", &run.id]),
            "title": "Read the facts and judged the cases",
            "description": text(&format!("{} requests, {} of them throttled", run.calls, run.throttled)),
            "start": run.started.to_string(),
            "end": run.finished.to_string(),
        }] });
        object.serialize_entry("assessment-log", &log)?;
        let observations = || record.result.cases.iter().map(|case| observation(record, case));
        let risks = || record.result.waivers.iter().filter(|it| is_risk(it)).map(|it| risk(record, it));
        let findings = || targets.findings(record);
        // OSCAL refuses empty lists.
        if !record.result.cases.is_empty() {
            object.serialize_entry("observations", &Each(observations))?;
        }
        if risks().next().is_some() {
            object.serialize_entry("risks", &Each(risks))?;
        }
        if findings().next().is_some() {
            object.serialize_entry("findings", &Each(findings))?;
        }
        object.end()
    }
}

/// A list whose items are created one after another.
struct Each<F>(F);

impl<I: Iterator<Item = Value>, F: Fn() -> I> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

fn props(record: &Record<'_>) -> Vec<Value> {
    let run = record.run;
    let mut props = vec![
        prop("run", &run.id),
        prop("suite", &run.suite),
        prop("stage", &run.stage),
        prop("backend", &run.backend),
        prop("gate", run.gate),
        prop("exit-code", &record.exit.exit.code().to_string()),
        prop("evaluated-at", &run.evaluated_at.to_string()),
    ];
    props.extend(run.callers.iter().flat_map(|it| [prop("account", &it.account), prop("caller", &it.arn)]));
    props.extend(run.regions.iter().map(|region| prop("region", region)));
    props.into_iter().flatten().collect()
}

/// The tool, and the resources that the observations refer to.
struct Definitions<'a>(&'a Record<'a>);

impl Serialize for Definitions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let record = self.0;
        let mut items = BTreeMap::new();
        for resource in record.result.cases.iter().flat_map(subjects) {
            items.entry(subject(resource)).or_insert(resource);
        }
        let item = |(uuid, resource): (&String, &&ResourceResult)| {
            let props = [
                Some(json!({ "name": "asset-id", "value": text(&resource.id) })),
                prop("account", &resource.account),
                prop("region", &resource.region),
            ];
            let props: Vec<Value> = props.into_iter().flatten().collect();
            json!({ "uuid": uuid, "description": text(&resource.name), "props": props })
        };
        let mut object = serializer.serialize_map(None)?;
        let tool = json!([{
            "uuid": tool(record),
            "type": "software",
            "title": text(&record.run.tool),
            "description": "Verifies an AWS account against declarative policies.",
            "status": { "state": "operational" },
        }]);
        object.serialize_entry("components", &tool)?;
        if !items.is_empty() {
            object.serialize_entry("inventory-items", &Each(|| items.iter().map(item)))?;
        }
        object.end()
    }
}

/// Returns the resources of an observation: the resources that need attention. `results.json` has the other resources.
fn subjects(case: &CaseResult) -> impl Iterator<Item = &ResourceResult> {
    case.with(ResourceVerdict::ATTENTION).filter(|resource| !resource.id.is_empty())
}

fn observation(record: &Record<'_>, case: &CaseResult) -> Value {
    let of = &case.case;
    let mut props = vec![
        prop("case", &of.id),
        prop("verdict", case.verdict.word()),
        prop("complete", &(!case.is_incomplete()).to_string()),
        prop("severity", of.origin.severity.word()),
        prop("kind", of.kind.name),
        prop("population", &logic::population(of)),
        prop("coverage-expected", &case.coverage.expected.to_string()),
        prop("coverage-examined", &case.coverage.examined.to_string()),
        prop("coverage-not-evaluated", &case.coverage.not_evaluated.to_string()),
        prop("coverage-not-applicable", &case.coverage.not_applicable.to_string()),
        prop("coverage-enumerated", &case.coverage.enumerated.to_string()),
    ];
    let gone = Some(case.coverage.gone).filter(|gone| *gone > 0);
    props.extend(gone.map(|gone| prop("coverage-gone", &gone.to_string())));
    props.extend(case.coverage.window.iter().map(|window| prop("coverage-window", &window.to_string())));
    let qualified = Some(case.coverage.qualified).filter(|sentence| !sentence.is_empty());
    props.extend(qualified.map(|sentence| prop("coverage-qualified", sentence)));
    props.extend(logic::criteria(of).iter().map(|line| prop("criterion", line)));
    let gaps = wording::gaps(record.run, case);
    props.extend(gaps.iter().take(GAPS).map(|(what, why)| prop("not-seen", &format!("{what}: {why}"))));
    let (file, line) = record.place(of);
    let mut object = Map::new();
    object.insert("uuid".into(), observed(record, case).into());
    object.insert("title".into(), text(&of.id).into());
    object.insert("description".into(), long(&format!("{}: {}", of.title, wording::outcome(record, case))).into());
    object.insert("props".into(), props.into_iter().flatten().collect());
    object.insert("methods".into(), json!([if of.probe.is_some() { "TEST" } else { "EXAMINE" }]));
    object.insert("types".into(), json!(["control-objective"]));
    object.insert("origins".into(), json!([{ "actors": [{ "type": "tool", "actor-uuid": tool(record) }] }]));
    let subjects: BTreeSet<String> = subjects(case).map(subject).collect();
    if !subjects.is_empty() {
        let subjects = subjects.into_iter().map(|it| json!({ "subject-uuid": it, "type": "inventory-item" }));
        object.insert("subjects".into(), subjects.collect());
    }
    object.insert(
        "relevant-evidence".into(),
        json!([{
            "href": format!("#{}", all_results(record)),
            "description": text(&format!("The case {}, written in {file}:{line}", of.id)),
        }]),
    );
    object.insert("collected".into(), record.run.finished.to_string().into());
    object.into()
}

fn is_risk(waiver: &WaiverResult) -> bool {
    waiver.findings > 0 && matches!(waiver.state, WaiverState::Used | WaiverState::Expired)
}

/// Returns a waiver as a risk that a person accepted until a day.
fn risk(record: &Record<'_>, waiver: &WaiverResult) -> Value {
    let props = [prop("waiver", &waiver.id), prop("owner", &waiver.owner), prop("approver", &waiver.approver)];
    let ticket = waiver.ticket.as_ref().and_then(|ticket| prop("ticket", ticket));
    let props: Vec<Value> = props.into_iter().flatten().chain(ticket).collect();
    json!({
        "uuid": accepted(record, &waiver.id),
        "title": text(&format!("Waiver {}", waiver.id)),
        "description": text(&format!("{} findings are accepted until {}", waiver.findings, waiver.expires)),
        "statement": text(&waiver.reason),
        "props": props,
        "status": if waiver.state == WaiverState::Used { "deviation-approved" } else { "open" },
        "deadline": format!("{}T23:59:59Z", waiver.expires),
    })
}

/// The targets of the cases, each with its cases. A target is a control, or the policy of cases without a control.
struct Targets<'a>(BTreeMap<(&'a str, &'a str), Vec<&'a CaseResult>>);

/// The framework of the targets that are policies.
const OWN: &str = "";

impl<'a> Targets<'a> {
    fn of(record: &Record<'a>) -> Self {
        let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for case in &record.result.cases {
            for control in &case.case.controls {
                all.entry((control.framework.as_str(), control.id.as_str())).or_default().push(case);
            }
            if case.case.controls.is_empty() {
                all.entry((OWN, case.case.origin.id.as_str())).or_default().push(case);
            }
        }
        Self(all)
    }

    fn selections(&self, record: &Record<'_>) -> Vec<Value> {
        let mut frameworks: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (framework, id) in self.0.keys() {
            frameworks.entry(framework).or_default().insert(control_id(framework, id));
        }
        if frameworks.is_empty() {
            return vec![json!({ "description": "No case was run", "include-all": {} })];
        }
        let selection = |(framework, ids): (&str, BTreeSet<String>)| {
            let ids: Vec<Value> = ids.into_iter().map(|id| json!({ "control-id": id })).collect();
            json!({ "description": text(framework_name(record, framework)), "include-controls": ids })
        };
        frameworks.into_iter().map(selection).collect()
    }

    fn findings<'s>(&'s self, record: &'s Record<'_>) -> impl Iterator<Item = Value> + 's {
        let finding = move |(&(framework, id), cases): (&(&str, &str), &Vec<&CaseResult>)| {
            let control = crate::policy::Control { framework: framework.to_owned(), id: id.to_owned() };
            let (state, reason, remarks) = in_part(cases, &control, status(cases)?);
            let (kind, target) = target(framework, id);
            let title = record.catalogues.title(&control).unwrap_or_default();
            let observations: Vec<Value> =
                cases.iter().map(|case| json!({ "observation-uuid": observed(record, case) })).collect();
            let waivers: BTreeSet<&str> = cases
                .iter()
                .flat_map(|case| wording::waivers(record, case))
                .map(|(waiver, _)| waiver)
                .filter(|waiver| is_risk(waiver))
                .map(|waiver| waiver.id.as_str())
                .collect();
            let mut object = Map::new();
            object
                .insert("uuid".into(), uuid(&["finding", &record.run.suite, &record.run.stage, framework, id]).into());
            object.insert("title".into(), text(&format!("{} {id} {title}", framework_name(record, framework))).into());
            object.insert("description".into(), text(&remarks).into());
            let props = [prop("framework", framework), prop("control", id)];
            object.insert("props".into(), props.into_iter().flatten().collect());
            object.insert(
                "target".into(),
                json!({
                    "type": kind,
                    "target-id": target,
                    "status": { "state": state, "reason": reason, "remarks": text(&remarks) },
                }),
            );
            object.insert("related-observations".into(), observations.into());
            if !waivers.is_empty() {
                let risks = waivers.into_iter().map(|waiver| json!({ "risk-uuid": accepted(record, waiver) }));
                object.insert("related-risks".into(), risks.collect());
            }
            Some(object.into())
        };
        self.0.iter().filter_map(finding)
    }
}

/// Returns the state, reason and remark of a control with these cases. Returns `None` when no case has anything to
/// judge.
fn status(cases: &[&CaseResult]) -> Option<(&'static str, &'static str, String)> {
    let those = |wanted: fn(&CaseResult) -> bool| cases.iter().filter(|case| wanted(case)).count();
    let violated = those(|case| case.verdict == Verdict::Violated);
    let blind = those(CaseResult::is_incomplete);
    let waived = those(|case| case.verdict == Verdict::Waived);
    let met = those(|case| matches!(case.verdict, Verdict::Met(_)));
    let without = those(|case| case.verdict == Verdict::NotApplicable);
    let words = format!(
        "Of {} {met} met, {violated} violated, {blind} not fully evaluated, {waived} waived, {without} not applicable",
        wording::count(cases.len(), "case", "cases"),
    );
    match (violated, blind, waived, met) {
        (1.., ..) => Some(("not-satisfied", "fail", words)),
        (0, 1.., ..) => Some(("not-satisfied", "other", format!("not evaluated: {words}"))),
        (0, 0, 1.., _) => Some(("not-satisfied", "other", format!("waived: {words}"))),
        (0, 0, 0, 1..) => Some(("satisfied", "pass", words)),
        (0, 0, 0, 0) => None,
    }
}

/// Replaces the state `satisfied` by `not-satisfied` if each of the cases tests only a part of the control.
fn in_part<'s>(
    cases: &[&CaseResult],
    control: &crate::policy::Control,
    status: (&'s str, &'s str, String),
) -> (&'s str, &'s str, String) {
    let untested: Option<BTreeSet<&str>> =
        cases.iter().map(|case| case.case.untested.get(control).map(String::as_str)).collect();
    match (untested, status) {
        (Some(parts), ("satisfied", _, words)) => {
            let parts: Vec<&str> = parts.into_iter().collect();
            ("not-satisfied", "other", format!("tested in part: {words}. Not tested: {}", parts.join("; ")))
        }
        (_, status) => status,
    }
}

/// Returns the id in OSCAL's own catalogue, or a token that is derived from our id.
fn control_id(framework: &str, id: &str) -> String {
    match framework {
        OWN => token(&format!("policy_{id}")),
        "nist-800-53-r5" => token(&id.to_lowercase().replace('(', ".").replace(')', "")),
        _ => token(&format!("{framework}_{id}")),
    }
}

/// Returns the statement of a control, if OSCAL has its catalogue, or else the objective.
fn target(framework: &str, id: &str) -> (&'static str, String) {
    let control = control_id(framework, id);
    if framework == "nist-800-53-r5" { ("statement-id", format!("{control}_smt")) } else { ("objective-id", control) }
}

fn framework_name<'a>(record: &'a Record<'_>, framework: &'a str) -> &'a str {
    if framework == OWN {
        "Policies that name no control:"
    } else {
        record.catalogues.name(framework).unwrap_or(framework)
    }
}

/// Returns a token of OSCAL. It begins with a letter or `_` and has letters, digits, `.`, `-` and `_`.
fn token(text: &str) -> String {
    let allowed = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    let token: String = text.chars().map(allowed).collect();
    if token.starts_with(|first: char| first.is_alphabetic() || first == '_') { token } else { format!("_{token}") }
}

/// Returns a property of our own. OSCAL allows no empty property.
fn prop(name: &str, value: &str) -> Option<Value> {
    let value = printable(value, LONG).trim().to_owned();
    (!value.is_empty()).then(|| json!({ "name": name, "ns": NAMESPACE, "value": value }))
}

/// Returns one line of text that is not empty and has no space at its ends.
fn text(text: &str) -> String {
    long(&wording::value(text))
}

fn long(text: &str) -> String {
    let text = printable(text, LONG).trim().to_owned();
    if text.is_empty() { "-".to_owned() } else { text }
}

fn observed(record: &Record<'_>, case: &CaseResult) -> String {
    uuid(&["observation", &record.run.suite, &record.run.stage, &case.case.id])
}

fn subject(resource: &ResourceResult) -> String {
    uuid(&["resource", &resource.account, &resource.region, &resource.id])
}

fn accepted(record: &Record<'_>, waiver: &str) -> String {
    uuid(&["risk", &record.run.suite, &record.run.stage, waiver])
}

fn tool(record: &Record<'_>) -> String {
    uuid(&["tool", &record.run.tool])
}

fn no_plan(record: &Record<'_>) -> String {
    uuid(&["no-plan", &record.run.suite])
}

fn all_results(record: &Record<'_>) -> String {
    uuid(&["results", &record.run.id])
}

/// Derives a UUID from a digest, in the form of version 5. OSCAL accepts only versions 4 and 5.
fn uuid(parts: &[&str]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in digest(parts).into_iter().take(16).enumerate() {
        let byte = match at {
            6 => byte & 0x0f | 0x50,
            8 => byte & 0x3f | 0x80,
            _ => byte,
        };
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.extend([byte >> 4, byte & 0x0f].into_iter().filter_map(|half| char::from_digit(half.into(), 16)));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use crate::report::sample::{Sample, all_seen};

    fn findings(sample: &Sample) -> BTreeMap<String, (String, String)> {
        let document: Value = serde_json::from_str(&sample.write(&Oscal)).expect("JSON");
        let all = document.pointer("/assessment-results/results/0/findings").and_then(Value::as_array);
        let text = |finding: &Value, at: &str| finding.pointer(at).and_then(Value::as_str).unwrap_or("").to_owned();
        all.into_iter()
            .flatten()
            .map(|it| {
                let status = (text(it, "/target/status/state"), text(it, "/target/status/reason"));
                (text(it, "/target/target-id"), status)
            })
            .collect()
    }

    #[test]
    fn golden() {
        insta::assert_snapshot!(Sample::new().write(&Oscal));
    }

    #[test]
    fn the_same_run_gives_the_same_bytes() {
        assert_eq!(Sample::new().write(&Oscal), Sample::new().write(&Oscal));
    }

    #[test]
    fn what_nobody_saw_is_never_satisfied() {
        let state = |state: &str, reason: &str| (state.to_owned(), reason.to_owned());
        let mut sample = Sample::new();
        sample.result.cases.retain(|case| case.case.id == "FR-277/no-admin");
        assert_eq!(findings(&sample).get("ac-6_smt"), Some(&state("not-satisfied", "other")));
        // No resource of the kind was collected.
        let sample = Sample::with("", Vec::new());
        assert!(findings(&sample).values().all(|it| *it == state("not-satisfied", "other")), "{:?}", findings(&sample));
        let mut sample = Sample::with("", all_seen(&[]));
        sample.result.cases.retain(|case| case.case.id == "FR-280/retention-7y");
        assert_eq!(findings(&sample).get("policy_FR-280"), Some(&state("satisfied", "pass")));
    }

    #[test]
    fn what_is_tested_in_part_is_never_satisfied() {
        let control = crate::policy::Control { framework: "nist-800-53-r5".to_owned(), id: "IA-5".to_owned() };
        let mut sample = Sample::with("", all_seen(&[]));
        sample.result.cases.retain(|case| case.case.id == "FR-280/retention-7y");
        for case in &mut sample.result.cases {
            std::sync::Arc::make_mut(&mut case.case).controls = vec![control.clone()];
        }
        let state = |sample: &Sample| findings(sample).get("ia-5_smt").map(|it| it.0.clone());
        assert_eq!(state(&sample).as_deref(), Some("satisfied"));
        for case in &mut sample.result.cases {
            let untested = "streams".to_owned();
            std::sync::Arc::make_mut(&mut case.case).untested.insert(control.clone(), untested);
        }
        assert_eq!(state(&sample).as_deref(), Some("not-satisfied"));
        assert!(sample.write(&Oscal).contains("Not tested: streams"));
    }

    #[test]
    fn what_has_nothing_to_judge_has_no_finding() {
        let mut sample = Sample::new();
        sample.result.cases.retain(|case| case.case.id == "DT-002/tenant-rotates");
        assert_eq!(findings(&sample), BTreeMap::new());
    }

    #[test]
    fn a_probe_tests_and_a_collector_examines() {
        assert!(Sample::probed().write(&Oscal).contains("\"TEST\""));
        let read = Sample::new().write(&Oscal);
        assert!(read.contains("\"EXAMINE\"") && !read.contains("\"TEST\""));
    }

    #[test]
    fn ids_of_controls_are_tokens() {
        assert_eq!(control_id("nist-800-53-r5", "IA-5(1)"), "ia-5.1");
        assert_eq!(control_id("cis-aws-3.0", "1.14"), "cis-aws-3.0_1.14");
        assert_eq!(control_id("2024 frame", "§ 3"), "_2024-frame_--3");
    }
}
