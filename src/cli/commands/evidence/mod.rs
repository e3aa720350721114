//! `attestry evidence`: the commands about evidence, one file each.

mod bucket;
mod find;
mod keygen;
mod list;
mod pack;
mod push;
mod store;

use crate::failure::Failure;
use crate::runtime::block_on;

/// Arguments of `evidence`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Pack evidence into one file, and sign it.
    Pack(pack::Args),
    /// Store a bundle in a bucket with Object Lock, read it back and verify it. Repeat the command after a failure.
    Push(push::Args),
    /// List the runs of a store with their verdicts.
    List(list::Args),
    /// Find the evidence that covers a control on a day, for an auditor who asks about that day.
    Find(find::Args),
    /// Create an Ed25519 key pair: the private key `FILE` for signing, and the public key `FILE.pub` for verifying.
    Keygen(keygen::Args),
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Pack(args) => block_on(pack::run(args)),
        Command::Push(args) => block_on(push::run(args)),
        Command::List(args) => block_on(list::run(args)),
        Command::Find(args) => block_on(find::run(args)),
        Command::Keygen(args) => keygen::run(args),
    }
}
