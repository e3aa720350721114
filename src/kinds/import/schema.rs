//! The schema of a type in the CloudFormation registry, as AWS publishes it. This module must not know kinds.
//!
//! A schema can come from anywhere, so every walk over it has a limit of steps and does not follow circular references.

use std::cell::Cell;

use serde_json::{Map, Value as Json};

use super::Refusal;
use super::shape::{MOST_PROPERTIES, Range, Shape, WORDS};

/// The largest size of a schema, in bytes. The largest schema of AWS has 0.3 MB.
pub const MOST_BYTES: usize = 8 << 20;
/// The largest number of steps of all walks over one schema. The largest schema of AWS needs 10,000.
const MOST_STEPS: usize = 100_000;
/// The largest depth of nested properties.
const MOST_DEPTH: usize = 12;

/// The schema of one type.
#[derive(Debug)]
pub(super) struct Schema {
    root: Map<String, Json>,
    steps: Cell<usize>,
}

/// The handlers of a type that an import needs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Handler {
    Read,
    List,
}

impl Handler {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
        }
    }
}

impl Schema {
    /// Reads the schema of a type: the plain schema, or the answer of `DescribeType` with the schema as a text.
    pub(super) fn read(bytes: &[u8], type_name: &str) -> Result<Self, Refusal> {
        if bytes.starts_with(b"PK\x03\x04") {
            return Err(Refusal::Zip(format!("{}.json", type_name.replace("::", "-").to_lowercase())));
        }
        if bytes.len() > MOST_BYTES {
            return Err(Refusal::TooLarge);
        }
        let root: Json = serde_json::from_slice(bytes).map_err(Refusal::Json)?;
        let root = match root.get("Schema").and_then(Json::as_str) {
            Some(text) => serde_json::from_str(text).map_err(Refusal::Json)?,
            None => root,
        };
        let Json::Object(root) = root else { return Err(Refusal::NoSchema) };
        let found = root.get("typeName").and_then(Json::as_str).ok_or(Refusal::NoSchema)?;
        if found != type_name {
            return Err(Refusal::OtherType(found.to_owned()));
        }
        Ok(Self { root, steps: Cell::new(0) })
    }

    /// Returns the actions of a handler, or `None` for a type without the handler.
    pub(super) fn permissions(&self, handler: Handler) -> Option<Vec<&str>> {
        let handler = self.root.get("handlers")?.get(handler.word())?.as_object()?;
        Some(handler.get("permissions").map(texts).unwrap_or_default())
    }

    /// Returns the properties that a list needs, one list for each alternative.
    pub(super) fn needed(&self) -> Vec<Vec<&str>> {
        let model = self.root.get("handlers").and_then(|it| it.get("list")?.get("handlerSchema"));
        let Some(model) = model else { return vec![Vec::new()] };
        let always = model.get("required").map(texts).unwrap_or_default();
        let alternatives = ["oneOf", "anyOf"].iter().filter_map(|key| model.get(*key)?.as_array()).flatten();
        let all: Vec<Vec<&str>> = alternatives.map(|one| with_more(&always, one)).collect();
        if all.is_empty() { vec![always] } else { all }
    }

    /// Returns the paths in a list of pointers, such as `readOnlyProperties`. In a path, `*` means an item of a list.
    pub(super) fn paths(&self, key: &str) -> Vec<Vec<&str>> {
        let pointers = self.root.get(key).map(texts).unwrap_or_default();
        let inside = pointers.into_iter().filter_map(|pointer| pointer.strip_prefix("/properties/"));
        inside.map(|path| path.split('/').collect()).collect()
    }

    /// Returns the possible values of a property that allows only a few texts.
    pub(super) fn words(&self, property: &str) -> Vec<&str> {
        let node = self.root.get("properties").and_then(|it| it.get(property));
        node.and_then(|node| node.get("enum")).map(texts).unwrap_or_default()
    }

    /// Returns the properties of the type.
    pub(super) fn properties(&self) -> Vec<(String, Shape)> {
        let walk = Walk { schema: self, trail: Vec::new() };
        match walk.object(&self.root, MOST_DEPTH) {
            Shape::Object(properties) => properties,
            _ => Vec::new(),
        }
    }
}

/// Returns the properties that are required in every case, and the required properties of one alternative of the
/// schema.
fn with_more<'a>(always: &[&'a str], alternative: &'a Json) -> Vec<&'a str> {
    let more = alternative.get("required").map(texts).unwrap_or_default();
    let more = more.into_iter().filter(|name| !always.contains(name));
    always.iter().copied().chain(more).collect()
}

/// Returns the texts of a list.
fn texts(node: &Json) -> Vec<&str> {
    node.as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

/// A walk from the root to one node, with the references that were followed on the way.
struct Walk<'a> {
    schema: &'a Schema,
    trail: Vec<&'a str>,
}

impl<'a> Walk<'a> {
    /// Returns the walk after it has followed a reference.
    fn behind(&self, reference: &'a str) -> Self {
        Self { schema: self.schema, trail: self.trail.iter().copied().chain([reference]).collect() }
    }

