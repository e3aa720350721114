//! `attestry permissions`: the IAM policy that a run needs, derived from the plan.

use clap::ValueEnum;

use super::suite::Selection;
use super::{Ended, output};
use attestry_core::plan::{policy_document, terraform};

/// Arguments of `permissions`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    /// The format.
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// An IAM policy document.
    Json,
    /// A Terraform data source.
    Terraform,
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    let chosen = args.selection.choose()?;
    let plan = chosen.plan();
    output::print(&match args.format {
        Format::Json => format!("{:#}\n", policy_document(&plan)),
        Format::Terraform => terraform(&plan, &chosen.suite.id.value),
    });
    Ok(())
}
