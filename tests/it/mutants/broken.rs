//! Breaks one thing at a time in the conforming account. The case that covers it must not be met.
//!
//! The test checks the promise in the title of a case, and not only the violation in its examples.

use std::collections::BTreeMap;
use std::sync::Arc;

use attestry::aws::Described;
use attestry::facts::{Archive, LogScope};
use attestry::policy::Case;

use crate::common;

const SUITE: &str = "suites/mod-045.yaml";

/// The name of the change, the old text, the new text, and the cases that are then no longer met. They become violated,
/// or with a `?` not evaluated.
type Broken = (&'static str, &'static str, &'static str, &'static [&'static str]);

const OWNER: &str = r#"                - { Sid: Owner, Effect: Allow, Principal: { AWS: "arn:aws:iam::647751526084:root" }, Action: ["sns:Publish", "sns:Subscribe"],"#;
const ALERT: &str = r#"                  - { Sid: Alert, Effect: Allow, Action: "sns:Publish", Resource: "arn:aws:sns:ap-southeast-2:647751526084:bank-platform-alerts-dev" }"#;
const ROTATE: &str = r#"                  - { Sid: Password, Effect: Allow, Action: "secretsmanager:GetRandomPassword", Resource: "*" }"#;
const ROTATOR: &str = "          Arn: arn:aws:iam::647751526084:role/bank-secrets-rotation-dev\n";
const GLASS: &str = r#"Principal: { AWS: "arn:aws:iam::647751526084:user/noor" }, Action: "sts:AssumeRole", Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" }, NumericLessThan: { "aws:MultiFactorAuthAge": "900" } } }] }"#;
const PATTERN: &str = r#"EventPattern: { source: [aws.secretsmanager], detail-type: ["AWS API Call via CloudTrail"] }"#;
const STOP: &str = r#"                  - { Sid: StopSecrets, Effect: Allow, Action: ["secretsmanager:RotateSecret","#;
const ALICE: &str = "UserName: alice, UserId: AIDA0045ALICE000001, Arn: arn:aws:iam::647751526084:user/alice, Path: /, CreateDate: 2026-04-01T00:00:00Z, GroupList: [bank-security], AttachedManagedPolicies: [], UserPolicyList: []";
const TLS_OF_AUDIT: &str = r#"Resource: ["arn:aws:s3:::bank-platform-audit-dev-647751526084", "arn:aws:s3:::bank-platform-audit-dev-647751526084/*"], Condition"#;
const TLS_OF_ARCHIVE: &str = r#"Resource: ["arn:aws:s3:::bank-platform-logs-dev-647751526084", "arn:aws:s3:::bank-platform-logs-dev-647751526084/*"], Condition"#;
const LOCK_OF_ARCHIVE: &str = "        bank-platform-logs-dev-647751526084:\n          ObjectLockConfiguration: { ObjectLockEnabled: Enabled, Rule: { DefaultRetention: { Mode: COMPLIANCE, Years: 7 } } }";

const BROKEN: &[Broken] = &[
    (
        "another account may publish alerts and listen to them",
        OWNER,
        r#"                - { Sid: Partner, Effect: Allow, Principal: { AWS: "arn:aws:iam::999988887777:root" }, Action: ["sns:Publish", "sns:Subscribe"], Resource: "*" }
                - { Sid: Owner, Effect: Allow, Principal: { AWS: "arn:aws:iam::647751526084:root" }, Action: ["sns:Publish", "sns:Subscribe"],"#,
        &["FR-279/topic-is-not-public"],
    ),
    (
        "everybody but this account may publish alerts",
        OWNER,
        r#"                - { Sid: Others, Effect: Allow, Principal: "*", Action: "sns:Publish", Resource: "*", Condition: { StringNotEquals: { "AWS:SourceOwner": "647751526084" } } }
                - { Sid: Owner, Effect: Allow, Principal: { AWS: "arn:aws:iam::647751526084:root" }, Action: ["sns:Publish", "sns:Subscribe"],"#,
        &["FR-279/topic-is-not-public"],
    ),
    (
        "the detector is denied what it must publish",
        ALERT,
        r#"                  - { Sid: Alert, Effect: Allow, Action: "sns:Publish", Resource: "arn:aws:sns:ap-southeast-2:647751526084:bank-platform-alerts-dev" }
                  - { Sid: Quiet, Effect: Deny, Action: "sns:*", Resource: "*" }"#,
        &["FR-279/detector-may-alert"],
    ),
    (
        "alerts are encrypted with a key of somebody else",
        "DisplayName: Bank alerts\n            KmsMasterKeyId: arn:aws:kms:ap-southeast-2:647751526084:key/0be2a710-0045-4a03-8003-0000000000e3",
        "DisplayName: Bank alerts\n            KmsMasterKeyId: arn:aws:kms:ap-southeast-2:999988887777:key/0be2a710-0045-4a03-8003-0000000000e3",
        &["FR-279/topic-is-encrypted"],
    ),
    (
        "the rule takes what the root user does only",
        PATTERN,
        r#"EventPattern: { source: [aws.secretsmanager], detail-type: ["AWS API Call via CloudTrail"], detail: { userIdentity: { type: [Root] }, errorCode: [AccessDenied] } }"#,
        &["FR-279/rule-takes-every-call"],
    ),
    (
        "the rule takes calls of another service only",
        PATTERN,
        r#"EventPattern: { source: [aws.secretsmanager], detail-type: ["AWS API Call via CloudTrail"], detail: { eventSource: [kms.amazonaws.com] } }"#,
        &["FR-279/rule-takes-every-call"],
    ),
    (
        "the namespace policy lists one action twice and another not at all",
        r#""secretsmanager:UpdateSecretVersionStage", "secretsmanager:RotateSecret", "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]"#,
        r#""secretsmanager:UpdateSecretVersionStage", "secretsmanager:PutSecretValue", "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]"#,
        &["FR-277/allows-inside"],
    ),
    (
        "the rotation role is denied what it must write",
        ROTATE,
        r#"                  - { Sid: Password, Effect: Allow, Action: "secretsmanager:GetRandomPassword", Resource: "*" }
                  - { Sid: Freeze, Effect: Deny, Action: "secretsmanager:PutSecretValue", Resource: "*" }"#,
        &["FR-278/rotation-role-can-rotate"],
    ),
    (
        "the rotation role is denied what it must write, for some secrets",
        ROTATE,
        r#"                  - { Sid: Password, Effect: Allow, Action: "secretsmanager:GetRandomPassword", Resource: "*" }
                  - { Sid: Freeze, Effect: Deny, Action: "secretsmanager:PutSecretValue", Resource: "arn:aws:secretsmanager:*:*:secret:bank-aml/*" }"#,
        &["FR-278/rotation-role-can-rotate"],
    ),
    (
        "the boundary of the rotation role leaves out what it must write",
        ROTATOR,
        "          Arn: arn:aws:iam::647751526084:role/bank-secrets-rotation-dev\n          PermissionsBoundary: { PermissionsBoundaryType: Policy, PermissionsBoundaryArn: arn:aws:iam::647751526084:policy/bank-secrets-read }\n",
        &["FR-278/rotation-role-can-rotate"],
    ),
    (
        "the detector is denied what it must write",
        ALERT,
        r#"                  - { Sid: Alert, Effect: Allow, Action: "sns:Publish", Resource: "arn:aws:sns:ap-southeast-2:647751526084:bank-platform-alerts-dev" }
                  - { Sid: Freeze, Effect: Deny, Action: "logs:Put*", Resource: "*" }"#,
        &["FR-280/writer-can-write"],
    ),
    (
        "the archive of the records is not locked",
        LOCK_OF_ARCHIVE,
        "        bank-platform-logs-dev-647751526084: { error: ObjectLockConfigurationNotFoundError, message: no lock }",
        &["FR-280/archive-is-locked"],
    ),
    (
        "TLS is asked for one prefix of the trail's bucket",
        TLS_OF_AUDIT,
        r#"Resource: ["arn:aws:s3:::bank-platform-audit-dev-647751526084", "arn:aws:s3:::bank-platform-audit-dev-647751526084/open/*"], Condition"#,
        &["FR-280/copy-is-closed"],
    ),
    (
        "TLS is asked for one prefix of the archive",
        TLS_OF_ARCHIVE,
        r#"Resource: ["arn:aws:s3:::bank-platform-logs-dev-647751526084", "arn:aws:s3:::bank-platform-logs-dev-647751526084/open/*"], Condition"#,
        &["FR-280/archive-is-closed"],
    ),
    (
        "a role may delete a secret with a wait of fewer days",
        STOP,
        r#"                  - { Sid: Remove, Effect: Allow, Action: "secretsmanager:DeleteSecret", Resource: "arn:aws:secretsmanager:*:647751526084:secret:bank-*", Condition: { Bool: { "secretsmanager:ForceDeleteWithoutRecovery": "false" } } }
                  - { Sid: StopSecrets, Effect: Allow, Action: ["secretsmanager:RotateSecret","#,
        &["DT-002/nobody-shortens-the-wait"],
    ),
    (
        "a user both administers keys and decrypts with them",
        ALICE,
        r#"UserName: alice, UserId: AIDA0045ALICE000001, Arn: arn:aws:iam::647751526084:user/alice, Path: /, CreateDate: 2026-04-01T00:00:00Z, GroupList: [], AttachedManagedPolicies: [], UserPolicyList: [{ PolicyName: both, PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: ["kms:PutKeyPolicy", "kms:CreateGrant", "kms:Decrypt"], Resource: "*" }] } }]"#,
        &["MOD-104-KEYS/administration-is-not-use-of-users"],
    ),
    (
        "a role that decrypts may assume the role that disables keys",
        GLASS,
        r#"Principal: { AWS: ["arn:aws:iam::647751526084:user/noor", "arn:aws:iam::647751526084:role/bank-secrets-rotation-dev"] }, Action: "sts:AssumeRole" }] }"#,
        &["MOD-104-KEYS/administration-is-not-use"],
    ),
    (
        "a function logs where nobody looks",
        "LoggingConfig: { LogFormat: JSON, LogGroup: /aws/lambda/bank-payments-settlement-dev }",
        "LoggingConfig: { LogFormat: JSON, LogGroup: /settlement/debug }",
        &["DT-001/functions-log-where-it-is-looked"],
    ),
    (
        "the access records are encrypted with a key of somebody else",
        "retentionInDays: 2557  # change me: 365 is found by FR-280\n          kmsKeyId: arn:aws:kms:ap-southeast-2:647751526084:key/",
        "retentionInDays: 2557\n          kmsKeyId: arn:aws:kms:ap-southeast-2:999988887777:key/",
        &["FR-280/group-is-encrypted"],
    ),
    (
        "another account may write into the archive of the records",
        r#"- { Sid: Exports, Effect: Allow, Principal: { Service: logs.ap-southeast-2.amazonaws.com }, Action: "s3:PutObject", Resource: "arn:aws:s3:::bank-platform-logs-dev-647751526084/*""#,
        r#"- { Sid: Partner, Effect: Allow, Principal: { AWS: "arn:aws:iam::999988887777:root" }, Action: "s3:PutObject", Resource: "arn:aws:s3:::bank-platform-logs-dev-647751526084/*" }
              - { Sid: Exports, Effect: Allow, Principal: { Service: logs.ap-southeast-2.amazonaws.com }, Action: "s3:PutObject", Resource: "arn:aws:s3:::bank-platform-logs-dev-647751526084/*""#,
        &["FR-280/archive-is-closed"],
    ),
    (
        "the trail's files are encrypted with a key of somebody else",
        r#"        bank-platform-audit-dev-647751526084:
          ServerSideEncryptionConfiguration:
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: arn:aws:kms:ap-southeast-2:647751526084:key/"#,
        r#"        bank-platform-audit-dev-647751526084:
          ServerSideEncryptionConfiguration:
            Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: arn:aws:kms:ap-southeast-2:999988887777:key/"#,
        &["FR-280/copy-is-closed"],
    ),
    (
        "the detector can make no stream for its records",
        r#"- { Sid: WriteLogs, Effect: Allow, Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], Resource: ["arn:aws:logs:ap-southeast-2:647751526084:log-group:/aws/secretsmanager/bank-access-dev","#,
        r#"- { Sid: WriteLogs, Effect: Allow, Action: ["logs:PutLogEvents", "logs:DescribeLogStreams"], Resource: ["arn:aws:logs:ap-southeast-2:647751526084:log-group:/aws/secretsmanager/bank-access-dev","#,
        &["FR-280/writer-can-write"],
    ),
    (
        "the policies of the keys leave nothing to IAM",
        r#"Principal: { AWS: "arn:aws:iam::647751526084:root" }
                Action: "kms:*""#,
        r#"Principal: { AWS: "arn:aws:iam::647751526084:root" }
                Action: "kms:Describe*""#,
        &["DT-001/key-policies-open-nothing"],
    ),
    (
        "the read policy is for a key that no secret has",
        r#"- { Sid: DecryptThroughSecretsManager, Effect: Allow, Action: "kms:Decrypt", Resource: "arn:aws:kms:ap-southeast-2:647751526084:key/f1a1f1a1-0045-4a01-8001-0000000000f1""#,
        r#"- { Sid: DecryptThroughSecretsManager, Effect: Allow, Action: "kms:Decrypt", Resource: "arn:aws:kms:ap-southeast-2:647751526084:key/0be2a710-0045-4a03-8003-0000000000e3""#,
        &["DT-001/read-policy-reads"],
    ),
    (
        "the detector may give itself rights",
        r#"Action: ["iam:GetRole", "iam:ListRoles"]"#,
        r#"Action: ["iam:GetRole", "iam:PutRolePolicy"]"#,
        &["DT-001/roles-give-no-rights"],
    ),
    (
        "a user may give itself rights",
        r#"Action: ["iam:ListMFADevices", "iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ChangePassword"]"#,
        r#"Action: ["iam:ListMFADevices", "iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:PutUserPolicy"]"#,
        &["DT-001/users-give-no-rights"],
    ),
    (
        "the policy of a secret denies its rotation",
        r#"["arn:aws:iam::647751526084:role/bank-screening-dev", "arn:aws:iam::647751526084:role/bank-secrets-rotation-dev"]"#,
        r#"["arn:aws:iam::647751526084:role/bank-screening-dev"]"#,
        &["FR-278/no-secret-denies-the-rotation"],
    ),
    (
        "a reader decrypts without Secrets Manager",
        r#"Resource: "arn:aws:kms:ap-southeast-2:647751526084:key/f1a1f1a1-0045-4a01-8001-0000000000f1", Condition: { StringLike: { kms:ViaService: "secretsmanager.*.amazonaws.com" } } }
        - PolicyName: bank-require-mfa"#,
        r#"Resource: "arn:aws:kms:ap-southeast-2:647751526084:key/f1a1f1a1-0045-4a01-8001-0000000000f1" }
        - PolicyName: bank-require-mfa"#,
        &["FR-278/keys-only-through-secrets-manager"],
    ),
    (
        "the detector may delete the topic of its alerts",
        r#"- { Sid: Alert, Effect: Allow, Action: "sns:Publish""#,
        r#"- { Sid: Alert, Effect: Allow, Action: ["sns:Publish", "sns:DeleteTopic"]"#,
        &["FR-279/detector-does-no-more"],
    ),
];

/// Returns the cases of the suite.
fn cases() -> Vec<Case> {
    common::cases(common::root(), SUITE, "embedded").0
}

/// Returns the cases that are not met in an account with this description, with their verdicts.
async fn not_met(cases: &[Case], text: &str, window: Option<i64>) -> BTreeMap<String, &'static str> {
    let described = Arc::new(Described::read("broken.yaml", text).unwrap_or_else(|wrong| panic!("{wrong}")));
    let archives = ["records", "functions"].map(|it| format!("s3://bank-platform-logs-dev-647751526084/{it}/"));
    let archives = archives.iter().filter_map(|text| Archive::read(text)).collect();
    let logs = LogScope { archives, window, ..LogScope::all(described.as_of) };
    let ran = common::run_sweeping(cases, &described, described.connector(), logs).await.unwrap();
    let judged = ran.result.cases.into_iter();
    judged.filter(|it| it.verdict.word() != "met").map(|it| (it.case.id.clone(), it.verdict.word())).collect()
}

fn conforming() -> String {
    std::fs::read_to_string(common::root().join("suites/accounts/embedded.yaml")).unwrap()
}

#[tokio::test]
async fn what_is_broken_is_not_met_by_the_case_that_promises_it() {
    let (text, cases) = (conforming(), cases());
    let mut wrong = Vec::new();
    for (what, stands, instead, expected) in BROKEN {
        assert_eq!(text.matches(stands).count(), 1, "{what}: {stands}");
        // The test judges only the policy that covers the change. The proofs of all other policies would take long.
        let policy = expected.first().and_then(|id| id.split('/').next()).unwrap();
        let cases: Vec<Case> = cases.iter().filter(|it| it.origin.id == policy).cloned().collect();
        let mut found = not_met(&cases, &text.replace(stands, instead), None).await;
        // A case about a resource of another account, which the change names, has no answer.
        found.retain(|_, verdict| *verdict != "not_evaluated");
        let expected = expected.iter().map(|it| ((*it).to_owned(), "violated"));
        if found != expected.collect() {
            wrong.push(format!("{what}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_sweep_of_a_few_days_does_not_say_that_nothing_is_there() {
    let cases: Vec<Case> = cases().into_iter().filter(|it| it.id.contains("hold-no")).collect();
    let found = not_met(&cases, &conforming(), Some(7 * 24 * 3600)).await;
    assert_eq!(found, cases.iter().map(|it| (it.id.clone(), "violated")).collect());
    assert_eq!(found.len(), 8);
    assert_eq!(not_met(&cases, &conforming(), None).await, BTreeMap::new());
}
