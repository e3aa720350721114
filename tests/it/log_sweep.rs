//! Tests the sweep of log groups: its findings, the limits of its claims, and the texts that must not leave the
//! process.

mod archives;
mod sources;

use std::process::Command;
use std::sync::Arc;

use crate::common::{self, Ran, cases, root, run, write_suite};
use attestry::aws::described::{Fault, Faults};
use attestry::aws::{Described, Operation};
use attestry::evidence::{read_facts, write_facts};
use attestry::facts::{Cause, Fact, Gap, LogScope, Value};
use attestry::kinds;
use attestry::plan::{Plan, policy_document};
use attestry::policy::Case;
use attestry::verify::evaluate;

/// An old value of the secret `bank`.
const VALUE: &str = "Rk7vXq93LmTz20Wd";

const ACCOUNT: &str = r#"account: "111122223333"
regions: [eu-central-1]
as_of: 2026-11-20T22:15:00Z
pages: { FilterLogEvents: 1, GetLogEvents: 1, DescribeLogStreams: 1, GetParameterHistory: 1 }
answers:
  logs:
    DescribeLogGroups:
      logGroups:
        - { logGroupName: swept, logGroupArn: "arn:aws:logs:eu-central-1:111122223333:log-group:swept", GROUP }
        - { logGroupName: other, logGroupArn: "arn:aws:logs:eu-central-1:111122223333:log-group:other" }
    DescribeLogStreams:
      logStreams: [STREAMS]
    GetLogEvents:
      by logStreamName:
        GOT
        "*": { events: [] }
    FilterLogEvents:
      by logGroupName:
        swept: { events: [EVENTS] }
  secretsmanager:
    ListSecrets:
      SecretList:
        - { Name: bank, ARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:bank-AbCdEf",
            SecretVersionsToStages: { v-1: [AWSPREVIOUS], v-2: [AWSCURRENT], v-3: [] } }
        - { Name: other, ARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:other-AbCdEf",
            SecretVersionsToStages: { w-1: [AWSCURRENT] } }
    GetSecretValue:
      by SecretId:
        bank: { by VersionId: { v-1: { SecretString: "Rk7vXq93LmTz20Wd" }, v-2: { SecretString: "Hn5cPz81QwYb47Kt" } } }
        other: OTHER
  ssm:
    DescribeParameters:
      Parameters:
        - { Name: /bank/note, ARN: "arn:aws:ssm:eu-central-1:111122223333:parameter/bank/note", Type: String }
        PARAMETERS
    GetParameters: GIVEN
    GetParameterHistory: HISTORY
"#;

const POLICY: &str = "id: P\ntitle: P\nseverity: high\ncases:\n  values:\n    title: v\n    each: logs.sweep\n    where: { name: swept }\n    \
                      when_none: violated\n    expect: { value_findings: { count: 0 } }\n  patterns:\n    title: p\n    each: logs.sweep\n    where: { \
                      name: swept }\n    when_none: violated\n    expect: { pattern_findings: { count: 0 } }\n";

fn event(id: u32, message: &str) -> String {
    format!("{{ logStreamName: a, eventId: \"{id}\", timestamp: 2026-11-20T10:00:0{id}Z, message: '{message}' }}")
}

fn text(group: &str, events: &[String], other: &str) -> String {
    fill(ACCOUNT, group, events, other)
}

/// Replaces the placeholders in an account. Placeholders that a test did not fill before become empty.
fn fill(account: &str, group: &str, events: &[String], other: &str) -> String {
    let text = account.replace("GROUP", group).replace("EVENTS", &events.join(", ")).replace("OTHER", other);
    [
        ("STREAMS", ""),
        ("GOT", ""),
        ("PARAMETERS", ""),
        ("GIVEN", "{ Parameters: [] }"),
        ("HISTORY", "{ Parameters: [] }"),
    ]
    .iter()
    .fold(text, |text, (mark, nothing)| text.replace(mark, nothing))
}

fn described(text: &str) -> Arc<Described> {
    Arc::new(Described::read("account.yaml", text).unwrap_or_else(|wrong| panic!("{wrong}")))
}

fn account(group: &str, events: &[String], other: &str) -> Arc<Described> {
    described(&text(group, events, other))
}

