//! Tests the kinds whose cases name what is read: the objects below prefixes, and the records of log groups.

use std::sync::Arc;

use attestry::aws::described::{Fault, Faults};
use attestry::aws::{Described, Operation};
use attestry::evidence::{read_facts, write_facts};
use attestry::facts::Cause;
use attestry::kinds;
use attestry::policy::Case;
use attestry::verify::evaluate;

use crate::common::{Ran, cases_of, run};

const ACCOUNT: &str = r#"account: "111122223333"
regions: [eu-central-1]
as_of: 2026-11-20T12:00:00Z
pages: { ListObjectsV2: 1, FilterLogEvents: 1 }
answers:
  s3:
    ListObjectsV2:
      Contents:
        - { Key: a/1, Size: 10, LastModified: 2026-11-19T12:00:00Z, ETag: '"e1"' }
        - { Key: a/b/2, Size: 10, LastModified: 2026-10-01T12:00:00Z, ETag: '"e2"' }
        - { Key: c/3, Size: 10, LastModified: 2026-11-19T12:00:00Z, ETag: '"e3"' }
    HeadObject:
      by Key:
        a/1: { ETag: '"e1"', ServerSideEncryption: AES256 }
        a/b/2: { ETag: '"e2"', ServerSideEncryption: AES256, Metadata: { Dek-Version: "3" } }
        c/3: { ETag: '"another"', ServerSideEncryption: AES256 }
    GetObjectRetention:
      by Key:
        a/1: { Retention: { Mode: COMPLIANCE, RetainUntilDate: 2030-01-01T00:00:00Z } }
        a/b/2: { error: InvalidRequest, message: Bucket is missing Object Lock Configuration, status: 400 }
        "*": { error: InvalidRequest, message: Another thing, status: 400 }
  logs:
    DescribeLogGroups:
      logGroups:
        - { logGroupName: audit, arn: "arn:aws:logs:eu-central-1:111122223333:log-group:audit:*", logGroupArn: "arn:aws:logs:eu-central-1:111122223333:log-group:audit", storedBytes: 1, creationTime: 2026-01-01T00:00:00Z }
        - { logGroupName: short, arn: "arn:aws:logs:eu-central-1:111122223333:log-group:short:*", logGroupArn: "arn:aws:logs:eu-central-1:111122223333:log-group:short", retentionInDays: 30, storedBytes: 1, creationTime: 2026-01-01T00:00:00Z }
    FilterLogEvents:
      events:
        - { logStreamName: s, eventId: "1", timestamp: 2026-11-19T12:00:00Z, ingestionTime: 2026-11-19T12:00:01Z, message: '{"ticket": "SEC-1"}' }
        - { logStreamName: s, eventId: "2", timestamp: 2026-11-18T12:00:00Z, ingestionTime: 2026-11-18T12:00:01Z, message: '{"ticket": "SEC-2"}' }
"#;

fn account() -> Arc<Described> {
    Arc::new(Described::read("account.yaml", ACCOUNT).unwrap_or_else(|wrong| panic!("{wrong}")))
}

fn objects(over: &str, prefix: &str, expect: &str) -> String {
    format!(
        "  a:\n    each: s3.object\n    over: {over}\n    where: {{ prefixes: {{ contains: \"{prefix}\" }} }}\n    when_none: violated\n    \
         expect: {expect}\n"
    )
}

fn records(over: &str, group: &str, expect: &str) -> String {
    format!(
        "  a:\n    each: logs.record\n    over: {over}\n    where: {{ group: {group} }}\n    when_none: violated\n    expect: {expect}\n"
    )
}

fn compiled(account: &Described, cases: &str) -> Vec<Case> {
    cases_of(account, &format!("id: N\ntitle: Named\nseverity: high\ncases:\n{cases}"))
}

/// The verdicts, also by the facts that evidence keeps.
fn words(ran: &Ran, cases: &[Case], account: &Described) -> Vec<&'static str> {
    let mut text = Vec::new();
    write_facts(&ran.populations, &mut text).unwrap();
    let stored = read_facts(&String::from_utf8(text).unwrap(), kinds::find).unwrap();
    let again = evaluate(cases, &stored, &[], account.as_of);
    let words = |it: &[attestry::verify::CaseResult]| it.iter().map(|case| case.verdict.word()).collect::<Vec<_>>();
    assert_eq!(words(&again.cases), words(&ran.result.cases));
    words(&ran.result.cases)
}

#[tokio::test]
async fn the_objects_and_records_of_a_window_decide() {
    let account = account();
    let found = "{ size: 10 }";
    for (case, verdict, coverage) in [
        (objects("30d", "s3://bucket/a/", found), "met", 1),
        (objects("90d", "s3://bucket/a/", found), "met", 2),
        (objects("30d", "s3://bucket/none/", found), "violated", 0),
        (objects("30d", "s3://bucket/a/", "{ lock.mode: COMPLIANCE }"), "met", 1),
        (objects("90d", "s3://bucket/a/", "{ lock.mode: COMPLIANCE }"), "violated", 2),
        (objects("90d", "s3://bucket/a/b/", "{ metadata.dek-version: \"3\", lock.until: { absent: true } }"), "met", 1),
        // The object was replaced between the list and the next call.
        (objects("30d", "s3://bucket/c/", "{ encryption.algorithm: AES256 }"), "not_evaluated", 1),
        // The code has a second meaning, which is no answer about the lock.
        (objects("30d", "s3://bucket/c/", "{ lock.mode: { absent: true } }"), "not_evaluated", 1),
        (objects("30d", "s3:/bucket", found), "not_evaluated", 0),
        (records("30d", "audit", "{ fields.ticket: { present: true } }"), "met", 2),
        (records("30d", "audit", "{ fields.ticket: SEC-1 }"), "violated", 2),
        (records("36h", "audit", "{ fields.ticket: SEC-1 }"), "met", 1),
        // The group deletes its records after 30 days.
        (records("29d", "short", "{ fields.ticket: { present: true } }"), "met", 2),
        (records("60d", "short", "{ fields.ticket: { present: true } }"), "not_evaluated", 2),
        (records("30d", "none", "{ json: true }"), "violated", 0),
    ] {
        let cases = compiled(&account, &case);
        let ran = run(&cases, &account, account.connector()).await.unwrap();
        assert_eq!(words(&ran, &cases, &account), [verdict], "{case} {:?}", ran.result.cases[0].gaps);
        assert_eq!(ran.result.cases[0].coverage.expected, coverage, "{case}");
    }
}

