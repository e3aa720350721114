//! Converts the properties of a type to the attributes of a kind. This module must not know JSON schemas, nor how a
//! file is written.

use std::collections::BTreeSet;

use super::names::{are_settings, is_plain, is_secret, referred, snake, unit};
use super::shape::{Range, Shape, WORDS};

/// The largest number of attributes of a kind.
const MOST_ATTRIBUTES: usize = 250;
/// The largest number of attributes that are found before the least nested ones are kept.
const MOST_COMPARED: usize = 3000;
/// The largest number of fields in all records of an attribute.
const MOST_FIELDS: usize = 80;
/// The largest depth of dotted names, and of records inside of records.
const MOST_LEVELS: usize = 6;

/// An attribute, or a field of a record.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) name: String,
    /// The names of the properties, from the outermost to the innermost.
    pub(super) path: Vec<String>,
    pub(super) value: Value,
    /// Whether AWS always returns the attribute.
    pub(super) required: bool,
    /// Whether AWS never returns the attribute.
    pub(super) write_only: bool,
    pub(super) doc: String,
}

/// How the value of an attribute is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Value {
    /// The type, as in a file.
    pub(super) of: String,
    /// The text with references that is the value, instead of a path.
    pub(super) text: Option<String>,
    /// The conversion, as in a file.
    pub(super) convert: Option<String>,
    pub(super) range: Range,
    /// The kind that the text names.
    pub(super) refers: Option<&'static str>,
    /// The fields of a record.
    pub(super) fields: Vec<Attribute>,
}

impl Value {
    fn of(of: impl Into<String>) -> Self {
        Self { of: of.into(), ..Self::default() }
    }

    fn by(self, conversion: impl Into<String>) -> Self {
        Self { convert: Some(conversion.into()), ..self }
    }
}

/// The groups of properties that a schema names.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    /// The properties that AWS never returns.
    pub(super) write_only: Vec<Vec<&'a str>>,
    /// The properties that AWS sets.
    pub(super) read_only: Vec<Vec<&'a str>>,
    /// The parts of the identifier.
    pub(super) identifier: Vec<Vec<&'a str>>,
}

/// A property that has no attribute, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) what: String,
    pub(super) why: String,
}

/// The attributes of a kind during an import.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    /// The service of the type, and its noun in the style of attributes.
    service: &'a str,
    noun: String,
    groups: Groups<'a>,
    /// The names of the attributes that the calls of the population return.
    taken: BTreeSet<String>,
    /// The properties whose value the calls of the population return.
    known: BTreeSet<String>,
    pub(super) all: Vec<Attribute>,
    pub(super) left_out: Vec<LeftOut>,
}

