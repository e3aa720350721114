//! `attestry run`: collect, judge, report, seal.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use jiff::Timestamp;

use super::progress::Progress;
use super::seal::{Closed, Leaving, Left, Seal};
use super::signals::{self, Signals};
use super::stage::{Ground, Opened};
use super::suite::{Chosen, Selection};
use super::{Ended, circumstances, diff, network, output, plan, probes};
use crate::aws::recording::Recording;
use crate::aws::{Call, Link};
use crate::collect::collect;
use crate::kinds;
use crate::probes::{CLEANUP_TIME, CleanupPace};
use attestry_core::evidence::{self, BASIS_SCHEMA, Basis};
use attestry_core::facts::Population;
use attestry_core::policy::{self, ATTESTATION};
use attestry_core::report::{self, Delta, Record, Results};
use attestry_core::source::read_below;
use attestry_core::verify::{Exit, Reason, Run, RunResult, TOOL, complete, evaluate};

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    leaving: Leaving,

    /// Ask this endpoint instead of AWS, such as an emulator on this machine.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// Record the redacted traffic into this directory, to be replayed by a stage with `recording:`.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,

    /// Where probes announce what they are about to create.
    #[arg(long, value_name = "DIR", default_value = probes::LEDGERS)]
    ledger: PathBuf,

    /// Compare with an earlier run: its output directory, or its `results.json`.
    #[arg(long, value_name = "RUN")]
    baseline: Option<PathBuf>,

    /// Which violations fail the run: all, or those that the baseline does not have.
    #[arg(long, value_enum, value_name = "WHICH", default_value = "all")]
    gate: Gate,

    /// Show what the probes would do and which calls would be made, and make none.
    #[arg(long)]
    dry_run: bool,

    /// No progress and no list of cases: only the summary.
    #[arg(long, short)]
    quiet: bool,
}

/// Which violations fail a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Gate {
    /// All of them.
    All,
    /// Those that the baseline does not have.
    New,
}

/// Runs, and gives the exit code of the verdicts.
pub(super) fn run(args: &Args) -> Result<u8, Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Ended::new(Exit::Output, format!("no runtime: {error}")))?;
    let ended = runtime.block_on(perform(args));
    // A request that hangs must not keep the process.
    runtime.shutdown_background();
    ended
}

async fn perform(args: &Args) -> Result<u8, Ended> {
    let clock = Instant::now();
    network::sound(args.endpoint.as_deref())?;
    let chosen = args.selection.choose()?;
    if chosen.cases.is_empty() {
        return Err(Ended::new(Exit::Nothing, "the suite has no case"));
    }
    let baseline = baseline(args, &chosen)?;
    probes::check(&chosen, args.record.is_some(), args.endpoint.is_some())?;
    let plan = chosen.plan();
    let effects = probes::announce(&plan, &chosen.stage);
    if args.dry_run {
        output::print(&format!("{effects}{}", plan::show(&chosen, plan::ASSUMED)));
        return Ok(Exit::Met.code());
    }
    // What cannot be written or signed is found out before the account is asked anything.
    args.leaving.check(&chosen, args.record.as_deref(), &args.ledger)?;
    let link = Arc::new(OnceLock::<Link>::new());
    let (stopping, pace) = (Arc::clone(&link), CleanupPace::default());
    let requested = pace.clone();
    let signals = Signals::watch(move |is_first| {
        requested.request_stop();
        stopping.get().inspect(|link| link.stop());
        if is_first {
            output::tell(&format!(
                "stopping: what was not read will be reported as not evaluated; a second signal ends the reading at once; \
                 probes clean up for at most {} s, a second signal shortens that, a third ends it",
                CLEANUP_TIME.as_secs()
            ));
        }
    })?;
    let preparing = Seal::prepare(&args.leaving, &chosen, args.endpoint.as_deref());
    let seal = match signals.unless(1, preparing).await {
        Ok(seal) => seal?,
        Err(signal) => return Ok(stopped(signal, "nothing was read")),
    };
    let mut ground = Ground::new(&chosen, args.endpoint.as_deref(), args.record.as_deref(), seal.answers.as_deref())?;
    let started = Timestamp::now();
    let id = run_id(started, &chosen);
    let ledger = probes::begin(&plan, &args.ledger, &id)?;
    let _ = link.set(ground.link.clone());
    let opened = match signals.unless(1, ground.open()).await {
        Ok(opened) => opened?,
        Err(signal) => return Ok(stopped(signal, "nothing was read")),
    };
    if !effects.is_empty() {
        output::tell(effects.trim_end());
    }
    let progress = Progress::new(args.quiet);
    let watch = progress.watch();
    // Facts first, so that no case sees what a probe changes; probes last, so that a stopped run begins none.
    let collecting = collect(&plan, &opened.places, kinds::collector, ground.now, &watch);
    let mut populations = match signals.unless(2, collecting).await {
        Ok(populations) => populations,
        Err(signal) => return Ok(stopped(signal, "at once, without evidence")),
    };
    let acted = probes::act(&plan, &chosen, &ground, &opened, (ledger, &pace), &id).await;
    populations.extend(acted.populations);
    populations.extend(attested(&chosen, ground.now));
    progress.finish();

    // Where nothing was read at all is a gap, too.
    complete(&chosen.stage, &chosen.cases, &mut populations);
    let result = evaluate(&chosen.cases, &populations, &chosen.waivers, ground.now);
    let known = baseline.as_ref().filter(|_| args.gate == Gate::New).map(Results::violated);
    let exit = Reason::of_run(&result, chosen.suite.gate, known.as_ref(), &acted.residue);
    // Told at once: whatever else goes wrong from here on, this must be known.
    acted.residue.iter().for_each(|left| output::tell(&format!("left behind: {left}")));
    let recorded = ground.recordings.iter().try_for_each(Recording::finish);
    let calls = ground.link.calls.all();
    let run = describe(args, &chosen, &ground, &calls, opened, started, id);
    let delta = baseline.as_ref().map(|earlier| Delta::between(earlier, &Results::of(&run, &result)));
    let record = Record {
        run: &run,
        result: &result,
        populations: &populations,
        delta: delta.as_ref(),
        exit: &exit,
        files: &chosen.loaded.library.files,
        catalogues: &chosen.loaded.words.catalogues,
    };
    let left = Left {
        chosen: &chosen,
        record: &record,
        basis: &basis(args, &chosen, &result),
        circumstances: &circumstances::describe(&chosen, &ground, &calls, seal.answers.is_some(), &acted.residue),
        calls: &calls,
        baseline: baseline.as_ref(),
        described: ground.described.as_ref(),
    };
    // Evidence that would hold a part of its answers only is none.
    let closing = recorded.is_ok() || seal.answers.is_none();
    let Closed { wrote, failed } = if closing { seal.close(&left).await } else { Closed::default() };
    // Verdicts are told whatever became of the evidence; the last line says both.
    let mut exit = exit.clone();
    if let Err(error) = &recorded {
        exit = exit.also(Exit::Output, format!("the recording: {error}"));
    }
    for ended in failed {
        exit = exit.also(ended.exit, ended.message);
    }
    let mut console = Vec::new();
    report::console(&Record { exit: &exit, ..record }, args.quiet, clock.elapsed(), &mut console)
        .map_err(|error| Ended::new(Exit::Output, error.to_string()))?;
    output::print(&String::from_utf8_lossy(&console));
    output::tell(wrote.as_deref().unwrap_or("no evidence is in its place"));
    Ok(match signals.first() {
        Some(signal) if ![Exit::Output, Exit::Residue].contains(&exit.exit) => stopped(signal, "after clean-up"),
        _ => exit.exit.code(),
    })
}

