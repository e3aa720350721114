//! Prometheus text: counts for graphs and alerts, in a file that the node exporter reads.
//!
//! No label contains the name of a resource, because so many series would cost more than they are worth. This module
//! must not know how facts are read.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Record, Report};
use crate::verify::ResourceVerdict;

/// The counts.
pub(super) struct Metrics;

impl Report for Metrics {
    fn name(&self) -> &'static str {
        "prometheus"
    }

    fn file(&self) -> &'static str {
        "metrics.prom"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (run, result) = (record.run, record.result);
        let of_run = [("suite", run.suite.as_str()), ("stage", &run.stage)];
        let mut page = Exposition { of_run: &of_run, out };
        page.family("attestry_run_info", "What ran, and what answered.")?;
        page.sample("attestry_run_info", &[("run", &run.id), ("tool", &run.tool), ("backend", &run.backend)], 1.0)?;
        page.family("attestry_exit_code", "Exit code of the run.")?;
        page.sample("attestry_exit_code", &[], f64::from(record.exit.exit.code()))?;
        page.family("attestry_run_finished_timestamp_seconds", "When the run finished.")?;
        page.sample("attestry_run_finished_timestamp_seconds", &[], run.finished.as_millisecond() as f64 / 1000.0)?;
        page.family("attestry_calls", "Requests made.")?;
        page.sample("attestry_calls", &[], run.calls as f64)?;
        page.family("attestry_throttled_calls", "Requests answered by throttling.")?;
        page.sample("attestry_throttled_calls", &[], run.throttled as f64)?;

        let mut cases: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut resources: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for case in &result.cases {
            *cases.entry((case.case.origin.severity.word(), case.verdict.word())).or_default() += 1;
            resources.extend(ResourceVerdict::ALL.iter().map(|verdict| ((case.case.id.as_str(), verdict.word()), 0)));
            for resource in &case.resources {
                *resources.entry((&case.case.id, resource.verdict.word())).or_default() += 1;
            }
        }
        page.family("attestry_cases", "Cases by severity and verdict.")?;
        for ((severity, verdict), count) in cases {
            page.sample("attestry_cases", &[("severity", severity), ("verdict", verdict)], count as f64)?;
        }
        page.family("attestry_resources", "Resources by case and verdict.")?;
        for ((case, verdict), count) in resources {
            page.sample("attestry_resources", &[("case", case), ("verdict", verdict)], count as f64)?;
        }
        if result.cases.iter().any(|case| case.coverage.gone > 0) {
            page.family(
                "attestry_resources_gone",
                "Resources that were listed and went before they were asked about.",
            )?;
            for case in &result.cases {
                page.sample("attestry_resources_gone", &[("case", &case.case.id)], case.coverage.gone as f64)?;
            }
        }
        page.family("attestry_case_complete", "1 where everything that the case is about was seen.")?;
        for case in &result.cases {
            let complete = if case.is_incomplete() { 0.0 } else { 1.0 };
            page.sample("attestry_case_complete", &[("case", &case.case.id)], complete)?;
        }
        page.family("attestry_waiver_days_left", "Days until a waiver expires; negative when it has.")?;
        for waiver in &result.waivers {
            page.sample("attestry_waiver_days_left", &[("waiver", &waiver.id)], f64::from(waiver.days_left))?;
        }
        Ok(())
    }
}

struct Exposition<'a> {
    of_run: &'a [(&'a str, &'a str)],
    out: &'a mut dyn Write,
}

impl Exposition<'_> {
    fn family(&mut self, name: &str, help: &str) -> io::Result<()> {
        writeln!(self.out, "# HELP {name} {help}\n# TYPE {name} gauge")
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) -> io::Result<()> {
        let labels: Vec<String> =
            self.of_run.iter().chain(labels).map(|(label, text)| format!("{label}=\"{}\"", escaped(text))).collect();
        writeln!(self.out, "{name}{{{}}} {value}", labels.join(","))
    }
}

fn escaped(text: &str) -> String {
    super::wording::value(text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{HOSTILE, Sample};

    #[test]
    fn golden() {
        insta::assert_snapshot!(Sample::new().write(&Metrics));
    }

    #[test]
    fn a_label_cannot_leave_its_quotes() {
        let mut sample = Sample::new();
        sample.run.stage = format!("{HOSTILE}\\\"\n");
        let text = sample.write(&Metrics);
        assert!(text.lines().all(|line| line.starts_with("# ") || line.starts_with("attestry_")), "{text}");
    }
}
