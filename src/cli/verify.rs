//! `attestry verify`: is this evidence whole, and does it give its verdicts again?

use std::path::PathBuf;

use super::probes::{find_kind, words};
use super::{Ended, output};
use crate::evidence;
use crate::verify::Exit;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The output directory of a run.
    directory: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    match evidence::verify(&args.directory, words(), find_kind) {
        Ok(verified) => {
            let tally = verified.result.tally();
            output::print(&format!(
                "{}: {} files as in the manifest, {} verdicts the same again\nmanifest sha256:{}\nunsigned: compare \
                 this digest with a copy that was kept elsewhere\n",
                verified.run, verified.files, tally.cases, verified.manifest
            ));
            Ok(())
        }
        Err(damage) => {
            for wrong in &damage {
                output::tell(&format!("error: {wrong}"));
            }
            Err(Ended::new(Exit::Output, format!("{} is not what the run left", args.directory.display())))
        }
    }
}
