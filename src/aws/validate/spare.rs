//! Removes the unreadable members from a JSON answer, so that the readable members are not lost with them.
//!
//! One unreadable instant in one item must not hide the whole list. Names, ids and other members that identify an item
//! are never removed. This module must not know any operation.

use serde_json::{Map, Value, json};

use super::check::{Asked, Check, Scalar, Wrong};
use super::table::{Kind, Node, Rule};

/// A member that was removed from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The path of the member in the table.
    pub path: String,
    /// The defect of the member. The text never contains the value.
    pub what: String,
    /// The texts of the list item that has the member. The names of the item are among them. There are none if the
    /// member is in no list.
    pub item: Vec<String>,
}

/// An answer in two forms.
pub(super) struct Spared {
    /// The answer without the unreadable members, for the reader of the answer.
    pub(super) left: Vec<u8>,
    /// The answer with a sound value in place of each unreadable member. The validator checks this form.
    pub(super) mended: Vec<u8>,
    pub(super) unread: Vec<Unread>,
}

/// Returns an answer without its unreadable members, or `None` when all members are readable.
pub(super) fn spare(root: &Node, asked: &Asked<'_>, body: &[u8]) -> Option<Spared> {
    let mut left: Value = serde_json::from_slice(body).ok()?;
    let (mut mended, mut walk) = (left.clone(), Walk { asked, unread: Vec::new() });
    walk.members(root, left.as_object_mut()?, mended.as_object_mut()?, &[]);
    let unread = walk.unread;
    (!unread.is_empty()).then(|| Spared { left: left.to_string().into(), mended: mended.to_string().into(), unread })
}

struct Walk<'a> {
    asked: &'a Asked<'a>,
    unread: Vec<Unread>,
}

impl Walk<'_> {
    fn members(
        &mut self,
        node: &Node,
        left: &mut Map<String, Value>,
        mended: &mut Map<String, Value>,
        item: &[String],
    ) {
        for child in &node.children {
            let (Some(value), Some(other)) = (left.get_mut(&child.name), mended.get_mut(&child.name)) else { continue };
            match child.kind {
                Kind::Object | Kind::Map => {
                    if let (Value::Object(value), Value::Object(other)) = (value, other) {
                        self.members(child, value, other, item);
                    }
                }
                Kind::List => self.items(child, value, other, item),
                _ => {
                    let Some((what, sound)) = self.unreadable(child, value) else { continue };
                    *other = sound;
                    left.remove(&child.name);
                    self.unread.push(Unread { path: child.path.clone(), what, item: item.to_vec() });
                }
            }
        }
    }

    fn items(&mut self, list: &Node, value: &mut Value, other: &mut Value, within: &[String]) {
        let (Some(node), Value::Array(values), Value::Array(others)) = (list.children.first(), value, other) else {
            return;
        };
        for (value, other) in values.iter_mut().zip(others) {
            if let (Value::Object(value), Value::Object(other)) = (value, other) {
                let texts = value.values().filter_map(Value::as_str).map(str::to_owned).collect();
                let item: Vec<String> = if within.is_empty() { texts } else { within.to_vec() };
                self.members(node, value, other, &item);
            }
        }
    }

    /// Returns the defect of a value, and a sound value that replaces it. Returns `None` when the value is readable, or
    /// when it must not be removed.
    fn unreadable(&self, node: &Node, value: &Value) -> Option<(String, Value)> {
        // A member with any other rule identifies the answer, or another rule counts it.
        let plain = node.rules.iter().all(|rule| matches!(rule, Rule::Range(..)));
        let sound = match node.kind {
            Kind::Time | Kind::Milliseconds => json!(1_700_000_000),
            Kind::Flag => json!(false),
            Kind::Number => {
                let least =
                    node.rules.iter().find_map(|it| if let Rule::Range(from, _) = it { Some(*from) } else { None });
                json!(least.unwrap_or_default().ceil())
            }
            _ => return None,
        };
        let scalar = match value {
            Value::Null => return None,
            Value::Bool(on) => Scalar::Flag(*on),
            Value::Number(number) => Scalar::Number(number.as_f64()?),
            Value::String(text) => Scalar::Text(text),
            Value::Array(_) | Value::Object(_) => {
                return plain.then(|| ("holds others, and none are due".to_owned(), sound));
            }
        };
        let Err(Wrong(what)) = Check::new(self.asked).scalar(node, scalar) else { return None };
        plain.then_some((what, sound))
    }
}
