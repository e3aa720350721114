//! Checks JSON against a row, in one walk that builds no tree. This module must not know any operation.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::check::{Asked, Check, Scalar, Wrong, said};
use super::table::{Kind, Node};

/// Reads a whole answer.
pub(super) fn read(root: &Node, asked: &Asked<'_>, body: &[u8]) -> Result<(), Wrong> {
    let mut reader = Reader { check: Check::new(asked), wrong: None };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = At { node: root, reader: &mut reader, item: false }.deserialize(&mut deserializer);
    let read = read.and_then(|()| deserializer.end());
    match (reader.wrong, read) {
        (Some(wrong), _) => Err(wrong),
        (None, Ok(())) => reader.check.end(),
        (None, Err(error)) if error.is_eof() => Err(said("is cut off")),
        (None, Err(error)) => Err(said(&format!("is no JSON at line {}, column {}", error.line(), error.column()))),
    }
}

struct Reader<'t, 'a> {
    check: Check<'t, 'a>,
    /// The defect of the answer. The error of the deserializer can only hold a text.
    wrong: Option<Wrong>,
}

/// A value and its place in the table.
struct At<'r, 't, 'a> {
    node: &'t Node,
    reader: &'r mut Reader<'t, 'a>,
    /// Whether the value is an item of a list. The presence of an item is not noted.
    item: bool,
}

impl<'t> At<'_, 't, '_> {
    fn held<E: Error>(&mut self, result: Result<(), Wrong>) -> Result<(), E> {
        result.map_err(|wrong| {
            self.reader.wrong.get_or_insert(wrong);
            E::custom("the answer is not as documented")
        })
    }

    fn there(&mut self, items: usize) {
        if !self.item {
            self.reader.check.there(self.node, items);
        }
    }

    fn scalar<E: Error>(mut self, scalar: Scalar<'_>) -> Result<(), E> {
        if !matches!(scalar, Scalar::Null) {
            self.there(0);
        }
        let node: &'t Node = self.node;
        let result = self.reader.check.scalar(node, scalar);
        self.held(result)
    }
}

impl<'de> DeserializeSeed<'de> for At<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.node.kind == Kind::Any && self.node.children.is_empty() && !self.node.required && self.item {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(drop);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<(), E> {
        self.scalar(Scalar::Flag(on))
    }

    #[expect(clippy::cast_precision_loss, reason = "only compared with bounds")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.scalar(Scalar::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "only compared with bounds")]
    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.scalar(Scalar::Number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.scalar(Scalar::Number(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.scalar(Scalar::Text(text))
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut items: S) -> Result<(), S::Error> {
        let item = match self.reader.check.list(self.node) {
            Ok(item) => item,
            Err(wrong) => return self.held(Err(wrong)),
        };
        let mut count = 0;
        while items.next_element_seed(At { node: item, reader: &mut *self.reader, item: true })?.is_some() {
            count += 1;
        }
        self.reader.check.listed();
        self.there(count);
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut members: M) -> Result<(), M::Error> {
        self.there(0);
        let node = self.node;
        let entered = self.reader.check.enter(node);
        self.held(entered)?;
        while let Some(Name(name)) = members.next_key()? {
            match self.reader.check.named_or_error(&name) {
                Ok(Some(child)) => {
                    members.next_value_seed(At { node: child, reader: &mut *self.reader, item: false })?
                }
                Ok(None) => drop(members.next_value::<IgnoredAny>()?),
                Err(wrong) => return self.held(Err(wrong)),
            }
        }
        let left = self.reader.check.leave();
        self.held(left)
    }
}

/// The name of a member. It is copied only if it contains an escape.
struct Name<'a>(Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Names)
    }
}