/// The exit code of a run that a signal ended, told in its last line.
fn stopped(signal: u8, how: &str) -> u8 {
    let code = 128 + signal;
    output::tell(&format!("exit {code}: stopped by {} ({how})", signals::name(signal)));
    code
}

/// The run to compare with. It is read before the account is asked anything.
fn baseline(args: &Args, chosen: &Chosen) -> Result<Option<Results>, Ended> {
    let Some(path) = &args.baseline else {
        return match args.gate {
            Gate::All => Ok(None),
            Gate::New => Err(Ended::new(Exit::Usage, "`--gate new` needs a `--baseline` to tell what is new")),
        };
    };
    let earlier = diff::read(path)?;
    diff::comparable(&earlier, (&chosen.suite.id.value, &chosen.stage.name.value))?;
    Ok(Some(earlier))
}

fn describe(
    args: &Args,
    chosen: &Chosen,
    ground: &Ground,
    calls: &[Call],
    opened: Opened,
    started: Timestamp,
    id: String,
) -> Run {
    let clock = ground.told_clock(calls);
    let (calls, throttled) = ground.link.calls.counts();
    Run {
        id,
        tool: TOOL.to_owned(),
        suite: chosen.suite.id.value.clone(),
        title: chosen.suite.title.clone(),
        stage: chosen.stage.name.value.clone(),
        backend: ground.backend.clone(),
        clock,
        callers: opened.callers,
        regions: chosen.stage.regions.iter().map(|region| region.value.clone()).collect(),
        started,
        finished: Timestamp::now(),
        evaluated_at: ground.now,
        gate: chosen.suite.gate.word(),
        selected: args.selection.cases.clone(),
        parameters: Run::overrides(&args.selection.parameters),
        calls,
        throttled,
    }
}

/// Bytes of a file that an attestation rests on; a longer one counts as altered.
const ATTESTED: u64 = 256 << 20;

/// What people said, if the suite has that or a case asks for it.
fn attested(chosen: &Chosen, now: Timestamp) -> Vec<Population> {
    let asked = chosen.cases.iter().any(|case| case.kind.name == ATTESTATION.name);
    if !asked && chosen.suite.attestations.is_empty() {
        return Vec::new();
    }
    let accounts = chosen.stage.accounts.iter().map(|account| account.id.value.as_str());
    let digest = |path: &Path| Some(evidence::digest(&read_below(&chosen.root, path, ATTESTED).ok()?));
    policy::attested(&chosen.suite.attestations, accounts, now, digest)
}

/// Unique enough for one account's runs, and sorted by time.
fn run_id(started: Timestamp, chosen: &Chosen) -> String {
    let second = started.strftime("%Y%m%dT%H%M%SZ");
    let seed = format!("{started} {} {} {}", chosen.suite.id.value, chosen.stage.name.value, std::process::id());
    let digest = evidence::digest(seed.as_bytes());
    format!("{second}-{}", digest.get(..8).unwrap_or(&digest))
}

fn basis(args: &Args, chosen: &Chosen, result: &RunResult) -> Basis {
    Basis {
        schema: BASIS_SCHEMA.to_owned(),
        suite: chosen.suite_path.display().to_string(),
        stage: chosen.stage.name.value.clone(),
        parameters: args.selection.parameters.clone(),
        selected: args.selection.cases.clone(),
        evaluated_at: result.evaluated_at,
        endpoint: Some(args.endpoint.is_some()),
        new_only: Some(args.gate == Gate::New),
    }
}
