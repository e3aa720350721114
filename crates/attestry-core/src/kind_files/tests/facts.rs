//! The values that a file reads from an item.

use serde_json::{Value as Json, json};

use super::super::{Known, Reference, read_item};
use super::file;
use crate::facts::{NOT_RETURNED, Value};

/// The values of attributes that other calls returned.
struct Earlier;

impl Known for Earlier {
    fn text(&self, reference: &Reference) -> Result<Option<String>, String> {
        match reference {
            Reference::Attribute(name) if name == "early" => Ok(Some("e".to_owned())),
            Reference::Attribute(name) if name == "denied" => Err("AWS denied it".to_owned()),
            Reference::Attribute(_) => Ok(None),
            other => Ok(Some(format!("<{other}>"))),
        }
    }

    fn value(&self, attribute: &str) -> Option<Value> {
        (attribute == "early").then(|| "e".into())
    }
}

/// What one attribute is.
#[derive(Debug, PartialEq)]
enum Is {
    Known(Value),
    Absent,
    /// A gap, with a part of its reason.
    Gap(String),
}

fn known(value: impl Into<Value>) -> Is {
    Is::Known(value.into())
}

/// The attributes `early` and `denied` of the population, and one call with `attributes`, each a line of YAML.
fn with(attributes: &[&str], more: &str) -> String {
    let lines: String = attributes.iter().map(|line| format!("      {line}\n")).collect();
    format!(
        "kind: test.thing\nplural: things\nscope: regional\ndoc: A thing.\ncalls:\n  - call: test:ListThings\n    each: \
         population\n    attributes:\n      id: {{ type: text, path: Id, doc: Id. }}\n      name: {{ type: text, path: Id, \
         doc: Id. }}\n      early: {{ type: text, path: Early, doc: Early. }}\n      denied: {{ type: text, path: Denied, doc: \
         Denied. }}\n  - call: test:GetThing\n    each: resource\n{more}    attributes:\n{lines}"
    )
}

/// The values of all attributes of an item.
fn all(attributes: &[&str], more: &str, item: &Json) -> Vec<(&'static str, Is)> {
    let text = with(attributes, more);
    let file = file(&text).unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"));
    let values = read_item(&file.calls[1], item, &Earlier).into_iter();
    values
        .map(|(name, value)| match value {
            Ok(Some(value)) => (name, Is::Known(value)),
            Ok(None) => (name, Is::Absent),
            Err(unread) => (name, Is::Gap(unread.why)),
        })
        .collect()
}

/// The value of the attribute `a` with these keys.
fn a(keys: &str, item: &Json) -> Is {
    let mut all = all(&[&format!("a: {{ {keys}, doc: A. }}")], "", item);
    all.remove(0).1
}

/// Whether the value is a gap for this reason.
fn is_gap(is: &Is, part: &str) -> bool {
    matches!(is, Is::Gap(why) if why.contains(part))
}

