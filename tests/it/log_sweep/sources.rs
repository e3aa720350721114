//! Tests the sources of events and values: parameters, both operations, and samples.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use attestry::aws::described::{Fault, Faults};
use attestry::aws::{Described, Operation};
use attestry::facts::{Cause, Fact, LogScope, Sample, Sampled, Value};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::{ACCOUNT, CONSENT, FINE, PLAIN, VALUE, both, described, event, fact, fill, gaps, text, verdicts};
use crate::common::{Ran, cases_of, run_sweeping};

/// The value of a parameter.
const SEALED: &str = "Jd5+Rk7/XqLmTz20Wd";

fn with_parameters(events: &[String], listed: &[&str], given: &str) -> Arc<Described> {
    let line = |name: &&str| {
        let arn = format!("arn:aws:ssm:eu-central-1:111122223333:parameter{name}");
        format!("        - {{ Name: {name}, ARN: \"{arn}\", Type: SecureString, KeyId: alias/aws/ssm }}")
    };
    let listed: Vec<String> = listed.iter().map(line).collect();
    let account = ACCOUNT.replace("        PARAMETERS", &listed.join("\n")).replace("GIVEN", given);
    described(&fill(&account, PLAIN, events, FINE))
}

fn sealed(name: &str) -> String {
    let arn = format!("arn:aws:ssm:eu-central-1:111122223333:parameter{name}");
    format!("{{ Name: {name}, ARN: \"{arn}\", Type: SecureString, Version: 3, Value: \"{SEALED}\" }}")
}

