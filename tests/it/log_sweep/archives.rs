//! Tests archived logs in S3: the parts that a run reads, and the effect of an incompletely read object on a verdict.

use std::fmt::Write as _;
use std::sync::Arc;

use attestry::aws::wire::{self, Failure};
use attestry::aws::{Described, Operation};
use attestry::facts::{Archive, Cause, Fact, Gap, LogScope, Value};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::base64;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{VALUE, described};
use crate::common::{Ran, cases_of, run_sweeping};

const POLICY: &str = "id: P\ntitle: P\nseverity: high\ncases:\n  values:\n    title: v\n    each: logs.archive\n    when_none: violated\n    \
                      expect: { value_findings: { count: 0 } }\n  patterns:\n    title: p\n    each: logs.archive\n    when_none: violated\n    expect: { \
                      pattern_findings: { count: 0 } }\n";

const ACCOUNT: &str = r#"account: "111122223333"
regions: [eu-central-1]
as_of: 2026-11-20T22:15:00Z
pages: { ListObjectsV2: 1 }
answers:
  secretsmanager:
    ListSecrets:
      SecretList:
        - { Name: bank, ARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:bank-AbCdEf", SecretVersionsToStages: { v-1: [AWSPREVIOUS] } }
    GetSecretValue: { SecretString: "Rk7vXq93LmTz20Wd" }
  ssm:
    DescribeParameters: { Parameters: [] }
  s3:
    ListObjectsV2:
      Contents:
"#;

struct Object {
    key: &'static str,
    written: &'static str,
    body: Vec<u8>,
    listed: usize,
}

impl Object {
    fn new(key: &'static str, body: &[u8]) -> Self {
        Self { key, written: "2026-11-20T12:00:00Z", body: body.to_vec(), listed: body.len() }
    }
}

fn gz(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Returns an account with these objects, and with others for which GetObject returns an error.
fn account(objects: &[Object], refused: &[&str]) -> Arc<Described> {
    described(&text(objects, refused))
}

fn text(objects: &[Object], refused: &[&str]) -> String {
    let mut text = ACCOUNT.to_owned();
    for Object { key, written, listed, .. } in objects {
        writeln!(text, "        - {{ Key: {key}, Size: {listed}, LastModified: {written} }}").unwrap();
    }
    text.push_str("    GetObject:\n      by Key:\n");
    for Object { key, body, .. } in objects {
        let body = base64::encode(body);
        let answer = if refused.contains(key) {
            "{ error: AccessDenied }".to_owned()
        } else {
            format!("{{ BodyBase64: \"{body}\" }}")
        };
        writeln!(text, "        {key}: {answer}").unwrap();
    }
    text
}

async fn swept(account: &Arc<Described>, window: Option<i64>) -> (Ran, Vec<&'static str>) {
    let archives = vec![Archive::read("s3://bank-logs/logs/").unwrap()];
    let logs = LogScope { archives, window, ..LogScope::all(account.as_of) };
    let cases = cases_of(account, POLICY);
    let ran = run_sweeping(&cases, account, account.connector(), logs).await.unwrap();
    let words = ran.result.cases.iter().map(|it| it.verdict.word()).collect();
    (ran, words)
}

fn fact<'a>(ran: &'a Ran, name: &str) -> &'a Fact {
    ran.populations[0].resources[0].get(name).unwrap()
}

fn gaps(ran: &Ran) -> Vec<&Gap> {
    ran.result.cases[0].resources.iter().flat_map(|it| &it.gaps).map(|gap| &**gap).collect()
}

fn got(ran: &Ran) -> usize {
    ran.link.calls.all().iter().filter(|call| call.operation == "GetObject").count()
}

