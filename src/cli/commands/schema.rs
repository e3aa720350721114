//! `attestry schema`: prints the published JSON Schemas.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::cli::support::output;
use crate::failure::Failure;
use crate::run::selection;
use attestry_core::policy::json_schema;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file format.
    format: Format,

    /// A suite with kinds of its own. The schema of a policy then contains them.
    #[arg(long)]
    suite: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A policy file.
    Policy,
    /// A suite file.
    Suite,
    /// A waiver file.
    Waivers,
    /// The report `results.json`.
    Results,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    output::print(&match args.format {
        Format::Policy => format!("{:#}\n", json_schema::policy(&selection::words_of(args.suite.as_deref())?)),
        Format::Suite => format!("{:#}\n", json_schema::suite()),
        Format::Waivers => format!("{:#}\n", json_schema::waivers()),
        // This schema is written by hand, as the contract of the report.
        Format::Results => include_str!("../../../reports/schemas/results.schema.json").to_owned(),
    });
    Ok(())
}
