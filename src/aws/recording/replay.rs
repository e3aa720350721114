//! Answers requests from a recording, in place of AWS.
//!
//! A recording is hostile input, because it came in a bundle from another party. This module must not know the meaning
//! of an operation.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use fs_err as fs;
use jiff::Timestamp;

use super::exchange::{Broken, Exchange, HEADERS, Outcome, canonical};
use super::{FORMAT, HEADER, Header, Recorded, body, is_name};
use crate::aws::Operation;
use crate::aws::wire::{self, Protocol};
use attestry_core::source::{Unread, read_plain};

/// The limits for the size of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayLimits {
    /// The bytes of all files.
    pub bytes: u64,
    /// The number of files and folders.
    pub files: usize,
    /// The number of exchanges in all files.
    pub exchanges: usize,
}

impl Default for ReplayLimits {
    fn default() -> Self {
        Self { bytes: 1 << 30, files: 100_000, exchanges: 2_000_000 }
    }
}

/// The reason why a recording cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum Unplayable {
    /// The recording cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The recording exceeds a limit.
    #[error("{path}: the recording holds more than {limit} {what}")]
    TooLarge {
        /// The path at which the limit was reached.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// The counted unit.
        what: &'static str,
    },
    /// A file or folder is not part of a recording.
    #[error("{path}: {problem}")]
    Foreign {
        /// The file or folder.
        path: PathBuf,
        /// The problem.
        problem: &'static str,
    },
    /// A line is no exchange.
    #[error("{path}:{line}: {source}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The error.
        source: serde_json::Error,
    },
}

/// The key of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Asked {
    account: String,
    region: String,
    operation: Operation,
    parameters: String,
}

/// A recording that was read.
#[derive(Debug)]
pub struct Replay {
    /// The instant of the recording. Ages are counted from it.
    pub as_of: Timestamp,
    places: BTreeSet<(String, String)>,
    exchanges: HashMap<Asked, Vec<Outcome>>,
}

impl Replay {
    /// Reads the recording in a folder.
    ///
    /// # Errors
    /// A part of the folder cannot be read, is no part of a recording, or exceeds the limits.
    pub fn read(folder: &Path, limits: ReplayLimits) -> Result<Self, Unplayable> {
        let mut reader = Reader { limits, bytes: 0, files: 0, count: 0 };
        let path = folder.join(HEADER);
        let text = reader.text(&path)?;
        let header: Header =
            serde_json::from_str(&text).map_err(|source| Unplayable::Line { path: path.clone(), line: 1, source })?;
        if header.format != FORMAT {
            return Err(Unplayable::Foreign { path, problem: "this format of recordings is not known" });
        }
        let mut replay = Self { as_of: header.as_of, places: BTreeSet::new(), exchanges: HashMap::new() };
        for (account, path) in reader.entries(folder)? {
            if account == HEADER {
                continue;
            }
            if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Unplayable::Foreign { path, problem: "expected an account id" });
            }
            for (region, path) in reader.entries(&path)? {
                if !is_name(&region) {
                    return Err(Unplayable::Foreign { path, problem: "expected a Region" });
                }
                replay.places.insert((account.clone(), region.clone()));
                for (name, path) in reader.entries(&path)? {
                    replay.file(&mut reader, &account, &region, &name, &path)?;
                }
            }
        }
        Ok(replay)
    }

    fn file(
        &mut self,
        reader: &mut Reader,
        account: &str,
        region: &str,
        name: &str,
        path: &Path,
    ) -> Result<(), Unplayable> {
        let parts = name.strip_suffix(".jsonl").and_then(|stem| stem.split_once('.'));
        let Some((service, operation)) = parts.filter(|(service, name)| is_name(service) && is_name(name)) else {
            let problem = "expected `service.Operation.jsonl`";
            return Err(Unplayable::Foreign { path: path.to_owned(), problem });
        };
        let operation = Operation { service: service.to_owned(), name: operation.to_owned() };
        for (line, text) in reader.text(path)?.lines().enumerate() {
            reader.exchange(path)?;
            let exchange: Exchange = serde_json::from_str(text).map_err(|source| Unplayable::Line {
                path: path.to_owned(),
                line: line + 1,
                source,
            })?;
            let asked = Asked {
                account: account.to_owned(),
                region: region.to_owned(),
                operation: operation.clone(),
                parameters: canonical(&exchange.parameters),
            };
            self.exchanges.entry(asked).or_default().push(exchange.outcome);
        }
        Ok(())
    }

    /// Returns the accounts and Regions of the recording.
    pub fn places(&self) -> impl Iterator<Item = (&str, &str)> {
        self.places.iter().map(|(account, region)| (account.as_str(), region.as_str()))
    }

    /// Returns a transport that answers as the account did. Each transport plays the recording from the start.
    #[must_use]
    pub fn connector(self: &Arc<Self>, account: &str) -> SharedHttpConnector {
        SharedHttpConnector::new(Player {
            replay: Arc::clone(self),
            account: account.to_owned(),
            played: Mutex::default(),
        })
    }
}

