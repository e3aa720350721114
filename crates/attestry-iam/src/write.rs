//! Writes the text of a policy document from a policy. It is the inverse of `parse`, for APIs that need a document.
//!
//! This module must not know the purpose of the document.

use serde_json::{Map, Value, json};

use super::policy::{Condition, Effect, Policy, Principal, Statement, Which};

/// Returns the document. Parsing the document gives the same policy. A list with one value is written as a list. The
/// document groups conditions by operator, and principals by type.
#[must_use]
pub fn document(policy: &Policy) -> String {
    let version = if policy.variables { "2012-10-17" } else { "2008-10-17" };
    let statements: Vec<Value> = policy.statements.iter().map(statement).collect();
    json!({ "Version": version, "Statement": statements }).to_string()
}

fn statement(statement: &Statement) -> Value {
    let mut members = Map::new();
    if let Some(sid) = &statement.sid {
        members.insert("Sid".to_owned(), json!(sid));
    }
    let effect = if statement.effect == Effect::Allow { "Allow" } else { "Deny" };
    members.insert("Effect".to_owned(), json!(effect));
    match &statement.principals {
        Some(Which::In(list)) => drop(members.insert("Principal".to_owned(), principals(list))),
        Some(Which::NotIn(list)) => drop(members.insert("NotPrincipal".to_owned(), principals(list))),
        None => {}
    }
    let mut list = |name: &str, which: &Which<String>| match which {
        Which::In(list) => drop(members.insert(name.to_owned(), json!(list))),
        Which::NotIn(list) => drop(members.insert(format!("Not{name}"), json!(list))),
    };
    list("Action", &statement.actions);
    if let Some(resources) = &statement.resources {
        list("Resource", resources);
    }
    if !statement.conditions.is_empty() {
        members.insert("Condition".to_owned(), conditions(&statement.conditions));
    }
    Value::Object(members)
}

fn principals(list: &[Principal]) -> Value {
    if let [Principal::Everyone] = list {
        return json!("*");
    }
    let mut classes: Map<String, Value> = Map::new();
    for principal in list {
        let (class, value) = match principal {
            Principal::Everyone => ("AWS", "*"),
            Principal::Aws(value) => ("AWS", value.as_str()),
            Principal::Service(value) => ("Service", value.as_str()),
            Principal::Federated(value) => ("Federated", value.as_str()),
            Principal::Canonical(value) => ("CanonicalUser", value.as_str()),
        };
        if let Value::Array(values) = classes.entry(class).or_insert_with(|| json!([])) {
            values.push(json!(value));
        }
    }
    Value::Object(classes)
}

fn conditions(list: &[Condition]) -> Value {
    let mut operators: Map<String, Value> = Map::new();
    for condition in list {
        if let Value::Object(keys) = operators.entry(condition.operator.to_string()).or_insert_with(|| json!({})) {
            keys.insert(condition.key.clone(), json!(condition.values));
        }
    }
    Value::Object(operators)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::{btree_map, btree_set, vec};
    use proptest::prelude::*;

    use super::*;
    use crate::{Form, Operator, Quantity, Test, parse};

    fn word() -> impl Strategy<Value = String> {
        proptest::string::string_regex(r#"[a-c*?:/$"\\\n{} é]{1,6}"#).unwrap()
    }

    fn which() -> impl Strategy<Value = Which<String>> {
        (any::<bool>(), vec(word(), 1..4))
            .prop_map(|(not, list)| if not { Which::NotIn(list) } else { Which::In(list) })
    }

    /// Creates principals that are grouped by type, as in a document.
    fn who() -> impl Strategy<Value = Which<Principal>> {
        let class =
            |of: fn(String) -> Principal| btree_set(word(), 0..3).prop_map(move |it| it.into_iter().map(of).collect());
        let aws = class(|it| if it == "*" { Principal::Everyone } else { Principal::Aws(it) });
        let all = (aws, class(Principal::Service), class(Principal::Federated), class(Principal::Canonical));
        let list = all.prop_map(|(a, b, c, d): (Vec<_>, Vec<_>, Vec<_>, Vec<_>)| [a, b, c, d].concat());
        let list = prop_oneof![list.prop_filter("somebody", |it| !it.is_empty()), Just(vec![Principal::Everyone])];
        (any::<bool>(), list).prop_map(|(not, list)| if not { Which::NotIn(list) } else { Which::In(list) })
    }

    fn conditions() -> impl Strategy<Value = Vec<Condition>> {
        let test = proptest::sample::select(vec![Test::StringLike, Test::Bool, Test::ArnNotLike, Test::IpAddress]);
        let quantity = proptest::sample::select(vec![None, Some(Quantity::All), Some(Quantity::Any)]);
        let operator = (test, any::<bool>(), quantity).prop_map(|(test, if_exists, quantity)| Operator {
            test,
            if_exists,
            quantity,
        });
        btree_map(operator, btree_map("[a-c]{1,3}:[a-c/]{1,3}", vec(word(), 1..3), 1..3), 0..3).prop_map(
            |operators: BTreeMap<Operator, BTreeMap<String, Vec<String>>>| {
                let keys = |(operator, keys): (Operator, BTreeMap<String, Vec<String>>)| {
                    keys.into_iter().map(move |(key, values)| Condition { operator, key, values })
                };
                operators.into_iter().flat_map(keys).collect()
            },
        )
    }

    fn policy() -> impl Strategy<Value = Policy> {
        let sid = proptest::option::of("[A-Za-z0-9]{1,5}");
        let effect = proptest::sample::select(vec![Effect::Allow, Effect::Deny]);
        let statement = (sid, effect, who(), which(), which(), conditions()).prop_map(
            |(sid, effect, principals, actions, resources, conditions)| Statement {
                sid,
                effect,
                principals: Some(principals),
                actions,
                resources: Some(resources),
                conditions,
            },
        );
        (any::<bool>(), vec(statement, 1..4)).prop_map(|(variables, mut statements)| {
            // The ids of statements are unique in a document.
            statements
                .iter_mut()
                .enumerate()
                .for_each(|(at, it)| it.sid = it.sid.take().map(|sid| format!("{sid}{at}")));
            Policy { name: "p".into(), variables, statements }
        })
    }

    proptest! {
        #[test]
        fn a_document_is_read_again_as_the_same_policy(policy in policy()) {
            let text = document(&policy);
            prop_assert_eq!(parse("p", &text, Form::Resource), Ok(policy), "{}", text);
        }
    }

    #[test]
    fn identity_policies_have_no_principals() {
        let text =
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:*"],"NotResource":["a"]}]}"#;
        assert_eq!(document(&parse("p", text, Form::Identity).unwrap()), text);
    }
}
