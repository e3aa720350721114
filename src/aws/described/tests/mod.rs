//! Tests described accounts with the real SDK clients.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use super::*;
use crate::aws::client::{Api, CLOUDTRAIL, CLOUDWATCH, Client, EVENTS, LAMBDA, SSM, TAGGING};
use attestry_core::facts::Gap;

pub(in crate::aws) fn sdk(connector: SharedHttpConnector, region: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(Credentials::from_keys(
            "AKIDESCRIBED",
            "none",
            None,
        )))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build()
}

macro_rules! client {
    ($sdk:ident, $connector:expr) => {
        client!($sdk, $connector, "ap-southeast-2")
    };
    ($sdk:ident, $connector:expr, $region:expr) => {
        $sdk::Client::from_conf($sdk::config::Builder::from(&sdk($connector, $region)).build())
    };
}

mod faults;
mod mistakes;

/// Returns the answer to an operation without an SDK crate.
async fn call(connector: SharedHttpConnector, api: &Api, input: Value) -> Result<Value, Gap> {
    Client::new(&sdk(connector, "ap-southeast-2")).call(api, input).await
}

fn described(answers: &str) -> Arc<Described> {
    let head = "account: \"647751526084\"\nregions: [ap-southeast-2, us-east-1]\nas_of: 2026-11-20T22:15:00Z\n";
    match Described::read("account.yaml", &format!("{head}{answers}")) {
        Ok(described) => Arc::new(described),
        Err(error) => panic!("{error}"),
    }
}

const KMS: &str = r#"
pages: { ListKeys: 2 }
answers:
  kms:
    ListKeys:
      Keys: [{KeyId: a, KeyArn: arn:a}, {KeyId: b}, {KeyId: c}, {KeyId: d}, {KeyId: e}]
    DescribeKey:
      by KeyId:
        a: { KeyMetadata: { KeyId: a, CreationDate: 2026-11-20T09:00:00Z, Enabled: true, KeyManager: CUSTOMER } }
        "*": { error: NotFoundException, message: no key }
    GetKeyPolicy:
      Policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Condition: { Date: { a: 2026-11-20T09:00:00Z } } }] }
  kms in us-east-1:
    ListKeys: { Keys: [] }
"#;