    /// Returns the node that a reference leads to.
    fn target(&self, reference: &str) -> Option<&'a Json> {
        let mut parts = reference.strip_prefix("#/")?.split('/');
        let first = self.schema.root.get(parts.next()?)?;
        parts.try_fold(first, |node, part| node.get(part))
    }

    fn is_spent(&self) -> bool {
        let steps = self.schema.steps.get() + 1;
        self.schema.steps.set(steps);
        steps > MOST_STEPS
    }

    /// Returns the shape of a node.
    fn shape(&self, node: &'a Json, depth: usize) -> Shape {
        if self.is_spent() {
            return Shape::Unknown("the schema is too large");
        }
        let Some(depth) = depth.checked_sub(1) else { return Shape::Unknown("it is nested too deeply") };
        let Json::Object(members) = node else { return Shape::Unknown("the schema does not describe it") };
        if let Some(reference) = members.get("$ref").and_then(Json::as_str) {
            if self.trail.contains(&reference) {
                return Shape::Unknown("it contains itself");
            }
            let Some(target) = self.target(reference) else {
                return Shape::Unknown("the schema has no such definition");
            };
            return self.behind(reference).shape(target, depth + 1);
        }
        match types(members).as_slice() {
            [] => self.alternatives(members, depth),
            ["string"] => Shape::Text(format(members)),
            ["boolean"] => Shape::Bool,
            ["integer"] => Shape::Integer(range(members)),
            ["number"] => Shape::Number(range(members)),
            ["array"] => match members.get("items") {
                Some(items) => Shape::List(Box::new(self.shape(items, depth))),
                None => Shape::Unknown("the schema does not describe its items"),
            },
            ["object"] => self.object(members, depth),
            several if several.iter().all(|it| ["string", "boolean", "integer", "number"].contains(it)) => {
                Shape::Scalar
            }
            [first, second] if [*first, *second].contains(&"string") && [*first, *second].contains(&"object") => {
                Shape::Json
            }
            _ => Shape::Unknown("its values have different types"),
        }
    }

    /// Returns the shape of a structure, or of a map with free names.
    fn object(&self, members: &'a Map<String, Json>, depth: usize) -> Shape {
        let mut properties: Vec<(String, Shape)> = Vec::new();
        let mut add = |walk: &Self, node: &'a Map<String, Json>| {
            for (name, property) in node.get("properties").and_then(Json::as_object).into_iter().flatten() {
                if properties.len() < MOST_PROPERTIES && !properties.iter().any(|(known, _)| known == name) {
                    properties.push((name.clone(), walk.shape(property, depth)));
                }
            }
        };
        add(self, members);
        // An alternative can add properties. The shape contains the properties of all alternatives.
        for (walk, alternative) in self.branches(members) {
            if walk.is_spent() {
                break;
            }
            add(&walk, alternative);
        }
        if !properties.is_empty() {
            return Shape::Object(properties);
        }
        let patterns = members.get("patternProperties").and_then(Json::as_object);
        let values: Vec<&Json> = match patterns {
            Some(patterns) => patterns.values().collect(),
            None => members.get("additionalProperties").filter(|it| it.is_object()).into_iter().collect(),
        };
        match values.as_slice() {
            [] => Shape::Json,
            [one] => Shape::Map(Box::new(self.shape(one, depth))),
            _ => Shape::Unknown("its names have several patterns"),
        }
    }

    /// Returns the alternatives of a node. An alternative that is a reference is replaced by its target.
    fn branches(&self, members: &'a Map<String, Json>) -> Vec<(Self, &'a Map<String, Json>)> {
        let all = ["allOf", "oneOf", "anyOf"].iter().filter_map(|key| members.get(*key)?.as_array()).flatten();
        let follow = |node: &'a Json| {
            let members = node.as_object()?;
            match members.get("$ref").and_then(Json::as_str) {
                Some(reference) if self.trail.contains(&reference) => None,
                Some(reference) => Some((self.behind(reference), self.target(reference)?.as_object()?)),
                None => Some((Self { schema: self.schema, trail: self.trail.clone() }, members)),
            }
        };
        all.filter_map(follow).collect()
    }

    /// Returns the common shape of the alternatives of a node without a type.
    fn alternatives(&self, members: &'a Map<String, Json>, depth: usize) -> Shape {
        let all = ["allOf", "oneOf", "anyOf"].iter().filter_map(|key| members.get(*key)?.as_array()).flatten();
        let shapes: Vec<Shape> = all.map(|node| self.shape(node, depth)).collect();
        shapes.into_iter().reduce(Shape::or).unwrap_or(Shape::Unknown("the schema does not describe it"))
    }
}

/// Returns the types of a node. `null` is no type here, because a null value means the same as a missing value.
fn types(members: &Map<String, Json>) -> Vec<&str> {
    match members.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(several) => texts(several).into_iter().filter(|it| *it != "null").collect(),
        None if members.contains_key("properties") || members.contains_key("patternProperties") => vec!["object"],
        None if members.contains_key("items") => vec!["array"],
        None => {
            let words = members.get("enum").and_then(Json::as_array);
            let is_text = words.is_some_and(|words| !words.is_empty() && words.iter().all(Json::is_string));
            if is_text { vec!["string"] } else { Vec::new() }
        }
    }
}

/// Returns the format of a text: the one that the schema names, or [`WORDS`](super::shape::WORDS).
fn format(members: &Map<String, Json>) -> Option<String> {
    let words = members.contains_key("enum").then_some(WORDS);
    words.or_else(|| members.get("format").and_then(Json::as_str)).map(str::to_owned)
}

/// Returns the range of a number that can be negative.
fn range(members: &Map<String, Json>) -> Range {
    let limit = |key: &str| members.get(key).and_then(Json::as_i64);
    limit("minimum").filter(|least| *least < 0).map(|least| (least, limit("maximum").unwrap_or(i64::MAX)))
}
