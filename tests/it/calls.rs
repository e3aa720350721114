//! Tests the calls of a run: they follow the plan, happen once, need only the listed permissions, and go to the right
//! account only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::common::{self, Ran, cases_of, embedded, every_attribute, root, run, target, whole};
use attestry::aws::{Described, Link, Pace, Refusal, open};
use attestry::collect::{Watch, collect};
use attestry::facts::{Call, Cause, Scope};
use attestry::kinds;
use attestry::plan::{Plan, policy_document};
use attestry::policy::Case;

/// Runs the shipped suites on their own account, and every attribute of every kind on the account of the tests.
async fn runs() -> Vec<(&'static str, Arc<Described>, Vec<Case>, Ran)> {
    let mut runs = Vec::new();
    let mut add = async |name, account: Arc<Described>, cases: Vec<Case>| {
        let ran = run(&cases, &account, account.connector()).await.unwrap();
        runs.push((name, account, cases, ran));
    };
    for suite in common::SHIPPED {
        add(*suite, embedded(), common::cases(root(), suite, "embedded").0).await;
    }
    let account = whole();
    let cases = cases_of(&account, &every_attribute(kinds::schemas()));
    add("every attribute", account, cases).await;
    runs
}

/// The operations that a suite plans and its account gives no reason to call.
const NOT_CALLED: &[(&str, &[&str])] = &[
    // An account whose policy forbids SecureString parameters has none to read.
    ("suites/mod-045.yaml", &["ssm:GetParameters", "ssm:GetParameterHistory"]),
    // The account has no distribution, and it does not manage its organization.
    (
        "suites/cis-aws.yaml",
        &[
            "cloudfront:GetDistribution",
            "iam:ListOrganizationsFeatures",
            "organizations:DescribeResourcePolicy",
            "organizations:ListDelegatedAdministrators",
            "organizations:ListRoots",
        ],
    ),
];

#[tokio::test]
async fn permissions_equal_what_is_called() {
    let all: BTreeMap<String, &Call> = kinds::schemas()
        .flat_map(|kind| kind.calls)
        .map(|call| (format!("{}:{}", call.service, call.operation), call))
        .collect();
    for (name, _, cases, ran) in runs().await {
        let document = policy_document(&Plan::new(cases).with_parents(&kinds::find));
        let actions = document.pointer("/Statement/0/Action").unwrap().as_array().unwrap();
        let planned: BTreeSet<&str> = actions.iter().map(|action| action.as_str().unwrap()).collect();
        let called = ran.called();
        let none = NOT_CALLED.iter().filter(|(suite, _)| *suite == name).flat_map(|(_, operations)| *operations);
        let none: Vec<String> = none.map(|it| (*it).to_owned()).collect();
        let called: BTreeSet<&str> = called
            .iter()
            .chain(&none)
            .map(|operation| all.get(operation).unwrap_or_else(|| panic!("{name}: {operation} is of no kind")))
            .flat_map(|call| [call.permission].into_iter().chain(call.also.iter().copied()))
            .filter(|permission| !permission.is_empty())
            .collect();
        assert_eq!(planned, called, "{name}");
    }
}

#[tokio::test]
async fn no_call_is_made_twice() {
    for (name, _, _, ran) in runs().await {
        let mut seen = BTreeSet::new();
        for call in ran.link.calls.all().into_iter().filter(|call| call.attempt == 1) {
            let parameters = call.parameters.to_string();
            let what = format!("{}:{} {parameters} {} {}", call.service, call.operation, call.account, call.region);
            assert!(seen.insert(what.clone()), "{name}: twice: {what}");
        }
        assert!(!seen.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn another_account_stops_before_the_first_read() {
    let account = whole();
    let link = Link::new(Pace::none());
    let refusal = open(&target("999988887777", &account.regions, account.connector()), &link).await.unwrap_err();
    assert!(
        matches!(&refusal, Refusal::WrongAccount { expected, found } if expected == "999988887777" && found == common::ACCOUNT),
        "{refusal}"
    );
    assert!(refusal.is_usage());
    assert_eq!(common::called(&link), BTreeSet::from(["sts:GetCallerIdentity".to_owned()]));
}

/// Each demand gets one population for each of its places, so a missing Region does not stay unnoticed.
#[tokio::test]
async fn every_demand_is_met_at_every_place() {
    for (name, account, cases, ran) in runs().await {
        let mut expected = BTreeSet::new();
        for demand in Plan::new(cases).with_parents(&kinds::find).demands {
            let regions = match demand.kind.scope {
                Scope::Global => vec!["aws-global".to_owned()],
                Scope::Regional => account.regions.clone(),
            };
            expected.extend(regions.into_iter().map(|region| (demand.kind.name, region)));
        }
        let found: Vec<_> = ran.populations.iter().map(|it| (it.kind.name, it.region.to_string())).collect();
        assert_eq!(found.len(), expected.len(), "{name}");
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{name}");
    }
}

#[tokio::test]
async fn a_kind_that_nobody_can_read_is_a_gap() {
    let account = whole();
    let cases = cases_of(&account, &every_attribute(kinds::schemas().filter(|kind| kind.name == "kms.key")));
    let link = Link::new(Pace::none());
    let session = open(&target(&account.account, &account.regions, account.connector()), &link).await.unwrap();
    let silent: Watch = Arc::new(|_| {});
    let found = collect(&Plan::new(cases), &session.places(), &|_| None, account.as_of, &silent).await;
    assert_eq!(found.len(), account.regions.len());
    assert!(found.iter().all(|it| it.gaps[0].cause == Cause::Unexpected && it.gaps[0].operation == "ListKeys"));
    assert_eq!(common::called(&link), BTreeSet::from(["sts:GetCallerIdentity".to_owned()]));
}

#[tokio::test]
async fn one_case_calls_only_what_it_needs() {
    let account = whole();
    for case in cases_of(&account, &every_attribute(kinds::schemas())) {
        let plan = Plan::new(vec![case.clone()]).with_parents(&kinds::find);
        let mut planned: BTreeSet<String> =
            plan.calls().iter().map(|call| format!("{}:{}", call.service, call.operation)).collect();
        planned.insert("sts:GetCallerIdentity".to_owned());
        let ran = run(std::slice::from_ref(&case), &account, account.connector()).await.unwrap();
        assert_eq!(ran.called(), planned, "{}", case.id);
    }
}

#[tokio::test]
async fn a_filter_cuts_the_calls_for_what_it_excludes() {
    let account = whole();
    let policy = "id: P\ntitle: P\nseverity: high\ncases:\n  a:\n    title: a\n    each: s3.bucket\n    where: { name: bank-logs }\n    \
                  when_none: violated\n    expect: { versioning: Enabled }\n";
    let ran = run(&cases_of(&account, policy), &account, account.connector()).await.unwrap();
    let asked: Vec<_> = ran
        .link
        .calls
        .all()
        .into_iter()
        .filter(|it| it.operation == "GetBucketVersioning")
        .map(|it| it.parameters)
        .collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0]["Bucket"], "bank-logs");
}