#[tokio::test]
async fn json_is_read_by_the_sdk() {
    let account = described(KMS);
    let kms = client!(aws_sdk_kms, account.connector());
    let pages: Vec<_> = kms.list_keys().into_paginator().send().collect::<Result<_, _>>().await.unwrap();
    let sizes: Vec<_> = pages.iter().map(|page| (page.keys().len(), page.truncated())).collect();
    assert_eq!(sizes, [(2, true), (2, true), (1, false)]);

    let arn = "arn:aws:kms:ap-southeast-2:647751526084:key/a";
    let key = kms.describe_key().key_id(arn).send().await.unwrap().key_metadata.unwrap();
    assert_eq!(key.creation_date().unwrap().secs(), 1_795_165_200);
    let error = kms.describe_key().key_id("zz").send().await.unwrap_err().into_service_error();
    assert!(error.is_not_found_exception());
    assert_eq!((error.code(), error.message()), (Some("NotFoundException"), Some("no key")));

    let policy = kms.get_key_policy().key_id("a").send().await.unwrap();
    let document = policy.policy().unwrap();
    assert!(
        document.starts_with(r#"{"Version":"2012-10-17","#) && document.contains("2026-11-20T09:00:00Z"),
        "{document}"
    );
}

#[tokio::test]
async fn regions_differ_and_others_are_not_enabled() {
    let account = described(KMS);
    let virginia = client!(aws_sdk_kms, account.connector(), "us-east-1");
    assert!(virginia.list_keys().send().await.unwrap().keys().is_empty());
    assert!(virginia.describe_key().key_id("a").send().await.is_ok(), "what is not told of a Region holds for all");
    let elsewhere = client!(aws_sdk_kms, account.connector(), "eu-west-1");
    let error = elsewhere.list_keys().send().await.unwrap_err();
    assert_eq!(error.code(), Some("UnrecognizedClientException"));
}

#[tokio::test]
async fn wrong_tokens_and_silence_are_errors() {
    let account = described(KMS);
    let kms = client!(aws_sdk_kms, account.connector());
    let marker = kms.list_keys().send().await.unwrap().next_marker.unwrap();
    assert!(kms.list_keys().marker(&marker).send().await.is_ok());
    let error = kms.list_keys().marker(format!("{marker}A")).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidMarkerException"));
    let error = client!(aws_sdk_kms, account.connector(), "us-east-1").list_keys().marker(&marker).send().await;
    assert_eq!(error.unwrap_err().code(), Some("InvalidMarkerException"));
    let error = kms.list_aliases().send().await.unwrap_err();
    assert_eq!(error.code(), Some(wire::NOT_DESCRIBED));
}

#[tokio::test]
async fn the_schema_based_clients_read_json_too() {
    let account = described(
        r#"
answers:
  ssm:
    GetParametersByPath:
      Parameters: [{Name: /bank/a, Type: String, Value: "1", LastModifiedDate: 2026-11-20T09:00:00Z}, {Name: /bank/x/b}, {Name: /other}]
    GetParameters:
      Parameters: [{Name: a, Value: 2026-11-20T09:00:00Z, Version: 3}, {Name: b}]
  config:
    DescribeConfigRules:
      ConfigRules:
        - {ConfigRuleName: a, InputParameters: {days: "90"}, Source: {Owner: AWS}}
        - {ConfigRuleName: b, Source: {Owner: AWS}}
      page 2: { error: AccessDeniedException, message: stop }
"#,
    );
    let by_path = SSM.api("GetParametersByPath");
    let found = call(account.connector(), &by_path, json!({ "Path": "/bank" })).await.unwrap();
    assert_eq!(found["Parameters"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["Parameters"][0]["LastModifiedDate"], json!(1_795_165_200));
    let deep = call(account.connector(), &by_path, json!({ "Path": "/bank/", "Recursive": true })).await.unwrap();
    assert_eq!(deep["Parameters"].as_array().map(Vec::len), Some(2));
    let named = call(account.connector(), &SSM.api("GetParameters"), json!({ "Names": ["a", "zz"] })).await.unwrap();
    assert_eq!((named["Parameters"].as_array().map(Vec::len), &named["InvalidParameters"]), (Some(1), &json!(["zz"])));
    assert_eq!(named["Parameters"][0]["Value"], "2026-11-20T09:00:00Z");

    let config = client!(aws_sdk_config, account.connector());
    let mut pages = config.describe_config_rules().into_paginator().send();
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!(first.config_rules()[0].input_parameters(), Some(r#"{"days":"90"}"#));
    assert_eq!(pages.next().await.unwrap().unwrap_err().code(), Some("AccessDeniedException"));
}

const QUERY: &str = r#"
pages: { ListRoles: 1, GetAccountAuthorizationDetails: 2 }
answers:
  iam:
    ListRoles:
      Roles:
        - &role
          RoleName: a
          RoleId: AROA
          Path: /
          Arn: arn:aws:iam::647751526084:role/a
          CreateDate: 2026-11-20T09:00:00Z
          AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] }
          Tags: [{ Key: owner, Value: "pay & <go>" }]
        - *role
        - *role
    GetAccountSummary: { SummaryMap: { AccountMFAEnabled: 1, Users: 3 } }
    GetRolePolicy: { error: NoSuchEntity, message: "no <policy>" }
    GetAccountAuthorizationDetails:
      UserDetailList: [{ UserName: u1 }, { UserName: u2 }, { UserName: u3 }]
      GroupDetailList: []
      RoleDetailList: [{ RoleName: r1 }]
      Policies: [{ PolicyName: p1, Arn: "arn:aws:iam::aws:policy/p1" }, { PolicyName: p2, Arn: "arn:aws:iam::1:policy/p2" }]
  sns:
    ListTopics: { Topics: [{ TopicArn: arn:t }] }
    GetTopicAttributes:
      by TopicArn:
        t: { Attributes: { TopicArn: t, Policy: { Version: "2012-10-17" }, Displayed: 2026-11-20T09:00:00Z } }
"#;

#[tokio::test]
async fn the_query_protocol_is_read_by_the_sdk() {
    let account = described(QUERY);
    let iam = client!(aws_sdk_iam, account.connector(), "ap-southeast-2");
    let pages: Vec<_> = iam.list_roles().into_paginator().send().collect::<Result<_, _>>().await.unwrap();
    assert_eq!(pages.len(), 3);
    let role = &pages[2].roles()[0];
    assert_eq!(role.create_date().secs(), 1_795_165_200);
    assert_eq!(role.tags()[0].value(), "pay & <go>");
    let document = role.assume_role_policy_document().unwrap();
    assert_eq!(document, "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D");
    let summary = iam.get_account_summary().send().await.unwrap().summary_map.unwrap();
    assert_eq!(summary[&aws_sdk_iam::types::SummaryKeyType::Users], 3);
    let error = iam.get_role_policy().role_name("a").policy_name("b").send().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Some("NoSuchEntity"), Some("no <policy>")));

    let sns = client!(aws_sdk_sns, account.connector());
    let topic = sns.get_topic_attributes().topic_arn("arn:aws:sns:x:1:t").send().await.unwrap().attributes.unwrap();
    assert_eq!(topic["Policy"], r#"{"Version":"2012-10-17"}"#);
    assert_eq!(topic["Displayed"], "2026-11-20T09:00:00Z");

    let sts = client!(aws_sdk_sts, account.connector());
    assert_eq!(sts.get_caller_identity().send().await.unwrap().account(), Some("647751526084"));
}

#[tokio::test]
async fn four_lists_are_paged_as_one() {
    let account = described(QUERY);
    let iam = client!(aws_sdk_iam, account.connector());
    let pages: Vec<_> =
        iam.get_account_authorization_details().into_paginator().send().collect::<Result<_, _>>().await.unwrap();
    let sizes: Vec<_> = pages
        .iter()
        .map(|it| (it.user_detail_list().len(), it.role_detail_list().len(), it.policies().len()))
        .collect();
    assert_eq!(sizes, [(2, 0, 0), (1, 1, 0), (0, 0, 2)]);
    let some = iam
        .get_account_authorization_details()
        .filter(aws_sdk_iam::types::EntityType::Role)
        .filter(aws_sdk_iam::types::EntityType::LocalManagedPolicy)
        .send()
        .await
        .unwrap();
    assert_eq!((some.user_detail_list().len(), some.role_detail_list().len(), some.policies().len()), (0, 1, 1));
}

#[tokio::test]
async fn cbor_is_read_by_the_sdk() {
    let account = described(
        r#"
pages: { DescribeAlarms: 1 }
answers:
  cloudwatch:
    DescribeAlarms:
      MetricAlarms:
        - { AlarmName: a, Threshold: 1, EvaluationPeriods: 2, ActionsEnabled: true, StateUpdatedTimestamp: 2026-11-20T09:00:00Z }
        - { AlarmName: b, Threshold: 0.5 }
        - { AlarmName: c, AlarmActions: [arn:x] }
      CompositeAlarms: [{ AlarmName: z }]
    ListTagsForResource: { error: ResourceNotFound, message: none }
"#,
    );
    let describe = CLOUDWATCH.api("DescribeAlarms");
    let (mut token, mut pages) = (Value::Null, Vec::new());
    loop {
        let page = call(account.connector(), &describe, json!({ "NextToken": token })).await.unwrap();
        token = page["NextToken"].clone();
        pages.push(page);
        if token.is_null() {
            break;
        }
    }
    assert_eq!(pages.len(), 3);
    let first = &pages[0]["MetricAlarms"][0];
    let told = (&first["Threshold"], &first["EvaluationPeriods"], &first["ActionsEnabled"]);
    assert_eq!(told, (&json!(1.0), &json!(2), &json!(true)));
    assert_eq!(first["StateUpdatedTimestamp"], json!({ "$instant": 1_795_165_200.0 }));
    assert_eq!(pages[2]["MetricAlarms"][0]["AlarmActions"], json!(["arn:x"]));
    let composite = call(account.connector(), &describe, json!({ "AlarmTypes": ["CompositeAlarm"] })).await.unwrap();
    let count = |name: &str| composite[name].as_array().map_or(0, Vec::len);
    assert_eq!((count("MetricAlarms"), count("CompositeAlarms")), (0, 1));
    let list_tags = CLOUDWATCH.api("ListTagsForResource");
    let gap = call(account.connector(), &list_tags, json!({ "ResourceARN": "x" })).await.unwrap_err();
    assert_eq!((gap.code.as_str(), gap.message.as_str()), ("ResourceNotFound", "none"));
}

#[tokio::test]
async fn lambda_is_read_by_the_sdk() {
    let account = described(
        r#"
pages: { ListFunctions: 1 }
answers:
  lambda:
    ListFunctions:
      Functions:
        - { FunctionName: a, LastModified: 2026-11-20T09:00:00Z, Environment: { Variables: { A: "1" } } }
        - { FunctionName: b }
        - { FunctionName: c }
    GetPolicy:
      by FunctionName:
        pay: { Policy: { Version: "2012-10-17" } }
        "*": { error: ResourceNotFoundException, message: none }
    ListTags:
      by Resource: { pay: { Tags: { owner: pay } } }
"#,
    );
    let list = LAMBDA.get("ListFunctions", "/2015-03-31/functions{?Marker}");
    let (mut marker, mut pages) = (Value::Null, Vec::new());
    loop {
        let page = call(account.connector(), &list, json!({ "Marker": marker })).await.unwrap();
        marker = page["NextMarker"].clone();
        pages.push(page);
        if marker.is_null() {
            break;
        }
    }
    assert_eq!(pages.len(), 3);
    assert_eq!(pages[0]["Functions"][0]["LastModified"], "2026-11-20T09:00:00Z");
    let arn = "arn:aws:lambda:ap-southeast-2:647751526084:function:pay";
    let get_policy = LAMBDA.get("GetPolicy", "/2015-03-31/functions/{FunctionName}/policy");
    let policy = call(account.connector(), &get_policy, json!({ "FunctionName": arn })).await.unwrap();
    assert_eq!(policy["Policy"], r#"{"Version":"2012-10-17"}"#);
    let list_tags = LAMBDA.get("ListTags", "/2017-03-31/tags/{Resource}");
    let tags = call(account.connector(), &list_tags, json!({ "Resource": arn })).await.unwrap();
    assert_eq!(tags["Tags"]["owner"], "pay");
    let gap = call(account.connector(), &get_policy, json!({ "FunctionName": "x" })).await.unwrap_err();
    assert_eq!((gap.code.as_str(), gap.message.as_str()), ("ResourceNotFoundException", "none"));
}

#[tokio::test]
async fn s3_is_read_by_the_sdk() {
    let account = described(
        r#"
pages: { ListBuckets: 1 }
answers:
  s3:
    ListBuckets:
      Buckets: { Bucket: [{ Name: a, CreationDate: 2026-11-20T09:00:00Z }, { Name: b }, { Name: c }] }
    GetBucketPolicy:
      by Bucket:
        a: { Policy: { Version: "2012-10-17" } }
        "*": { error: NoSuchBucketPolicy, message: none }
    GetBucketEncryption:
      ServerSideEncryptionConfiguration:
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: k }, BucketKeyEnabled: true }]
    GetBucketLogging:
      LoggingEnabled:
        TargetBucket: logs
        TargetPrefix: a/
        TargetGrants: [{ Grantee: { Type: Group, URI: all }, Permission: READ }]
    GetBucketVersioning: { Status: Enabled }
    GetPublicAccessBlock: { PublicAccessBlockConfiguration: { BlockPublicAcls: true } }
    GetObjectLockConfiguration:
      ObjectLockConfiguration: { ObjectLockEnabled: Enabled, Rule: { DefaultRetention: { Mode: COMPLIANCE, Years: 7 } } }
"#,
    );
    let config = aws_sdk_s3::config::Builder::from(&sdk(account.connector(), "ap-southeast-2"));
    let s3 = aws_sdk_s3::Client::from_conf(config.force_path_style(true).build());
    let pages: Vec<_> =
        s3.list_buckets().max_buckets(1000).into_paginator().send().collect::<Result<_, _>>().await.unwrap();
    assert_eq!(pages.len(), 3);
    assert_eq!(pages[0].buckets()[0].creation_date().unwrap().secs(), 1_795_165_200);
    let policy = s3.get_bucket_policy().bucket("a").send().await.unwrap();
    assert_eq!(policy.policy(), Some(r#"{"Version":"2012-10-17"}"#));
    let error = s3.get_bucket_policy().bucket("b").send().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Some("NoSuchBucketPolicy"), Some("none")));
    let encryption = s3.get_bucket_encryption().bucket("a").send().await.unwrap();
    let rule = &encryption.server_side_encryption_configuration().unwrap().rules()[0];
    assert_eq!(rule.apply_server_side_encryption_by_default().unwrap().kms_master_key_id(), Some("k"));
    let logging = s3.get_bucket_logging().bucket("a").send().await.unwrap();
    let logging = logging.logging_enabled().unwrap();
    assert_eq!((logging.target_bucket(), logging.target_grants().len()), ("logs", 1));
    assert_eq!(
        s3.get_bucket_versioning().bucket("a").send().await.unwrap().status().map(|it| it.as_str()),
        Some("Enabled")
    );
    let block = s3.get_public_access_block().bucket("a").send().await.unwrap();
    assert_eq!(block.public_access_block_configuration().unwrap().block_public_acls(), Some(true));
    let lock = s3.get_object_lock_configuration().bucket("a").send().await.unwrap();
    let retention = lock.object_lock_configuration().unwrap().rule().unwrap().default_retention().unwrap().clone();
    assert_eq!(retention.years(), Some(7));
}

