//! Under which circumstances a run was made: what its verdicts do not rest on, and an auditor asks for.
//!
//! Must not know where it is found out.

use serde::{Deserialize, Serialize};

use crate::policy::{Source, Stage, Suite};

/// The schema that this version writes and reads.
pub const CIRCUMSTANCES_SCHEMA: &str = "attestry.circumstances/1";

/// The circumstances of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circumstances {
    /// `attestry.circumstances/1`.
    pub schema: String,
    /// The command line, without anything that looks like a secret; none in evidence of an earlier version.
    #[serde(default)]
    pub command: Vec<String>,
    /// SHA-256 of the program that ran, hexadecimal; none where it could not be read.
    pub binary_sha256: Option<String>,
    /// The pipeline that ran it, where the environment tells of one.
    pub pipeline: Option<Pipeline>,
    /// This machine's clock beside that of AWS; none where no answer carried a date.
    pub clock: Option<Clock>,
    /// Variables of the environment that say how requests went out: proxies without their users, certificates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<String>,
    /// How accounts and Regions were chosen, and what that leaves out.
    pub scope: Scope,
    /// What of the answers is kept.
    pub answers: String,
    /// What probes left behind, by name.
    pub residue: Vec<String>,
}

/// A pipeline, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Which product.
    pub system: String,
    /// URL or ARN of the run.
    pub run: String,
    /// The commit that it ran for.
    pub commit: String,
    /// Branch or tag.
    pub reference: String,
    /// Who or what started it.
    pub actor: String,
}

/// Clocks beside each other: AWS's date minus ours when the answer came, in seconds. AWS tells whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Answers that carried a date.
    pub answers: usize,
    /// The least difference.
    pub least_seconds: i64,
    /// The greatest.
    pub greatest_seconds: i64,
    /// What was added to ours, because it is not AWS's: everything was judged by AWS's clock.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub added_seconds: i64,
}

fn is_zero(seconds: &i64) -> bool {
    *seconds == 0
}

/// How accounts and Regions were chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The accounts.
    pub accounts: Vec<String>,
    /// The Regions.
    pub regions: Vec<String>,
    /// How they were chosen.
    pub chosen: String,
    /// What was not looked at.
    pub left_out: Vec<String>,
}

impl Scope {
    /// The scope of every run of a stage.
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
