//! Reading policy files from disk: the only part of `policy` that does I/O.
//!
//! Must not know what the texts mean beyond which file names which.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::outline::Outline;
use super::probes::check_consent;
use super::suite::SuiteText;
use super::{Attestation, Catalogues, Library, Policy, Suite, Vocabulary, Waiver, attestations, waivers};
use crate::matchers::Glob;
use crate::source::{Diagnostic, Diagnostics, FileId, Limits, Node, Spanned, parse};

/// What was read, and what is wrong with it.
#[derive(Debug)]
pub struct Loaded {
    /// Texts and suites.
    pub library: Library,
    /// The words the texts were checked against.
    pub words: Vocabulary,
    /// All that is wrong.
    pub diagnostics: Diagnostics,
    /// The files that were read, in the order of reading; relative to the root where they lie below it.
    pub paths: Vec<PathBuf>,
}

/// Where files are read from; all paths are relative to it.
#[derive(Debug)]
pub enum Root<'a> {
    /// A directory.
    Directory(&'a Path),
    /// Texts that are held already, such as those of a bundle.
    Held(BTreeMap<PathBuf, &'a [u8]>),
}

impl Root<'_> {
    fn read(&self, path: &Path, most: usize) -> std::io::Result<Vec<u8>> {
        let too_large = || std::io::Error::other("larger than 1 MiB");
        match self {
            Self::Directory(root) => {
                let full = root.join(path);
                if std::fs::metadata(&full)?.len() > most as u64 { Err(too_large()) } else { std::fs::read(&full) }
            }
            Self::Held(files) => match files.get(path) {
                Some(bytes) if bytes.len() > most => Err(too_large()),
                Some(bytes) => Ok(bytes.to_vec()),
                None => Err(std::io::ErrorKind::NotFound.into()),
            },
        }
    }

    /// The YAML files of a directory, sorted.
    fn yaml_files(&self, directory: &Path, deep: bool) -> Vec<PathBuf> {
        match self {
            Self::Directory(root) => {
                let found = yaml_files(&root.join(directory), deep);
                found.iter().map(|path| relative(root, path)).collect()
            }
            Self::Held(files) => {
                let inside = |path: &&PathBuf| match path.strip_prefix(directory) {
                    Ok(below) => is_yaml(path) && (deep || below.components().count() == 1),
                    Err(_) => false,
                };
                files.keys().filter(inside).cloned().collect()
            }
        }
    }

    /// How it is told.
    fn shown(&self, path: &Path) -> String {
        match self {
            Self::Directory(root) => root.join(path).display().to_string(),
            Self::Held(_) => path.display().to_string(),
        }
    }

    /// Names of the files in a directory that may have been meant.
    fn neighbours(&self, directory: &Path) -> Vec<String> {
        let names = self.yaml_files(directory, false).into_iter().filter_map(|path| Some(path.file_name()?.to_owned()));
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    }
}

/// Reads one suite with all that it names. Paths in the suite are relative to it; names shown are relative to `root`.
#[must_use]
pub fn load_suite(root: &Path, suite: &Path, words: Vocabulary) -> Loaded {
    load_suite_of(&Root::Directory(root), suite, words)
}

/// The same from anywhere.
#[must_use]
pub fn load_suite_of(root: &Root<'_>, suite: &Path, words: Vocabulary) -> Loaded {
    let mut loader = Loader::new(root, words);
    loader.suite(suite);
    loader.finish()
}

/// Reads every suite of a directory and every policy of another, and finds policies that no suite names.
#[must_use]
pub fn load_all(root: &Path, suites: &Path, policies: &Path, words: Vocabulary) -> Loaded {
    let root = Root::Directory(root);
    let mut loader = Loader::new(&root, words);
    for path in root.yaml_files(suites, false) {
        loader.suite(&path);
    }
    if loader.outlines.is_empty() && !loader.loaded.diagnostics.has_errors() {
        let message = format!("no suite in {}", root.shown(suites));
        loader.loaded.diagnostics.push(
            Diagnostic::error_nowhere("no-file", message).help("a suite is a file that ends in `.yaml` or `.yml`"),
        );
    }
    let named: Vec<PathBuf> = loader.parsed.keys().cloned().collect();
    loader.loaded.words.catalogues = loader.catalogues.clone();
    for path in root.yaml_files(policies, true) {
        let catalogue = path.components().any(|part| part == Component::Normal("catalogues".as_ref()));
        if named.contains(&path) || catalogue {
            continue;
        }
        let Some((file, node)) = loader.parse(&path, None) else { continue };
        if let Some(policy) = Policy::read(&node, file, &loader.loaded.words, &mut loader.loaded.diagnostics) {
            let message = format!("policy `{}` is named by no suite", policy.id.value);
            loader.loaded.diagnostics.push(
                Diagnostic::error("policy-without-suite", policy.id.span, message)
                    .help("a policy that no suite names is never run"),
            );
            loader.loaded.library.unnamed.push(policy);
        }
    }
    loader.finish()
}

