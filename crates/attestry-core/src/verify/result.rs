//! The result of a run. Every report is written from this one record.
//!
//! This module must not know report formats.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Complete, Coverage};
use crate::facts::words::words;
use crate::facts::{Gap, scrub};
use crate::policy::{Case, Difference};

/// The verdict on a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All resources are as expected. This verdict needs the proof that all of them were examined.
    Met(Complete),
    /// A resource or the population is not as expected.
    Violated,
    /// AWS did not return the facts, so there is no answer.
    NotEvaluated,
    /// There is nothing to judge.
    NotApplicable,
    /// A resource is not as expected, and the violation is accepted until a date.
    Waived,
}

impl Verdict {
    /// Returns the verdict without its proof.
    #[must_use]
    pub fn without_proof(self) -> ResourceVerdict {
        match self {
            Self::Met(_) => ResourceVerdict::Met,
            Self::Violated => ResourceVerdict::Violated,
            Self::NotEvaluated => ResourceVerdict::NotEvaluated,
            Self::NotApplicable => ResourceVerdict::NotApplicable,
            Self::Waived => ResourceVerdict::Waived,
        }
    }

    /// Returns the word in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.without_proof().word()
    }
}

impl Serialize for Verdict {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// The verdict on one resource. `Met` for one resource needs only the judgement of this resource. Counts show the
/// labels in the order of the variants.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum ResourceVerdict {
    /// The resource is as expected.
    Met,
    /// The resource is not as expected.
    Violated,
    /// AWS did not return the facts, so there is no answer.
    NotEvaluated,
    /// The expectation has no meaning for the resource.
    NotApplicable,
    /// The resource is not as expected, and the violation is accepted until a date.
    Waived,
}

words!(ResourceVerdict);

impl ResourceVerdict {
    /// The verdicts that need the attention of a reader.
    pub const ATTENTION: &'static [Self] = &[Self::Violated, Self::Waived, Self::NotEvaluated];

    /// Returns the short word at the start of a line on the terminal.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Met => "MET",
            Self::Violated => "VIOL",
            Self::NotEvaluated => "BLIND",
            Self::NotApplicable => "N/A",
            Self::Waived => "WAIVED",
        }
    }
}

/// The result for one resource.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceResult {
    /// The ARN or id; empty for a finding about the population itself. All cases of a run share this text.
    pub id: Arc<str>,
    /// The name that people use.
    pub name: Arc<str>,
    /// The account; empty for a finding about populations of several accounts.
    pub account: Arc<str>,
    /// The Region; empty for a finding about populations of several Regions.
    pub region: Arc<str>,
    /// The verdict.
    pub verdict: ResourceVerdict,
    /// The id of the finding, which is the same from run to run. It is set only if the verdict needs attention.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub finding: String,
    /// The differences from the expectation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// The data that AWS did not return.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Arc<Gap>>,
    /// The reason why the expectation has no meaning, or the reason for the verdict on a population.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The id of the waiver that covers the resource.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub waiver: String,
    /// Whether the resource left the population: AWS listed it, and it did not exist in a later answer. `reason` has
    /// the details.
    #[serde(skip)]
    pub is_gone: bool,
}

/// The result for one case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The case.
    pub case: Arc<Case>,
    /// The verdict.
    pub verdict: Verdict,
    /// The coverage of the population.
    pub coverage: Coverage,
    /// All results of the population, ordered by account, Region and id. Findings about the population come first.
    pub resources: Vec<ResourceResult>,
    /// The gaps in the list of the population.
    pub gaps: Vec<Arc<Gap>>,
}

impl CaseResult {
    /// Returns the results of the resources with one of these verdicts.
    pub fn with(&self, verdicts: &[ResourceVerdict]) -> impl Iterator<Item = &ResourceResult> {
        self.resources.iter().filter(move |resource| verdicts.contains(&resource.verdict))
    }

    /// Whether data of the case are missing. A violated case can be incomplete, too.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.coverage.complete().is_none()
    }
}

