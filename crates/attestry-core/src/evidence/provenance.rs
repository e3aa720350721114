//! The circumstances of a run: data that the verdicts do not depend on, and that an auditor needs.
//!
//! This module must not know how the circumstances are found.

use serde::{Deserialize, Serialize};

use crate::policy::{Source, Stage, Suite};

/// The schema that this version writes and reads.
pub const CIRCUMSTANCES_SCHEMA: &str = "attestry.circumstances/1";

/// The circumstances of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The schema: `attestry.circumstances/1`.
    pub schema: String,
    /// The command line, without any text that looks like a secret. It is empty in evidence of an earlier version.
    #[serde(default)]
    pub command: Vec<String>,
    /// The hexadecimal SHA-256 of the program. Absent if the program could not be read.
    pub binary_sha256: Option<String>,
    /// The pipeline that ran the program, if the environment names one.
    pub pipeline: Option<Pipeline>,
    /// The clock of this machine compared with the clock of AWS. Absent if no answer had a date.
    pub clock: Option<Clock>,
    /// The environment variables that decide the path of requests: proxies without their users, and certificates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<String>,
    /// The choice of the accounts and Regions, and the parts that it leaves out.
    pub scope: Scope,
    /// The part of the answers that evidence keeps.
    pub answers: String,
    /// The names of the artifacts that probes left behind.
    pub residue: Vec<String>,
}

/// The CI pipeline, as its environment variables describe it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// The name of the product.
    pub system: String,
    /// The URL or ARN of the pipeline run.
    pub run: String,
    /// The commit of the pipeline run.
    pub commit: String,
    /// The branch or the tag.
    pub reference: String,
    /// The person or the system that started the pipeline run.
    pub actor: String,
}

/// The difference of two clocks in seconds: the date in an answer of AWS minus our time at the arrival of the answer.
/// AWS sends whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// The number of answers with a date.
    pub answers: usize,
    /// The least difference.
    pub least_seconds: i64,
    /// The greatest difference.
    pub greatest_seconds: i64,
    /// The seconds that were added to our clock because it differs from the clock of AWS. All verdicts use the clock of
    /// AWS.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub added_seconds: i64,
}

fn is_zero(seconds: &i64) -> bool {
    *seconds == 0
}

/// The choice of the accounts and Regions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The accounts.
    pub accounts: Vec<String>,
    /// The Regions.
    pub regions: Vec<String>,
    /// How the accounts and Regions were chosen.
    pub chosen: String,
    /// The parts that were not examined.
    pub left_out: Vec<String>,
}

impl Scope {
    /// Returns the scope of every run of a stage.
    #[must_use]
    pub fn of(suite: &Suite, stage: &Stage) -> Self {
        let mut left_out = vec![
            "accounts that the stage does not name".to_owned(),
            "Regions that the stage does not name, also where they are enabled".to_owned(),
        ];
        if stage.source != Source::Aws {
            left_out.push("AWS itself: something else answered".to_owned());
        }
        Self {
            accounts: stage.accounts.iter().map(|account| account.id.value.clone()).collect(),
            regions: stage.regions.iter().map(|region| region.value.clone()).collect(),
            chosen: format!("named by stage `{}` of suite `{}`", stage.name.value, suite.id.value),
            left_out,
        }
    }
}
