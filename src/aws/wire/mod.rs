//! What AWS's wire protocols carry: the parameters of a request, the encoding of an answer.
//!
//! Must not know who asks or answers.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use super::Operation;

/// The parameters of a request as JSON, whatever the protocol.
#[must_use]
pub fn parameters(operation: &Operation, request: &HttpRequest) -> serde_json::Value {
    let _ = (operation, request);
    serde_json::Value::Null
}