/// The result for a waiver.
#[derive(Clone, Debug, Serialize)]
pub struct WaiverResult {
    /// The id of the waiver.
    pub id: String,
    /// The state of the waiver.
    pub state: WaiverState,
    /// The number of findings that the waiver waives. For an expired waiver, it is the number that the waiver would
    /// waive.
    pub findings: usize,
    /// The number of resources that the waiver names in its cases, with or without a finding.
    #[serde(skip)]
    pub named: usize,
    /// The last day on which the waiver is valid.
    pub expires: String,
    /// The number of days until the last day; negative after it.
    pub days_left: i32,
    /// The owner, who must correct the violation.
    pub owner: String,
    /// The approver, who accepted the violation.
    pub approver: String,
    /// The reason.
    pub reason: String,
    /// The place where the decision is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// The state of a waiver after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverState {
    /// The waiver waives at least one violation.
    Used,
    /// The waiver has expired and waives nothing.
    Expired,
    /// The resource that the waiver names is not violated any more, or another waiver covers it.
    NotNeeded,
    /// The waiver names no resource of the complete population. This is a mistake in its text.
    MatchesNothing,
    /// No resource that the waiver names was found violated, but the run did not see all resources.
    Unknown,
}

/// Counts of verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// All cases.
    pub cases: usize,
    /// The cases that are met.
    pub met: usize,
    /// The cases that are violated.
    pub violated: usize,
    /// The cases that are not evaluated.
    pub not_evaluated: usize,
    /// The cases that are not applicable.
    pub not_applicable: usize,
    /// The cases that are waived.
    pub waived: usize,
}

/// All verdicts of a run.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// One result for each case, in the order of the suite.
    pub cases: Vec<CaseResult>,
    /// One result for each waiver of the stage.
    pub waivers: Vec<WaiverResult>,
    /// The instant for which ages and expiries were judged.
    pub evaluated_at: Timestamp,
}

impl RunResult {
    /// Counts the verdicts.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally { cases: self.cases.len(), ..Tally::default() };
        for case in &self.cases {
            match case.verdict {
                Verdict::Met(_) => tally.met += 1,
                Verdict::Violated => tally.violated += 1,
                Verdict::NotEvaluated => tally.not_evaluated += 1,
                Verdict::NotApplicable => tally.not_applicable += 1,
                Verdict::Waived => tally.waived += 1,
            }
        }
        tally
    }
}

/// The name and version of this program, as a run records them. All programs of one version write the same bytes for a
/// report of the same facts.
pub const TOOL: &str = concat!("attestry ", env!("CARGO_PKG_VERSION"));

/// The description of a run besides its verdicts: callers, suite, stage, backend, Regions and times.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// The id of the run. It is unique, and ids sort by time.
    pub id: String,
    /// The name and version of Attestry.
    pub tool: String,
    /// The id of the suite.
    pub suite: String,
    /// The title of the suite.
    pub title: String,
    /// The name of the stage.
    pub stage: String,
    /// The name of the backend: `aws`, an endpoint, a described account or a recording.
    pub backend: String,
    /// The note about the clock of the judgement. It is empty when the clock of this machine was used and agrees with
    /// the clock of AWS.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub clock: String,
    /// The callers, one for each account.
    pub callers: Vec<Caller>,
    /// The Regions that were examined.
    pub regions: Vec<String>,
    /// The start of the run.
    pub started: Timestamp,
    /// The end of the run.
    pub finished: Timestamp,
    /// The instant for which ages and expiries were judged.
    pub evaluated_at: Timestamp,
    /// The gate. Violations at or above this severity fail the run.
    pub gate: &'static str,
    /// The patterns that selected cases of the suite; empty when all cases were run.
    pub selected: Vec<String>,
    /// The parameters of the command line, as `NAME=VALUE`, redacted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// The number of HTTP requests.
    pub calls: usize,
    /// The number of these requests that AWS throttled.
    pub throttled: usize,
}

impl Run {
    /// Formats the parameters of the command line as text: `NAME=VALUE`, redacted.
    #[must_use]
    pub fn overrides(given: &[(String, String)]) -> Vec<String> {
        given.iter().map(|(name, value)| format!("{name}={}", scrub(value))).collect()
    }
}

/// The identity that made the requests to one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// The account.
    pub account: String,
    /// The ARN of the caller.
    pub arn: String,
    /// The unique id of the caller.
    pub user_id: String,
}