impl<'a> Attributes<'a> {
    /// Creates an empty set of attributes. `taken` are the names of the attributes of the population, and `known` are
    /// the properties whose values these attributes hold.
    pub(super) fn new(
        service: &'a str,
        noun: &str,
        groups: Groups<'a>,
        taken: impl IntoIterator<Item = String>,
        known: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            service,
            noun: snake(noun),
            groups,
            taken: taken.into_iter().collect(),
            known: known.into_iter().collect(),
            all: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Adds the attributes of all properties.
    pub(super) fn add(&mut self, properties: &[(String, Shape)]) {
        self.flatten(properties, "", &[]);
        if self.all.len() > MOST_ATTRIBUTES {
            self.keep_the_nearest();
        }
    }

    fn flatten(&mut self, properties: &[(String, Shape)], prefix: &str, above: &[String]) {
        for (property, shape) in properties {
            let path: Vec<String> = above.iter().chain([property]).cloned().collect();
            if !is_plain(property) {
                self.leave(&path, "its name has letters that a file cannot hold");
                continue;
            }
            if self.known.contains(&path.join(".")) {
                continue;
            }
            if self.all.len() >= MOST_COMPARED {
                self.leave(&path, format!("a kind has at most {MOST_ATTRIBUTES} attributes"));
                continue;
            }
            let write_only = covers(&self.groups.write_only, &path);
            match self.value(property, shape, &path, write_only) {
                Ok(Found::Value(value)) => match self.free_name(prefix, property) {
                    Some(name) => self.push(name, path, value, write_only),
                    None => self.leave(&path, "another property has the same name as an attribute"),
                },
                Ok(Found::Nested(properties)) if above.len() < MOST_LEVELS => {
                    let prefix = format!("{prefix}{}.", snake(property));
                    self.flatten(properties, &prefix, &path);
                }
                Ok(Found::Nested(_)) => self.leave(&path, "it is nested too deeply"),
                Err(why) => self.leave(&path, why),
            }
        }
    }

    fn push(&mut self, name: String, path: Vec<String>, value: Value, write_only: bool) {
        let whole = path.join(".");
        let returned = match (write_only, covers(&self.groups.read_only, &path)) {
            (true, _) => ", which AWS never returns",
            (false, true) => ", which AWS sets, as Cloud Control returns it",
            (false, false) => ", as Cloud Control returns it",
        };
        let fraction = if value.of == "number" { "; a number with a fraction is a gap" } else { "" };
        let doc = match &value.convert {
            Some(convert) if convert == "names" => {
                format!("The names in the property `{whole}`, without their values.")
            }
            _ => format!("Property `{whole}`{returned}{fraction}."),
        };
        let required = self.groups.identifier.iter().any(|part| part.iter().eq(path.iter())) && !write_only;
        let of = if value.of == "number" { "integer".to_owned() } else { value.of.clone() };
        // The ARN of the resource itself is no reference.
        let own = required || write_only || path.last().is_some_and(|last| last == "Arn");
        let refers = value.refers.filter(|_| !own);
        self.taken.insert(name.clone());
        self.all.push(Attribute { name, path, value: Value { of, refers, ..value }, required, write_only, doc });
    }

    /// Returns the name of an attribute. A property whose name is taken, such as `Name`, gets the noun as a prefix.
    fn free_name(&self, prefix: &str, property: &str) -> Option<String> {
        let name = snake(property);
        let candidates = [format!("{prefix}{name}"), format!("{prefix}{}_{name}", self.noun)];
        candidates.into_iter().find(|name| !self.hides(name))
    }

    /// Returns whether the name is taken, hides another name, or is hidden by another name.
    fn hides(&self, name: &str) -> bool {
        let below = format!("{name}.");
        let mut above = name;
        while let Some((shorter, _)) = above.rsplit_once('.') {
            // The attributes of the population are texts, so they hide no other name.
            if self.all.iter().any(|it| it.name == shorter) {
                return true;
            }
            above = shorter;
        }
        self.taken.contains(name) || self.taken.iter().any(|taken| taken.starts_with(&below))
    }

    fn leave(&mut self, path: &[String], why: impl Into<String>) {
        let what: Vec<String> = path.iter().map(|name| attestry_core::source::printable(name, 80)).collect();
        self.left_out.push(LeftOut { what: what.join("."), why: why.into() });
    }

    /// Returns the value of a property, or the reason why the property has no attribute.
    fn value<'s>(
        &mut self,
        name: &str,
        shape: &'s Shape,
        path: &[String],
        write_only: bool,
    ) -> Result<Found<'s>, &'static str> {
        let found = |value: Value| Ok(Found::Value(value));
        // A property with the plain name `Value` is the value of a parameter or of a key.
        if path.len() == 1 && name == "Value" && !write_only {
            return Err("it is a value that can be a secret");
        }
        if let Some(document) = self.document(name, shape) {
            return found(Value::of("statements").by(format!("{{ statements: {document} }}")));
        }
        match shape {
            Shape::List(items) => self.list(name, items, path, write_only).map(Found::Value),
            Shape::Map(_) if is_tags(name) => found(Value::of("{text}")),
            Shape::Map(values) => self.map(values, path, write_only).map(Found::Value),
            Shape::Object(properties) => Ok(Found::Nested(properties)),
            Shape::Json if is_tags(name) => found(Value::of("{text}")),
            Shape::Json => Err("it is a document of any form"),
            Shape::Unknown(why) => Err(why),
            scalar => scalar_of(name, scalar, write_only).map(Found::Value),
        }
    }

