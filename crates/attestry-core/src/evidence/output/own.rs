//! The proof that files come from a run. The manifest must be in its canonical form, belong to its own `run.json` and
//! name only paths that a run writes. Every existing file must match the manifest.
//!
//! A missing file is accepted, because there are no data to lose. This module must not know the use of the result.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::super::archive::Limits;
use super::super::contents::{Stored, unpacked};
use super::super::dsse::{Envelope, lines};
use super::super::manifest::{Entry, Manifest, NAME, SCHEMA, Sum};
use super::super::path::is_below;
use super::super::{paths, timestamp};
use super::IsReport;
use super::system::{open_plain, remove};

/// The limit in bytes of a file that is read as a whole.
const LARGEST: u64 = 64 << 20;

/// The content of a folder, as paths below it.
#[derive(Debug, Default)]
pub(super) struct FolderContent {
    files: Vec<PathBuf>,
    /// The folders, each after its parent.
    folders: Vec<PathBuf>,
}

impl FolderContent {
    /// Removes the found files by their names, and then the folder itself. A file that was added later stays and causes
    /// an error.
    pub(super) fn remove(&self, folder: &Path) -> io::Result<()> {
        self.files.iter().try_for_each(|file| remove(folder, file, false))?;
        self.folders.iter().rev().try_for_each(|below| remove(folder, below, true))?;
        std::fs::remove_dir(folder)
    }
}

/// Returns the content of a folder that a run completed, or of an empty folder.
///
/// # Errors
/// Describes the content that may not come from a run.
pub(super) fn folder(root: &Path, is_report: IsReport) -> Result<FolderContent, String> {
    let mut entries = std::fs::read_dir(root).map_err(|error| error.to_string())?;
    if entries.next().is_none() {
        return Ok(FolderContent::default());
    }
    let hold = |path: &str| open_plain(&root.join(path)).and_then(|file| whole(&file));
    let manifest = hold(NAME).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            format!("it is not empty and holds no {NAME}, so it is no output directory of Attestry")
        } else {
            format!("{NAME}: {error}")
        }
    })?;
    let named = Named::read(&manifest, is_report)?;
    let run = hold(paths::RUN).map_err(|error| format!("{}: {error}", paths::RUN))?;
    named.is_of(&run)?;
    let mut found = FolderContent::default();
    named.walk(root, &PathBuf::new(), &mut found)?;
    named.is_signed_over(&manifest, &|path| match hold(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        held => held.map(Some),
    })?;
    Ok(found)
}

