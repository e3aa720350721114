//! `attestry plan`: shows the cases and calls of a run without a request.

use jiff::Timestamp;

use crate::cli::support::args::SelectionArgs;
use crate::cli::support::output;
use crate::failure::Failure;
use crate::run::probing;
use crate::run::selection::Selection;
use attestry_core::facts::{Frequency, Reach, Scope, format_duration};
use attestry_core::plan::Demand;
use attestry_core::policy::Case;

/// Arguments of `plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: SelectionArgs,

    /// Assume this number of resources of each kind in each Region.
    #[arg(long, value_name = "N", default_value_t = ASSUMED)]
    assume: u32,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let selection = args.selection.select()?;
    output::print(&show(&selection, args.assume));
    let effects = probing::announce(&selection.plan(), &selection.stage);
    if !effects.is_empty() {
        output::print(&format!("\n{effects}"));
    }
    Ok(())
}

/// The default for the assumed number of resources of each kind.
pub(crate) const ASSUMED: u32 = 100;

/// Returns a line for each read of events: the value that selects the events, and the length of time. The stage sets
/// the time of a sweep, so a sweep has no line.
fn reads(demand: &Demand) -> Vec<String> {
    if demand.kind.window().is_none_or(|window| window.time.is_empty()) {
        return Vec::new();
    }
    // Only the lengths of the spans are shown, so any instant serves.
    let now = Timestamp::constant(2_000_000_000, 0);
    let line = |part: Reach| {
        let of = part.of.map_or_else(|| "all".to_owned(), |of| format!("those with {} {}", of.key, of.value));
        let seconds = part.span.from.map(|from| now.duration_since(from).as_secs());
        let time =
            seconds.map_or_else(|| "all time".to_owned(), |seconds| format!("the last {}", format_duration(seconds)));
        format!("reads {of}, of {time}")
    };
    demand.wanted(now).into_iter().map(line).collect()
}

/// Returns the cases and calls of a run, for an assumed number of resources of each kind.
pub(crate) fn show(selection: &Selection, assume: u32) -> String {
    let plan = selection.plan();
    let accounts = selection.stage.accounts.len() as u64;
    let regions = selection.stage.regions.len() as u64;
    let mut text = format!(
        "suite {}, stage {}: {} cases, {} accounts, {} Regions\n\n",
        selection.suite.id.value,
        selection.stage.name.value,
        plan.cases.len(),
        accounts,
        regions
    );
    let mut total = 0;
    for demand in &plan.demands {
        let shown = |case: &Case| match case.over {
            Some(over) => format!("{} over {}", case.id, format_duration(over)),
            None => case.id.clone(),
        };
        let cases: Vec<String> =
            plan.cases.iter().filter(|case| case.kind.name == demand.kind.name).map(shown).collect();
        text.push_str(&format!("{} for {} cases: {}\n", demand.kind.name, cases.len(), cases.join(", ")));
        for line in reads(demand) {
            text.push_str(&format!("  {line}\n"));
        }
        let places = accounts * if demand.kind.scope == Scope::Global { 1 } else { regions };
        for call in &demand.calls {
            let (times, how) = match call.frequency {
                Frequency::Population { page } => (u64::from(assume.div_ceil(page).max(1)), "population, by page"),
                Frequency::Joined { page } => (u64::from(assume.div_ceil(page).max(1)), "joined, by page"),
                Frequency::Resource => (u64::from(assume), "per resource that `where` selects"),
                Frequency::Asked => (u64::from(assume), "per resource that a claim has questions about, at least"),
            };
            total += places * times;
            text.push_str(&format!(
                "  {:<44} about {:>6} calls  {how}\n",
                format!("{}:{}", call.service, call.operation),
                places * times
            ));
        }
    }
    text.push_str(&format!(
        "\nabout {total} calls with {} resources of each kind in each place; reads that kinds share are made once\n",
        assume
    ));
    if plan.calls().iter().any(|call| call.operation == "FilterLogEvents") {
        let sweep = &selection.stage.log_sweep;
        let read =
            sweep.sample.as_ref().map_or_else(|| "all events".to_owned(), |sample| format!("a sample, {sample}"));
        let left = sweep.left;
        text.push_str(&format!(
            "the run reads {read} of the log groups and leaves {left} % of the quotas for other callers\n"
        ));
    }
    text
}
