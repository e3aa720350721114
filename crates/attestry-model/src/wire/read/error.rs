//! Reads errors in all spellings of AWS. This module must not know the meaning of a code.

use serde_json::Value;

use super::{cbor, xml};
use crate::wire::AwsError;

pub(in crate::wire) fn error(headers: &[(&str, &str)], body: &[u8]) -> AwsError {
    let header = |wanted: &str| {
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, text)| (*text).to_owned())
    };
    if is_xml(body) {
        return xml::error(body).map(|it| AwsError { code: bare(&it.code), ..it }).unwrap_or_default();
    }
    let members = match header("content-type") {
        Some(kind) if kind.starts_with("application/cbor") => cbor::texts(body).unwrap_or_default(),
        _ => json(body),
    };
    let of = |names: &[&str]| {
        let mut found = names.iter().filter_map(|name| members.iter().find(|(known, _)| known == name));
        found.next().map(|(_, text)| text.clone()).unwrap_or_default()
    };
    // `code;Sender` is the code of the earlier protocol of the service.
    let earlier = header("x-amzn-query-error").map(|it| it.split(';').next().unwrap_or_default().to_owned());
    let code = earlier.or_else(|| header("x-amzn-errortype")).unwrap_or_else(|| of(&["code", "Code", "__type"]));
    AwsError { code: bare(&code), message: of(&["message", "Message", "errorMessage"]) }
}

fn is_xml(body: &[u8]) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    body.trim_ascii_start().first() == Some(&b'<')
}

fn json(body: &[u8]) -> Vec<(String, String)> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else { return Vec::new() };
    let texts = members.into_iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some((name, text)),
        _ => None,
    });
    texts.collect()
}

/// Returns the code without the URL that may follow it and the namespace that may stand before it.
fn bare(code: &str) -> String {
    code.split(':').next().unwrap_or_default().rsplit('#').next().unwrap_or_default().trim().to_owned()
}
