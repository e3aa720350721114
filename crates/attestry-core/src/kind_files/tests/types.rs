//! Types and literal values of files.

use super::super::types::{Shape, is_statements, literal, shape};
use crate::facts::iam::STATEMENTS;
use crate::facts::{Field, Type, Value};
use crate::source::{Diagnostics, Files, Limits, Node, parse};

const LIMITS: Limits = Limits { bytes: 1 << 16, depth: 16, nodes: 1000, alias_expansions: 0 };

fn tree(text: &str) -> Node {
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    parse(files.add("a.yaml", text.to_owned()), text, &LIMITS, &mut sink).unwrap()
}

fn codes(sink: Diagnostics) -> Vec<String> {
    sink.sorted().into_iter().map(|it| format!("{} {}", it.code, it.message)).collect()
}

/// The type that a text names, with one field for its record.
fn named(text: &str) -> Result<Type, Vec<String>> {
    let mut sink = Diagnostics::new();
    match shape(&tree(text), &mut sink) {
        Some(shape) => Ok(shape.into_type(&[("size".to_owned(), Type::Integer)])),
        None => Err(codes(sink)),
    }
}

const RECORD: Type = Type::Record(&[Field::new("size", Type::Integer)]);

#[test]
fn each_type_has_a_name() {
    for (text, of) in [
        ("text", Type::Text),
        ("bool", Type::Bool),
        ("integer", Type::Integer),
        ("time", Type::Time),
        ("duration", Type::Duration),
        ("statements", STATEMENTS),
        ("record", RECORD),
        ("[text]", Type::List(&Type::Text)),
        ("\"[text]\"", Type::List(&Type::Text)),
        ("\"[ [text] ]\"", Type::List(&Type::List(&Type::Text))),
        ("- record", Type::List(&RECORD)),
        ("{text}", Type::Map(&Type::Text)),
        ("\"{[text]}\"", Type::Map(&Type::List(&Type::Text))),
    ] {
        assert_eq!(named(text), Ok(of), "{text}");
    }
    assert!(is_statements(STATEMENTS) && !is_statements(Type::List(&RECORD)));
}

#[test]
fn a_text_that_is_no_type_is_refused() {
    for text in ["string", "[text, bool]", "\"[text\"", "{text: bool}", "\"\"", "[]"] {
        assert_eq!(named(text), Err(vec!["kind-type this is no type of an attribute".to_owned()]), "{text}");
    }
    let mut sink = Diagnostics::new();
    assert!(shape(&tree("boole"), &mut sink).is_none());
    let help = sink.iter().next().and_then(|it| it.help.clone()).unwrap_or_default();
    assert!(help.contains("did you mean `bool`?") && help.contains("[TYPE]"), "{help}");
}

#[test]
fn a_record_is_found_wherever_it_is() {
    for (text, expected) in
        [("record", true), ("[record]", true), ("{record}", true), ("[text]", false), ("text", false)]
    {
        let shape: Shape = shape(&tree(text), &mut Diagnostics::new()).unwrap();
        assert_eq!(shape.has_record(), expected, "{text}");
    }
}

#[test]
fn a_literal_has_the_type_of_its_attribute() {
    let read = |text: &str, of: Type| {
        let mut sink = Diagnostics::new();
        literal(&tree(text), of, &mut sink).ok_or_else(|| codes(sink).concat())
    };
    for (text, of, expected) in [
        ("true", Type::Bool, Some(Value::Bool(true))),
        ("-3", Type::Integer, Some(Value::Integer(-3))),
        ("abc", Type::Text, Some("abc".into())),
        ("90d", Type::Duration, Some(Value::days(90))),
        ("[a, b]", Type::List(&Type::Text), Some(Value::texts(["a", "b"]))),
        ("[]", STATEMENTS, Some(Value::List(Vec::new()))),
        ("{}", Type::Map(&Type::Text), Some(Value::Map([].into()))),
        ("{}", RECORD, Some(Value::Map([].into()))),
        ("null", Type::Bool, None),
    ] {
        assert_eq!(read(text, of), Ok(expected), "{text}");
    }
    for (text, of, code) in [
        ("yes", Type::Bool, "expected-boolean"),
        ("3.5", Type::Integer, "expected-integer"),
        ("soon", Type::Duration, "kind-type this is no duration"),
        ("2026-01-01T00:00:00Z", Type::Time, "kind-type"),
        ("{ a: b }", Type::Map(&Type::Text), "kind-type"),
        ("[1, true]", Type::List(&Type::Integer), "expected-integer"),
    ] {
        let why = read(text, of).unwrap_err();
        assert!(why.starts_with(code), "{text}: {why}");
    }
}
