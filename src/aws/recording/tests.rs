//! Tests the content of the files of a recording, and the answers that are played from them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::base64;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::exchange::Body;
use super::*;
use crate::aws::Operation;
use crate::aws::described::tests::sdk;
use crate::aws::described::{Described, Fault, Faults};
use crate::aws::wire::{self, binary, percent_encode};

const ACCOUNT: &str = "647751526084";

fn kms(connector: SharedHttpConnector) -> aws_sdk_kms::Client {
    let config = aws_sdk_kms::config::Builder::from(&sdk(connector, "ap-southeast-2"));
    aws_sdk_kms::Client::from_conf(config.build())
}

fn iam(connector: SharedHttpConnector) -> aws_sdk_iam::Client {
    let config = aws_sdk_iam::config::Builder::from(&sdk(connector, "ap-southeast-2"));
    aws_sdk_iam::Client::from_conf(config.build())
}

fn account() -> Arc<Described> {
    let text = r#"
account: "647751526084"
regions: [ap-southeast-2]
as_of: 2026-11-20T22:15:00Z
pages: { ListKeys: 2 }
answers:
  kms:
    ListKeys: { Keys: [{ KeyId: a }, { KeyId: b }, { KeyId: c }] }
    DescribeKey:
      by KeyId:
        a: { KeyMetadata: { KeyId: a, CreationDate: 2026-11-20T09:00:00Z } }
        "*": { error: AccessDeniedException, message: no }
  iam:
    GetAccountSummary: { SummaryMap: { Users: 3 } }
"#;
    Arc::new(Described::read("account.yaml", text).unwrap_or_else(|error| panic!("{error}")))
}

async fn ask(connector: SharedHttpConnector) -> Vec<String> {
    let kms = kms(connector.clone());
    let mut seen = Vec::new();
    let mut pages = kms.list_keys().into_paginator().send();
    while let Some(page) = pages.next().await {
        seen.push(page.map_or_else(|error| format!("{error:?}"), |page| format!("{:?}", page.keys())));
    }
    for id in ["a", "zz"] {
        seen.push(match kms.describe_key().key_id(id).send().await {
            Ok(key) => format!("{:?}", key.key_metadata()),
            Err(error) => format!("{:?}", error.code()),
        });
    }
    seen.push(format!("{:?}", iam(connector).get_account_summary().send().await.map(|it| it.summary_map)));
    seen
}

async fn recorded(folder: &Path, inner: SharedHttpConnector) -> Vec<String> {
    let recording = Recording::create(folder, account().as_of).unwrap();
    let seen = ask(recording.connector(ACCOUNT, inner)).await;
    recording.finish().unwrap();
    seen
}

#[tokio::test]
async fn a_recording_answers_as_the_account_did() {
    let folder = tempfile::tempdir().unwrap();
    let live = recorded(folder.path(), account().connector()).await;
    let replay = Arc::new(Replay::read(folder.path(), ReplayLimits::default()).unwrap());
    assert_eq!(ask(replay.connector(ACCOUNT)).await, live);
    assert_eq!(replay.as_of, account().as_of);
    assert_eq!(replay.places().collect::<Vec<_>>(), [(ACCOUNT, "ap-southeast-2"), (ACCOUNT, "us-east-1")]);
    let error = kms(replay.connector(ACCOUNT)).list_aliases().send().await.unwrap_err();
    assert_eq!(error.code(), Some(wire::NOT_DESCRIBED));
    let error = kms(replay.connector("999999999999")).list_keys().send().await.unwrap_err();
    assert_eq!(error.code(), Some(wire::NOT_DESCRIBED));
    assert!(Recording::create(folder.path(), account().as_of).is_err(), "a folder holds one recording");
}

#[tokio::test]
async fn failures_are_recorded_in_their_order() {
    for fault in [Fault::Reset, Fault::TimeOut, Fault::MalformedBody, Fault::SecondPageFails, Fault::Throttled] {
        let operation = Operation { service: "kms".into(), name: "ListKeys".into() };
        let broken = Faults::new(account().connector(), operation, fault.clone()).unwrap().connector();
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::create(folder.path(), account().as_of).unwrap();
        let connector = recording.connector(ACCOUNT, broken);
        let live = kms(connector).list_keys().into_paginator().send().collect::<Result<Vec<_>, _>>().await.unwrap_err();
        recording.finish().unwrap();
        let replay = Arc::new(Replay::read(folder.path(), ReplayLimits::default()).unwrap());
        let again = kms(replay.connector(ACCOUNT));
        let again = again.list_keys().into_paginator().send().collect::<Result<Vec<_>, _>>().await.unwrap_err();
        let kind = |error: &aws_sdk_kms::error::SdkError<_, HttpResponse>| {
            (std::mem::discriminant(error), error.raw_response().map(|it| it.status().as_u16()))
        };
        assert_eq!((kind(&live), live.code()), (kind(&again), again.code()), "{fault:?}");
    }
}

