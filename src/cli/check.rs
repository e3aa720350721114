//! `attestry check`: everything that can be found wrong without a network.

use std::path::PathBuf;

use super::{Ended, output, suite};
use crate::kinds;
use crate::policy::{Vocabulary, check_examples, load_all, load_suite};
use crate::source::summary;
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
    let words = Vocabulary::new(kinds::schemas());
    let mut loaded = match &args.suite {
        Some(path) => {
            let (root, path) = suite::root_of(path)?;
            load_suite(&root, &path, words)
        }
        None => load_all(&std::env::current_dir().unwrap_or_default(), &args.suites, &args.policies, words),
    };
    if loaded.library.suites.is_empty() && loaded.diagnostics.is_empty() {
        return Err(Ended::new(Exit::Nothing, format!("no suite in {}", args.suites.display())));
    }
    for suite in &loaded.library.suites {
        check_examples(suite, &mut loaded.diagnostics);
    }
    output::diagnostics(&loaded.library.files, &loaded.diagnostics);
    let suites = &loaded.library.suites;
    let policies: usize = suites.iter().map(|suite| suite.policies.len()).sum();
    let cases: usize = suites.iter().flat_map(|suite| &suite.policies).map(|policy| policy.cases.len()).sum();
    output::print(&format!(
        "{} suites, {policies} policies, {cases} cases: {}\n",
        suites.len(),
        summary(&loaded.diagnostics)
    ));
    if loaded.diagnostics.has_errors() { Err(Ended::told(Exit::Usage)) } else { Ok(()) }
}
