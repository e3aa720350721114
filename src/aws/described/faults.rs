//! Breaks answers on purpose. The transport breaks one operation and passes all other requests through.
//!
//! This module must not know what is behind the transport. A described account, a recording and AWS itself can be
//! broken in the same way. A fault never sleeps. It reports a time-out immediately.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Map, Value};

use super::paging::{mark, put};
use super::{Mutation, Paged, Place, complete};
use crate::aws::Operation;
use crate::aws::client::Sent;
use crate::aws::wire::{self, Failure, Protocol};

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// AWS answers with an error.
    Error {
        /// The AWS error code.
        code: String,
        /// The HTTP status.
        status: u16,
    },
    /// AWS throttles every time, with the code of the service.
    Throttled,
    /// AWS fails every time.
    ServerError,
    /// The connection breaks.
    Reset,
    /// There is no answer in time.
    TimeOut,
    /// The answer cannot be read.
    MalformedBody,
    /// The first page is empty and has a token for more pages. The following pages are right. A reader must continue.
    EmptyPageWithToken,
    /// Every page has the same token. A reader that does not notice this never ends.
    RepeatedToken,
    /// Every page has the flag for more pages, and no page has a token.
    TruncatedWithoutToken,
    /// The first page is right and has a token for more pages. The second page fails every time.
    SecondPageFails,
    /// The credentials have expired.
    ExpiredToken,
    /// A successful answer is changed before the client gets it.
    Changed(Mutation),
}

impl Fault {
    /// Returns whether the operation can have this fault. Only lists have pages, and only some lists have a flag for
    /// more pages.
    #[must_use]
    pub fn applies_to(&self, operation: &Operation) -> bool {
        match self {
            Self::EmptyPageWithToken | Self::SecondPageFails => Paged::of(operation).is_some(),
            Self::RepeatedToken => Paged::of(operation).is_some_and(|paged| !paged.repeats_last()),
            Self::TruncatedWithoutToken => Paged::of(operation).is_some_and(|paged| !paged.truncated.is_empty()),
            _ => true,
        }
    }
}

/// A transport that breaks one operation.
#[derive(Clone, Debug)]
pub struct Faults {
    inner: SharedHttpConnector,
    operation: Operation,
    fault: Fault,
    firsts: Arc<Mutex<Firsts>>,
    changes: Arc<AtomicUsize>,
}

/// The first request of each list, by the token that the fault returned for the list.
#[derive(Default)]
struct Firsts(HashMap<String, HttpRequest>);

impl fmt::Debug for Firsts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests", self.0.len())
    }
}

impl Faults {
    /// Breaks `operation`. Returns `None` when the operation cannot have this fault.
    #[must_use]
    pub fn new(inner: SharedHttpConnector, operation: Operation, fault: Fault) -> Option<Self> {
        fault.applies_to(&operation).then(|| Self {
            inner,
            operation,
            fault,
            firsts: Arc::default(),
            changes: Arc::default(),
        })
    }

    /// Returns the transport.
    #[must_use]
    pub fn connector(self) -> SharedHttpConnector {
        SharedHttpConnector::new(self)
    }

    fn refuse(&self, code: &str, status: u16) -> HttpConnectorFuture {
        let failure = Failure::new(code, "broken on purpose").with_status(status);
        HttpConnectorFuture::ready(Ok(wire::refuse(&self.operation, &failure)))
    }

    /// Returns the page of the inner transport with another token and another flag for more pages.
    fn remarked(&self, paged: &'static Paged, request: HttpRequest, marks: Marks) -> HttpConnectorFuture {
        let (answer, operation) = (self.inner.call(request), self.operation.clone());
        HttpConnectorFuture::new(async move {
            let mut response = answer.await?;
            if !response.status().is_success() {
                return Ok(response);
            }
            let body = ByteStream::new(response.take_body()).collect().await;
            let body = body.map_err(|error| ConnectorError::io(error.into()))?.to_vec();
            if let Some(mut page) = wire::modelled_value(&operation, &response, &body) {
                if let Some(members) = page.as_object_mut() {
                    mark(paged, members, marks.token.clone(), marks.more);
                }
                return Ok(wire::answer(&operation, 200, &page));
            }
            *response.body_mut() = SdkBody::from(remark(paged, &body, &marks));
            // The header has the length of the old body.
            response.headers_mut().remove("content-length");
            Ok(response)
        })
    }

