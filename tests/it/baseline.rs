//! Judges small accounts by the shipped baseline. Each account is in a situation of real accounts.

use std::sync::{Arc, OnceLock};

use crate::common::{cases, root, target};
use attestry::aws::{Described, Link, Pace, open};
use attestry::collect::{Watch, collect};
use attestry::facts::LogScope;
use attestry::kinds;
use attestry::plan::Plan;
use attestry::policy::Case;
use attestry::verify::evaluate;

/// Returns the verdict on a case of the shipped baseline, in a stage with one Region.
async fn verdict(case: &str, answers: &str) -> String {
    let text = format!(
        "account: \"111122223333\"\nregions: [eu-west-1, us-east-1]\nas_of: 2026-11-20T12:00:00Z\nanswers:\n{answers}"
    );
    let account = Arc::new(Described::read("account.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}")));
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    let all = CASES.get_or_init(|| cases(root(), "suites/cis-aws.yaml", "embedded").0);
    let chosen: Vec<_> = all.iter().filter(|it| it.id == case).cloned().collect();
    assert_eq!(chosen.len(), 1, "there is no case {case}");
    let link = Link::new(Pace::none()).sweeping(LogScope::all(account.as_of));
    let target = target(&account.account, &["eu-west-1".to_owned()], account.connector());
    let session = open(&target, &link).await.unwrap();
    let silent: Watch = Arc::new(|_| {});
    let plan = Plan::new(chosen.clone());
    let populations =
        collect(&plan, &session.places(), &|name| kinds::collector(name, &[]), account.as_of, &silent).await;
    let result = evaluate(&chosen, &populations, &[], account.as_of);
    result.cases.first().unwrap().verdict.word().to_owned()
}

async fn all(case: &str, rows: &[(String, &str)]) {
    for (answers, expected) in rows {
        assert_eq!(verdict(case, answers).await, *expected, "{case}:\n{answers}");
    }
}

/// Returns a credential report of that hour, with one user and one active key.
fn credentials(order: &str, made: &str) -> String {
    const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
    const USER: &str = "ana,arn:aws:iam::111122223333:user/ana,2025-01-01T00:00:00Z,false,N/A,N/A,N/A,false,true,\
        2026-11-01T00:00:00Z,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A";
    let content = aws_smithy_types::base64::encode(format!("{HEADER}\n{USER}\n"));
    format!(
        "  iam:\n    GenerateCredentialReport: {order}\n    GetCredentialReport: {{ Content: {content}, ReportFormat: text/csv, \
         GeneratedTime: {made} }}\n"
    )
}