#[test]
fn a_value_has_the_type_of_its_attribute() {
    for (keys, item, expected) in [
        ("type: text, path: A", json!({ "A": "x" }), known("x")),
        ("type: text, path: \"A.B[0]\"", json!({ "A": { "B": ["x", "y"] } }), known("x")),
        ("type: bool, path: A == 'x'", json!({ "A": "x" }), known(true)),
        ("type: integer, path: A", json!({ "A": 3.0 }), known(3)),
        (
            "type: time, path: A",
            json!({ "A": "2026-01-02T03:04:05Z" }),
            Is::Known(Value::Time("2026-01-02T03:04:05Z".parse().unwrap())),
        ),
        ("type: duration, path: A, convert: days", json!({ "A": 2 }), Is::Known(Value::days(2))),
        ("type: \"[text]\", path: A", json!({ "A": ["x", "y"] }), Is::Known(Value::texts(["x", "y"]))),
        ("type: \"[text]\", path: A", json!({ "A": [] }), Is::Known(Value::List(Vec::new()))),
        ("type: \"[text]\", path: A, convert: lower", json!({ "A": ["X"] }), Is::Known(Value::texts(["x"]))),
        (
            "type: \"[text]\", path: A, convert: names",
            json!({ "A": { "y": 1, "x": 2 } }),
            Is::Known(Value::texts(["x", "y"])),
        ),
        (
            "type: \"[duration]\", path: A, convert: days",
            json!({ "A": [1] }),
            Is::Known(Value::List(vec![Value::days(1)])),
        ),
        (
            "type: \"{text}\", path: A",
            json!({ "A": { "k": "v" } }),
            Is::Known(Value::Map([("k".to_owned(), "v".into())].into())),
        ),
        (
            "type: \"{text}\", path: A, convert: { tags: [K, V] }",
            json!({ "A": [{ "K": "k", "V": "v" }] }),
            Is::Known(Value::Map([("k".to_owned(), "v".into())].into())),
        ),
    ] {
        assert_eq!(a(keys, &item), expected, "{keys} of {item}");
    }
    for (keys, item) in [
        ("type: text, path: A", json!({ "A": 1 })),
        ("type: bool, path: A", json!({ "A": "true" })),
        ("type: integer, path: A", json!({ "A": 3.5 })),
        ("type: integer, path: A", json!({ "A": 1e300 })),
        ("type: time, path: A", json!({ "A": "soon" })),
        ("type: duration, path: A, convert: days", json!({ "A": "2" })),
        ("type: \"[text]\", path: A", json!({ "A": "x" })),
        ("type: \"[text]\", path: A", json!({ "A": ["x", null] })),
        ("type: \"[text]\", path: A", json!({ "A": ["x", 1] })),
        ("type: text, path: A, convert: lower", json!({ "A": ["x"] })),
        ("type: \"{text}\", path: A", json!({ "A": { "k": 1 } })),
        ("type: \"{text}\", path: A", json!({ "A": [] })),
        ("type: text, path: \"starts_with(A, 'a')\"", json!({ "A": 1 })),
        ("type: bool, path: \"starts_with(A, 'a')\"", json!({ "A": 1 })),
    ] {
        assert!(matches!(a(keys, &item), Is::Gap(_)), "{keys} of {item}");
    }
}

#[test]
fn a_missing_value_means_what_the_file_says() {
    let nothing = [json!({}), json!({ "A": null }), json!({ "A": "" })];
    for item in &nothing {
        assert_eq!(a("type: text, path: A", item), Is::Absent, "{item}");
        assert!(is_gap(&a("type: text, path: A, required: true", item), "always returns it"), "{item}");
        assert_eq!(a("type: text, path: A, absent: none", item), known("none"), "{item}");
        assert_eq!(a("type: text, path: A, absent_when: { early: e }", item), Is::Absent, "{item}");
        assert!(is_gap(&a("type: text, path: A, absent_when: { early: f }", item), "`early` does not say"), "{item}");
        assert!(is_gap(&a("type: text, path: A, absent_when: { denied: e }", item), "`denied` does not say"), "{item}");
        assert!(is_gap(&a("type: text, path: A, write_only: true", item), "never returns"), "{item}");
    }
    assert_eq!(a("type: \"[text]\", path: A, absent: []", &json!({})), Is::Known(Value::List(Vec::new())));
    // A value counts, whatever a missing one would mean.
    for keys in ["required: true", "absent: none", "absent_when: { early: f }"] {
        assert_eq!(a(&format!("type: text, path: A, {keys}"), &json!({ "A": "x" })), known("x"), "{keys}");
    }
    assert!(is_gap(&a("type: text, path: A, write_only: true", &json!({ "A": "x" })), "never returns"));
}

#[test]
fn absent_when_uses_the_same_item_first() {
    let attributes = &[
        "key: { type: text, path: Key, absent_when: { on: false }, doc: Key. }",
        "on: { type: bool, path: On, doc: On. }",
    ];
    let key = |item: Json| all(attributes, "", &item).into_iter().find(|(name, _)| *name == "key").unwrap().1;
    assert_eq!(key(json!({ "On": false })), Is::Absent);
    assert!(is_gap(&key(json!({ "On": true })), "`on` does not say"));
    assert!(is_gap(&key(json!({})), "`on` does not say"));
    assert!(is_gap(&key(json!({ "On": "false" })), "`on` does not say"));
    assert_eq!(key(json!({ "On": true, "Key": "k" })), known("k"));
}

