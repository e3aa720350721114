//! Distinct paths: no output of a command is an input, contains an input, or is inside another output.
//!
//! Links are followed, so that two spellings of a path are one. This module must not know what is read or written.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::failure::Failure;
use attestry_core::source::printable;
use attestry_core::verify::Exit;

/// The paths that a command reads and writes, with their names.
#[derive(Debug, Default)]
pub(crate) struct DistinctPaths {
    inputs: Vec<NamedPath>,
    outputs: Vec<NamedPath>,
}

#[derive(Debug)]
struct NamedPath {
    name: &'static str,
    given: PathBuf,
    real: PathBuf,
    file: Option<(u64, u64)>,
}

impl NamedPath {
    fn new(name: &'static str, path: &Path) -> Self {
        let real = real(path);
        Self { name, given: path.to_owned(), file: file(&real), real }
    }

    /// Returns whether two names mean one file: by a link, or on a disk that ignores the case of letters.
    fn is(&self, other: &Self) -> bool {
        self.real == other.real || self.file.is_some() && self.file == other.file
    }

    fn is_in(&self, other: &Self) -> bool {
        self.real.starts_with(&other.real) || self.is(other)
    }

    fn shown(&self) -> String {
        printable(&self.given.display().to_string(), LONG)
    }
}

/// The limit of a shown path, in characters.
const LONG: usize = 1000;

impl DistinctPaths {
    /// Adds an input.
    #[cfg(feature = "aws")]
    pub(crate) fn input(&mut self, name: &'static str, path: &Path) {
        self.inputs.push(NamedPath::new(name, path));
    }

    /// Adds an output: a file or a directory that is replaced as a whole.
    pub(crate) fn output(&mut self, name: &'static str, path: &Path) {
        self.outputs.push(NamedPath::new(name, path));
    }

    /// Checks that the paths are distinct.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        for (at, output) in self.outputs.iter().enumerate() {
            if let Some(input) = self.inputs.iter().find(|input| input.is_in(output)) {
                let how = if input.is(output) { "is" } else { "holds" };
                return Err(refused(output, &format!("{how} {} ({})", input.shown(), input.name)));
            }
            let mut others = self.outputs.iter().enumerate().filter(|(other, _)| *other != at);
            if let Some((_, other)) = others.find(|(_, other)| other.is_in(output)) {
                let how = if other.is(output) { "is the same as" } else { "holds" };
                return Err(refused(output, &format!("{how} {} {}", other.name, other.shown())));
            }
        }
        Ok(())
    }

    #[cfg(feature = "aws")]
    /// Checks that the paths are distinct, and that none of these folders is or contains the current directory.
    pub(crate) fn check_around(mut self, folders: &[&Path]) -> Result<(), Failure> {
        self.check()?;
        let here = std::env::current_dir().unwrap_or_default();
        self.inputs = vec![NamedPath::new("where the command runs", &here)];
        self.outputs.retain(|output| folders.contains(&output.given.as_path()));
        self.check()
    }
}

fn refused(output: &NamedPath, why: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{} {} {why}: it is not written", output.name, output.shown()))
}

/// Returns the path without `..`, and without links in the part of the path that exists.
fn real(path: &Path) -> PathBuf {
    if let Ok(there) = fs::canonicalize(path) {
        return there;
    }
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut real = PathBuf::new();
    for part in full.components() {
        match part {
            Component::ParentDir => drop(real.pop()),
            part => real.push(part),
        }
        if let Ok(there) = fs::canonicalize(&real) {
            real = there;
        }
    }
    real
}

/// Returns the identity of the file: its device and inode.
fn file(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

#[cfg(all(test, feature = "aws"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn an_output_is_no_input_and_holds_none() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("suites/accounts")).unwrap();
        fs::write(at("suites/bank.yaml"), "x").unwrap();
        fs::hard_link(at("suites/bank.yaml"), at("twin.yaml")).unwrap();
        std::os::unix::fs::symlink(at("suites"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("suites/bank.yaml"), at("report.json")).unwrap();
        for (output, other, sound) in [
            ("out", "b.zip", true),
            ("suites/out", "b.zip", true),
            ("out", "out2", true),
            ("suites", "b.zip", false),
            ("link", "b.zip", false),
            ("suites/../suites", "b.zip", false),
            ("link/accounts/..", "b.zip", false),
            (".", "b.zip", false),
            ("suites/bank.yaml", "b.zip", false),
            ("report.json", "b.zip", false),
            ("twin.yaml", "b.zip", false),
            ("out", "out", false),
            ("out", "out/b.zip", false),
            ("out/deep/er", "out", false),
            ("out", "link/../out/b.zip", false),
        ] {
            let mut paths = DistinctPaths::default();
            paths.input("the suite", &at("link/bank.yaml"));
            paths.output("--out", &at(output));
            paths.output("--bundle", &at(other));
            let told = paths.check();
            assert_eq!(told.is_ok(), sound, "{output} {other}: {told:?}");
            assert!(told.is_ok() || told.unwrap_err().exit == Exit::Usage);
        }
    }
}