#[tokio::test]
async fn two_recordings_of_one_account_are_the_same_bytes() {
    let read = |folder: &Path| {
        let file = folder.join(ACCOUNT).join("ap-southeast-2").join("kms.DescribeKey.jsonl");
        std::fs::read_to_string(file).unwrap()
    };
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    recorded(one.path(), account().connector()).await;
    let recording = Recording::create(other.path(), account().as_of).unwrap();
    let client = kms(recording.connector(ACCOUNT, account().connector()));
    for id in ["zz", "a"] {
        let _ = client.describe_key().key_id(id).send().await;
    }
    recording.finish().unwrap();
    assert_eq!(read(one.path()), read(other.path()));
}

#[tokio::test]
async fn a_hostile_recording_is_refused() {
    let refused = |change: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        drop(Recording::create(folder.path(), account().as_of).unwrap());
        let place = folder.path().join(ACCOUNT).join("ap-southeast-2");
        std::fs::create_dir_all(&place).unwrap();
        assert!(Replay::read(folder.path(), ReplayLimits::default()).is_ok());
        change(folder.path());
        let limits = ReplayLimits { bytes: 10_000, files: 10, exchanges: 3 };
        Replay::read(folder.path(), limits).map(|_| ()).unwrap_err().to_string()
    };
    let file = |folder: &Path| folder.join(ACCOUNT).join("ap-southeast-2").join("kms.ListKeys.jsonl");
    let line = r#"{"parameters":{},"outcome":{"broken":"timed-out"}}"#;
    assert!(refused(&|folder| std::fs::write(file(folder), "{}\n").unwrap()).contains("kms.ListKeys.jsonl:1:"));
    assert!(refused(&|folder| std::fs::write(file(folder), "[".repeat(9000)).unwrap()).contains("recursion limit"));
    assert!(refused(&|folder| std::fs::write(file(folder), "x".repeat(20_000)).unwrap()).contains("10000 bytes"));
    assert!(
        refused(&|folder| std::fs::write(file(folder), format!("{line}\n").repeat(4)).unwrap()).contains("3 exchanges")
    );
    assert!(refused(&|folder| std::fs::write(folder.join("x"), "").unwrap()).contains("expected an account"));
    assert!(
        refused(
            &|folder| std::fs::write(folder.join(HEADER), r#"{"format":"x","as_of":"2026-11-20T22:15:00Z"}"#).unwrap()
        )
        .contains("format")
    );
    #[cfg(unix)]
    assert!(
        refused(&|folder| std::os::unix::fs::symlink("/etc", folder.join("123456789012")).unwrap()).contains("links")
    );
}

#[test]
fn what_cannot_be_read_is_not_kept() {
    let operation = Operation { service: "kms".into(), name: "ListKeys".into() };
    assert_eq!(body::keep(&operation, "", b"{\"SecretString\":\"hunter2"), Body::Unreadable);
    let operation = Operation { service: "iam".into(), name: "ListKeys".into() };
    for text in ["<a><b></a>", "<a>", "<!DOCTYPE x>", "</a>", "<a", &"<a>".repeat(100)] {
        assert_eq!(body::keep(&operation, "text/xml", text.as_bytes()), Body::Unreadable, "{text}");
    }
    let kept = body::keep(&operation, "text/xml", b"<?xml version=\"1.0\"?><a x=\"1\"><b/><c>d &amp; e</c></a>");
    assert_eq!(kept, Body::Xml("<a x=\"1\"><b/><c>d &amp; e</c></a>".into()));
}

/// Answers every request with one body.
#[derive(Debug)]
struct Always(&'static str, Vec<u8>);

impl HttpConnector for Always {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut response = HttpResponse::new(StatusCode::try_from(200).unwrap(), SdkBody::from(self.1.clone()));
        response.headers_mut().insert("content-type", self.0);
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn everything(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        bytes.extend(entry.file_name().to_string_lossy().as_bytes());
        if entry.path().is_dir() {
            bytes.extend(everything(&entry.path()));
        } else {
            bytes.extend(std::fs::read(entry.path()).unwrap());
        }
    }
    bytes
}

/// Records one exchange and returns all bytes that reached the disk. The answer and the request contain the canary.
fn disk(service: &str, name: &str, content_type: &'static str, body: Vec<u8>, asked: &Value) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::create(folder.path(), account().as_of).unwrap();
    let connector = recording.connector(ACCOUNT, SharedHttpConnector::new(Always(content_type, body)));
    let body = if matches!(service, "iam" | "sts") { form(asked) } else { asked.to_string() };
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.add_extension(Operation { service: service.into(), name: name.into() });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(connector.call(request)).unwrap();
    recording.finish().unwrap();
    everything(folder.path())
}

/// Returns the members of a request in the form of the query protocol.
fn form(value: &Value) -> String {
    fn walk(name: &str, value: &Value, pairs: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(member, value)| {
                walk(format!("{name}.{member}").trim_start_matches('.'), value, pairs);
            }),
            other => pairs.push(format!("{name}={}", percent_encode(other.as_str().unwrap_or_default()))),
        }
    }
    let mut pairs = vec!["Action=X".to_owned()];
    walk("", value, &mut pairs);
    pairs.join("&")
}

