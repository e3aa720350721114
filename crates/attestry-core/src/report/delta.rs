//! The difference between two runs, by the ids of findings. An id stays the same from run to run.
//!
//! A violation is reported as fixed only when the later run examined it. A violation that the later run could not see,
//! or did not check, is listed separately. This module must not know where results are stored.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::wording::{self, count};
use crate::facts::redact::is_withheld;
use crate::verify::{CaseResult, ResourceResult, ResourceVerdict, Run, RunResult};

/// The reason why a text cannot be read as results of an earlier run.
#[derive(Debug, Error)]
pub enum NoResults {
    /// The text is not the JSON of `results.json`.
    #[error("no results of a run: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The text has another version of the format.
    #[error("results in the schema `{0}`, and this version reads `attestry.results/1`")]
    Schema(String),
}

/// The data of a run that a comparison needs.
#[derive(Debug, Serialize, Deserialize)]
pub struct Results {
    schema: String,
    run: OfRun,
    cases: Vec<OfCase>,
}

#[derive(Debug, Serialize, Deserialize)]
struct OfRun {
    id: String,
    suite: String,
    stage: String,
    backend: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct OfCase {
    id: String,
    incomplete: bool,
    coverage: OfCoverage,
    resources: Vec<OfResource>,
}

#[derive(Debug, Serialize, Deserialize)]
struct OfCoverage {
    enumerated: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct OfResource {
    id: String,
    name: String,
    verdict: ResourceVerdict,
    #[serde(default)]
    finding: String,
}

impl Results {
    /// Reads `results.json`.
    ///
    /// # Errors
    /// The text is not a `results.json` of this version.
    pub fn read(text: &[u8]) -> Result<Self, NoResults> {
        #[derive(Deserialize)]
        struct Version {
            schema: String,
        }
        // The version is read first, so that results of another version are not reported as damaged.
        let Version { schema } = serde_json::from_slice(text)?;
        if schema != super::json::SCHEMA {
            return Err(NoResults::Schema(wording::value(&schema)));
        }
        let mut results: Self = serde_json::from_slice(text)?;
        debug_assert_eq!(results.schema, super::json::SCHEMA);
        results.cases.iter_mut().for_each(|case| case.resources.retain(|it| !it.finding.is_empty()));
        Ok(results)
    }

    /// Writes the data that a comparison needs, in a form that `read` accepts. The data are a part of `results.json`.
    ///
    /// # Errors
    /// The errors of the writer.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// Returns the results of a run that has just ended.
    #[must_use]
    pub fn of(run: &Run, result: &RunResult) -> Self {
        let resource = |it: &ResourceResult| OfResource {
            id: it.id.to_string(),
            name: it.name.to_string(),
            verdict: it.verdict,
            finding: it.finding.clone(),
        };
        let case = |it: &CaseResult| OfCase {
            id: it.case.id.clone(),
            incomplete: it.is_incomplete(),
            coverage: OfCoverage { enumerated: it.coverage.enumerated },
            resources: it.resources.iter().filter(|it| !it.finding.is_empty()).map(resource).collect(),
        };
        Self {
            schema: super::json::SCHEMA.to_owned(),
            run: OfRun {
                id: run.id.clone(),
                suite: run.suite.clone(),
                stage: run.stage.clone(),
                backend: run.backend.clone(),
            },
            cases: result.cases.iter().map(case).collect(),
        }
    }

    /// Returns the suite and the stage. Runs of different suites or stages cannot be compared.
    #[must_use]
    pub fn about(&self) -> (&str, &str) {
        (&self.run.suite, &self.run.stage)
    }

    /// Returns the id of the run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run.id
    }

    /// Returns the ids of the violations that are not waived. Resources with a withheld identity are left out, because
    /// two different resources can look equal when their identity is withheld.
    #[must_use]
    pub fn violated(&self) -> BTreeSet<String> {
        let all = self.findings();
        let is_known = |found: &ComparedFinding<'_>| found.verdict == ResourceVerdict::Violated && !found.withheld;
        all.into_iter().filter(|(_, found)| is_known(found)).map(|(id, _)| id.to_owned()).collect()
    }

    fn findings(&self) -> BTreeMap<&str, ComparedFinding<'_>> {
        let of = |case: &'_ OfCase, it: &'_ OfResource| -> String {
            let name = if it.name.is_empty() { &it.id } else { &it.name };
            format!("{}: {}", wording::value(&case.id), wording::value(name))
        };
        let mut all = BTreeMap::new();
        for case in &self.cases {
            for it in case.resources.iter().filter(|it| !it.finding.is_empty()) {
                all.insert(
                    it.finding.as_str(),
                    ComparedFinding { case, verdict: it.verdict, withheld: is_withheld(&it.id), text: of(case, it) },
                );
            }
        }
        all
    }
}