struct Loader<'a> {
    root: &'a Root<'a>,
    loaded: Loaded,
    /// What each file turned out to be, so that a file that two suites name is read, and found wrong, once.
    parsed: BTreeMap<PathBuf, Option<(FileId, Node)>>,
    /// One per suite of the library.
    outlines: Vec<Outline>,
    /// Catalogues that every suite may use.
    shipped: Catalogues,
    /// These and the ones of all suites.
    catalogues: Catalogues,
}

impl<'a> Loader<'a> {
    fn new(root: &'a Root<'a>, words: Vocabulary) -> Self {
        let (library, diagnostics) = (Library::default(), Diagnostics::new());
        let (shipped, catalogues) = (words.catalogues.clone(), words.catalogues.clone());
        let loaded = Loaded { library, words, diagnostics, paths: Vec::new() };
        Self { root, loaded, parsed: BTreeMap::new(), outlines: Vec::new(), shipped, catalogues }
    }

    fn finish(mut self) -> Loaded {
        for (suite, outline) in self.loaded.library.suites.iter().zip(&self.outlines) {
            super::compile::check_suite(suite, outline, &mut self.loaded.diagnostics);
        }
        self.loaded.words.catalogues = self.catalogues;
        self.loaded
    }

    fn suite(&mut self, path: &Path) {
        let Some((file, node)) = self.parse(path, None) else { return };
        let Some(text) = SuiteText::read(&node, file, &mut self.loaded.diagnostics) else { return };
        let mut outline = Outline::suite(&node);
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        let SuiteText { mut suite, policies, waivers: waiver_files, attestations: said_in, catalogues } = text;
        // What one suite brings, another may not use: it would fail when that one is run alone.
        self.loaded.words.catalogues = self.shipped.clone();
        for pattern in &catalogues {
            for path in self.expand(&base, pattern) {
                if let Some((_, node)) = self.parse(&path, Some(pattern)) {
                    self.catalogues.add(&node, &mut self.loaded.diagnostics);
                    self.loaded.words.catalogues.add(&node, &mut self.loaded.diagnostics);
                }
            }
        }
        let mut read = Vec::new();
        for pattern in &policies {
            let found = self.expand(&base, pattern);
            outline.broken |= found.is_empty();
            for path in found {
                if read.contains(&path) {
                    continue;
                }
                read.push(path.clone());
                let parsed = self.parse(&path, Some(pattern));
                outline.policy(parsed.as_ref().map(|(_, node)| node));
                let Some((file, node)) = parsed else { continue };
                let policy = Policy::read(&node, file, &self.loaded.words, &mut self.loaded.diagnostics);
                suite.policies.extend(policy);
            }
        }
        for pattern in &waiver_files {
            for path in self.expand(&base, pattern) {
                if let Some((_, node)) = self.parse(&path, Some(pattern)) {
                    suite.waivers.extend(Waiver::read_all(&node, &mut self.loaded.diagnostics));
                }
            }
        }
        for pattern in &said_in {
            for path in self.expand(&base, pattern) {
                if let Some((_, node)) = self.parse(&path, Some(pattern)) {
                    let below = path.parent().unwrap_or(Path::new(""));
                    suite.attestations.extend(Attestation::read_all(&node, below, &mut self.loaded.diagnostics));
                }
            }
        }
        attestations::check_ids(&suite.attestations, &mut self.loaded.diagnostics);
        for stage in &suite.stages {
            check_consent(stage, &self.loaded.words, &mut self.loaded.diagnostics);
        }
        waivers::check_ids(&suite.waivers, &mut self.loaded.diagnostics);
        self.check_policy_ids(&suite);
        if let Some(first) = self.loaded.library.suites.iter().find(|first| first.id.value == suite.id.value) {
            let message = format!("suite `{}` twice", suite.id.value);
            let error = Diagnostic::error("duplicate-id", suite.id.span, message).related(first.id.span, "first here");
            self.loaded.diagnostics.push(error);
        }
        self.loaded.library.suites.push(suite);
        self.outlines.push(outline);
    }

