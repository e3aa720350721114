//! Loads a suite from its path, and selects and compiles its cases.
//!
//! This module must not know how the cases are evaluated.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Messages;
use crate::failure::Failure;
use crate::vocabulary::vocabulary;
use attestry_core::evidence;
use attestry_core::plan::Plan;
use attestry_core::policy::{
    Case, Loaded, Source, Stage, Suite, Vocabulary, Waiver, beside, check_expiries, compile, load_suite, select,
};
use attestry_core::source::{Diagnostic, Diagnostics, FileId, Span, render};
use attestry_core::verify::Exit;

/// What to select: cases of one suite for one stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct SelectionRequest {
    /// The suite file.
    pub(crate) suite: PathBuf,
    /// The stage. A missing stage is a mistake of the user.
    pub(crate) stage: Option<String>,
    /// Patterns of cases. Without a pattern, all cases are selected.
    pub(crate) cases: Vec<String>,
    /// Parameters of the suite, by name.
    pub(crate) parameters: Vec<(String, String)>,
}

/// A suite that was loaded and compiled without an error.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) loaded: Loaded,
    pub(crate) root: PathBuf,
    pub(crate) suite_path: PathBuf,
    pub(crate) suite: Suite,
    pub(crate) stage: Stage,
    pub(crate) cases: Vec<Case>,
    pub(crate) waivers: Vec<Waiver>,
}

impl SelectionRequest {
    /// Loads, checks and compiles the suite, and selects the cases. The failure lists every mistake. Warnings go to
    /// `messages`.
    pub(crate) fn select(&self, messages: Messages) -> Result<Selection, Failure> {
        let (root, suite_path) = root_of(&self.suite)?;
        let mut loaded = load_suite(&root, &suite_path, vocabulary());
        check_expiries(&loaded.library.suites, Timestamp::now(), &mut loaded.diagnostics);
        prove_kinds(&mut loaded);
        if loaded.diagnostics.has_errors() {
            return Err(Failure::of_diagnostics(&loaded.library.files, &loaded.diagnostics));
        }
        if !loaded.diagnostics.is_empty() {
            messages(render(&loaded.library.files, &loaded.diagnostics, true).trim_end());
        }
        let Some(suite) = loaded.library.suites.first().cloned() else {
            return Err(Failure::new(Exit::Usage, format!("{} holds no suite", suite_path.display())));
        };
        let mut sink = Diagnostics::new();
        let stage = self.find_stage(&suite, &mut sink).cloned();
        let described = stage.as_ref().and_then(|stage| described_account(&suite_path, stage));
        check_names(&loaded, described.as_slice(), &mut sink);
        let compiled = stage.as_ref().and_then(|stage| compile(&suite, stage, &self.parameters, &mut sink));
        let (Some(stage), Some(compiled), false) = (stage, compiled, sink.has_errors()) else {
            return Err(Failure::of_diagnostics(&loaded.library.files, &sink));
        };
        let cases = select(compiled.cases, &self.cases)
            .map_err(|wrong| Failure::of_diagnostics(&loaded.library.files, &wrong))?;
        Ok(Selection { root, suite_path, suite, stage, cases, waivers: compiled.waivers, loaded })
    }

    fn find_stage<'a>(&self, suite: &'a Suite, sink: &mut Diagnostics) -> Option<&'a Stage> {
        let Some(name) = &self.stage else {
            let names: Vec<&str> = suite.stages.iter().map(|stage| stage.name.value.as_str()).collect();
            let message = format!("name a stage: --stage {}", names.join(" | "));
            sink.push(Diagnostic::error_nowhere("no-stage", message));
            return None;
        };
        suite.stage(name).map_err(|unknown| sink.push(unknown)).ok()
    }
}

impl Selection {
    /// Returns the described account or the recording that replaces AWS in this stage.
    pub(crate) fn offline_source(&self) -> Option<PathBuf> {
        let (Source::Described(path) | Source::Recording(path)) = &self.stage.source else { return None };
        Some(self.root.join(beside(&self.suite_path, &path.value)))
    }

    /// Returns the plan for the selected cases.
    pub(crate) fn plan(&self) -> Plan {
        let find = |name: &str| self.loaded.words.kinds.find(name);
        Plan::new(self.cases.clone()).with_parents(&find).with_notice(self.stage.notice.is_some())
    }
}

/// Returns the vocabulary with the kinds of a suite, or, without a suite, the vocabulary of the program.
pub(crate) fn words_of(suite: Option<&Path>) -> Result<Vocabulary, Failure> {
    let Some(suite) = suite else { return Ok(vocabulary()) };
    let (root, path) = root_of(suite)?;
    let mut loaded = load_suite(&root, &path, vocabulary());
    prove_kinds(&mut loaded);
    if loaded.diagnostics.has_errors() {
        return Err(Failure::of_diagnostics(&loaded.library.files, &loaded.diagnostics));
    }
    Ok(loaded.words)
}

/// Proves the kinds of suites against the model of AWS.
pub(crate) fn prove_kinds(loaded: &mut Loaded) {
    for file in &loaded.library.kind_files {
        crate::kinds::prove(file, &loaded.library.kind_files, &mut loaded.diagnostics);
    }
}

/// Returns the described account of a stage, with the place where the suite names it.
pub(crate) fn described_account(suite: &Path, stage: &Stage) -> Option<(PathBuf, Span)> {
    match &stage.source {
        Source::Described(path) => Some((beside(suite, &path.value), path.span)),
        Source::Aws | Source::Endpoint(_) | Source::Recording(_) => None,
    }
}

/// Adds an error for each input whose name evidence cannot hold. The check comes before the first request.
pub(crate) fn check_names(loaded: &Loaded, described: &[(PathBuf, Span)], sink: &mut Diagnostics) {
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

/// Returns the root of all relative paths, and the path of the suite below it. The root is the current directory when
/// it contains the suite. Otherwise the root is the parent of the suite's directory, where policies usually are.
pub(crate) fn root_of(suite: &Path) -> Result<(PathBuf, PathBuf), Failure> {
    let wrong = |error: std::io::Error| Failure::new(Exit::Usage, format!("{}: {error}", suite.display()));
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
