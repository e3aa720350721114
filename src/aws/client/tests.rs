//! Tests operations without an SDK crate with prepared answers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use aws_config::Region;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::aws::{AccountRegion, Backend, Connection, Link, Pace};

/// The status, the code in the header, and the body.
pub(in crate::aws) type Recorded = (u16, &'static str, &'static str);

/// A request that was sent.
#[derive(Clone, Debug)]
pub(in crate::aws) struct Asked {
    pub(in crate::aws) method: String,
    pub(in crate::aws) uri: String,
    pub(in crate::aws) body: String,
    headers: Vec<(String, String)>,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// The answers in their order, and the requests that got them.
#[derive(Clone, Debug)]
pub(in crate::aws) struct Answers {
    pub(in crate::aws) link: Link,
    left: Arc<Mutex<Vec<Recorded>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Answers {
    pub(in crate::aws) fn new(answers: &[Recorded]) -> Self {
        let left = Arc::new(Mutex::new(answers.iter().rev().copied().collect()));
        Self { link: Link::new(Pace::none()), left, asked: Arc::default() }
    }

    pub(in crate::aws) async fn at(&self, region: &str) -> AccountRegion {
        let connector = SharedHttpConnector::new(self.clone());
        let backend = Backend::InProcess { label: "recorded".into(), connector };
        let reach = Connection { account: "123456789012".into(), region: region.into(), profile: None, backend };
        let sdk = reach.configure(&self.link).await.unwrap();
        AccountRegion::new("123456789012", region, sdk, true, Arc::clone(&self.link.logs))
    }

    pub(in crate::aws) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl HttpConnector for Answers {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, code, body) = self.left.lock().unwrap().pop().unwrap();
        let headers = request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let sent = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let (method, uri) = (request.method().to_owned(), request.uri().to_owned());
        self.asked.lock().unwrap().push(Asked { method, uri, body: sent, headers });
        let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        answer.headers_mut().insert("x-amzn-requestid", "r-1");
        match code.strip_prefix("query:") {
            Some(code) => answer.headers_mut().insert("x-amzn-query-error", code.to_owned()),
            None if code.is_empty() => None,
            None => answer.headers_mut().insert("x-amzn-errortype", code),
        };
        HttpConnectorFuture::ready(Ok(answer))
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rules {
    rules: Vec<Named>,
    next_token: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

const LIST_RULES: Api = EVENTS.api("ListRules");
const LIST_FUNCTIONS: Api = LAMBDA.get("ListFunctions", "/2015-03-31/functions{?Marker,MaxItems}");
const GET_POLICY: Api = LAMBDA.get("GetPolicy", "/2015-03-31/functions/{FunctionName}/policy");
const INVOKE: Api = LAMBDA.post("Invoke", "/2015-03-31/functions/{FunctionName}/invocations").payload("Payload");
const VALIDATE: Api = ACCESS_ANALYZER.post("ValidatePolicy", "/policy/validation{?maxResults,nextToken}");

const RULES: &str = r#"{ "Rules": [{ "Name": "a", "Arn": "arn:aws:events:eu-west-1:123456789012:rule/a", "State": "ENABLED",
    "EventBusName": "default", "ScheduleExpression": "rate(1 day)" }], "Other": { "deep": [1.5] } }"#;

async fn asked(api: &Api, input: Value, answers: &[Recorded]) -> (Result<Rules, Gap>, Answers) {
    let answers = Answers::new(answers);
    let at = answers.at("eu-west-1").await;
    (at.client(Client::new).call(api, input).await, answers)
}

#[tokio::test]
async fn a_request_is_signed_paced_and_logged_like_any_other() {
    let input = json!({ "Limit": 100, "NextToken": null });
    let (answer, answers) = asked(&LIST_RULES, input, &[(200, "", RULES)]).await;
    assert_eq!(answer.unwrap(), Rules { rules: vec![Named { name: "a".into() }], next_token: None });
    let all = answers.asked();
    let request = all.first().unwrap();
    assert_eq!((request.method.as_str(), request.uri.as_str()), ("POST", "https://events.eu-west-1.amazonaws.com/"));
    assert_eq!(request.body, r#"{"Limit":100}"#);
    assert_eq!(request.header("content-type"), "application/x-amz-json-1.1");
    assert_eq!(request.header("x-amz-target"), "AWSEvents.ListRules");
    assert_eq!(request.header("x-amzn-query-mode"), "");
    assert!(request.header("authorization").contains("/eu-west-1/events/aws4_request"));
    assert!(request.header("amz-sdk-request").starts_with("attempt=1"), "{}", request.header("amz-sdk-request"));
    assert!(!request.header("amz-sdk-invocation-id").is_empty());
    assert!(request.header("user-agent").contains("app/attestry"), "{}", request.header("user-agent"));
    let calls = answers.link.calls.all();
    let call = calls.first().unwrap();
    assert_eq!((call.service.as_str(), call.operation.as_str()), ("events", "ListRules"));
    assert_eq!((call.attempt, call.request_id.as_str(), &call.parameters), (1, "r-1", &json!({ "Limit": 100 })));
}

#[tokio::test]
async fn paths_and_queries_hold_what_they_name() {
    let arn = "arn:aws:lambda:eu-west-1:1:function:a/b c";
    let functions = r#"{"Functions":[]}"#;
    for (api, input, told, method, uri, body) in [
        (
            LIST_FUNCTIONS,
            json!({ "MaxItems": 50, "Marker": null }),
            functions,
            "GET",
            "/2015-03-31/functions?MaxItems=50",
            "",
        ),
        (
            LIST_FUNCTIONS,
            json!({ "MaxItems": 50, "Marker": "a+b/c=&d" }),
            functions,
            "GET",
            "/2015-03-31/functions?Marker=a%2Bb%2Fc%3D%26d&MaxItems=50",
            "",
        ),
        (
            GET_POLICY,
            json!({ "FunctionName": arn }),
            r#"{"Policy":"{}"}"#,
            "GET",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Aa%2Fb%20c/policy",
            "",
        ),
        (
            INVOKE,
            json!({ "FunctionName": "pay", "Payload": { "a": [1] } }),
            "null",
            "POST",
            "/2015-03-31/functions/pay/invocations",
            r#"{"a":[1]}"#,
        ),
        (
            VALIDATE,
            json!({ "policyDocument": "{}", "nextToken": "t" }),
            r#"{"findings":[]}"#,
            "POST",
            "/policy/validation?nextToken=t",
            r#"{"policyDocument":"{}"}"#,
        ),
    ] {
        let answers = Answers::new(&[(200, "", told)]);
        let at = answers.at("eu-west-1").await;
        assert!(at.client(Client::new).call::<Value>(&api, input).await.is_ok(), "{}", api.name);
        let all = answers.asked();
        let request = all.first().unwrap();
        let (_, path) = request.uri.split_once(".amazonaws.com").unwrap();
        assert_eq!((request.method.as_str(), path, request.body.as_str()), (method, uri, body));
        let calls = answers.link.calls.all();
        assert_eq!(calls.first().unwrap().operation, api.name);
    }
    for (api, input) in [
        (GET_POLICY, json!({ "FunctionName": "" })),
        (GET_POLICY, json!({})),
        (GET_POLICY, json!({ "FunctionName": "a", "Qualifier": "b" })),
        (LIST_RULES, json!([])),
    ] {
        let (answer, answers) = asked(&api, input, &[]).await;
        assert_eq!((answer.unwrap_err().cause, answers.asked().len()), (Cause::Unexpected, 0), "{}", api.name);
    }
}

#[tokio::test]
async fn cbor_is_written_and_read() {
    let api = CLOUDWATCH.api("DescribeAlarms");
    let answers = Answers::new(&[(200, "", "\u{1}")]);
    let at = answers.at("eu-west-1").await;
    let answer = at.client(Client::new).call::<Rules>(&api, json!({ "MaxRecords": 1 })).await;
    assert_eq!(answer.unwrap_err().cause, Cause::Malformed);
    let all = answers.asked();
    let request = all.first().unwrap();
    let uri =
        "https://monitoring.eu-west-1.amazonaws.com/service/GraniteServiceVersion20100801/operation/DescribeAlarms";
    assert_eq!((request.uri.as_str(), request.header("smithy-protocol")), (uri, "rpc-v2-cbor"));
    assert!(request.body.contains("MaxRecords") && request.header("content-type") == "application/cbor");
}

#[tokio::test]
async fn throttling_and_faults_are_waited_for() {
    let slow = r#"{"__type":"ThrottlingException","message":"slow"}"#;
    let (answer, answers) = asked(&LIST_RULES, json!({}), &[(400, "", slow), (503, "", ""), (200, "", RULES)]).await;
    assert!(answer.is_ok());
    assert_eq!(answers.link.calls.all().iter().map(|call| call.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(answers.link.calls.counts(), (3, 1));
    let many = (429, "TooManyRequestsException", r#"{"Message":"slow"}"#);
    let (answer, answers) = asked(&LIST_FUNCTIONS, json!({}), &[many; 6]).await;
    let gap = answer.unwrap_err();
    assert_eq!((gap.cause, gap.code.as_str()), (Cause::Throttled, "TooManyRequestsException"));
    assert_eq!(answers.link.calls.counts(), (6, 6));
}

#[tokio::test]
async fn every_error_that_counts_as_throttling_is_retried() {
    // The table decides also about these: a name that contains `Throttl`, and a status without a code.
    let unlisted = [(400, "NewThrottlingOfAService"), (429, "")];
    let listed = gap::throttling_codes().into_iter().map(|code| (400, code));
    for (status, code) in listed.chain(unlisted) {
        let (answer, answers) = asked(&LIST_RULES, json!({}), &[(status, code, ""), (200, "", RULES)]).await;
        assert!(answer.is_ok(), "{code} {status}: {answer:?}");
        assert_eq!(answers.link.calls.counts(), (2, 1), "{code} {status}");
    }
    let denied = asked(&LIST_RULES, json!({}), &[(400, "AccessDeniedException", "")]).await;
    assert_eq!((denied.0.unwrap_err().cause, denied.1.asked().len()), (Cause::Denied, 1));
}

#[tokio::test]
async fn an_error_is_read_in_every_spelling() {
    for (status, header, body, cause, code, message) in [
        (400, "", r#"{"__type":"AccessDeniedException","message":"no"}"#, Cause::Denied, "AccessDeniedException", "no"),
        (400, "", r#"{"__type":"com.amazon#AccessDenied","Message":"no"}"#, Cause::Denied, "AccessDenied", "no"),
        (
            403,
            "AccessDeniedException:http://internal",
            r#"{"Message":"no"}"#,
            Cause::Denied,
            "AccessDeniedException",
            "no",
        ),
        (403, "", r#"{"code":"Forbidden","__type":"Other"}"#, Cause::Denied, "Forbidden", ""),
        (403, "", "<html>", Cause::Denied, "", ""),
        (401, "InvalidAccessException", "", Cause::ServiceOff, "InvalidAccessException", ""),
        (
            404,
            "ResourceNotFoundException",
            r#"{"Message":"none"}"#,
            Cause::Unexpected,
            "ResourceNotFoundException",
            "none",
        ),
        (400, "", r#"{"__type":"ExpiredTokenException"}"#, Cause::Credentials, "ExpiredTokenException", ""),
        (
            400,
            "",
            r#"{"__type":"UnrecognizedClientException"}"#,
            Cause::RegionDisabled,
            "UnrecognizedClientException",
            "",
        ),
        (
            400,
            "query:AWS.SimpleQueueService.NonExistentQueue;Sender",
            r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"}"#,
            Cause::Unexpected,
            "AWS.SimpleQueueService.NonExistentQueue",
            "none",
        ),
        (400, "", r#"{"__type":7,"message":["no"]}"#, Cause::Unexpected, "", ""),
        (400, "", "[]", Cause::Unexpected, "", ""),
    ] {
        let (answer, answers) = asked(&LIST_RULES, json!({}), &[(status, header, body)]).await;
        let gap = answer.unwrap_err();
        assert_eq!((gap.cause, gap.code.as_str(), gap.message.as_str()), (cause, code, message), "{header} {body}");
        assert_eq!((gap.service.as_str(), gap.operation.as_str()), ("events", "ListRules"));
        assert_eq!((gap.request_id.as_str(), answers.link.calls.all().len()), ("r-1", 1));
    }
}

#[tokio::test]
async fn what_is_no_answer_is_malformed_and_not_quoted() {
    for body in
        ["", "[]", "{}", "<html>", r#"{"Rules":"hunter2"}"#, r#"{"Rules":[{"a":"hunter2"}]}"#, r#"{"Rules":["a"]"#]
    {
        let (answer, answers) = asked(&LIST_RULES, json!({}), &[(200, "", body)]).await;
        let gap = answer.unwrap_err();
        assert_eq!(
            (gap.cause, gap.request_id.as_str(), gap.operation.as_str()),
            (Cause::Malformed, "r-1", "ListRules")
        );
        assert!(!gap.message.contains("hunter2") && !gap.message.is_empty(), "{}", gap.message);
        assert_eq!(answers.asked().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn an_answer_is_more_than_its_body() {
    let answers = Answers::new(&[(200, "Unhandled", "")]);
    let at = answers.at("eu-west-1").await;
    let answer = at.client(Client::new).send(&INVOKE, json!({ "FunctionName": "a" })).await.unwrap();
    assert_eq!((answer.body.len(), answer.header("x-amzn-errortype")), (0, Some("Unhandled")));
    assert_eq!(format!("{answer:?}"), "Answer(r-1)");
}

#[test]
fn every_partition_has_its_names() {
    let sdk = |region: &str| SdkConfig::builder().region(Region::new(region.to_owned()));
    for (region, host) in [
        ("ap-southeast-2", "events.ap-southeast-2.amazonaws.com"),
        ("us-gov-west-1", "events.us-gov-west-1.amazonaws.com"),
        ("cn-northwest-1", "events.cn-northwest-1.amazonaws.com.cn"),
        ("us-iso-east-1", "events.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", "events.us-isob-east-1.sc2s.sgov.gov"),
        ("us-isof-south-1", "events.us-isof-south-1.csp.hci.ic.gov"),
        ("eu-isoe-west-1", "events.eu-isoe-west-1.cloud.adc-e.uk"),
        ("eusc-de-east-1", "events.eusc-de-east-1.amazonaws.eu"),
    ] {
        assert_eq!(endpoint::of("events", &sdk(region).build()), Ok(format!("https://{host}")));
    }
    let here = sdk("eu-west-1").endpoint_url("http://localhost:5000/");
    assert_eq!(endpoint::of("events", &here.build()).as_deref(), Ok("http://localhost:5000"));
    for elsewhere in ["", "eu-west-1.example.com", "a/b", "a@b", "a#"] {
        assert!(endpoint::of("events", &sdk(elsewhere).build()).is_err(), "{elsewhere}");
    }
    for wanted in [sdk("eu-west-1").use_fips(true), sdk("eu-west-1").use_dual_stack(true)] {
        assert!(endpoint::of("events", &wanted.build()).is_err_and(|why| why.to_string().contains("FIPS")));
    }
}

#[test]
fn instants_are_seconds_with_fractions() {
    #[derive(Deserialize)]
    struct Dated {
        #[serde(default, deserialize_with = "epoch_seconds")]
        at: Option<aws_smithy_types::DateTime>,
    }
    let read =
        |text: &str| serde_json::from_str::<Dated>(text).ok().map(|it| it.at.map(|at| (at.secs(), at.subsec_nanos())));
    assert_eq!(read(r#"{"at":1795165200}"#), Some(Some((1_795_165_200, 0))));
    assert_eq!(read(r#"{"at":1795165200.5}"#), Some(Some((1_795_165_200, 500_000_000))));
    assert_eq!(read(r#"{"at":null}"#), Some(None));
    assert_eq!(read("{}"), Some(None));
    assert_eq!(read(r#"{"at":"2026-11-20T09:00:00Z"}"#), None);
}