    fn check_policy_ids(&mut self, suite: &Suite) {
        for (index, policy) in suite.policies.iter().enumerate() {
            let earlier = suite.policies.iter().take(index);
            if let Some(first) = earlier.into_iter().find(|first| first.id.value == policy.id.value) {
                let message = format!("policy `{}` twice", policy.id.value);
                self.loaded.diagnostics.push(
                    Diagnostic::error("duplicate-id", policy.id.span, message).related(first.id.span, "first here"),
                );
            }
        }
    }

    /// The parsed file. `named` is the text that asked for it.
    fn parse(&mut self, path: &Path, named: Option<&Spanned<String>>) -> Option<(FileId, Node)> {
        if let Some(parsed) = self.parsed.get(path) {
            return parsed.clone();
        }
        let parsed = self.read(path, named);
        self.parsed.insert(path.to_owned(), parsed.clone());
        parsed
    }

    fn read(&mut self, path: &Path, named: Option<&Spanned<String>>) -> Option<(FileId, Node)> {
        let limits = Limits::default();
        let shown = path.display().to_string();
        let refused = |problem: String| match named {
            Some(name) => Diagnostic::error("unreadable-file", name.span, format!("{shown}: {problem}")),
            None => Diagnostic::error_nowhere("unreadable-file", format!("{shown}: {problem}")),
        };
        let bytes = match self.root.read(path, limits.bytes) {
            Ok(bytes) => bytes,
            Err(error) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let near = self.root.neighbours(path.parent().unwrap_or(Path::new("")));
                let refused = refused(error.to_string());
                let missing = error.kind() == std::io::ErrorKind::NotFound;
                let near = near.iter().map(String::as_str).filter(|_| missing);
                self.loaded.diagnostics.push(refused.suggest(&name, near));
                return None;
            }
        };
        let files = &mut self.loaded.library.files;
        let file = files.add_bytes(shown.clone(), bytes, &mut self.loaded.diagnostics)?;
        self.loaded.paths.push(path.to_owned());
        let text = files.text(file).to_owned();
        Some((file, parse(file, &text, &limits, &mut self.loaded.diagnostics)?))
    }

    /// The files that a pattern names: `*` and `?` in the last part of the path.
    fn expand(&mut self, base: &Path, pattern: &Spanned<String>) -> Vec<PathBuf> {
        let path = normal(&base.join(&pattern.value));
        // What lies elsewhere could not be kept with the evidence, and a suite from a bundle must not read this machine.
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            let message = format!("`{}` lies outside of the directory that holds suites and policies", pattern.value);
            self.loaded.diagnostics.push(
                Diagnostic::error("outside-root", pattern.span, message)
                    .help("run from a directory that is above the suite and all that it names"),
            );
            return Vec::new();
        }
        let last = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !last.contains(['*', '?']) {
            return vec![path];
        }
        let glob = Glob::new(&last);
        let directory = path.parent().unwrap_or(Path::new(""));
        let mut found = self.root.yaml_files(directory, false);
        found.retain(|path| path.file_name().is_some_and(|name| glob.is_match(&name.to_string_lossy())));
        found.sort();
        if found.is_empty() {
            let message = format!("`{}` matches no file", pattern.value);
            let shown = if directory == Path::new("") { Path::new(".") } else { directory };
            let error = Diagnostic::error("no-file", pattern.span, message);
            let error = error.suggest(&last, self.root.neighbours(directory).iter().map(String::as_str));
            self.loaded.diagnostics.push(error.help(format!("looked in {}", shown.display())));
        }
        found
    }
}

fn yaml_files(directory: &Path, deep: bool) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            if deep {
                found.extend(yaml_files(&path, true));
            }
        } else if is_yaml(&path) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "yaml" || it == "yml")
}

fn relative(root: &Path, path: &Path) -> PathBuf {
    normal(path.strip_prefix(root).unwrap_or(path))
}

/// The path without `.` and, where that is safe to do by text alone, without `..`.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
