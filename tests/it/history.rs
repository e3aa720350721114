//! Tests the history of CloudTrail: the events of a case, the calls that its `where` leads to, and the time that no call
//! reaches.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;

use attestry::aws::described::{Fault, Faults};
use attestry::aws::{Described, Operation};
use attestry::evidence::{read_facts, write_facts};
use attestry::facts::{Cause, Fact};
use attestry::kinds;
use attestry::policy::Case;
use attestry::verify::evaluate;
use serde_json::{Value as Json, json};

use crate::common::{Ran, cases_of, run, whole_text, write_suite};

const SECRETS: &str = "secretsmanager.amazonaws.com";
const KMS: &str = "kms.amazonaws.com";

/// An event: name, service, time, and the members of its record.
type Event = (&'static str, &'static str, &'static str, Json);

/// The description of an account with these events.
fn text(regions: &str, more: &str, events: &[Event]) -> String {
    let mut text = format!(
        "account: \"111122223333\"\nregions: [{regions}]\nas_of: 2026-11-20T12:00:00Z\n{more}\nanswers:\n  cloudtrail in \
         eu-central-1:\n    LookupEvents:\n      Events:\n"
    );
    for (number, (name, source, time, more)) in events.iter().enumerate() {
        let id = format!("event-{number}");
        let mut record = json!({ "eventVersion": "1.11", "eventID": id, "eventName": name, "eventSource": source, "eventTime": time,
            "eventType": "AwsApiCall", "eventCategory": "Management", "userIdentity": {}, "readOnly": false });
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let resources = more.get("resources").cloned().unwrap_or_else(|| json!([]));
        let event = json!({ "EventId": id, "EventName": name, "EventSource": source, "EventTime": time, "ReadOnly": "false",
            "Resources": resources, "CloudTrailEvent": record });
        writeln!(text, "        - {event}").unwrap();
    }
    if events.is_empty() {
        text = text.replace("      Events:\n", "      Events: []\n");
    }
    text + "  cloudtrail:\n    LookupEvents: { Events: [] }\n"
}

fn account(regions: &str, more: &str, events: &[Event]) -> Arc<Described> {
    let text = text(regions, more, events);
    Arc::new(Described::read("account.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}")))
}

fn person() -> Json {
    json!({ "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann" }, "requestParameters": { "secretId": "bank-a" },
        "resources": [{ "ResourceType": "AWS::SecretsManager::Secret", "ResourceName": "bank-a" }] })
}

fn pipeline() -> Json {
    json!({ "userIdentity": { "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/deploy/run-1",
        "sessionContext": { "sessionIssuer": { "arn": "arn:aws:iam::111122223333:role/deploy" } } } })
}

fn rotated() -> Json {
    json!({ "eventType": "AwsServiceEvent", "serviceEventDetails": { "rotationType": "AUTOMATIC", "keyId": "arn:k", "previousKeyMaterialId": "a",
        "currentKeyMaterialId": "b" } })
}

fn events() -> Vec<Event> {
    vec![
        ("PutSecretValue", SECRETS, "2026-11-19T10:00:00Z", pipeline()),
        ("PutSecretValue", SECRETS, "2026-10-01T10:00:00Z", person()),
        ("RotateKey", KMS, "2026-11-18T10:00:00Z", rotated()),
        ("DisableKey", KMS, "2026-11-20T11:50:00Z", person()),
        ("DisableKey", KMS, "2026-08-01T10:00:00Z", person()),
    ]
}

/// The text of a case with this name.
fn case(name: &str, over: &str, filter: &str, expect: &str) -> String {
    format!(
        "  {name}:\n    each: cloudtrail.event\n    over: {over}\n    where: {filter}\n    when_none: met\n    expect: {expect}\n"
    )
}

fn compiled(account: &Described, cases: &str) -> Vec<Case> {
    cases_of(account, &format!("id: H\ntitle: History\nseverity: high\ncases:\n{cases}"))
}

/// The verdicts of a run. The stored facts must give the same verdicts again.
async fn judged(account: &Arc<Described>, cases: &str) -> (Ran, Vec<&'static str>) {
    let cases = compiled(account, cases);
    let ran = run(&cases, account, account.connector()).await.unwrap();
    let words = words(&ran, &cases, account);
    (ran, words)
}