#[tokio::test]
async fn plain_and_packed_objects_are_swept_page_by_page() {
    let line = format!("2026-11-20T10:00:00.000Z retry with {VALUE}\n");
    let objects = [
        Object::new("logs/export/stream/000000.gz", &gz(&line.repeat(3))),
        Object::new("logs/b.log", line.as_bytes()),
        Object::new("logs/empty/", b""),
        Object::new("other/c.log", line.as_bytes()),
    ];
    let (ran, words) = swept(&account(&objects, &[]), None).await;
    assert_eq!(words, ["violated", "met"]);
    assert_eq!(got(&ran), 2, "neither the folder nor what lies elsewhere");
    for (name, number) in [("objects", 3), ("objects_wanted", 2), ("objects_read", 2), ("events_read", 4)] {
        assert_eq!(fact(&ran, name), &Fact::from(number), "{name}");
    }
    assert_eq!(fact(&ran, "bytes_examined"), &Fact::from(i64::try_from(4 * line.len()).unwrap()));
    assert_eq!(fact(&ran, "bytes_wanted"), fact(&ran, "bytes_read"));
    let Fact::Known(Value::List(found)) = fact(&ran, "value_findings") else { panic!("no findings") };
    let [Value::Map(found)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(found["count"], 4.into());
    assert_eq!(found["source"], "s3://bank-logs/logs/b.log".into(), "of equal times the first name");
    assert!(!format!("{:?}", ran.populations).contains(VALUE));
}

#[tokio::test]
async fn an_object_that_was_not_wholly_read_is_never_clean() {
    let text = "2026-11-20T10:00:00.000Z all is well\n".repeat(2_000);
    let packed = gz(&text);
    let half = Object::new("logs/half.gz", packed.get(..packed.len() / 2).unwrap());
    let fine = || Object::new("logs/fine.gz", &gz("all is well\n"));
    let shrunk = Object { listed: 99, ..Object::new("logs/shrunk.log", b"all is well\n") };
    let zip = Object::new("logs/a.zip", b"PK\x03\x04 and more");
    let refused = Object::new("logs/refused.log", b"all is well\n");
    for (objects, no, cause, told) in [
        (vec![fine(), half], vec![], Cause::Undecided, "half.gz is not examined from byte"),
        (vec![fine(), zip], vec![], Cause::Undecided, "a.zip is not examined from byte 0 on: it is packed as zip"),
        (vec![fine(), shrunk], vec![], Cause::Malformed, "12 bytes came where 99 were listed"),
        (vec![fine(), refused], vec!["logs/refused.log"], Cause::Denied, "logs/refused.log"),
        (vec![Object::new("other/a.log", b"all is well\n")], vec![], Cause::Undecided, "no object of the window"),
    ] {
        let (ran, words) = swept(&account(&objects, &no), None).await;
        assert_eq!(words, ["not_evaluated", "not_evaluated"], "{told}");
        let gaps = gaps(&ran);
        assert!(gaps.iter().all(|gap| gap.cause == cause && gap.message.contains(told)), "{gaps:?}");
        assert!(!gaps.is_empty());
    }
    let (_, words) = swept(&account(&[fine()], &[]), None).await;
    assert_eq!(words, ["met", "met"]);
}

#[tokio::test]
async fn what_was_found_in_half_an_archive_is_still_found() {
    let text = format!("v={VALUE}\n{}", "2026-11-20T10:00:00.000Z all is well, nothing to see\n".repeat(20_000));
    let packed = gz(&text);
    let half = Object::new("logs/half.gz", packed.get(..packed.len() - 20).unwrap());
    let (ran, words) = swept(&account(&[half], &[]), None).await;
    assert_eq!(words, ["violated", "not_evaluated"]);
    let Fact::Known(Value::List(not)) = fact(&ran, "not_examined") else { panic!("all was examined") };
    assert_eq!(not.len(), 1);
}

#[tokio::test]
async fn objects_before_the_window_are_not_read() {
    let line = format!("v={VALUE}\n");
    let objects = [
        Object { written: "2026-11-19T10:00:00Z", ..Object::new("logs/export/stream/000000.log", line.as_bytes()) },
        Object::new("logs/2026/11/18/10/a.log", line.as_bytes()),
        Object::new("logs/2026/11/20/10/b.log", b"all is well\n"),
    ];
    let (ran, words) = swept(&account(&objects, &[]), Some(86_400)).await;
    assert_eq!(words, ["met", "met"]);
    assert_eq!((got(&ran), fact(&ran, "objects_wanted")), (1, &Fact::from(1)));
    assert_eq!(swept(&account(&objects, &[]), None).await.1, ["violated", "met"]);
}

/// A bucket in another Region than the Region of the request.
#[derive(Debug)]
struct Elsewhere(SharedHttpConnector);

impl HttpConnector for Elsewhere {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = Operation::of(&request).unwrap();
        if operation.service != "s3" || wire::region(&request) == Some("eu-west-1") {
            return self.0.call(request);
        }
        let mut answer = wire::refuse(&operation, &Failure::new("PermanentRedirect", "elsewhere"));
        answer.headers_mut().insert("x-amz-bucket-region", "eu-west-1");
        HttpConnectorFuture::ready(Ok(answer))
    }
}

#[tokio::test]
async fn an_archive_is_read_in_the_region_where_it_is() {
    let line = format!("v={VALUE}\n");
    let objects = [Object::new("logs/a.log", line.as_bytes()), Object::new("logs/b.log", b"all is well\n")];
    let text = text(&objects, &[]).replace("regions: [eu-central-1]", "regions: [eu-central-1, eu-west-1]");
    let account = described(&text);
    let archives = vec![Archive::read("s3://bank-logs/logs/").unwrap()];
    let logs = LogScope { archives, ..LogScope::all(account.as_of) };
    let connector = SharedHttpConnector::new(Elsewhere(account.connector()));
    let ran = run_sweeping(&cases_of(&account, POLICY), &account, connector, logs).await.unwrap();
    assert_eq!(ran.result.cases[0].verdict.word(), "violated", "{:?}", gaps(&ran));
    assert_eq!(ran.populations.len(), 2, "each Region has secrets of its own to look for");
    for population in &ran.populations {
        assert_eq!(population.resources[0].get("objects_read"), Some(&Fact::from(2)), "{}", population.region);
    }
}