#[tokio::test]
async fn services_leave_out_what_was_not_asked_for() {
    let account = described(
        r#"
answers:
  secretsmanager:
    ListSecrets: { SecretList: [{ Name: a }, { Name: gone, DeletedDate: 2026-11-20T09:00:00Z }] }
  tag:
    GetResources:
      ResourceTagMappingList:
        - { ResourceARN: "arn:aws:kms:r:1:key/a", Tags: [{ Key: owner, Value: pay }] }
        - { ResourceARN: "arn:aws:sns:r:1:topic" }
  cloudtrail:
    DescribeTrails:
      trailList: [{ Name: home, HomeRegion: ap-southeast-2 }, { Name: org, HomeRegion: us-east-1, IsMultiRegionTrail: true }]
  events:
    ListRules: { Rules: [{ Name: a }, { Name: b, EventBusName: other }] }
  logs:
    DescribeLogGroups:
      logGroups: [{ logGroupName: /aws/a, creationTime: 2026-11-20T09:00:00Z, retentionInDays: 2557 }, { logGroupName: b }]
"#,
    );
    let secrets = client!(aws_sdk_secretsmanager, account.connector());
    assert_eq!(secrets.list_secrets().send().await.unwrap().secret_list().len(), 1);
    assert_eq!(secrets.list_secrets().include_planned_deletion(true).send().await.unwrap().secret_list().len(), 2);
    let resources = TAGGING.api("GetResources");
    let keys = call(account.connector(), &resources, json!({ "ResourceTypeFilters": ["kms:key"] })).await.unwrap();
    let of = |answer: &Value| answer["ResourceTagMappingList"].as_array().map(Vec::len);
    assert_eq!((of(&keys), &keys["PaginationToken"]), (Some(1), &json!("")));
    let topics = call(account.connector(), &resources, json!({ "ResourceTypeFilters": ["sns"] })).await.unwrap();
    assert_eq!(of(&topics), Some(1));
    let describe = CLOUDTRAIL.api("DescribeTrails");
    let trails = call(account.connector(), &describe, json!({})).await.unwrap();
    assert_eq!(trails["trailList"].as_array().map(Vec::len), Some(2));
    let own = call(account.connector(), &describe, json!({ "includeShadowTrails": false })).await.unwrap();
    assert_eq!(own["trailList"][0]["Name"], "home");
    assert_eq!(own["trailList"].as_array().map(Vec::len), Some(1));
    let rules = call(account.connector(), &EVENTS.api("ListRules"), json!({})).await.unwrap();
    assert_eq!(rules["Rules"].as_array().map(Vec::len), Some(1));
    let logs = client!(aws_sdk_cloudwatchlogs, account.connector());
    let groups = logs.describe_log_groups().log_group_name_prefix("/aws/").send().await.unwrap();
    assert_eq!(groups.log_groups()[0].creation_time(), Some(1_795_165_200_000));
    assert_eq!(groups.log_groups().len(), 1);
}

