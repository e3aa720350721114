//! Tests the answers of AWS beside our proofs. When both agree, nothing changes. When they disagree, nothing is
//! decided. A missing answer of AWS is a gap.

use std::path::Path;
use std::sync::Arc;

use crate::common::{self, Ran, run, whole, write_suite};
use attestry::aws::Described;
use attestry::evidence::{read_facts, write_facts};
use attestry::facts::{Cause, Fact, Value};
use attestry::kinds;
use attestry::plan::{Plan, policy_document};
use attestry::policy::Case;
use attestry::verify::{CaseResult, Verdict, evaluate};

/// One role and one policy. They allow everything with the secrets of the bank, nothing with other secrets, and the use
/// of keys only with MFA.
const ACCOUNT: &str = r#"
account: "111122223333"
regions: [eu-central-1]
as_of: 2026-11-20T22:15:00Z
answers:
  iam:
    GetAccountAuthorizationDetails:
      UserDetailList: []
      GroupDetailList: []
      RoleDetailList:
        - RoleName: app
          RoleId: AROAEXAMPLEROLE00001
          Arn: "arn:aws:iam::111122223333:role/app"
          Path: /
          CreateDate: 2026-01-01T00:00:00Z
          AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [] }
          InstanceProfileList: []
          AttachedManagedPolicies: [{ PolicyName: own, PolicyArn: "arn:aws:iam::111122223333:policy/own" }]
          RolePolicyList: []
      Policies:
        - PolicyName: own
          PolicyId: ANPAEXAMPLEPOLICY001
          Arn: "arn:aws:iam::111122223333:policy/own"
          DefaultVersionId: v1
          PolicyVersionList:
            - VersionId: v1
              IsDefaultVersion: true
              Document:
                Version: "2012-10-17"
                Statement:
                  - { Effect: Allow, Action: "secretsmanager:*", Resource: "*" }
                  - { Effect: Deny, Action: "secretsmanager:*", NotResource: "arn:aws:secretsmanager:*:111122223333:secret:bank-*" }
                  - { Effect: Allow, Action: "kms:Decrypt", Resource: "*", Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } }
                  - { Effect: Allow, Action: "kms:Encrypt", Resource: "*", Condition: { BoolIfExists: { "aws:MultiFactorAuthPresent": "true" } } }
"#;

const OUTSIDE: &str = "permissions: { never_grants: { actions: [secretsmanager:DeleteSecret, secretsmanager:PutSecretValue], \
                       outside: [\"arn:aws:secretsmanager:*:111122223333:secret:bank-*\"] } }";
const NEVER: &str = "permissions: { never_grants: { actions: [secretsmanager:DeleteSecret] } }";
const DENIED: &str = "permissions: { denies_outside: { actions: [secretsmanager:DeleteSecret], resources: \
                      [\"arn:aws:secretsmanager:*:111122223333:secret:bank-*\"] } }";
const NOT_DENIED: &str = "permissions: { denies: { actions: [kms:Encrypt] } }";
const MFA: &str = "permissions: { requires_mfa: { actions: [kms:Decrypt] } }";
const MFA_IF_THERE: &str = "permissions: { requires_mfa: { actions: [kms:Encrypt] } }";
const APART: &str =
    "permissions: { separates: [{ actions: [kms:ScheduleKeyDeletion] }, { actions: [kms:PutKeyPolicy] }] }";
const ALLOWS: &str = "permissions: { allows: { actions: [secretsmanager:DeleteSecret], resources: \
                      [\"arn:aws:secretsmanager:*:111122223333:secret:bank-*\"] } }";
const REFUSED: &str = "permissions: { allows: { actions: [secretsmanager:DeleteSecret] } }";
const NOT: &str = "permissions: { not: { never_grants: { actions: [secretsmanager:DeleteSecret] } } }";

fn account(more: &str) -> Arc<Described> {
    let text = format!("{ACCOUNT}{more}");
    Arc::new(Described::read("account.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}")))
}

/// Returns an account whose simulator gives this answer to everything.
fn says(what: &str) -> Arc<Described> {
    account(&format!("simulator:\n  - {{ principal: app, action: \"*\", {what} }}\n"))
}

