//! The ledger: one line for each artifact of a run, on disk before the artifact exists.
//!
//! A ledger names the places where a run may have left artifacts. It is no proof. Attestry never removes an artifact
//! only because a ledger names it. Its key lies beside it, so a program that writes both files can write a ledger that
//! is accepted. The account must prove each artifact in any case (`ownership.rs`). A live run locks its file. Must not
//! know how an artifact is removed.

mod line;
#[cfg(test)]
mod tests;

use std::fs::{File, Metadata, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::probes::support::digest::random;
use attestry_core::source::{open_own, read_within};
use line::{Chain, Line, MOST_BYTES, MOST_LINES, RunKey, artifact_names, begin, read};

pub use line::{Entry, RecordedIntent};

/// A ledger that cannot be written or read.
#[derive(Debug, Error)]
#[error("ledger {path}: {source}")]
pub struct LedgerError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
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
    chain: Chain,
    /// Number of the last entry.
    last: u64,
    bytes: usize,
    lines: usize,
    /// Whether a line was cut off. A reader loses each line after it, so the ledger writes no further line.
    broken: bool,
}

impl Ledger {
    /// Begins the ledger of a run: one file in the folder, with its key beside it. Both are on disk when this returns. The
    /// first line names no artifact. It is written now, so that a full disk is noticed before the first
    /// call.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub fn begin(folder: &Path, run: &str) -> Result<Self, LedgerError> {
        let path = folder.join(format!("{run}.jsonl"));
        let begin_files = || {
            std::fs::create_dir_all(folder)?;
            let key = RunKey::new(random().map_err(|gap| io::Error::other(gap.message.clone()))?);
            let mut beside = File::options().create_new(true).write(true).mode(0o600).open(key_of(&path))?;
            beside.write_all(key.text().as_bytes()).and_then(|()| beside.sync_all())?;
            let file = File::options().create_new(true).append(true).mode(0o600).open(&path)?;
            file.lock()?;
            file.sync_all()?;
            File::open(folder)?.sync_all()?;
            Ok((file, key))
        };
        let (file, key) = begin_files().map_err(|source| LedgerError { path: path.clone(), source })?;
        let open = Open { file, chain: Chain::new(key), last: 0, bytes: 0, lines: 0, broken: false };
        let ledger = Self { path, open: Mutex::new(open) };
        ledger.append(&mut ledger.lock(), &begin(run, Timestamp::now()))?;
        Ok(ledger)
    }

    /// Records an intent, at a time by the clock of AWS. It is on disk when this returns.
    ///
    /// # Errors
    /// The line could not be written, or the file was moved away. Then the probe may create nothing.
    pub fn record_intent(&self, entry: Entry, at: Timestamp) -> Result<u64, LedgerError> {
        let mut open = self.lock();
        // An intent in a file that no cleanup finds is lost. Half of the file is for the removals.
        let there = std::fs::symlink_metadata(&self.path).and_then(|there| Ok(same(&there, &open.file.metadata()?)));
        let refused = match there {
            Ok(true) if open.bytes < MOST_BYTES / 2 && open.lines < MOST_LINES / 2 => None,
            Ok(true) => Some(io::Error::other("it is full")),
            Ok(false) => Some(io::Error::other("another file is in its place")),
            Err(gone) => Some(gone),
        };
        if let Some(source) = refused {
            return Err(LedgerError { path: self.path.clone(), source });
        }
        let number = open.last + 1;
        self.append(&mut open, &Line::Intend { number, at, entry })?;
        open.last = number;
        Ok(number)
    }

    /// Marks an artifact as removed, after its absence was read back.
    ///
    /// # Errors
    /// The line could not be written.
    pub fn record_removal(&self, number: u64) -> Result<(), LedgerError> {
        self.append(&mut self.lock(), &Line::Done { number, at: Timestamp::now() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, open: &mut Open, line: &Line) -> Result<(), LedgerError> {
        let write = |open: &mut Open| {
            if open.broken {
                return Err(io::Error::other("an earlier line could not be written"));
            }
            let bytes = open.chain.write(line)?;
            open.file.write_all(&bytes).and_then(|()| open.file.sync_all())?;
            open.bytes += bytes.len();
            open.lines += 1;
            Ok(())
        };
        write(open).map_err(|source| {
            open.broken = true;
            LedgerError { path: self.path.clone(), source }
        })
    }
}

/// The ledgers of a folder, apart from those in which nothing is left.
#[derive(Debug, Default)]
pub struct Ledgers {
    /// The ledgers of runs that ended.
    pub unfinished: Vec<Unfinished>,
    /// The files of live runs.
    pub busy: Vec<PathBuf>,
    /// The ledgers that are refused, with the reason and the artifacts that they name.
    pub refused: Vec<String>,
}

/// The ledger of a run that ended, with the artifacts that are left.
#[derive(Debug)]
pub struct Unfinished {
    ledger: Ledger,
    /// The artifacts that are left, in the order of the ledger.
    pub intents: Vec<RecordedIntent>,
}

impl Ledgers {
    /// Reads every ledger of the folder. A ledger that is refused does not hide the others.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn of(folder: &Path) -> Result<Self, LedgerError> {
        let wrong = |source| LedgerError { path: folder.to_owned(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(wrong)? {
            let path = entry.map_err(wrong)?.path();
            if path.extension().is_some_and(|extension| extension == "jsonl") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut all = Self::default();
        paths.iter().for_each(|path| all.take(path));
        Ok(all)
    }

    fn take(&mut self, path: &Path) {
        let mut bytes = Vec::new();
        match inspect(path, &mut bytes) {
            Ok(State::Busy) => self.busy.push(path.to_owned()),
            Ok(State::Finished) => {}
            Ok(State::Unfinished(unfinished)) => self.unfinished.push(unfinished),
            Err(why) => {
                let named = artifact_names(&bytes);
                let named = if named.is_empty() { String::new() } else { format!("; it names {}", named.join(", ")) };
                self.refused.push(format!("ledger {}: {why}; nothing of it is undone{named}", path.display()));
            }
        }
    }
}

/// The state of a ledger file.
enum State {
    Busy,
    Finished,
    Unfinished(Unfinished),
}

fn inspect(path: &Path, bytes: &mut Vec<u8>) -> Result<State, String> {
    let mut file = open_own(path).map_err(|error| error.to_string())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(State::Busy),
        Err(TryLockError::Error(error)) => return Err(error.to_string()),
    }
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    read_within(&mut file, most, bytes).map_err(|error| error.to_string())?;
    if bytes.is_empty() {
        return Ok(State::Finished);
    }
    let run = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let read = read(bytes, run, key(path, bytes)?).map_err(|refused| refused.to_string())?;
    if read.left.is_empty() {
        return Ok(State::Finished);
    }
    // A line that is cut off must not swallow the next one.
    if read.whole < bytes.len() {
        file.set_len(u64::try_from(read.whole).unwrap_or(u64::MAX)).map_err(|error| error.to_string())?;
    }
    let open = Open { file, chain: read.chain, last: read.last, bytes: read.whole, lines: read.lines, broken: false };
    let ledger = Ledger { path: path.to_owned(), open: Mutex::new(open) };
    Ok(State::Unfinished(Unfinished { ledger, intents: read.left }))
}

/// The key beside a ledger.
fn key(ledger: &Path, text: &[u8]) -> Result<RunKey, String> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = open_own(&key_of(ledger)).and_then(|mut file| read_within(&mut file, 128, &mut bytes));
    let key = read.ok().and_then(|()| RunKey::read(&bytes));
    key.ok_or_else(|| {
        let sealed = text.split(|byte| *byte == b'\n').next().is_some_and(|line| line.ends_with(b"\"}"));
        let why = if sealed { "its key is not beside it" } else { "an older version wrote it, or another program" };
        why.to_owned()
    })
}

fn key_of(ledger: &Path) -> PathBuf {
    ledger.with_extension("key")
}

fn same(one: &Metadata, other: &Metadata) -> bool {
    other.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino())
}

impl Unfinished {
    /// Marks an artifact as removed.
    ///
    /// # Errors
    /// The line could not be written.
    pub fn record_removal(&self, number: u64) -> Result<(), LedgerError> {
        self.ledger.record_removal(number)
    }
}