fn words(ran: &Ran, cases: &[Case], account: &Described) -> Vec<&'static str> {
    let mut text = Vec::new();
    write_facts(&ran.populations, &mut text).unwrap();
    let stored = read_facts(&String::from_utf8(text).unwrap(), kinds::find).unwrap();
    let again = evaluate(cases, &stored, &[], account.as_of);
    let words = |it: &[attestry::verify::CaseResult]| it.iter().map(|case| case.verdict.word()).collect::<Vec<_>>();
    assert_eq!(words(&again.cases), words(&ran.result.cases));
    words(&ran.result.cases)
}

/// The lookups of a run in one Region: the value, and the days before the run.
fn lookups(ran: &Ran, account: &Described) -> Vec<(String, i64)> {
    let calls = ran.link.calls.all();
    let first = |call: &&attestry::aws::LoggedCall| {
        call.operation == "LookupEvents" && &*call.region == "eu-central-1" && call.parameters["NextToken"].is_null()
    };
    let shown = |call: &attestry::aws::LoggedCall| {
        let parameters = &call.parameters;
        let attribute = &parameters["LookupAttributes"][0];
        let text = |name: &str| attribute[name].as_str().unwrap_or_default();
        let of = format!("{} {}", text("AttributeKey"), text("AttributeValue"));
        assert_eq!(parameters["EndTime"].as_i64(), Some(account.as_of.as_second() - 900 + 1));
        (of.trim().to_owned(), (account.as_of.as_second() - parameters["StartTime"].as_i64().unwrap()) / 86_400)
    };
    let mut all: Vec<_> = calls.iter().filter(first).map(shown).collect();
    all.sort();
    all
}

#[tokio::test]
async fn the_events_of_a_window_decide() {
    let secrets = format!("source: {SECRETS}");
    let kms = format!("source: {KMS}");
    for (over, filter, expect, verdict) in [
        // The person wrote a value seven weeks ago.
        ("30d", format!("{{ name: PutSecretValue, {secrets} }}"), "{ actor_type: AssumedRole }", "met"),
        ("90d", format!("{{ name: PutSecretValue, {secrets} }}"), "{ actor_type: AssumedRole }", "violated"),
        (
            "30d",
            format!("{{ name: PutSecretValue, {secrets} }}"),
            "{ issuer: \"arn:aws:iam::111122223333:role/deploy\", session: run-1 }",
            "met",
        ),
        (
            "90d",
            format!("{{ resources: {{ any: {{ name: bank-a }} }}, {secrets} }}"),
            "{ request.secret: bank-b }",
            "violated",
        ),
        (
            "30d",
            format!("{{ name: RotateKey, {kms} }}"),
            "{ service_details.rotation_type: AUTOMATIC, actor: { absent: true } }",
            "met",
        ),
        ("30d", format!("{{ name: RotateKey, {kms} }}"), "{ service_details.rotation_type: ON_DEMAND }", "violated"),
        // The last 15 minutes and the time before the window are not in it.
        ("90d", format!("{{ name: DisableKey, {kms} }}"), "{ name: { absent: true } }", "met"),
        (
            "90d",
            "{ name: { one_of: [DisableKey, RotateKey] } }".to_owned(),
            &*format!("{{ source: {KMS} }}"),
            "not_evaluated",
        ),
        // The history has 90 days.
        (
            "91d",
            format!("{{ name: RotateKey, {kms} }}"),
            "{ service_details.rotation_type: AUTOMATIC }",
            "not_evaluated",
        ),
        ("91d", format!("{{ name: RotateKey, {kms} }}"), "{ service_details.rotation_type: ON_DEMAND }", "violated"),
    ] {
        for pages in ["", "pages: { LookupEvents: 1 }"] {
            let account = account("eu-central-1", pages, &events());
            let (ran, words) = judged(&account, &case("a", over, &filter, expect)).await;
            assert_eq!(words, [verdict], "{over} {filter} {expect}: {:?}", ran.result.cases[0].gaps);
        }
    }
}

