//! Tests sound and unsound answers in every protocol.

use serde_json::json;

use super::*;

const ACCOUNT: &str = "111122223333";

fn judge(service: &str, operation: &str, body: &[u8]) -> Result<(), String> {
    let Some(row) = TABLE.row(service, operation) else { return Err("no row".to_owned()) };
    let protocol = if row.body == Body::Json { Protocol::RestJson } else { Protocol::of(service) };
    let parameters = json!({ "SecretId": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf", "Bucket": "b",
        "Names": ["a", "b"], "ResourceTypeFilters": ["kms:key"], "RoleArn": "arn:aws:iam::444455556666:role/between",
        "RoleSessionName": "s", "KeyId": "arn:aws:kms:eu-west-1:444455556666:key/k", "Name":
        "arn:aws:ssm:eu-west-1:444455556666:parameter/shared/p:3",
        "FunctionName": "arn:aws:lambda:eu-west-1:111122223333:function:f:live" });
    let asked = Asked { account: ACCOUNT, region: "eu-west-1", parameters: &parameters, withheld: None };
    let head = Head { status: 200, content_type: None, length: None };
    super::body(row, protocol, head, &asked, body).map_err(|wrong| wrong.0)
}

#[test]
fn the_table_is_read_whole() {
    assert_eq!(TABLE.mistakes, Vec::<String>::new());
}

