//! Tests the parsed policies, and each error with its place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use proptest::prelude::*;

use super::*;
use crate::policy::{Effect, Operator, Policy, Principal, Quantity, Statement, Test, Which};

const FULL: &str = r#"{
  "Version": "2012-10-17", "Id": "x",
  "Statement": [{
    "Sid": "A", "Effect": "Allow",
    "Principal": {"AWS": ["arn:aws:iam::1:root", "2", "*"], "Service": "kms.amazonaws.com",
                  "Federated": "cognito-identity.amazonaws.com", "CanonicalUser": "79a5"},
    "Action": "kms:*", "NotResource": ["a", "${aws:username}"],
    "Condition": {"Bool": {"aws:SecureTransport": false},
                  "ForAnyValue:StringEqualsIfExists": {"kms:ViaService": ["a", 1.50, true], "b": []}}
  }]
}"#;

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

#[test]
fn documents_are_read_as_aws_reads_them() {
    let policy = parse("key policy", FULL, Form::Resource).unwrap();
    assert_eq!(&*policy.name, "key policy");
    assert!(policy.variables);
    let [statement] = policy.statements.as_slice() else { panic!("{policy:?}") };
    assert_eq!(statement.sid.as_deref(), Some("A"));
    assert_eq!(statement.effect, Effect::Allow);
    assert_eq!(statement.actions, Which::In(texts(&["kms:*"])));
    assert_eq!(statement.resources, Some(Which::NotIn(texts(&["a", "${aws:username}"]))));
    let principals = vec![
        Principal::Aws("arn:aws:iam::1:root".to_owned()),
        Principal::Aws("2".to_owned()),
        Principal::Everyone,
        Principal::Service("kms.amazonaws.com".to_owned()),
        Principal::Federated("cognito-identity.amazonaws.com".to_owned()),
        Principal::Canonical("79a5".to_owned()),
    ];
    assert_eq!(statement.principals, Some(Which::In(principals)));
    let read: Vec<_> =
        statement.conditions.iter().map(|it| (it.operator, it.key.as_str(), it.values.clone())).collect();
    let bool = Operator { test: Test::Bool, if_exists: false, quantity: None };
    let any = Operator { test: Test::StringEquals, if_exists: true, quantity: Some(Quantity::Any) };
    let expected = [
        (bool, "aws:SecureTransport", texts(&["false"])),
        (any, "kms:ViaService", texts(&["a", "1.50", "true"])),
        (any, "b", texts(&[])),
    ];
    assert_eq!(read, expected);
}

#[test]
fn one_statement_any_case_and_star() {
    let text = r#"{"statement":{"effect":"DENY","principal":"*","notaction":["s3:Get*"]}}"#;
    let deny = Statement {
        sid: None,
        effect: Effect::Deny,
        principals: Some(Which::In(vec![Principal::Everyone])),
        actions: Which::NotIn(texts(&["s3:Get*"])),
        resources: None,
        conditions: Vec::new(),
    };
    let expected = Policy { name: "p".into(), variables: false, statements: vec![deny] };
    assert_eq!(parse("p", text, Form::Resource), Ok(expected.clone()));
    let encoded = "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Deny%22%2C%22Principal%22%3A%22%2A%22%2C\
                   %22NotAction%22%3A%22s3%3AGet*%22%7D%5D%7D";
    assert_eq!(parse("p", &decoded(encoded).unwrap(), Form::Resource), Ok(expected.clone()));
    assert!(matches!(decoded(text), Ok(std::borrow::Cow::Borrowed(_))));
    assert_eq!(decoded("a+%2B%c3%A4").unwrap(), "a++ä");
    for text in [r#"{"Statement":[]}"#, r#"{"Version":"2008-10-17","Statement":[]}"#] {
        assert_eq!(
            parse("p", text, Form::Identity),
            Ok(Policy { name: "p".into(), variables: false, statements: vec![] })
        );
    }
    let star = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}"#;
    let star = parse("p", star, Form::Trust).unwrap();
    assert_eq!(star.statements[0].principals, Some(Which::In(vec![Principal::Everyone])));
}

