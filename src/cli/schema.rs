//! `attestry schema`: the published JSON Schemas.

use clap::ValueEnum;

use super::probes::words;
use super::{Ended, output};
use attestry_core::policy::json_schema;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which format.
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A policy file.
    Policy,
    /// A suite file.
    Suite,
    /// A waiver file.
    Waivers,
    /// `results.json`.
    Results,
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    output::print(&match args.format {
        Format::Policy => format!("{:#}\n", json_schema::policy(&words())),
        Format::Suite => format!("{:#}\n", json_schema::suite()),
        Format::Waivers => format!("{:#}\n", json_schema::waivers()),
        // Written by hand: reports promise it, nothing derives it.
        Format::Results => include_str!("../../reports/schemas/results.schema.json").to_owned(),
    });
    Ok(())
}
