//! Writes XML by shape. Texts are escaped, and names come from the model alone. This module must not know headers.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::{Map, Value};

use super::{given, text};
use crate::shape::{Location, Member, Shape, Structure, TimeFormat};

/// Returns the body of a request with its root element and namespace.
pub(super) fn request((root, namespace): (&str, &str), input: Structure, members: &Map<String, Value>) -> Vec<u8> {
    let mut xml = Xml(String::new());
    xml.open(root, Some(namespace).filter(|it| !it.is_empty()), "");
    xml.members(input, members, |member| member.location() == Location::Body);
    xml.close(root);
    xml.0.into_bytes()
}

/// Returns a body that consists of one member.
pub(super) fn payload(payload: Member, value: &Value) -> Vec<u8> {
    let mut xml = Xml(String::new());
    xml.element(payload.wire_name(), payload.data().namespace, payload.shape(), value);
    xml.0.into_bytes()
}

/// Returns the elements of an answer, without its root.
pub(super) fn answer(output: Structure, members: &Map<String, Value>) -> String {
    let mut xml = Xml(String::new());
    xml.members(output, members, |member| member.location() == Location::Body);
    xml.0
}

/// Returns an element with a text.
pub(super) fn text_element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// Escapes a text for a place between two tags or in an attribute. Control characters that XML cannot express are
/// replaced.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    let is_plain = |it: char| !matches!(it, '&' | '<' | '>' | '"' | '\r') && (it >= ' ' || matches!(it, '\t' | '\n'));
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            other if is_plain(other) => out.push(other),
            _ => out.push('\u{fffd}'),
        }
    }
    Cow::Owned(out)
}

struct Xml(String);

impl Xml {
    fn open(&mut self, name: &str, namespace: Option<&str>, attributes: &str) {
        let _ = write!(self.0, "<{name}");
        if let Some(namespace) = namespace {
            let _ = write!(self.0, " xmlns=\"{}\"", escape(namespace));
        }
        let _ = write!(self.0, "{attributes}>");
    }

    fn close(&mut self, name: &str) {
        let _ = write!(self.0, "</{name}>");
    }

    fn members(&mut self, structure: Structure, members: &Map<String, Value>, chosen: impl Fn(&Member) -> bool) {
        for member in structure.members().filter(chosen).filter(|it| !it.data().attribute) {
            let Some(value) = given(member, members) else { continue };
            let name = member.wire_name();
            match (member.shape(), value) {
                (Shape::List(list), Value::Array(items)) if list.flattened() => {
                    for item in items {
                        self.element(list.wire_item().unwrap_or(name), None, list.item(), item);
                    }
                }
                (Shape::Map(map), Value::Object(_)) if map.flattened() => self.entries(name, member.shape(), value),
                (shape, value) => self.element(name, member.data().namespace, shape, value),
            }
        }
    }

    fn element(&mut self, name: &str, namespace: Option<&str>, shape: Shape, value: &Value) {
        self.open(name, namespace, &attributes(shape, value));
        match (shape, value) {
            (Shape::Structure(structure), Value::Object(members)) => self.members(structure, members, |_| true),
            (Shape::List(list), Value::Array(items)) => {
                for item in items {
                    self.element(list.wire_item().unwrap_or("member"), None, list.item(), item);
                }
            }
            (Shape::Map(_), Value::Object(_)) => self.entries("entry", shape, value),
            (shape, value) => {
                let text = text(shape, value, TimeFormat::Iso8601);
                self.0.push_str(&escape(&text));
            }
        }
        self.close(name);
    }

    fn entries(&mut self, name: &str, shape: Shape, value: &Value) {
        let (Shape::Map(map), Value::Object(entries)) = (shape, value) else { return };
        let (key_name, value_name) = map.wire_names();
        for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
            self.open(name, None, "");
            self.0.push_str(&text_element(key_name, key));
            self.element(value_name, None, map.value(), value);
            self.close(name);
        }
    }
}

/// Returns the members of a structure that are attributes of its element.
fn attributes(shape: Shape, value: &Value) -> String {
    let (Shape::Structure(structure), Value::Object(members)) = (shape, value) else { return String::new() };
    let set = structure.members().filter(|it| it.data().attribute).filter_map(|it| Some((it, given(it, members)?)));
    let texts = set.map(|(member, value)| {
        let name = member.wire_name();
        let text = text(member.shape(), value, TimeFormat::Iso8601);
        // A prefix of a name must have a namespace.
        let prefix = name.split_once(':').map(|(prefix, _)| prefix).unwrap_or_default();
        let space = if prefix.is_empty() {
            String::new()
        } else {
            format!(" xmlns:{prefix}=\"http://www.w3.org/2001/XMLSchema-instance\"")
        };
        format!("{space} {name}=\"{}\"", escape(&text))
    });
    texts.collect()
}
