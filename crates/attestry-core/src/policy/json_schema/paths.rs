//! The keys of the mappings from attributes to values. Conditions, examples and references are such mappings.
//! This module must not know the forms of files.

use serde_json::{Map, Value, json};

use super::PARAMETER;
use super::definitions::Definitions;
use crate::facts::{Attribute, ELSEWHERE, Kind, MISSING, Type};
use crate::matchers;
use crate::policy::follow;

/// The keys of one mapping of attributes: fixed names, and patterns for maps with free keys.
#[derive(Default)]
pub(super) struct Paths {
    pub(super) properties: Map<String, Value>,
    pub(super) patterns: Map<String, Value>,
}

impl Paths {
    /// Adds the forms `rotation.enabled: …`, `tags.owner: …` and `rotation: { enabled: … }`.
    pub(super) fn conditions(&mut self, kind: &'static Kind, prefix: &str, defs: &mut Definitions) {
        for (rest, attribute) in below(kind, prefix) {
            self.condition(rest, attribute.of, &hint(attribute), defs);
            self.reference(rest, attribute, defs);
            self.nested(kind, prefix, rest, |inner, full| inner.conditions(kind, full, defs));
        }
        // The name of a key can contain a parameter, and only the check can replace it.
        self.patterns.insert(PARAMETER.to_owned(), json!(true));
    }

    pub(super) fn condition(&mut self, path: &str, of: Type, doc: &str, defs: &mut Definitions) {
        let mut schema = Map::from_iter([("$ref".to_owned(), json!(defs.condition(of)))]);
        if !doc.is_empty() {
            schema.insert("description".to_owned(), json!(doc));
        }
        self.properties.insert(path.to_owned(), Value::Object(schema));
        match of {
            Type::Map(item) => {
                let pattern = format!("^{}\\..+", path.replace('.', "\\."));
                self.patterns.insert(pattern, json!({ "$ref": defs.condition(*item) }));
            }
            Type::Record(fields) => {
                for field in fields {
                    self.condition(&format!("{path}.{}", field.name), field.of, "", defs);
                }
            }
            Type::Bool | Type::Integer | Type::Text | Type::Time | Type::Duration | Type::List(_) | Type::Either(_) => {
            }
        }
    }

    /// Adds the forms that follow a reference: `kms_key.manager: …`, `kms_key: { manager: … }` and
    /// `topics: { any: { fifo: … } }`.
    fn reference(&mut self, path: &str, attribute: &Attribute, defs: &mut Definitions) {
        let refers = attribute.refers.unwrap_or_default();
        let Some(kind) = defs.kinds.iter().copied().find(|kind| kind.name == refers) else { return };
        let Some(condition) = self.properties.get_mut(path).and_then(Value::as_object_mut) else { return };
        let own = condition.remove("$ref").map(|of| json!({ "$ref": of }));
        let target = json!({ "$ref": reference(&format!("{refers}-expectation")) });
        let state = json!({ "type": "object", "required": [MISSING] });
        let elsewhere = json!({ "type": "object", "required": [ELSEWHERE] });
        let followed = match attribute.of {
            Type::List(_) => {
                // The matchers that read all items together.
                let whole = matchers::ALL.iter().filter_map(|matcher| {
                    let of = follow::records(&follow::whole(*matcher, kind)?);
                    Some((matcher.keyword().to_owned(), Value::Object(defs.operand(matcher.takes(of).ok()?))))
                });
                let whole = Map::from_iter(whole.collect::<Vec<_>>());
                let mut followed =
                    json!({ "type": "object", "additionalProperties": { "anyOf": [target, state, elsewhere] } });
                if let Some(followed) = followed.as_object_mut().filter(|_| !whole.is_empty()) {
                    followed.insert("properties".to_owned(), Value::Object(whole));
                }
                followed
            }
            _ => {
                self.patterns.insert(format!("^{}\\..+", path.replace('.', "\\.")), json!(true));
                json!({ "anyOf": [target, state, elsewhere] })
            }
        };
        condition.insert("anyOf".to_owned(), Value::Array(own.into_iter().chain([followed]).collect()));
    }

    /// Adds the values of examples. `~` means absent.
    pub(super) fn examples(&mut self, kind: &'static Kind, prefix: &str, defs: &mut Definitions) {
        for (rest, attribute) in below(kind, prefix) {
            let value = defs.value(attribute.of);
            let value = json!({
                "anyOf": [{ "$ref": value }, { "type": "null" }, { "const": "not-applicable" }],
                "description": hint(attribute),
            });
            let followed = attribute.refers.is_some();
            let value = if followed { json!({ "anyOf": [value, { "type": ["object", "array"] }] }) } else { value };
            if followed {
                self.patterns.insert(format!("^{}\\..+", rest.replace('.', "\\.")), json!(true));
            }
            self.properties.insert(rest.to_owned(), value);
            self.nested(kind, prefix, rest, |inner, full| inner.examples(kind, full, defs));
        }
    }

    /// Adds the first part of a dotted name as a key. Its value is a mapping with the rest of the name. If the first
    /// part is an attribute itself, nothing is added.
    fn nested(&mut self, kind: &Kind, prefix: &str, rest: &str, fill: impl FnOnce(&mut Self, &str)) {
        let Some((first, _)) = rest.split_once('.') else { return };
        let full = format!("{prefix}{first}");
        if self.properties.contains_key(first) || kind.attribute(&full).is_some() {
            return;
        }
        let mut inner = Self::default();
        fill(&mut inner, &format!("{full}."));
        self.properties.insert(first.to_owned(), inner.object());
    }

    pub(super) fn object(self) -> Value {
        let mut object = Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("additionalProperties".to_owned(), json!(false)),
            ("properties".to_owned(), Value::Object(self.properties)),
        ]);
        if !self.patterns.is_empty() {
            object.insert("minProperties".to_owned(), json!(1));
            object.insert("patternProperties".to_owned(), Value::Object(self.patterns));
        }
        Value::Object(object)
    }
}

/// Returns the attributes whose name starts with the prefix, each with the rest of its name.
fn below<'a>(kind: &'static Kind, prefix: &'a str) -> impl Iterator<Item = (&'static str, &'static Attribute)> + 'a {
    kind.attributes.iter().filter_map(move |attribute| Some((attribute.name.strip_prefix(prefix)?, attribute)))
}

fn hint(attribute: &Attribute) -> String {
    format!("{} ({})", attribute.doc, attribute.of.describe())
}

pub(super) fn reference(name: &str) -> String {
    format!("#/$defs/{name}")
}
