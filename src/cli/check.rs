//! `attestry check`: everything that can be found wrong without a network.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::probes::words;
use super::{Ended, output, stage, suite};
use crate::policy::{Loaded, Source, check_examples, load_all, load_suite, normal};
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
    for suite in &loaded.library.suites {
        check_examples(suite, &mut loaded.diagnostics);
    }
    output::diagnostics(&loaded.library.files, &loaded.diagnostics);
    let unreadable = described(&root, &loaded);
    let suites = &loaded.library.suites;
    let policies: usize = suites.iter().map(|suite| suite.policies.len()).sum();
    let cases: usize = suites.iter().flat_map(|suite| &suite.policies).map(|policy| policy.cases.len()).sum();
    output::print(&format!(
        "{} suites, {policies} policies, {cases} cases: {}\n",
        suites.len(),
        summary(&loaded.diagnostics)
    ));
    if loaded.diagnostics.has_errors() || unreadable > 0 { Err(Ended::told(Exit::Usage)) } else { Ok(()) }
}

/// Reads the described accounts of all stages, each once, and tells what is wrong. Returns how many could not be read.
fn described(root: &Path, loaded: &Loaded) -> usize {
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
    paths.iter().filter(|path| stage::read_described(root, path).map_err(|ended| output::end(&ended)).is_err()).count()
}
