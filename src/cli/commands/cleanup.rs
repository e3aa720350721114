//! `attestry cleanup`: removes the artifacts that the probes of a killed run left behind.

use std::path::PathBuf;

use crate::cli::support::output;
use crate::failure::Failure;
use crate::probes::{Cleaned, CleanupScope, cleanup, cleanup_by_search};
use crate::run::probing::{LEDGERS, PAUSE, SHOWN};
use crate::run::selection::SelectionRequest;
use crate::run::stage::StageSession;
use crate::runtime::block_on;
use attestry_core::policy::Source;
use attestry_core::source::printable;
use attestry_core::verify::Exit;

/// Arguments of `cleanup`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The suite file.
    #[arg(value_name = "SUITE")]
    suite: PathBuf,

    /// The stage of the killed run.
    #[arg(long, value_name = "STAGE", env = "ATTESTRY_STAGE")]
    stage: Option<String>,

    /// The directory of the ledgers.
    #[arg(long, value_name = "DIR", default_value = LEDGERS)]
    ledger: PathBuf,

    /// Search all Regions of the stage for artifacts with the id of a run. Use this option when the ledger is lost.
    #[arg(long)]
    search: bool,

    /// Send requests to this URL instead of AWS.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let wanted =
        SelectionRequest { suite: args.suite.clone(), stage: args.stage.clone(), ..SelectionRequest::default() };
    let selection = wanted.select(output::message)?;
    if !args.search && !args.ledger.is_dir() {
        let message = printable(&format!("no ledger in {}; if it is lost, use --search", args.ledger.display()), SHOWN);
        return Err(Failure::new(Exit::Usage, message));
    }
    let stage = &selection.stage;
    let probes: Vec<&str> = stage.probes.iter().map(|name| name.value.as_str()).collect();
    let refused = |why: &str| Failure::new(Exit::Usage, format!("stage `{}` {why}", stage.name.value));
    if probes.is_empty() {
        return Err(refused("names no probe in `probes:`, so no probe and no cleanup may act there"));
    }
    if args.endpoint.is_none() && matches!(stage.source, Source::Described(_) | Source::Recording(_)) {
        return Err(refused("is a described account or a recording, where no probe can leave an artifact"));
    }
    let mut session = StageSession::new(&selection, args.endpoint.as_deref(), [None, None], output::message)?;
    let cleaned = block_on(async {
        let sessions = session.open().await?;
        let scope = CleanupScope { places: &sessions.places, probes: &probes, pause: PAUSE };
        if args.search {
            return Ok(cleanup_by_search(&scope, session.now).await);
        }
        let cleaned = cleanup(&args.ledger, &scope).await;
        cleaned.map_err(|error| Failure::new(Exit::Residue, printable(&error.to_string(), SHOWN)))
    })?;
    show(&cleaned)
}

/// Prints what was removed and what is left. Leftovers are a failure.
fn show(cleaned: &Cleaned) -> Result<(), Failure> {
    for (what, names) in [("gone", &cleaned.gone), ("in use", &cleaned.busy), ("left", &cleaned.left)] {
        names.iter().for_each(|name| output::print(&format!("{what}: {}\n", printable(name, SHOWN))));
    }
    if cleaned.left.is_empty() {
        output::print(&format!("{} removed, nothing left\n", cleaned.gone.len()));
        return Ok(());
    }
    Err(Failure::new(Exit::Residue, format!("{} left behind", cleaned.left.len())))
}
