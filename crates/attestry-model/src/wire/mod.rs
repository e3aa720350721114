//! The wire protocols: the conversion of members to requests, of answers to members, and of errors in both directions.
//!
//! Values use the names of the members in AWS's model, as the AWS CLI prints them, and not the names on the wire. This
//! module must not know the purpose of an operation, nor endpoints, signatures and connections.

mod check;
mod place;
mod read;
mod scalar;
mod wanted;
mod write;

use serde_json::Value;

use crate::operation::Operation;
use crate::service::Service;

pub use wanted::Wanted;

/// A request without its host and signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: &'static str,
    /// The text in front of the host, such as `111122223333.`. It is usually empty.
    pub host_prefix: String,
    /// The path and the query, percent-encoded.
    pub path: String,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer of a server that plays AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A value that does not fit the members of an operation. `place` is a path of member names, such as `Filters[0].Name`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The model has no such member.
    #[error("{operation} has no member {place}")]
    Unknown {
        /// The operation.
        operation: &'static str,
        /// The member.
        place: String,
    },
    /// A member that AWS requires is missing.
    #[error("{operation} requires {place}")]
    Missing {
        /// The operation.
        operation: &'static str,
        /// The member.
        place: String,
    },
    /// A value has another type than its member.
    #[error("{place} of {operation} is {expected}")]
    Type {
        /// The operation.
        operation: &'static str,
        /// The member.
        place: String,
        /// The type, in words.
        expected: &'static str,
    },
}

/// An answer that does not fit the model. The text names the place and never quotes the answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The body does not fit the protocol.
    #[error("the answer is no {0}")]
    Protocol(&'static str),
    /// A value has another type than its member.
    #[error("{place} is not {expected}, which the service documents there")]
    Type {
        /// The path of member names.
        place: String,
        /// The type, in words.
        expected: &'static str,
    },
    /// The answer is nested deeper than any answer of AWS.
    #[error("{place} has too many levels")]
    Deep {
        /// The path of member names.
        place: String,
    },
    /// The answer is larger than any answer of AWS.
    #[error("the answer is larger than {0} bytes")]
    Large(usize),
}

/// An error of AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsError {
    /// The code, without namespace and URL. It is empty when the answer has none.
    pub code: String,
    /// The message. It is empty when the answer has none.
    pub message: String,
}

/// Returns the request of an operation.
///
/// `input` has a value for each member name. Instants are RFC 3339 texts, bytes are base64 texts, and a null counts as
/// absent.
///
/// # Errors
/// The members do not fit the operation.
pub fn request(operation: Operation, input: &Value) -> Result<Request, Unfit> {
    write::request(operation, input)
}

/// Returns the wanted members of an answer, by their names in AWS's model. The rest of the answer is skipped.
///
/// Numbers and booleans have their type, instants are RFC 3339 texts, and bytes are base64 texts. An absent or null
/// member is left out. The function does not judge the status: [`error`] reads an answer with another status than
/// success.
///
/// # Errors
/// The answer does not fit the protocol, or a wanted member has another type than the model documents.
pub fn answer(
    operation: Operation,
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
    wanted: &Wanted,
) -> Result<Value, Unreadable> {
    read::answer(operation, status, headers, body, wanted)
}

/// Returns the code and the message of an error, in any of the spellings of AWS.
#[must_use]
pub fn error(headers: &[(&str, &str)], body: &[u8]) -> AwsError {
    read::error(headers, body)
}

/// Returns the answer of an operation, for a server that plays AWS.
///
/// `value` has a value for each member name. Instants are RFC 3339 texts, bytes are base64 texts, and a text that is a
/// JSON document may be a mapping or a list.
///
/// # Errors
/// The members do not fit the operation.
pub fn respond(operation: Operation, value: &Value, request_id: &str) -> Result<Response, Unfit> {
    write::respond(operation, value, request_id)
}

/// Returns an error of a service, for a server that plays AWS.
#[must_use]
pub fn refuse(service: &Service, error: &AwsError, status: u16, request_id: &str) -> Response {
    write::refuse(service, error, status, request_id)
}

#[cfg(test)]
mod tests;
