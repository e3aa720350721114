//! Each conversion with a right value, a wrong one and a list.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::super::convert::{Conversion, Converted, PLAIN, Part, WITH};
use crate::facts::Value;

/// What a conversion makes of a value.
#[derive(Debug, PartialEq)]
enum Gives {
    /// A value that other conversions take.
    Raw(Json),
    /// A value of an attribute.
    Done(Value),
    /// No value.
    Nothing,
    /// The items of a list.
    List(Vec<Gives>),
    /// A reason why it could not be converted.
    Fails,
}

fn made(converted: Result<Converted, String>) -> Gives {
    match converted {
        Ok(Converted::None) => Gives::Nothing,
        Ok(Converted::Raw(value)) => Gives::Raw(value),
        Ok(Converted::Value(value)) => Gives::Done(value),
        Ok(Converted::Parts(parts)) => {
            let parts = parts.into_iter().map(|part| match part {
                Part::Raw(value) => Gives::Raw(value),
                Part::Value(value) => Gives::Done(value),
            });
            Gives::List(parts.collect())
        }
        Err(_) => Gives::Fails,
    }
}

/// The conversion of a text such as `last_of :` or `tags Key Value`.
fn conversion(text: &str) -> Conversion {
    let mut words = text.split(' ');
    let (name, argument) = (words.next().unwrap(), words.map(str::to_owned).collect::<Vec<_>>());
    let argument = (!argument.is_empty()).then_some(argument);
    Conversion::named(name, argument.as_deref()).unwrap()
}

fn time(text: &str) -> Gives {
    Gives::Done(Value::Time(text.parse().unwrap()))
}

fn seconds(seconds: i64) -> Gives {
    Gives::Done(Value::Duration(seconds))
}

fn raw(value: Json) -> Gives {
    Gives::Raw(value)
}

const DAY: i64 = 86400;
const ROLE: &str = "arn:aws:iam::111122223333:role/team/app";
const URL_WITH_SECRET: &str = "cloudinary://317993023092483:3WxJFTGQSPUbOFKJssuiWC7jcKn@bank";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alarms";