/// Reads the files of a recording, and counts what it reads for the limits.
struct Reader {
    limits: ReplayLimits,
    bytes: u64,
    files: usize,
    count: usize,
}

impl Reader {
    /// Returns the names and paths in a folder, in order.
    fn entries(&mut self, folder: &Path) -> Result<Vec<(String, PathBuf)>, Unplayable> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            self.files += 1;
            if self.files > self.limits.files {
                let limit = u64::try_from(self.limits.files).unwrap_or(u64::MAX);
                return Err(Unplayable::TooLarge { path: entry.path(), limit, what: "files" });
            }
            // A link could lead to any place on the disk of the reader.
            if entry.file_type()?.is_symlink() {
                return Err(Unplayable::Foreign { path: entry.path(), problem: "a recording holds no links" });
            }
            entries.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
        entries.sort();
        Ok(entries)
    }

    fn text(&mut self, path: &Path) -> Result<String, Unplayable> {
        let left = self.limits.bytes.saturating_sub(self.bytes);
        if !fs::symlink_metadata(path)?.is_file() {
            return Err(Unplayable::Foreign { path: path.to_owned(), problem: "expected a file" });
        }
        let bytes = read_plain(path, left).map_err(|why| match why {
            Unread::Io(error) => Unplayable::Io(error),
            Unread::TooLarge(_) => {
                Unplayable::TooLarge { path: path.to_owned(), limit: self.limits.bytes, what: "bytes" }
            }
            _ => Unplayable::Foreign { path: path.to_owned(), problem: "expected a file" },
        })?;
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        String::from_utf8(bytes).map_err(|_| Unplayable::Foreign { path: path.to_owned(), problem: "this is no text" })
    }

    fn exchange(&mut self, path: &Path) -> Result<(), Unplayable> {
        self.count += 1;
        if self.count > self.limits.exchanges {
            let limit = u64::try_from(self.limits.exchanges).unwrap_or(u64::MAX);
            return Err(Unplayable::TooLarge { path: path.to_owned(), limit, what: "exchanges" });
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Player {
    replay: Arc<Replay>,
    account: String,
    played: Mutex<HashMap<Asked, usize>>,
}

impl Player {
    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let Some(operation) = &Operation::of(request) else {
            let nothing = Operation { service: String::new(), name: String::new() };
            return Ok(wire::not_described(&nothing, "the request does not name its operation"));
        };
        let asked = Asked {
            account: self.account.clone(),
            region: wire::region(request).unwrap_or("unsigned").to_owned(),
            operation: operation.clone(),
            parameters: canonical(&wire::parameters(operation, request)),
        };
        let Some(outcomes) = self.replay.exchanges.get(&asked) else {
            let message = format!("{}:{} was not recorded with these parameters", operation.service, operation.name);
            return Ok(wire::not_described(operation, &message));
        };
        let mut played = self.played.lock().unwrap_or_else(PoisonError::into_inner);
        let position = played.entry(asked).or_default();
        // A client that makes more requests than the recorded run gets the last answer again. The recorded run accepted
        // that answer.
        let outcome = outcomes.get(*position).or_else(|| outcomes.last());
        *position = position.saturating_add(1);
        match outcome {
            Some(Outcome::Answer { status, headers, body }) => {
                let protocol = Protocol::of(&operation.service);
                let mut response = wire::respond(protocol, *status, "", body::play(protocol, body));
                response.add_extension(Recorded);
                for (name, text) in headers.iter().filter(|(name, _)| HEADERS.contains(&name.as_str())) {
                    let _ = response.headers_mut().try_insert(name.clone(), text.clone());
                }
                Ok(response)
            }
            Some(Outcome::Broken(broken)) => Err(failure(*broken)),
            None => Ok(wire::not_described(operation, "the recording holds no outcome")),
        }
    }
}

impl HttpConnector for Player {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.answer(&request))
    }
}

fn failure(broken: Broken) -> ConnectorError {
    match broken {
        Broken::TimedOut => ConnectorError::timeout("recorded: no answer in time".into()),
        Broken::Unreachable => ConnectorError::io("recorded: no connection".into()),
        Broken::Other => ConnectorError::other("recorded: the request failed".into(), None),
    }
}