#[test]
fn texts_are_json_texts() {
    let text = r#" {"Statement":{"Sid":"\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00 ä","Effect":"Allow","Action":"a","Resource":"b"}}
    "#;
    let policy = parse("p", text, Form::Identity).unwrap();
    assert_eq!(policy.statements[0].sid.as_deref(), Some("\"\\/\u{8}\u{c}\n\r\tä😀 ä"));
}

#[test]
fn operators_are_read_in_any_case() {
    let with = |operator: &str| {
        let text = format!(
            r#"{{"Statement":{{"Effect":"Allow","Action":"a","Resource":"b","Condition":{{"{operator}":{{"k":"v"}}}}}}}}"#
        );
        parse("p", &text, Form::Identity).map(|it| it.statements[0].conditions[0].operator)
    };
    for (name, test, if_exists, quantity) in [
        ("StringLike", Test::StringLike, false, None),
        ("stringlikeifexists", Test::StringLike, true, None),
        ("ForAllValues:ArnNotEquals", Test::ArnNotEquals, false, Some(Quantity::All)),
        ("foranyvalue:DateLessThanEqualsIfExists", Test::DateLessThanEquals, true, Some(Quantity::Any)),
        ("NULL", Test::Null, false, None),
    ] {
        assert_eq!(with(name), Ok(Operator { test, if_exists, quantity }), "{name}");
    }
    for name in ["", "String", "NullIfExists", "ForSome:StringLike", "ForAllValues:", "StringLikeIfExistsIfExists"] {
        assert!(with(name).is_err(), "{name}");
    }
}

#[test]
fn what_is_not_understood_is_refused() {
    for text in [
        "",
        "not json",
        "[]",
        "{}",
        r#"{"Statement":3}"#,
        r#"{"Statement":[3]}"#,
        r#"{"Statement":[{}]}"#,
        r#"{"Statement":[{"Effect":"Maybe"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":{"a":1}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":[null]}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Actions":"a"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"a","action":"b"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"someone"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Condition":["x"]}]}"#,
        r#"{"Statement":[],"statement":[]}"#,
        r#"{"Statement":[],"Statements":[]}"#,
    ] {
        for form in [Form::Identity, Form::Trust, Form::Resource] {
            assert!(parse("p", text, form).is_err(), "{text}");
        }
    }
    for text in ["%", "%7", "%zz", "%+1", "%FF"] {
        assert!(decoded(text).is_err(), "{text}");
    }
    assert!(parse("p", &decoded("%7B").unwrap(), Form::Identity).is_err());
}

fn told(text: &str, form: Form) -> String {
    parse("p", text, form).map_or_else(|it| it.to_string(), |it| format!("read: {it:?}"))
}