#[test]
fn answers_of_aws_are_believed() {
    for (service, operation, body) in [
        ("sqs", "ListQueues", "{}"),
        ("sqs", "ReceiveMessage", "{}"),
        ("sqs", "DeleteQueue", ""),
        ("ssm", "DeleteParameter", "{}"),
        ("secretsmanager", "ListSecrets", r#"{"SecretList":[]}"#),
        (
            "secretsmanager",
            "GetResourcePolicy",
            r#"{"ARN":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf","Name":"a"}"#,
        ),
        (
            "cloudtrail",
            "GetEventSelectors",
            r#"{"TrailARN":"arn:aws:cloudtrail:eu-west-1:111122223333:trail/t","AdvancedEventSelectors":[{"FieldSelectors":[]}]}"#,
        ),
        ("lambda", "ListFunctions", r#"{"NextMarker":null,"Functions":[]}"#),
        ("tag", "GetResources", r#"{"PaginationToken":"","ResourceTagMappingList":[]}"#),
        ("ssm", "GetParameters", r#"{"Parameters":[],"InvalidParameters":["a","b"]}"#),
        ("s3", "GetBucketVersioning", "<VersioningConfiguration xmlns=\"http://s3.example/\"/>"),
        ("s3", "GetBucketLogging", "<?xml version=\"1.0\"?>\n<BucketLoggingStatus></BucketLoggingStatus>\n"),
        (
            "sns",
            "ListTopics",
            "<ListTopicsResponse><ListTopicsResult><Topics/></ListTopicsResult><ResponseMetadata/></ListTopicsResponse>",
        ),
        ("sns", "Unsubscribe", "<UnsubscribeResponse><ResponseMetadata/></UnsubscribeResponse>"),
        // The bytes are {_ "MetricAlarms": []} of unknown length.
        ("cloudwatch", "DescribeAlarms", "\u{0}"),
    ] {
        let bytes: &[u8] =
            if operation == "DescribeAlarms" { b"\xbf\x6cMetricAlarms\x80\xff" } else { body.as_bytes() };
        assert_eq!(judge(service, operation, bytes), Ok(()), "{operation} {body}");
    }
}

/// Answers about another Region, about another account or of an unusual sort that are true nevertheless.
#[test]
fn what_belongs_to_others_is_believed_where_aws_tells_it() {
    const ROLE: &str = "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId><Arn>arn:aws:sts::\
        444455556666:assumed-role/between/s</Arn></AssumedRoleUser><Credentials><AccessKeyId>k</AccessKeyId><SecretAccessKey>s\
        </SecretAccessKey><SessionToken>t</SessionToken><Expiration>2026-11-20T22:15:00Z</Expiration></Credentials>\
        </AssumeRoleResult></AssumeRoleResponse>";
    const KEY: &str = r#"{"KeyMetadata":{"KeyId":"k","Arn":"arn:aws:kms:eu-west-1:444455556666:key/k","AWSAccountId":"444455556666",
        "KeyState":"Enabled","KeyUsage":"ENCRYPT_DECRYPT","KeyManager":"CUSTOMER","Origin":"AWS_KMS","Enabled":true,
        "CreationDate":1.5E9,"KeySpec":"SYMMETRIC_DEFAULT","MultiRegion":false}}"#;
    const TRAILS: &str = r#"{"trailList":[{"Name":"a","TrailARN":"arn:aws:cloudtrail:us-east-1:444455556666:trail/a",
        "HomeRegion":"us-east-1","IsMultiRegionTrail":true,"IsOrganizationTrail":true,"LogFileValidationEnabled":true,
        "IncludeGlobalServiceEvents":true,"S3BucketName":"b"},{"Name":"b","HomeRegion":"us-west-2","IsMultiRegionTrail":true,
        "TrailARN":"arn:aws:cloudtrail:us-west-2:111122223333:trail/b","LogFileValidationEnabled":false,
        "IncludeGlobalServiceEvents":true,"S3BucketName":"b","SnsTopicName":null}]}"#;
    const ALIASES: &str = r#"{"Aliases":[{"AliasName":"alias/aws/ebs","AliasArn":"arn:aws:kms:eu-west-1:111122223333:alias/aws/ebs"}],
        "Truncated":false}"#;
    const TOPICS: &str = "<ListSubscriptionsResponse><ListSubscriptionsResult><Subscriptions><member><Owner>111122223333</Owner>\
        <Protocol>sqs</Protocol><Endpoint/><TopicArn>arn:aws:sns:eu-west-1:444455556666:t</TopicArn><SubscriptionArn>\
        PendingConfirmation</SubscriptionArn></member></Subscriptions></ListSubscriptionsResult></ListSubscriptionsResponse>";
    const IDENTITIES: &str = "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><UserDetailList><member>\
        <UserName>u</UserName><Arn>arn:aws:iam::111122223333:user/u</Arn><AttachedManagedPolicies><member><PolicyName>p</PolicyName>\
        <PolicyArn>arn:aws:iam::aws:policy/p</PolicyArn></member></AttachedManagedPolicies></member></UserDetailList>\
        <GroupDetailList/><RoleDetailList/><Policies><member><Arn>arn:aws:iam::aws:policy/p</Arn><IsAttachable>true</IsAttachable><PolicyVersionList><member>\
        <Document>%7B%7D</Document><IsDefaultVersion>true</IsDefaultVersion></member></PolicyVersionList></member></Policies>\
        <IsTruncated>false</IsTruncated></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>";
    const SHARED: &str = r#"{"Parameter":{"ARN":"arn:aws:ssm:eu-west-1:444455556666:parameter/shared/p","Name":"/shared/p",
        "Type":"String","Value":"","Version":3,"LastModifiedDate":1.5E9,"Selector":":3"}}"#;
    const FUNCTION: &str = r#"{"FunctionName":"f","FunctionArn":"arn:aws:lambda:eu-west-1:111122223333:function:f:live","Role":
        "arn:aws:iam::111122223333:role/f","CodeSha256":"c","LastModified":"2026-11-20T22:15:00.000+0000","State":"Active",
        "PackageType":"Image","Version":"7","Runtime":null,"Handler":null,"LastUpdateStatus":null,"VpcConfig":null}"#;
    for (service, operation, body) in [
        ("sts", "AssumeRole", ROLE),
        ("kms", "DescribeKey", KEY),
        ("kms", "ListAliases", ALIASES),
        ("cloudtrail", "DescribeTrails", TRAILS),
        ("sns", "ListSubscriptions", TOPICS),
        ("iam", "GetAccountAuthorizationDetails", IDENTITIES),
        ("ssm", "GetParameter", SHARED),
        ("lambda", "GetFunctionConfiguration", FUNCTION),
    ] {
        assert_eq!(judge(service, operation, body.as_bytes()), Ok(()), "{operation}");
        // The request did not name this account, and no flag in the answer permits another account.
        let lie = body.replace("444455556666", "999999999999").replace(r#""IsOrganizationTrail":true,"#, "");
        let told = judge(service, operation, lie.as_bytes());
        let anybody = ["ListSubscriptions", "GetParameter"].contains(&operation);
        assert_eq!(told.is_err(), lie != body && !anybody, "{operation}: {told:?}");
    }
    // The bytes are {"MetricAlarms": [{…, "EvaluationCriteria": {}}]}. An alarm on a query has no periods and no
    // comparison.
    let alarm = |criteria: &[u8]| {
        let mut body = b"\xa1\x6cMetricAlarms\x81\xbf\x69AlarmName\x61a\x68AlarmArn\x78\x35".to_vec();
        body.extend(b"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:query");
        body.extend(b"\x6aStateValue\x62OK\x6eActionsEnabled\xf5");
        body.extend(criteria);
        body.push(0xff);
        judge("cloudwatch", "DescribeAlarms", &body)
    };
    assert_eq!(alarm(b"\x72EvaluationCriteria\xa0"), Ok(()));
    assert_eq!(alarm(b""), Err("`MetricAlarms[].EvaluationPeriods` is missing".to_owned()));
}

