//! Event patterns of EventBridge, tried with one event and with all events of a description.

use serde_json::json;

use super::decisions::map;
use crate::alerts::Truth::{No, Unknown, Yes};
use crate::alerts::{Counter, Decision, Emits, Meant, Shape, decide, judge, parse_event_pattern};

#[test]
fn one_event_and_one_pattern() {
    let event = json!({
        "source": "aws.secretsmanager", "detail-type": "AWS API Call via CloudTrail", "resources": [],
        "detail": { "eventName": "GetSecretValue", "errorCode": "", "size": 5, "nothing": null },
    });
    for (pattern, expected) in [
        (r#"{"source":["aws.secretsmanager"]}"#, Yes),
        (r#"{"source":["aws.kms","aws.secretsmanager"],"detail":{"eventName":["GetSecretValue"]}}"#, Yes),
        (r#"{"source":["AWS.secretsmanager"]}"#, No),
        (r#"{"source":["aws.kms"]}"#, No),
        (r#"{"source":[{"prefix":"aws."}]}"#, Yes),
        (r#"{"source":[{"prefix":{"equals-ignore-case":"AWS."}}]}"#, Yes),
        (r#"{"source":[{"suffix":"kms"}]}"#, No),
        (r#"{"source":[{"equals-ignore-case":"AWS.SecretsManager"}]}"#, Yes),
        (r#"{"source":[{"wildcard":"aws.*manager"}]}"#, Yes),
        (r#"{"source":[{"anything-but":"aws.kms"}]}"#, Yes),
        (r#"{"source":[{"anything-but":["aws.kms","aws.secretsmanager"]}]}"#, No),
        (r#"{"source":[{"anything-but":{"prefix":"aws."}}]}"#, No),
        (r#"{"detail":{"gone":[{"exists":false}]}}"#, Yes),
        (r#"{"detail":{"gone":[{"anything-but":"x"}]}}"#, No),
        (r#"{"detail":{"eventName":[{"exists":true}]}}"#, Yes),
        (r#"{"detail":{"eventName":[{"exists":false}]}}"#, No),
        (r#"{"detail":{"errorCode":[""]}}"#, Yes),
        (r#"{"detail":{"size":[{"numeric":[">",3]}]}}"#, Unknown),
        (r#"{"detail":{"size":[{"exists":true}]}}"#, Yes),
        (r#"{"detail":{"nothing":["x"]}}"#, Unknown),
        (r#"{"resources":["x"]}"#, Unknown),
        (r#"{"source":[{"cidr":"10.0.0.0/8"}]}"#, Unknown),
        (r#"{"$or":[{"source":["aws.kms"]},{"detail":{"eventName":["GetSecretValue"]}}]}"#, Yes),
        (r#"{"source":["aws.secretsmanager"],"$or":[{"detail-type":["x"]},{"detail":{"eventName":["y"]}}]}"#, No),
    ] {
        assert_eq!(judge(&parse_event_pattern(pattern).unwrap(), &event), expected, "{pattern}");
    }
    for pattern in ["", "[]", "{}", r#"{"source":"aws.kms"}"#, r#"{"$or":{}}"#, r#"{"detail":{}}"#, "{"] {
        assert!(parse_event_pattern(pattern).is_err(), "{pattern} is read");
    }
}

#[test]
fn all_events_of_a_description() {
    let fields = map(&[("source", &["aws.secretsmanager"]), ("detail-type", &["AWS API Call via CloudTrail"])]);
    let meant = [Meant { fields, ..Meant::default() }];
    let base = r#""source":["aws.secretsmanager"],"detail-type":["AWS API Call via CloudTrail"]"#;
    for (pattern, expected) in [
        (format!("{{{base}}}"), Some(true)),
        (r#"{"source":["aws.secretsmanager"]}"#.to_owned(), Some(true)),
        (r#"{"source":[{"prefix":"aws."}],"detail-type":[{"suffix":"CloudTrail"}]}"#.to_owned(), Some(true)),
        (format!(r#"{{{base},"detail":{{"eventName":[{{"exists":true}}]}}}}"#), Some(true)),
        (format!(r#"{{{base},"detail":{{"errorCode":[{{"exists":true}},{{"exists":false}}]}}}}"#), Some(true)),
        (format!(r#"{{{base},"detail":{{"eventName":["GetSecretValue"]}}}}"#), Some(false)),
        (format!(r#"{{{base},"detail":{{"eventName":[{{"anything-but":"GetSecretValue"}}]}}}}"#), Some(false)),
        (format!(r#"{{{base},"detail":{{"userIdentity":{{"type":["IAMUser"]}}}}}}"#), Some(false)),
        (format!(r#"{{{base},"detail":{{"errorCode":[{{"exists":true}}]}}}}"#), Some(false)),
        (
            format!(
                r#"{{{base},"$or":[{{"detail":{{"eventName":["A"]}}}},{{"detail":{{"eventName":[{{"anything-but":"A"}}]}}}}]}}"#
            ),
            Some(true),
        ),
        (r#"{"source":["aws.kms"]}"#.to_owned(), Some(false)),
        (format!(r#"{{{base},"account":["111122223333"]}}"#), None),
        (format!(r#"{{{base},"detail":{{"requestParameters":{{"n":[{{"numeric":[">",0]}}]}}}}}}"#), Some(false)),
        ("nonsense".to_owned(), None),
    ] {
        let counter = Counter { name: "rule".into(), pattern: parse_event_pattern(&pattern), emits: Emits::One };
        let outcome = match decide(Shape::Delivered, &meant, &[counter]) {
            Decision::Counted => Some(true),
            Decision::Missed(event) => {
                assert_eq!(event["source"], "aws.secretsmanager");
                Some(false)
            }
            Decision::Undecided(_) => None,
        };
        assert_eq!(outcome, expected, "{pattern}");
    }
}
