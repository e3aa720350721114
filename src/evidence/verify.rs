//! Checking an evidence directory: nothing changed, nothing missing, nothing added, and the same verdicts again.
//!
//! The directory is hostile until checked: sizes, counts and paths have limits, links are refused, and nothing is
//! written. Must not know AWS: verification is offline and needs no credentials.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::directory::is_below;
use super::manifest::{Manifest, NAME, SCHEMA, digest};
use super::{facts, verdicts};
use crate::facts::Kind;
use crate::policy::{Vocabulary, compile, load_suite, select};
use crate::source::{Diagnostics, Files, render};
use crate::verify::{RunResult, evaluate};

/// What the judgement of a run rests on, besides the texts and the facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// `attestry.basis/1`.
    pub schema: String,
    /// Path of the suite below `inputs/`.
    pub suite: String,
    /// The stage.
    pub stage: String,
    /// Parameters set on the command line.
    pub parameters: Vec<(String, String)>,
    /// Patterns that chose among the cases; empty when all were run.
    pub selected: Vec<String>,
    /// The instant for which ages and expiries were judged.
    pub evaluated_at: Timestamp,
}

/// The schema of [`Basis`] that this version writes and reads.
pub const BASIS_SCHEMA: &str = "attestry.basis/1";

/// Paths inside an evidence directory.
pub mod paths {
    /// What the judgement rests on.
    pub const BASIS: &str = "evidence/basis.json";
    /// Who ran what, where and when.
    pub const RUN: &str = "evidence/run.json";
    /// All facts.
    pub const FACTS: &str = "evidence/facts.jsonl";
    /// All calls.
    pub const CALLS: &str = "evidence/calls.jsonl";
    /// All verdicts.
    pub const VERDICTS: &str = "evidence/verdicts.json";
    /// Policies, suite, waivers and catalogues as they were.
    pub const INPUTS: &str = "evidence/inputs";
}

/// One thing that is wrong with an evidence directory.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// There is no manifest, or it is no manifest.
    #[error("no readable {NAME}: {0}")]
    NoManifest(String),
    /// The manifest has another schema than this version reads.
    #[error("the manifest has the schema `{0}`, and this version reads `{SCHEMA}`")]
    UnsupportedSchema(String),
    /// A path of the manifest leaves the directory.
    #[error("the manifest names `{0}`, which is no path below the directory")]
    EscapingPath(String),
    /// A file is named twice.
    #[error("the manifest names `{0}` twice")]
    NamedTwice(String),
    /// A file of the manifest is not there.
    #[error("missing file: {0}")]
    Missing(String),
    /// A file is there that the manifest does not name.
    #[error("file that the manifest does not name: {0}")]
    Extra(String),
    /// A link, device or other special file.
    #[error("{0} is neither a file nor a directory")]
    Special(String),
    /// A file has another content than the manifest says.
    #[error("altered file: {path} has the digest {found}, and the manifest says {expected}")]
    Altered {
        /// The path.
        path: String,
        /// SHA-256 in the manifest.
        expected: String,
        /// SHA-256 of the file.
        found: String,
    },
    /// More than a verifier is willing to read.
    #[error("too large: {0}")]
    TooLarge(String),
    /// A file that the verdicts rest on cannot be used.
    #[error("{path}: {reason}")]
    Unusable {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// The stored facts give other verdicts than the stored ones.
    #[error(
        "the stored facts do not give the stored verdicts: line {line}: stored `{stored}`, evaluated `{evaluated}`"
    )]
    OtherVerdicts {
        /// Line of `verdicts.json`.
        line: usize,
        /// The stored line.
        stored: String,
        /// The line that the facts give.
        evaluated: String,
    },
}

/// An evidence directory in which nothing is wrong.
#[derive(Debug)]
pub struct Verified {
    /// Id of the run.
    pub run: String,
    /// SHA-256 of the manifest: to be compared with a copy kept elsewhere.
    pub manifest: String,
    /// Files checked.
    pub files: usize,
    /// The verdicts, evaluated again.
    pub result: RunResult,
    /// The texts of policies and suite as they were.
    pub texts: Files,
}

const MANIFEST_BYTES: u64 = 16 << 20;
const FILE_BYTES: u64 = 1 << 30;
const FILES: usize = 20_000;

