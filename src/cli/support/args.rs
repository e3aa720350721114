//! Arguments that several commands share.
//!
//! This module must not know any single command.

use std::path::PathBuf;

use super::output;
use crate::failure::Failure;
use crate::run::OutputPlan;
use crate::run::selection::{Selection, SelectionRequest};
use attestry_core::evidence::Format;
use attestry_core::report;

/// Arguments that select cases of one suite for one stage.
#[derive(Debug, clap::Args)]
pub(crate) struct SelectionArgs {
    /// The suite file.
    #[arg(value_name = "SUITE")]
    suite: PathBuf,

    /// The stage to run against.
    #[arg(long, value_name = "STAGE", env = "ATTESTRY_STAGE")]
    stage: Option<String>,

    /// Select only these cases: `POLICY`, `POLICY/case` (`*` is a wildcard), `kind:NAME`, `severity:LEVEL`, `control:FRAMEWORK:ID`.
    #[arg(value_name = "CASES")]
    cases: Vec<String>,

    /// Set a parameter of the suite for this run.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
}

impl SelectionArgs {
    pub(crate) fn request(&self) -> SelectionRequest {
        SelectionRequest {
            suite: self.suite.clone(),
            stage: self.stage.clone(),
            cases: self.cases.clone(),
            parameters: self.parameters.clone(),
        }
    }

    /// Loads the suite and selects the cases.
    pub(crate) fn select(&self) -> Result<Selection, Failure> {
        self.request().select(output::message)
    }
}

/// Arguments about the output of a run.
#[derive(Debug, clap::Args)]
pub(crate) struct OutputArgs {
    /// The output directory of reports and evidence. The default is `target/attestry/SUITE-STAGE`.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Write only this report. Repeat the option for several reports. Without it, the run writes all
    /// reports.
    #[arg(long = "report", value_name = "NAME", value_parser = report_names())]
    reports: Vec<String>,

    #[arg(long, value_name = "FILE", help = format!("Also pack the output directory into one file: {}", Format::extensions()))]
    bundle: Option<PathBuf>,

    /// Also keep the redacted answers of AWS in the evidence, as a recording. The evidence becomes larger.
    #[arg(long)]
    answers: bool,

    /// Sign the evidence with an Ed25519 key (a PKCS#8 PEM file) or with a KMS signing key (the ARN of an
    /// ECC_NIST_P256 key).
    #[arg(long, value_name = "KEY")]
    sign: Vec<String>,

    #[command(flatten)]
    timestamp: TimestampArgs,

    /// The evidence of the previous run in the chain. The default is the evidence in the output directory, when it is of
    /// the same suite and stage.
    #[arg(long, value_name = "EVIDENCE")]
    previous: Option<PathBuf>,
}

impl OutputArgs {
    pub(crate) fn plan(&self) -> OutputPlan {
        OutputPlan {
            directory: self.out.clone(),
            reports: self.reports.clone(),
            bundle: self.bundle.clone(),
            answers: self.answers,
            sign: self.sign.clone(),
            timestamp: self.timestamp.url().map(str::to_owned),
            previous: self.previous.clone(),
        }
    }
}

/// The argument that requests a time stamp.
#[derive(Debug, clap::Args)]
pub(crate) struct TimestampArgs {
    /// Request a time stamp of the manifest (RFC 3161) from the authority at this URL. The authority sees only the digest
    /// of the manifest.
    #[arg(long, value_name = "URL")]
    timestamp: Option<String>,
}

impl TimestampArgs {
    /// Returns the URL of the authority.
    pub(crate) fn url(&self) -> Option<&str> {
        self.timestamp.as_deref()
    }
}

fn report_names() -> clap::builder::PossibleValuesParser {
    report::ALL.iter().map(|report| report.name()).collect::<Vec<_>>().into()
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
