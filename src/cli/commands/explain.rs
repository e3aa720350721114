//! `attestry explain`: explains the verdicts of a run from its evidence.

use std::path::PathBuf;

use crate::cli::support::output;
use crate::failure::Failure;
use crate::vocabulary::{find_kind, vocabulary};
use attestry_core::evidence;
use attestry_core::policy::Selector;
use attestry_core::report::explain;
use attestry_core::source::hint;
use attestry_core::verify::{CaseResult, Exit, Verdict};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The output directory of a run, or a bundle.
    directory: PathBuf,

    /// The cases to explain, such as `FR-277` or `FR-277/denies-*`. Without this argument, the command explains each case
    /// that is not met.
    cases: Vec<String>,

    /// Show at most this number of resources for each case.
    #[arg(long, default_value_t = 20)]
    most: usize,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let verified = evidence::verify(&args.directory, vocabulary(), find_kind)
        .map_err(|damage| Failure::of_damage(&args.directory, &damage))?;
    let all = &verified.result.cases;
    for pattern in &args.cases {
        let selector = Selector::new(pattern);
        if !all.iter().any(|case| selector.covers(&case.case.id)) {
            let help = hint(pattern, all.iter().map(|case| case.case.id.as_str()));
            return Err(Failure::new(Exit::Usage, format!("the run has no case `{pattern}`{help}")));
        }
    }
    let wanted = |case: &&CaseResult| {
        let named = args.cases.iter().any(|pattern| Selector::new(pattern).covers(&case.case.id));
        named || args.cases.is_empty() && !matches!(case.verdict, Verdict::Met(_) | Verdict::NotApplicable)
    };
    let shown: Vec<String> = all.iter().filter(wanted).map(|case| explain(case, &verified.texts, args.most)).collect();
    output::print(&if shown.is_empty() { "every case is met\n".to_owned() } else { shown.join("\n") });
    Ok(())
}
