//! Reads the API operation of a request from the request itself, as it goes over the network. The result is the real
//! operation, which may differ from the intended one.
//!
//! This module must not know the meaning of operations.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// A service, by its IAM prefix, and one of its operations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation {
    /// The IAM prefix, such as `secretsmanager`.
    pub service: String,
    /// The operation, such as `ListSecrets`.
    pub name: String,
}

/// The operations of S3 on objects, by the method and the query parameter that identifies the operation.
const S3_OBJECTS: &[(&str, &str, &str)] = &[
    ("DELETE", "uploadId", "AbortMultipartUpload"),
    ("GET", "attributes", "GetObjectAttributes"),
    ("GET", "list-type", "ListObjectsV2"),
    ("GET", "retention", "GetObjectRetention"),
    ("GET", "uploadId", "ListParts"),
    ("GET", "uploads", "ListMultipartUploads"),
    ("GET", "versions", "ListObjectVersions"),
    ("POST", "uploadId", "CompleteMultipartUpload"),
    ("POST", "uploads", "CreateMultipartUpload"),
    ("PUT", "retention", "PutObjectRetention"),
    ("PUT", "partNumber", "UploadPart"),
];

/// The operations of S3 on objects without an identifying parameter.
const S3_PLAIN: &[(&str, &str)] = &[("GET", "GetObject"), ("PUT", "PutObject"), ("HEAD", "HeadObject")];

/// The operations of S3 on buckets, by the query parameter that identifies the operation. A request without such a
/// parameter lists the buckets.
const S3: &[(&str, &str)] = &[
    ("encryption", "GetBucketEncryption"),
    ("location", "GetBucketLocation"),
    ("logging", "GetBucketLogging"),
    ("object-lock", "GetObjectLockConfiguration"),
    ("policyStatus", "GetBucketPolicyStatus"),
    ("policy", "GetBucketPolicy"),
    ("publicAccessBlock", "GetPublicAccessBlock"),
    ("tagging", "GetBucketTagging"),
    ("versioning", "GetBucketVersioning"),
];

/// The path of the only operation of S3 on an account. The operation gets the name of its permission here, because S3
/// uses the same name for the operation on a bucket.
pub const ACCOUNT_BLOCK: &str = "/v20180820/configuration/publicAccessBlock";

/// The operations of Access Analyzer, by path.
const ANALYZER: &[(&str, &str)] = &[
    ("/policy/check-access-not-granted", "CheckAccessNotGranted"),
    ("/policy/check-no-public-access", "CheckNoPublicAccess"),
    ("/policy/validation", "ValidatePolicy"),
];

impl Operation {
    /// Creates an operation from its names.
    #[must_use]
    pub fn new(service: impl Into<String>, name: impl Into<String>) -> Self {
        Self { service: service.into(), name: name.into() }
    }

    /// Returns the operation of a signed request. Returns `None` when the request belongs to no supported service. A
    /// handmade request, as in tests, may have its operation as an extension.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extension::<Self>().cloned().or_else(|| Self::on_the_wire(request))
    }

    fn on_the_wire(request: &HttpRequest) -> Option<Self> {
        let (signed, _) = scope(request)?;
        let service = super::wire::prefix(signed);
        let (path, query) = path_and_query(request.uri());
        let name = if let Some(target) = request.headers().get("x-amz-target") {
            target.rsplit('.').next()?.to_owned()
        } else if let Some((_, operation)) = path.split_once("/operation/") {
            operation.to_owned()
        } else if service == "s3" {
            s3(request, path, query)?.to_owned()
        } else if service == "lambda" {
            lambda(path)?.to_owned()
        } else if service == "securityhub" {
            (path == "/findings/import").then_some("BatchImportFindings")?.to_owned()
        } else if service == "access-analyzer" {
            ANALYZER.iter().find(|(known, _)| *known == path).map(|(_, operation)| *operation)?.to_owned()
        } else {
            let body = std::str::from_utf8(request.body().bytes()?).ok()?;
            body.split('&').find_map(|pair| pair.strip_prefix("Action="))?.to_owned()
        };
        Some(Self::new(service, name))
    }
}

/// Returns the path and the query of a URL.
pub(super) fn path_and_query(uri: &str) -> (&str, &str) {
    let after_host = uri.split_once("://").map_or(uri, |(_, rest)| rest.find('/').map_or("", |at| rest.split_at(at).1));
    after_host.split_once('?').unwrap_or((after_host, ""))
}

/// Returns the signing name and the Region of a request.
pub(super) fn scope(request: &HttpRequest) -> Option<(&str, &str)> {
    let header = request.headers().get("authorization")?;
    let credential = header.split("Credential=").nth(1)?.split(',').next()?;
    let mut parts = credential.split('/').skip(2);
    let region = parts.next()?;
    Some((parts.next()?, region))
}

fn s3(request: &HttpRequest, path: &str, query: &str) -> Option<&'static str> {
    if path.ends_with(ACCOUNT_BLOCK) {
        return Some("GetAccountPublicAccessBlock");
    }
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let method = request.method();
    let of_object = S3_OBJECTS.iter().find(|(with, mark, _)| *with == method && has(mark));
    if let Some((.., operation)) = of_object {
        return Some(operation);
    }
    if let Some((_, operation)) = S3.iter().find(|(mark, _)| method == "GET" && has(mark)) {
        return Some(operation);
    }
    match super::wire::s3_path(request) {
        (bucket, _) if bucket.is_empty() => (path == "/" || path.is_empty()).then_some("ListBuckets"),
        (_, key) if key.is_empty() => (method == "HEAD").then_some("HeadBucket"),
        _ => S3_PLAIN.iter().find(|(with, _)| *with == method).map(|(_, operation)| *operation),
    }
}

fn lambda(path: &str) -> Option<&'static str> {
    if path.contains("/tags/") {
        return Some("ListTags");
    }
    let rest = path.split_once("/functions")?.1.trim_start_matches('/');
    match rest.rsplit_once('/') {
        None if rest.is_empty() => Some("ListFunctions"),
        Some((_, "invocations")) => Some("Invoke"),
        Some((_, "aliases")) => Some("ListAliases"),
        Some((_, "policy")) => Some("GetPolicy"),
        Some((_, "versions")) => Some("ListVersionsByFunction"),
        Some((_, "configuration")) => Some("GetFunctionConfiguration"),
        None | Some(_) => None,
    }
}
