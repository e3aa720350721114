//! From the arguments to a compiled suite: what `run`, `plan`, `permissions` and `list` have in common.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::probes::words;
use super::{Ended, output};
use attestry_core::evidence;
use attestry_core::plan::Plan;
use attestry_core::policy::{
    Case, Loaded, Source, Stage, Suite, Waiver, beside, check_expiries, compile, load_suite, select,
};
use attestry_core::source::{Diagnostic, Diagnostics, FileId, Span};
use attestry_core::verify::Exit;

/// Which cases of which suite, for which stage.
#[derive(Debug, clap::Args)]
pub(super) struct Selection {
    /// The suite file.
    #[arg(value_name = "SUITE")]
    pub(super) suite: PathBuf,

    /// The stage to run against.
    #[arg(long, value_name = "STAGE", env = "ATTESTRY_STAGE")]
    pub(super) stage: Option<String>,

    /// Only these cases: `POLICY`, `POLICY/case` with `*`, `kind:NAME`, `severity:LEVEL`, `control:FRAMEWORK:ID`.
    #[arg(value_name = "CASES")]
    pub(super) cases: Vec<String>,

    /// Set a parameter of the suite for this run.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(super) parameters: Vec<(String, String)>,
}

/// A suite that was loaded and compiled without an error.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) loaded: Loaded,
    pub(super) root: PathBuf,
    pub(super) suite_path: PathBuf,
    pub(super) suite: Suite,
    pub(super) stage: Stage,
    pub(super) cases: Vec<Case>,
    pub(super) waivers: Vec<Waiver>,
}

impl Selection {
    /// Loads, checks, compiles and selects. Everything that is wrong is shown.
    pub(super) fn choose(&self) -> Result<Chosen, Ended> {
        let (root, suite_path) = root_of(&self.suite)?;
        let mut loaded = load_suite(&root, &suite_path, words());
        check_expiries(&loaded.library.suites, Timestamp::now(), &mut loaded.diagnostics);
        output::diagnostics(&loaded.library.files, &loaded.diagnostics);
        if loaded.diagnostics.has_errors() {
            return Err(Ended::told(Exit::Usage));
        }
        let Some(suite) = loaded.library.suites.first().cloned() else {
            return Err(Ended::new(Exit::Usage, format!("{} holds no suite", suite_path.display())));
        };
        let mut sink = Diagnostics::new();
        let stage = self.stage(&suite, &mut sink).cloned();
        let described = stage.as_ref().and_then(|stage| described(&suite_path, stage));
        unkept(&loaded, described.as_slice(), &mut sink);
        let compiled = stage.as_ref().and_then(|stage| compile(&suite, stage, &self.parameters, &mut sink));
        let (Some(stage), Some(compiled), false) = (stage, compiled, sink.has_errors()) else {
            output::diagnostics(&loaded.library.files, &sink);
            return Err(Ended::told(Exit::Usage));
        };
        let cases = select(compiled.cases, &self.cases).map_err(|wrong| {
            output::diagnostics(&loaded.library.files, &wrong);
            Ended::told(Exit::Usage)
        })?;
        Ok(Chosen { root, suite_path, suite, stage, cases, waivers: compiled.waivers, loaded })
    }

    fn stage<'a>(&self, suite: &'a Suite, sink: &mut Diagnostics) -> Option<&'a Stage> {
        let Some(name) = &self.stage else {
            let names: Vec<&str> = suite.stages.iter().map(|stage| stage.name.value.as_str()).collect();
            let message = format!("say which stage: --stage {}", names.join(" | "));
            sink.push(Diagnostic::error_nowhere("no-stage", message));
            return None;
        };
        suite.stage(name).map_err(|unknown| sink.push(unknown)).ok()
    }
}

impl Chosen {
    /// The description or recording that answers in place of AWS, if one does.
    pub(super) fn answers(&self) -> Option<PathBuf> {
        let (Source::Described(path) | Source::Recording(path)) = &self.stage.source else { return None };
        Some(self.root.join(beside(&self.suite_path, &path.value)))
    }

    /// The plan for the chosen cases.
    pub(super) fn plan(&self) -> Plan {
        Plan::new(self.cases.clone()).with_notice(self.stage.notice.is_some())
    }
}

/// The description of a stage's account, with the place where the suite names it.
pub(super) fn described(suite: &Path, stage: &Stage) -> Option<(PathBuf, Span)> {
    match &stage.source {
        Source::Described(path) => Some((beside(suite, &path.value), path.span)),
        Source::Aws | Source::Endpoint(_) | Source::Recording(_) => None,
    }
}

/// Errors for inputs that evidence could not hold: told before an account is asked anything.
pub(super) fn unkept(loaded: &Loaded, described: &[(PathBuf, Span)], sink: &mut Diagnostics) {
    let files: BTreeMap<&str, FileId> = loaded.library.files.iter().map(|(id, name, _)| (name, id)).collect();
    let texts = loaded.paths.iter().map(|path| {
        let name = path.display().to_string();
        let place = files.get(name.as_str()).map(|id| Span::new(*id, 0, 0));
        (name, place)
    });
    let accounts = described.iter().map(|(path, span)| (path.display().to_string(), Some(*span)));
    let inputs: Vec<(String, Option<Span>)> = texts.chain(accounts).collect();
    for (index, message) in evidence::unkept(inputs.iter().map(|(name, _)| name.as_str())) {
        let place = inputs.get(index).and_then(|(_, place)| *place);
        let error = match place {
            Some(place) => Diagnostic::error("unkept-file", place, message),
            None => Diagnostic::error_nowhere("unkept-file", message),
        };
        sink.push(error.help("rename the file"));
    }
}

/// The directory that all paths are told relative to, and the suite's path below it: the current directory where the
/// suite lies below it, else the directory above the suite's own, where policies usually lie.
pub(super) fn root_of(suite: &Path) -> Result<(PathBuf, PathBuf), Ended> {
    let wrong = |error: std::io::Error| Ended::new(Exit::Usage, format!("{}: {error}", suite.display()));
    let full = std::fs::canonicalize(suite).map_err(wrong)?;
    let here = std::env::current_dir().and_then(std::fs::canonicalize).map_err(wrong)?;
    if let Ok(below) = full.strip_prefix(&here) {
        return Ok((here.clone(), below.to_owned()));
    }
    let parent = full.parent().unwrap_or(Path::new("/"));
    let root = parent.parent().unwrap_or(parent).to_owned();
    let below = full.strip_prefix(&root).unwrap_or(&full).to_owned();
    Ok((root, below))
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