fn cases(kind: &str, expect: &str, oracles: &str) -> Vec<Case> {
    let directory = tempfile::tempdir().unwrap();
    let policy = format!(
        "id: P\ntitle: P\nseverity: high\ncases:\n  a:\n    title: a\n    each: {kind}\n    when_none: violated\n    expect: {{ {expect} }}\n"
    );
    write_suite(directory.path(), &account(""), &policy, None);
    let path = directory.path().join("suite.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let all = "oracles: [simulator, access-analyzer]";
    assert!(text.contains(all));
    std::fs::write(&path, text.replace(all, &format!("oracles: {oracles}"))).unwrap();
    common::cases(directory.path(), Path::new("suite.yaml").to_str().unwrap(), "here").0
}

async fn ran(account: &Arc<Described>, kind: &str, expect: &str) -> Ran {
    let cases = cases(kind, expect, "[simulator, access-analyzer]");
    let ran = run(&cases, account, account.connector()).await.unwrap();
    // The stored facts give the same verdicts.
    let mut text = Vec::new();
    write_facts(&ran.populations, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let again = evaluate(&cases, &read_facts(&text, kinds::find).unwrap(), &[], account.as_of);
    assert_eq!(word(&again.cases[0]), word(&ran.result.cases[0]), "{expect}");
    ran
}

fn word(result: &CaseResult) -> &'static str {
    result.verdict.word()
}

/// Returns the verdict and its message.
fn told(ran: &Ran) -> (&'static str, String) {
    let result = &ran.result.cases[0];
    let gaps = result.gaps.iter().chain(result.resources.iter().flat_map(|it| &it.gaps));
    (word(result), gaps.map(|gap| format!("{}: {}", gap.cause.word(), gap.message)).collect::<Vec<_>>().join("\n"))
}

#[tokio::test]
async fn what_the_simulator_says_beside_the_proof() {
    // The claim, the answer of the simulator, the verdict, and the words of the message.
    for (expect, simulator, verdict, words) in [
        // The proof proves the claim.
        (OUTSIDE, "decision: explicitDeny", "met", ""),
        (OUTSIDE, "decision: implicitDeny, missing: [aws:PrincipalTag/team]", "met", ""),
        (OUTSIDE, "decision: allowed", "not_evaluated", "says allowed for secretsmanager:DeleteSecret on arn:aws:"),
        (
            OUTSIDE,
            "decision: allowed, missing: [\"kms:ViaService\"]",
            "not_evaluated",
            "without kms:ViaService, and the proof says that it can never be allowed",
        ),
        (DENIED, "decision: explicitDeny", "met", ""),
        (DENIED, "decision: allowed", "not_evaluated", "the proof says that it always meets a Deny"),
        (DENIED, "decision: implicitDeny", "not_evaluated", "says implicitDeny"),
        (DENIED, "decision: implicitDeny, missing: [\"aws:SourceVpc\"]", "met", ""),
        (MFA, "decision: implicitDeny, missing: [\"aws:MultiFactorAuthPresent\"]", "met", ""),
        (MFA, "decision: allowed", "not_evaluated", "says allowed for kms:Decrypt"),
        // The proof refutes the claim.
        (NEVER, "decision: allowed", "violated", ""),
        (
            NEVER,
            "decision: implicitDeny",
            "not_evaluated",
            "says implicitDeny for secretsmanager:DeleteSecret on arn:aws:",
        ),
        (
            NEVER,
            "decision: explicitDeny, boundary: false",
            "not_evaluated",
            "because of the permissions boundary, and the proof says that it can be allowed",
        ),
        (NEVER, "decision: implicitDeny, missing: [\"aws:SourceVpc\"]", "violated", ""),
        (
            NEVER,
            "decision: implicitDeny, organizations: false",
            "not_evaluated",
            "a service control policy of the organization denies secretsmanager:DeleteSecret",
        ),
        (NEVER, "decision: allowed, organizations: true", "violated", ""),
        (NOT_DENIED, "decision: allowed", "violated", ""),
        (NOT_DENIED, "decision: implicitDeny", "violated", ""),
        (NOT_DENIED, "decision: explicitDeny", "not_evaluated", "the proof says that it meets no Deny"),
        // The claim covers a request without the key, so the key is not missing.
        (
            MFA_IF_THERE,
            "decision: implicitDeny, missing: [\"aws:MultiFactorAuthPresent\"]",
            "not_evaluated",
            "says implicitDeny for kms:Encrypt",
        ),
        (MFA_IF_THERE, "decision: allowed, missing: [\"aws:MultiFactorAuthPresent\"]", "violated", ""),
        // The opposite claim.
        (ALLOWS, "decision: allowed", "met", ""),
        (ALLOWS, "decision: implicitDeny", "not_evaluated", "the proof says that it is always allowed"),
        (ALLOWS, "decision: implicitDeny, missing: [\"aws:SourceVpc\"]", "met", ""),
        (
            ALLOWS,
            "decision: implicitDeny, missing: [\"aws:SourceVpc\"], organizations: false",
            "not_evaluated",
            "a service control policy of the organization denies secretsmanager:DeleteSecret",
        ),
        (REFUSED, "decision: explicitDeny", "violated", ""),
        (REFUSED, "decision: implicitDeny, organizations: false", "violated", ""),
        (REFUSED, "decision: allowed", "not_evaluated", "the proof says that it is refused"),
        (REFUSED, "decision: allowed, missing: [\"aws:SourceVpc\"]", "violated", ""),
        // The negation of the claim.
        (NOT, "decision: allowed", "met", ""),
        (NOT, "decision: implicitDeny", "not_evaluated", "says implicitDeny"),
    ] {
        let ran = ran(&says(simulator), "iam.role", expect).await;
        let (found, said) = told(&ran);
        assert_eq!(found, verdict, "{expect}: {simulator}: {said}");
        assert!(said.contains(words), "{expect}: {simulator}: {said}");
        assert!(ran.called().contains("iam:SimulatePrincipalPolicy"), "{expect}");
    }
}

#[tokio::test]
async fn duties_are_together_only_where_both_can_be_done() {
    let account = |first: &str, second: &str| {
        account(&format!(
            "simulator:\n  - {{ principal: app, action: kms:ScheduleKeyDeletion, decision: {first} }}\n  - {{ principal: app, action: \
             kms:PutKeyPolicy, decision: {second} }}\n"
        ))
    };
    for (first, second, verdict) in [
        ("implicitDeny", "implicitDeny", "met"),
        ("allowed", "implicitDeny", "met"),
        ("implicitDeny", "allowed", "met"),
        ("allowed", "allowed", "not_evaluated"),
    ] {
        let (found, said) = told(&ran(&account(first, second), "iam.role", APART).await);
        assert_eq!(found, verdict, "{first} {second}: {said}");
    }
}

/// When the description lacks the answer of AWS, or AWS refuses, there is no verdict. The proof alone gives none
/// either.
#[tokio::test]
async fn an_answer_that_is_missing_is_a_gap() {
    for (more, cause) in [
        ("", Cause::NotRecorded),
        ("simulator:\n  - { principal: other, action: \"*\", decision: allowed }\n", Cause::NotRecorded),
        ("    SimulatePrincipalPolicy: { error: AccessDenied, status: 403 }\n", Cause::Denied),
        ("    SimulatePrincipalPolicy: { error: PolicyEvaluation, status: 500 }\n", Cause::Unavailable),
        ("    SimulatePrincipalPolicy: { EvaluationResults: [] }\n", Cause::Malformed),
    ] {
        for expect in [OUTSIDE, NEVER] {
            let ran = ran(&account(more), "iam.role", expect).await;
            let gap = &ran.result.cases[0].resources[0].gaps[0];
            assert_eq!(ran.result.cases[0].verdict, Verdict::NotEvaluated);
            assert_eq!(
                (gap.cause, gap.operation.as_str()),
                (cause, "SimulatePrincipalPolicy"),
                "{more}: {}",
                gap.message
            );
        }
    }
}

#[tokio::test]
async fn answers_are_read_page_by_page_and_asked_in_few_calls() {
    let account = account(
        "pages: { SimulatePrincipalPolicy: 1 }\nsimulator:\n  - { principal: app, action: \"*\", decision: explicitDeny }\n",
    );
    let ran = ran(&account, "iam.role", OUTSIDE).await;
    assert_eq!(told(&ran).0, "met");
    let calls = ran.link.calls.all();
    let asked: Vec<_> = calls.iter().filter(|it| it.operation == "SimulatePrincipalPolicy").collect();
    assert_eq!(asked.len(), 2, "two actions on one resource are one question of two pages");
    assert!(asked[0].parameters.get("Marker").is_none() && asked[1].parameters.get("Marker").is_some());
    // A key that follows from the caller does not count as missing.
    let names: Vec<_> = asked[0].parameters.as_object().unwrap().values().filter_map(|it| it.as_str()).collect();
    assert!(names.contains(&"aws:principalarn"), "{names:?}");
    let role = &ran.populations[0].resources[0];
    let Some(Fact::Known(Value::List(answers))) = role.get("simulated") else { panic!("{:?}", role.get("simulated")) };
    assert_eq!(answers.len(), 2);
}

#[tokio::test]
async fn an_oracle_is_called_only_when_the_stage_names_it() {
    let account = says("decision: allowed");
    let permission = |cases: &[Case]| policy_document(&Plan::new(cases.to_vec())).to_string();
    for (oracles, asks) in [("[]", false), ("[access-analyzer]", false), ("[simulator]", true)] {
        let cases = cases("iam.role", OUTSIDE, oracles);
        let ran = run(&cases, &account, account.connector()).await.unwrap();
        assert_eq!(ran.called().contains("iam:SimulatePrincipalPolicy"), asks, "{oracles}");
        assert_eq!(permission(&cases).contains("iam:SimulatePrincipalPolicy"), asks, "{oracles}");
        assert_eq!(word(&ran.result.cases[0]), if asks { "not_evaluated" } else { "met" }, "{oracles}");
    }
    // A case about an answer that no claim requests gets a message about that.
    let cases = cases("iam.role", "simulated: { present: true }", "[]");
    let ran = run(&cases, &account, account.connector()).await.unwrap();
    assert_eq!(ran.result.cases[0].resources[0].gaps[0].cause, Cause::NotAsked);
}

#[tokio::test]
async fn what_access_analyzer_says_of_access_beside_the_proof() {
    const SECRETS: &str = "statements: { never_grants: { actions: [secretsmanager:DeleteSecret] } }";
    const KEYS: &str = "statements: { never_grants: { actions: [kms:ScheduleKeyDeletion], resources: \
                        [\"arn:aws:kms:eu-central-1:111122223333:key/*\"] } }";
    for (expect, result, verdict, words) in [
        (KEYS, "PASS", "met", ""),
        (
            KEYS,
            "FAIL",
            "not_evaluated",
            "might grant it (statement 1 (One): because), and the proof says that it cannot",
        ),
        (SECRETS, "FAIL", "violated", ""),
        (
            SECRETS,
            "PASS",
            "not_evaluated",
            "grants none of it, and the proof says that it allows secretsmanager:DeleteSecret on arn:",
        ),
        (SECRETS, "MAYBE", "not_evaluated", "answers neither PASS nor FAIL but MAYBE"),
    ] {
        let answer = format!(
            "  access-analyzer:\n    CheckAccessNotGranted: {{ result: {result}, message: m, reasons: [{{ description: because, \
             statementIndex: 0, statementId: One }}] }}\n"
        );
        let ran = ran(&account(&answer), "iam.policy", expect).await;
        let (found, said) = told(&ran);
        assert_eq!(found, verdict, "{expect}: {result}: {said}");
        assert!(said.contains(words), "{expect}: {result}: {said}");
        let calls = ran.link.calls.all();
        let asked: Vec<_> = calls.iter().filter(|it| it.service == "access-analyzer").collect();
        assert_eq!(asked.len(), 1, "{expect}");
        let resources = asked[0].parameters["access"][0]["resources"].as_array().unwrap();
        assert_eq!(resources.is_empty(), expect == SECRETS, "{resources:?}");
        assert_eq!(asked[0].parameters["policyType"], "IDENTITY_POLICY");
    }
    // The collector sends no question that the oracle cannot answer.
    for expect in [OUTSIDE, DENIED, MFA, APART].map(|it| it.replace("permissions:", "statements:")) {
        let ran = ran(&account(""), "iam.policy", &expect).await;
        assert!(!ran.called().iter().any(|it| it.starts_with("access-analyzer:")), "{expect}");
        assert_ne!(told(&ran).0, "violated", "{expect}: {}", told(&ran).1);
    }
}

#[tokio::test]
async fn what_access_analyzer_finds_is_a_fact_like_any_other() {
    let findings = "    ValidatePolicy:\n      findings:\n        - { findingType: SECURITY_WARNING, issueCode: PASS_ROLE, \
                    findingDetails: too wide, learnMoreLink: x, locations: [{ path: [{ value: Statement }, { index: 2 }, { value: Action }], \
                    span: { start: { line: 1, column: 1, offset: 1 }, end: { line: 1, column: 2, offset: 2 } } }] }\n        - { findingType: \
                    SUGGESTION, issueCode: EMPTY, findingDetails: empty, learnMoreLink: x, locations: [] }\n";
    let account = account(&format!("  access-analyzer:\n{findings}pages: {{ ValidatePolicy: 1 }}\n"));
    for (expect, verdict) in [
        ("analyzer.findings: { none: { type: ERROR } }", "met"),
        ("analyzer.findings: { none: { type: SECURITY_WARNING } }", "violated"),
        ("analyzer.findings: { any: { code: PASS_ROLE, places: { contains: \"Statement[2].Action\" } } }", "met"),
        ("analyzer.findings: { count: { equals: 2 } }", "met"),
    ] {
        let ran = ran(&account, "iam.policy", expect).await;
        assert_eq!(told(&ran).0, verdict, "{expect}: {}", told(&ran).1);
        assert_eq!(ran.link.calls.all().iter().filter(|it| it.operation == "ValidatePolicy").count(), 2);
    }
}

#[tokio::test]
async fn what_is_public_is_asked_once_a_document() {
    let account = whole();
    let buckets = ran(&account, "s3.bucket", "analyzer.public: { not: { equals: true } }").await;
    let result = &buckets.result.cases[0];
    let verdicts: Vec<_> = result.resources.iter().map(|it| (&*it.name, it.verdict.word())).collect();
    assert_eq!(verdicts, [("bank-data", "met"), ("bank-logs", "violated")]);
    let asked = |ran: &Ran| {
        let calls = ran.link.calls.all().into_iter().filter(|it| it.operation == "CheckNoPublicAccess");
        calls.map(|it| (it.region.to_string(), it.parameters["resourceType"].to_string())).collect::<Vec<_>>()
    };
    assert_eq!(asked(&buckets), [("aws-global".to_owned(), "\"AWS::S3::Bucket\"".to_owned())]);
    // The keys have the same policy.
    let keys = ran(&account, "kms.key", "analyzer.public: false").await;
    assert_eq!(told(&keys).0, "met", "{}", told(&keys).1);
    assert_eq!(keys.result.cases[0].resources.len(), 3);
    assert_eq!(asked(&keys).len(), 1, "{:?}", asked(&keys));
    // The claim and the answer of Access Analyzer, for both outcomes.
    let text = crate::common::whole_text();
    let others =
        text.replace(r#""result": "PASS", "message": "No public access.""#, r#""result": "FAIL", "message": "x""#);
    assert_ne!(text, others);
    let others = Arc::new(Described::read("whole.yaml", &others).unwrap());
    for (account, expect, verdict, words) in [
        (&account, "policy: { no_public_principal: true }", "met", ""),
        (
            &others,
            "policy: { no_public_principal: true }",
            "not_evaluated",
            "might let the public in, and the proof says that it does not",
        ),
        (&others, "policy: { not: { no_public_principal: true } }", "not_evaluated", "both are told"),
    ] {
        let ran = ran(account, "sqs.queue", expect).await;
        let (found, said) = told(&ran);
        assert_eq!(found, verdict, "{expect}: {said}");
        assert!(said.contains(words) && asked(&ran).len() == 1, "{expect}: {said}");
    }
    let open = text.replace(
        r#""Principal": {"AWS": "111122223333"}, "Action": "sns:Publish""#,
        r#""Principal": "*", "Action": "sns:Publish""#,
    );
    assert_ne!(text, open);
    let open = Arc::new(Described::read("whole.yaml", &open).unwrap());
    let (found, said) = told(&ran(&open, "sns.topic", "policy: { no_public_principal: true }").await);
    assert_eq!(found, "not_evaluated", "{said}");
    assert!(said.contains("does not let the public in, and the proof says that it does"), "{said}");
    for kind in ["secretsmanager.secret", "sns.topic", "sqs.queue"] {
        let ran = ran(&account, kind, "analyzer.public: false").await;
        assert_eq!(told(&ran).0, "met", "{kind}: {}", told(&ran).1);
    }
}

#[tokio::test]
async fn what_is_public_is_compared_with_the_proof() {
    // Access Analyzer calls `bank-logs` public. Its policy names the service that it allows.
    let buckets = ran(&whole(), "s3.bucket", "policy: { no_public_principal: true }").await;
    let verdicts: Vec<_> = buckets.result.cases[0].resources.iter().map(|it| (&*it.name, it.verdict.word())).collect();
    assert_eq!(verdicts, [("bank-data", "met"), ("bank-logs", "not_evaluated")]);
    let gap = &buckets.result.cases[0].resources[1].gaps[0];
    assert_eq!(gap.cause, Cause::Undecided);
    assert!(gap.message.contains("might let the public in, and the proof says that it does not"), "{}", gap.message);
    // The collector sends questions to the oracle only when the stage enables it.
    let cases = cases("s3.bucket", "policy: { no_public_principal: true }", "[]");
    assert!(!Plan::new(cases).calls().iter().any(|call| call.operation == "CheckNoPublicAccess"));
}