const CHANGING: &str = r#"
pages: { ListKeys: 1 }
answers:
  kms:
    ListKeys:
      Keys: [{ KeyId: a, KeyArn: "arn:a" }, { KeyId: b, KeyArn: "arn:b" }]
      then: { Keys: [{ KeyId: c, KeyArn: "arn:c" }] }
    DescribeKey:
      by KeyId:
        a:
          KeyMetadata: { KeyId: a }
          then:
            - { error: NotFoundException }
            - { KeyMetadata: { KeyId: again } }
        "*": { error: KMSInternalException, then: { KeyMetadata: { KeyId: other } } }
"#;

#[tokio::test]
async fn answers_change_from_one_time_to_the_next() {
    let account = described(CHANGING);
    for _ in 0..2 {
        // Each run starts from the beginning.
        let kms = client!(aws_sdk_kms, account.connector());
        let mut told = Vec::new();
        for id in ["a", "x", "a", "y", "a", "a", "x"] {
            let answer = kms.describe_key().key_id(id).send().await;
            told.push(match answer {
                Ok(answer) => answer.key_metadata.unwrap().key_id,
                Err(error) => error.into_service_error().code().unwrap_or_default().to_owned(),
            });
        }
        assert_eq!(
            told,
            ["a", "KMSInternalException", "NotFoundException", "KMSInternalException", "again", "again", "other"]
        );
        // The pages of one list belong to one answer.
        for expected in [&["a", "b"][..], &["c"], &["c"]] {
            let pages: Vec<_> =
                kms.list_keys().into_paginator().items().send().collect::<Result<_, _>>().await.unwrap();
            let ids: Vec<_> = pages.iter().map(|key| key.key_id().unwrap()).collect();
            assert_eq!(ids, expected);
        }
    }
}