#[test]
fn each_conversion_gives_what_it_should() {
    use Gives::{Fails, List, Nothing};
    let rows = vec![
        ("days", json!(3), seconds(3 * DAY)),
        ("days", json!(3.0), seconds(3 * DAY)),
        ("days", json!(-1), seconds(-DAY)),
        ("days", json!(3.5), Fails),
        ("days", json!("3"), Fails),
        ("days", json!(i64::MAX), Fails),
        ("days", json!([1, 2]), List(vec![seconds(DAY), seconds(2 * DAY)])),
        ("hours", json!(2), seconds(7200)),
        ("hours", json!(true), Fails),
        ("minutes", json!(2), seconds(120)),
        ("minutes", json!({}), Fails),
        ("seconds", json!(2), seconds(2)),
        ("seconds", json!([2, "2"]), Fails),
        ("duration", json!("1d 12h"), seconds(36 * 3600)),
        ("duration", json!("soon"), Fails),
        ("duration", json!(["1h"]), List(vec![seconds(3600)])),
        ("iso_duration", json!("P1DT1H2M3S"), seconds(DAY + 3723)),
        ("iso_duration", json!("P2W"), seconds(14 * DAY)),
        ("iso_duration", json!("P1Y"), Fails),
        ("iso_duration", json!("P1M"), Fails),
        ("iso_duration", json!("1h"), Fails),
        ("iso_duration", json!(["PT1H"]), List(vec![seconds(3600)])),
        ("schedule", json!("rate(2 hours)"), seconds(7200)),
        ("schedule", json!("cron(0 8 ? * MON *)"), seconds(7 * DAY)),
        ("schedule", json!("at(2026-01-01T00:00:00)"), Fails),
        ("schedule", json!(["rate(1 day)"]), List(vec![seconds(DAY)])),
        ("epoch", json!(1_700_000_000), time("2023-11-14T22:13:20Z")),
        ("epoch", json!(1_700_000_000.25), time("2023-11-14T22:13:20.25Z")),
        ("epoch", json!("1700000000"), Fails),
        ("epoch", json!(1e300), Fails),
        ("epoch", json!([0]), List(vec![time("1970-01-01T00:00:00Z")])),
        ("epoch_ms", json!(1_700_000_000_123_i64), time("2023-11-14T22:13:20.123Z")),
        ("epoch_ms", json!(null), Fails),
        ("instant", json!("2026-01-02T03:04:05.678Z"), time("2026-01-02T03:04:05.678Z")),
        ("instant", json!("2026-01-02T03:04:05.678+0000"), time("2026-01-02T03:04:05.678Z")),
        ("instant", json!("2026-01-02T03:04:05+02:00"), time("2026-01-02T01:04:05Z")),
        ("instant", json!("2026-01-02"), time("2026-01-02T00:00:00Z")),
        ("instant", json!("yesterday"), Fails),
        ("instant", json!(["2026-01-02"]), List(vec![time("2026-01-02T00:00:00Z")])),
        ("to_integer", json!("-12"), raw(json!(-12))),
        ("to_integer", json!("12 "), Fails),
        ("to_integer", json!(12), Fails),
        ("to_integer", json!(["1", "2"]), List(vec![raw(json!(1)), raw(json!(2))])),
        ("to_bool", json!("true"), raw(json!(true))),
        ("to_bool", json!("false"), raw(json!(false))),
        ("to_bool", json!("True"), Fails),
        ("to_bool", json!(["true"]), List(vec![raw(json!(true))])),
        ("to_text", json!(12), raw(json!("12"))),
        ("to_text", json!("a"), raw(json!("a"))),
        ("to_text", json!([1, "a"]), raw(json!("[1,\"a\"]"))),
        ("positive", json!(1), raw(json!(1))),
        ("positive", json!(0), Nothing),
        ("positive", json!(-1), Nothing),
        ("positive", json!("1"), Fails),
        ("positive", json!([-1, 2, 0]), List(vec![raw(json!(2))])),
        ("last_of :", json!(TOPIC), raw(json!("alarms"))),
        ("last_of :", json!("plain"), raw(json!("plain"))),
        ("last_of :", json!(1), Fails),
        ("last_of /", json!(["a/b", "c"]), List(vec![raw(json!("b")), raw(json!("c"))])),
        // A part of a secret no longer looks like a secret, so the secret is removed first.
        ("last_of /", json!(URL_WITH_SECRET), raw(json!("317993023092483:[redacted]@bank"))),
        ("before @", json!(URL_WITH_SECRET), raw(json!("cloudinary://317993023092483:[redacted]"))),
        ("without_end @bank", json!(URL_WITH_SECRET), raw(json!("cloudinary://317993023092483:[redacted]"))),
        ("before :", json!("a:b:c"), raw(json!("a"))),
        ("before :", json!("plain"), raw(json!("plain"))),
        ("before :", json!(null), Fails),
        ("without_end :*", json!("log-group:a:*"), raw(json!("log-group:a"))),
        ("without_end :*", json!("log-group:a"), raw(json!("log-group:a"))),
        ("without_end :*", json!(false), Fails),
        ("arn_account", json!(ROLE), raw(json!("111122223333"))),
        ("arn_account", json!("arn:aws:s3:::bucket"), Nothing),
        ("arn_account", json!("bucket"), Fails),
        ("arn_account", json!([ROLE, "arn:aws:s3:::bucket"]), List(vec![raw(json!("111122223333"))])),
        ("arn_region", json!(TOPIC), raw(json!("eu-west-1"))),
        ("arn_region", json!(ROLE), Nothing),
        ("arn_region", json!("a:b:c:d:e:f"), Fails),
        ("arn_name", json!(ROLE), raw(json!("app"))),
        ("arn_name", json!(TOPIC), raw(json!("alarms"))),
        ("arn_name", json!("app"), Fails),
        ("lower", json!("AbC"), raw(json!("abc"))),
        ("lower", json!(1), Fails),
        ("lower", json!(["A"]), List(vec![raw(json!("a"))])),
        ("json", json!("{\"a\": [1]}"), raw(json!({ "a": [1] }))),
        ("json", json!("{"), Fails),
        ("json", json!({ "a": 1 }), Fails),
        ("texts", json!({ "a": 1, "b": "x", "c": [true] }), raw(json!({ "a": "1", "b": "x", "c": "[true]" }))),
        ("texts", json!("a"), Fails),
        ("tags Key Value", json!([{ "Key": "a", "Value": "" }]), raw(json!({ "a": "" }))),
        ("tags Key Value", json!([]), raw(json!({}))),
        ("tags Key Value", json!([{ "Key": "", "Value": "b" }]), Fails),
        ("tags Key Value", json!([{ "Key": "a" }]), Fails),
        ("tags Key Value", json!([{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }]), Fails),
        ("tags key value", json!([{ "Key": "a", "Value": "b" }]), Fails),
        ("tags Key Value", json!({ "a": "b" }), Fails),
        ("names", json!({ "b": 1, "a": 2 }), raw(json!(["a", "b"]))),
        ("names", json!({}), raw(json!([]))),
        ("names", json!("a"), Fails),
        ("secret_names", json!({ "Z_PASSWORD": "hunter2hunter2", "A": "debug", "B": 1 }), raw(json!(["Z_PASSWORD"]))),
        ("secret_names", json!([1]), Fails),
        ("secret_looking", json!("ghp_0123456789012345678901234567890123456789"), raw(json!(true))),
        ("secret_looking", json!("debug"), raw(json!(false))),
        ("secret_looking", json!(1), Fails),
        ("secret_looking", json!(["debug"]), List(vec![raw(json!(false))])),
        ("host_only", json!("https://me:pw@example.com:8080/in?token=1#a"), raw(json!("https://example.com:8080"))),
        ("host_only", json!("https://example.com?token=1"), raw(json!("https://example.com"))),
        ("host_only", json!(TOPIC), raw(json!(TOPIC))),
        ("host_only", json!(1), Fails),
        ("sorted", json!(["b", "a"]), raw(json!(["a", "b"]))),
        ("sorted", json!([2, 1]), Fails),
        ("sorted", json!("b"), Fails),
        ("statements resource", json!("{"), Fails),
        ("statements trust", json!(1), Fails),
        ("statements identity", json!({ "Statement": [{ "Effect": "Perhaps" }] }), Fails),
    ];
    for (name, value, expected) in &rows {
        assert_eq!(&made(conversion(name).apply(Converted::Raw(value.clone()))), expected, "{name} of {value}");
    }
    let names = |fails: bool| -> BTreeSet<&str> {
        let rows = rows.iter().filter(|(.., gives)| (*gives == Fails) == fails);
        rows.filter_map(|(name, ..)| name.split(' ').next()).collect()
    };
    let known: BTreeSet<&str> = PLAIN.iter().map(|(name, _)| *name).chain(WITH.iter().copied()).collect();
    let takes_all = BTreeSet::from(["to_text"]);
    assert_eq!(known.difference(&names(true)).copied().collect::<BTreeSet<_>>(), takes_all, "no wrong value");
    // Another test has the right documents.
    let documents = BTreeSet::from(["statements"]);
    assert_eq!(known.difference(&names(false)).copied().collect::<BTreeSet<_>>(), documents, "no right value");
}