#[test]
fn an_empty_text_is_a_value_only_where_the_file_keeps_it() {
    let empty = json!({ "A": "", "B": ":" });
    assert_eq!(a("type: text, path: A", &empty), Is::Absent);
    assert_eq!(a("type: text, path: A, empty: keep", &empty), known(""));
    assert_eq!(a("type: text, path: B, convert: { last_of: ':' }", &empty), Is::Absent);
    assert_eq!(a("type: text, path: B, convert: { last_of: ':' }, empty: keep", &empty), known(""));
    assert_eq!(a("type: integer, path: A, convert: to_integer", &empty), Is::Absent);
}

#[test]
fn the_first_case_that_holds_gives_the_value() {
    let keys = "type: text, cases: [{ when: On, value: on }, { when: Both, value: both }, { when: None, value: null }]";
    for (item, expected) in [
        (json!({ "On": true, "Both": true }), known("on")),
        (json!({ "On": false, "Both": true }), known("both")),
        (json!({ "None": true }), Is::Absent),
        (json!({}), Is::Absent),
    ] {
        assert_eq!(a(keys, &item), expected, "{item}");
    }
    // A case that chooses "none" is an answer, even where AWS always returns the value of the path.
    let keys = "type: integer, path: Count, required: true, cases: [{ when: Off, value: null }]";
    assert_eq!(a(keys, &json!({ "Off": true })), Is::Absent);
    assert!(is_gap(&a(keys, &json!({ "Off": false })), "always returns it"));
    // A path gives the value where no case holds.
    let keys = "type: text, path: Name, cases: [{ when: \"Name == 'x'\", value: y }]";
    assert_eq!(a(keys, &json!({ "Name": "x" })), known("y"));
    assert_eq!(a(keys, &json!({ "Name": "z" })), known("z"));
    assert!(is_gap(
        &a("type: text, cases: [{ when: \"starts_with(A, 'a')\", value: y }]", &json!({ "A": 1 })),
        "starts_with"
    ));
}

#[test]
fn where_an_api_leaves_values_out_a_missing_value_is_a_gap() {
    let attributes = &[
        "plain: { type: text, path: A, doc: A. }",
        "given: { type: text, path: A, absent: none, doc: A. }",
        "chosen: { type: text, cases: [{ when: Old, value: null }], doc: A. }",
        "made: { type: text, value: \"${plain}\", doc: A. }",
        "record: { type: record, path: R, fields: { size: { type: integer, path: Size } }, doc: R. }",
    ];
    let item = json!({ "Old": true, "R": {} });
    let values = all(attributes, "    unset: unknown\n", &item);
    let of = |name: &str| &values.iter().find(|(known, _)| *known == name).unwrap().1;
    assert!(is_gap(of("plain"), "leaves values out"));
    assert_eq!((of("given"), of("chosen")), (&known("none"), &Is::Absent));
    assert!(is_gap(of("made"), "`plain`"));
    let values = all(attributes, "", &item);
    assert_eq!(values.iter().filter(|(_, is)| *is == Is::Absent).count(), 3, "{values:?}");
}

#[test]
fn what_an_api_leaves_out_is_no_mistake_of_its_answer() {
    let attributes = [
        "plain: { type: text, path: A, doc: A. }",
        "never: { type: text, path: A, write_only: true, doc: A. }",
        "wrong: { type: bool, path: B, doc: B. }",
    ];
    let file = file(&with(&attributes, "    unset: unknown\n")).unwrap();
    let values = read_item(&file.calls[1], &json!({ "B": 1 }), &Earlier);
    let left_out: Vec<_> =
        values.iter().map(|(name, value)| (*name, value.as_ref().unwrap_err().is_left_out)).collect();
    assert_eq!(left_out, [("plain", true), ("never", true), ("wrong", false)]);
}

