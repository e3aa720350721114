//! The derived data: the record of the run, its place in the chain, its scope, the number of its calls, and every
//! report, byte for byte. They follow from the inputs and facts. The verifier derives them again and compares them, so
//! an edited report is detected even if the evidence was sealed again.
//!
//! A report is written into a digest and never into memory. Another version of Attestry writes other bytes, so the
//! reports of another version are not checked, and the result shows this. This module must not know how evidence was
//! read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::archive::Contents;
use super::calls::Counted;
use super::judged::{BASIS_SCHEMA, Judged, content};
use super::manifest::{Entry, Link, Manifest, Sum};
use super::provenance::{Provenance, Scope};
use super::{Damage, paths};
use crate::policy::{Source, beside};
use crate::report::{self, Delta, Record, Report, Results};
use crate::verify::{Caller, Reason, Run, TOOL};

/// The files whose bytes were not compared with the facts, and the program that wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    /// The program that wrote them, by its own record.
    pub tool: String,
    /// The files.
    pub files: Vec<String>,
}

/// The members of `run.json` that no other file holds.
#[derive(Deserialize)]
struct Claimed {
    id: String,
    tool: String,
    backend: String,
    #[serde(default)]
    clock: String,
    callers: Vec<Caller>,
    started: Timestamp,
    finished: Timestamp,
}

/// The parts of the evidence, besides the judged data.
pub(super) struct Parts<'a> {
    pub(super) contents: &'a Contents,
    pub(super) manifest: &'a Manifest,
    pub(super) calls: &'a Counted,
}

/// Compares all derived data with the stored data. Returns the files that were not compared, because only the version
/// that wrote them can write them again.
pub(super) fn check(parts: &Parts<'_>, judged: &Judged) -> Result<Option<Unchecked>, Vec<Damage>> {
    let one = |damage| vec![damage];
    let (run, told) = run_of(parts, judged).map_err(one)?;
    check_link(&parts.manifest.link, &run).map_err(one)?;
    let ours = run.tool == TOOL && judged.basis.schema == BASIS_SCHEMA;
    check_run(parts, judged, &run, &told, ours).map_err(one)?;
    check_scope(parts, judged, ours).map_err(one)?;
    if !ours {
        return Ok(Some(Unchecked { tool: run.tool, files: unknown(parts.manifest) }));
    }
    let files = parts.manifest.files.iter().map(|it| it.path.as_str());
    if let Some(foreign) = files.into_iter().find(|path| !is_ours(path, judged)) {
        return Err(one(Damage::Foreign(foreign.to_owned())));
    }
    check_reports(parts, judged, &run)?;
    Ok(None)
}

/// Returns the program that wrote the evidence, by its own record.
///
/// # Errors
/// `run.json` cannot be read.
pub(super) fn tool(contents: &Contents) -> Result<String, Damage> {
    let run: Claimed = serde_json::from_str(content(contents, paths::RUN)?)
        .map_err(|error| unusable(paths::RUN, error.to_string()))?;
    Ok(run.tool)
}

/// Returns the record of the run, derived from the suite, the stage and the basis. Also returns the stored record.
fn run_of(parts: &Parts<'_>, judged: &Judged) -> Result<(Run, Value), Damage> {
    let text = content(parts.contents, paths::RUN)?;
    let unusable = |error: serde_json::Error| unusable(paths::RUN, error.to_string());
    let told: Value = serde_json::from_str(text).map_err(unusable)?;
    let Claimed { id, tool, backend, clock, callers, started, finished } =
        serde_json::from_str(text).map_err(unusable)?;
    let run = Run {
        id,
        tool,
        suite: judged.suite.id.value.clone(),
        title: judged.suite.title.clone(),
        stage: judged.stage.name.value.clone(),
        backend,
        clock,
        callers,
        regions: judged.stage.regions.iter().map(|region| region.value.clone()).collect(),
        started,
        finished,
        evaluated_at: judged.basis.evaluated_at,
        gate: judged.suite.gate.word(),
        selected: judged.basis.selected.clone(),
        parameters: Run::overrides(&judged.basis.parameters),
        calls: parts.calls.calls,
        throttled: parts.calls.throttled,
    };
    Ok((run, told))
}

