//! `attestry completions`: prints the completions for a shell.

use clap_complete::Shell;

use crate::cli::support::output;
use crate::failure::Failure;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell that uses the completions.
    shell: Shell,
}

pub(crate) fn run(args: &Args, command: &mut clap::Command) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, command, "attestry", &mut text);
    output::print(&String::from_utf8_lossy(&text));
    Ok(())
}
