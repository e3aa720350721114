//! Tests policy documents in a run. The kinds deliver a document, the evidence stores it, and a reader gets the whole
//! document back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::common::{cases_of, embedded, every_attribute, run, whole};
use attestry::aws::Described;
use attestry::evidence::{read_facts, write_facts};
use attestry::facts::iam::{NAMED_STATEMENTS, STATEMENTS, from_values, to_named_values, to_values};
use attestry::facts::{Fact, Population, Resource, Type, Value};
use attestry::iam::Policy;
use attestry::kinds;

/// Returns every fact of an account in the form in which an auditor reads it later.
async fn offline(account: Arc<Described>) -> Vec<Population> {
    let cases = cases_of(&account, &every_attribute(kinds::schemas()));
    let ran = run(&cases, &account, account.connector()).await.unwrap();
    let mut text = Vec::new();
    write_facts(&ran.populations, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    read_facts(&text, kinds::find).unwrap()
}

/// Finds every document inside of a value, with its path.
fn documents<'a>(of: Type, value: &'a Value, path: String, found: &mut BTreeMap<String, &'a [Value]>) {
    match (of, value) {
        (_, Value::List(items)) if of == STATEMENTS || of == NAMED_STATEMENTS => drop(found.insert(path, items)),
        (Type::List(of), Value::List(items)) => {
            items.iter().enumerate().for_each(|(index, item)| documents(*of, item, format!("{path}[{index}]"), found));
        }
        (Type::Record(fields), Value::Map(items)) => {
            for (name, item) in items {
                let field = fields.iter().find(|field| field.name == name).unwrap();
                documents(field.of, item, format!("{path}.{name}"), found);
            }
        }
        _ => {}
    }
}

fn policies(resource: &Resource) -> BTreeMap<String, Vec<Policy>> {
    let mut found = BTreeMap::new();
    for (name, fact) in &resource.facts {
        if let Fact::Known(value) = fact {
            documents(resource.kind.attribute(name).unwrap().of, value, (*name).to_owned(), &mut found);
        }
    }
    let read = |(path, values): (String, &[Value])| {
        let policies = from_values(&path, values).unwrap_or_else(|wrong| panic!("{}: {path}: {wrong}", resource.id));
        let named = policies.iter().flat_map(to_named_values).collect::<Vec<_>>();
        let plain = policies.iter().flat_map(to_values).collect::<Vec<_>>();
        assert!(values == named || values == plain, "{}: {path}", resource.id);
        (path, policies)
    };
    found.into_iter().map(read).collect()
}

fn holds_documents(of: Type) -> bool {
    match of {
        _ if of == STATEMENTS || of == NAMED_STATEMENTS => true,
        Type::List(of) | Type::Map(of) => holds_documents(*of),
        Type::Record(fields) => fields.iter().any(|field| holds_documents(field.of)),
        _ => false,
    }
}

#[tokio::test]
async fn every_document_of_an_account_comes_back_whole() {
    let mut seen = BTreeSet::new();
    for account in [embedded(), whole()] {
        for resource in offline(account).await.iter().flat_map(|population| &population.resources) {
            if policies(resource).values().any(|policies| !policies.is_empty()) {
                seen.insert(resource.kind.name);
            }
        }
    }
    let with_documents = kinds::schemas().filter(|kind| kind.attributes.iter().any(|it| holds_documents(it.of)));
    assert_eq!(seen, with_documents.map(|kind| kind.name).collect(), "a kind without a document proves nothing");
}

#[tokio::test]
async fn permissions_are_those_of_groups_too_and_name_the_boundary() {
    let named = |populations: &[Population], kind: &str, name: &str| {
        let of_kind = populations.iter().filter(|it| it.kind.name == kind).flat_map(|it| &it.resources);
        let mut of_kind = of_kind.filter(|it| it.name == name);
        let names = |(path, policies): (String, Vec<Policy>)| {
            (path, policies.iter().map(|policy| policy.name.to_string()).collect::<Vec<_>>())
        };
        policies(of_kind.next().unwrap()).into_iter().map(names).collect::<BTreeMap<_, _>>()
    };
    let bank = offline(embedded()).await;
    let (user, group) = (named(&bank, "iam.user", "alice"), named(&bank, "iam.group", "bank-security"));
    assert!(!group["permissions.statements"].is_empty());
    assert_eq!(user["permissions.statements"], group["permissions.statements"], "she has all from her group");
    assert!(!user.contains_key("permissions.boundary"));

    let role = named(&offline(whole()).await, "iam.role", "app");
    assert_eq!(role["permissions.statements"], ["in", "own"]);
    assert_eq!(role["permissions.boundary"], ["own"]);
    assert_eq!(role["trust"], ["trust"]);
}

/// A claim about a document that a path leads to is about the resource that has the document, and not about the resource
/// with the reference: other actions count, and another account owns it.
#[test]
fn a_claim_about_a_followed_document_is_about_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "suite.yaml",
        "suite: s\ntitle: S\npolicies: [p.yaml]\nstages: { dev: { account: \"111122223333\", regions: [eu-west-1] } }\n",
    );
    let topic = "name: t, arn: \"arn:aws:sns:eu-west-1:${account}:t\"";
    let key = |principal: &str| {
        format!(
            "kms_key: {{ policy: [{{ effect: Allow, principals: [\"{principal}\"], actions: [\"kms:*\"], conditions: [] }}] }}"
        )
    };
    let function = "name: f, arn: \"arn:aws:lambda:eu-west-1:${account}:function:f\"";
    let role = |action: &str| {
        format!(
            "role: {{ permissions: {{ statements: [{{ effect: Allow, actions: [\"{action}\"], resources: [\"*\"], conditions: [] }}] }} }}"
        )
    };
    let (own, stranger) = (key("AWS:arn:aws:iam::${account}:root"), key("AWS:arn:aws:iam::999999999999:root"));
    let (reads, decrypts) = (role("s3:GetObject"), role("kms:Decrypt"));
    let case = |name: &str, kind: &str, expect: &str, who: &str, met: &str, violated: &str| {
        format!(
            "  {name}:\n    title: {name}\n    each: {kind}\n    when_none: met\n    expect: {{ {expect} }}\n    examples:\n      met: {{ {who}, {met} }}\n      violated: {{ {who}, {violated} }}\n"
        )
    };
    let cases = [
        case("accounts", "sns.topic", "kms_key.policy: { no_cross_account_except: [] }", topic, &own, &stranger),
        case("public", "sns.topic", "kms_key: { policy: { no_public_principal: true } }", topic, &own, &key("*")),
        case(
            "not",
            "sns.topic",
            "kms_key.policy: { not: { denies: { actions: [kms:Decrypt] } } }",
            topic,
            &own,
            &own.replace("Allow", "Deny"),
        ),
        case(
            "rights",
            "lambda.function",
            "role.permissions: { never_grants: { actions: [kms:Decrypt] } }",
            function,
            &reads,
            &decrypts,
        ),
    ];
    write("p.yaml", &format!("id: P\ntitle: P\nseverity: high\ncases:\n{}", cases.concat()));
    let checked = assert_cmd::Command::cargo_bin("attestry")
        .unwrap()
        .current_dir(folder.path())
        .args(["check", "suite.yaml"])
        .output();
    let output = checked.unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{text}");
}
