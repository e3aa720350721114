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