    /// Returns an empty page. Its token leads to the real start of the list.
    fn empty_first(&self, paged: &'static Paged, parameters: &Value, request: HttpRequest) -> HttpConnectorFuture {
        let mut firsts = self.firsts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = paged.token(parameters) {
            return match firsts.0.get(token).and_then(copy) {
                Some(first) => self.inner.call(first),
                None => self.inner.call(request),
            };
        }
        let region = wire::region(&request).unwrap_or_default().to_owned();
        let token = format!("attestry-first-{}", firsts.0.len());
        firsts.0.insert(token.clone(), request);
        let mut members = Map::new();
        for list in paged.lists {
            put(&mut members, list, Some(Value::Array(Vec::new())));
        }
        mark(paged, &mut members, Some(token), true);
        let mut page = Value::Object(members);
        let place = Place { account: "", region: &region, as_of: "2026-01-01T00:00:00Z", parameters };
        complete(&self.operation, &place, &mut page);
        HttpConnectorFuture::ready(Ok(wire::answer(&self.operation, 200, &page)))
    }

    /// Changes a successful answer of the inner transport. An answer without a place for the change stays as it is.
    fn changed(&self, mutation: Mutation, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, operation, changes) =
            (self.inner.call(request), self.operation.clone(), Arc::clone(&self.changes));
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if !answer.status().is_success() {
                return Ok(answer);
            }
            let (status, headers) = (answer.status(), answer.headers().clone());
            let body = answer.body().bytes().unwrap_or_default().to_vec();
            match mutation.apply(&operation, answer) {
                Some(changed) => {
                    changes.fetch_add(1, Ordering::Relaxed);
                    Ok(changed)
                }
                None => {
                    let mut same = HttpResponse::new(status, SdkBody::from(body));
                    *same.headers_mut() = headers;
                    Ok(same)
                }
            }
        })
    }

    /// Returns the counter of the answers that were changed.
    #[must_use]
    pub fn changes(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.changes)
    }

    fn broken(&self, request: HttpRequest) -> HttpConnectorFuture {
        let protocol = Protocol::of(&self.operation.service);
        let parameters = wire::parameters(&self.operation, &request);
        let paged = Paged::of(&self.operation);
        match (&self.fault, paged) {
            (Fault::Error { code, status }, _) => self.refuse(code, *status),
            (Fault::Throttled, _) => match protocol {
                Protocol::Query => self.refuse("Throttling", 400),
                Protocol::RestJson => self.refuse("TooManyRequestsException", 429),
                Protocol::RestXml => self.refuse("SlowDown", 503),
                Protocol::Json | Protocol::Cbor => self.refuse("ThrottlingException", 400),
            },
            (Fault::ServerError, _) => self.refuse("InternalFailure", 500),
            (Fault::ExpiredToken, _) => match protocol {
                Protocol::Json | Protocol::RestJson => self.refuse("ExpiredTokenException", 400),
                Protocol::Query | Protocol::Cbor => self.refuse("ExpiredToken", 403),
                Protocol::RestXml => self.refuse("ExpiredToken", 400),
            },
            (Fault::Reset, _) => {
                let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                HttpConnectorFuture::ready(Err(ConnectorError::io(reset.into())))
            }
            (Fault::TimeOut, _) => {
                let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
                HttpConnectorFuture::ready(Err(ConnectorError::timeout(late.into())))
            }
            (Fault::MalformedBody, _) => HttpConnectorFuture::ready(Ok(malformed(protocol))),
            (Fault::EmptyPageWithToken, Some(paged)) => self.empty_first(paged, &parameters, request),
            (Fault::RepeatedToken, Some(paged)) => {
                // The invented token has no page of its own, so every page is the first page of this list. The token
                // identifies the list, because several lists are read at the same time.
                let mut firsts = self.firsts.lock().unwrap_or_else(PoisonError::into_inner);
                let (token, first) = match paged.token(&parameters) {
                    None => {
                        let mut list = DefaultHasher::new();
                        parameters.to_string().hash(&mut list);
                        let region = wire::region(&request).unwrap_or_default();
                        let token = format!("attestry-same-{region}-{:x}", list.finish());
                        if let Some(first) = copy(&request) {
                            firsts.0.insert(token.clone(), first);
                        }
                        (token, request)
                    }
                    Some(token) => {
                        let token = token.to_owned();
                        let first = firsts.0.get(&token).and_then(copy).unwrap_or(request);
                        (token, first)
                    }
                };
                drop(firsts);
                self.remarked(paged, first, Marks { token: Some(token), more: true })
            }
            (Fault::TruncatedWithoutToken, Some(paged)) => {
                self.remarked(paged, request, Marks { token: None, more: true })
            }
            (Fault::SecondPageFails, Some(paged)) => match paged.token(&parameters) {
                Some(_) => self.refuse("ServiceUnavailable", 503),
                None => {
                    let token = Some("attestry-second".to_owned());
                    self.remarked(paged, request, Marks { token, more: true })
                }
            },
            (Fault::Changed(mutation), _) => self.changed(mutation.clone(), request),
            (_, None) => self.inner.call(request),
        }
    }
}

