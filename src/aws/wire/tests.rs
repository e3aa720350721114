#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use proptest::prelude::*;

use super::*;

fn operation(service: &str, name: &str) -> Operation {
    Operation { service: service.into(), name: name.into() }
}

fn read(service: &str, name: &str, uri: &str, body: &str) -> Value {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_uri(uri).unwrap();
    parameters(&operation(service, name), &request)
}

#[test]
fn parameters_have_the_names_of_aws() {
    let form = read(
        "iam",
        "GetRole",
        "https://iam/",
        "Action=GetRole&Version=2010-05-08&RoleName=a%2Bb&Tags.member.1.Key=x+y",
    );
    assert_eq!(form, json!({"RoleName": "a+b", "Tags.member.1.Key": "x y"}));
    let arn = "arn%3Aaws%3Alambda%3Ax%3A1%3Afunction%3Apay";
    let lambda = read("lambda", "GetPolicy", &format!("https://l/2015-03-31/functions/{arn}/policy?Qualifier=p"), "");
    assert_eq!(lambda, json!({"Qualifier": "p", "FunctionName": "arn:aws:lambda:x:1:function:pay"}));
    let tags = read("lambda", "ListTags", &format!("https://l/2017-03-31/tags/{arn}"), "");
    assert_eq!(tags, json!({"Resource": "arn:aws:lambda:x:1:function:pay"}));
    assert_eq!(read("lambda", "ListFunctions", "https://l/2015-03-31/functions?Marker=a", ""), json!({"Marker": "a"}));
    let path = read("s3", "GetObjectRetention", "https://s3.local/bank/logs/a%20b?retention&versionId=v", "");
    assert_eq!(path, json!({"VersionId": "v", "Bucket": "bank", "Key": "logs/a b"}));
    let host =
        read("s3", "ListObjectsV2", "https://bank.s3.eu-west-1.amazonaws.com/?list-type=2&continuation-token=t", "");
    assert_eq!(host, json!({"ContinuationToken": "t", "Bucket": "bank"}));
    assert_eq!(read("s3", "ListBuckets", "https://s3.eu-west-1.amazonaws.com/?x-id=ListBuckets", ""), json!({}));
    assert_eq!(read("kms", "ListKeys", "https://kms/", r#"{"Limit":3}"#), json!({"Limit": 3}));
    assert_eq!(
        read("ssm", "PutParameter", "https://ssm/", r#"{"Value":"hunter2"}"#),
        json!({"Value": redact::REDACTED})
    );
}

#[test]
fn texts_that_look_like_instants_stay_texts() {
    let mut value = json!({
        "LatestDeliveryAttemptTime": "2026-11-20T09:00:00Z",
        "LatestDeliveryTime": "2026-11-20T09:00:00Z",
        "Fraction": "2026-11-20T09:00:00.25Z",
        "Tags": [{"Key": "a", "Value": "2026-11-20T09:00:00Z"}],
        "tags": {"a": "2026-11-20T09:00:00Z"},
        "Day": "2026-11-20",
    });
    document::prepare(&operation("cloudtrail", "GetTrailStatus"), &mut value);
    let expected = json!({
        "LatestDeliveryAttemptTime": "2026-11-20T09:00:00Z",
        "LatestDeliveryTime": 1_795_165_200,
        "Fraction": 1_795_165_200.25,
        "Tags": [{"Key": "a", "Value": "2026-11-20T09:00:00Z"}],
        "tags": {"a": "2026-11-20T09:00:00Z"},
        "Day": "2026-11-20",
    });
    assert_eq!(value, expected);
}

#[test]
fn hostile_cbor_is_no_value() {
    for bytes in
        [&[][..], &[0xa3], &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &[0x81; 100_000], &[0x01, 0x01]]
    {
        assert_eq!(binary::decode(bytes), None);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cbor_round_trips(value in any_json()) {
        prop_assert_eq!(binary::decode(&binary::encode(&value)), Some(value));
    }

    #[test]
    fn texts_round_trip(text in any::<String>()) {
        prop_assert_eq!(percent_decode(&percent_encode(&text), true), text.clone());
        let escaped = xml_escape(&text);
        prop_assert_eq!(xml_unescape(&escaped), text.as_str());
    }

    #[test]
    fn any_answer_can_be_written(value in any_json()) {
        for service in ["iam", "kms", "lambda", "s3", "cloudwatch"] {
            prop_assert_eq!(answer(&operation(service, "X"), 200, &value).status().as_u16(), 200);
        }
    }
}
