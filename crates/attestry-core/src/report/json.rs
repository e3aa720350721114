//! `results.json`: all results of a run, for programs. The schema is published in
//! `reports/schemas/results.schema.json`. A change of the schema changes a public interface.
//!
//! This module must not know how other reports show a result to people.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};

use super::plain::Plain;
use super::{Record, Report};
use crate::facts::{Gap, format_duration};
use crate::policy::{Case, Per, Quantifier, Severity, WhenNone};
use crate::verify::{CaseResult, Coverage, ResourceResult, Run, Tally, Verdict, WaiverResult};

/// The size of the write buffer in bytes.
pub(super) const BUFFER: usize = 1 << 16;

/// The name and version of the format.
pub(super) const SCHEMA: &str = "attestry.results/1";

/// The results for programs.
pub(super) struct Results;

impl Report for Results {
    fn name(&self) -> &'static str {
        "json"
    }

    fn file(&self) -> &'static str {
        "results.json"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let document = Document {
            schema: SCHEMA,
            run: record.run,
            exit: Code { code: record.exit.exit.code(), reason: &record.exit.sentence },
            tally: record.result.tally(),
            cases: record.result.cases.iter().map(|case| CaseFacts::of(record, case)).collect(),
            waivers: &record.result.waivers,
        };
        // The serializer makes millions of small writes, so it writes into a buffer with a known type.
        let mut out = BufWriter::with_capacity(BUFFER, out);
        let mut serializer = serde_json::Serializer::with_formatter(Plain::exact(&mut out), Lines::default());
        document.serialize(&mut serializer)?;
        writeln!(out)?;
        out.flush()
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    run: &'a Run,
    exit: Code<'a>,
    tally: Tally,
    cases: Vec<CaseFacts<'a>>,
    waivers: &'a [WaiverResult],
}

#[derive(Serialize)]
struct Code<'a> {
    code: u8,
    reason: &'a str,
}

#[derive(Serialize)]
struct CaseFacts<'a> {
    id: &'a str,
    title: &'a str,
    policy: PolicyFacts<'a>,
    file: String,
    line: usize,
    controls: Vec<ControlFacts<'a>>,
    kind: &'static str,
    quantifier: Quantifier,
    per: Per,
    when_none: WhenNone,
    /// The length of time that the case is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<String>,
    verdict: Verdict,
    incomplete: bool,
    coverage: &'a Coverage,
    gaps: &'a [Arc<Gap>],
    resources: &'a [ResourceResult],
}

#[derive(Serialize)]
struct PolicyFacts<'a> {
    id: &'a str,
    title: &'a str,
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rationale: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<&'a str>,
}

#[derive(Serialize)]
struct ControlFacts<'a> {
    framework: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    untested: Option<&'a str>,
}

impl<'a> CaseFacts<'a> {
    fn of(record: &Record<'a>, result: &'a CaseResult) -> Self {
        let case: &Case = &result.case;
        let (file, line) = record.place(case);
        let controls = case.controls.iter().map(|control| ControlFacts {
            framework: &control.framework,
            id: &control.id,
            title: record.catalogues.title(control),
            untested: case.untested.get(control).map(String::as_str),
        });
        Self {
            id: &case.id,
            title: &case.title,
            policy: PolicyFacts {
                id: &case.origin.id,
                title: &case.origin.title,
                severity: case.origin.severity,
                source: case.origin.source.as_deref(),
                rationale: case.origin.rationale.as_deref(),
                remediation: case.origin.remediation.as_deref(),
            },
            file,
            line,
            controls: controls.collect(),
            kind: case.kind.name,
            quantifier: case.quantifier,
            per: case.per,
            when_none: case.when_none,
            over: case.over.map(format_duration),
            verdict: result.verdict,
            incomplete: result.is_incomplete(),
            coverage: &result.coverage,
            gaps: &result.gaps,
            resources: &result.resources,
        }
    }
}

/// Formats JSON with one line for each value outside of a resource, and one line for each resource. So two runs differ
/// only in the lines of the resources that differ, and 5,000 resources are 5,000 lines.
#[derive(Default)]
struct Lines {
    pretty: PrettyFormatter<'static>,
    depth: usize,
}

impl Lines {
    /// The depth of a resource: document, cases, case, resources.
    const DEPTH: usize = 4;