#[tokio::test]
async fn a_reason_names_the_time_or_the_region_that_was_not_read() {
    let one = account("eu-central-1", "", &events());
    let far = case("far", "120d", &format!("{{ source: {KMS}, name: RotateKey }}"), "{ type: AwsServiceEvent }");
    let all = case("all", "30d", "{ error_code: { absent: true } }", "{ category: Management }");
    let (ran, words) = judged(&one, &(far + &all)).await;
    assert_eq!(words, ["not_evaluated", "not_evaluated"]);
    let message = |case: usize| ran.result.cases[case].gaps[0].message.clone();
    assert_eq!(
        message(0),
        "the events are needed over 120d, and they were read from 2026-08-22T12:00:00Z until 2026-11-20T11:45:00Z"
    );
    assert!(message(1).contains("global services are in us-east-1"), "{}", message(1));
    assert!(ran.result.cases.iter().all(|it| it.gaps.iter().all(|gap| gap.cause == Cause::OutOfReach)));

    let both = account("eu-central-1, us-east-1", "", &events());
    let (ran, words) = judged(&both, &all).await;
    assert_eq!(words, ["met"]);
    let coverage = &ran.result.cases[0].coverage;
    assert_eq!(
        coverage.window.as_ref().map(ToString::to_string).as_deref(),
        Some("from 2026-10-21T12:00:00Z until 2026-11-20T11:45:00Z")
    );
    assert!(!coverage.qualified.is_empty());
}

#[tokio::test]
async fn each_lookup_is_made_once_for_all_cases() {
    let account = account("eu-central-1, us-east-1", "", &events());
    let expect = "{ category: Management }";
    let secret = case("a", "10d", &format!("{{ name: PutSecretValue, source: {SECRETS} }}"), expect)
        + &case("b", "20d", "{ name: PutSecretValue, read_only: false }", expect);
    let writes = case("c", "5d", "{ read_only: false }", expect)
        + &case("d", "1d", "{ user: ann, name: { glob: Put* } }", expect);
    let two = case("e", "7d", "{ name: { one_of: [RotateKey, PutSecretValue] } }", expect);
    let all = case("f", "10d", "{ error_code: { absent: true } }", expect);
    for (cases, expected) in [
        (secret.clone(), &[("EventName PutSecretValue", 20)][..]),
        (format!("{secret}{two}"), &[("EventName PutSecretValue", 20), ("EventName RotateKey", 7)]),
        (writes.clone(), &[("ReadOnly false", 5), ("Username ann", 1)]),
        (all.clone(), &[("", 10)]),
        // All events of ten days have those of a value, and not those of twenty days.
        (format!("{secret}{writes}{two}{all}"), &[("", 10), ("EventName PutSecretValue", 20)]),
    ] {
        let (ran, words) = judged(&account, &cases).await;
        assert!(words.iter().all(|word| *word == "met"), "{words:?}");
        let made = lookups(&ran, &account);
        let made: Vec<(&str, i64)> = made.iter().map(|(of, days)| (of.as_str(), *days)).collect();
        assert_eq!(made, expected, "{cases}");
    }
}

#[tokio::test]
async fn other_facts_than_those_that_were_read_are_missing() {
    let account = account("eu-central-1", "", &events());
    let filter = format!("{{ name: PutSecretValue, source: {SECRETS} }}");
    let read = compiled(&account, &case("a", "30d", &filter, "{ category: Management }"));
    let ran = run(&read, &account, account.connector()).await.unwrap();
    for (over, filter, verdict) in [
        ("30d", filter.clone(), "met"),
        ("29d", filter.clone(), "met"),
        ("31d", filter, "not_evaluated"),
        ("30d", format!("{{ source: {SECRETS} }}"), "not_evaluated"),
        ("30d", format!("{{ name: RotateKey, source: {KMS} }}"), "not_evaluated"),
    ] {
        let cases = compiled(&account, &case("a", over, &filter, "{ category: Management }"));
        let result = evaluate(&cases, &ran.populations, &[], account.as_of);
        assert_eq!(result.cases[0].verdict.word(), verdict, "{over} {filter}");
    }
}