/// Checks that a file is a bundle of a run, or is empty.
///
/// # Errors
/// The errors of [`folder`].
pub(super) fn bundle(path: &Path, is_report: IsReport) -> Result<(), String> {
    let most = Limits::default().archive;
    let file = open_plain(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.is_empty() {
        return Ok(());
    }
    let Stored { contents, entries, .. } = unpacked(&bytes, &|path| path == paths::RUN || BESIDE.contains(&path))
        .map_err(|refused| format!("it is no bundle of Attestry: {refused}"))?;
    let held = |path: &str| contents.get(path).map(Vec::as_slice).unwrap_or_default();
    let named = Named::read(held(NAME), is_report)?;
    named.is_of(held(paths::RUN))?;
    entries.iter().try_for_each(|(path, entry)| named.allows(path, || Ok(entry.clone())))?;
    named.is_signed_over(held(NAME), &|path| Ok(contents.get(path).cloned()))
}

/// Returns the content of a folder that a run began and did not complete. Every file must have a path that a run
/// writes.
///
/// # Errors
/// The errors of [`folder`].
pub(super) fn begun(root: &Path, is_report: IsReport) -> Result<FolderContent, String> {
    let mut found = FolderContent::default();
    walk(root, &PathBuf::new(), &mut found, &mut |path| {
        let plain = path.strip_suffix(".new").unwrap_or(path);
        let is_written = BESIDE.contains(&path) || paths::is_written(plain, is_report);
        if path.ends_with('/') || is_written { Ok(()) } else { Err(foreign(path)) }
    })?;
    Ok(found)
}

/// The files that no manifest names.
const BESIDE: [&str; 4] = [NAME, paths::ATTESTATIONS, paths::QUERY, paths::ANSWER];

fn foreign(path: &str) -> String {
    format!("{} was not written by a run", path.escape_debug())
}

/// The files that a manifest names.
struct Named {
    run: (String, String, String),
    entries: BTreeMap<String, Entry>,
}

impl Named {
    fn read(bytes: &[u8], is_report: IsReport) -> Result<Self, String> {
        let other = || format!("its {NAME} is not one of Attestry, or of another version");
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|_| other())?;
        if manifest.schema != SCHEMA || manifest.write().map_err(|_| other())? != bytes {
            return Err(other());
        }
        let link = manifest.link;
        let mut entries = BTreeMap::new();
        for entry in manifest.files {
            if !is_below(&entry.path) || !paths::is_written(&entry.path, is_report) {
                return Err(foreign(&entry.path));
            }
            entries.insert(entry.path.clone(), entry);
        }
        let proof = [paths::RUN, paths::BASIS, paths::CIRCUMSTANCES, paths::VERDICTS, paths::FACTS, paths::CALLS];
        match proof.iter().find(|path| !entries.contains_key(**path)) {
            Some(missing) => Err(format!("its {NAME} names no {missing}, as that of a run does")),
            None => Ok(Self { run: (link.run, link.suite, link.stage), entries }),
        }
    }

    /// Checks that the manifest belongs to the run in `run.json`.
    fn is_of(&self, run: &[u8]) -> Result<(), String> {
        let told: serde_json::Value = serde_json::from_slice(run).unwrap_or_default();
        let text = |name: &str| told.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let (id, suite, stage) = &self.run;
        if !id.is_empty() && (id, suite, stage) == (&text("id"), &text("suite"), &text("stage")) {
            return Ok(());
        }
        Err(format!("its {NAME} is not that of its {}", paths::RUN))
    }

    /// Checks that an existing file matches the manifest, or is one of the files that no manifest names.
    fn allows(&self, path: &str, entry: impl FnOnce() -> io::Result<Entry>) -> Result<(), String> {
        if BESIDE.contains(&path) {
            return Ok(());
        }
        let named = self.entries.get(path).ok_or_else(|| foreign(path))?;
        let found = entry().map_err(|error| format!("{path}: {error}"))?;
        if found == *named { Ok(()) } else { Err(format!("{path} was changed since the run wrote it")) }
    }

    fn walk(&self, root: &Path, folder: &Path, found: &mut FolderContent) -> Result<(), String> {
        let folders: BTreeSet<&str> =
            self.entries.keys().flat_map(|path| path.match_indices('/').filter_map(|(at, _)| path.get(..at))).collect();
        walk(root, folder, found, &mut |path| {
            if folders.contains(path.strip_suffix('/').unwrap_or_default()) {
                return Ok(());
            }
            self.allows(path, || {
                let mut sum = Sum::default();
                io::copy(&mut open_plain(&root.join(path))?, &mut sum)?;
                Ok(sum.entry(path))
            })
        })
    }

    /// Checks that the signatures and time stamps are about this manifest.
    fn is_signed_over(
        &self,
        manifest: &[u8],
        held: &dyn Fn(&str) -> io::Result<Option<Vec<u8>>>,
    ) -> Result<(), String> {
        let held = |path: &str| held(path).map_err(|error| format!("{path}: {error}"));
        if let Some(bytes) = held(paths::ATTESTATIONS)? {
            let digest = super::super::digest(manifest);
            let read = |line: &[u8]| serde_json::from_slice::<Envelope>(line).ok();
            let about =
                |it: &Envelope| it.open().is_some_and(|(_, text)| String::from_utf8_lossy(&text).contains(&digest));
            let split = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let envelopes: Option<Vec<Envelope>> = split.map(|line| read(line).filter(about)).collect();
            if envelopes.is_none_or(|envelopes| lines(&envelopes) != bytes) {
                return Err(foreign(paths::ATTESTATIONS));
            }
        }
        match (held(paths::QUERY)?, held(paths::ANSWER)?) {
            (None, None) => Ok(()),
            (Some(query), Some(answer)) if timestamp::read(manifest, &query, &answer).is_ok() => Ok(()),
            _ => Err(foreign(paths::ANSWER)),
        }
    }
}

/// Walks through a folder. It calls `allow` for each file, and for each folder with a `/` at the end of its path.
fn walk(
    root: &Path,
    folder: &Path,
    found: &mut FolderContent,
    allow: &mut dyn FnMut(&str) -> Result<(), String>,
) -> Result<(), String> {
    let unreadable = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
    for entry in std::fs::read_dir(root.join(folder)).map_err(|error| unreadable(folder, error))? {
        let entry = entry.map_err(|error| unreadable(folder, error))?;
        let path = folder.join(entry.file_name());
        let Some(name) = path.to_str() else { return Err(foreign(&path.to_string_lossy())) };
        let kind = entry.file_type().map_err(|error| unreadable(&path, error))?;
        if kind.is_dir() {
            allow(&format!("{name}/"))?;
            found.folders.push(path.clone());
            walk(root, &path, found, allow)?;
        } else if kind.is_file() {
            allow(name)?;
            found.files.push(path);
        } else {
            return Err(foreign(name));
        }
    }
    Ok(())
}

fn whole(file: &std::fs::File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { Err(io::Error::other("it is too large")) } else { Ok(bytes) }
}