fn found(ran: &Ran, name: &str) -> Vec<BTreeMap<String, Value>> {
    match fact(ran, name) {
        Fact::Known(Value::List(found)) => found
            .iter()
            .map(|it| match it {
                Value::Map(fields) => fields.clone().into_iter().collect(),
                other => panic!("{other:?}"),
            })
            .collect(),
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn a_value_of_a_parameter_is_found_and_nothing_of_it_is_shown() {
    let events = [event(1, "all is well"), event(2, "POST /settle?sign=Jd5%2BRk7%2FXqLmTz20Wd 403")];
    let given = format!("{{ Parameters: [{}] }}", sealed("/bank/hmac"));
    let (ran, words) = verdicts(&with_parameters(&events, &["/bank/hmac"], &given), CONSENT).await;
    assert_eq!(words, ["violated", "met"]);
    let found = found(&ran, "value_findings");
    assert_eq!(found[0]["arn"], "arn:aws:ssm:eu-central-1:111122223333:parameter/bank/hmac".into());
    assert_eq!((&found[0]["version"], &found[0]["form"]), (&"3".into(), &"url".into()));
    assert_eq!(fact(&ran, "parameters_searched"), &Fact::from(1));
    assert_eq!(fact(&ran, "values_searched"), &Fact::from(4));
    let calls = ran.link.calls.all();
    let asked: Vec<_> = calls.iter().filter(|call| call.operation == "GetParameters").collect();
    assert_eq!(asked.len(), 1, "a plain parameter is no secret");
    assert_eq!(asked[0].parameters["Names"], serde_json::json!(["/bank/hmac"]));
    assert!(calls.iter().all(|call| !call.parameters.to_string().contains(SEALED)));
}

#[tokio::test]
async fn a_parameter_that_was_not_read_is_never_clean() {
    let clean = [event(1, "all is well")];
    let names = ["/bank/a", "/bank/b"];
    let both = format!("Parameters: [{}, {}]", sealed("/bank/a"), sealed("/bank/b"));
    let one = format!("Parameters: [{}]", sealed("/bank/a"));
    for (given, words, cause) in [
        (format!("{{ {both} }}"), ["met", "met"], None),
        // AWS lists the parameters that it cannot find.
        (format!("{{ {one} }}"), ["not_evaluated", "met"], Some(Cause::Undecided)),
        ("{ error: AccessDeniedException }".to_owned(), ["not_evaluated", "met"], Some(Cause::Denied)),
    ] {
        let (ran, found) = verdicts(&with_parameters(&clean, &names, &given), CONSENT).await;
        assert_eq!(found, words, "{given}");
        let gaps = gaps(&ran, 0);
        assert_eq!(gaps.first().map(|gap| gap.cause), cause, "{given}: {gaps:?}");
        assert!(gaps.iter().all(|gap| gap.operation == "GetParameters"), "{gaps:?}");
    }
}

/// AWS refuses all ten parameters when one of them is refused. The collector then requests each one alone.
#[tokio::test]
async fn one_refused_parameter_hides_itself_alone() {
    let events = [event(1, "sign=Jd5+Rk7/XqLmTz20Wd")];
    let (yes, no) = (format!("{{ Parameters: [{}] }}", sealed("/bank/a")), "{ error: AccessDeniedException }");
    let given = format!("\n      by Names:\n        '[\"/bank/a\"]': {yes}\n        '*': {no}");
    let (ran, words) = verdicts(&with_parameters(&events, &["/bank/a", "/bank/b"], &given), CONSENT).await;
    assert_eq!(words, ["violated", "met"]);
    assert!(matches!(fact(&ran, "values_searched"), Fact::Unknown(gap) if gap.cause == Cause::Denied));
}

/// The collector reads page by page, and reads the newest version only once.
#[tokio::test]
async fn an_earlier_value_of_a_parameter_is_looked_for_as_well() {
    let version = |number: u32, value: &str| {
        format!("{{ Name: /bank/hmac, Type: SecureString, Version: {number}, Value: \"{value}\" }}")
    };
    let history =
        [version(1, "Before7vXq93LmTz20Wd"), version(2, "Other84Kd0qPzYw51Xc"), version(3, SEALED)].join(", ");
    let given = format!("{{ Parameters: [{}] }}", sealed("/bank/hmac"));
    let account = |listed: u32, history: &str| {
        let arn = "arn:aws:ssm:eu-central-1:111122223333:parameter/bank/hmac";
        let line = format!("        - {{ Name: /bank/hmac, ARN: \"{arn}\", Type: SecureString, Version: {listed} }}");
        let account = ACCOUNT.replace("        PARAMETERS", &line).replace("GIVEN", &given).replace("HISTORY", history);
        described(&fill(&account, PLAIN, &[event(1, "sign=Before7vXq93LmTz20Wd")], FINE))
    };
    let all = format!("{{ Parameters: [{history}] }}");
    let (ran, words) = verdicts(&account(3, &all), CONSENT).await;
    assert_eq!(words, ["violated", "met"]);
    assert_eq!(found(&ran, "value_findings")[0]["version"], "1".into());
    assert_eq!(fact(&ran, "parameters_searched"), &Fact::from(1));
    assert_eq!(fact(&ran, "earlier_searched"), &Fact::from(2));
    let asked = |ran: &Ran| ran.link.calls.all().iter().filter(|call| call.operation == "GetParameterHistory").count();
    assert_eq!(asked(&ran), 3);

    let (ran, words) = verdicts(&account(1, &all), CONSENT).await;
    assert_eq!((words, asked(&ran)), (vec!["met", "met"], 0), "there was none before the first");

    let (ran, words) = verdicts(&account(3, "{ error: AccessDeniedException }"), CONSENT).await;
    assert_eq!(words, ["not_evaluated", "met"]);
    let gaps = gaps(&ran, 0);
    assert!(
        gaps.iter().all(|gap| (gap.cause, gap.operation.as_str()) == (Cause::Denied, "GetParameterHistory")),
        "{gaps:?}"
    );
}

/// The collector unmasks masked parts only if the stage allows it, and only where parts are masked.
#[tokio::test]
async fn what_is_masked_is_asked_for_where_the_stage_says_so() {
    let masked = "dataProtectionStatus: ACTIVATED";
    let clean = [event(1, "all is well")];
    let asked = |ran: &Ran| {
        let calls = ran.link.calls.all();
        let of_events = calls.iter().filter(|call| call.operation.ends_with("LogEvents"));
        of_events.map(|call| call.parameters["unmask"].clone()).collect::<Vec<_>>()
    };
    for (group, unmask, refused, words, told) in [
        (masked, true, false, ["met", "met"], serde_json::json!(true)),
        (masked, false, false, ["not_evaluated", "not_evaluated"], serde_json::Value::Null),
        (PLAIN, true, false, ["met", "met"], serde_json::Value::Null),
        (masked, true, true, ["not_evaluated", "not_evaluated"], serde_json::json!(true)),
    ] {
        let text = text(group, &clean, FINE);
        let text = if refused { text.replace("swept: {", "swept: { error: AccessDeniedException } #") } else { text };
        let account = described(&text);
        let cases = both(&account, CONSENT);
        let logs = LogScope { unmask, ..LogScope::all(account.as_of) };
        let ran = run_sweeping(&cases, &account, account.connector(), logs).await.unwrap();
        let found: Vec<_> = ran.result.cases.iter().map(|it| it.verdict.word()).collect();
        assert_eq!(found, words, "{group} {unmask} {refused}");
        assert_eq!(asked(&ran), [told], "{group} {unmask} {refused}");
        let denied = gaps(&ran, 1).iter().any(|gap| gap.cause == Cause::Denied && gap.operation == "FilterLogEvents");
        assert_eq!(denied, refused);
    }
}

/// Returns an account with two streams. Both operations return the same events.
fn two_streams(stored: u64) -> Arc<Described> {
    let time = |minute: u32| format!("2026-11-20T10:{minute:02}:00Z");
    let message = |number: u32| match number {
        1 => format!("first {VALUE}"),
        4 => format!("again {VALUE}"),
        9 => "token: ghp_16C7e42F292c6912E7710c838347Ae178B4a".to_owned(),
        _ => format!("event {number} of many"),
    };
    let stream = |number: u32| if number.is_multiple_of(2) { "even" } else { "odd" };
    let all = |id: bool, of: &dyn Fn(u32) -> bool| {
        let line = |number: u32| {
            let named = format!("logStreamName: {}, eventId: \"{number}\", ", stream(number));
            let named = if id { named.as_str() } else { "" };
            format!("{{ {named}timestamp: {}, message: '{}' }}", time(number), message(number))
        };
        (1..12).filter(|number| of(*number)).map(line).collect::<Vec<_>>()
    };
    let got = |of: &dyn Fn(u32) -> bool| format!("{{ events: [{}] }}", all(false, of).join(", "));
    let got = format!("even: {}\n        odd: {}", got(&|it| it.is_multiple_of(2)), got(&|it| !it.is_multiple_of(2)));
    let account = ACCOUNT
        .replace("GROUP", &format!("storedBytes: {stored}"))
        .replace("STREAMS", "{ logStreamName: even }, { logStreamName: odd }, { logStreamName: quiet }")
        .replace("GOT", &got);
    described(&fill(&account, PLAIN, &all(true, &|_| true), FINE))
}

const BIG: u64 = 64 << 20;

#[tokio::test]
async fn both_operations_tell_the_same() {
    let (filtered, words) = verdicts(&two_streams(1), CONSENT).await;
    assert_eq!(words, ["violated", "violated"]);
    let (got, words) = verdicts(&two_streams(BIG), CONSENT).await;
    assert_eq!(words, ["violated", "violated"]);
    let only = |ran: &Ran| ran.called().into_iter().filter(|call| call.ends_with("LogEvents")).collect::<Vec<_>>();
    assert_eq!((only(&filtered), only(&got)), (vec!["logs:FilterLogEvents".into()], vec!["logs:GetLogEvents".into()]));
    for name in ["read_with", "pages"] {
        assert_ne!(fact(&filtered, name), fact(&got, name));
    }
    for name in ["events_read", "bytes_read", "streams", "streams_wanted", "streams_read", "first_event", "last_event"]
    {
        assert_eq!(fact(&filtered, name), fact(&got, name), "{name}");
    }
    assert_eq!(fact(&got, "events_read"), &Fact::from(11));
    for name in ["value_findings", "pattern_findings"] {
        let same = |ran: &Ran| {
            let mut found = found(ran, name);
            // Each run has its own key, and only one operation returns the ids of events.
            found.iter_mut().for_each(|it| ["fingerprint", "event"].iter().for_each(|key| drop(it.remove(*key))));
            found
        };
        assert_eq!(same(&filtered), same(&got), "{name}");
    }
    assert_eq!(found(&got, "value_findings")[0]["count"], 2.into());
    // GetLogEvents does not include its own end time. Its request therefore ends one millisecond later, so that no
    // event of the window is missing.
    let calls = got.link.calls.all();
    let ends = |name: &str, calls: &[attestry::aws::LoggedCall]| {
        calls.iter().find(|call| call.operation == name).unwrap().parameters["endTime"].as_i64().unwrap()
    };
    let until = match fact(&got, "until") {
        Fact::Known(Value::Time(until)) => until.as_millisecond(),
        other => panic!("{other:?}"),
    };
    assert_eq!(ends("GetLogEvents", &calls), until + 1);
}

#[tokio::test]
async fn an_event_that_comes_twice_counts_once() {
    let events = [event(1, &format!("v={VALUE}")), event(1, &format!("v={VALUE}")), event(2, &format!("v={VALUE}"))];
    let (ran, words) = verdicts(&super::account(PLAIN, &events, FINE), CONSENT).await;
    assert_eq!(words, ["violated", "met"]);
    assert_eq!(fact(&ran, "events_read"), &Fact::from(2));
    assert_eq!(found(&ran, "value_findings")[0]["count"], 2.into());
}

/// Simulates an account that returns the last page again after the end of a stream.
#[derive(Debug)]
struct Repeats {
    inner: SharedHttpConnector,
    last: Arc<Mutex<Vec<u8>>>,
}

impl HttpConnector for Repeats {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if Operation::of(&request).is_none_or(|it| it.name != "GetLogEvents") {
            return self.inner.call(request);
        }
        let (answer, last) = (self.inner.call(request), Arc::clone(&self.last));
        HttpConnectorFuture::new(async move {
            let mut answer: HttpResponse = answer.await?;
            let body = ByteStream::new(answer.take_body()).collect().await.unwrap().to_vec();
            let page: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let mut last = last.lock().unwrap();
            let body = if page["events"].as_array().is_some_and(Vec::is_empty) {
                let mut again: serde_json::Value = serde_json::from_slice(&last).unwrap();
                again["nextForwardToken"] = page["nextForwardToken"].clone();
                again.to_string().into_bytes()
            } else {
                last.clone_from(&body);
                body
            };
            answer.headers_mut().remove("content-length");
            *answer.body_mut() = SdkBody::from(body);
            Ok(answer)
        })
    }
}

#[tokio::test]
async fn the_last_page_counts_once_though_it_comes_twice() {
    let got = format!("a: {{ events: [{{ timestamp: 2026-11-20T10:00:00Z, message: 'v={VALUE}' }}] }}");
    let account = ACCOUNT
        .replace("GROUP", &format!("storedBytes: {BIG}"))
        .replace("STREAMS", "{ logStreamName: a }")
        .replace("GOT", &got);
    let account = described(&fill(&account, PLAIN, &[], FINE));
    let cases = super::both(&account, CONSENT);
    let connector = SharedHttpConnector::new(Repeats { inner: account.connector(), last: Arc::default() });
    let ran = super::run(&cases, &account, connector).await.unwrap();
    assert_eq!(fact(&ran, "events_read"), &Fact::from(1));
    assert_eq!(found(&ran, "value_findings")[0]["count"], 1.into());
}

#[tokio::test]
async fn what_was_found_in_one_stream_is_still_found_when_another_breaks() {
    let account = two_streams(BIG);
    let cases = super::both(&account, CONSENT);
    let operation = Operation::new("logs", "GetLogEvents");
    let broken = Faults::new(account.connector(), operation, Fault::SecondPageFails).unwrap().connector();
    let ran = super::run(&cases, &account, broken).await.unwrap();
    assert!(matches!(fact(&ran, "events_read"), Fact::Unknown(gap) if gap.operation == "GetLogEvents"));
    assert_eq!(found(&ran, "value_findings")[0]["count"], 1.into());
}

const SAMPLED: &str = "id: P\ntitle: P\nseverity: high\ncases:\n  all:\n    title: v\n    each: logs.sweep\n    where: { name: swept }\n    \
                       when_none: violated\n    expect: { value_findings: { count: 0 } }\n  sample:\n    title: p\n    each: logs.sweep\n    where: { \
                       name: swept }\n    when_none: violated\n    expect: { sample: \"NAME\", sampled_value_findings: { count: 0 } }\n";

/// Returns the verdicts of a case about all events and of a case that accepts the named sample.
async fn sampled(account: &Arc<Described>, of: Sampled, percent: u8, named: &str) -> (Ran, Vec<&'static str>) {
    let cases = cases_of(account, &SAMPLED.replace("NAME", named));
    let sample = Some(Sample { of, percent, seed: "a".to_owned() });
    let logs = LogScope { window: Some(7 * 86_400), sample, ..LogScope::all(account.as_of) };
    let ran = run_sweeping(&cases, account, account.connector(), logs).await.unwrap();
    let words = ran.result.cases.iter().map(|it| it.verdict.word()).collect();
    (ran, words)
}

#[tokio::test]
async fn a_sample_is_judged_only_by_a_case_that_names_it() {
    let clean = super::account(PLAIN, &[event(1, "all is well")], FINE);
    let leaky = super::account(PLAIN, &[event(1, VALUE)], FINE);
    let name = "30% of hours, seed a";
    assert_eq!(sampled(&clean, Sampled::Hours, 30, name).await.1, ["not_evaluated", "met"]);
    assert_eq!(sampled(&clean, Sampled::Hours, 30, "30% of hours, seed b").await.1, ["not_evaluated", "violated"]);
    assert_eq!(sampled(&leaky, Sampled::Hours, 30, name).await.1, ["violated", "violated"]);
    // There is no stream to sample.
    let (ran, words) = sampled(&clean, Sampled::Streams, 30, "30% of streams, seed a").await;
    assert_eq!(words, ["not_evaluated", "not_evaluated"]);
    assert!(!ran.called().contains("logs:FilterLogEvents"));
}

#[tokio::test]
async fn only_the_sample_is_asked_for() {
    let account = two_streams(1);
    let (ran, _) = sampled(&account, Sampled::Hours, 30, "30% of hours, seed a").await;
    let spans = LogScope {
        window: Some(7 * 86_400),
        sample: Some(Sample { of: Sampled::Hours, percent: 30, seed: "a".to_owned() }),
        ..LogScope::all(account.as_of)
    }
    .spans("swept");
    let calls = ran.link.calls.all();
    let asked: std::collections::BTreeSet<(i64, i64)> = calls
        .iter()
        .filter(|call| call.operation == "FilterLogEvents")
        .map(|call| (call.parameters["startTime"].as_i64().unwrap(), call.parameters["endTime"].as_i64().unwrap()))
        .collect();
    assert_eq!(asked, spans.iter().map(|(from, until)| (from.unwrap(), *until)).collect());
    let Fact::Known(Value::Duration(read)) = fact(&ran, "time_read") else { panic!("no time") };
    assert!((20 * 3600..90 * 3600).contains(read), "{read}");

    let (ran, _) = sampled(&account, Sampled::Streams, 60, "60% of streams, seed a").await;
    let (Fact::Known(Value::Integer(all)), Fact::Known(Value::Integer(wanted))) =
        (fact(&ran, "streams"), fact(&ran, "streams_wanted"))
    else {
        panic!("no streams")
    };
    assert!((1..*all).contains(wanted), "{wanted} of {all}: another seed may be needed");
    let calls = ran.link.calls.all();
    let asked = calls.iter().find(|call| call.operation == "FilterLogEvents").unwrap();
    assert_eq!(asked.parameters["logStreamNames"].as_array().unwrap().len(), usize::try_from(*wanted).unwrap());
}

#[tokio::test]
async fn decisions_that_are_left_to_the_account_are_reported() {
    let (ran, _) = verdicts(&described(&text(PLAIN, &[event(1, "all is well")], FINE)), CONSENT).await;
    assert_eq!(fact(&ran, "quota_left"), &Fact::from(40));
    assert_eq!(fact(&ran, "sample"), &Fact::Absent);
}