#[test]
fn others_are_refused_without_showing_a_value() {
    let list = |inside: &str| {
        format!("<ListTopicsResponse><ListTopicsResult>{inside}</ListTopicsResult></ListTopicsResponse>")
    };
    let bucket = |name: &str| {
        let bucket =
            format!("<Bucket><Name>{name}</Name><CreationDate>2026-11-20T22:15:00.000Z</CreationDate></Bucket>");
        let owner = "<Owner><ID>i</ID></Owner>";
        format!("<ListAllMyBucketsResult><Buckets>{bucket}</Buckets>{owner}</ListAllMyBucketsResult>")
    };
    assert_eq!(judge("s3", "ListBuckets", bucket("Old_Bucket.of-ours").as_bytes()), Ok(()));
    let secret = |inside: &str| format!(r#"{{"SecretList":[{{{inside}}}]}}"#);
    let at = |region: &str, account: &str| {
        secret(&format!(
            r#""ARN":"arn:aws:secretsmanager:{region}:{account}:secret:a-AbCdEf","Name":"a","LastChangedDate":1.5"#
        ))
    };
    let group = |member: &str| {
        let arn = r#""arn":"arn:aws:logs:eu-west-1:111122223333:log-group:g:*""#;
        format!(r#"{{"logGroups":[{{"logGroupName":"g",{arn},"creationTime":1500000000000,"{member}":null}}]}}"#)
    };
    assert_eq!(judge("logs", "DescribeLogGroups", group("logGroupClass").as_bytes()), Ok(()));
    let trail = |lists: &str| format!(r#"{{"TrailARN":"arn:aws:cloudtrail:eu-west-1:111122223333:trail/t",{lists}}}"#);
    let tagged = |tags: &str| at("eu-west-1", ACCOUNT).replace("1.5}", &format!(r#"1.5,"Tags":[{tags}]}}"#));
    assert_eq!(judge("secretsmanager", "ListSecrets", at("eu-west-1", ACCOUNT).as_bytes()), Ok(()));
    for (service, operation, body, what) in [
        ("secretsmanager", "ListSecrets", String::new(), "the answer has no body"),
        ("secretsmanager", "ListSecrets", "{}".into(), "`SecretList[]` is missing"),
        ("secretsmanager", "ListSecrets", r#"{"SecretList":null}"#.into(), "`SecretList[]` is null"),
        ("secretsmanager", "ListSecrets", r#"{"SecretList":{}}"#.into(), "`SecretList[]` is an object"),
        ("secretsmanager", "ListSecrets", "[]".into(), "the answer is a list"),
        ("secretsmanager", "ListSecrets", r#"{"SecretList":["#.into(), "cut off"),
        ("secretsmanager", "ListSecrets", r#"{"SecretList":[]}{}"#.into(), "no JSON"),
        ("secretsmanager", "ListSecrets", r#"{"SecretList":[],"SecretList":[]}"#.into(), "twice"),
        ("secretsmanager", "ListSecrets", secret(""), "`SecretList[].ARN` is missing"),
        ("secretsmanager", "ListSecrets", at("us-east-1", ACCOUNT), "another Region"),
        ("secretsmanager", "ListSecrets", at("eu-west-1", "999999999999"), "another account"),
        ("secretsmanager", "ListSecrets", at("eu-west-1", ACCOUNT).replace("1.5", "1e308"), "no instant"),
        ("secretsmanager", "ListSecrets", at("eu-west-1", ACCOUNT).replace("arn:aws:", "arn:aws-cn:"), "partition"),
        ("secretsmanager", "ListSecrets", tagged(r#"{"Value":"v"}"#), "`SecretList[].Tags[].Key` is missing"),
        ("secretsmanager", "ListSecrets", tagged(r#"{"Key":"k","Value":"v"},{"Key":"k","Value":"w"}"#), "twice"),
        (
            "secretsmanager",
            "GetResourcePolicy",
            at("eu-west-1", ACCOUNT).replace(r#"{"SecretList":["#, "").replace("1.5}]", r#"1,"ResourcePolicy":null"#),
            "`ResourcePolicy` is null",
        ),
        ("logs", "DescribeLogGroups", group("deletionProtectionEnabled"), "is null"),
        ("logs", "DescribeLogGroups", group("retentionInDays"), "is null"),
        ("logs", "DescribeLogGroups", group("kmsKeyId"), "is null"),
        ("cloudtrail", "GetEventSelectors", trail(r#""EventSelectors":[]"#), "has none of"),
        (
            "cloudtrail",
            "GetEventSelectors",
            trail(r#""AdvancedEventSelectors":[],"EventSelectors":null"#),
            "has none of",
        ),
        ("sqs", "ListQueues", r#"{"__type":"InternalError"}"#.into(), "is an error"),
        ("ssm", "GetParameters", r#"{"Parameters":[],"InvalidParameters":["a"]}"#.into(), "does not name all Names"),
        ("sns", "ListTopics", list(""), "`Topics[]` is missing"),
        ("sns", "ListTopics", "<ListTopicsResponse><ListTopicsResult><Topics>".into(), "cut off"),
        ("sns", "ListTopics", list("<Topics/>") + "<a/>", "behind its end"),
        ("sns", "ListTopics", "<ErrorResponse/>".into(), "is an error"),
        ("s3", "GetBucketVersioning", "<Nothing/>".into(), "something else"),
        ("s3", "ListBuckets", "<ListAllMyBucketsResult/>".into(), "is missing"),
        ("s3", "ListBuckets", bucket("../a?policy"), "no name of a bucket"),
        ("s3", "CreateMultipartUpload", "<Error><Code>InternalError</Code></Error>".into(), "is an error"),
        ("s3", "CompleteMultipartUpload", "<Error><Code>InternalError</Code>".into(), "cut off"),
        ("s3", "PutObject", "x".into(), "none is due"),
    ] {
        let said = judge(service, operation, body.as_bytes()).err().unwrap_or_default();
        assert!(said.contains(what), "{operation} {body}: {said}");
        assert!(!said.contains("AbCdEf"), "{said}");
    }
    for body in [&b"\xbf\x6cMetricAlarms\x80"[..], b"\xa1\x6cMetricAlarms\x80\xa0", b"\xa0", b"\x80", b"\xbf\xff\xff"] {
        assert!(judge("cloudwatch", "DescribeAlarms", body).is_err(), "{body:x?}");
    }
}

#[test]
fn whatever_is_cut_off_an_answer_is_noticed() {
    let body = "<ListTopicsResponse><ListTopicsResult><Topics><member><TopicArn>arn:aws:sns:eu-west-1:111122223333:a</TopicArn>\
                </member></Topics></ListTopicsResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></ListTopicsResponse>";
    assert_eq!(judge("sns", "ListTopics", body.as_bytes()), Ok(()));
    for end in 0..body.len() {
        assert!(judge("sns", "ListTopics", body.as_bytes().split_at(end).0).is_err(), "{end}");
    }
}
