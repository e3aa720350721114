//! The wire protocols of AWS: the decoding of the parameters of a request, and the encoding of an answer.
//!
//! This module must not know the client or the server, nor the meaning of an operation. It contains only the encoding
//! of the members.

mod cbor;
mod document;
mod modelled;
mod protocol;
mod request;
mod s3;
mod text;
mod xml;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Operation;
use attestry_core::facts::redact;

pub(super) use document::is_free;
pub(super) use modelled::value as modelled_value;
pub use protocol::Protocol;
pub(super) use protocol::{prefix, services};
pub use request::region;
pub(super) use request::s3_path;
pub use text::percent_decode;
pub(super) use text::{percent_encode, xml_escape, xml_unescape};

/// An error in the form in which AWS reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The AWS error code.
    pub code: String,
    /// The message of AWS.
    pub message: String,
    /// The HTTP status. `None` means the status that AWS uses for the code.
    pub status: Option<u16>,
}

impl Failure {
    /// Creates an error with the status that AWS uses.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: None }
    }

    /// Returns the same error with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}

/// The error code for a request that a description or a recording cannot answer.
pub const NOT_DESCRIBED: &str = "AttestryNotDescribed";

/// Returns the parameters of a request as JSON for every protocol, without secrets.
///
/// The names are those of AWS. The parameters of a form are flat (`Filter.member.1`), without `Action` and `Version`. A
/// parameter that cannot be read is omitted.
#[must_use]
pub fn parameters(operation: &Operation, request: &HttpRequest) -> Value {
    let mut value = sent(operation, request);
    withhold(operation, &mut value);
    value
}

/// Returns the parameters as they were sent, secrets included. They are used for comparisons and are never kept.
pub(super) fn sent(operation: &Operation, request: &HttpRequest) -> Value {
    request::read(operation, request)
}

/// Removes the secrets from parameters.
pub(super) fn withhold(operation: &Operation, parameters: &mut Value) {
    redact::value(&operation.service, &operation.name, parameters);
}

/// Returns the answer of an operation in the protocol of its service.
///
/// `value` has the names of the members as the AWS CLI prints them. Instants are RFC 3339 texts, and JSON documents may
/// be mappings.
#[must_use]
pub fn answer(operation: &Operation, status: u16, value: &Value) -> HttpResponse {
    if let Some(of) = modelled::operation(operation) {
        return modelled::answer(operation, of, value);
    }
    let mut value = value.clone();
    document::prepare(operation, &mut value);
    let id = request_id(operation, &value);
    let protocol = Protocol::of(&operation.service);
    let body = match protocol {
        Protocol::Json | Protocol::RestJson => value.to_string().into_bytes(),
        Protocol::Cbor => cbor::encode(&value),
        Protocol::Query => xml::query(operation, &id, &value).into_bytes(),
        Protocol::RestXml => s3::body(&operation.name, &value),
    };
    let mut response = respond(protocol, status, &id, body);
    if protocol == Protocol::RestXml {
        for (header, text) in s3::headers(&operation.name, &value) {
            let _ = response.headers_mut().try_insert(header, text);
        }
    }
    response
}