#[derive(Clone, Debug)]
struct ComparedFinding<'a> {
    case: &'a OfCase,
    verdict: ResourceVerdict,
    /// Whether the identity of the resource is withheld.
    withheld: bool,
    text: String,
}

/// A finding in a comparison: its id, and a text with the case and the resource.
pub type Named = (String, String);

/// The difference between two runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Delta {
    /// The id of the earlier run.
    pub since: String,
    /// Violated now, and not before.
    pub new: Vec<Named>,
    /// Violated before, and now examined and not violated.
    pub fixed: Vec<Named>,
    /// Violated before and now.
    pub still: Vec<Named>,
    /// Violated before, and waived now.
    pub waived: Vec<Named>,
    /// Not evaluated now. Before, they were evaluated or did not exist.
    pub newly_blind: Vec<Named>,
    /// Violated before, and not checked now: the later run did not include the case, or its list is incomplete.
    pub not_asked: Vec<Named>,
    /// Cases with less coverage: complete before, and not complete now.
    pub less_seen: Vec<String>,
    /// The backends of both runs, if they differ.
    pub backends: Option<(String, String)>,
}

impl Delta {
    /// Compares an earlier run with a later one.
    #[must_use]
    pub fn between(earlier: &Results, later: &Results) -> Self {
        let (before, now) = (earlier.findings(), later.findings());
        let cases: BTreeMap<&str, &OfCase> = later.cases.iter().map(|case| (case.id.as_str(), case)).collect();
        let mut delta = Self { since: earlier.run.id.clone(), ..Self::default() };
        for (id, found) in &now {
            let named = ((*id).to_owned(), found.text.clone());
            let known = before.get(id).filter(|it| !it.withheld);
            match (known.map(|it| it.verdict), found.verdict) {
                (Some(ResourceVerdict::Violated), ResourceVerdict::Violated) => delta.still.push(named),
                (_, ResourceVerdict::Violated) => delta.new.push(named),
                (Some(ResourceVerdict::Violated), ResourceVerdict::Waived) => delta.waived.push(named),
                (Some(ResourceVerdict::NotEvaluated), ResourceVerdict::NotEvaluated) => {}
                (_, ResourceVerdict::NotEvaluated) => delta.newly_blind.push(named),
                _ => {}
            }
        }
        for (id, found) in
            before.iter().filter(|(id, it)| it.verdict == ResourceVerdict::Violated && !now.contains_key(*id))
        {
            let named = ((*id).to_owned(), found.text.clone());
            // A resource that is not in a complete list no longer exists.
            match cases.get(found.case.id.as_str()) {
                Some(case) if case.coverage.enumerated => delta.fixed.push(named),
                _ => delta.not_asked.push(named),
            }
        }
        let lists = [
            &mut delta.new,
            &mut delta.fixed,
            &mut delta.still,
            &mut delta.waived,
            &mut delta.newly_blind,
            &mut delta.not_asked,
        ];
        // The order is by case and resource, because readers search by case and resource.
        lists.into_iter().for_each(|list| list.sort_by(|(a, text_a), (b, text_b)| (text_a, a).cmp(&(text_b, b))));
        let complete: BTreeSet<&str> =
            earlier.cases.iter().filter(|case| !case.incomplete).map(|case| case.id.as_str()).collect();
        let less = later.cases.iter().filter(|case| case.incomplete && complete.contains(case.id.as_str()));
        delta.less_seen = less.map(|case| wording::value(&case.id)).collect();
        if earlier.run.backend != later.run.backend {
            delta.backends = Some((wording::value(&earlier.run.backend), wording::value(&later.run.backend)));
        }
        delta
    }

