//! `attestry check`: everything that can be found wrong without a network.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

use super::probes::words;
use super::{Ended, output, stage, suite};
use crate::logs::{RuleError, Rules};
use crate::policy::{Examples, Loaded, Source, Suite, load_all, load_suite, normal};
use crate::source::{Diagnostic, Diagnostics, summary};
use crate::verify::Exit;

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One suite; without it, all suites and all policies of the current directory.
    suite: Option<PathBuf>,

    /// Directory of suites.
    #[arg(long, default_value = "suites")]
    suites: PathBuf,

    /// Directory of policies.
    #[arg(long, default_value = "policies")]
    policies: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    // The longest of all that can be done beside the rest.
    let rules = std::thread::spawn(Rules::try_shipped);
    let words = words();
    let (root, mut loaded) = match &args.suite {
        Some(path) => {
            let (root, path) = suite::root_of(path)?;
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
        return Err(Ended::new(Exit::Nothing, format!("no suite in {}", args.suites.display())));
    }
    let accounts = described(&loaded);
    let (found, unreadable) = side_by_side(&root, &loaded.library.suites, &accounts);
    loaded.diagnostics.extend(found);
    output::diagnostics(&loaded.library.files, &loaded.diagnostics);
    unreadable.iter().for_each(stage::Unreadable::tell);
    let suites = &loaded.library.suites;
    let policies: usize = suites.iter().map(|suite| suite.policies.len()).sum();
    let cases: usize = suites.iter().flat_map(|suite| &suite.policies).map(|policy| policy.cases.len()).sum();
    output::print(&format!(
        "{} suites, {policies} policies, {cases} cases: {}\n",
        suites.len(),
        summary(&loaded.diagnostics)
    ));
    let rules = tell_rules(rules.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
    if loaded.diagnostics.has_errors() || !unreadable.is_empty() || !rules {
        Err(Ended::told(Exit::Usage))
    } else {
        Ok(())
    }
}

/// Into how many parts the cases of a suite go: more than there are cores mostly, since some take long.
const PARTS: usize = 4;

/// What is wrong with the examples of suites, and which described accounts cannot be read: side by side, since claims
/// about permissions are proved for examples, and accounts are long.
fn side_by_side(
    root: &Path,
    suites: &[Suite],
    accounts: &BTreeSet<PathBuf>,
) -> (Vec<Diagnostic>, Vec<stage::Unreadable>) {
    fn result<T>(done: ScopedJoinHandle<'_, T>) -> T {
        done.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
    let examples: Vec<Examples<'_>> = suites.iter().filter_map(Examples::of).collect();
    std::thread::scope(|scope| {
        let judged = |examples: &Examples<'_>, part| {
            let mut found = Diagnostics::new();
            examples.check(part, PARTS, &mut found);
            found.into_sorted()
        };
        let parts = examples.iter().flat_map(|examples| (0..PARTS).map(move |part| (examples, part)));
        let suites: Vec<_> = parts.map(|(examples, part)| scope.spawn(move || judged(examples, part))).collect();
        let accounts: Vec<_> =
            accounts.iter().map(|path| scope.spawn(|| stage::read_described(root, path).err())).collect();
        (suites.into_iter().flat_map(result).collect(), accounts.into_iter().filter_map(result).collect())
    })
}

/// Whether the rules of the log sweep find their examples, and nothing in their counter-examples.
fn tell_rules(tried: Result<usize, Vec<(usize, RuleError)>>) -> bool {
    match tried {
        Ok(tried) => {
            output::print(&format!("log rules: {tried} examples and counter-examples as they should be\n"));
            true
        }
        Err(wrong) => {
            wrong.iter().for_each(|(line, error)| output::tell(&format!("error: rules.txt:{line}: {error}")));
            false
        }
    }
}

/// The described accounts of all stages, each once.
fn described(loaded: &Loaded) -> BTreeSet<PathBuf> {
    let mut paths = BTreeSet::new();
    for suite in &loaded.library.suites {
        let file = Path::new(loaded.library.files.name(suite.file));
        let base = file.parent().unwrap_or(Path::new(""));
        for stage in &suite.stages {
            if let Source::Described(path) = &stage.source {
                paths.insert(normal(&base.join(&path.value)));
            }
        }
    }
    paths
}
