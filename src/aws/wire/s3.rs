//! Encodes the XML of S3: its roots, its wrapped and flat lists, and its answers that are no XML.
//!
//! This module must not know other services. The names of members may be those of the AWS CLI or those of the XML.

use aws_smithy_types::base64;
use serde_json::{Map, Value};

use super::xml::{tag, text};
use super::xml_escape;

/// The root element of each answer. Other answers have the root `<OpResult>`.
const ROOTS: &[(&str, &str)] = &[
    ("GetAccountPublicAccessBlock", "PublicAccessBlockConfiguration"),
    ("GetBucketEncryption", "ServerSideEncryptionConfiguration"),
    ("GetBucketLogging", "BucketLoggingStatus"),
    ("GetBucketVersioning", "VersioningConfiguration"),
    ("GetObjectLockConfiguration", "ObjectLockConfiguration"),
    ("GetObjectRetention", "Retention"),
    ("GetPublicAccessBlock", "PublicAccessBlockConfiguration"),
    ("ListBuckets", "ListAllMyBucketsResult"),
    ("ListObjectVersions", "ListVersionsResult"),
    ("ListObjectsV2", "ListBucketResult"),
];

/// The lists by their name in the CLI: the element around the list, if there is one, and the element of an item.
const LISTS: &[(&str, Option<&str>, &str)] = &[
    ("Buckets", Some("Buckets"), "Bucket"),
    ("DeleteMarkers", None, "DeleteMarker"),
    ("Rules", None, "Rule"),
    ("TargetGrants", Some("TargetGrants"), "Grant"),
    ("Versions", None, "Version"),
];

/// The members that are sent in headers.
const HEADERS: &[(&str, &str, &str)] = &[
    ("HeadBucket", "BucketRegion", "x-amz-bucket-region"),
    ("HeadObject", "ETag", "etag"),
    ("HeadObject", "SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"),
    ("HeadObject", "ServerSideEncryption", "x-amz-server-side-encryption"),
    ("HeadObject", "StorageClass", "x-amz-storage-class"),
    ("HeadObject", "VersionId", "x-amz-version-id"),
];

/// The members that are sent in one header for each key: the start of the names of these headers.
const HEADER_MAPS: &[(&str, &str, &str)] = &[("HeadObject", "Metadata", "x-amz-meta-")];

pub(super) fn headers(operation: &str, value: &Value) -> Vec<(String, String)> {
    let of_operation = HEADERS.iter().filter(|(name, ..)| *name == operation);
    let plain = of_operation
        .filter_map(|(_, member, header)| Some(((*header).to_owned(), value.get(member)?.as_str()?.to_owned())));
    let of_operation = HEADER_MAPS.iter().filter(|(name, ..)| *name == operation);
    let maps = of_operation.filter_map(|(_, member, start)| Some((start, value.get(member)?.as_object()?)));
    let mapped =
        maps.flat_map(|(start, map)| map.iter().map(move |(key, value)| (format!("{start}{key}"), text(value))));
    plain.chain(mapped).collect()
}

/// Returns the body of an answer.
pub(super) fn body(operation: &str, value: &Value) -> Vec<u8> {
    if operation == "GetObject" {
        // A description uses base64 for bytes that are not text.
        let packed = value.get("BodyBase64").and_then(Value::as_str).and_then(|text| base64::decode(text).ok());
        return packed.unwrap_or_else(|| value.get("Body").map(text).unwrap_or_default().into_bytes());
    }
    document(operation, value).into_bytes()
}

fn document(operation: &str, value: &Value) -> String {
    if operation.starts_with("Head") {
        return String::new();
    }
    if operation == "GetBucketPolicy" {
        // The document is the body. Only the CLI and the SDKs name it as a member.
        return value.get("Policy").map(text).unwrap_or_default();
    }
    let root = ROOTS.iter().find(|(name, _)| *name == operation).map(|(_, root)| *root);
    let fallback = format!("{operation}Result");
    let root = root.unwrap_or(&fallback);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    tag(&mut out, root, |out| content(out, inside(root, value)));
    out
}

/// Returns the content of the root. A description may name the root as its only member, as the CLI does.
fn inside<'a>(root: &str, value: &'a Value) -> &'a Value {
    match value {
        Value::Object(members) if members.len() == 1 => members.get(root).unwrap_or(value),
        _ => value,
    }
}

fn content(out: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(members) => members_of(out, members),
        Value::Array(items) => items.iter().for_each(|item| content(out, item)),
        scalar => out.push_str(&xml_escape(&text(scalar))),
    }
}

fn members_of(out: &mut String, members: &Map<String, Value>) {
    for (name, value) in members {
        match value {
            Value::Null => {}
            Value::Array(items) => match LISTS.iter().find(|(list, ..)| list == name) {
                Some((_, Some(around), item)) => tag(out, around, |out| repeat(out, item, items)),
                Some((_, None, item)) => repeat(out, item, items),
                None => repeat(out, name, items),
            },
            value => tag(out, element(name), |out| content(out, value)),
        }
    }
}

/// Returns the element of a member. The XML of S3 spells some names differently from the CLI.
fn element(member: &str) -> &str {
    if member == "MFADelete" { "MfaDelete" } else { member }
}

fn repeat(out: &mut String, name: &str, items: &[Value]) {
    for item in items {
        tag(out, name, |out| content(out, item));
    }
}
