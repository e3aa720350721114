//! Reads the parameters of a request from the wire. This module must not know their meaning.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::{Map, Value};

use super::{Protocol, cbor, percent_decode};
use crate::aws::Operation;
use crate::aws::client::Sent;
use crate::aws::operation::{path_and_query, scope};

/// Returns the Region for which a request was signed.
#[must_use]
pub fn region(request: &HttpRequest) -> Option<&str> {
    scope(request).map(|(_, region)| region).filter(|region| !region.is_empty())
}

pub(super) fn read(operation: &Operation, request: &HttpRequest) -> Value {
    // The model wrote this request and attached its members to it.
    if let Some(sent) = request.extension::<Sent>() {
        return Value::clone(&sent.input);
    }
    let body = request.body().bytes().unwrap_or_default();
    match Protocol::of(&operation.service) {
        Protocol::RestJson => rest(lambda_path(path(request)), request, lambda_query, json(body)),
        Protocol::RestXml => rest(s3_members(request), request, s3_query, Value::Null),
        // The body is no form. It has no names, so its secrets could not be found.
        Protocol::Query if body.starts_with(b"{") => empty(),
        Protocol::Query => form(body),
        // For both protocols the content type of the request decides. An emulator or an older service may use another
        // protocol than the newest one.
        Protocol::Json | Protocol::Cbor => match request.headers().get("content-type") {
            Some("application/cbor") => cbor::decode(body).unwrap_or_else(empty),
            Some(kind) if kind.starts_with("application/x-www-form-urlencoded") => form(body),
            _ => json(body),
        },
    }
}

fn empty() -> Value {
    Value::Object(Map::new())
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| empty())
}

fn form(body: &[u8]) -> Value {
    let body = String::from_utf8_lossy(body);
    let members = pairs(&body, true).filter(|(name, _)| name != "Action" && name != "Version");
    Value::Object(members.map(|(name, value)| (name, Value::String(value))).collect())
}

fn pairs(text: &str, plus: bool) -> impl Iterator<Item = (String, String)> {
    text.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (percent_decode(name, plus), percent_decode(value, plus))
    })
}

fn rest(
    path: Vec<(&'static str, String)>,
    request: &HttpRequest,
    rename: fn(&str) -> Option<String>,
    body: Value,
) -> Value {
    let mut members = match body {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let (_, query) = path_and_query(request.uri());
    for (name, value) in pairs(query, false) {
        if let Some(name) = rename(&name) {
            members.insert(name, Value::String(value));
        }
    }
    members.extend(path.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))));
    Value::Object(members)
}

fn host(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

fn path(request: &HttpRequest) -> &str {
    path_and_query(request.uri()).0
}

/// The names of the labels in the paths of Lambda, by the fixed part before them.
const LAMBDA_LABELS: &[(&str, &str)] = &[
    ("functions", "FunctionName"),
    ("tags", "Resource"),
    ("event-source-mappings", "UUID"),
    ("layers", "LayerName"),
    ("versions", "VersionNumber"),
    ("aliases", "Name"),
    ("code-signing-configs", "CodeSigningConfigArn"),
];

fn lambda_path(path: &str) -> Vec<(&'static str, String)> {
    let segments: Vec<&str> = path.split('/').collect();
    let pairs = segments.iter().zip(segments.iter().skip(1));
    pairs
        .filter(|(_, label)| !label.is_empty())
        .filter_map(|(fixed, label)| {
            let (_, name) = LAMBDA_LABELS.iter().find(|(known, _)| known == fixed)?;
            Some((*name, percent_decode(label, false)))
        })
        .collect()
}

// The names in the query of Lambda are the names of the members.
#[expect(clippy::unnecessary_wraps, reason = "S3's leaves out what is no parameter")]
fn lambda_query(name: &str) -> Option<String> {
    Some(name.to_owned())
}

fn s3_members(request: &HttpRequest) -> Vec<(&'static str, String)> {
    let (bucket, key) = s3_path(request);
    [("Bucket", bucket), ("Key", key)].into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Returns the bucket and the key of a request to S3. Each is empty when the request does not have it.
pub(in crate::aws) fn s3_path(request: &HttpRequest) -> (String, String) {
    let path = percent_decode(path(request).trim_start_matches('/'), false);
    let host = host(request.uri());
    // Only AWS has wildcard DNS, so only there the bucket can be part of the host.
    let virtual_host = if host.contains(".amazonaws.com") { host.split_once(".s3") } else { None };
    match virtual_host {
        Some((bucket, _)) => (bucket.to_owned(), path),
        None => {
            let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
            (bucket.to_owned(), key.to_owned())
        }
    }
}

/// Returns the member name of a query parameter, such as `ContinuationToken` for `continuation-token`. Returns `None`
/// for a parameter that only selects the operation.
fn s3_query(name: &str) -> Option<String> {
    const SELECTORS: &[&str] = &[
        "accelerate",
        "acl",
        "cors",
        "encryption",
        "legal-hold",
        "lifecycle",
        "list-type",
        "location",
        "logging",
        "notification",
        "object-lock",
        "ownershipControls",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "replication",
        "requestPayment",
        "retention",
        "tagging",
        "versioning",
        "versions",
        "website",
        "x-id",
    ];
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    (!SELECTORS.contains(&name)).then(|| name.split('-').map(capital).collect())
}
