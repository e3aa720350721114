//! The ledger: what a run is about to create, on disk before it exists, one JSON line each.
//!
//! The file is locked while its run lives, so a sweep never takes away what a run still needs. Must not know how
//! anything is undone.

use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Made;

/// A ledger that cannot be written or read.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The file system refused.
    #[error("ledger {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line that is no line of a ledger.
    #[error("ledger {path}: line {line} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its line.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// What is about to be created, where, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Id of the run.
    pub run: String,
    /// Id of the case.
    pub case: String,
    /// Account, 12 digits.
    pub account: String,
    /// Region.
    pub region: String,
    /// What.
    pub made: Made,
    /// How a person would undo it.
    pub undo: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Begin { run: String, at: Timestamp },
    Intend { number: u64, at: Timestamp, entry: Entry },
    Done { number: u64, at: Timestamp },
}

/// The open ledger of one run.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Number of the last entry.
    last: u64,
    /// Whether a line was cut off: what comes after it would be lost, so nothing may come.
    broken: bool,
}

impl Ledger {
    /// Begins the ledger of a run: one file in the folder, there for certain when this returns. Its first line announces
    /// nothing; a disk that is full is found out by it before anything is asked.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub fn begin(folder: &Path, run: &str) -> Result<Self, LedgerError> {
        let path = folder.join(format!("{run}.jsonl"));
        let begin = || {
            std::fs::create_dir_all(folder)?;
            let file = File::options().create_new(true).append(true).open(&path)?;
            file.lock()?;
            file.sync_all()?;
            File::open(folder)?.sync_all()?;
            Ok(file)
        };
        let file = begin().map_err(|source| LedgerError::Io { path: path.clone(), source })?;
        let ledger = Self { path, open: Mutex::new(Open { file, last: 0, broken: false }) };
        let first = Line::Begin { run: run.to_owned(), at: Timestamp::now() };
        ledger.append(&mut ledger.open.lock().unwrap_or_else(PoisonError::into_inner), &first)?;
        Ok(ledger)
    }

    /// Announces a creation. It is on disk when this returns; if it cannot be, nothing may be created.
    ///
    /// # Errors
    /// The line could not be written.
    pub fn intend(&self, entry: Entry) -> Result<u64, LedgerError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.last += 1;
        let number = open.last;
        self.append(&mut open, &Line::Intend { number, at: Timestamp::now(), entry })?;
        Ok(number)
    }

    /// Marks a creation as undone, after that was read back.
    ///
    /// # Errors
    /// The line could not be written.
    pub fn done(&self, number: u64) -> Result<(), LedgerError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        self.append(&mut open, &Line::Done { number, at: Timestamp::now() })
    }

    fn append(&self, open: &mut Open, line: &Line) -> Result<(), LedgerError> {
        let write = |open: &mut Open| {
            if open.broken {
                return Err(io::Error::other("an earlier line could not be written"));
            }
            let mut bytes = serde_json::to_vec(line)?;
            bytes.push(b'\n');
            open.file.write_all(&bytes).and_then(|()| open.file.sync_all())
        };
        write(open).map_err(|source| {
            open.broken = true;
            LedgerError::Io { path: self.path.clone(), source }
        })
    }
}

/// A ledger of a run that is over, with what is not undone yet.
#[derive(Debug)]
pub struct Unfinished {
    ledger: Ledger,
    /// Number and entry of what is left, in the order in which it was announced.
    pub entries: Vec<(u64, Entry)>,
}