/// The statement of each document of this test, as a fact.
fn statement(of: &str) -> Value {
    let mut fields = vec![
        ("effect", "Allow".into()),
        ("actions", Value::texts(["sqs:SendMessage"])),
        ("conditions", Value::List(Vec::new())),
    ];
    if of != "identity" {
        fields.push(("principals", Value::texts(["*"])));
    }
    if of != "trust" {
        fields.push(("resources", Value::texts(["*"])));
    }
    Value::List(vec![Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())])
}

#[test]
fn policies_are_read_in_each_form_of_aws() {
    for (of, rest) in [
        ("resource", r#""Principal":{"AWS":"*"},"Resource":"*""#),
        ("trust", r#""Principal":"*""#),
        ("identity", r#""Resource":"*""#),
    ] {
        let statement_text = format!(r#"{{"Effect":"Allow","Action":"SQS:SendMessage",{rest}}}"#);
        let plain = format!(r#"{{"Version":"2012-10-17","Statement":[{statement_text}]}}"#);
        let encoded: String = plain.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let escaped = plain.replace('"', "\\\"").replace('/', "\\/");
        let parsed: Json = serde_json::from_str(&plain).unwrap();
        let conversion = conversion(&format!("statements {of}"));
        for document in [json!(plain), json!(encoded), json!(escaped), parsed] {
            let read = conversion.apply(Converted::Raw(document.clone()));
            assert_eq!(made(read), Gives::Done(statement(of)), "{of}: {document}");
        }
        // A document whose escapes end early is no policy.
        let broken = json!(escaped.replacen("\\\"", "\"", 1));
        assert_eq!(made(conversion.apply(Converted::Raw(broken))), Gives::Fails, "{of}");
    }
}

#[test]
fn no_value_stays_none_and_a_value_of_an_attribute_is_not_converted_again() {
    for (name, _) in PLAIN {
        let conversion = conversion(name);
        assert_eq!(conversion.apply(Converted::None), Ok(Converted::None), "{name}");
        let done = Converted::Value(Value::Duration(1));
        assert_eq!(made(conversion.apply(done)), Gives::Fails, "{name}");
        let done = Converted::Parts(vec![Part::Value(Value::Duration(1))]);
        assert_eq!(made(conversion.apply(done)), Gives::Fails, "{name}");
    }
}

#[test]
fn items_of_a_list_go_through_conversion_after_conversion() {
    let list = Converted::Raw(json!(["a:2", "b:0", "c:1"]));
    let numbers =
        ["last_of :", "to_integer", "positive"].iter().try_fold(list, |value, name| conversion(name).apply(value));
    assert_eq!(made(numbers.clone()), Gives::List(vec![raw(json!(2)), raw(json!(1))]));
    let days = numbers.and_then(|value| conversion("days").apply(value));
    assert_eq!(made(days), Gives::List(vec![seconds(2 * DAY), seconds(DAY)]));
    let names = conversion("names").apply(Converted::Raw(json!({ "B": 1, "A": 2 })));
    assert_eq!(
        made(names.and_then(|value| conversion("lower").apply(value))),
        Gives::List(vec![raw(json!("a")), raw(json!("b"))])
    );
}

#[test]
fn reasons_quote_no_value() {
    for (name, _) in PLAIN {
        for value in [json!("S3cr3t"), json!({ "S3cr3t": "S3cr3t" }), json!([["S3cr3t"]])] {
            if let Err(why) = conversion(name).apply(Converted::Raw(value)) {
                assert!(!why.contains("S3cr3t"), "{name}: {why}");
            }
        }
    }
}

#[test]
fn conversions_are_named_with_their_arguments() {
    let named = |name: &str, argument: Option<&[&str]>| {
        let argument = argument.map(|all| all.iter().map(|&it| it.to_owned()).collect::<Vec<_>>());
        Conversion::named(name, argument.as_deref())
    };
    for (name, argument, expected) in [
        ("dayz", None, "`dayz` is no conversion; did you mean `days`?"),
        ("days", Some(&["1"][..]), "`days` takes no argument"),
        ("last_of", None, "`last_of` takes a text"),
        ("last_of", Some(&[""]), "`last_of` takes a text"),
        ("before", Some(&["a", "b"]), "`before` takes a text"),
        ("tags", Some(&["Key"]), "`tags` takes the two members with the key and the value, such as `[Key, Value]`"),
        ("statements", Some(&["role"]), "`statements` takes `resource`, `trust` or `identity`"),
        ("statements", None, "`statements` takes `resource`, `trust` or `identity`"),
    ] {
        assert_eq!(named(name, argument), Err(expected.to_owned()));
    }
    assert_eq!(named("tags", Some(&["Key", "Value"])), Ok(Conversion::Tags("Key".to_owned(), "Value".to_owned())));
}
