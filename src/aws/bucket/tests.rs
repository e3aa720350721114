//! Plays recorded answers of S3 in the form of its documentation. Emulators do not give all of these answers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;

use super::keep::checksum;
use super::*;
use crate::aws::Pace;

const BUCKET: &str = "bank-evidence";
const KEY: &str = "keep/run.tar.zst";
const UNTIL: &str = "2033-11-21T05:50:13Z";
const VERSION: &str = "v1";
/// S3 accepts no part as small as this. The size saves these tests from sending five megabytes.
const PART: usize = 1 << 10;

/// One answer, and the properties that its request must have.
#[derive(Debug)]
struct ScriptedAnswer {
    operation: &'static str,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// The required properties of the request: headers by name, or parts of the URL.
    asked: Vec<(&'static str, String)>,
}

fn answer(operation: &'static str, status: u16, body: impl Into<Vec<u8>>) -> ScriptedAnswer {
    ScriptedAnswer { operation, status, headers: Vec::new(), body: body.into(), asked: Vec::new() }
}

fn refusal(operation: &'static str, status: u16, code: &str) -> ScriptedAnswer {
    answer(operation, status, format!("<Error><Code>{code}</Code><Message>as recorded</Message></Error>"))
}

impl ScriptedAnswer {
    fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    fn asked(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.asked.push((header, value.into()));
        self
    }
}

#[derive(Debug)]
struct Script(Mutex<VecDeque<ScriptedAnswer>>);

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = crate::aws::Operation::of(&request).unwrap_or_else(|| panic!("{request:?}"));
        let next = self.0.lock().unwrap().pop_front();
        let next = next.unwrap_or_else(|| panic!("{} is not recorded", operation.name));
        assert_eq!(operation.name, next.operation, "{}", request.uri());
        for (name, value) in &next.asked {
            let found = if *name == "url" { Some(request.uri()) } else { request.headers().get(*name) };
            let holds = found.is_some_and(|found| if *name == "url" { found.contains(value) } else { found == value });
            assert!(holds, "{}: {name} must be {value}, and is {found:?}", next.operation);
        }
        let mut answer = HttpResponse::new(StatusCode::try_from(next.status).unwrap(), SdkBody::from(next.body));
        for (name, value) in next.headers {
            answer.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// Returns a bucket that gives these answers, and the script that checks that all of them were requested.
async fn recorded(answers: Vec<ScriptedAnswer>) -> (Bucket, Arc<Script>) {
    let script = Arc::new(Script(Mutex::new(answers.into())));
    let connector = Arc::clone(&script);
    let backend =
        Backend::InProcess { label: "recorded".into(), connector: SharedHttpConnector::new(Shared(connector)) };
    let reach = Connection { account: NO_ACCOUNT.into(), region: "eu-west-1".into(), profile: None, backend };
    let sdk = reach.configure(&Link::new(Pace::none())).await.unwrap();
    (Bucket { part: PART, ..Bucket::over(&sdk, BUCKET, Some("123456789012".into()), true) }, script)
}

#[derive(Debug)]
struct Shared(Arc<Script>);

impl HttpConnector for Shared {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.call(request)
    }
}

async fn keep(bytes: &[u8], answers: Vec<ScriptedAnswer>) -> Result<StoredObject, String> {
    let (bucket, script) = recorded(answers).await;
    let retain_until: Timestamp = UNTIL.parse().unwrap();
    let object = Object { key: KEY, bytes, content_type: "application/octet-stream", retain_until };
    let kept = bucket.keep(&object).await.map_err(|why| why.to_string());
    assert!(script.0.lock().unwrap().is_empty(), "not asked: {:?}\n{kept:?}", script.0);
    kept
}

fn absent() -> ScriptedAnswer {
    answer("HeadObject", 404, "")
}

fn there(size: usize) -> ScriptedAnswer {
    locked(size, "COMPLIANCE", UNTIL)
}

fn locked(size: usize, mode: &str, until: &str) -> ScriptedAnswer {
    bare(size).with("x-amz-object-lock-mode", mode).with("x-amz-object-lock-retain-until-date", until)
}

/// Returns the object for a caller without the permission to read locks.
fn bare(size: usize) -> ScriptedAnswer {
    answer("HeadObject", 200, "").with("content-length", size.to_string()).with("x-amz-version-id", VERSION)
}

fn got(bytes: &[u8]) -> ScriptedAnswer {
    answer("GetObject", 200, bytes).asked("url", "versionId=v1")
}

fn retention(mode: &str, until: &str) -> ScriptedAnswer {
    let text = format!("<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>");
    answer("GetObjectRetention", 200, text).asked("url", "versionId=v1")
}

/// Three parts, each with its own bytes.
fn large() -> Vec<u8> {
    (0..2 * PART + 100).map(|at| (at / PART + 1) as u8).collect()
}

fn uploads(of: &[(&str, &str, &str)]) -> ScriptedAnswer {
    let mut text = format!(
        "<ListMultipartUploadsResult><Bucket>{BUCKET}</Bucket><KeyMarker/><UploadIdMarker/><NextKeyMarker/>\
         <NextUploadIdMarker/><MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>"
    );
    for (key, id, initiated) in of {
        let _ = write!(
            text,
            "<Upload><Key>{key}</Key><UploadId>{id}</UploadId><Initiated>{initiated}</Initiated>\
             <ChecksumAlgorithm>SHA256</ChecksumAlgorithm></Upload>"
        );
    }
    answer("ListMultipartUploads", 200, text + "</ListMultipartUploadsResult>")
}

fn parts(id: &str, of: &[(i32, &str, &str)]) -> ScriptedAnswer {
    let mut text = format!(
        "<ListPartsResult><Bucket>{BUCKET}</Bucket><Key>{KEY}</Key><UploadId>{id}</UploadId>\
         <PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>{}</NextPartNumberMarker>\
         <MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated>",
        of.len()
    );
    for (number, tag, sum) in of {
        let _ = write!(
            text,
            "<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag><Size>1</Size>\
             <ChecksumSHA256>{sum}</ChecksumSHA256></Part>"
        );
    }
    answer("ListParts", 200, text + "</ListPartsResult>").asked("url", format!("uploadId={id}"))
}

fn begun(id: &str) -> ScriptedAnswer {
    let text = format!(
        "<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{KEY}</Key><UploadId>{id}</UploadId>\
         </InitiateMultipartUploadResult>"
    );
    answer("CreateMultipartUpload", 200, text)
        .asked("x-amz-object-lock-mode", "COMPLIANCE")
        .asked("x-amz-checksum-algorithm", "SHA256")
}

fn sent_part(bytes: &[u8], number: usize) -> ScriptedAnswer {
    let part = bytes.chunks(PART).nth(number - 1).unwrap();
    answer("UploadPart", 200, "")
        .with("etag", format!("\"tag-{number}\""))
        .asked("url", format!("partNumber={number}"))
        .asked("x-amz-checksum-sha256", checksum(part))
}

fn completed(id: &str) -> ScriptedAnswer {
    let text = format!(
        "<CompleteMultipartUploadResult><Location>https://s3.example.com/{KEY}</Location><Bucket>{BUCKET}</Bucket>\
         <Key>{KEY}</Key><ETag>x</ETag></CompleteMultipartUploadResult>"
    );
    answer("CompleteMultipartUpload", 200, text).asked("url", format!("uploadId={id}")).asked("if-none-match", "*")
}

#[tokio::test]
async fn what_is_not_there_is_written_locked_and_read_back() {
    let written = answer("PutObject", 200, "")
        .asked("if-none-match", "*")
        .asked("x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")
        .asked("x-amz-object-lock-mode", "COMPLIANCE")
        .asked("x-amz-object-lock-retain-until-date", UNTIL)
        .asked("x-amz-expected-bucket-owner", "123456789012");
    let kept = keep(b"hello", vec![absent(), written, there(5), got(b"hello")]).await.unwrap();
    assert!(!kept.before && matches!(kept.read, ReadBack::Whole(_)));
    assert_eq!((kept.version.as_str(), kept.retain_until.to_string().as_str()), (VERSION, UNTIL));
}

#[tokio::test]
async fn what_is_there_is_kept_only_if_it_is_the_same() {
    assert!(keep(b"hello", vec![there(5), got(b"hello")]).await.unwrap().before);
    let other = keep(b"hello", vec![there(5), got(b"HELLO")]).await.unwrap_err();
    assert!(other.contains("another content") && other.contains("nothing was overwritten"), "{other}");
    let other = keep(b"hello", vec![there(6)]).await.unwrap_err();
    assert!(other.contains("6 bytes, and this is 5 bytes"), "{other}");
    // Another writer was faster. The object that is there then decides.
    let raced = || refusal("PutObject", 412, "PreconditionFailed");
    assert!(keep(b"hello", vec![absent(), raced(), there(5), got(b"hello")]).await.unwrap().before);
    let other = keep(b"hello", vec![absent(), raced(), there(5), got(b"hullo")]).await.unwrap_err();
    assert!(other.contains("another content"), "{other}");
    let conflict = || refusal("PutObject", 409, "ConditionalRequestConflict");
    let again = vec![absent(), conflict(), absent(), answer("PutObject", 200, ""), there(5), got(b"hello")];
    assert!(!keep(b"hello", again).await.unwrap().before);
    let never = (0..4).flat_map(|_| [absent(), conflict()]).collect();
    assert!(keep(b"hello", never).await.unwrap_err().contains("others write it"));
}

#[tokio::test]
async fn parts_that_are_there_are_not_sent_again() {
    let bytes = large();
    let sum = |number: usize| checksum(bytes.chunks(PART).nth(number).unwrap());
    let answers = vec![
        absent(),
        uploads(&[
            (KEY, "older", "2026-11-21T05:00:00Z"),
            (KEY, "newest", "2026-11-21T06:00:00Z"),
            ("keep/run.tar.zst.json", "another", "2026-11-21T07:00:00Z"),
        ]),
        parts("newest", &[(1, "tag-1", &sum(0)), (2, "tag-2", &sum(0))]),
        sent_part(&bytes, 2),
        sent_part(&bytes, 3),
        completed("newest"),
        there(bytes.len()),
        got(&bytes),
    ];
    assert!(!keep(&bytes, answers).await.unwrap().before);
}

#[tokio::test]
async fn whoever_may_not_see_uploads_begins_anew() {
    let bytes = large();
    let answers = vec![
        absent(),
        refusal("ListMultipartUploads", 403, "AccessDenied"),
        begun("new"),
        refusal("ListParts", 403, "AccessDenied"),
        sent_part(&bytes, 1),
        sent_part(&bytes, 2),
        sent_part(&bytes, 3),
        completed("new"),
        there(bytes.len()),
        got(&bytes),
    ];
    keep(&bytes, answers).await.unwrap();
}

#[tokio::test]
async fn an_upload_that_somebody_ended_begins_anew() {
    let bytes = large();
    let all = |id| {
        vec![
            absent(),
            uploads(&[]),
            begun(id),
            parts(id, &[]),
            sent_part(&bytes, 1),
            sent_part(&bytes, 2),
            sent_part(&bytes, 3),
        ]
    };
    // S3 answers with the status 200 before the operation has ended. The body contains the error.
    for (status, code) in [(409, "ConditionalRequestConflict"), (404, "NoSuchUpload")] {
        let mut answers = all("first");
        answers.push(refusal("CompleteMultipartUpload", status, code));
        answers.push(answer("AbortMultipartUpload", 204, ""));
        answers.extend(all("second"));
        answers.extend([completed("second"), there(bytes.len()), got(&bytes)]);
        keep(&bytes, answers).await.unwrap();
    }
    let mut answers = all("first");
    answers.push(refusal("CompleteMultipartUpload", 412, "PreconditionFailed"));
    answers.push(refusal("AbortMultipartUpload", 403, "AccessDenied"));
    answers.extend([there(bytes.len()), got(&bytes)]);
    assert!(keep(&bytes, answers).await.unwrap().before);
    let mut answers = all("first");
    answers.pop();
    answers.push(refusal("UploadPart", 404, "NoSuchUpload"));
    answers.extend([there(bytes.len()), got(&bytes)]);
    keep(&bytes, answers).await.unwrap();
}

#[tokio::test]
async fn an_error_behind_a_success_is_an_error() {
    let bytes = large();
    let answers = vec![
        absent(),
        uploads(&[(KEY, "one", "2026-11-21T05:00:00Z")]),
        parts("one", &[]),
        sent_part(&bytes, 1),
        sent_part(&bytes, 2),
        sent_part(&bytes, 3),
        refusal("CompleteMultipartUpload", 200, "EntityTooSmall"),
    ];
    let why = keep(&bytes, answers).await.unwrap_err();
    assert!(why.contains("CompleteMultipartUpload (EntityTooSmall)"), "{why}");
}

#[tokio::test]
async fn each_refusal_has_its_words() {
    let denied = keep(b"hello", vec![absent(), refusal("PutObject", 403, "AccessDenied")]).await.unwrap_err();
    assert!(denied.contains("denied s3:PutObject (AccessDenied)") && denied.contains("permissions"), "{denied}");
    let wrong = keep(b"hello", vec![absent(), refusal("PutObject", 400, "BadDigest")]).await.unwrap_err();
    assert!(wrong.contains("could not write") && wrong.contains("BadDigest"), "{wrong}");
    let blind = keep(b"hello", vec![answer("HeadObject", 403, "")]).await.unwrap_err();
    assert!(blind.contains("could not look for") && blind.contains("denied s3:HeadObject"), "{blind}");
}

#[tokio::test]
async fn who_is_throttled_tries_again() {
    let slow = || refusal("PutObject", 503, "SlowDown");
    let answers = vec![absent(), slow(), slow(), answer("PutObject", 200, ""), there(5), got(b"hello")];
    assert!(!keep(b"hello", answers).await.unwrap().before);
    let always = std::iter::once(absent()).chain((0..6).map(|_| slow())).collect();
    let why = keep(b"hello", always).await.unwrap_err();
    assert!(why.contains("throttled s3:PutObject (SlowDown)"), "{why}");
}

#[tokio::test]
async fn where_bytes_may_not_be_read_the_checksum_speaks() {
    let denied = || refusal("GetObject", 403, "AccessDenied");
    let told = |sum: &str| {
        let text = format!(
            "<GetObjectAttributesResponse><Checksum><ChecksumSHA256>{sum}</ChecksumSHA256></Checksum></GetObjectAttributesResponse>"
        );
        answer("GetObjectAttributes", 200, text).asked("url", "versionId=v1")
    };
    let kept = keep(b"hello", vec![there(5), denied(), told(&checksum(b"hello"))]).await.unwrap();
    assert!(matches!(kept.read, ReadBack::Checksum(gap) if gap.operation == "GetObject"));
    let bytes = large();
    let composite = recorded(Vec::new()).await.0.checksum_of(&bytes);
    assert_ne!(composite, checksum(&bytes));
    keep(&bytes, vec![there(bytes.len()), denied(), told(&format!("{composite}-3"))]).await.unwrap();
    let other = keep(b"hello", vec![there(5), denied(), told(&checksum(b"hullo"))]).await.unwrap_err();
    assert!(other.contains("another content"), "{other}");
    let none = answer("GetObjectAttributes", 200, "<GetObjectAttributesResponse/>");
    let blind = refusal("GetObjectAttributes", 403, "AccessDenied");
    for last in [none, blind] {
        let why = keep(b"hello", vec![there(5), denied(), last]).await.unwrap_err();
        assert!(why.contains("could not be read back"), "{why}");
    }
}

#[tokio::test]
async fn what_is_locked_less_is_locked_longer_or_it_is_no_success() {
    let longer = || answer("PutObjectRetention", 200, "").asked("url", "versionId=v1");
    let short = || locked(5, "COMPLIANCE", "2033-11-21T05:50:12Z");
    let governed = || locked(5, "GOVERNANCE", "2040-01-01T00:00:00Z");
    for there in [short(), governed()] {
        let answers = vec![there, got(b"hello"), longer(), retention("COMPLIANCE", UNTIL)];
        keep(b"hello", answers).await.unwrap();
    }
    let answers = vec![governed(), got(b"hello"), longer(), retention("GOVERNANCE", "2040-01-01T00:00:00Z")];
    let why = keep(b"hello", answers).await.unwrap_err();
    assert!(why.contains("locked in GOVERNANCE mode until 2040") && why.contains(UNTIL), "{why}");
    // The lock is requested when the answer for the object does not contain it.
    keep(b"hello", vec![bare(5), got(b"hello"), retention("COMPLIANCE", "2050-01-01T00:00:00Z")]).await.unwrap();
    let unlocked = refusal("GetObjectRetention", 404, "NoSuchObjectLockConfiguration");
    let answers = vec![bare(5), got(b"hello"), unlocked, longer(), retention("COMPLIANCE", UNTIL)];
    keep(b"hello", answers).await.unwrap();
    let blind = refusal("GetObjectRetention", 403, "AccessDenied");
    let why = keep(b"hello", vec![bare(5), got(b"hello"), blind]).await.unwrap_err();
    assert!(why.contains("until when"), "{why}");
}

async fn check(answers: Vec<ScriptedAnswer>) -> Result<(), String> {
    let (bucket, _) = recorded(answers).await;
    bucket.check().await.map_err(|why| why.to_string())
}

#[tokio::test]
async fn a_bucket_that_forgets_or_lets_delete_is_refused() {
    let versions = |status: &str| {
        let text = format!("<VersioningConfiguration>{status}</VersioningConfiguration>");
        answer("GetBucketVersioning", 200, text)
    };
    let on = || versions("<Status>Enabled</Status>");
    let lock = |text: &str| {
        answer("GetObjectLockConfiguration", 200, format!("<ObjectLockConfiguration>{text}</ObjectLockConfiguration>"))
    };
    check(vec![on(), lock("<ObjectLockEnabled>Enabled</ObjectLockEnabled>")]).await.unwrap();
    for (answers, words) in [
        (vec![versions("")], "versioning of the bucket bank-evidence is off"),
        (vec![versions("<Status>Suspended</Status>")], "is Suspended"),
        (
            vec![on(), refusal("GetObjectLockConfiguration", 404, "ObjectLockConfigurationNotFoundError")],
            "no Object Lock",
        ),
        (vec![on(), lock("")], "malformed s3:GetObjectLockConfiguration"),
        (vec![refusal("GetBucketVersioning", 404, "NoSuchBucket")], "does not exist"),
        (
            vec![on(), refusal("GetObjectLockConfiguration", 403, "AccessDenied")],
            "denied s3:GetObjectLockConfiguration",
        ),
    ] {
        let why = check(answers).await.unwrap_err();
        assert!(why.contains(words), "{why}");
    }
}

#[tokio::test]
async fn s3_tells_the_region_even_where_it_refuses() {
    for status in [200, 301, 403] {
        let answers = vec![answer("HeadBucket", status, "").with("x-amz-bucket-region", "ap-southeast-2")];
        assert_eq!(recorded(answers).await.0.region().await.unwrap(), "ap-southeast-2");
    }
    let why = recorded(vec![answer("HeadBucket", 404, "")]).await.0.region().await.unwrap_err().to_string();
    assert!(why.contains("does not exist"), "{why}");
    let why = recorded(vec![answer("HeadBucket", 403, "")]).await.0.region().await.unwrap_err().to_string();
    assert!(why.contains("find the bucket"), "{why}");
}

#[tokio::test]
async fn lists_and_objects_have_an_end() {
    let page = |versions: &[(&str, &str, bool)], next: &str| {
        let mut text = format!(
            "<ListVersionsResult><Name>{BUCKET}</Name><Prefix/><KeyMarker/><VersionIdMarker/><MaxKeys>1000</MaxKeys>"
        );
        for (key, id, latest) in versions {
            let _ = write!(
                text,
                "<Version><Key>{key}</Key><VersionId>{id}</VersionId><IsLatest>{latest}</IsLatest>\
                 <LastModified>2026-11-20T22:15:00.000Z</LastModified><Size>3</Size></Version>"
            );
        }
        let more = !next.is_empty();
        let token = if more { format!("<NextKeyMarker>{next}</NextKeyMarker>") } else { String::new() };
        answer(
            "ListObjectVersions",
            200,
            format!("{text}<IsTruncated>{more}</IsTruncated>{token}</ListVersionsResult>"),
        )
    };
    // One object was overwritten. A delete marker hides the other object.
    let pages = vec![
        page(&[("a", "a2", true), ("a", "a1", false), ("b", "b1", true)], "b"),
        page(&[("c", "c1", false)], "").asked("url", "key-marker=b"),
    ];
    let listed = recorded(pages).await.0.list("", 10).await.unwrap();
    let told: Vec<_> = listed.iter().map(|it| (it.version.as_str(), it.covered)).collect();
    assert_eq!(told, [("a1", true), ("b1", false), ("c1", true)]);
    let two = [("a", "a1", true), ("b", "b1", true)];
    let (bucket, _) = recorded(vec![page(&two, "t")]).await;
    assert!(bucket.list("", 1).await.unwrap_err().to_string().contains("too large"));
    let (bucket, _) = recorded(vec![page(&two, "t"), page(&two, "t")]).await;
    assert!(bucket.list("", 10).await.unwrap_err().to_string().contains("truncated"));
    let (bucket, _) = recorded(vec![answer("GetObject", 200, vec![0; 11])]).await;
    assert!(bucket.get("a", "a1", 10).await.unwrap_err().to_string().contains("more than 10 bytes"));
}
