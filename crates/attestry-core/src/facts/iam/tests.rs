//! The conversion of policies to facts and back, and the records that it refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use proptest::prelude::*;

use super::*;
use attestry_iam::{Form, Operator, Quantity, Test, parse};

const TESTS: [Test; 27] = [
    Test::StringEquals,
    Test::StringNotEquals,
    Test::StringEqualsIgnoreCase,
    Test::StringNotEqualsIgnoreCase,
    Test::StringLike,
    Test::StringNotLike,
    Test::NumericEquals,
    Test::NumericNotEquals,
    Test::NumericLessThan,
    Test::NumericLessThanEquals,
    Test::NumericGreaterThan,
    Test::NumericGreaterThanEquals,
    Test::DateEquals,
    Test::DateNotEquals,
    Test::DateLessThan,
    Test::DateLessThanEquals,
    Test::DateGreaterThan,
    Test::DateGreaterThanEquals,
    Test::Bool,
    Test::BinaryEquals,
    Test::IpAddress,
    Test::NotIpAddress,
    Test::ArnEquals,
    Test::ArnLike,
    Test::ArnNotEquals,
    Test::ArnNotLike,
    Test::Null,
];

fn word() -> impl Strategy<Value = String> {
    // Separators and escapes are frequent in these texts. Otherwise the test would prove little.
    proptest::string::string_regex(r"[a-c ,\\:*/]{0,6}").unwrap()
}

fn words() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(word(), 0..4)
}

fn which() -> impl Strategy<Value = Which<String>> {
    prop_oneof![words().prop_map(Which::In), words().prop_map(Which::NotIn)]
}

fn who() -> impl Strategy<Value = Principal> {
    let class: [fn(String) -> Principal; 4] =
        [Principal::Aws, Principal::Service, Principal::Federated, Principal::Canonical];
    let one = (proptest::sample::select(class.to_vec()), word()).prop_map(|(class, value)| class(value));
    // Two forms of "everyone" are one fact.
    prop_oneof![Just(Principal::Everyone), one.prop_filter("everyone", |it| *it != Principal::Aws("*".into()))]
}

fn principals() -> impl Strategy<Value = Which<Principal>> {
    let list = proptest::collection::vec(who(), 0..4);
    (list, any::<bool>()).prop_map(|(list, not)| if not { Which::NotIn(list) } else { Which::In(list) })
}

fn one_condition() -> impl Strategy<Value = Condition> {
    let quantity = proptest::sample::select(vec![None, Some(Quantity::All), Some(Quantity::Any)]);
    let operator =
        (proptest::sample::select(TESTS.to_vec()), any::<bool>(), quantity).prop_map(|(test, if_exists, quantity)| {
            Operator { test, if_exists: if_exists && test != Test::Null, quantity }
        });
    (operator, word(), words()).prop_map(|(operator, key, values)| Condition { operator, key, values })
}

fn one_statement() -> impl Strategy<Value = Statement> {
    use proptest::option::of as option;

    let effect = proptest::sample::select(vec![Effect::Allow, Effect::Deny]);
    let conditions = proptest::collection::vec(one_condition(), 0..3);
    (option(word()), effect, option(principals()), which(), option(which()), conditions).prop_map(
        |(sid, effect, principals, actions, resources, conditions)| Statement {
            sid,
            effect,
            principals,
            actions,
            resources,
            conditions,
        },
    )
}