#[tokio::test]
async fn what_the_command_line_of_aws_prints_is_read() {
    let account = described(
        r#"
answers:
  kms:
    DescribeKey:
      by KeyId:
        utc: { KeyMetadata: { KeyId: utc, CreationDate: 2021-03-05T15:18:04.123000+00:00 } }
        here: { KeyMetadata: { KeyId: here, CreationDate: "2021-03-05T16:18:04.123000+01:00" } }
        seconds: { KeyMetadata: { KeyId: seconds, CreationDate: 1614957484.123 } }
  logs:
    DescribeLogGroups: { logGroups: [{ logGroupName: a, creationTime: 2021-03-05T15:18:04.123+00:00 }] }
  iam:
    ListRoles:
      Roles: [{ RoleName: a, RoleId: AROAA, Arn: "arn:aws:iam::647751526084:role/a", Path: /, CreateDate: "2021-03-05T16:18:04+01:00" }]
    GetCredentialReport: { ReportFormat: text/csv, GeneratedTime: 2026-11-20T20:00:00+00:00, Content: "user,arn\na,b\n" }
"#,
    );
    let kms = client!(aws_sdk_kms, account.connector());
    for id in ["utc", "here", "seconds"] {
        let key = kms.describe_key().key_id(id).send().await.unwrap().key_metadata.unwrap();
        let milliseconds = (key.creation_date().unwrap().as_secs_f64() * 1000.0).round();
        assert!((milliseconds - 1_614_957_484_123.0).abs() < 0.5, "{id}: {milliseconds}");
    }
    let logs = client!(aws_sdk_cloudwatchlogs, account.connector());
    let group = logs.describe_log_groups().send().await.unwrap().log_groups.unwrap().remove(0);
    assert_eq!(group.creation_time, Some(1_614_957_484_123));
    let iam = client!(aws_sdk_iam, account.connector());
    assert_eq!(iam.list_roles().send().await.unwrap().roles()[0].create_date().secs(), 1_614_957_484);
    let report = iam.get_credential_report().send().await.unwrap();
    assert_eq!(report.content().unwrap().as_ref(), b"user,arn\na,b\n");
}