#[test]
fn a_record_names_the_fields_that_an_api_leaves_out() {
    let fields = "on: { type: bool, path: On }, key: { type: text, path: Key }, limit: { type: integer, path: Limit, \
                  absent: 0 }, old: { type: text, cases: [{ when: Old, value: null }] }";
    let attributes = &[&*format!("rules: {{ type: \"[record]\", path: Rules, fields: {{ {fields} }}, doc: Rules. }}")];
    let of = |more: &str, item: Json| all(attributes, more, &json!({ "Rules": [item] })).remove(0).1;
    let list = |fields: &[(&str, Value)]| {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        known(Value::List(vec![Value::Map(fields.collect())]))
    };
    let limit = || ("limit", Value::Integer(0));
    let unset = "    unset: unknown\n";
    let whole = json!({ "On": true, "Key": "k" });
    assert_eq!(of(unset, whole.clone()), list(&[("on", true.into()), ("key", "k".into()), limit()]));
    let part = json!({ "On": true });
    let left_out = (NOT_RETURNED, Value::texts(["key"]));
    assert_eq!(of(unset, part.clone()), list(&[("on", true.into()), limit(), left_out]));
    assert_eq!(of("", part), list(&[("on", true.into()), limit()]), "elsewhere a missing field has no value");
    assert!(is_gap(&all(attributes, unset, &json!({})).remove(0).1, "leaves values out"));
}

#[test]
fn a_text_is_made_of_other_values() {
    let attributes = &[
        "arn: { type: text, value: \"arn:${partition}:${region}:${account}:${early}/${name2}\", doc: A. }",
        "name2: { type: text, path: Name, doc: A. }",
        "number: { type: text, value: \"n${count}\", doc: A. }",
        "count: { type: integer, path: Count, doc: A. }",
        "blind: { type: text, value: \"x${denied}\", doc: A. }",
        "none: { type: text, value: \"x${none2}\", required: true, doc: A. }",
        "none2: { type: text, path: None, doc: A. }",
    ];
    let of =
        |item: Json, name: &str| all(attributes, "", &item).into_iter().find(|(known, _)| *known == name).unwrap().1;
    let item = json!({ "Name": "a", "Count": 3 });
    assert_eq!(of(item.clone(), "arn"), known("arn:<partition>:<region>:<account>:e/a"));
    assert_eq!(of(item.clone(), "number"), known("n3"));
    assert!(is_gap(&of(item.clone(), "blind"), "AWS denied it"));
    assert!(is_gap(&of(item, "none"), "always returns it"));
    assert_eq!(of(json!({}), "arn"), Is::Absent);
    assert!(is_gap(&of(json!({ "Name": 1 }), "arn"), "`name2`: the value is not text"));
}

#[test]
fn a_record_keeps_its_fields_and_nothing_else() {
    let keys = "type: \"[record]\", path: Parts, fields: { id: { type: text, path: Id, required: true }, size: { type: integer, \
                path: Size, range: [-1, 5] }, on: { type: bool, path: On, absent: false }, deep: { type: record, path: Deep, fields: \
                { at: { type: duration, path: At, convert: days, range: [0, 86400] } } } }";
    let read = |part: Json| a(keys, &json!({ "Parts": [part] }));
    let part = |fields: &[(&str, Value)]| {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Is::Known(Value::List(vec![Value::Map(fields)]))
    };
    assert_eq!(read(json!({ "Id": "a", "Password": "p" })), part(&[("id", "a".into()), ("on", false.into())]));
    let whole = json!({ "Id": "a", "Size": -1, "On": true, "Deep": { "At": 1, "More": 2 } });
    let deep = Value::Map([("at".to_owned(), Value::days(1))].into());
    assert_eq!(read(whole), part(&[("id", "a".into()), ("size", (-1).into()), ("on", true.into()), ("deep", deep)]));
    for (wrong, why) in [
        (json!({ "Size": 1 }), "id: AWS always returns it"),
        (json!({ "Id": 1 }), "id: the value is not text"),
        (json!({ "Id": "a", "Size": 6 }), "size: 6 makes no sense"),
        (json!({ "Id": "a", "Deep": { "At": 2 } }), "deep: at: 172800 s make no sense"),
        (json!("a"), "the value is not"),
    ] {
        let is = read(wrong.clone());
        assert!(is_gap(&is, why), "{wrong}: {is:?}");
    }
    assert!(matches!(a(keys, &json!({ "Parts": {} })), Is::Gap(_)));
}
