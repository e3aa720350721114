//! Tests what no case of botocore shows: values that do not fit, errors in all spellings, and hostile answers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may fail loudly"
)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Operation, Protocol, service, services};

fn operation(word: &str) -> Operation {
    let (name, operation) = word.split_once(':').unwrap();
    service(name).unwrap().operation(operation).unwrap_or_else(|| panic!("{word}"))
}

fn unfit(word: &str, input: Value) -> String {
    request(operation(word), &input).unwrap_err().to_string()
}

fn read(word: &str, body: &str) -> Result<Value, String> {
    let answer = answer(operation(word), 200, &[], body.as_bytes(), &Wanted::Everything);
    answer.map_err(|error| error.to_string())
}

#[test]
fn an_input_that_does_not_fit_names_its_place() {
    let cases = [
        ("ecs:ListServices", json!({ "clustr": "a" }), "ListServices has no member clustr"),
        ("ecs:ListServices", json!({ "cluster": 1 }), "cluster of ListServices is a text"),
        ("ecs:ListServices", json!({ "maxResults": "5" }), "maxResults of ListServices is a whole number"),
        ("ecs:ListServices", json!({ "maxResults": 5.5 }), "maxResults of ListServices is a whole number"),
        ("ecs:DescribeServices", json!({ "cluster": "a" }), "DescribeServices requires services"),
        ("ecs:DescribeServices", json!({ "services": null }), "DescribeServices requires services"),
        ("ecs:DescribeServices", json!({ "services": ["a", {}] }), "services[1] of DescribeServices is a text"),
        ("ec2:DescribeVpcs", json!({ "Filters": [{ "Nam": "x" }] }), "DescribeVpcs has no member Filters[0].Nam"),
        ("ec2:DescribeVpcs", json!(["a"]), "the whole of DescribeVpcs is a structure"),
        ("ec2:DescribeVpcs", json!({ "DryRun": "true" }), "DryRun of DescribeVpcs is true or false"),
        ("eks:DescribeCluster", json!({}), "DescribeCluster requires name"),
        ("eks:DescribeCluster", json!({ "name": "" }), "DescribeCluster requires name"),
        ("eks:DescribeCluster", json!({ "name": ".." }), "name of DescribeCluster is a text that is no relative path"),
        ("s3control:GetPublicAccessBlock", json!({}), "GetPublicAccessBlock requires AccountId"),
        (
            "s3control:GetPublicAccessBlock",
            json!({ "AccountId": "evil.example/" }),
            "AccountId of GetPublicAccessBlock is a part of a host name",
        ),
        (
            "s3:GetBucketPolicy",
            json!({ "Bucket": "a", "ExpectedBucketOwner": "1\r\nx: y" }),
            "ExpectedBucketOwner of GetBucketPolicy is a text without control characters",
        ),
        ("cloudtrail:LookupEvents", json!({ "StartTime": "yesterday" }), "StartTime of LookupEvents is an instant"),
        ("sts:GetCallerIdentity", json!({ "x": 1 }), "GetCallerIdentity has no member x"),
    ];
    for (word, input, expected) in cases {
        assert_eq!(unfit(word, input.clone()), expected, "{word} {input}");
    }
}

