//! `attestry check`: reports every mistake that is detectable offline.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::cli::support::output;
use crate::failure::Failure;
use crate::run::{selection, stage};
use crate::vocabulary::vocabulary;
use attestry_core::policy::{Examples, Loaded, Suite, check_expiries, load_all, load_suite};
use attestry_core::source::{Diagnostic, Diagnostics, Span, summary};
use attestry_core::verify::Exit;
use attestry_logs::{RuleError, Rules};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// One suite. Without it, the command checks all suites and policies of the current directory.
    suite: Option<PathBuf>,

    /// The directory of the suites.
    #[arg(long, default_value = "suites")]
    suites: PathBuf,

    /// The directory of the policies.
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    // Of all the work that can run in parallel, this takes longest, so it starts first.
    let rules = std::thread::Builder::new().spawn(Rules::try_shipped);
    let words = vocabulary();
    let (root, mut loaded) = match &args.suite {
        Some(path) => {
            let (root, path) = selection::root_of(path)?;
            let loaded = load_suite(&root, &path, words);
            (root, loaded)
        }
        None => {
            let here = std::env::current_dir().unwrap_or_default();
            let loaded = load_all(&here, &args.suites, &args.policies, words);
            (here, loaded)
        }
    };
    if loaded.library.suites.is_empty() && loaded.diagnostics.is_empty() {
        return Err(Failure::new(Exit::Nothing, format!("no suite in {}", args.suites.display())));
    }
    check_expiries(&loaded.library.suites, Timestamp::now(), &mut loaded.diagnostics);
    selection::prove_kinds(&mut loaded);
    let accounts = described(&loaded);
    let described: Vec<_> = accounts.iter().map(|(path, span)| (path.clone(), *span)).collect();
    let mut unkept = Diagnostics::new();
    selection::check_names(&loaded, &described, &mut unkept);
    loaded.diagnostics.extend(unkept);
    let (found, unreadable) = side_by_side(&root, &loaded.library.suites, &accounts);
    loaded.diagnostics.extend(found);
    output::diagnostics(&loaded.library.files, &loaded.diagnostics);
    unreadable.iter().for_each(output::show);
    let suites = &loaded.library.suites;
    let policies: usize = suites.iter().map(|suite| suite.policies.len()).sum();
    let cases: usize = suites.iter().flat_map(|suite| &suite.policies).map(|policy| policy.cases.len()).sum();
    output::print(&format!(
        "{} suites, {policies} policies, {cases} cases: {}\n",
        suites.len(),
        summary(&loaded.diagnostics)
    ));
    // If the system cannot create a thread, this thread checks the rules.
    let tried = match rules {
        Ok(rules) => rules.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(_) => Rules::try_shipped(),
    };
    let rules = report_rules(tried);
    if loaded.diagnostics.has_errors() || !unreadable.is_empty() || !rules {
        Err(Failure::reported(Exit::Usage))
    } else {
        Ok(())
    }
}

/// The number of parts into which the cases of a suite are divided. Several parts use several cores, because some cases
/// take long.
const PARTS: usize = 4;

/// Returns the mistakes in the examples of suites and in described accounts. The checks run in parallel, because the
/// proofs of claims and the reading of long accounts take time.
fn side_by_side(root: &Path, suites: &[Suite], accounts: &BTreeMap<PathBuf, Span>) -> (Vec<Diagnostic>, Vec<Failure>) {
    let examples: Vec<Examples<'_>> = suites.iter().filter_map(Examples::of).collect();
    let parts = examples.iter().flat_map(|examples| (0..PARTS).map(move |part| Job::Examples(examples, part)));
    let jobs = Mutex::new(parts.chain(accounts.keys().map(|path| Job::Account(path))));
    // There are as many threads as cores. Each further thread would need a heap of its own.
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        let worker = || {
            let (mut found, mut unreadable) = (Diagnostics::new(), Vec::new());
            let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some(job) = next() {
                match job {
                    Job::Examples(examples, part) => examples.check(part, PARTS, &mut found),
                    Job::Account(path) => unreadable.extend(stage::read_described(root, path).err()),
                }
            }
            (found.into_sorted(), unreadable)
        };
        let begin = |_| std::thread::Builder::new().spawn_scoped(scope, worker).ok();
        let workers: Vec<_> = (1..cores).filter_map(begin).collect();
        let here = worker();
        let (found, unreadable): (Vec<_>, Vec<_>) = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .chain([here])
            .unzip();
        (found.into_iter().flatten().collect(), unreadable.into_iter().flatten().collect())
    })
}

/// A check that is independent of the other checks.
enum Job<'a> {
    /// One part of the examples of a suite.
    Examples(&'a Examples<'a>, usize),
    /// A described account.
    Account(&'a Path),
}

/// Reports whether the rules of the log sweep find their examples, and nothing in their counter-examples.
fn report_rules(tried: Result<usize, Vec<(usize, RuleError)>>) -> bool {
    match tried {
        Ok(tried) => {
            output::print(&format!("log rules: {tried} examples and counter-examples are correct\n"));
            true
        }
        Err(wrong) => {
            wrong.iter().for_each(|(line, error)| output::message(&format!("error: rules.txt:{line}: {error}")));
            false
        }
    }
}

/// Returns the described accounts of all stages. Each account occurs once, with one place where a suite names it.
fn described(loaded: &Loaded) -> BTreeMap<PathBuf, Span> {
    let mut paths = BTreeMap::new();
    for suite in &loaded.library.suites {
        let file = Path::new(loaded.library.files.name(suite.file));
        for (path, span) in suite.stages.iter().filter_map(|stage| selection::described_account(file, stage)) {
            paths.entry(path).or_insert(span);
        }
    }
    paths
}