impl Unfinished {
    /// Every ledger of the folder in which something is left, except those of runs that are still going on, whose
    /// files are given instead.
    ///
    /// # Errors
    /// A ledger that cannot be read: nobody knows what is in it.
    pub fn all(folder: &Path) -> Result<(Vec<Self>, Vec<PathBuf>), LedgerError> {
        let wrong = |source| LedgerError::Io { path: folder.to_owned(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(wrong)? {
            let path = entry.map_err(wrong)?.path();
            if path.extension().is_some_and(|extension| extension == "jsonl") {
                paths.push(path);
            }
        }
        paths.sort();
        let (mut unfinished, mut busy) = (Vec::new(), Vec::new());
        for path in paths {
            let wrong = |source| LedgerError::Io { path: path.clone(), source };
            let file = File::options().read(true).append(true).open(&path).map_err(wrong)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    busy.push(path);
                    continue;
                }
                Err(TryLockError::Error(source)) => return Err(wrong(source)),
            }
            let text = std::fs::read_to_string(&path).map_err(wrong)?;
            let (entries, last) = read(&path, &text)?;
            if !entries.is_empty() {
                // What was cut off in the middle must not swallow the next line.
                if !text.ends_with('\n') {
                    (&file).write_all(b"\n").map_err(wrong)?;
                }
                unfinished.push(Self {
                    ledger: Ledger { path, open: Mutex::new(Open { file, last, broken: false }) },
                    entries,
                });
            }
        }
        Ok((unfinished, busy))
    }

    /// Marks an entry as undone.
    ///
    /// # Errors
    /// The line could not be written.
    pub fn done(&self, number: u64) -> Result<(), LedgerError> {
        self.ledger.done(number)
    }
}

/// What is left, and the highest number. A line that is cut off announces nothing: its creation had not begun.
fn read(path: &Path, text: &str) -> Result<(Vec<(u64, Entry)>, u64), LedgerError> {
    let (mut entries, mut last) = (Vec::new(), 0);
    for (index, line) in text.lines().enumerate() {
        match serde_json::from_str(line) {
            Ok(Line::Intend { number, entry, .. }) => {
                last = last.max(number);
                entries.push((number, entry));
            }
            Ok(Line::Begin { .. }) => {}
            Ok(Line::Done { number, .. }) => entries.retain(|(left, _)| *left != number),
            Err(error) if error.is_eof() => {}
            Err(error) => {
                return Err(LedgerError::Damaged { path: path.to_owned(), line: index + 1, reason: error.to_string() });
            }
        }
    }
    Ok((entries, last))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn entry(name: &str) -> Entry {
        Entry {
            run: "run".into(),
            case: "P/c".into(),
            account: "000000000001".into(),
            region: "eu-central-1".into(),
            made: Made::Secret { name: name.into() },
            undo: String::new(),
        }
    }

    #[test]
    fn what_is_not_done_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::begin(folder.path(), "run").unwrap();
        let first = ledger.intend(entry("a")).unwrap();
        ledger.intend(entry("b")).unwrap();
        ledger.done(first).unwrap();
        let (left, busy) = Unfinished::all(folder.path()).unwrap();
        assert!(left.is_empty() && busy.len() == 1, "a ledger of a run that goes on is left alone");
        drop(ledger);
        let (left, _) = Unfinished::all(folder.path()).unwrap();
        assert_eq!(left[0].entries, [(2, entry("b"))]);
        left[0].done(2).unwrap();
        drop(left);
        assert!(Unfinished::all(folder.path()).unwrap().0.is_empty());
    }

    #[test]
    fn a_line_that_is_cut_off_announces_nothing_and_any_other_damage_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let ledger = Ledger::begin(folder.path(), "run").unwrap();
        ledger.intend(entry("a")).unwrap();
        ledger.intend(entry("b")).unwrap();
        drop(ledger);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.get(..text.len() - 20).unwrap()).unwrap();
        let (left, _) = Unfinished::all(folder.path()).unwrap();
        assert_eq!(left[0].entries, [(1, entry("a"))]);
        left[0].done(1).unwrap();
        drop(left);
        assert!(Unfinished::all(folder.path()).unwrap().0.is_empty(), "the line after the cut counts");
        std::fs::write(&path, text.replace("\"number\"", "\"nummer\"")).unwrap();
        assert!(Unfinished::all(folder.path()).is_err());
    }

    #[test]
    fn a_folder_that_cannot_be_written_begins_no_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(Ledger::begin(&file, "run").is_err());
        assert!(Ledger::begin(Path::new("/proc/no-such-place"), "run").is_err());
    }
}
