//! Reads, redacts and writes the bodies of a recording. This module must not know files.

use serde_json::Value;

use super::exchange::Body;
use crate::aws::Operation;
use crate::aws::wire::{Protocol, binary, percent_decode, percent_encode, xml_escape, xml_unescape};
use attestry_core::facts::redact;

/// The depth limit. No answer of AWS is deeper.
const DEPTH: usize = 64;

#[derive(Clone, Copy)]
enum Form {
    Json,
    Cbor,
    Xml,
}

/// Returns a body without secrets. A body that is not completely readable is not kept.
pub(super) fn keep(operation: &Operation, content_type: &str, bytes: &[u8]) -> Body {
    if bytes.is_empty() {
        return Body::Empty;
    }
    if (operation.service.as_str(), operation.name.as_str()) == ("s3", "GetObject") {
        // An object may contain anything. A replay gets the mark for text that was not kept.
        return Body::Xml(redact::REDACTED.to_owned());
    }
    let clean = |mut value: Value| {
        redact::value(&operation.service, &operation.name, &mut value);
        value
    };
    match form(operation, content_type, bytes) {
        Form::Json => serde_json::from_slice(bytes).map_or(Body::Unreadable, |value| Body::Json(clean(value))),
        Form::Cbor => binary::decode(bytes).map_or(Body::Unreadable, |value| Body::Cbor(clean(value))),
        Form::Xml => {
            let text = std::str::from_utf8(bytes).ok().and_then(|text| xml(operation, text));
            text.map_or(Body::Unreadable, Body::Xml)
        }
    }
}

fn form(operation: &Operation, content_type: &str, bytes: &[u8]) -> Form {
    // S3 sends a bucket policy as JSON, although S3 is an XML service.
    if bytes.first() == Some(&b'{') || content_type.contains("json") {
        return Form::Json;
    }
    if content_type.contains("cbor") {
        return Form::Cbor;
    }
    match Protocol::of(&operation.service) {
        Protocol::Json | Protocol::RestJson => Form::Json,
        Protocol::Cbor => Form::Cbor,
        Protocol::Query | Protocol::RestXml => Form::Xml,
    }
}

/// Returns the bytes of a kept body. A body that was unreadable when it was recorded is unreadable in a replay, too.
pub(super) fn play(protocol: Protocol, body: &Body) -> Vec<u8> {
    match body {
        Body::Empty => Vec::new(),
        Body::Json(value) => value.to_string().into_bytes(),
        Body::Cbor(value) => binary::encode(value),
        Body::Xml(text) => text.clone().into_bytes(),
        Body::Unreadable => match protocol {
            Protocol::Json | Protocol::RestJson => b"{".to_vec(),
            Protocol::Query | Protocol::RestXml => b"<".to_vec(),
            Protocol::Cbor => vec![0xa3],
        },
    }
}

/// Returns XML with redacted elements, or `None` if the text does not have the XML form of AWS.
fn xml(operation: &Operation, text: &str) -> Option<String> {
    let mut elements = redact::Elements::new(&operation.service, &operation.name);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((content, tail)) = rest.split_once('<') {
        out.push_str(&clean(operation, &mut elements, content));
        rest = if let Some(tail) = tail.strip_prefix("![CDATA[") {
            let (content, tail) = tail.split_once("]]>")?;
            out.push_str(&clean(operation, &mut elements, &xml_escape(content)));
            tail
        } else if let Some(tail) = tail.strip_prefix("!--") {
            // No client reads a comment, so the recording does not keep it.
            tail.split_once("-->")?.1
        } else if let Some(tail) = tail.strip_prefix('?') {
            tail.split_once("?>")?.1
        } else {
            let (tag, tail) = tail.split_once('>')?;
            element(&mut elements, tag, &mut out)?;
            tail
        };
    }
    out.push_str(&redact::scrub(rest));
    (elements.depth() == 0).then_some(out)
}

fn element(elements: &mut redact::Elements<'_>, tag: &str, out: &mut String) -> Option<()> {
    let name = |tag: &str| tag.split([' ', '\t', '\r', '\n', '/']).next().unwrap_or_default().to_owned();
    if let Some(closing) = tag.strip_prefix('/') {
        if !elements.close(&name(closing)) {
            return None;
        }
    } else if tag.is_empty() || tag.starts_with('!') || elements.depth() >= DEPTH {
        return None;
    } else if !tag.ends_with('/') {
        elements.open(&name(tag));
    }
    out.push('<');
    out.push_str(&redact::scrub(tag));
    out.push('>');
    Some(())
}

/// Returns the redacted text between two tags.
fn clean(operation: &Operation, elements: &mut redact::Elements<'_>, content: &str) -> String {
    let text = xml_unescape(content);
    // IAM sends documents percent-encoded, which hides their content from any search.
    if operation.service == "iam" && text.starts_with("%7B") {
        let document = percent_decode(&text, false);
        return elements.text(&document).map_or_else(|| content.to_owned(), |clean| percent_encode(&clean));
    }
    elements.text(&text).map_or_else(|| content.to_owned(), |clean| xml_escape(&clean).into_owned())
}
