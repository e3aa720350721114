//! Reads an answer, or an error in any of the formats that AWS uses.
//!
//! A message about an unreadable answer names the place and never quotes the text. This module must not know the
//! meaning of an answer.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ErrorMetadata;
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;
use zeroize::Zeroizing;

use super::unsent::Unreadable;
use crate::aws::Operation;
use crate::aws::gap::request_id;
use crate::aws::unreadable;
use crate::aws::wire::{Protocol, binary};

/// An answer that is no error.
pub struct Answer {
    /// The body. It is wiped from memory after use, because it may be the value of a parameter.
    pub body: Zeroizing<Vec<u8>>,
    /// The id of the request.
    pub request_id: String,
    /// The operation of the request.
    pub(super) operation: Option<Operation>,
    /// The HTTP status.
    pub(super) status: u16,
    headers: aws_smithy_runtime_api::http::Headers,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.request_id)
    }
}

impl Answer {
    /// Returns a header of the answer.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    pub(super) fn of(response: &HttpResponse) -> Result<Self, OrchestratorError<ErrorMetadata>> {
        let body = response.body().bytes().unwrap_or_default();
        if !response.status().is_success() {
            return Err(OrchestratorError::operation(refusal(response, body)));
        }
        Ok(Self::any(response))
    }

    /// Reads a response as an answer, even if it is an error.
    pub(super) fn any(response: &HttpResponse) -> Self {
        let body = Zeroizing::new(response.body().bytes().unwrap_or_default().to_vec());
        let (operation, headers) = (response.extension::<Operation>().cloned(), response.headers().clone());
        Self { body, request_id: request_id(response), operation, status: response.status().as_u16(), headers }
    }

    /// Returns all headers of the answer.
    pub(super) fn header_pairs(&self) -> Vec<(&str, &str)> {
        self.headers.iter().collect()
    }

    pub(super) fn read<T: DeserializeOwned>(&self, speaks: Protocol) -> Result<T, Unreadable> {
        match speaks {
            Protocol::Cbor => {
                let value = binary::decode(&self.body).ok_or(Unreadable::NoCbor)?;
                let text = Zeroizing::new(value.to_string().into_bytes());
                serde_json::from_slice(&text).map_err(|error| Unreadable::Json(unreadable::of_json(&text, &error)))
            }
            _ => serde_json::from_slice(&self.body)
                .map_err(|error| Unreadable::Json(unreadable::of_json(&self.body, &error))),
        }
    }
}

/// Returns the code and the message of an error.
fn refusal(response: &HttpResponse, body: &[u8]) -> ErrorMetadata {
    let headers = response.headers();
    let body = match headers.get("content-type") {
        Some("application/cbor") => binary::decode(body),
        _ => serde_json::from_slice::<Value>(body).ok(),
    };
    let told = |names: &[&str]| {
        names.iter().find_map(|name| body.as_ref()?.get(name)?.as_str()).map(str::to_owned).unwrap_or_default()
    };
    // This header has the form `code;Sender`, with the error code of the earlier protocol of the service.
    let earlier = headers.get("x-amzn-query-error").and_then(|it| it.split(';').next());
    let code =
        earlier.or(headers.get("x-amzn-errortype")).map_or_else(|| told(&["code", "Code", "__type"]), str::to_owned);
    // A URL may follow the code, and a namespace may stand before it.
    let bare = code.split(':').next().unwrap_or_default().rsplit('#').next().unwrap_or_default();
    ErrorMetadata::builder().code(bare).message(told(&["message", "Message", "errorMessage"])).build()
}

/// Reads an instant in seconds with fractions, as AWS writes it in JSON. A field uses it with
/// `#[serde(default, deserialize_with = "epoch_seconds")]`.
///
/// # Errors
/// The value is not a number.
pub fn epoch_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime>, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.map(DateTime::from_secs_f64))
}

/// Reads an instant of an answer in CBOR. A field uses it with
/// `#[serde(default, deserialize_with = "cbor_instant")]`.
///
/// # Errors
/// The value is not an instant.
pub fn cbor_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime>, D::Error> {
    #[derive(serde::Deserialize)]
    struct Instant {
        #[serde(rename = "$instant")]
        seconds: f64,
    }
    Ok(Option::<Instant>::deserialize(deserializer)?.map(|it| DateTime::from_secs_f64(it.seconds)))
}
