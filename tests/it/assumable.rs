//! Who can come to which role, and what an identity can do together with these roles. The accounts are described.

use std::sync::Arc;

use crate::common::{cases_of, run};
use attestry::aws::Described;
use attestry::facts::{Fact, Value};

const POLICY: &str = "id: P\ntitle: P\nseverity: high\ncases:\n  users:\n    title: users\n    each: iam.user\n    when_none: violated\n    \
                      expect: { assumable: { separates_together: [{ actions: [kms/permissions] }, { actions: [kms/decrypt] }] } }\n";

const DECRYPT: &str = r#"{ Effect: Allow, Action: "kms:Decrypt", Resource: "*" }"#;
const ADMINISTER: &str = r#"{ Effect: Allow, Action: "kms:PutKeyPolicy", Resource: "*" }"#;
const ASSUME: &str = r#"{ Effect: Allow, Action: "sts:AssumeRole", Resource: "*" }"#;
const ACCOUNT: &str = r#"{ AWS: "arn:aws:iam::111122223333:root" }"#;
const MFA: &str = r#", Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } }"#;

fn inline(statements: &str) -> String {
    format!(r#"[{{ PolicyName: p, PolicyDocument: {{ Version: "2012-10-17", Statement: [{statements}] }} }}]"#)
}

fn role(name: &str, trust: &str, policies: &str, more: &str) -> String {
    format!(
        r#"        - {{ RoleName: {name}, RoleId: AROAEXAMPLE{name}, Arn: "arn:aws:iam::111122223333:role/{name}", Path: /, CreateDate: 2026-01-01T00:00:00Z, AssumeRolePolicyDocument: {trust}, InstanceProfileList: [], AttachedManagedPolicies: [], RolePolicyList: {policies}{more} }}
"#
    )
}

fn trust(principal: &str, condition: &str) -> String {
    format!(
        r#"{{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Principal: {principal}, Action: "sts:AssumeRole"{condition} }}] }}"#
    )
}

/// Returns an account with one user and these roles.
fn account(user: &str, roles: &[String]) -> String {
    format!(
        r#"account: "111122223333"
regions: [eu-central-1]
as_of: 2026-11-20T22:15:00Z
answers:
  iam:
    GetAccountAuthorizationDetails:
      UserDetailList:
        - {{ UserName: ann, UserId: AIDAEXAMPLEANN, Arn: "arn:aws:iam::111122223333:user/ann", Path: /, CreateDate: 2026-01-01T00:00:00Z, GroupList: [], AttachedManagedPolicies: [], UserPolicyList: {user} }}
      GroupDetailList: []
      Policies: []
      RoleDetailList:
{}"#,
        roles.concat()
    )
}

/// Returns the verdict, the message, and the roles that the user can assume.
async fn judged(text: &str) -> (String, String, String) {
    let account = Arc::new(Described::read("account.yaml", text).unwrap_or_else(|wrong| panic!("{wrong}")));
    let ran = run(&cases_of(&account, POLICY), &account, account.connector()).await.unwrap();
    let result = &ran.result.cases[0];
    let gaps = result.gaps.iter().chain(result.resources.iter().flat_map(|it| &it.gaps));
    let told = gaps.map(|gap| gap.message.clone()).collect::<Vec<_>>().join("\n");
    let user =
        ran.populations.iter().find(|it| it.kind.name == "iam.user").and_then(|it| it.resources.first()).unwrap();
    let roles = |name: &str| match user.get(name) {
        Some(Fact::Known(Value::List(arns))) => arns
            .iter()
            .map(|arn| match arn {
                Value::Text(arn) => arn.rsplit('/').next().unwrap().to_owned(),
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
            .join(" "),
        Some(Fact::Unknown(_)) => "unknown".to_owned(),
        other => panic!("{other:?}"),
    };
    (result.verdict.word().to_owned(), told, format!("{}; {}", roles("assumable"), roles("surely_assumable")))
}

#[tokio::test]
async fn duties_are_together_over_the_roles_that_a_user_can_assume() {
    let user = |more: &str| inline(&format!("{DECRYPT}{more}"));
    let assumes = || user(&format!(", {ASSUME}"));
    let keys = |principal: &str, condition: &str| role("keys", &trust(principal, condition), &inline(ADMINISTER), "");
    let by = |name: &str| format!(r#"{{ AWS: "arn:aws:iam::111122223333:role/{name}" }}"#);
    let between = |policies: &str| role("between", &trust(ACCOUNT, ""), policies, "");
    let lambda = "{ Service: lambda.amazonaws.com }";
    for (user, roles, verdict, found, words) in [
        (assumes(), vec![keys(ACCOUNT, "")], "violated", "keys; keys", ""),
        (user(""), vec![keys(ACCOUNT, "")], "met", "; ", ""),
        (assumes(), vec![keys(lambda, "")], "met", "; ", ""),
        // The trust policy names the user.
        (user(""), vec![keys(r#"{ AWS: "arn:aws:iam::111122223333:user/ann" }"#, "")], "violated", "keys; keys", ""),
        // Whether the user has a device decides.
        (assumes(), vec![keys(ACCOUNT, MFA)], "not_evaluated", "keys; ", "role/keys can be assumed, which is possible"),
        // The role that may be assumed has no part in it.
        (assumes(), vec![role("reads", &trust(ACCOUNT, MFA), &inline(DECRYPT), "")], "met", "reads; ", ""),
        // Over a role between.
        (assumes(), vec![keys(&by("between"), ""), between("[]")], "violated", "between keys; between keys", ""),
        (assumes(), vec![keys(&by("other"), ""), between("[]")], "met", "between; between", ""),
        // A user with both duties needs no role.
        (user(&format!(", {ADMINISTER}")), vec![keys(ACCOUNT, MFA)], "violated", "; ", ""),
        // The document of a role on the way cannot be read.
        (
            assumes(),
            vec![between("[{ PolicyName: p, PolicyDocument: no }]")],
            "not_evaluated",
            "unknown; unknown",
            "JSON",
        ),
        // The trust policy of a role cannot be read.
        (user(""), vec![role("keys", "no", &inline(ADMINISTER), "")], "not_evaluated", "unknown; unknown", "JSON"),
    ] {
        let (is, told, ways) = judged(&account(&user, &roles)).await;
        assert_eq!((is.as_str(), ways.as_str()), (verdict, found), "{user} {roles:?}: {told}");
        assert!(told.contains(words), "{user} {roles:?}: {told}");
    }
}
