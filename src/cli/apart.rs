//! What a command writes lies apart: no output is an input, has one below it, or lies in another output.
//!
//! Links are followed, so that two spellings of a place are one. Must not know what is read or written.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::Ended;
use attestry_core::source::printable;
use attestry_core::verify::Exit;

/// The places that a command reads and writes, by what they are called.
#[derive(Debug, Default)]
pub(super) struct Apart {
    inputs: Vec<Place>,
    outputs: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    name: &'static str,
    given: PathBuf,
    real: PathBuf,
    file: Option<(u64, u64)>,
}

impl Place {
    fn new(name: &'static str, path: &Path) -> Self {
        let real = real(path);
        Self { name, given: path.to_owned(), file: file(&real), real }
    }

    /// Whether two names mean one file: by a link, or where the case of letters does not count.
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

/// So long a path is shown.
const LONG: usize = 1000;

impl Apart {
    /// Something that is read.
    pub(super) fn input(&mut self, name: &'static str, path: &Path) {
        self.inputs.push(Place::new(name, path));
    }

    /// Something that is written, or replaced whole.
    pub(super) fn output(&mut self, name: &'static str, path: &Path) {
        self.outputs.push(Place::new(name, path));
    }

    /// Whether they lie apart.
    pub(super) fn check(&self) -> Result<(), Ended> {
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

    /// The same, and that no folder that is replaced whole is the one that the command runs in, or holds it.
    pub(super) fn check_around(mut self, folders: &[&Path]) -> Result<(), Ended> {
        self.check()?;
        let here = std::env::current_dir().unwrap_or_default();
        self.inputs = vec![Place::new("where the command runs", &here)];
        self.outputs.retain(|output| folders.contains(&output.given.as_path()));
        self.check()
    }
}

fn refused(output: &Place, why: &str) -> Ended {
    Ended::new(Exit::Usage, format!("{} {} {why}: it is not written", output.name, output.shown()))
}

/// A path without links and `..`, as far as it exists.
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

/// The file itself, whatever leads to it.
fn file(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

#[cfg(test)]
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
            let mut apart = Apart::default();
            apart.input("the suite", &at("link/bank.yaml"));
            apart.output("--out", &at(output));
            apart.output("--bundle", &at(other));
            let told = apart.check();
            assert_eq!(told.is_ok(), sound, "{output} {other}: {told:?}");
            assert!(told.is_ok() || told.unwrap_err().exit == Exit::Usage);
        }
    }
}