fn forms(canary: &str) -> Vec<String> {
    let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let escaped = Value::from(canary).to_string();
    let twice = Value::from(escaped.trim_matches('"')).to_string();
    // The ends of base64 depend on the bytes around the text.
    let encoded = base64::encode(canary);
    let middle = encoded.trim_end_matches('=');
    let middle = middle.get(..middle.len() - 2).unwrap().to_owned();
    let trimmed = |text: String| text.trim_matches('"').to_owned();
    vec![canary.to_owned(), trimmed(escaped), trimmed(twice), middle, percent_encode(canary), hex.to_uppercase(), hex]
}

fn assert_gone(disk: &[u8], canary: &str, what: &str) {
    let text = String::from_utf8_lossy(disk);
    assert!(text.contains("outcome"), "{what}: nothing was recorded");
    assert!(text.contains("visible"), "{what}: what is no secret must stay: {text}");
    for form in forms(canary) {
        assert!(!text.contains(&form), "{what}: {form} in {text}");
    }
}

/// Returns service, operation, and an answer with a secret in one of its members.
fn planted(canary: &str) -> Vec<(&'static str, &'static str, Value)> {
    let bytes = base64::encode(canary);
    let event = json!({ "responseElements": { "credentials": { "sessionToken": canary } } }).to_string();
    vec![
        ("secretsmanager", "GetSecretValue", json!({ "Name": "visible", "SecretString": canary })),
        ("secretsmanager", "GetSecretValue", json!({ "Name": "visible", "SecretBinary": bytes })),
        (
            "secretsmanager",
            "BatchGetSecretValue",
            json!({ "Name": "visible", "SecretValues": [{ "SecretString": canary }] }),
        ),
        ("secretsmanager", "GetRandomPassword", json!({ "Name": "visible", "RandomPassword": canary })),
        ("ssm", "GetParameter", json!({ "Parameter": { "Name": "visible", "Type": "SecureString", "Value": canary } })),
        ("ssm", "GetParametersByPath", json!({ "Parameters": [{ "Name": "visible", "Value": canary }] })),
        (
            "lambda",
            "ListFunctions",
            json!({ "Functions": [{ "FunctionName": "visible", "Environment": { "Variables": { "A": canary } } }] }),
        ),
        ("lambda", "GetFunction", json!({ "FunctionName": "visible", "Code": { "Location": canary } })),
        ("kms", "Decrypt", json!({ "KeyId": "visible", "Plaintext": bytes })),
        (
            "sts",
            "AssumeRole",
            json!({ "Arn": "visible", "Credentials": { "AccessKeyId": canary, "SecretAccessKey": canary, "SessionToken": canary } }),
        ),
        ("iam", "CreateAccessKey", json!({ "UserName": "visible", "AccessKey": { "SecretAccessKey": canary } })),
        ("apigateway", "GetApiKeys", json!({ "name": "visible", "items": [{ "value": canary }] })),
        ("cloudtrail", "LookupEvents", json!({ "Name": "visible", "Events": [{ "CloudTrailEvent": event }] })),
    ]
}

fn xml(value: &Value) -> String {
    match value {
        Value::Object(members) => members.iter().map(|(name, it)| format!("<{name}>{}</{name}>", xml(it))).collect(),
        Value::Array(items) => items.iter().map(|item| format!("<member>{}</member>", xml(item))).collect(),
        Value::String(text) => wire::xml_escape(text).into_owned(),
        other => other.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_canary_reaches_the_disk(canary in "[A-Za-z0-9]{4}[ -~]{8,40}[A-Za-z0-9]{4}") {
        for (service, name, value) in planted(&canary) {
            let bodies = [
                ("application/x-amz-json-1.1", value.to_string().into_bytes()),
                ("application/cbor", binary::encode(&value)),
            ];
            for (content_type, body) in bodies {
                assert_gone(&disk(service, name, content_type, body, &value), &canary, &format!("{service}:{name} {content_type}"));
            }
            // The content type of XML services decides nothing. The form of the body depends on the service.
            if matches!(service, "sts" | "iam") {
                let body = format!("<R>{}</R>", xml(&value)).into_bytes();
                assert_gone(&disk(service, name, "text/xml", body, &value), &canary, &format!("{service}:{name} xml"));
            }
        }
    }

    #[test]
    fn no_canary_hides_in_a_document_of_iam(canary in "[A-Za-z0-9/+]{40}") {
        let document = json!({ "Statement": [{ "Sid": "visible", "SecretAccessKey": canary }] }).to_string();
        let body = format!("<R><PolicyDocument>{}</PolicyDocument></R>", percent_encode(&document)).into_bytes();
        assert_gone(&disk("iam", "GetRolePolicy", "text/xml", body, &json!({})), &canary, "document");
    }
}
