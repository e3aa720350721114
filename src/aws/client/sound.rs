//! Decides by the status and the root whether a successful answer can come from AWS. The check is for operations of the
//! model.
//!
//! This check ignores which members the model marks as required, because AWS omits some of them, such as the name of
//! the root user. The reader of an answer decides which members must be there. The table of `validate` covers the
//! answers for kinds in Rust. This module must not know kinds, nor the use of an answer.

use std::collections::HashMap;

use attestry_model::{Operation, Protocol};
use serde::de::IgnoredAny;

/// Members that only an error has at its root.
const OF_ERRORS: &[&str] = &["__type", "Code", "Error", "Errors", "Message", "code", "message"];

/// The statuses of a success that has a body.
const WITH_BODY: std::ops::RangeInclusive<u16> = 200..=203;

/// Returns the reason why AWS would not send this successful answer. The members are not read yet.
pub(super) fn unsound(operation: Operation, status: u16, body: &[u8]) -> Option<&'static str> {
    let output = operation.output()?;
    output.members().next()?;
    if !WITH_BODY.contains(&status) {
        return Some("the answer has the status of an answer without a body");
    }
    let an_error = match operation.service().protocol() {
        Protocol::Json | Protocol::RestJson if output.payload().is_none() => {
            // A body that is no JSON object is refused when it is read.
            let root: HashMap<String, IgnoredAny> = serde_json::from_slice(body).unwrap_or_default();
            let own = |name: &str| output.members().any(|member| member.wire_name() == name);
            root.keys().any(|name| OF_ERRORS.contains(&name.as_str()) && !own(name))
        }
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => {
            matches!(root(body), b"Error" | b"ErrorResponse" | b"Response")
        }
        _ => false,
    };
    an_error.then_some("the answer is an error, with the status of a success")
}

/// Returns the name of the root of an XML text, or an empty name when there is no root.
fn root(body: &[u8]) -> &[u8] {
    let mut tags = body.split(|byte| *byte == b'<').skip(1);
    let tag = tags.find(|tag| !tag.starts_with(b"?") && !tag.starts_with(b"!")).unwrap_or_default();
    tag.split(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/')).next().unwrap_or_default()
}