#[tokio::test]
async fn a_young_report_stands_in_for_one_that_is_not_made() {
    let over = "{ error: LimitExceeded, message: too many }";
    let denied = "{ error: AccessDenied, status: 403 }";
    let down = "{ error: ServiceFailure, status: 500 }";
    let (young, old) = ("2026-11-20T08:30:00Z", "2026-11-20T07:30:00Z");
    all(
        "CIS-USERS/one-active-key",
        &[
            (credentials("{ State: COMPLETE }", young), "met"),
            (credentials(over, young), "met"),
            (credentials(denied, young), "met"),
            (credentials(over, old), "not_evaluated"),
            (credentials(denied, old), "not_evaluated"),
            (credentials(over, "2026-11-20T13:00:00Z"), "not_evaluated"),
            (credentials(down, young), "not_evaluated"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_key_that_rotates_has_a_period() {
    let key = |status: &str| {
        let id = "00000009-0000-0000-0000-000000000000";
        let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
        format!(
            "  kms:\n    ListKeys: {{ Keys: [{{ KeyId: {id}, KeyArn: \"{arn}\" }}] }}\n    DescribeKey: {{ KeyMetadata: {{ KeyId: {id}, Arn: \
             \"{arn}\", KeyManager: CUSTOMER, KeyState: Enabled, Enabled: true, Origin: AWS_KMS, KeySpec: SYMMETRIC_DEFAULT, KeyUsage: \
             ENCRYPT_DECRYPT, MultiRegion: false, CreationDate: 2026-01-01T00:00:00Z }} }}\n    GetKeyRotationStatus: {status}\n"
        )
    };
    let told = |on: bool, period: &str| key(&format!("{{ KeyRotationEnabled: {on}{period} }}"));
    all(
        "CIS-KMS/rotation-period",
        &[
            (told(true, ", RotationPeriodInDays: 365"), "met"),
            (told(true, ", RotationPeriodInDays: 2560"), "violated"),
            (told(true, ""), "not_evaluated"),
            (told(false, ""), "not_applicable"),
        ],
    )
    .await;
    // The rotation is reported nevertheless.
    all("CIS-KMS/rotation-enabled", &[(told(true, ""), "met"), (told(false, ""), "violated")]).await;
}

/// Returns a trail of the account with its home Region. Its status can be read in another Region.
fn trail(home: &str, told_in: &str, multi_region: bool) -> String {
    format!(
        "  cloudtrail:\n    DescribeTrails:\n      trailList:\n        - {{ Name: main, TrailARN: \"arn:aws:cloudtrail:{home}:111122223333:\
         trail/main\", HomeRegion: {home}, S3BucketName: logs, IsMultiRegionTrail: {multi_region}, IsOrganizationTrail: false, \
         IncludeGlobalServiceEvents: true, LogFileValidationEnabled: true }}\n  cloudtrail in {told_in}:\n    GetTrailStatus: {{ IsLogging: \
         true }}\n"
    )
}

#[tokio::test]
async fn a_trail_is_judged_where_it_is_at_home() {
    all(
        "CIS-TRAIL/logging",
        &[
            (trail("eu-west-1", "eu-west-1", true), "met"),
            (trail("us-east-1", "us-east-1", true), "met"),
            // The status in this Region is not the status of the trail.
            (trail("us-east-1", "eu-west-1", true), "not_evaluated"),
            // The trail records nothing in this Region.
            (trail("us-east-1", "us-east-1", false), "violated"),
        ],
    )
    .await;
}

/// Returns a function with an alias and a version. Each of them may have a public policy.
fn function(alias: &str, version: &str) -> String {
    let open = "{ Policy: { Version: \"2012-10-17\", Statement: [{ Effect: Allow, Principal: \"*\", Action: \"lambda:InvokeFunction\", Resource: \
                \"arn:aws:lambda:eu-west-1:111122223333:function:pay:QUALIFIER\" }] } }";
    let policy = |on: &str, qualifier: &str| match on {
        "open" => open.replace("QUALIFIER", qualifier),
        "denied" => "{ error: AccessDeniedException, status: 403 }".to_owned(),
        _ => "{ error: ResourceNotFoundException, status: 404 }".to_owned(),
    };
    format!(
        "  lambda:\n    ListFunctions: {{ Functions: [{{ FunctionName: pay, FunctionArn: \"arn:aws:lambda:eu-west-1:111122223333:function:pay\", \
         Role: \"arn:aws:iam::111122223333:role/r\", Timeout: 3, MemorySize: 128, CodeSha256: aa, LastModified: \"2026-01-01T00:00:00.000+0000\", \
         Version: $LATEST, PackageType: Zip }}] }}\n    ListAliases: {{ Aliases: [{{ AliasArn: \
         \"arn:aws:lambda:eu-west-1:111122223333:function:pay:live\", Name: live, FunctionVersion: \"7\" }}] }}\n    ListVersionsByFunction: {{ \
         Versions: [{{ FunctionArn: \"arn:aws:lambda:eu-west-1:111122223333:function:pay:$LATEST\", Version: $LATEST }}, {{ FunctionArn: \
         \"arn:aws:lambda:eu-west-1:111122223333:function:pay:7\", Version: \"7\" }}] }}\n    GetPolicy:\n      by Qualifier:\n        live: {}\n        \
         \"7\": {}\n        \"*\": {}\n",
        policy(alias, "live"),
        policy(version, "7"),
        policy("none", ""),
    )
}

#[tokio::test]
async fn an_alias_and_a_version_have_policies_of_their_own() {
    all(
        "CIS-LAMBDA/not-public",
        &[
            (function("none", "none"), "met"),
            (function("open", "none"), "violated"),
            (function("none", "open"), "violated"),
            (function("denied", "none"), "not_evaluated"),
            (function("none", "denied"), "not_evaluated"),
        ],
    )
    .await;
}

/// Returns a bucket, with its own public access block and the block of its account.
fn bucket(own: &str, account: &str) -> String {
    format!(
        "  s3:\n    ListBuckets: {{ Buckets: [{{ Name: data, BucketRegion: eu-west-1, CreationDate: 2026-01-01T00:00:00Z }}] }}\n    \
         GetPublicAccessBlock: {own}\n    GetAccountPublicAccessBlock: {account}\n"
    )
}

#[tokio::test]
async fn a_bucket_is_blocked_by_itself_or_by_its_account() {
    let block = |on: [bool; 4]| {
        let [acls, ignore, policy, restrict] = on;
        format!(
            "{{ PublicAccessBlockConfiguration: {{ BlockPublicAcls: {acls}, IgnorePublicAcls: {ignore}, BlockPublicPolicy: {policy}, \
             RestrictPublicBuckets: {restrict} }} }}"
        )
    };
    let none = "{ error: NoSuchPublicAccessBlockConfiguration, status: 404 }";
    let denied = "{ error: AccessDenied, status: 403 }";
    let (whole, half, rest) = (block([true; 4]), block([true, true, false, false]), block([false, false, true, true]));
    all(
        "CIS-S3/public-access-blocked",
        &[
            (bucket(none, &whole), "met"),
            (bucket(&whole, none), "met"),
            (bucket(&half, &rest), "met"),
            (bucket(none, none), "violated"),
            (bucket(none, &half), "violated"),
            (bucket(&whole, denied), "met"),
            (bucket(none, denied), "not_evaluated"),
            (bucket(denied, none), "not_evaluated"),
        ],
    )
    .await;
}
