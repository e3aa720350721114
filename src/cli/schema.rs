//! `attestry schema`: the published JSON Schemas.

use clap::ValueEnum;

use super::{Ended, output};

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
    let _ = args.format;
    output::print("");
    Ok(())
}
