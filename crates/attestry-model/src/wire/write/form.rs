//! Writes the forms of Query and of EC2. This module must not know answers.

use serde_json::{Map, Value};

use super::{given, text};
use crate::operation::Operation;
use crate::service::Protocol;
use crate::shape::{Member, Shape, Structure, TimeFormat};
use crate::wire::scalar::percent_encode;

pub(super) fn write(operation: Operation, members: &Map<String, Value>) -> String {
    let service = operation.service();
    let mut form = Form { pairs: Vec::new(), ec2: service.protocol() == Protocol::Ec2 };
    form.add("Action".to_owned(), operation.name().to_owned());
    form.add("Version".to_owned(), service.version().to_owned());
    if let Some(input) = operation.input() {
        form.structure("", input, members);
    }
    let pairs =
        form.pairs.iter().map(|(name, value)| format!("{}={}", percent_encode(name, b""), percent_encode(value, b"")));
    pairs.collect::<Vec<_>>().join("&")
}

struct Form {
    pairs: Vec<(String, String)>,
    ec2: bool,
}

impl Form {
    fn add(&mut self, name: String, value: String) {
        self.pairs.push((name, value));
    }

    fn structure(&mut self, prefix: &str, structure: Structure, members: &Map<String, Value>) {
        for member in structure.members() {
            if let Some(value) = given(member, members) {
                let name = self.name(member);
                let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                self.value(name, member.shape(), value);
            }
        }
    }

    fn name(&self, member: Member) -> String {
        if !self.ec2 {
            return member.wire_name().to_owned();
        }
        if let Some(form) = member.data().form {
            return form.to_owned();
        }
        if member.wire_name() == member.name() {
            return member.name().to_owned();
        }
        // In forms, EC2 uses the name of the answer with a capital first letter.
        let mut letters = member.wire_name().chars();
        let first = letters.next().map(|it| it.to_ascii_uppercase());
        first.into_iter().chain(letters).collect()
    }

    fn value(&mut self, name: String, shape: Shape, value: &Value) {
        match (shape, value) {
            (Shape::Structure(structure), Value::Object(members)) => self.structure(&name, structure, members),
            (Shape::List(_), Value::Array(items)) if items.is_empty() => {
                // Query sends an empty list as an empty text, and EC2 sends nothing.
                if !self.ec2 {
                    self.add(name, String::new());
                }
            }
            (Shape::List(list), Value::Array(items)) => {
                let prefix = match (self.ec2, list.flattened(), list.wire_item()) {
                    (true, ..) | (false, true, None) => name,
                    // The name of the items replaces the name of the list.
                    (false, true, Some(item)) => match name.rsplit_once('.') {
                        Some((before, _)) => format!("{before}.{item}"),
                        None => item.to_owned(),
                    },
                    (false, false, item) => format!("{name}.{}", item.unwrap_or("member")),
                };
                for (at, item) in items.iter().enumerate() {
                    self.value(format!("{prefix}.{}", at + 1), list.item(), item);
                }
            }
            (Shape::Map(map), Value::Object(entries)) => {
                let (key_name, value_name) = map.wire_names();
                let prefix = if map.flattened() { name } else { format!("{name}.entry") };
                let set = entries.iter().filter(|(_, value)| !value.is_null());
                for (at, (key, value)) in set.enumerate() {
                    self.add(format!("{prefix}.{}.{key_name}", at + 1), key.clone());
                    self.value(format!("{prefix}.{}.{value_name}", at + 1), map.value(), value);
                }
            }
            (shape, value) => self.add(name, text(shape, value, TimeFormat::Iso8601)),
        }
    }
}