fn check_link(link: &Link, run: &Run) -> Result<(), Damage> {
    let pairs = [("run", &link.run, &run.id), ("suite", &link.suite, &run.suite), ("stage", &link.stage, &run.stage)];
    match pairs.into_iter().find(|(_, stored, derived)| stored != derived) {
        Some((what, stored, derived)) => Err(other(paths::MANIFEST, what, stored, derived)),
        None => Ok(()),
    }
}

fn check_run(parts: &Parts<'_>, judged: &Judged, run: &Run, told: &Value, ours: bool) -> Result<(), Damage> {
    if let Some(line) = parts.calls.broken {
        return Err(unusable(paths::CALLS, format!("line {line} is no call")));
    }
    if !parts.manifest.files.iter().any(|it| it.path == paths::CALLS) {
        return Err(Damage::Missing(paths::CALLS.to_owned()));
    }
    let derived = serde_json::to_value(run).map_err(|error| unusable(paths::RUN, error.to_string()))?;
    let empty = serde_json::Map::new();
    let (stored, expected) = (told.as_object().unwrap_or(&empty), derived.as_object().unwrap_or(&empty));
    for (name, value) in expected {
        // A record of another version may not have this member.
        let stored = stored.get(name).or(if ours { Some(&Value::Null) } else { None });
        if let Some(stored) = stored.filter(|stored| *stored != value) {
            return Err(other(paths::RUN, name, &stored.to_string(), &value.to_string()));
        }
    }
    let mut written = Vec::new();
    let pretty = serde_json::to_writer_pretty(&mut written, run);
    pretty.map_err(|error| unusable(paths::RUN, error.to_string()))?;
    written.push(b'\n');
    if ours && parts.contents.get(paths::RUN) != Some(&written) {
        return Err(unusable(paths::RUN, "it is not as a run writes it".to_owned()));
    }
    let second = run.started.strftime("%Y%m%dT%H%M%SZ-").to_string();
    if !run.id.starts_with(&second) {
        return Err(other(paths::RUN, "id", &run.id, &format!("{second}…")));
    }
    let stage: Vec<&str> = judged.stage.accounts.iter().map(|it| it.id.value.as_str()).collect();
    let asked: Vec<&str> = run.callers.iter().map(|it| it.account.as_str()).collect();
    if asked != stage {
        return Err(other(paths::RUN, "account", &asked.join(", "), &stage.join(", ")));
    }
    if let Some(account) = parts.calls.accounts.iter().find(|it| !stage.contains(&it.as_str())) {
        return Err(other(paths::CALLS, "account", account, &stage.join(", ")));
    }
    check_backend(judged, run, ours)
}

/// Checks the backend. It must be the backend of the stage, or an endpoint that the command line named.
fn check_backend(judged: &Judged, run: &Run, ours: bool) -> Result<(), Damage> {
    // Earlier evidence does not record an endpoint of the command line.
    let maybe = judged.basis.endpoint.unwrap_or(false) || !ours;
    let named = |what: &str, path: &str| format!("{what} {}", below(judged, path).display());
    let stage = match &judged.stage.source {
        Source::Aws => "aws".to_owned(),
        Source::Endpoint(_) => "endpoint".to_owned(),
        Source::Described(path) => named("described account", &path.value),
        Source::Recording(path) => named("recording", &path.value),
    };
    let is = |expected: &str| {
        run.backend == expected || run.backend.strip_prefix(expected).is_some_and(|it| it.starts_with(' '))
    };
    let fits = if judged.basis.endpoint == Some(true) { is("endpoint") } else { is(&stage) || maybe && is("endpoint") };
    if fits { Ok(()) } else { Err(other(paths::RUN, "backend", &run.backend, &stage)) }
}

