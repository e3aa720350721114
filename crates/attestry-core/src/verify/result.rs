//! What a run found: the one record that every report is written from.
//!
//! Must not know report formats.

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
    /// All resources are as expected. It needs the proof that all of them were examined.
    Met(Complete),
    /// Something is not as expected.
    Violated,
    /// AWS did not return the facts, so there is no answer.
    NotEvaluated,
    /// There is nothing to judge.
    NotApplicable,
    /// Not as expected, and accepted until a date.
    Waived,
}

impl Verdict {
    /// The verdict without its proof.
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

    /// The word in reports.
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

/// The verdict on one resource. `Met` of one resource needs no more than that this one was judged. The order is that of
/// the labels in counts.
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
    /// As expected.
    Met,
    /// Not as expected.
    Violated,
    /// AWS did not return the facts, so there is no answer.
    NotEvaluated,
    /// What is expected has no meaning for it.
    NotApplicable,
    /// Not as expected, and accepted until a date.
    Waived,
}

words!(ResourceVerdict);

impl ResourceVerdict {
    /// The verdicts that need the attention of a reader.
    pub const ATTENTION: &'static [Self] = &[Self::Violated, Self::Waived, Self::NotEvaluated];
}

/// What is held of one resource.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceResult {
    /// ARN or id; empty for a finding about the population itself. One text for all cases of a run.
    pub id: Arc<str>,
    /// The name that people use.
    pub name: Arc<str>,
    /// Account; empty for a finding about the populations of several.
    pub account: Arc<str>,
    /// Region; empty for a finding about the populations of several.
    pub region: Arc<str>,
    /// The verdict.
    pub verdict: ResourceVerdict,
    /// Id of the finding, the same from run to run; only where the verdict needs attention.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub finding: String,
    /// Where it differs from what is expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// What AWS did not tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Arc<Gap>>,
    /// Why the expectation has no meaning, or what the verdict on a population rests on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The waiver that covers it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub waiver: String,
    /// Whether it left the population: AWS listed it, and said afterwards that it does not exist. `reason` says how.
    #[serde(skip)]
    pub is_gone: bool,
}

/// What is held of one case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The case.
    pub case: Arc<Case>,
    /// The verdict.
    pub verdict: Verdict,
    /// How much was looked at.
    pub coverage: Coverage,
    /// Everything in the population, ordered by account, Region and id; findings about the population come first.
    pub resources: Vec<ResourceResult>,
    /// What is missing from the enumeration.
    pub gaps: Vec<Arc<Gap>>,
}

impl CaseResult {
    /// Resources with one of these verdicts.
    pub fn with(&self, verdicts: &[ResourceVerdict]) -> impl Iterator<Item = &ResourceResult> {
        self.resources.iter().filter(move |resource| verdicts.contains(&resource.verdict))
    }

    /// Whether a violation stands beside what was not evaluated, or something was not evaluated beside a violation.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.coverage.complete().is_none()
    }
}

/// What became of a waiver.
#[derive(Clone, Debug, Serialize)]
pub struct WaiverResult {
    /// Its id.
    pub id: String,
    /// What became of it.
    pub state: WaiverState,
    /// Findings that it waives, or would if it had not expired.
    pub findings: usize,
    /// Resources that it names in the cases that it is about, findings or not.
    #[serde(skip)]
    pub named: usize,
    /// Last day on which it counts.
    pub expires: String,
    /// Days until then; negative when it is over.
    pub days_left: i32,
    /// Who must mend it.
    pub owner: String,
    /// Who accepted it.
    pub approver: String,
    /// Why.
    pub reason: String,
    /// Where that is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// What became of a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverState {
    /// It waives at least one violation.
    Used,
    /// It has lapsed, and waives nothing.
    Expired,
    /// What it names is not violated any more, or another waiver has it.
    NotNeeded,
    /// It names no resource of the complete population: a mistake in its text.
    MatchesNothing,
    /// Nothing that it names was found violated, but not everything was seen.
    Unknown,
}

/// Counts of verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// All.
    pub cases: usize,
    /// Met.
    pub met: usize,
    /// Violated.
    pub violated: usize,
    /// Not evaluated.
    pub not_evaluated: usize,
    /// Not applicable.
    pub not_applicable: usize,
    /// Waived.
    pub waived: usize,
}

/// All verdicts of a run.
#[derive(Clone, Debug)]
pub struct RunResult {
    /// One per case, in the order of the suite.
    pub cases: Vec<CaseResult>,
    /// One per waiver of the stage.
    pub waivers: Vec<WaiverResult>,
    /// The instant for which ages and expiries were judged.
    pub evaluated_at: Timestamp,
}

impl RunResult {
    /// Counts of verdicts.
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

/// The name and version of this program, as a run tells it. A report of the same facts is the same bytes in each program
/// of that version.
pub const TOOL: &str = concat!("attestry ", env!("CARGO_PKG_VERSION"));

/// Who ran what, where and when: what a run knows besides its verdicts.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Id of the run, unique and sortable by time.
    pub id: String,
    /// Version of Attestry.
    pub tool: String,
    /// Id of the suite.
    pub suite: String,
    /// Title of the suite.
    pub title: String,
    /// Name of the stage.
    pub stage: String,
    /// What answered: `aws`, an endpoint, a described account, a recording.
    pub backend: String,
    /// What is to be known of the clock that it was judged by; empty where that is this machine's, and agrees with AWS's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub clock: String,
    /// Who asked: one caller per account.
    pub callers: Vec<Caller>,
    /// Regions looked at.
    pub regions: Vec<String>,
    /// When it started.
    pub started: Timestamp,
    /// When it finished.
    pub finished: Timestamp,
    /// The instant for which ages and expiries were judged.
    pub evaluated_at: Timestamp,
    /// Violations at or above this severity fail the run.
    pub gate: &'static str,
    /// Patterns that chose among the cases of the suite; empty when all were run.
    pub selected: Vec<String>,
    /// Parameters set on the command line, as `NAME=VALUE`, redacted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// HTTP requests made.
    pub calls: usize,
    /// Of these, answered by throttling.
    pub throttled: usize,
}

impl Run {
    /// How parameters of the command line are told: as `NAME=VALUE`, redacted.
    #[must_use]
    pub fn overrides(given: &[(String, String)]) -> Vec<String> {
        given.iter().map(|(name, value)| format!("{name}={}", scrub(value))).collect()
    }
}

/// Who asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// Account.
    pub account: String,
    /// ARN of the caller.
    pub arn: String,
    /// Unique id of the caller.
    pub user_id: String,
}
