//! Reads policy files from disk. It is the only part of `policy` that does I/O.
//!
//! This module must not know the meaning of the texts, except for the names of other files in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::outline::Outline;
use super::probes::check_consent;
use super::suite::{Source, SuiteText, TableText};
use super::{
    Attestation, Catalogues, Library, Policy, RowTable, Suite, Vocabulary, Waiver, attestations, limits, waivers,
};
use crate::kind_files;
use crate::matchers::Glob;
use crate::source::{
    Diagnostic, Diagnostics, FileId, Limits, Listed, Node, Span, Spanned, Unread, list_below, parse, read_below,
};

/// The files that were read, and the mistakes in them.
#[derive(Debug)]
pub struct Loaded {
    /// The texts and the suites.
    pub library: Library,
    /// The vocabulary that the texts were checked against.
    pub words: Vocabulary,
    /// All mistakes.
    pub diagnostics: Diagnostics,
    /// The files that were read, in the order of reading. A path is relative to the root when the file is below the
    /// root.
    pub paths: Vec<PathBuf>,
}

/// The root of the files. All paths are relative to it.
#[derive(Debug)]
pub enum Root<'a> {
    /// A directory.
    Directory(&'a Path),
    /// Texts that are already in memory, such as the texts of a bundle.
    Held(BTreeMap<PathBuf, &'a [u8]>),
}

impl Root<'_> {
    fn read(&self, path: &Path, most: usize) -> Result<Vec<u8>, Unread> {
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        match self {
            Self::Directory(root) => read_below(root, path, most),
            Self::Held(files) => match files.get(path) {
                Some(bytes) if u64::try_from(bytes.len()).is_ok_and(|length| length > most) => {
                    Err(Unread::TooLarge(most))
                }
                Some(bytes) => Ok(bytes.to_vec()),
                None => Err(std::io::Error::from(std::io::ErrorKind::NotFound).into()),
            },
        }
    }

    /// Returns the content of a folder, sorted.
    fn list(&self, folder: &Path) -> Result<Vec<Listed>, Unread> {
        match self {
            Self::Directory(root) => list_below(root, folder, limits::FILES),
            Self::Held(files) => {
                let inside = files.keys().filter(|path| path.parent() == Some(folder));
                let name = |path: &PathBuf| Some(Listed { name: path.file_name()?.to_owned(), is_folder: false });
                Ok(inside.filter_map(name).collect())
            }
        }
    }

    /// Returns the YAML files of a folder, sorted. `deep` is the number of levels of subfolders that are also read.
    fn yaml_files(&self, folder: &Path, deep: usize) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for Listed { name, is_folder } in self.list(folder).unwrap_or_default() {
            let path = folder.join(&name);
            if found.len() > limits::FILES {
                break;
            }
            if !is_folder && ending(&name.to_string_lossy()).is_some() {
                found.push(normal(&path));
            } else if is_folder && deep > 0 {
                found.extend(self.yaml_files(&path, deep - 1));
            }
        }
        found.sort();
        found
    }

    /// Returns the path in the form for messages.
    fn shown(&self, path: &Path) -> String {
        match self {
            Self::Directory(root) => root.join(path).display().to_string(),
            Self::Held(_) => path.display().to_string(),
        }
    }

    /// Returns the names of the files in a directory. The author of a suite may have meant one of them.
    fn neighbours(&self, directory: &Path) -> Vec<String> {
        let names = self.yaml_files(directory, 0).into_iter().filter_map(|path| Some(path.file_name()?.to_owned()));
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    }
}

/// The depth of the folders that are searched for policies that no suite names.
const FOLDERS: usize = 16;

/// Reads one suite with all files that it names. The paths in the suite are relative to the folder of the suite. The
/// paths in messages are relative to `root`.
#[must_use]
pub fn load_suite(root: &Path, suite: &Path, words: Vocabulary) -> Loaded {
    load_suite_of(&Root::Directory(root), suite, words)
}