const PLAIN: &str = "storedBytes: 1";
const FINE: &str = "{ SecretString: Zw83Lm20TqWdRk7v }";
const SHORT: &str = "{ SecretString: short }";

/// Returns both cases, for a stage with these settings.
fn both(account: &Described, says: &str) -> Vec<Case> {
    let directory = tempfile::tempdir().unwrap();
    let path = write_suite(directory.path(), account, POLICY, None);
    let text = std::fs::read_to_string(&path).unwrap();
    let consent = "read_secret_values: true";
    assert!(text.contains(consent));
    std::fs::write(&path, text.replace(consent, says)).unwrap();
    cases(directory.path(), "suite.yaml", "here").0
}

const CONSENT: &str = "read_secret_values: true";

/// Returns the verdicts about values and about patterns. The stored facts must give the same verdicts again.
async fn verdicts(account: &Arc<Described>, says: &str) -> (Ran, Vec<&'static str>) {
    let cases = both(account, says);
    let ran = run(&cases, account, account.connector()).await.unwrap();
    let words = judged(&cases, account, &ran);
    (ran, words)
}

fn judged(cases: &[Case], account: &Described, ran: &Ran) -> Vec<&'static str> {
    let mut text = Vec::new();
    write_facts(&ran.populations, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(!text.contains(VALUE), "{text}");
    let again = evaluate(cases, &read_facts(&text, kinds::find).unwrap(), &[], account.as_of);
    let words = |it: &[attestry::verify::CaseResult]| -> Vec<&'static str> {
        it.iter().map(|case| case.verdict.word()).collect()
    };
    assert_eq!(words(&again.cases), words(&ran.result.cases));
    words(&ran.result.cases)
}

fn gaps(ran: &Ran, case: usize) -> Vec<&Gap> {
    ran.result.cases[case].resources.iter().flat_map(|it| &it.gaps).map(|gap| &**gap).collect()
}

fn fact<'a>(ran: &'a Ran, name: &str) -> &'a Fact {
    ran.populations[0].resources.iter().find(|it| it.name == "swept").unwrap().get(name).unwrap()
}

#[tokio::test]
async fn a_value_in_an_event_is_found_and_nothing_of_it_is_shown() {
    let events = [event(1, "all is well"), event(2, &format!("retrying with {VALUE}")), event(3, "done")];
    let (ran, words) = verdicts(&account(PLAIN, &events, FINE), CONSENT).await;
    assert_eq!(words, ["violated", "met"]);
    let Fact::Known(Value::List(found)) = fact(&ran, "value_findings") else { panic!("no findings") };
    let [Value::Map(found)] = found.as_slice() else { panic!("{found:?}") };
    let text = |name: &str| match &found[name] {
        Value::Text(text) => text.as_str(),
        other => panic!("{other:?}"),
    };
    assert_eq!((text("version"), text("path"), text("form")), ("AWSPREVIOUS", "$", "raw"));
    assert_eq!((text("stream"), text("event"), text("time")), ("a", "2", "2026-11-20T10:00:02Z"));
    for (name, number) in [("pages", 3), ("events_read", 3), ("streams_read", 1), ("values_searched", 3)] {
        assert_eq!(fact(&ran, name), &Fact::from(number), "{name}");
    }
    assert_eq!(fact(&ran, "bytes_read"), &Fact::from(i64::try_from(11 + 14 + VALUE.len() + 4).unwrap()));
    // The run does not read a group outside of all cases, and no request contains the searched values.
    let calls = ran.link.calls.all();
    let sweeps: Vec<_> = calls.iter().filter(|call| call.operation == "FilterLogEvents").collect();
    assert_eq!(sweeps.len(), 3);
    for call in sweeps {
        assert_eq!(call.parameters["logGroupName"], "swept");
        assert!(call.parameters.get("filterPattern").is_none());
    }
    assert!(calls.iter().all(|call| !call.parameters.to_string().contains(VALUE)));
}