/// Returns the error of an operation in the protocol of its service.
#[must_use]
pub fn refuse(operation: &Operation, failure: &Failure) -> HttpResponse {
    let Failure { code, message, .. } = failure;
    let status = failure.status.unwrap_or_else(|| status_of(&operation.service, code));
    if let Some(of) = modelled::operation(operation) {
        return modelled::refuse(operation, of, failure, status);
    }
    let sender = if status < 500 { "Sender" } else { "Receiver" };
    let id = request_id(operation, &json!([code, message]));
    let protocol = Protocol::of(&operation.service);
    let body = match protocol {
        Protocol::Json => json!({ "__type": code, "message": message }).to_string().into_bytes(),
        Protocol::RestJson => json!({ "Message": message, "Type": "User" }).to_string().into_bytes(),
        Protocol::Cbor => cbor::encode(&json!({ "__type": code, "message": message })),
        Protocol::Query => format!(
            "<ErrorResponse><Error><Type>{sender}</Type><Code>{}</Code><Message>{}</Message></Error>\
             <RequestId>{id}</RequestId></ErrorResponse>",
            xml_escape(code),
            xml_escape(message)
        )
        .into_bytes(),
        // The answer to a HEAD request has no body. S3 sends only the status.
        Protocol::RestXml if operation.name.starts_with("Head") => Vec::new(),
        Protocol::RestXml => format!(
            "<Error><Code>{}</Code><Message>{}</Message><RequestId>{id}</RequestId></Error>",
            xml_escape(code),
            xml_escape(message)
        )
        .into_bytes(),
    };
    let mut response = respond(protocol, status, &id, body);
    let header = match protocol {
        Protocol::RestJson => Some(("x-amzn-errortype", code.clone())),
        Protocol::Cbor => Some(("x-amzn-query-error", format!("{code};{sender}"))),
        Protocol::Json | Protocol::Query | Protocol::RestXml => None,
    };
    if let Some((name, text)) = header {
        let _ = response.headers_mut().try_insert(name, text);
    }
    response
}

/// Returns the error for a request that the backend cannot answer.
pub(super) fn not_described(operation: &Operation, message: &str) -> HttpResponse {
    refuse(operation, &Failure::new(NOT_DESCRIBED, message).with_status(400))
}

/// Returns a response with the headers that every answer of the protocol has.
pub(super) fn respond(protocol: Protocol, status: u16, request_id: &str, body: Vec<u8>) -> HttpResponse {
    let status = StatusCode::try_from(status).unwrap_or_else(|_| StatusCode::from(http::StatusCode::BAD_REQUEST));
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    let headers = response.headers_mut();
    let (content_type, id_header) = match protocol {
        Protocol::Json => ("application/x-amz-json-1.1", "x-amzn-requestid"),
        Protocol::RestJson => ("application/json", "x-amzn-requestid"),
        Protocol::Cbor => ("application/cbor", "x-amzn-requestid"),
        Protocol::Query => ("text/xml", "x-amzn-requestid"),
        Protocol::RestXml => ("application/xml", "x-amz-request-id"),
    };
    headers.insert("content-type", content_type);
    let _ = headers.try_insert(id_header, request_id.to_owned());
    if protocol == Protocol::Cbor {
        headers.insert("smithy-protocol", "rpc-v2-cbor");
    }
    response
}

/// Converts a response body of CBOR to JSON and back, for recordings. Instants are `{"$instant": seconds}`.
pub(super) mod binary {
    pub(in crate::aws) use super::cbor::{decode, encode};
}

/// Returns a request id that is a digest of the answer, so that the same description gives the same bytes.
fn request_id(operation: &Operation, value: &Value) -> String {
    let mut digest = Sha256::new();
    for part in [operation.service.as_str(), &operation.name, &value.to_string()] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    let hex: String = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default().to_owned());
    groups.join("-")
}

/// Returns the HTTP status that AWS uses for an error code.
fn status_of(service: &str, code: &str) -> u16 {
    let ends = |ends: &[&str]| ends.iter().any(|end| code.ends_with(end));
    let plain_json = matches!(Protocol::of(service), Protocol::Json | Protocol::Cbor);
    match code {
        "SlowDown" | "ServiceUnavailable" | "ServiceUnavailableException" => 503,
        "InternalFailure" | "InternalError" | "InternalServerError" | "InternalServiceError" | "ServiceException" => {
            500
        }
        "TooManyRequestsException" if !plain_json => 429,
        "PermanentRedirect" => 301,
        _ if plain_json => 400,
        _ if code.starts_with("AccessDenied") || code.starts_with("ExpiredToken") && service != "s3" => 403,
        "InvalidClientTokenId" | "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "AuthorizationError" => 403,
        "NoSuchEntity" | "NotFound" | "ResourceNotFoundException" => 404,
        _ if service == "s3" && (code.starts_with("NoSuch") || ends(&["NotFoundError", "NotFound"])) => 404,
        _ => 400,
    }
}

#[cfg(test)]
mod tests;