#[tokio::test]
async fn a_call_that_fails_leaves_no_case_met() {
    let account = account("eu-central-1", "pages: { LookupEvents: 1 }", &events());
    let filter = format!("{{ source: {SECRETS} }}");
    let cases = compiled(
        &account,
        &(case("met", "90d", &filter, "{ category: Management }")
            + &case("violated", "90d", &filter, "{ session: other }")),
    );
    let sound = run(&cases, &account, account.connector()).await.unwrap();
    assert_eq!(words(&sound, &cases, &account), ["met", "violated"]);
    let denied = Fault::Error { code: "AccessDeniedException".to_owned(), status: 400 };
    for (fault, cause, second) in [
        (denied, Cause::Denied, "not_evaluated"),
        (Fault::Throttled, Cause::Throttled, "not_evaluated"),
        (Fault::MalformedBody, Cause::Malformed, "not_evaluated"),
        (Fault::RepeatedToken, Cause::Truncated, "violated"),
        // The first page has the event that violates.
        (Fault::SecondPageFails, Cause::Unavailable, "violated"),
    ] {
        let operation = Operation::new("cloudtrail", "LookupEvents");
        let broken = Faults::new(account.connector(), operation, fault.clone()).unwrap();
        let ran = run(&cases, &account, broken.connector()).await.unwrap();
        assert_eq!(words(&ran, &cases, &account), ["not_evaluated", second], "{fault:?}");
        let gaps: Vec<Cause> = ran.result.cases[0].gaps.iter().map(|gap| gap.cause).collect();
        assert_eq!(gaps, [cause], "{fault:?}");
        assert!(ran.populations.iter().all(|it| it.reaches.is_empty()), "{fault:?}");
    }
}

#[tokio::test]
async fn a_record_that_contradicts_its_event_is_no_fact() {
    let filter = format!("{{ source: {SECRETS}, name: PutSecretValue }}");
    let expect = "{ actor_type: IAMUser }";
    for (from, to, unknown) in [
        ("\"eventName\":\"PutSecretValue\"", "\"eventName\":\"Other\"", "name"),
        ("\"eventSource\":\"secretsmanager.amazonaws.com\"", "\"eventSource\":\"other\"", "source"),
        ("\"eventTime\":\"2026-10-01T10:00:00Z\"", "\"eventTime\":\"2026-01-01T00:00:00Z\"", "time"),
        ("\"eventID\":\"event-0\"", "\"eventID\":\"event-9\"", "actor_type"),
        ("\"userIdentity\":{", "\"userIdentity\":7,\"other\":{", "actor_type"),
    ] {
        let sound = text("eu-central-1", "", &[("PutSecretValue", SECRETS, "2026-10-01T10:00:00Z", person())]);
        let wrong = sound.replace(from, to);
        assert_ne!(sound, wrong, "{from}");
        let account = Arc::new(Described::read("account.yaml", &wrong).unwrap_or_else(|wrong| panic!("{wrong}")));
        let (ran, words) = judged(&account, &case("a", "90d", &filter, expect)).await;
        assert_eq!(words, ["not_evaluated"], "{from}");
        let fact = ran.populations[0].resources[0].get(unknown);
        assert!(matches!(fact, Some(Fact::Unknown(gap)) if gap.cause == Cause::Malformed), "{from}: {fact:?}");
    }
}

/// Whether each key has the event of a rotation. An event that was not read never counts as missing.
#[tokio::test]
async fn events_count_for_a_resource_only_when_they_were_read() {
    let rotation = |key: &str| json!({ "eventType": "AwsServiceEvent", "serviceEventDetails": { "rotationType": "AUTOMATIC", "keyId": key } });
    let events = [
        ("RotateKey", KMS, "2026-11-18T10:00:00Z", rotation("key-1")),
        ("RotateKey", KMS, "2026-09-01T10:00:00Z", rotation("key-2")),
    ];
    let keys = |ids: &[&str]| {
        let key = |id: &&str| format!("{{ KeyId: {id}, KeyArn: \"arn:aws:kms:eu-central-1:111122223333:key/{id}\" }}");
        format!("  kms:\n    ListKeys: {{ Keys: [{}] }}\n", ids.iter().map(key).collect::<Vec<_>>().join(", "))
    };
    let related = |over: &str, more: &str| {
        format!(
            "  a:\n    each: kms.key\n    when_none: violated\n    expect:\n      related: {{ kind: cloudtrail.event, over: {over}, where: {{ \
             name: RotateKey, source: {KMS}, service_details.key: {{ equals: {{ of: id }} }} }}{more} }}\n"
        )
    };
    for (ids, over, more, verdict) in [
        (&["key-1"][..], "30d", "", "met"),
        (&["key-1", "key-2"], "30d", "", "violated"),
        (&["key-1", "key-2"], "90d", "", "met"),
        (&["key-1", "key-2", "key-3"], "90d", "", "violated"),
        // The event was seen, whatever else was not.
        (&["key-1"], "120d", "", "met"),
        (&["key-3"], "120d", "", "not_evaluated"),
        (&["key-3"], "90d", ", at_most: 0", "met"),
        (&["key-1"], "120d", ", at_most: 0", "violated"),
        (&["key-3"], "120d", ", at_most: 0", "not_evaluated"),
    ] {
        let text = text("eu-central-1", "", &events) + &keys(ids);
        let account = Arc::new(Described::read("account.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}")));
        let (ran, words) = judged(&account, &related(over, more)).await;
        let resources = &ran.result.cases[0].resources;
        assert_eq!(words, [verdict], "{ids:?} {over} {more}: {resources:?}");
        assert_eq!(
            lookups(&ran, &account),
            [("EventName RotateKey".to_owned(), over.trim_end_matches('d').parse::<i64>().unwrap().min(90))]
        );
    }
}