#[tokio::test]
async fn no_value_is_read_unless_the_stage_says_so() {
    let account = account(PLAIN, &[event(1, &format!("retrying with {VALUE}"))], FINE);
    for says in ["read_secret_values: false", "profile: nobody"] {
        let (ran, words) = verdicts(&account, says).await;
        assert_eq!(words, ["not_evaluated", "met"], "{says}");
        let called = ran.called();
        let read = |call: &&String| call.starts_with("secretsmanager:") || call.starts_with("ssm:");
        assert!(!called.iter().any(|call| read(&call)), "{says}: {called:?}");
        assert!(gaps(&ran, 0).iter().all(|gap| gap.cause == Cause::NotAsked && gap.operation == "GetSecretValue"));
    }
}

#[tokio::test]
async fn what_was_not_seen_is_never_clean() {
    let clean = [event(1, "all is well"), event(2, "done")];
    let denied = "{ error: AccessDeniedException }";
    // There are three cases. A data protection policy masks the events, a value is too short to be distinct from other
    // text, or AWS refuses a value.
    for (group, other, cause, words) in [
        ("dataProtectionStatus: ACTIVATED", FINE, Cause::Undecided, ["not_evaluated", "not_evaluated"]),
        ("inheritedProperties: [ACCOUNT_DATA_PROTECTION]", FINE, Cause::Undecided, ["not_evaluated", "not_evaluated"]),
        (PLAIN, SHORT, Cause::Undecided, ["not_evaluated", "met"]),
        (PLAIN, denied, Cause::Denied, ["not_evaluated", "met"]),
    ] {
        let (ran, found) = verdicts(&account(group, &clean, other), CONSENT).await;
        assert_eq!(found, words, "{group} {other}");
        let gaps = gaps(&ran, 0);
        assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap.cause == cause), "{group} {other}: {gaps:?}");
    }
}

#[test]
fn unmasking_takes_a_permission_of_its_own() {
    let account = account(PLAIN, &[], FINE);
    for unmask in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let path = write_suite(directory.path(), &account, POLICY, None);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("log_sweep: {", &format!("log_sweep: {{ unmask: {unmask},"))).unwrap();
        let cases = cases(directory.path(), "suite.yaml", "here").0;
        let document = policy_document(&Plan::new(cases)).to_string();
        assert_eq!(document.contains("logs:Unmask"), unmask, "{document}");
    }
}

#[tokio::test]
async fn what_was_found_before_the_answers_ended_is_still_found() {
    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let events = [event(1, &format!("{VALUE} and {token}")), event(2, "done")];
    let account = account(PLAIN, &events, FINE);
    let cases = both(&account, CONSENT);
    let operation = Operation::new("logs", "FilterLogEvents");
    let broken = Faults::new(account.connector(), operation, Fault::SecondPageFails).unwrap().connector();
    let ran = run(&cases, &account, broken).await.unwrap();
    assert!(judged(&cases, &account, &ran)[0] == "violated");
    assert!(matches!(fact(&ran, "events_read"), Fact::Unknown(_)), "nobody knows how many there are");
}