impl HttpConnector for Faults {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if Operation::of(&request).as_ref() == Some(&self.operation) {
            self.broken(request)
        } else {
            self.inner.call(request)
        }
    }
}

/// Copies a request. The copy of the SDK does not contain the operation.
fn copy(request: &HttpRequest) -> Option<HttpRequest> {
    let mut copy = request.try_clone()?;
    if let Some(operation) = Operation::of(request) {
        copy.add_extension(operation.clone());
    }
    if let Some(sent) = request.extension::<Sent>() {
        copy.add_extension(sent.clone());
    }
    Some(copy)
}

fn malformed(protocol: Protocol) -> HttpResponse {
    let body: &[u8] = match protocol {
        Protocol::Json | Protocol::RestJson => b"{\"cut\": [",
        Protocol::Query | Protocol::RestXml => b"<cut><of",
        // The head of a mapping with three entries, without any entry.
        Protocol::Cbor => &[0xa3],
    };
    wire::respond(protocol, 200, "malformed-on-purpose", body.to_vec())
}

/// The marks at the end of a page: the token and the flag for more pages.
struct Marks {
    token: Option<String>,
    more: bool,
}

fn remark(paged: &Paged, body: &[u8], marks: &Marks) -> Vec<u8> {
    let edit = |mut page: Value| {
        if let Some(members) = page.as_object_mut() {
            mark(paged, members, marks.token.clone(), marks.more);
        }
        page
    };
    match Protocol::of(paged.service) {
        Protocol::Json | Protocol::RestJson => {
            serde_json::from_slice(body).map_or_else(|_| body.to_vec(), |page| edit(page).to_string().into_bytes())
        }
        Protocol::Cbor => {
            wire::binary::decode(body).map_or_else(|| body.to_vec(), |page| wire::binary::encode(&edit(page)))
        }
        Protocol::Query | Protocol::RestXml => remark_xml(paged, &String::from_utf8_lossy(body), marks).into_bytes(),
    }
}

/// Writes the marks as the last members of the result element, or of the root if there is no result element.
fn remark_xml(paged: &Paged, body: &str, marks: &Marks) -> String {
    let mut text = without(&without(body, paged.token_out), paged.truncated);
    let mut end = String::new();
    if let Some(token) = &marks.token {
        end.push_str(&format!("<{0}>{token}</{0}>", paged.token_out));
    }
    if !paged.truncated.is_empty() {
        end.push_str(&format!("<{0}>{1}</{0}>", paged.truncated, marks.more));
    }
    let result = format!("</{}Result>", paged.operation);
    if let Some(at) = text.find(&result).or_else(|| text.rfind("</")) {
        text.insert_str(at, &end);
    }
    text
}

fn without(text: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    match text.split_once(&open).and_then(|(before, rest)| Some((before, rest.split_once(&close)?.1))) {
        Some((before, after)) if !name.is_empty() => format!("{before}{after}"),
        _ => text.to_owned(),
    }
}
