//! `attestry sweep`: finishes what the probes of a killed run left behind.

use std::path::PathBuf;

use jiff::Timestamp;

use super::probes::{LEDGERS, PAUSE};
use super::stage::Ground;
use super::suite::Selection;
use super::{Ended, output};
use crate::probes::{Swept, search, sweep};
use crate::verify::Exit;

/// Arguments of `sweep`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The suite file.
    #[arg(value_name = "SUITE")]
    suite: PathBuf,

    /// The stage that was run against.
    #[arg(long, value_name = "STAGE", env = "ATTESTRY_STAGE")]
    stage: Option<String>,

    /// Where the ledgers are.
    #[arg(long, value_name = "DIR", default_value = LEDGERS)]
    ledger: PathBuf,

    /// The ledger is lost: look for names that carry the id of a run, in all Regions of the stage.
    #[arg(long)]
    search: bool,

    /// Ask this endpoint instead of AWS.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    let selection =
        Selection { suite: args.suite.clone(), stage: args.stage.clone(), cases: Vec::new(), parameters: Vec::new() };
    let chosen = selection.choose()?;
    if !args.search && !args.ledger.is_dir() {
        let message = format!("no ledger in {}; if it is lost, use --search", args.ledger.display());
        return Err(Ended::new(Exit::Usage, message));
    }
    let ground = Ground::new(&chosen, args.endpoint.as_deref(), None, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Ended::new(Exit::Output, format!("no runtime: {error}")))?;
    let swept = runtime.block_on(async {
        let opened = ground.open().await?;
        if args.search {
            let found = search(&opened.places, Timestamp::now(), PAUSE).await;
            return found
                .map_err(|gap| Ended::new(Exit::Residue, format!("not everything was seen: {gap} {}", gap.message)));
        }
        sweep(&args.ledger, &opened.places, PAUSE).await.map_err(|error| Ended::new(Exit::Residue, error.to_string()))
    })?;
    tell(&swept)
}

fn tell(swept: &Swept) -> Result<(), Ended> {
    for (what, names) in [("gone", &swept.gone), ("in use", &swept.busy), ("left", &swept.left)] {
        names.iter().for_each(|name| output::print(&format!("{what}: {name}\n")));
    }
    if swept.left.is_empty() {
        output::print(&format!("{} undone, nothing left\n", swept.gone.len()));
        return Ok(());
    }
    Err(Ended::new(Exit::Residue, format!("{} left behind", swept.left.len())))
}
