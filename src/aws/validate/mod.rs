//! Whether a success answer is one of AWS: its status, its type, its end, and what AWS always puts into it.
//!
//! One place below every collector and every client, so that an answer is judged before anybody believes it. `operations.txt`
//! is the one table of what is due. Must not know a transport, nor what an answer is used for.

mod arn;
mod cbor;
mod check;
mod json;
mod spare;
mod table;
mod xml;

pub use check::{Asked, Wrong};
pub use spare::Unread;
pub use table::{Body, Kind, Node, Row, Rule, TABLE};

use super::wire::Protocol;
use check::said;

/// What is known of an answer beside its body.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// HTTP status.
    pub status: u16,
    /// Media type, where the answer tells it.
    pub content_type: Option<&'a str>,
    /// Length, where the answer tells it.
    pub length: Option<&'a str>,
}

/// Looks at the head of an answer.
///
/// # Errors
/// What AWS would not send.
pub fn head(row: &Row, protocol: Protocol, head: Head<'_>) -> Result<(), Wrong> {
    if !row.statuses.contains(&head.status) {
        return Err(said(&format!("has status {}", head.status)));
    }
    let of = head.content_type.unwrap_or_default();
    let fits = match (protocol, row.body) {
        (Protocol::Json | Protocol::RestJson, Body::Members | Body::MembersOrNone) => {
            !of.contains("xml") && !of.contains("cbor")
        }
        (Protocol::Cbor, _) => !of.contains("xml") && !of.contains("json"),
        (Protocol::Query | Protocol::RestXml, Body::Members) => !of.contains("json") && !of.contains("cbor"),
        _ => true,
    };
    if fits { Ok(()) } else { Err(said("has the type of another protocol")) }
}

/// Looks at the body of an answer.
///
/// # Errors
/// What AWS would not send.
pub fn body(row: &Row, protocol: Protocol, head: Head<'_>, asked: &Asked<'_>, body: &[u8]) -> Result<(), Wrong> {
    let none = body.is_empty();
    if row.body != Body::None && head.length.is_some_and(|length| length.parse() != Ok(body.len())) {
        return Err(said("is not as long as it says"));
    }
    match row.body {
        Body::None if none => Ok(()),
        Body::None => Err(said("has a body, and none is due")),
        Body::MembersOrNone if none => Ok(()),
        Body::Payload | Body::Stream => Ok(()),
        Body::Members | Body::MembersOrNone | Body::Json if none => Err(said("has no body")),
        Body::Json => json::read(&row.root, asked, body),
        Body::Members | Body::MembersOrNone => match protocol {
            Protocol::Json | Protocol::RestJson => json::read(&row.root, asked, body),
            Protocol::Query => xml::read(row, true, asked, body),
            Protocol::RestXml => xml::read(row, false, asked, body),
            Protocol::Cbor => cbor::read(&row.root, asked, body),
        },
    }
}

/// The body of an answer without what nobody can read, where the rest is as documented, and what was left out. None where
/// something else is wrong, and in protocols whose answers are not spared.
#[must_use]
pub fn spared(row: &Row, protocol: Protocol, asked: &Asked<'_>, body: &[u8]) -> Option<(Vec<u8>, Vec<Unread>)> {
    let members = matches!(row.body, Body::Members | Body::MembersOrNone);
    if !members || !matches!(protocol, Protocol::Json | Protocol::RestJson) {
        return None;
    }
    let spare::Spared { left, mended, unread } = spare::spare(&row.root, asked, body)?;
    json::read(&row.root, asked, &mended).ok()?;
    Some((left, unread))
}

#[cfg(test)]
mod tests;