#[test]
fn each_mistake_has_its_place() {
    for (text, expected) in [
        ("", "1:1: the document ends where a value is expected"),
        ("\u{feff}{}", "1:1: starts with a byte order mark"),
        ("{}", "1:1: there is no `Statement`"),
        ("[]", "1:1: not an object"),
        ("{} x", "1:4: text after the end of the document"),
        ("{\n  \"Statement\": [],\n  \"ä\": [,]}", "3:9: ä[0]: not JSON: a value is expected"),
        ("{\"a\": \"ä\u{1}\"}", "1:9: a: not JSON: a control character in a text"),
        (r#"{"a": "\ud800"}"#, "1:8: a: not JSON: not an escape"),
        (r#"{"a": "\ud800\u0041"}"#, "1:8: a: not JSON: not an escape"),
        (r#"{"a": "\udc00"}"#, "1:8: a: not JSON: not an escape"),
        (r#"{"a": "\u12"}"#, "1:8: a: not JSON: not an escape"),
        (r#"{"a": "\x"}"#, "1:8: a: not JSON: not an escape"),
        (r#"{"a": "b"#, "1:9: a: the document ends within a text"),
        (r#"{"a": 01}"#, "1:7: a: not JSON: not a number"),
        (r#"{"a": 1.}"#, "1:7: a: not JSON: not a number"),
        (r#"{"a": 1e}"#, "1:7: a: not JSON: not a number"),
        (r#"{"a": -}"#, "1:7: a: not JSON: not a number"),
        (r#"{"a": nulls}"#, "1:7: a: not JSON: a value is expected"),
        (r#"{"a": [1}"#, "1:9: a: not JSON: `,` or `]` is expected"),
        (r#"{"a": 1,}"#, "1:9: not JSON: a key in quotes is expected"),
        (r#"{"a" 1}"#, "1:6: a: not JSON: `:` is expected"),
        (r#"{"a": 1 "b"}"#, "1:9: not JSON: `,` or `}` is expected"),
        (r#"{"a": {"b": 1, "b": 2}}"#, "1:16: a: the key `b` is repeated"),
        (r#"{"Statement": [], "Statements": []}"#, "1:19: the element `Statements` is unknown"),
        (r#"{"Statement": [], "STATEMENT": []}"#, "1:19: the element `STATEMENT` is repeated"),
        (r#"{"Version": "2012-10-18", "Statement": []}"#, "1:13: Version: neither 2012-10-17 nor 2008-10-17"),
        (r#"{"Version": 1, "Statement": []}"#, "1:13: Version: neither 2012-10-17 nor 2008-10-17"),
        (r#"{"Id": [], "Statement": []}"#, "1:8: Id: not a text"),
        (r#"{"Statement": 3}"#, "1:15: Statement: not an object"),
        (r#"{"Statement": [{}]}"#, "1:16: Statement[0]: there is no `Effect`"),
        (r#"{"Statement": [{"Sid": null}]}"#, "1:24: Statement[0].Sid: not a text"),
        (r#"{"Statement": [{"Effect": true}]}"#, "1:27: Statement[0].Effect: neither Allow nor Deny"),
        (r#"{"Statement": [{"Effect": "Deny"}]}"#, "1:16: Statement[0]: there is neither `Action` nor `NotAction`"),
        (
            r#"{"Statement": [{"Effect": "Deny", "NotAction": [], "Action": []}]}"#,
            "1:35: Statement[0]: the element `NotAction` and what it negates exclude each other",
        ),
        (r#"{"Statement": {"Effect": "Deny", "Action": ["a", ["b"]]}}"#, "1:50: Statement.Action[1]: not a text"),
        (
            r#"{"Statement": {"Effect": "Deny", "Action": {}}}"#,
            "1:44: Statement.Action: neither a text nor a list of texts",
        ),
    ] {
        for form in [Form::Identity, Form::Trust, Form::Resource] {
            assert_eq!(told(text, form), expected, "{text}");
        }
    }
}

#[test]
fn each_form_has_its_elements() {
    let statement = |rest: &str| format!(r#"{{"Statement": [{{"Effect": "Allow", "Action": "a"{rest}}}]}}"#);
    for (form, rest, expected) in [
        (Form::Identity, "", "1:16: Statement[0]: there is neither `Resource` nor `NotResource`"),
        (
            Form::Identity,
            r#", "Resource": "*", "Principal": "*""#,
            "1:68: Statement[0]: the element `Principal` is not for this kind of policy",
        ),
        (
            Form::Identity,
            r#", "Resource": "*", "NotPrincipal": "*""#,
            "1:68: Statement[0]: the element `NotPrincipal` is not for this kind of policy",
        ),
        (Form::Trust, "", "1:16: Statement[0]: there is neither `Principal` nor `NotPrincipal`"),
        (Form::Resource, r#", "Resource": "*""#, "1:16: Statement[0]: there is neither `Principal` nor `NotPrincipal`"),
        (
            Form::Trust,
            r#", "Principal": "*", "NotResource": "*""#,
            "1:69: Statement[0]: the element `NotResource` is not for this kind of policy",
        ),
        (
            Form::Trust,
            r#", "NotPrincipal": "*""#,
            "1:51: Statement[0]: the element `NotPrincipal` is not for this kind of policy",
        ),
        (Form::Resource, r#", "Principal": "someone""#, "1:64: Statement[0].Principal: neither `*` nor an object"),
        (
            Form::Resource,
            r#", "Principal": {"AWSs": "1"}"#,
            "1:65: Statement[0].Principal: the class of principals `AWSs` is unknown",
        ),
        (
            Form::Resource,
            r#", "Principal": {"AWS": "1", "aws": "2"}"#,
            "1:77: Statement[0].Principal: the class of principals `aws` is repeated",
        ),
        (Form::Resource, r#", "Principal": {"AWS": [[]]}"#, "1:73: Statement[0].Principal.AWS[0]: not a text"),
        (Form::Trust, r#", "Principal": "*", "Condition": []"#, "1:82: Statement[0].Condition: not an object"),
        (
            Form::Trust,
            r#", "Principal": "*", "Condition": {"StringEqual": {"a": "b"}}"#,
            "1:83: Statement[0].Condition: the operator `StringEqual` is unknown",
        ),
        (
            Form::Trust,
            r#", "Principal": "*", "Condition": {"Bool": {}, "bool": {}}"#,
            "1:95: Statement[0].Condition: the operator `bool` is repeated",
        ),
        (
            Form::Trust,
            r#", "Principal": "*", "Condition": {"Bool": {"k": "true", "K": "true"}}"#,
            "1:105: Statement[0].Condition.Bool: the key `K` is repeated in another case",
        ),
        (
            Form::Trust,
            r#", "Principal": "*", "Condition": {"Bool": {"k": {}}}"#,
            "1:97: Statement[0].Condition.Bool.k: neither a text nor a list of texts",
        ),
    ] {
        assert_eq!(told(&statement(rest), form), expected, "{rest}");
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let long = format!(r#"{{"Id":"{}"}}"#, "a".repeat(LONGEST));
    assert_eq!(told(&long, Form::Identity), "1:1: longer than any policy");
    assert!(decoded(&"%20".repeat(LONGEST + 1)).is_err());
    let deep = "[".repeat(LONGEST);
    assert_eq!(told(&deep, Form::Identity), format!("1:17: {}: nested deeper than any policy", "[0]".repeat(16)));
    let many = format!(r#"{{"Statement":[{}]}}"#, vec!["0"; MOST_STATEMENTS + 1].join(","));
    assert_eq!(told(&many, Form::Identity), "1:14: Statement: more statements than any policy has");
    let name = format!(r#"{{"{}\u001b":1}}"#, "n".repeat(5000));
    assert_eq!(told(&name, Form::Identity), format!("1:2: the element `{}…` is unknown", "n".repeat(64)));
    assert_eq!(told(r#"{"\u001b":1}"#, Form::Identity), r"1:2: the element `\u{1b}` is unknown");
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in ".{0,200}") {
        for form in [Form::Identity, Form::Trust, Form::Resource] {
            let _ = parse("p", &text, form);
        }
        let _ = decoded(&text);
    }

    /// A document with a few changes is read or refused. The error of a refused document has a place inside the
    /// document.
    #[test]
    fn mutated_documents_never_panic(
        places in proptest::collection::vec((0..FULL.len(), 0..4usize, prop::sample::select(
            vec!["\"", "{", "}", "[", "]", ",", ":", "\\", "null", "1", "\u{0}", "ä", "\\ud800", " "])), 1..6)
    ) {
        let mut text = FULL.to_owned();
        for (at, cut, put) in places {
            let at = at.min(text.len());
            let end = (at + cut).min(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(end) {
                text.replace_range(at..end, put);
            }
        }
        for form in [Form::Identity, Form::Trust, Form::Resource] {
            if let Err(wrong) = parse("p", &text, form) {
                let line = text.split('\n').nth(wrong.line - 1).unwrap();
                prop_assert!(wrong.column <= line.chars().count() + 1);
            }
        }
    }

    /// Our reader and `serde_json` accept the same texts, apart from repeated keys.
    #[test]
    fn json_is_what_serde_json_reads(text in r#"[\[\]{}",:\\a0-9.eE+-]{0,12}"#) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        match json::read(&text) {
            Ok(_) => prop_assert!(theirs.as_ref().map_or_else(|it| it.to_string().contains("out of range"), |_| true)),
            Err(wrong) => prop_assert!(theirs.is_err() || wrong.what.contains("is repeated"), "{}", wrong),
        }
    }
}
