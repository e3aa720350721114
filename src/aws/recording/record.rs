//! The recorder. It passes requests on, and writes each answer to disk after it has redacted the answer.
//!
//! This module must not know the meaning of an operation.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use fs_err as fs;
use jiff::Timestamp;

use super::exchange::{Broken, Exchange, HEADERS, Outcome, canonical};
use super::{FORMAT, HEADER, Header, body, is_name};
use crate::aws::described::Paged;
use crate::aws::{Operation, Operations, wire};

/// A recording that is being written.
#[derive(Clone, Debug)]
pub struct Recording(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    folder: PathBuf,
    /// The operations whose answers the recording keeps. `None` keeps all answers, in a recording that is no evidence.
    kept: Option<Operations>,
    written: Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    files: BTreeSet<PathBuf>,
    failed: Option<io::Error>,
}

impl Recording {
    /// Starts a recording in an empty folder. `as_of` is the instant of the judgement of the run.
    ///
    /// # Errors
    /// The folder cannot be made, or it already holds a recording.
    pub fn create(folder: &Path, as_of: Timestamp) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        // Lines are appended to files, so no file may belong to another recording.
        if let Some(other) = fs::read_dir(folder)?.next() {
            let name = other?.file_name();
            return Err(io::Error::other(format!("it is not empty, but holds {}", name.display())));
        }
        let header = Header { format: FORMAT.to_owned(), as_of };
        // Two runs in one folder would replay an account that never existed.
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(folder.join(HEADER))?;
        let text = serde_json::to_string_pretty(&header).map_err(io::Error::other)?;
        file.write_all(format!("{text}\n").as_bytes())?;
        Ok(Self(Arc::new(Inside { folder: folder.to_owned(), kept: None, written: Mutex::default() })))
    }

    /// Starts a recording that keeps only the answers that are allowed in evidence. The bodies of other answers are not
    /// even read.
    ///
    /// # Errors
    /// The errors of [`Recording::create`].
    pub fn of_evidence(folder: &Path, as_of: Timestamp, operations: &Operations) -> io::Result<Self> {
        let Self(inside) = Self::create(folder, as_of)?;
        let kept = Some(operations.clone());
        Ok(Self(Arc::new(Inside { folder: inside.folder.clone(), kept, written: Mutex::default() })))
    }

    /// Changes the instant of the judgement. The clock of the run is known only after the first answer.
    ///
    /// # Errors
    /// The header cannot be written again.
    pub fn asks_for(&self, as_of: Timestamp) -> io::Result<()> {
        let header = Header { format: FORMAT.to_owned(), as_of };
        let text = serde_json::to_string_pretty(&header).map_err(io::Error::other)?;
        fs::write(self.0.folder.join(HEADER), format!("{text}\n"))
    }

    fn keeps(&self, operation: &Operation) -> bool {
        self.0.kept.as_ref().is_none_or(|operations| operations.may_be_kept(operation))
    }

    /// Returns a transport that records the exchanges of `inner` for an account.
    #[must_use]
    pub fn connector(&self, account: &str, inner: SharedHttpConnector) -> SharedHttpConnector {
        SharedHttpConnector::new(Recorder { to: self.clone(), account: account.to_owned(), inner })
    }

    /// Orders the lines. An incomplete recording is an error, and is not treated as a smaller recording.
    ///
    /// # Errors
    /// The first failure to write.
    pub fn finish(&self) -> io::Result<()> {
        let mut written = self.0.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failed) = written.failed.take() {
            return Err(failed);
        }
        for path in &written.files {
            order(path)?;
        }
        Ok(())
    }

    fn append(&self, account: &str, region: &str, operation: &Operation, exchange: &Exchange) {
        let mut written = self.0.written.lock().unwrap_or_else(PoisonError::into_inner);
        match self.try_append(account, region, operation, exchange) {
            Ok(path) => drop(written.files.insert(path)),
            Err(error) => drop(written.failed.get_or_insert(error)),
        }
    }

    fn try_append(
        &self,
        account: &str,
        region: &str,
        operation: &Operation,
        exchange: &Exchange,
    ) -> io::Result<PathBuf> {
        if ![account, region, &operation.service, &operation.name].into_iter().all(is_name) {
            return Err(io::Error::other(format!("{operation:?} in {account} {region} cannot name a file")));
        }
        let folder = self.0.folder.join(account).join(region);
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}.{}.jsonl", operation.service, operation.name));
        let mut line = serde_json::to_string(exchange).map_err(io::Error::other)?;
        line.push('\n');
        fs::OpenOptions::new().append(true).create(true).open(&path)?.write_all(line.as_bytes())?;
        Ok(path)
    }
}

/// Sorts the exchanges by their parameters. The pages and retries of one list stay in their order.
fn order(path: &Path) -> io::Result<()> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let (service, name) = stem.split_once('.').unwrap_or_default();
    let paged = Paged::of(&Operation { service: service.to_owned(), name: name.to_owned() });
    let text = fs::read_to_string(path)?;
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut exchange: Exchange = serde_json::from_str(line)?;
        if let (Some(paged), Some(parameters)) = (paged, exchange.parameters.as_object_mut()) {
            parameters.remove(paged.token_in);
        }
        lines.push((canonical(&exchange.parameters), line));
    }
    lines.sort_by(|(a, _), (b, _)| a.cmp(b));
    let sorted: String = lines.iter().flat_map(|(_, line)| [line, "\n"]).collect();
    if sorted == text {
        return Ok(());
    }
    let aside = path.with_extension("jsonl.new");
    fs::write(&aside, sorted)?;
    fs::rename(&aside, path)
}

#[derive(Debug)]
struct Recorder {
    to: Recording,
    account: String,
    inner: SharedHttpConnector,
}

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // A replay could not find a request without an operation. A run never makes such a request.
        let Some(operation) = Operation::of(&request).filter(|operation| self.to.keeps(operation)) else {
            return self.inner.call(request);
        };
        let region = wire::region(&request).unwrap_or("unsigned").to_owned();
        let parameters = wire::parameters(&operation, &request);
        let (to, account) = (self.to.clone(), self.account.clone());
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = match answer.await {
                Ok(response) => read(&operation, response).await,
                Err(error) => Err(error),
            };
            let (outcome, answer) = match answer {
                Ok((outcome, response)) => (outcome, Ok(response)),
                Err(error) => (Outcome::Broken(why(&error)), Err(error)),
            };
            to.append(&account, &region, &operation, &Exchange { parameters, outcome });
            answer
        })
    }
}

async fn read(operation: &Operation, mut response: HttpResponse) -> Result<(Outcome, HttpResponse), ConnectorError> {
    let bytes = ByteStream::new(response.take_body()).collect().await;
    let bytes = bytes.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let headers: BTreeMap<String, String> = HEADERS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), response.headers().get(*name)?.to_owned())))
        .collect();
    let content_type = headers.get("content-type").map_or("", String::as_str);
    let body = body::keep(operation, content_type, &bytes);
    *response.body_mut() = SdkBody::from(bytes);
    Ok((Outcome::Answer { status: response.status().as_u16(), headers, body }, response))
}

fn why(error: &ConnectorError) -> Broken {
    match error {
        error if error.is_timeout() => Broken::TimedOut,
        error if error.is_io() => Broken::Unreachable,
        _ => Broken::Other,
    }
}
