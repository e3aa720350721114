//! Checks whether a successful answer can come from AWS: its status, its content type, its end, and the members that
//! AWS always sends.
//!
//! The check is below every collector and every client, so that each answer is checked before it is used. The table
//! `operations.txt` lists the required members. This module must not know a transport, nor the use of an answer.

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

/// The properties of an answer besides its body.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The media type, if the answer contains it.
    pub content_type: Option<&'a str>,
    /// The length, if the answer contains it.
    pub length: Option<&'a str>,
}

/// Checks the head of an answer.
///
/// # Errors
/// AWS would not send this head.
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

/// Checks the body of an answer.
///
/// # Errors
/// AWS would not send this body.
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

/// Returns the body of an answer without its unreadable members, and a list of these members. Returns `None` when
/// another part of the answer is wrong, and for protocols in which members are not removed.
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