/// Facts that were read for one prefix or group say nothing about another one, and nothing about an older time.
#[tokio::test]
async fn other_facts_than_those_that_were_named_are_missing() {
    let account = account();
    for (read, others) in [
        (
            objects("30d", "s3://bucket/a/", "{ size: 10 }"),
            [objects("30d", "s3://bucket/c/", "{ size: 10 }"), objects("90d", "s3://bucket/a/", "{ size: 10 }")],
        ),
        (
            records("30d", "audit", "{ json: true }"),
            [records("30d", "short", "{ json: true }"), records("90d", "audit", "{ json: true }")],
        ),
    ] {
        let ran = run(&compiled(&account, &read), &account, account.connector()).await.unwrap();
        assert_eq!(ran.result.cases[0].verdict.word(), "met");
        for other in others {
            let cases = compiled(&account, &other);
            let result = evaluate(&cases, &ran.populations, &[], account.as_of);
            assert_eq!(result.cases[0].verdict.word(), "not_evaluated", "{other}");
            let gaps: Vec<Cause> = result.cases[0].gaps.iter().map(|gap| gap.cause).collect();
            assert_eq!(gaps, [Cause::OutOfReach], "{other}");
        }
    }
}

/// One list for each prefix, and one call for each object that a case still needs.
#[tokio::test]
async fn only_what_the_cases_name_is_read() {
    let account = account();
    let cases = objects("90d", "s3://bucket/a/", "{ encryption.algorithm: AES256 }")
        + &objects("30d", "s3://bucket/a/b/", "{ size: 10 }").replace("  a:\n", "  b:\n");
    let cases = compiled(&account, &cases);
    let ran = run(&cases, &account, account.connector()).await.unwrap();
    assert_eq!(words(&ran, &cases, &account), ["met", "violated"]);
    let calls = ran.link.calls.all();
    let of = |operation: &str, member: &str| {
        let of = calls.iter().filter(|call| call.operation == operation);
        let mut all: Vec<String> =
            of.map(|call| call.parameters[member].as_str().unwrap_or_default().to_owned()).collect();
        all.sort();
        all
    };
    assert_eq!(of("ListObjectsV2", "Prefix"), ["a/", "a/", "a/b/"]);
    assert_eq!(of("HeadObject", "Key"), ["a/1", "a/b/2"]);
    assert!(of("GetObjectRetention", "Key").is_empty() && of("GetObject", "Key").is_empty());
}

#[tokio::test]
async fn a_call_that_fails_leaves_its_case_unevaluated() {
    let account = account();
    let encrypted = objects("30d", "s3://bucket/a/", "{ encryption.algorithm: AES256 }");
    let locked = objects("30d", "s3://bucket/a/", "{ lock.mode: COMPLIANCE }");
    let logged = records("30d", "audit", "{ fields.ticket: { present: true } }");
    for (case, service, operation) in [
        (&encrypted, "s3", "ListObjectsV2"),
        (&encrypted, "s3", "HeadObject"),
        (&locked, "s3", "GetObjectRetention"),
        (&logged, "logs", "DescribeLogGroups"),
        (&logged, "logs", "FilterLogEvents"),
    ] {
        let cases = compiled(&account, case);
        let operation = Operation::new(service, operation);
        for (fault, cause) in [
            (Fault::Error { code: "AccessDenied".to_owned(), status: 403 }, Cause::Denied),
            (Fault::Throttled, Cause::Throttled),
            (Fault::MalformedBody, Cause::Malformed),
            (Fault::TimeOut, Cause::TimedOut),
            (Fault::RepeatedToken, Cause::Truncated),
            (Fault::TruncatedWithoutToken, Cause::Truncated),
            (Fault::SecondPageFails, Cause::Unavailable),
        ] {
            let Some(broken) = Faults::new(account.connector(), operation.clone(), fault.clone()) else { continue };
            let ran = run(&cases, &account, broken.connector()).await.unwrap();
            assert_eq!(words(&ran, &cases, &account), ["not_evaluated"], "{operation:?} {fault:?}");
            let case = &ran.result.cases[0];
            let gaps: Vec<Cause> =
                case.gaps.iter().chain(case.resources.iter().flat_map(|it| &it.gaps)).map(|gap| gap.cause).collect();
            // An answer to HEAD has no code. The status of a throttled request is that of a service that is not there.
            let head = operation.name == "HeadObject" && cause == Cause::Throttled;
            let cause = if head { Cause::Unavailable } else { cause };
            assert!(!gaps.is_empty() && gaps.iter().all(|it| *it == cause), "{operation:?} {fault:?}: {gaps:?}");
        }
    }
}
