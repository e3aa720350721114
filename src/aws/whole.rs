//! Reads an answer whole into memory and checks it. The answer is limited in bytes and in time, and it must be as AWS
//! documents it.
//!
//! This module must not know how the request was made, nor how the answer is used.

use std::fmt;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::Value;

use super::Operation;
use super::gap::request_id;
use super::recording::Recorded;
use super::sparing::{Unread, may_spare, note};
use super::validate::{self, Asked, Body, Head, TABLE, Wrong};
use super::wire::Protocol;
use attestry_core::facts::Cause;
use attestry_core::facts::redact::REDACTED;

/// The time limit for a whole body after its head has arrived. AWS sends a page in less than a second.
const BODY: Duration = Duration::from_secs(30);

/// The largest size of an error, in bytes.
const MOST_OF_ERROR: usize = 1 << 20;

/// The largest size of a page, in bytes: a page has at most ten thousand events or a thousand items.
const MOST: usize = 16 << 20;

/// The largest size of a page of IAM, in bytes. Such a page has a thousand identities with their documents.
const MOST_OF_IAM: usize = 64 << 20;

/// An answer that arrived and is not valid. It holds nothing of the content of the answer.
#[derive(Debug)]
pub(super) struct Unsound {
    pub(super) cause: Cause,
    pub(super) what: String,
    pub(super) request_id: String,
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Unsound {}

/// The account, the Region and the parameters of a request.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) account: std::sync::Arc<str>,
    pub(super) region: String,
    pub(super) parameters: Value,
}

/// Returns the answer with its body in memory, if AWS can give such an answer. A streamed body stays as it is.
pub(super) async fn whole(
    operation: &Operation,
    question: &Question,
    mut answer: HttpResponse,
) -> Result<HttpResponse, ConnectorError> {
    let id = request_id(&answer);
    // This error is not retried, because a second request would get the same invalid answer.
    let unsound = |cause, what: String| {
        let request_id = id.clone();
        ConnectorError::other(Box::new(Unsound { cause, what, request_id }), None)
    };
    let row = TABLE.row(&operation.service, &operation.name).filter(|_| answer.status().is_success());
    let most = match (answer.status().is_success(), operation.service.as_str()) {
        (false, _) => MOST_OF_ERROR,
        (true, "iam") => MOST_OF_IAM,
        (true, _) => MOST,
    };
    let malformed = |Wrong(what): Wrong| unsound(Cause::Malformed, what);
    let protocol = Protocol::of(&operation.service);
    if let Some(row) = row {
        validate::head(row, protocol, head(&answer)).map_err(malformed)?;
        if row.body == Body::Stream {
            return Ok(answer);
        }
    }
    if answer.body().bytes().is_none() {
        let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
        let read = match tokio::time::timeout(BODY, collect(body, most)).await {
            Ok(read) => read.map_err(|broken| ConnectorError::io(Box::new(broken)))?,
            Err(_) => return Err(unsound(Cause::TimedOut, "the whole answer did not come in time".to_owned())),
        };
        let Some(bytes) = read else {
            return Err(unsound(Cause::Malformed, format!("the answer is larger than {most} bytes")));
        };
        *answer.body_mut() = SdkBody::from(bytes);
    }
    if let Some(row) = row {
        let bytes = answer.body().bytes().unwrap_or_default();
        let asked = Asked {
            account: &question.account,
            region: &question.region,
            parameters: &question.parameters,
            withheld: answer.extension::<Recorded>().map(|_| REDACTED),
        };
        if let Err(wrong) = validate::body(row, protocol, head(&answer), &asked, bytes) {
            let spared = validate::spared(row, protocol, &asked, bytes);
            let Some((bytes, unread)) = spared.filter(|(_, unread)| may_spare(operation, unread)) else {
                return Err(malformed(wrong));
            };
            let of = |member| Unread { operation: operation.clone(), member, request_id: id.clone() };
            note(&unread.into_iter().map(of).collect::<Vec<_>>());
            *answer.body_mut() = SdkBody::from(bytes);
            // The header has the length of the original body.
            answer.headers_mut().remove("content-length");
        }
    }
    Ok(answer)
}

fn head(answer: &HttpResponse) -> Head<'_> {
    let headers = answer.headers();
    let (content_type, length) = (headers.get("content-type"), headers.get("content-length"));
    Head { status: answer.status().as_u16(), content_type, length }
}

/// Returns the bytes of a body, or `None` when they exceed the limit.
async fn collect(body: SdkBody, most: usize) -> Result<Option<Vec<u8>>, aws_smithy_types::byte_stream::error::Error> {
    let mut stream = ByteStream::new(body);
    let mut bytes = Vec::new();
    while let Some(piece) = stream.try_next().await? {
        if bytes.len() + piece.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes))
}