#[tokio::test]
async fn what_looks_like_a_number_is_the_text_that_was_written() {
    let account = described(
        r#"
answers:
  sqs:
    GetQueueAttributes:
      Attributes: { VisibilityTimeout: 30, SqsManagedSseEnabled: true, Policy: { Version: "2012-10-17", Statement: [] } }
  secretsmanager:
    ListSecrets: { SecretList: [{ Name: a, Tags: [{ Key: release, Value: 1.10 }, { Key: 7, Value: false }] }] }
"#,
    );
    let input =
        json!({ "QueueUrl": "https://sqs.ap-southeast-2.amazonaws.com/647751526084/q", "AttributeNames": ["All"] });
    let told = call(account.connector(), &crate::aws::client::SQS.api("GetQueueAttributes"), input).await.unwrap();
    let of = |name: &str| told["Attributes"][name].as_str().map(str::to_owned);
    assert_eq!((of("VisibilityTimeout").as_deref(), of("SqsManagedSseEnabled").as_deref()), (Some("30"), Some("true")));
    assert_eq!(of("Policy").as_deref(), Some(r#"{"Version":"2012-10-17","Statement":[]}"#));
    assert_eq!(of("QueueArn").as_deref(), Some("arn:aws:sqs:ap-southeast-2:647751526084:q"));
    let secrets = client!(aws_sdk_secretsmanager, account.connector());
    let secret = secrets.list_secrets().send().await.unwrap().secret_list.unwrap().remove(0);
    let tags: Vec<_> = secret.tags().iter().map(|tag| (tag.key().unwrap(), tag.value().unwrap())).collect();
    assert_eq!(tags, [("release", "1.10"), ("7", "false")]);
}