/// Checks the directory and evaluates the verdicts again from the stored facts.
///
/// # Errors
/// All damage that was found, in the order of checking. Digests come first: what was altered is not evaluated.
pub fn verify(
    directory: &Path,
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<Verified, Vec<Damage>> {
    let (manifest, manifest_digest) = read_manifest(directory).map_err(|damage| vec![damage])?;
    let files = check_files(directory, &manifest)?;
    let (result, texts) = perform_again(directory, &files, words, find).map_err(|damage| vec![damage])?;
    Ok(Verified { run: manifest.run, manifest: manifest_digest, files: manifest.files.len(), result, texts })
}

fn read_manifest(directory: &Path) -> Result<(Manifest, String), Damage> {
    let path = directory.join(NAME);
    let wrong = |reason: String| Damage::NoManifest(reason);
    let size = std::fs::symlink_metadata(&path).map_err(|error| wrong(error.to_string()))?;
    if !size.is_file() {
        return Err(wrong("it is no file".into()));
    }
    if size.len() > MANIFEST_BYTES {
        return Err(Damage::TooLarge(NAME.into()));
    }
    let bytes = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
    // The schema is read first, so that a newer manifest is not reported as a broken one.
    let any: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    let schema = any.get("schema").and_then(serde_json::Value::as_str).unwrap_or_default();
    if schema != SCHEMA {
        return Err(Damage::UnsupportedSchema(schema.to_owned()));
    }
    let manifest = serde_json::from_value(any).map_err(|error| wrong(error.to_string()))?;
    Ok((manifest, digest(&bytes)))
}

/// Compares the directory with its manifest, both ways. Returns the files' contents.
fn check_files(directory: &Path, manifest: &Manifest) -> Result<BTreeMap<String, Vec<u8>>, Vec<Damage>> {
    if manifest.files.len() > FILES {
        return Err(vec![Damage::TooLarge(format!("{} files", manifest.files.len()))]);
    }
    let mut damage = Vec::new();
    let mut contents = BTreeMap::new();
    for entry in &manifest.files {
        if !is_below(&entry.path) {
            damage.push(Damage::EscapingPath(entry.path.clone()));
        } else if contents.contains_key(&entry.path) {
            damage.push(Damage::NamedTwice(entry.path.clone()));
        } else {
            match read_file(directory, &entry.path) {
                Ok(bytes) => {
                    let found = digest(&bytes);
                    if found != entry.sha256 || bytes.len() as u64 != entry.size {
                        let expected = entry.sha256.clone();
                        damage.push(Damage::Altered { path: entry.path.clone(), expected, found });
                    }
                    contents.insert(entry.path.clone(), bytes);
                }
                Err(wrong) => damage.push(wrong),
            }
        }
    }
    let mut present = Vec::new();
    walk(directory, &PathBuf::new(), &mut present, &mut damage);
    for path in present {
        if path != NAME && !manifest.files.iter().any(|entry| entry.path == path) {
            damage.push(Damage::Extra(path));
        }
    }
    if damage.is_empty() { Ok(contents) } else { Err(damage) }
}

fn read_file(directory: &Path, path: &str) -> Result<Vec<u8>, Damage> {
    let full = directory.join(path);
    let meta = std::fs::symlink_metadata(&full).map_err(|_| Damage::Missing(path.to_owned()))?;
    if !meta.is_file() {
        return Err(Damage::Special(path.to_owned()));
    }
    if meta.len() > FILE_BYTES {
        return Err(Damage::TooLarge(path.to_owned()));
    }
    std::fs::read(&full).map_err(|error| Damage::Unusable { path: path.to_owned(), reason: error.to_string() })
}

fn walk(root: &Path, below: &Path, found: &mut Vec<String>, damage: &mut Vec<Damage>) {
    let Ok(entries) = std::fs::read_dir(root.join(below)) else { return };
    for entry in entries.flatten() {
        let path = below.join(entry.file_name());
        let name = path.to_string_lossy().into_owned();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(root, &path, found, damage),
            Ok(kind) if kind.is_file() => found.push(name),
            _ => damage.push(Damage::Special(name)),
        }
        if found.len() > FILES {
            damage.push(Damage::TooLarge("more files than a verifier reads".into()));
            return;
        }
    }
    found.sort();
}

fn perform_again(
    directory: &Path,
    files: &BTreeMap<String, Vec<u8>>,
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<(RunResult, Files), Damage> {
    let unusable = |path: &str, reason: String| Damage::Unusable { path: path.to_owned(), reason };
    let content = |path: &str| {
        let bytes = files.get(path).ok_or_else(|| Damage::Missing(path.to_owned()))?;
        std::str::from_utf8(bytes).map_err(|error| unusable(path, error.to_string()))
    };
    let basis: Basis =
        serde_json::from_str(content(paths::BASIS)?).map_err(|error| unusable(paths::BASIS, error.to_string()))?;
    if basis.schema != BASIS_SCHEMA {
        return Err(Damage::UnsupportedSchema(basis.schema));
    }
    if !is_below(&basis.suite) {
        return Err(Damage::EscapingPath(basis.suite));
    }
    let loaded = load_suite(&directory.join(paths::INPUTS), Path::new(&basis.suite), words);
    let refused =
        |diagnostics: &Diagnostics| unusable(paths::INPUTS, render(&loaded.library.files, diagnostics, false));
    if loaded.diagnostics.has_errors() {
        return Err(refused(&loaded.diagnostics));
    }
    let missing = || unusable(paths::BASIS, format!("no stage `{}` in `{}`", basis.stage, basis.suite));
    let suite = loaded.library.suites.first().ok_or_else(missing)?;
    let stage = suite.stage(&basis.stage).map_err(|_| missing())?;
    let mut sink = Diagnostics::new();
    let compiled = compile(suite, stage, &basis.parameters, &mut sink).ok_or_else(|| refused(&sink))?;
    let cases = select(compiled.cases, &basis.selected).map_err(|sink| refused(&sink))?;
    let populations = facts::read(content(paths::FACTS)?, find).map_err(|reason| unusable(paths::FACTS, reason))?;
    let result = evaluate(&cases, &populations, &compiled.waivers, basis.evaluated_at);
    let evaluated = verdicts::write(&result).map_err(|error| unusable(paths::VERDICTS, error.to_string()))?;
    let stored = content(paths::VERDICTS)?;
    let evaluated = String::from_utf8_lossy(&evaluated);
    if stored == evaluated {
        return Ok((result, loaded.library.files));
    }
    let differs = stored.lines().zip(evaluated.lines()).enumerate().find(|(_, (stored, again))| stored != again);
    let (index, (stored, again)) = differs.unwrap_or((stored.lines().count(), ("(end)", "(end)")));
    Err(Damage::OtherVerdicts { line: index + 1, stored: stored.trim().to_owned(), evaluated: again.trim().to_owned() })
}
