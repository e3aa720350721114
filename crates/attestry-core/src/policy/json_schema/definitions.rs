//! The named parts of a schema: types, values and conditions. This module must not know the attributes of kinds, nor
//! files.

use serde_json::{Map, Value, json};

use super::paths::{Paths, reference};
use super::{DURATION, PARAMETER, text};
use crate::facts::{Field, Kind, Type};
use crate::matchers::{self, Takes};

/// The named parts of a schema. Each part is built once. A type gets its name before its part is built, because the
/// schema of `not` for a type refers to the type again.
#[derive(Default)]
pub(super) struct Definitions {
    /// The kinds that have definitions.
    pub(super) kinds: Vec<&'static Kind>,
    types: Vec<Type>,
    all: Map<String, Value>,
}

impl Definitions {
    /// Creates an empty set of definitions for these kinds.
    pub(super) fn of(kinds: Vec<&'static Kind>) -> Self {
        Self { kinds, ..Self::default() }
    }

    pub(super) fn add(&mut self, name: String, schema: Value) {
        self.all.insert(name, schema);
    }

    pub(super) fn finish(mut self) -> Map<String, Value> {
        let parameter = json!({ "type": "string", "pattern": PARAMETER, "description": "A parameter of the suite." });
        self.add("parameter".to_owned(), parameter);
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name).collect();
        let related = json!({
            "type": "object",
            "required": ["kind"],
            "additionalProperties": false,
            "properties": {
                "kind": { "enum": kinds, "description": "The kind of the others." },
                "where": {
                    "type": "object",
                    "description": "Which of them count; `{ of: NAME }` is an attribute of this resource.",
                },
                "over": { "type": "string", "description": "The time before the run in which they count: `90d`." },
                "at_least": { "type": "integer", "minimum": 0 },
                "at_most": { "type": "integer", "minimum": 0 },
            },
        });
        self.add("related".to_owned(), related);
        self.all
    }

    /// Returns the name of a type, such as `list-of-text`. The name of a record contains a number, because two records
    /// can have the same fields with different types.
    fn name(&mut self, of: Type) -> String {
        let place = self.types.iter().position(|known| *known == of).unwrap_or_else(|| {
            self.types.push(of);
            self.types.len() - 1
        });
        match of {
            Type::Bool => "boolean".to_owned(),
            Type::Integer => "integer".to_owned(),
            Type::Text => "text".to_owned(),
            Type::Time => "instant".to_owned(),
            Type::Duration => "duration".to_owned(),
            Type::List(item) => format!("list-of-{}", self.name(*item)),
            Type::Map(item) => format!("map-to-{}", self.name(*item)),
            Type::Record(_) => format!("record-{place}"),
            Type::Either(types) => types.iter().map(|of| self.name(*of)).collect::<Vec<_>>().join("-or-"),
        }
    }

    /// Returns a reference to the schema of a value.
    pub(super) fn value(&mut self, of: Type) -> String {
        let name = format!("value-{}", self.name(of));
        let link = reference(&name);
        if self.all.contains_key(&name) {
            return link;
        }
        self.all.insert(name.clone(), Value::Null);
        let plain = match of {
            Type::Bool => json!({ "type": "boolean" }),
            Type::Integer => json!({ "type": "integer" }),
            Type::Text => text(),
            Type::Time => {
                json!({ "type": "string", "description": "`2026-11-20T09:00:00Z`; in examples also `3d ago` and `in 5d`." })
            }
            Type::Duration => {
                json!({ "type": "string", "pattern": DURATION, "description": "`90d`, `1d 12h`, `15m`." })
            }
            Type::List(item) => json!({ "type": "array", "items": { "$ref": self.value(*item) } }),
            Type::Map(item) => json!({ "type": "object", "additionalProperties": { "$ref": self.value(*item) } }),
            Type::Either(types) => {
                json!({ "anyOf": types.iter().map(|of| json!({ "$ref": self.value(*of) })).collect::<Vec<_>>() })
            }
            Type::Record(fields) => {
                let fields: Vec<(String, Value)> =
                    fields.iter().map(|it| (it.name.to_owned(), json!({ "$ref": self.value(it.of) }))).collect();
                json!({ "type": "object", "additionalProperties": false, "properties": Map::from_iter(fields) })
            }
        };
        self.all.insert(name, json!({ "anyOf": [plain, { "$ref": reference("parameter") }] }));
        link
    }

    /// Returns a reference to the schema of a condition on a value: a bare value, matchers, or conditions on fields.
    pub(super) fn condition(&mut self, of: Type) -> String {
        let name = format!("condition-{}", self.name(of));
        let link = reference(&name);
        if self.all.contains_key(&name) {
            return link;
        }
        self.all.insert(name.clone(), Value::Null);
        let mut forms = vec![json!({ "$ref": reference("parameter") })];
        if !matches!(of, Type::Map(_) | Type::Record(_)) {
            forms.insert(0, json!({ "$ref": self.value(of) }));
        }
        let tests: Vec<(String, Value)> = matchers::ALL
            .iter()
            .filter_map(|matcher| {
                let mut operand = self.operand(matcher.takes(of).ok()?);
                operand.insert("description".to_owned(), json!(matcher.doc()));
                Some((matcher.keyword().to_owned(), Value::Object(operand)))
            })
            .collect();
        forms.push(mapping(Map::from_iter(tests), None));
        if let Type::Record(fields) = of {
            forms.push(self.fields(fields));
        }
        self.all.insert(name, json!({ "anyOf": forms }));
        link
    }

    fn fields(&mut self, fields: &'static [Field]) -> Value {
        let mut paths = Paths::default();
        for field in fields {
            paths.condition(field.name, field.of, &field.of.describe(), self);
        }
        mapping(paths.properties, Some(paths.patterns))
    }

    pub(super) fn operand(&mut self, takes: Takes) -> Map<String, Value> {
        let schema = match takes {
            Takes::Value(of) => {
                let attribute = json!({
                    "type": "object",
                    "required": ["attribute"],
                    "additionalProperties": false,
                    "properties": { "attribute": text() },
                });
                let mut all = vec![json!({ "$ref": self.value(of) }), attribute];
                // Where an instant is expected, the operand can be the name of an attribute alone.
                all.extend((of == Type::Time).then(text));
                json!({ "anyOf": all })
            }
            Takes::Values(of) => {
                let item = self.value(of);
                json!({
                    "anyOf": [
                        { "type": "array", "minItems": 1, "items": { "$ref": item } },
                        { "$ref": reference("parameter") },
                    ],
                })
            }
            Takes::Glob | Takes::Regex => text(),
            Takes::Flag => json!({ "const": true }),
            Takes::Condition(of) => json!({ "$ref": self.condition(of) }),
        };
        match schema {
            Value::Object(schema) => schema,
            _ => Map::new(),
        }
    }
}

pub(super) fn mapping(properties: Map<String, Value>, patterns: Option<Map<String, Value>>) -> Value {
    let mut object = Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("minProperties".to_owned(), json!(1)),
        ("additionalProperties".to_owned(), json!(false)),
        ("properties".to_owned(), Value::Object(properties)),
    ]);
    if let Some(patterns) = patterns.filter(|patterns| !patterns.is_empty()) {
        object.insert("patternProperties".to_owned(), Value::Object(patterns));
    }
    Value::Object(object)
}
