//! `attestry push`: sends findings to services of AWS. The code has one file for each service.

mod securityhub;

use crate::failure::Failure;
use crate::runtime::block_on;

/// Arguments of `push`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Import the findings of a run into AWS Security Hub CSPM. It is safe to repeat an import.
    Securityhub(securityhub::Args),
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Securityhub(args) => block_on(securityhub::run(args)),
    }
}