fn policy(name: &'static str) -> impl Strategy<Value = Policy> {
    (proptest::collection::vec(one_statement(), 1..4), any::<bool>()).prop_map(move |(statements, variables)| Policy {
        name: Arc::from(name),
        variables,
        statements,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_gets_lost_on_the_way_through_facts(policy in policy("p")) {
        let values = to_values(&policy);
        prop_assert!(STATEMENTS.holds(&Value::List(values.clone())));
        prop_assert_eq!(from_values("p", &values), Ok(vec![policy]));
    }

    #[test]
    fn named_policies_come_back_in_order(a in policy("a"), b in policy("b")) {
        let values = [to_named_values(&b), to_named_values(&a)].concat();
        prop_assert!(NAMED_STATEMENTS.holds(&Value::List(values.clone())));
        prop_assert_eq!(from_values("unused", &values), Ok(vec![b, a]));
    }

    #[test]
    fn different_policies_are_different_facts(a in policy("p"), b in policy("p")) {
        prop_assert_eq!(a == b, to_values(&a) == to_values(&b));
    }
}

#[test]
fn the_version_says_whether_there_are_variables() {
    let read = |version: &str| {
        let statement = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}"}"#;
        to_values(&parse("p", &format!(r#"{{{version}"Statement":{statement}}}"#), Form::Identity).unwrap())
    };
    let (none, old, new) = (read(""), read(r#""Version":"2008-10-17","#), read(r#""Version":"2012-10-17","#));
    assert_eq!(none, old);
    assert_ne!(old, new);
    for (values, variables) in [(&old, false), (&new, true)] {
        assert_eq!(from_values("p", values).unwrap()[0].variables, variables);
    }
    assert!(from_values("p", &[old, new].concat()).is_err(), "one policy has one version");
}

#[test]
fn everyone_is_one_fact_however_it_is_written() {
    let read = |principal: &str| {
        let text = format!(r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"*"}}}}"#);
        to_values(&parse("p", &text, Form::Resource).unwrap())
    };
    assert_eq!(read(r#""*""#), read(r#"{"AWS":"*"}"#));
    assert_eq!(principal("*"), Ok(Principal::Everyone));
    assert_eq!(principal("AWS:*"), Ok(Principal::Everyone), "an example may say it so");
    assert_eq!(principal_text(&Principal::Everyone), "*");
}

fn with_condition(text: &str) -> Vec<Value> {
    vec![Value::record([
        ("effect", Some("Allow".into())),
        ("actions", Some(Value::texts(["*"]))),
        ("conditions", Some(Value::texts([text]))),
    ])]
}

fn conditions_of(text: &str) -> Result<Vec<Condition>, NoPolicy> {
    let policies = from_values("p", &with_condition(text))?;
    Ok(policies.into_iter().flat_map(|it| it.statements).flat_map(|it| it.conditions).collect())
}

#[test]
fn ordinary_conditions_read_as_they_are_written() {
    let operator = Operator { test: Test::StringLike, if_exists: true, quantity: Some(Quantity::Any) };
    for (text, key, values) in [
        ("ForAnyValue:StringLikeIfExists aws:TagKeys a,b*", "aws:TagKeys", &["a", "b*"] as &[&str]),
        ("ForAnyValue:StringLikeIfExists k two words,x", "k", &["two words", "x"]),
        (r"ForAnyValue:StringLikeIfExists k a\,b,c\\", "k", &["a,b", r"c\"]),
        (r"ForAnyValue:StringLikeIfExists aws:RequestTag/cost\ center x", "aws:RequestTag/cost center", &["x"]),
        ("ForAnyValue:StringLikeIfExists k", "k", &[]),
        ("ForAnyValue:StringLikeIfExists k ", "k", &[""]),
        ("ForAnyValue:StringLikeIfExists k ,", "k", &["", ""]),
    ] {
        let values = values.iter().map(|&it| it.to_owned()).collect();
        let condition = Condition { operator, key: key.to_owned(), values };
        assert_eq!(condition_text(&condition), text);
        assert_eq!(conditions_of(text), Ok(vec![condition]));
    }
    for text in ["", "Bool", "Boole k v", "IfExists k v", r"Bool k a\b", r"Bool k a\", r"Bool k\,b v"] {
        assert!(conditions_of(text).is_err(), "{text}");
    }
}

#[test]
fn what_was_redacted_is_no_pattern() {
    let error = conditions_of(&format!("StringEquals sts:ExternalId password={REDACTED}")).unwrap_err();
    assert_eq!(error.to_string(), "statement 0 of p: conditions was redacted");
    let mut policy = with_condition("Bool k true");
    if let Some(Value::Map(fields)) = policy.first_mut() {
        fields.insert("policy".to_owned(), REDACTED.into());
    }
    assert!(from_values("p", &policy).is_err());
}

#[test]
fn what_is_no_statement_is_an_error() {
    let whole = || [("effect", "Allow".into()), ("actions", Value::texts(["*"])), ("conditions", Value::List(vec![]))];
    let read = |change: Option<(&str, Option<Value>)>| {
        let mut fields: BTreeMap<String, Value> = whole().map(|(name, value)| (name.to_owned(), value)).into();
        match change {
            Some((name, Some(value))) => drop(fields.insert(name.to_owned(), value)),
            Some((name, None)) => drop(fields.remove(name)),
            None => {}
        }
        from_values("p", &[Value::Map(fields)])
    };
    assert!(read(None).is_ok());
    for (name, value) in [
        ("effect", None),
        ("effect", Some("allow".into())),
        ("actions", None),
        ("actions", Some("*".into())),
        ("actions", Some(Value::List(vec![Value::Bool(true)]))),
        ("not_actions", Some(Value::texts(["*"]))),
        ("conditions", None),
        ("sid", Some(Value::Bool(true))),
        ("principals", Some(Value::texts(["someone"]))),
        ("principals", Some(Value::texts(["Nobody:x"]))),
        ("version", Some("2012-10-17".into())),
        ("unknown", Some("x".into())),
    ] {
        assert!(read(Some((name, value.clone()))).is_err(), "{name} {value:?}");
    }
    assert!(from_values("p", &["text".into()]).is_err());
    assert_eq!(from_values("p", &[]), Ok(vec![]));
}
