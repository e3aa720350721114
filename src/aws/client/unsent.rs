//! The reasons why a request was not sent: it could not be written, or there is no endpoint for it. This module must
//! not know the content of a request.

use aws_smithy_runtime_api::http::HttpError;

/// The reason why no request was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsent {
    #[error("the input of {0} has no members")]
    NoMembers(&'static str),
    #[error("{0} speaks XML")]
    Xml(&'static str),
    #[error("{operation} has no member {member}")]
    UnknownMember { operation: &'static str, member: String },
    #[error("{operation} needs {member}")]
    Missing { operation: &'static str, member: &'static str },
    #[error("the path of {0} does not end")]
    Path(&'static str),
    #[error(transparent)]
    Unfit(#[from] attestry_model::wire::Unfit),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    NoEndpoint(#[from] NoEndpoint),
    #[error("a place that lacks what a request needs")]
    Place,
}

/// The reason why a service has no endpoint for a configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoEndpoint {
    /// The configuration requires an endpoint of another sort, FIPS or dual-stack.
    #[error("FIPS and dual-stack endpoints of {0} are not known")]
    Sort(String),
    /// The text is not the name of a Region.
    #[error("`{0}` is no Region")]
    NoRegion(String),
    /// The Region belongs to no partition of the table.
    #[error("no partition is known")]
    NoPartition,
}

/// The reason why an answer was unreadable.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("the answer is no CBOR")]
    NoCbor,
    /// The place in the JSON, without its content.
    #[error("{0}")]
    Json(String),
}
