//! Lists the files of a sweep: plain files below the given paths. Every other file is listed as not examined.
//!
//! This module must not know what is searched. The module opens no file that could block.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};

use fs_err as fs;

use attestry_core::source::{Given, Patience};
use attestry_logs::{Coverage, NotExamined};

/// The files of a sweep.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// The files with their lengths. The files of a directory are sorted.
    pub(crate) files: Vec<(PathBuf, u64)>,
    /// The files that cannot be read.
    pub(crate) coverage: Coverage,
    /// The number of links to files that the sweep reads by another path.
    pub(crate) links: u64,
}

impl Files {
    /// Returns all files of these paths. A link that the user names is followed. A link inside of a directory is not
    /// followed. If the target of such a link is outside of the given paths, the link is listed as not examined.
    pub(crate) fn below(paths: &[PathBuf]) -> Self {
        let mut found = Self::default();
        let roots: Vec<PathBuf> = paths.iter().filter_map(|path| fs::canonicalize(path).ok()).collect();
        let mut open: Vec<(PathBuf, bool)> = paths.iter().rev().map(|path| (path.clone(), true)).collect();
        while let Some((path, given)) = open.pop() {
            match found.look(&path, given, &roots) {
                Ok(inside) => open.extend(inside.into_iter().map(|path| (path, false))),
                Err(error) => found.not_read(&path, error.to_string()),
            }
        }
        found
    }

    /// Adds one path. If the path is a directory, returns its entries in reverse order.
    fn look(&mut self, path: &Path, given: bool, roots: &[PathBuf]) -> Result<Vec<PathBuf>> {
        let data = if given { fs::metadata(path)? } else { fs::symlink_metadata(path)? };
        if data.is_symlink() {
            let target = fs::canonicalize(path)?;
            if roots.iter().any(|root| target.starts_with(root)) {
                self.links += 1;
            } else {
                self.not_read(
                    path,
                    "it is a link to a place outside of the given paths and is not followed".to_owned(),
                );
            }
            return Ok(Vec::new());
        }
        if data.is_dir() {
            let mut inside: Vec<PathBuf> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
            inside.sort_unstable_by(|a, b| b.cmp(a));
            return Ok(inside);
        }
        match special(&data.file_type()) {
            // The user named this pipe, so it has a writer.
            Some("pipe") if given => self.files.push((path.to_path_buf(), 0)),
            Some(what) => self.not_read(path, format!("it is a {what}, which is not read")),
            None => self.files.push((path.to_path_buf(), data.len())),
        }
        Ok(Vec::new())
    }

    fn not_read(&mut self, path: &Path, why: String) {
        self.coverage.sources += 1;
        let source = path.display().to_string();
        self.coverage.not_examined.push(NotExamined { source, why, from: 0, bytes: None });
    }
}

/// Returns the type of a special file.
#[cfg(unix)]
pub(crate) fn special(kind: &std::fs::FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    let kinds = [(kind.is_fifo(), "pipe"), (kind.is_socket(), "socket"), (kind.is_block_device(), "disk")];
    let kinds = kinds.into_iter().chain([(kind.is_char_device(), "device")]);
    kinds.into_iter().find_map(|(is_it, name)| is_it.then_some(name))
}

#[cfg(not(unix))]
pub(crate) fn special(_: &std::fs::FileType) -> Option<&'static str> {
    None
}

/// Opens a file or a given pipe. The type is checked again, because it can change after the search.
pub(crate) fn open(path: &Path) -> Result<Given> {
    match special(&fs::metadata(path)?.file_type()) {
        None | Some("pipe") => Given::open(path, Patience::default()),
        Some(what) => Err(Error::other(format!("it is a {what} now, which is not read"))),
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn whatever_is_no_plain_file_is_named_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("in/deeper")).unwrap();
        for name in ["in/a.log", "in/deeper/b.log", "out.log"] {
            std::fs::write(at(name), "all is well\n").unwrap();
        }
        let _socket = UnixListener::bind(at("in/socket")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(at("in/pipe")).status().unwrap().success());
        for (target, link) in
            [("../out.log", "out"), ("..", "up"), ("nowhere", "lost"), ("a.log", "same"), (".", "here")]
        {
            symlink(target, at("in").join(link)).unwrap();
        }
        symlink("in", at("given")).unwrap();
        let given = [at("given"), at("missing"), PathBuf::from("/dev/zero")];
        let found = Files::below(&given);
        let names: Vec<_> = found.files.iter().map(|(path, _)| path.strip_prefix(at("given")).unwrap()).collect();
        assert_eq!(names, [Path::new("a.log"), Path::new("deeper/b.log")]);
        assert_eq!(found.links, 2, "to a file and to the folder itself");
        let told: Vec<String> =
            found.coverage.not_examined.iter().map(|it| format!("{} {}", it.source, it.why)).collect();
        for (number, (name, why)) in [
            ("lost", "failed to canonicalize"),
            ("out", "a link to a place outside"),
            ("pipe", "a pipe"),
            ("socket", "a socket"),
            ("up", "a link to a place outside"),
            ("missing", "failed to query"),
            ("/dev/zero", "a device"),
        ]
        .iter()
        .enumerate()
        {
            assert!(told.get(number).is_some_and(|it| it.contains(name) && it.contains(why)), "{name}: {told:?}");
        }
        assert_eq!(told.len(), 7, "{told:?}");
    }
}