/// The commands that make no request show the time of each case, and what the run will read.
#[test]
fn a_plan_shows_the_time_and_the_reads() {
    let account = account("eu-central-1, us-east-1", "", &[]);
    let cases = case("a", "10d", "{ name: RotateKey }", "{ category: Management }")
        + &case("b", "120d", "{ error_code: { present: true } }", "{ category: Management }");
    let directory = tempfile::tempdir().unwrap();
    let suite = write_suite(
        directory.path(),
        &account,
        &format!("id: H\ntitle: History\nseverity: high\ncases:\n{cases}"),
        None,
    );
    let shown = |command: &str| {
        let mut attestry = Command::new(env!("CARGO_BIN_EXE_attestry"));
        let output = attestry.arg(command).arg(&suite).args(["--stage", "here"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let plan = shown("plan");
    for part in [
        "cloudtrail.event for 2 cases: H/a over 10d, H/b over 120d\n",
        "\n  reads all, of the last 90d\n",
        "cloudtrail:LookupEvents",
    ] {
        assert!(plan.contains(part), "{part}: {plan}");
    }
    assert!(!plan.contains("EventName"), "a read of all events has those of a value: {plan}");
    let list = shown("list");
    assert!(list.contains("over 10d") && list.contains("over 120d"), "{list}");
    assert!(shown("permissions").contains("\"cloudtrail:LookupEvents\""));
}

/// Whether CloudTrail recorded each recent rotation of a key.
#[tokio::test]
async fn a_rotation_without_its_event_is_not_recorded() {
    let case = |expect: &str| {
        format!(
            "  a:\n    each: kms.key\n    where: {{ spec: SYMMETRIC_DEFAULT }}\n    when_none: violated\n    expect: {{ {expect} }}\n"
        )
    };
    let recorded = "rotations.recent: { each: { recorded: true } }";
    for (from, to, expect, verdict) in [
        ("", "", recorded, "met"),
        ("", "", "rotations.recent: { any: { recorded: false } }", "violated"),
        ("", "", "rotations.all: { any: { material: material-2 } }", "violated"),
        ("2026-10-01T00:00:09Z", "2026-10-05T00:00:09Z", recorded, "violated"),
        ("\"currentKeyMaterialId\": \"material-2\"", "\"currentKeyMaterialId\": \"material-3\"", recorded, "violated"),
        ("\"eventName\": \"RotateKey\"", "\"eventName\": \"Other\"", recorded, "not_evaluated"),
        (
            "\"LookupEvents\": {\"Events\": [{",
            "\"LookupEvents\": {\"error\": \"AccessDeniedException\"}, \"Unused\": {\"Events\": [{",
            recorded,
            "not_evaluated",
        ),
    ] {
        let whole = whole_text();
        let text = if from.is_empty() { whole.clone() } else { whole.replace(from, to) };
        assert_eq!(text == whole, from.is_empty(), "{from}");
        let account = Arc::new(Described::read("whole.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}")));
        let (ran, words) = judged(&account, &case(expect)).await;
        assert_eq!(words, [verdict], "{from} {expect}: {:?}", ran.result.cases[0].resources);
    }
    // The rotations of keys and the events of a case share one read.
    let account = crate::common::whole();
    let events = format!(
        "  b:\n    each: cloudtrail.event\n    over: 90d\n    where: {{ name: RotateKey, source: {KMS} }}\n    when_none: met\n    expect: {{ type: AwsServiceEvent }}\n"
    );
    let (ran, words) = judged(&account, &(case(recorded) + &events)).await;
    assert_eq!(words, ["met", "met"]);
    assert_eq!(lookups(&ran, &account), [("EventName RotateKey".to_owned(), 90)]);
}