/// Does the same as [`load_suite`] for any root.
#[must_use]
pub fn load_suite_of(root: &Root<'_>, suite: &Path, words: Vocabulary) -> Loaded {
    let mut loader = Loader::new(root, words);
    loader.suite(suite);
    loader.finish()
}

/// Reads every suite of one directory and every policy of another directory, and so finds the policies that no suite
/// names.
#[must_use]
pub fn load_all(root: &Path, suites: &Path, policies: &Path, words: Vocabulary) -> Loaded {
    let root = Root::Directory(root);
    let mut loader = Loader::new(&root, words);
    for path in root.yaml_files(suites, 0) {
        loader.suite(&path);
    }
    if loader.outlines.is_empty() && !loader.loaded.diagnostics.has_errors() {
        let message = format!("no suite in {}", root.shown(suites));
        loader.loaded.diagnostics.push(
            Diagnostic::error_nowhere("no-file", message).help("a suite is a file that ends in `.yaml` or `.yml`"),
        );
    }
    let named: BTreeSet<PathBuf> = loader.parsed.keys().cloned().collect();
    loader.loaded.words.catalogues = loader.catalogues.clone();
    for path in root.yaml_files(policies, FOLDERS) {
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
    /// The parsed content of each file. A file that two suites name is read once, and its mistakes are reported once.
    parsed: BTreeMap<PathBuf, Option<(FileId, Node)>>,
    /// One outline for each suite of the library.
    outlines: Vec<Outline>,
    /// The number of values in all files that were read.
    values: usize,
    /// The catalogues that every suite can use.
    shipped: Catalogues,
    /// The shipped catalogues and the catalogues of all suites.
    catalogues: Catalogues,
}

impl<'a> Loader<'a> {
    fn new(root: &'a Root<'a>, words: Vocabulary) -> Self {
        let (library, diagnostics) = (Library::default(), Diagnostics::new());
        let (shipped, catalogues) = (words.catalogues.clone(), words.catalogues.clone());
        let loaded = Loaded { library, words, diagnostics, paths: Vec::new() };
        Self { root, loaded, parsed: BTreeMap::new(), outlines: Vec::new(), values: 0, shipped, catalogues }
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
        let SuiteText { mut suite, policies, waivers: waiver_files, attestations: said_in, catalogues, kinds, tables } =
            text;
        // A suite cannot use the catalogues of another suite. Otherwise it would fail when it runs alone.
        self.loaded.words.catalogues = self.shipped.clone();
        for (path, pattern) in self.expand(&base, &catalogues) {
            if let Some((_, node)) = self.parse(&path, Some(pattern)) {
                self.loaded.words.catalogues.add(&node, &mut self.loaded.diagnostics);
                // The call above reports the mistakes. The catalogues of two suites may contradict each other, so this
                // call reports nothing.
                self.catalogues.add(&node, &mut Diagnostics::new());
            }
        }
        self.loaded.words.kinds.forget_own();
        for (path, pattern) in self.expand(&base, &kinds) {
            self.kind_file(&path, pattern);
        }
        suite.kinds = self.loaded.words.kinds.clone();
        for table in &tables {
            let read = self.table(&base, table);
            suite.tables.push(read);
        }
        let found = self.expand(&base, &policies);
        outline.broken |= policies.iter().any(|pattern| found.iter().all(|(_, by)| *by != pattern));
        for (path, pattern) in found {
            let parsed = self.parse(&path, Some(pattern));
            outline.policy(parsed.as_ref().map(|(_, node)| node));
            let Some((file, node)) = parsed else { continue };
            let policy = Policy::read(&node, file, &self.loaded.words, &mut self.loaded.diagnostics);
            suite.policies.extend(policy);
        }
        for (path, pattern) in self.expand(&base, &waiver_files) {
            if let Some((_, node)) = self.parse(&path, Some(pattern)) {
                suite.waivers.extend(Waiver::read_all(&node, &mut self.loaded.diagnostics));
            }
        }
        for (path, pattern) in self.expand(&base, &said_in) {
            if let Some((_, node)) = self.parse(&path, Some(pattern)) {
                let below = path.parent().unwrap_or(Path::new(""));
                suite.attestations.extend(Attestation::read_all(&node, below, &mut self.loaded.diagnostics));
            }
        }
        // The check of the limits comes first, because the comparison of all ids takes long for a suite above the
        // limits.
        if !limits::fits(&suite, &mut self.loaded.diagnostics) {
            return;
        }
        for stage in &suite.stages {
            if let Source::Described(path) | Source::Recording(path) = &stage.source {
                self.below(&base, path);
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

    /// Reads a table of the suite.
    fn table(&mut self, base: &Path, table: &TableText) -> RowTable {
        let (name, path) = (&table.name.value, normal(&base.join(&table.path.value)));
        let Some(file) = self.text(&path, &table.path) else { return RowTable::broken(name, table.path.span.file) };
        let text = self.loaded.library.files.text(file).to_owned();
        let sink = &mut self.loaded.diagnostics;
        let read = RowTable::read(name, &table.path.value, table.heading.as_deref(), file, &text, sink);
        read.unwrap_or_else(|| RowTable::broken(name, file))
    }

    /// Returns the text of a file that is not YAML. A file that two suites name is read once.
    fn text(&mut self, path: &Path, named: &Spanned<String>) -> Option<FileId> {
        let shown = path.display().to_string();
        let known = self.loaded.library.files.iter().find(|(_, name, _)| **name == *shown).map(|(file, ..)| file);
        if known.is_some() {
            return known;
        }
        match self.root.read(path, Limits::default().bytes) {
            Ok(bytes) => {
                let file = self.loaded.library.files.add_bytes(shown, bytes, &mut self.loaded.diagnostics)?;
                self.loaded.paths.push(path.to_owned());
                Some(file)
            }
            Err(error) => {
                let message = format!("{shown}: {error}");
                self.loaded.diagnostics.push(match error {
                    Unread::Outside => Diagnostic::error("outside-root", named.span, message),
                    _ => Diagnostic::error("unreadable-file", named.span, message),
                });
                None
            }
        }
    }

    /// Reads a kind file of the suite. No other kind may have the same name.
    fn kind_file(&mut self, path: &Path, named: &Spanned<String>) {
        let Some((file, _)) = self.parse(path, Some(named)) else { return };
        let text = self.loaded.library.files.text(file).to_owned();
        let earlier = self.loaded.library.kind_files.iter().copied().find(|it| it.span.file == file);
        let Some(read) = earlier.or_else(|| kind_files::read(file, &text, &mut self.loaded.diagnostics)) else {
            return;
        };
        if self.loaded.words.kinds.find(read.kind.name).is_some() {
            let message = format!("there is another kind `{}`", read.kind.name);
            let error = Diagnostic::error("duplicate-kind", read.span, message);
            self.loaded.diagnostics.push(error.help("a suite cannot change a kind that the program has"));
            return;
        }
        self.loaded.words.kinds.add(read);
        if earlier.is_none() {
            self.loaded.library.kind_files.push(read);
        }
    }

    fn check_policy_ids(&mut self, suite: &Suite) {
        let mut known = BTreeMap::new();
        for policy in &suite.policies {
            let first = known.entry(policy.id.value.as_str()).or_insert(policy);
            if !std::ptr::eq(*first, policy) {
                let message = format!("policy `{}` twice", policy.id.value);
                self.loaded.diagnostics.push(
                    Diagnostic::error("duplicate-id", policy.id.span, message).related(first.id.span, "first here"),
                );
            }
        }
    }

    /// Returns the parsed file, which is read at the first call. `named` is the text that names the file.
    fn parse(&mut self, path: &Path, named: Option<&Spanned<String>>) -> Option<(FileId, Node)> {
        if let Some(parsed) = self.parsed.get(path) {
            return parsed.clone();
        }
        let parsed = self.read(path, named);
        self.parsed.insert(path.to_owned(), parsed.clone());
        parsed
    }

    fn read(&mut self, path: &Path, named: Option<&Spanned<String>>) -> Option<(FileId, Node)> {
        let shown = path.display().to_string();
        if self.loaded.paths.len() >= limits::FILES {
            let message = format!("more than {} files", limits::FILES);
            self.loaded.diagnostics.push(match named {
                Some(name) => limits::over(name.span, message),
                None => Diagnostic::error_nowhere("over-limit", message),
            });
            return None;
        }
        let limits = Limits::default();
        let bytes = match self.root.read(path, limits.bytes) {
            Ok(bytes) => bytes,
            Err(error) => {
                let message = format!("{shown}: {error}");
                let refused = match (named, &error) {
                    (Some(name), Unread::Outside) => Diagnostic::error("outside-root", name.span, message),
                    (Some(name), _) => Diagnostic::error("unreadable-file", name.span, message),
                    (None, _) => Diagnostic::error_nowhere("unreadable-file", message),
                };
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let near = if error.is_missing() && self.loaded.diagnostics.is_short() {
                    self.root.neighbours(path.parent().unwrap_or(Path::new("")))
                } else {
                    Vec::new()
                };
                self.loaded.diagnostics.push(refused.suggest(&name, near.iter().map(String::as_str)));
                return None;
            }
        };
        let files = &mut self.loaded.library.files;
        let file = files.add_bytes(shown.clone(), bytes, &mut self.loaded.diagnostics)?;
        self.loaded.paths.push(path.to_owned());
        let text = files.text(file).to_owned();
        let node = parse(file, &text, &limits, &mut self.loaded.diagnostics)?;
        self.values = self.values.saturating_add(node.values());
        if self.values > limits::VALUES {
            let message = format!("more than {} values in all files together", limits::VALUES);
            self.loaded.diagnostics.push(limits::over(Span::new(file, 0, 0), message));
            return None;
        }
        Some((file, node))
    }

    /// Returns the files that match a list of patterns. Each file appears once, with the first pattern that matches it.
    /// Only the last part of a path can contain `*` and `?`.
    fn expand<'p>(&mut self, base: &Path, patterns: &'p [Spanned<String>]) -> Vec<(PathBuf, &'p Spanned<String>)> {
        let (mut found, mut known, mut passed) = (Vec::new(), BTreeSet::new(), Vec::new());
        if let Some(pattern) = patterns.get(limits::PATTERNS) {
            let message = format!("a list names at most {} files and patterns", limits::PATTERNS);
            self.loaded.diagnostics.push(limits::over(pattern.span, message));
        }
        for pattern in patterns.iter().take(limits::PATTERNS) {
            let named = self.named(base, pattern, &mut passed).into_iter();
            found.extend(named.filter(|path| known.insert(path.clone())).map(|path| (path, pattern)));
        }
        // The author must learn that a file is not read, because a run without its policy would look like a run that
        // meets it.
        for (path, diagnostic) in passed {
            if !known.contains(&path) {
                self.loaded.diagnostics.push(diagnostic);
            }
        }
        found
    }

    /// Returns the path of a file that a suite names, relative to the root. Reports a path outside of the root.
    fn below(&mut self, base: &Path, named: &Spanned<String>) -> Option<PathBuf> {
        let path = normal(&base.join(&named.value));
        // Evidence could not keep a file from outside of the root. A suite from a bundle must not read the files of
        // this machine.
        if path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Some(path);
        }
        let message = format!("`{}` lies outside of the directory that holds suites and policies", named.value);
        self.loaded.diagnostics.push(
            Diagnostic::error("outside-root", named.span, message)
                .help("run from a directory that is above the suite and all that it names"),
        );
        None
    }

    /// Returns the files that one pattern matches. `passed` gets the files that are not read although the author may
    /// have meant them. Their diagnostics are reported unless another pattern matches the file.
    fn named(
        &mut self,
        base: &Path,
        pattern: &Spanned<String>,
        passed: &mut Vec<(PathBuf, Diagnostic)>,
    ) -> Vec<PathBuf> {
        let Some(path) = self.below(base, pattern) else { return Vec::new() };
        let last = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !last.contains(['*', '?']) {
            return vec![path];
        }
        let directory = path.parent().unwrap_or(Path::new(""));
        let listed = match self.root.list(directory) {
            Ok(listed) => listed,
            Err(wrong @ (Unread::Outside | Unread::TooMany(_))) => {
                let message = format!("{}: {wrong}", directory.display());
                self.loaded.diagnostics.push(Diagnostic::error("outside-root", pattern.span, message));
                return Vec::new();
            }
            Err(_) => Vec::new(),
        };
        let pattern_of = NamePattern::new(&last);
        let mut found = Vec::new();
        for Listed { name, is_folder } in listed {
            let path = directory.join(&name);
            let name = name.to_string_lossy();
            let shown = path.display();
            match pattern_of.judge(&name) {
                Meant::Yes => found.push(path),
                Meant::Named if is_folder => {
                    let message = format!("`{shown}` is a folder, and nothing in it is read");
                    let warning = Diagnostic::warning("unread-folder", pattern.span, message);
                    passed.push((path, warning.help("name what is in it by a pattern of its own")));
                }
                Meant::Named => {
                    let message =
                        format!("`{shown}` is named, and is not read: its name ends in neither `.yaml` nor `.yml`");
                    let error = Diagnostic::error("unread-file", pattern.span, message);
                    passed.push((path, error.help("rename it, or end the pattern in `.yaml`")));
                }
                Meant::Perhaps => {
                    let message = format!("`{shown}` is not read: `{}` does not name it", pattern.value);
                    passed.push((path, Diagnostic::warning("unread-file", pattern.span, message)));
                }
                Meant::No => {}
            }
        }
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

/// A pattern for the last part of a path, with `*` and `?`. Upper and lower case make no difference in the ending:
/// `.YAML` is `.yaml`.
struct NamePattern {
    whole: Glob,
    /// The pattern without its ending, if the ending is a YAML ending.
    stem: Option<Glob>,
}

/// Whether the author of a pattern meant a file.
enum Meant {
    Yes,
    /// The pattern matches the file, but the file cannot be a policy, because of its name.
    Named,
    /// The pattern would match the file if the pattern had another ending that policies often have.
    Perhaps,
    No,
}

impl NamePattern {
    fn new(text: &str) -> Self {
        let (stem, whole) = match (ending(text), text.rsplit_once('.')) {
            (Some(ending), Some((stem, _))) => (Some(Glob::new(stem)), format!("{stem}.{ending}")),
            _ => (None, text.to_owned()),
        };
        Self { whole: Glob::new(&whole), stem }
    }

    fn judge(&self, name: &str) -> Meant {
        let parts = name.rsplit_once('.');
        match (ending(name), parts) {
            (Some(ending), Some((stem, _))) if self.whole.is_match(&format!("{stem}.{ending}")) => Meant::Yes,
            (Some(_), Some((stem, _))) if self.names_stem(stem) => Meant::Perhaps,
            // The author did not mean files that a system or an editor hides.
            (None, _) if !name.starts_with('.') && self.whole.is_match(name) => Meant::Named,
            (None, Some((stem, other))) if other.eq_ignore_ascii_case("json") && self.names_stem(stem) => {
                Meant::Perhaps
            }
            _ => Meant::No,
        }
    }

    fn names_stem(&self, stem: &str) -> bool {
        self.stem.as_ref().is_some_and(|glob| glob.is_match(stem))
    }
}

/// Returns the ending of the name of a YAML file, in lower case.
fn ending(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    ["yaml", "yml"].into_iter().find(|known| ending.eq_ignore_ascii_case(known))
}

/// Returns the path of a file that a suite names. Such a path is relative to the folder of the suite file.
pub fn beside(suite: &Path, named: &str) -> PathBuf {
    normal(&suite.parent().unwrap_or(Path::new("")).join(named))
}

/// Removes `.` from a path, and each `..` together with the folder name before it. A `..` without such a name stays.
pub(super) fn normal(path: &Path) -> PathBuf {
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