    fn list(&mut self, name: &str, items: &Shape, path: &[String], write_only: bool) -> Result<Value, &'static str> {
        if let Some((key, of)) = tags(name, items) {
            return Ok(Value::of("{text}").by(format!("{{ tags: [{key}, {of}] }}")));
        }
        match items {
            Shape::Object(properties) if write_only => {
                let _ = properties;
                Err("AWS never returns it")
            }
            Shape::Object(properties) => {
                let fields = self.fields(properties, path, 1)?;
                Ok(Value { of: "[record]".to_owned(), fields, ..Value::default() })
            }
            Shape::Scalar => Err("it is a list of values of different types"),
            Shape::List(_) => Err("it is a list of lists"),
            Shape::Map(_) | Shape::Json => Err("it is a list of documents of any form"),
            Shape::Unknown(why) => Err(why),
            scalar => {
                let item = scalar_of(name, scalar, write_only)?;
                let of = if item.of == "number" { "integer" } else { &item.of };
                Ok(Value { of: format!("[{of}]"), ..item })
            }
        }
    }

    fn map(&mut self, values: &Shape, path: &[String], write_only: bool) -> Result<Value, &'static str> {
        match values {
            // The values of a map with free names can be secrets, like the values of environment variables.
            Shape::Text(_) | Shape::Scalar => {
                if !write_only {
                    self.leave(path, "the file keeps the names of the map, because its values can be secrets");
                }
                Ok(Value::of("[text]").by("names"))
            }
            Shape::Object(_) if write_only => Err("AWS never returns it"),
            Shape::Object(properties) => {
                let fields = self.fields(properties, path, 1)?;
                Ok(Value { of: "{record}".to_owned(), fields, ..Value::default() })
            }
            Shape::Bool | Shape::Integer(_) | Shape::Number(_) => {
                let value = scalar_of("", values, write_only)?;
                let of = if value.of == "number" { "integer" } else { &value.of };
                Ok(Value { of: format!("{{{of}}}"), ..value })
            }
            Shape::List(items) if matches!(**items, Shape::Text(_)) => Ok(Value::of("{[text]}")),
            Shape::Unknown(why) => Err(why),
            Shape::List(_) | Shape::Map(_) | Shape::Json => Err("it is a map of lists or of documents"),
        }
    }

    /// Returns the fields of a record. If a property cannot be a field, only this property is left out.
    fn fields(
        &mut self,
        properties: &[(String, Shape)],
        above: &[String],
        level: usize,
    ) -> Result<Vec<Attribute>, &'static str> {
        if level > MOST_LEVELS {
            return Err("it is nested too deeply");
        }
        let above: Vec<String> = above.iter().cloned().chain(["*".to_owned()]).collect();
        let mut fields: Vec<Attribute> = Vec::new();
        let is_setting = are_settings(&above.join(".")) && properties.iter().any(|(name, _)| is_key(name));
        for (property, shape) in properties {
            let path: Vec<String> = above.iter().chain([property]).cloned().collect();
            let name = snake(property);
            let value = if !is_plain(property) {
                Err("its name has letters that a file cannot hold")
            } else if covers(&self.groups.write_only, &path) {
                // A field that is never there would make the whole record unknown.
                Err("AWS never returns it")
            } else if is_setting && is_value(property) {
                Err("it is the value of a setting, which can be a secret")
            } else if fields.iter().any(|field| field.name == name) {
                Err("another property has the same name as a field")
            } else if fields.iter().map(Attribute::size).sum::<usize>() >= MOST_FIELDS {
                Err("the record has too many fields")
            } else {
                self.value(property, shape, &path, false).and_then(|found| match found {
                    Found::Value(value) => Ok(value),
                    Found::Nested(inner) => {
                        // A structure inside a record becomes a nested record.
                        let fields = self.fields(inner, &path, level + 1)?;
                        Ok(Value { of: "record".to_owned(), fields, ..Value::default() })
                    }
                })
            };
            match value {
                Ok(value) => {
                    let of = if value.of == "number" { "integer".to_owned() } else { value.of.clone() };
                    // Only an attribute refers to another kind.
                    let value = Value { of, refers: None, ..value };
                    let path = vec![property.clone()];
                    let (required, write_only, doc) = (false, false, String::new());
                    fields.push(Attribute { name, path, value, required, write_only, doc });
                }
                Err(why) => self.leave(&path, why),
            }
        }
        if fields.is_empty() { Err("none of its fields can be read") } else { Ok(fields) }
    }

    /// Returns the form of a policy document, if the property is one.
    fn document(&self, name: &str, shape: &Shape) -> Option<&'static str> {
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        let is_policy = match shape {
            Shape::Json => name.contains("Policy"),
            Shape::Text(format) => match format.as_deref() {
                Some(WORDS) => false,
                Some("json") => name.contains("Policy"),
                _ => name == "Policy" || ends(&["PolicyDocument", "PolicyText", "ResourcePolicy", "KeyPolicy"]),
            },
            _ => false,
        };
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        is_policy.then(|| match name {
            _ if has(&["AssumeRole", "Trust"]) => "trust",
            _ if ["IAM", "SSO"].contains(&self.service) || has(&["Inline", "Session"]) => "identity",
            _ => "resource",
        })
    }

    /// Keeps the attributes that are nested least and that AWS returns.
    fn keep_the_nearest(&mut self) {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_by_key(|at| self.all.get(*at).map(|it| (it.write_only, it.path.len())));
        let kept: BTreeSet<usize> = order.into_iter().take(MOST_ATTRIBUTES).collect();
        let all = std::mem::take(&mut self.all);
        for (at, attribute) in all.into_iter().enumerate() {
            if kept.contains(&at) {
                self.all.push(attribute);
            } else {
                self.leave(&attribute.path, format!("a kind has at most {MOST_ATTRIBUTES} attributes"));
            }
        }
    }
}