fn check_scope(parts: &Parts<'_>, judged: &Judged, ours: bool) -> Result<(), Damage> {
    let text = content(parts.contents, paths::CIRCUMSTANCES)?;
    let read: Provenance =
        serde_json::from_str(text).map_err(|error| unusable(paths::CIRCUMSTANCES, error.to_string()))?;
    let (stored, derived) = (read.scope, Scope::of(&judged.suite, &judged.stage));
    let same = stored.accounts == derived.accounts && stored.regions == derived.regions;
    if same && (!ours || stored == derived) {
        return Ok(());
    }
    let show = |scope: &Scope| serde_json::to_string(scope).unwrap_or_default();
    Err(other(paths::CIRCUMSTANCES, "scope", &show(&stored), &show(&derived)))
}

/// Whether a run of these inputs writes a file with this name.
fn is_ours(path: &str, judged: &Judged) -> bool {
    let Some(input) = path.strip_prefix(paths::INPUTS).and_then(|rest| rest.strip_prefix('/')) else {
        return paths::is_left(path) || report_at(path).is_some();
    };
    let described = match &judged.stage.source {
        Source::Described(path) => Some(below(judged, &path.value)),
        _ => None,
    };
    judged.inputs.iter().chain(&described).any(|read| *read == *Path::new(input))
}

/// Returns the path of a file that the suite names, below the root.
fn below(judged: &Judged, path: &str) -> PathBuf {
    beside(Path::new(&judged.basis.suite), path)
}

/// Returns the files whose expected bytes only the version that wrote them can produce.
fn unknown(manifest: &Manifest) -> Vec<String> {
    manifest.files.iter().map(|it| it.path.clone()).filter(|path| !paths::is_left(path)).collect()
}

fn report_at(path: &str) -> Option<&'static dyn Report> {
    report::ALL.iter().copied().find(|report| report.file() == path)
}

/// Writes every report of the evidence again, from inputs and facts, and compares its digest with the manifest.
fn check_reports(parts: &Parts<'_>, judged: &Judged, run: &Run) -> Result<(), Vec<Damage>> {
    let one = |damage| vec![damage];
    let baseline = match parts.contents.get(paths::BASELINE) {
        Some(bytes) => Some(Results::read(bytes).map_err(|error| one(unusable(paths::BASELINE, error.to_string())))?),
        None => None,
    };
    let new_only = judged.basis.new_only.unwrap_or(false);
    if new_only && baseline.is_none() {
        return Err(one(Damage::Missing(paths::BASELINE.to_owned())));
    }
    let known = baseline.as_ref().filter(|_| new_only).map(Results::violated);
    let residue = super::judged::residue(parts.contents).map_err(one)?;
    let exit = Reason::of_run(&judged.result, judged.gate, known.as_ref(), &residue);
    let delta = baseline.as_ref().map(|earlier| Delta::between(earlier, &Results::of(run, &judged.result)));
    let record = Record {
        run,
        result: &judged.result,
        populations: &judged.populations,
        delta: delta.as_ref(),
        exit: &exit,
        files: &judged.texts,
        catalogues: &judged.catalogues,
    };
    let entries: BTreeMap<&str, &Entry> = parts.manifest.files.iter().map(|it| (it.path.as_str(), it)).collect();
    let there: Vec<_> = report::ALL.iter().copied().filter(|report| entries.contains_key(report.file())).collect();
    let forged = Mutex::new(BTreeSet::new());
    let keep = |report: &'static dyn Report| -> Result<(), Vec<Damage>> {
        let mut sum = Sum::default();
        report.write(&record, &mut sum).map_err(|error| one(unusable(report.file(), error.to_string())))?;
        if entries.get(report.file()) != Some(&&sum.entry(report.file())) {
            forged.lock().unwrap_or_else(PoisonError::into_inner).insert(report.file());
        }
        Ok(())
    };
    report::write_all(&there, &keep)?;
    let forged = forged.into_inner().unwrap_or_else(PoisonError::into_inner);
    if forged.is_empty() {
        return Ok(());
    }
    Err(forged.into_iter().map(|file| Damage::OtherReport(file.to_owned())).collect())
}

fn other(path: &str, what: &str, stored: &str, derived: &str) -> Damage {
    let own = str::to_owned;
    Damage::Other { path: own(path), what: own(what), stored: own(stored), derived: own(derived) }
}

fn unusable(path: &str, reason: String) -> Damage {
    Damage::Unusable { path: path.to_owned(), reason }
}
