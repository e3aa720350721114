//! `attestry sweep`: finishes what the probes of a killed run left behind.

use std::path::PathBuf;

use super::probes::{LEDGERS, PAUSE, SHOWN};
use super::stage;
use super::suite::Selection;
use super::{Ended, output};
use crate::probes::{Cleaned, CleanupScope, cleanup, cleanup_by_search};
use attestry_core::policy::Source;
use attestry_core::source::printable;
use attestry_core::verify::Exit;

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

    /// The ledger is lost: look for what carries the id of a run, in all Regions of the stage.
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
        let message = printable(&format!("no ledger in {}; if it is lost, use --search", args.ledger.display()), SHOWN);
        return Err(Ended::new(Exit::Usage, message));
    }
    let stage = &chosen.stage;
    let probes: Vec<&str> = stage.probes.iter().map(|name| name.value.as_str()).collect();
    let refused = |why: &str| Ended::new(Exit::Usage, format!("stage `{}` {why}", stage.name.value));
    if probes.is_empty() {
        return Err(refused("names no probe in `probes:`, so nothing is ever acted upon there, by no sweep either"));
    }
    if args.endpoint.is_none() && matches!(stage.source, Source::Described(_) | Source::Recording(_)) {
        return Err(refused("is a description or recording, in which no probe can have left anything"));
    }
    let mut ground = stage::Ground::new(&chosen, args.endpoint.as_deref(), None, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Ended::new(Exit::Output, format!("no runtime: {error}")))?;
    let swept = runtime.block_on(async {
        let opened = ground.open().await?;
        let now = ground.now;
        let scope = CleanupScope { places: &opened.places, probes: &probes, pause: PAUSE };
        if args.search {
            return Ok(cleanup_by_search(&scope, now).await);
        }
        let swept = cleanup(&args.ledger, &scope).await;
        swept.map_err(|error| Ended::new(Exit::Residue, printable(&error.to_string(), SHOWN)))
    })?;
    tell(&swept)
}

fn tell(swept: &Cleaned) -> Result<(), Ended> {
    for (what, names) in [("gone", &swept.gone), ("in use", &swept.busy), ("left", &swept.left)] {
        names.iter().for_each(|name| output::print(&format!("{what}: {}\n", printable(name, SHOWN))));
    }
    if swept.left.is_empty() {
        output::print(&format!("{} undone, nothing left\n", swept.gone.len()));
        return Ok(());
    }
    Err(Ended::new(Exit::Residue, format!("{} left behind", swept.left.len())))
}
