//! `attestry permissions`: the IAM policy that a run needs, derived from the plan.

use clap::ValueEnum;

use crate::cli::support::args::SelectionArgs;
use crate::cli::support::output;
use crate::failure::Failure;
use attestry_core::plan::{policy_document, terraform};

/// Arguments of `permissions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: SelectionArgs,

    /// The format of the policy.
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

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let selection = args.selection.select()?;
    let plan = selection.plan();
    output::print(&match args.format {
        Format::Json => format!("{:#}\n", policy_document(&plan)),
        Format::Terraform => terraform(&plan, &selection.suite.id.value),
    });
    Ok(())
}