#[test]
fn a_null_member_is_an_absent_member() {
    let with = request(operation("ecs:ListServices"), &json!({ "cluster": "a", "maxResults": null })).unwrap();
    let without = request(operation("ecs:ListServices"), &json!({ "cluster": "a" })).unwrap();
    assert_eq!(with, without);
    assert_eq!(without.body, br#"{"cluster":"a"}"#);
    let described = respond(operation("kms:ListAliases"), &json!({ "Aliases": null, "Truncated": false }), "id");
    assert_eq!(described.unwrap().body, br#"{"Truncated":false}"#);
}

#[test]
fn requests_are_what_the_services_expect() {
    let table = request(operation("apigateway:GetRestApis"), &json!({ "limit": 500 })).unwrap();
    assert_eq!((table.method, &*table.path), ("GET", "/restapis?limit=500"));
    assert!(table.headers.contains(&("accept".to_owned(), "application/json".to_owned())));
    let account =
        request(operation("s3control:GetPublicAccessBlock"), &json!({ "AccountId": "111122223333" })).unwrap();
    assert_eq!(
        (&*account.host_prefix, &*account.path),
        ("111122223333.", "/v20180820/configuration/publicAccessBlock")
    );
    assert!(account.headers.contains(&("x-amz-account-id".to_owned(), "111122223333".to_owned())));
    let alarms = request(operation("cloudwatch:DescribeAlarms"), &json!({ "MaxRecords": 100 })).unwrap();
    assert!(alarms.headers.contains(&("x-amzn-query-mode".to_owned(), "true".to_owned())));
    let filters = json!({ "Filters": [{ "Name": "vpc-id", "Values": ["vpc-1", "vpc-2"] }] });
    let groups = request(operation("ec2:DescribeSecurityGroups"), &filters).unwrap();
    let form = "Action=DescribeSecurityGroups&Version=2016-11-15\
                &Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&Filter.1.Value.2=vpc-2";
    assert_eq!(String::from_utf8(groups.body).unwrap(), form);
}

#[test]
fn an_answer_that_does_not_fit_names_its_place_and_quotes_nothing() {
    let cases = [
        ("kms:DescribeKey", r#"{"KeyMetadata": {"KeyId": 12345}}"#, "KeyMetadata.KeyId is not a text"),
        ("kms:DescribeKey", r#"{"KeyMetadata": "secret"}"#, "KeyMetadata is not a structure"),
        ("kms:DescribeKey", r#"{"KeyMetadata": {"Enabled": "true"}}"#, "KeyMetadata.Enabled is not true or false"),
        (
            "kms:DescribeKey",
            r#"{"KeyMetadata": {"CreationDate": "secret"}}"#,
            "KeyMetadata.CreationDate is not an instant",
        ),
        (
            "kms:DescribeKey",
            r#"{"KeyMetadata": {"CreationDate": 1e300}}"#,
            "KeyMetadata.CreationDate is not an instant",
        ),
        ("kms:ListAliases", r#"{"Aliases": [{}, null]}"#, "Aliases[1] is not a structure"),
        ("ecs:ListServices", r#"{"serviceArns": {"a": 1}}"#, "serviceArns is not a list"),
        ("lambda:ListTags", r#"{"Tags": {"secret": 1}}"#, "Tags.* is not a text"),
        (
            "sns:ListTopics",
            "<ListTopicsResponse><ListTopicsResult><Topics>secret</Topics></ListTopicsResult></ListTopicsResponse>",
            "Topics is not a list",
        ),
        (
            "sns:ListTopics",
            "<ListTopicsResponse><ListTopicsResult>secret</ListTopicsResult></ListTopicsResponse>",
            "the whole is not a structure",
        ),
        (
            "sns:ListTopics",
            "<ListTopicsResponse><ListTopicsResult><Topics/><Topics/></ListTopicsResult></ListTopicsResponse>",
            "Topics is not a list",
        ),
        ("kms:ListAliases", r#"{"Aliases": [{}], "Aliases": []}"#, "Aliases is not a list"),
        ("lambda:ListTags", r#"{"Tags": {"a": "secret", "a": "b"}}"#, "Tags.* is not a text"),
        (
            "rds:DescribeDBInstances",
            "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><AllocatedStorage>secret</AllocatedStorage></DBInstance>\
             </DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>",
            "DBInstances[0].AllocatedStorage is not a whole number",
        ),
        (
            "ec2:DescribeVolumes",
            "<DescribeVolumesResponse><volumeSet><item><encrypted>yes</encrypted></item></volumeSet></DescribeVolumesResponse>",
            "Volumes[0].Encrypted is not true or false",
        ),
        (
            "ec2:DescribeVolumes",
            "<DescribeVolumesResponse><volumeSet><item><volumeId><secret/></volumeId></item></volumeSet></DescribeVolumesResponse>",
            "Volumes[0].VolumeId is not a text",
        ),
    ];
    for (word, body, expected) in cases {
        let told = read(word, body).unwrap_err();
        assert!(told.starts_with(expected) && !told.contains("secret") && !told.contains("12345"), "{word}: {told}");
    }
}

#[test]
fn an_answer_that_is_cut_off_or_another_is_no_answer() {
    let whole = "<ListTopicsResponse><ListTopicsResult><Topics><member><TopicArn>t</TopicArn></member></Topics></ListTopicsResult></ListTopicsResponse>";
    assert_eq!(read("sns:ListTopics", whole), Ok(json!({ "Topics": [{ "TopicArn": "t" }] })));
    for length in 0..whole.len() {
        assert_eq!(read("sns:ListTopics", &whole[..length]), Err("the answer is no XML".to_owned()), "{length}");
    }
    let json = r#"{"Aliases": [{"AliasName": "a"}], "Truncated": false}"#;
    for length in 0..json.len() {
        assert_eq!(read("kms:ListAliases", &json[..length]), Err("the answer is no JSON".to_owned()), "{length}");
    }
    assert!(read("kms:ListAliases", "{}x").is_err());
    assert!(read("sns:ListTopics", "<ListTopicsResponse/>").is_err(), "an answer without its wrapper");
    assert!(read("sns:ListTopics", &format!("{whole}<B/>")).is_err());
    assert!(read("s3:ListBuckets", "<Error><Code>SlowDown</Code></Error>").is_err());
    assert!(read("route53:ListHostedZones", "<ErrorResponse><Error/></ErrorResponse>").is_err());
    assert!(read("s3:GetPublicAccessBlock", "").is_err());
    // An answer without values is known by its root only.
    assert_eq!(read("ec2:DescribeVolumes", "<DescribeVolumesResponse/>"), Ok(json!({})));
    assert!(read("ec2:DescribeVolumes", "<DescribeVpcsResponse/>").is_err());
    assert_eq!(read("route53:GetHostedZone", "<GetHostedZoneResponse/>"), Ok(json!({})));
    assert!(read("route53:GetHostedZone", "<Nothing/>").is_err());
    assert!(read("cloudfront:ListTagsForResource", "<DistributionList/>").is_err());
    assert!(read("sns:ListTopics", &format!("<!DOCTYPE a [<!ENTITY x \"y\">]>{whole}")).is_err());
    assert!(read("s3:GetBucketVersioning", "<V><Status>&x;</Status></V>").is_err());
}

#[test]
fn cbor_that_is_cut_off_or_goes_on_is_no_answer() {
    let list = operation("cloudwatchomni:ListAccessGrants");
    let read = |body: &[u8]| answer(list, 200, &[], body, &Wanted::Everything);
    let body = respond(list, &json!({ "nextToken": "n" }), "id").unwrap().body;
    assert_eq!(read(&body), Ok(json!({ "nextToken": "n" })));
    for length in 0..body.len() {
        assert_eq!(read(&body[..length]), Err(Unreadable::Protocol("CBOR")), "{length}");
    }
    assert_eq!(read(&[&body[..], &[0]].concat()), Err(Unreadable::Protocol("CBOR")));
    // A null in the place of the whole answer, and a number in the place of a text.
    assert!(matches!(read(&[0xf6]), Err(Unreadable::Type { .. })));
    assert!(matches!(read(b"\xa1inextToken\x05"), Err(Unreadable::Type { place, .. }) if place == "nextToken"));
}

#[test]
fn a_star_wants_every_key_of_a_map() {
    let body = br#"{"Environment": {"Variables": {"A": "1", "B": "2"}}, "Role": "r"}"#;
    let read = |wanted: &[&str]| {
        let read = answer(operation("lambda:GetFunctionConfiguration"), 200, &[], body, &Wanted::paths([wanted]));
        read.unwrap()
    };
    assert_eq!(
        read(&["Environment", "Variables", "*"]),
        json!({ "Environment": { "Variables": { "A": "1", "B": "2" } } })
    );
    assert_eq!(read(&["Environment", "Variables", "B"]), json!({ "Environment": { "Variables": { "B": "2" } } }));
    assert_eq!(read(&["Role"]), json!({ "Role": "r" }));
}

#[test]
fn empty_elements_are_empty_values() {
    let body = "<DescribeVolumesResponse><volumeSet/><nextToken/></DescribeVolumesResponse>";
    assert_eq!(read("ec2:DescribeVolumes", body), Ok(json!({ "Volumes": [], "NextToken": "" })));
    assert_eq!(read("ec2:DescribeVolumes", "<DescribeVolumesResponse></DescribeVolumesResponse>"), Ok(json!({})));
    let location = r#"<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>"#;
    assert_eq!(read("s3:GetBucketLocation", location), Ok(json!({})));
}

#[test]
fn instants_have_one_form() {
    let of = |seconds: &str| {
        read("kms:DescribeKey", &format!(r#"{{"KeyMetadata": {{"CreationDate": {seconds}}}}}"#)).unwrap()["KeyMetadata"]
            ["CreationDate"]
            .clone()
    };
    for (sent, read) in [
        ("1700000000", "2023-11-14T22:13:20Z"),
        ("1.7E9", "2023-11-14T22:13:20Z"),
        ("1700000000.123", "2023-11-14T22:13:20.123Z"),
        ("\"2023-11-14T22:13:20.123Z\"", "2023-11-14T22:13:20.123Z"),
        ("\"2023-11-15T00:13:20+02:00\"", "2023-11-14T22:13:20Z"),
        ("\"Tue, 14 Nov 2023 22:13:20 GMT\"", "2023-11-14T22:13:20Z"),
        ("253402300799", "9999-12-31T23:59:59Z"),
        ("-1", "1969-12-31T23:59:59Z"),
    ] {
        assert_eq!(of(sent), read, "{sent}");
    }
}

#[test]
fn an_answer_without_end_is_refused() {
    let deep = |count: usize| {
        let (open, close) = (r#"{"Statement":{"NotStatement":"#.repeat(count), "}}".repeat(count));
        format!(r#"{{"RuleGroup":{{"Rules":[{open}{{}}{close}]}}}}"#)
    };
    assert!(read("wafv2:GetRuleGroup", &deep(2)).is_ok());
    for count in [40, 10_000] {
        let told = read("wafv2:GetRuleGroup", &deep(count)).unwrap_err();
        assert!(told.contains("too many levels") || told.contains("no JSON"), "{told}");
    }
    // What is not wanted may be as deep as it likes, because it is not built.
    let unknown = format!(r#"{{"later": {}{} }}"#, "[".repeat(100), "]".repeat(100));
    assert_eq!(read("wafv2:GetRuleGroup", &unknown), Ok(json!({})));
    let nested = format!(
        "<DescribeVolumesResponse><volumeSet>{}{}</volumeSet></DescribeVolumesResponse>",
        "<a>".repeat(50_000),
        "</a>".repeat(50_000)
    );
    assert_eq!(read("ec2:DescribeVolumes", &nested), Ok(json!({ "Volumes": [{}] })));
    let large = vec![b' '; (64 << 20) + 1];
    let told = answer(operation("kms:ListKeys"), 200, &[], &large, &Wanted::Everything);
    assert!(matches!(told, Err(Unreadable::Large(_))));
}

/// Headers and a body, and the code and the message in them.
type Spelling = (&'static [(&'static str, &'static str)], &'static str, &'static str, &'static str);

#[test]
fn errors_are_read_in_all_spellings() {
    let cases: [Spelling; 12] = [
        (
            &[("Content-Type", "application/x-amz-json-1.1")],
            r#"{"__type":"com.amazonaws.kms#NotFoundException","message":"m"}"#,
            "NotFoundException",
            "m",
        ),
        (&[], r#"{"__type":"InvalidName","Message":"m"}"#, "InvalidName", "m"),
        (
            &[("x-amzn-ErrorType", "NotFoundException:http://internal.example.com/")],
            r#"{"message":"m"}"#,
            "NotFoundException",
            "m",
        ),
        (&[], r#"{"code":"AccessDenied","errorMessage":"m"}"#, "AccessDenied", "m"),
        (
            &[("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")],
            r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}"#,
            "AWS.SimpleQueueService.NonExistentQueue",
            "m",
        ),
        (
            &[],
            "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>a &amp; b</Message></Error>\
             <RequestId>1</RequestId></ErrorResponse>",
            "NoSuchEntity",
            "a & b",
        ),
        (
            &[],
            "<?xml version=\"1.0\"?>\n<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>m</Message></Error>\
             </Errors><RequestID>1</RequestID></Response>",
            "InvalidVpcID.NotFound",
            "m",
        ),
        (
            &[],
            "<Error><Code>NoSuchBucket</Code><Message>m</Message><BucketName>b</BucketName></Error>",
            "NoSuchBucket",
            "m",
        ),
        (&[], "", "", ""),
        (&[], "<html>busy</html>", "", ""),
        (&[], "[1, 2]", "", ""),
        (&[("content-type", "application/cbor")], "\u{1}", "", ""),
    ];
    for (headers, body, code, message) in cases {
        let read = error(headers, body.as_bytes());
        assert_eq!((&*read.code, &*read.message), (code, message), "{body}");
    }
}

#[test]
fn an_error_is_read_as_it_was_written() {
    let sent = AwsError { code: "No.Such-Thing".to_owned(), message: "a <b> & \"c\" ü".to_owned() };
    let mut seen = Vec::new();
    for service in services() {
        let response = refuse(service, &sent, 400, "id-1");
        let headers: Vec<_> = response.headers.iter().map(|(name, text)| (&**name, &**text)).collect();
        assert_eq!(error(&headers, &response.body), sent, "{service:?}");
        assert_eq!(response.status, 400);
        seen.push(service.protocol());
    }
    for protocol in
        [Protocol::Json, Protocol::RestJson, Protocol::Query, Protocol::Ec2, Protocol::RestXml, Protocol::Cbor]
    {
        assert!(seen.contains(&protocol), "{protocol:?}");
    }
}

#[test]
fn a_described_answer_that_is_misspelt_is_refused() {
    let refused = |word: &str, value: Value| respond(operation(word), &value, "id").unwrap_err().to_string();
    assert_eq!(refused("sns:ListTopics", json!({ "Topic": [] })), "ListTopics has no member Topic");
    let zone = json!({ "HostedZones": [{ "Id": "a", "Config": { "PrivateZon": true } }] });
    assert_eq!(
        refused("route53:ListHostedZones", zone),
        "ListHostedZones has no member HostedZones[0].Config.PrivateZon"
    );
    assert_eq!(refused("iam:ListUsers", json!({ "IsTruncated": "no" })), "IsTruncated of ListUsers is true or false");
}

#[test]
fn a_document_may_stand_in_the_place_of_a_text() {
    let policy = json!({ "Version": "2012-10-17", "Statement": [] });
    let answered = |word: &str, value: Value| {
        let response = respond(operation(word), &value, "id").unwrap();
        answer(operation(word), 200, &[], &response.body, &Wanted::Everything).unwrap()
    };
    let sns = answered("sns:GetTopicAttributes", json!({ "Attributes": { "Policy": policy } }));
    assert_eq!(sns["Attributes"]["Policy"], policy.to_string());
    let bucket = answered("s3:GetBucketPolicy", json!({ "Policy": policy }));
    assert_eq!(bucket["Policy"], policy.to_string());
    // IAM percent-encodes its documents.
    let role = answered("iam:GetRolePolicy", json!({ "RoleName": "r", "PolicyDocument": policy }));
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
    assert_eq!(role["PolicyDocument"], encoded);
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let words = [
        "kms:DescribeKey",
        "wafv2:GetWebACL",
        "guardduty:GetDetector",
        "s3:GetBucketAcl",
        "s3:GetBucketLifecycleConfiguration",
        "s3:HeadObject",
        "sns:GetTopicAttributes",
        "iam:GetAccountAuthorizationDetails",
        "ec2:DescribeInstances",
        "route53:ListHostedZones",
        "cloudwatchomni:GetAccessProfile",
        "marketplace-catalog:DescribeEntity",
    ];
    prop::sample::select(words.map(operation).to_vec())
}

/// Returns bytes that come near the bodies of all protocols.
fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let xml = "(<[a-zA-Z]{1,9}( [a-z:]{1,8}=\"[a-z]*\")?/?>|</[a-zA-Z]{1,9}>|&[a-z#0-9x]{0,5};|[ -~]{0,5}|<!\\[CDATA\\[|\\]\\]>|<!--|<\\?){0,30}";
    let json = "(\\{|\\}|\\[|\\]|:|,|\"[A-Za-z_\\\\]{0,9}\"|-?[0-9]{1,25}(\\.[0-9]+)?(e[0-9]{1,4})?|null|true){0,40}";
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        xml.prop_map(String::into_bytes),
        json.prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn no_body_makes_a_reader_panic(operation in any_operation(), body in any_body(), name in "[a-z-]{1,12}", text in ".{0,20}") {
        let headers = [(name.as_str(), text.as_str()), ("content-length", text.as_str()), ("last-modified", text.as_str())];
        let _ = answer(operation, 200, &headers, &body, &Wanted::Everything);
        let _ = answer(operation, 200, &headers, &body, &Wanted::paths([&["KeyMetadata", "KeyId"][..]]));
        let _ = error(&headers, &body);
        let _ = error(&[("content-type", "application/cbor")], &body);
    }

    #[test]
    fn no_change_of_an_answer_makes_a_reader_panic(operation in any_operation(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let value = match operation.name() {
            "GetAccessProfile" => json!({}),
            "DescribeInstances" => json!({ "Reservations": [{ "Instances": [{ "InstanceId": "i", "LaunchTime": "2026-01-01T00:00:00Z" }] }] }),
            "GetBucketAcl" => json!({ "Grants": [{ "Grantee": { "Type": "Group", "URI": "u" }, "Permission": "READ" }] }),
            "DescribeKey" => json!({ "KeyMetadata": { "KeyId": "k", "Enabled": true, "CreationDate": "2026-01-01T00:00:00Z" } }),
            "GetTopicAttributes" => json!({ "Attributes": { "Policy": "p" } }),
            _ => json!({}),
        };
        let mut body = respond(operation, &value, "id").unwrap().body;
        if !body.is_empty() {
            let at = at.index(body.len());
            if cut { body.truncate(at) } else { body[at] = byte }
        }
        let _ = answer(operation, 200, &[], &body, &Wanted::Everything);
        let _ = error(&[], &body);
    }
}
