//! `attestry completions`: for the shell.

use clap_complete::Shell;

use super::{Ended, output};

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &Args, command: &mut clap::Command) -> Result<(), Ended> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, command, "attestry", &mut text);
    output::print(&String::from_utf8_lossy(&text));
    Ok(())
}