#[tokio::test]
async fn only_the_window_and_the_secrets_of_the_stage_are_asked_for() {
    let account = account(PLAIN, &[event(1, "all is well")], SHORT);
    let sweep = "log_sweep: { window: 1d, secrets: [ban*] }";
    let directory = tempfile::tempdir().unwrap();
    let suite = write_suite(directory.path(), &account, POLICY, Some(&text(PLAIN, &[event(1, "all is well")], SHORT)));
    let written = std::fs::read_to_string(&suite).unwrap();
    let written = written.replace(&format!("log_sweep: {{ archives: [{}] }}", common::ARCHIVE), sweep);
    assert!(written.contains(sweep));
    std::fs::write(&suite, written).unwrap();
    let out = directory.path().join("out");
    let plan = attestry(&["plan", suite.to_str().unwrap(), "--stage", "here"]);
    let plan = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert!(plan.contains("all events of the log groups and leaves 40 % of the quotas"), "{plan}");
    let ran = attestry(&["run", suite.to_str().unwrap(), "--stage", "here", "--out", out.to_str().unwrap()]);
    assert!(ran.status.success(), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let calls = std::fs::read_to_string(out.join("evidence/calls.jsonl")).unwrap();
    let calls: Vec<serde_json::Value> = calls.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str| calls.iter().filter(|call| call["operation"] == name).collect::<Vec<_>>();
    assert_eq!(of("GetSecretValue").len(), 2, "the other secret is not in scope");
    let sweep = &of("FilterLogEvents")[0]["parameters"];
    let until = account.as_of.as_millisecond();
    assert_eq!((sweep["startTime"].as_i64(), sweep["endTime"].as_i64()), (Some(until - 86_400_000), Some(until)));
}

/// A recording contains neither values nor events. A replay reports that nothing was searched.
#[test]
fn a_recording_holds_no_value_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let yaml = text(PLAIN, &[event(1, &format!("retrying with {VALUE}"))], FINE);
    let account = Described::read("account.yaml", &yaml).unwrap();
    let suite = write_suite(path, &account, POLICY, Some(&yaml));
    let place = |name: &str| path.join(name).to_str().unwrap().to_owned();
    let (suite, out, tape) = (suite.to_str().unwrap().to_owned(), place("out"), place("tape"));
    let ran = attestry(&["run", &suite, "--stage", "here", "--out", &out, "--record", &tape]);
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut paths = vec![path.join("out"), path.join("tape")];
    while let Some(next) = paths.pop() {
        if next.is_dir() {
            paths.extend(std::fs::read_dir(&next).unwrap().map(|it| it.unwrap().path()));
        } else if next.file_name().unwrap() != "account.yaml" {
            assert!(!String::from_utf8_lossy(&std::fs::read(&next).unwrap()).contains(VALUE), "{}", next.display());
        }
    }
    let replayed = std::fs::read_to_string(&suite).unwrap().replace("described: account.yaml", "recording: tape");
    std::fs::write(&suite, replayed).unwrap();
    let again = attestry(&["run", &suite, "--stage", "here", "--out", &place("again")]);
    let told = format!("{}{}", String::from_utf8_lossy(&again.stdout), String::from_utf8_lossy(&again.stderr));
    assert_eq!(again.status.code(), Some(3), "{told}");
    assert!(told.contains("the recording holds no"), "{told}");
    assert!(!told.contains("VIOL"), "{told}");
}

fn attestry(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent").current_dir(root());
    command.args(arguments).output().unwrap()
}

/// The stage sets the time that is read. A case over more time is not evaluated, and a case without `over` shows the time.
#[tokio::test]
async fn a_case_over_more_time_than_the_stage_reads_is_not_evaluated() {
    const DAY: i64 = 86_400;
    let (clean, leak) =
        ([event(1, "all is well")], [event(1, "aws_secret_access_key=Zw83Lm20TqWdRk7vQm4nBt6yHj9kLp2sXc5vGf1a")]);
    for (window, over, group, events, verdict) in [
        (Some(30 * DAY), Some("30d"), "", &clean, "met"),
        (Some(30 * DAY), Some("31d"), "", &clean, "not_evaluated"),
        (Some(30 * DAY), Some("31d"), "", &leak, "violated"),
        (Some(30 * DAY), None, "", &clean, "met"),
        (None, Some("3650d"), "", &clean, "met"),
        // The group keeps its events for a shorter time.
        (None, Some("8d"), ", retentionInDays: 7", &clean, "not_evaluated"),
        (None, Some("8d"), ", retentionInDays: 7", &leak, "violated"),
        (None, Some("7d"), ", retentionInDays: 7", &clean, "met"),
        (None, None, ", retentionInDays: 7", &clean, "met"),
    ] {
        let account = account(&format!("{PLAIN}{group}"), events, FINE);
        let line = over.map(|over| format!("    over: {over}\n")).unwrap_or_default();
        let policy = POLICY.replace(
            "    when_none: violated\n    expect: { pattern",
            &format!("{line}    when_none: violated\n    expect: {{ pattern"),
        );
        let cases = common::cases_of(&account, &policy);
        let logs = LogScope { window, ..LogScope::all(account.as_of) };
        let ran = common::run_sweeping(&cases, &account, account.connector(), logs).await.unwrap();
        assert_eq!(judged(&cases, &account, &ran)[1], verdict, "{window:?} {over:?} {group}");
        let read = ran.result.cases[1].coverage.window.as_ref().map(ToString::to_string).unwrap_or_default();
        // The findings are about all time that was read.
        let from = if window.is_some() { "from 2026-10-21T22:15:00Z until" } else { "until" };
        assert!(read.starts_with(from) && read.ends_with("until 2026-11-20T22:15:00Z"), "{read}");
    }
}