    /// Returns the counts, as in `2 new, 1 fixed, 3 still violated, 1 newly blind since RUN`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut parts = vec![
            format!("{} new", self.new.len()),
            format!("{} fixed", self.fixed.len()),
            format!("{} still violated", self.still.len()),
            format!("{} newly blind", self.newly_blind.len()),
        ];
        let rest = [(self.waived.len(), "waived"), (self.not_asked.len(), "not asked again")];
        parts.extend(rest.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
        format!("{} since {}", parts.join(", "), wording::value(&self.since))
    }

    /// Returns the complete difference, with one line for each finding.
    #[must_use]
    pub fn words(&self) -> String {
        let mut text = format!("{}\n", self.summary());
        if let Some((before, now)) = &self.backends {
            let _ = writeln!(text, "  what answered is not the same: {before}, then {now}");
        }
        let lists = [
            ("NEW", &self.new),
            (ResourceVerdict::NotEvaluated.label(), &self.newly_blind),
            ("STILL", &self.still),
            (ResourceVerdict::Waived.label(), &self.waived),
            ("UNSEEN", &self.not_asked),
            ("FIXED", &self.fixed),
        ];
        for (word, found) in lists.iter().flat_map(|(word, list)| list.iter().map(move |found| (word, found))) {
            let _ = writeln!(text, "  {word:<6} {}  {}", found.0, found.1);
        }
        if !self.less_seen.is_empty() {
            let cases = count(self.less_seen.len(), "case", "cases");
            let _ = writeln!(text, "  {cases} complete before and not now: {}", self.less_seen.join(", "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use crate::report::json;
    use crate::report::sample::{Sample, all_seen};

    fn results(sample: &Sample) -> Results {
        Results::read(sample.write(&json::Results).as_bytes()).expect("results are read")
    }

    fn only(case: &str, mut sample: Sample) -> Sample {
        sample.result.cases.retain(|it| it.case.id == case);
        sample
    }

    fn names(list: &[Named]) -> Vec<&str> {
        list.iter().map(|(_, text)| text.rsplit(": ").next().unwrap_or_default()).collect()
    }

    #[test]
    fn each_violation_is_new_fixed_or_still() {
        let kept = "FR-280/retention-7y";
        let before = results(&only(kept, Sample::with("", all_seen(&["/a", "/b"]))));
        let now = results(&only(kept, Sample::with("", all_seen(&["/b", "/c"]))));
        let delta = Delta::between(&before, &now);
        assert_eq!((names(&delta.new), names(&delta.fixed), names(&delta.still)), (vec!["/c"], vec!["/a"], vec!["/b"]));
        assert_eq!(delta.summary(), "1 new, 1 fixed, 1 still violated, 0 newly blind since 01JB3ZQ8");
    }

    #[test]
    fn what_reads_alike_after_redaction_is_never_taken_for_known() {
        let run = || results(&only("FR-280/retention-7y", Sample::with("", all_seen(&["/a", "/[redacted]"]))));
        let delta = Delta::between(&run(), &run());
        assert_eq!((names(&delta.new), names(&delta.still)), (vec!["/[redacted]"], vec!["/a"]));
        assert_eq!(run().violated().len(), 1);
    }

    #[test]
    fn the_same_run_has_no_difference() {
        let delta = Delta::between(&results(&Sample::new()), &results(&Sample::new()));
        assert_eq!((delta.new.len(), delta.fixed.len(), delta.newly_blind.len()), (0, 0, 0));
        assert!(!delta.still.is_empty() && delta.less_seen.is_empty());
    }

    #[test]
    fn what_was_not_asked_again_is_not_fixed() {
        let before = results(&Sample::new());
        let now = results(&only("DT-002/tenant-rotates", Sample::new()));
        let delta = Delta::between(&before, &now);
        assert!(delta.fixed.is_empty() && !delta.not_asked.is_empty(), "{delta:?}");
        // No resource of the kind could be listed.
        let now = results(&Sample::with("", Vec::new()));
        let delta = Delta::between(&before, &now);
        assert!(delta.fixed.is_empty() && !delta.less_seen.is_empty(), "{delta:?}");
    }

    #[test]
    fn a_new_gap_is_reported() {
        let before = results(&Sample::with("", all_seen(&[])));
        let delta = Delta::between(&before, &results(&Sample::new()));
        assert!(names(&delta.newly_blind).contains(&"audit"), "{delta:?}");
    }

    #[test]
    fn what_a_run_holds_is_what_it_writes() {
        let sample = Sample::new();
        let delta = Delta::between(&results(&sample), &Results::of(&sample.run, &sample.result));
        assert_eq!(delta, Delta::between(&results(&sample), &results(&sample)));
        assert_eq!(results(&sample).violated(), Results::of(&sample.run, &sample.result).violated());
    }

    #[test]
    fn other_texts_are_refused() {
        let read = |text: &str| Results::read(text.as_bytes()).expect_err("refused").to_string();
        assert!(read("[").starts_with("no results of a run"));
        assert!(read(r#"{"schema": "attestry.results/2"}"#).contains("attestry.results/2"));
        assert!(read(r#"{"schema": "attestry.results/1"}"#).contains("missing field"));
    }
}
