//! The types and literal values of a file. This module must not know paths or calls.

use std::collections::BTreeMap;

use crate::facts::iam::{STATEMENT, STATEMENTS};
use crate::facts::{Field, Type, Value, parse_duration};
use crate::source::{Content, Diagnostic, Diagnostics, Node};

const WORDS: &[&str] = &["bool", "duration", "integer", "record", "statements", "text", "time"];

/// The type that a file names, before the fields of its record are known.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Plain(Type),
    Record,
    List(Box<Shape>),
    Map(Box<Shape>),
}

/// Reads `text`, `[text]`, `{text}`, `[record]` and so on. A list or a map may be written with or without quotes.
pub(super) fn shape(node: &Node, sink: &mut Diagnostics) -> Option<Shape> {
    let read = of_node(node);
    if read.is_none() {
        let text = node.scalar().map(|scalar| scalar.text.as_str()).unwrap_or_default();
        let message = "this is no type of an attribute";
        sink.push(
            Diagnostic::error("kind-type", node.span, message)
                .suggest(text, WORDS.iter().copied())
                .help("types are text, bool, integer, time, duration, statements, record, [TYPE] and {TYPE}"),
        );
    }
    read
}

fn of_node(node: &Node) -> Option<Shape> {
    match &node.content {
        Content::Scalar(scalar) => of_text(scalar.text.trim()),
        Content::Sequence(items) => match items.as_slice() {
            [one] => Some(Shape::List(Box::new(of_node(one)?))),
            _ => None,
        },
        Content::Mapping(entries) => match entries.as_slice() {
            [one] if one.value.is_null() => Some(Shape::Map(Box::new(of_text(&one.key.value)?))),
            _ => None,
        },
    }
}

fn of_text(text: &str) -> Option<Shape> {
    let inside = |open, close| text.strip_prefix(open).and_then(|it: &str| it.strip_suffix(close));
    if let Some(inner) = inside('[', ']') {
        return Some(Shape::List(Box::new(of_text(inner.trim())?)));
    }
    if let Some(inner) = inside('{', '}') {
        return Some(Shape::Map(Box::new(of_text(inner.trim())?)));
    }
    Some(match text {
        "text" => Shape::Plain(Type::Text),
        "bool" => Shape::Plain(Type::Bool),
        "integer" => Shape::Plain(Type::Integer),
        "time" => Shape::Plain(Type::Time),
        "duration" => Shape::Plain(Type::Duration),
        "statements" => Shape::Plain(STATEMENTS),
        "record" => Shape::Record,
        _ => return None,
    })
}

impl Shape {
    /// Whether the type is a record, or a list or map that contains a record.
    pub(super) fn has_record(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Record => true,
            Self::List(of) | Self::Map(of) => of.has_record(),
        }
    }

    /// Returns the type with these fields in its record. The type is never freed.
    pub(super) fn into_type(self, fields: &[(String, Type)]) -> Type {
        match self {
            Self::Plain(of) => of,
            Self::Record => {
                let fields: Vec<Field> = fields.iter().map(|(name, of)| Field::new(name.clone().leak(), *of)).collect();
                Type::Record(fields.leak())
            }
            Self::List(of) => Type::List(Box::leak(Box::new(of.into_type(fields)))),
            Self::Map(of) => Type::Map(Box::leak(Box::new(of.into_type(fields)))),
        }
    }
}

/// Whether the values of the type are policy statements.
pub(super) fn is_statements(of: Type) -> bool {
    matches!(of, Type::List(Type::Record(fields)) if *fields == STATEMENT)
}

/// Reads a literal value of a type. For `null`, which means no value, the result is `Some(None)`.
pub(super) fn literal(node: &Node, of: Type, sink: &mut Diagnostics) -> Option<Option<Value>> {
    if node.is_null() {
        return Some(None);
    }
    let value = match of {
        Type::Bool => Value::Bool(node.boolean("the value", sink)?.value),
        Type::Integer => Value::Integer(node.integer("the value", sink)?.value),
        Type::Text => Value::Text(node.text("the value", sink)?.value),
        Type::Duration => {
            let text = node.text("the value", sink)?;
            let Some(seconds) = parse_duration(&text.value) else {
                sink.push(
                    Diagnostic::error("kind-type", node.span, "this is no duration").help("such as `90d` or `12h`"),
                );
                return None;
            };
            Value::Duration(seconds)
        }
        Type::List(of) => {
            let items = node.sequence("the value", sink)?;
            let items: Option<Vec<Value>> = items.iter().map(|item| literal(item, *of, sink).flatten()).collect();
            Value::List(items?)
        }
        Type::Map(_) | Type::Record(_) if matches!(&node.content, Content::Mapping(entries) if entries.is_empty()) => {
            Value::Map(BTreeMap::new())
        }
        Type::Time | Type::Map(_) | Type::Record(_) | Type::Either(_) => {
            sink.push(Diagnostic::error("kind-type", node.span, format!("{} has no literal here", of.describe())));
            return None;
        }
    };
    Some(Some(value))
}