impl Attribute {
    /// Returns the number of fields, including the field itself and all nested fields.
    fn size(&self) -> usize {
        1 + self.value.fields.iter().map(Self::size).sum::<usize>()
    }
}

/// The result of a property: the value of an attribute, or properties below it.
enum Found<'s> {
    Value(Value),
    Nested(&'s [(String, Shape)]),
}

fn scalar_of(name: &str, shape: &Shape, write_only: bool) -> Result<Value, &'static str> {
    let secret = is_secret(name) && !write_only;
    match shape {
        Shape::Text(_) | Shape::Scalar if secret => Err("it is secret by its name"),
        Shape::Text(format) if format.as_deref() == Some("date-time") => Ok(Value::of("time")),
        Shape::Text(format) => Ok(Value { refers: referred(name, format.as_deref()), ..Value::of("text") }),
        Shape::Scalar => Ok(Value::of("text").by("to_text")),
        Shape::Bool => Ok(Value::of("bool")),
        Shape::Integer(range) => Ok(match (unit(name), range) {
            (Some(unit), None) => Value::of("duration").by(unit),
            _ => Value { range: *range, ..Value::of("integer") },
        }),
        Shape::Number(range) => Ok(Value { range: *range, ..Value::of("number") }),
        _ => Err("it has no single value"),
    }
}

/// Returns whether one of these paths is equal to the path or is a prefix of it.
fn covers(paths: &[Vec<&str>], path: &[String]) -> bool {
    paths.iter().any(|known| known.len() <= path.len() && known.iter().zip(path).all(|(a, b)| a == b))
}

/// Returns the names of the members for the key and the value in a list of tags.
fn tags<'s>(name: &str, items: &'s Shape) -> Option<(&'s str, &'s str)> {
    let Shape::Object(members) = items else { return None };
    let text = |is: fn(&str) -> bool| {
        let found = members.iter().find(|(name, shape)| is(name) && matches!(shape, Shape::Text(_)));
        found.map(|(name, _)| name.as_str())
    };
    let is_tags = name.to_lowercase().contains("tag") && members.len() <= 4 && members.iter().all(|it| is_plain(&it.0));
    Some((text(is_key)?, text(is_value)?)).filter(|_| is_tags)
}

/// Returns whether a map of this name holds tags.
fn is_tags(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with("tags") || name.ends_with("labels")
}

fn is_key(name: &str) -> bool {
    let name = name.to_lowercase();
    ["key", "tagkey", "name"].contains(&name.as_str()) || name.ends_with("parametername")
}

fn is_value(name: &str) -> bool {
    let name = name.to_lowercase();
    ["value", "tagvalue", "values"].contains(&name.as_str()) || name.ends_with("parametervalue")
}