    fn is_spread(&self) -> bool {
        self.depth <= Self::DEPTH
    }
}

macro_rules! spread {
    ($($name:ident($($first:ident)?)),* $(,)?) => {
        $(fn $name<W: ?Sized + Write>(&mut self, out: &mut W $(, $first: bool)?) -> io::Result<()> {
            if self.is_spread() {
                self.pretty.$name(out $(, $first)?)
            } else {
                serde_json::ser::CompactFormatter.$name(out $(, $first)?)
            }
        })*
    };
}

macro_rules! nested {
    ($($begin:ident $end:ident),* $(,)?) => {
        $(fn $begin<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
            self.depth += 1;
            if self.is_spread() { self.pretty.$begin(out) } else { serde_json::ser::CompactFormatter.$begin(out) }
        }

        fn $end<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
            let spread = self.is_spread();
            self.depth -= 1;
            if spread { self.pretty.$end(out) } else { serde_json::ser::CompactFormatter.$end(out) }
        })*
    };
}

impl Formatter for Lines {
    nested!(begin_array end_array, begin_object end_object);
    spread!(
        begin_array_value(first),
        end_array_value(),
        begin_object_key(first),
        begin_object_value(),
        end_object_value(),
    );
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

    use std::sync::LazyLock;

    use super::*;
    use crate::report::sample::{MISTAKEN, Sample, all_seen};

    /// Validates a document against the published schema, and returns the errors.
    fn check(document: &serde_json::Value) -> Vec<String> {
        static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
            let schema = serde_json::from_str(include_str!("../../../../reports/schemas/results.schema.json"));
            jsonschema::draft202012::new(&schema.expect("the schema is JSON")).expect("the schema is a schema")
        });
        VALIDATOR.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn parsed(sample: &Sample) -> serde_json::Value {
        serde_json::from_str(&sample.write(&Results)).expect("results are JSON")
    }

    #[test]
    fn golden() {
        insta::assert_snapshot!(Sample::new().write(&Results));
    }

    #[test]
    fn results_fit_the_published_schema() {
        for sample in [Sample::new(), Sample::with(MISTAKEN, all_seen(&["/w"])), Sample::with("", Vec::new())] {
            assert_eq!(check(&parsed(&sample)), Vec::<String>::new());
        }
    }

    #[test]
    fn the_sample_has_every_verdict() {
        let results = parsed(&Sample::new());
        let verdicts: std::collections::BTreeSet<&str> = results
            .pointer("/cases")
            .and_then(serde_json::Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|case| case.get("verdict")?.as_str())
            .collect();
        assert_eq!(
            verdicts.into_iter().collect::<Vec<_>>(),
            ["met", "not_applicable", "not_evaluated", "violated", "waived"]
        );
    }

    /// The schema allows no unknown key. The test adds an unknown key to each object of real results, and the schema
    /// must refuse each.
    #[test]
    fn the_schema_refuses_unknown_keys_everywhere() {
        let results = parsed(&Sample::new());
        let mut paths = Vec::new();
        objects(&results, String::new(), &mut paths);
        assert!(paths.len() > 50, "only {} objects", paths.len());
        for path in paths {
            let mut changed = results.clone();
            let object = changed.pointer_mut(&path).and_then(serde_json::Value::as_object_mut).expect("an object");
            object.insert("unheard-of".into(), true.into());
            // The keys of the counts by cause are causes, and no cause has this name either.
            assert!(!check(&changed).is_empty(), "an unknown key is allowed at {path}");
        }
    }

    fn objects(value: &serde_json::Value, path: String, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (name, field) in fields {
                    objects(field, format!("{path}/{name}"), found);
                }
                found.push(path);
            }
            serde_json::Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    objects(item, format!("{path}/{at}"), found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn a_resource_is_a_line() {
        let many: Vec<String> = (0..5_000).map(|at| format!("/group/{at:04}")).collect();
        let names: Vec<&str> = many.iter().map(String::as_str).collect();
        let text = Sample::with("", all_seen(&names)).write(&Results);
        assert_eq!(text.lines().filter(|line| line.contains(":/group/")).count(), 5_000);
        assert!(text.len() < 3_000_000, "{} bytes", text.len());
    }
}
