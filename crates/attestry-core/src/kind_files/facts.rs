//! Reads the values of attributes from an item of an answer.
//!
//! When a value cannot be read, only its own attribute gets a gap. This module must not know calls, pages or AWS
//! clients.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::convert::{Converted, Part, instant, whole};
use super::{FileAttribute, FileCall, Origin, Reading, Reference};
use crate::facts::{Attribute, NOT_RETURNED, Type, Value};

/// The values that the templates and conditions of an item refer to.
pub trait Known {
    /// Returns the text of a reference. `Ok(None)` means that the reference has no value.
    ///
    /// # Errors
    /// AWS did not return the value. The reason quotes no value.
    fn text(&self, reference: &Reference) -> Result<Option<String>, String>;
    /// Returns the value of an attribute. `None` means that the attribute has no value or is not known.
    fn value(&self, attribute: &str) -> Option<Value>;
}

/// The value of each attribute, or the reason why the value is not known. `Ok(None)` is absent.
pub type Values = Vec<(&'static str, Result<Option<Value>, Unread>)>;

/// The reason why the value of an attribute is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The reason. It quotes no value.
    pub why: String,
    /// Whether the value is missing although the answer is as documented, because the API leaves out values.
    pub is_left_out: bool,
}

/// The reason for a missing value of an API that leaves out values.
const LEFT_OUT: &str = "the answer has no value, and this API leaves values out";

/// Reads all attributes of a call from an item.
#[must_use]
pub fn read_item(call: &FileCall, item: &Json, known: &dyn Known) -> Values {
    let mut values: Values = Vec::with_capacity(call.attributes.len());
    let mut attributes: Vec<&FileAttribute> = call.attributes.iter().collect();
    attributes.sort_by_key(|attribute| attribute.reading.rank());
    for FileAttribute { name, reading } in attributes {
        let both = Both { values: &values, known, unset_is_unknown: call.unset_is_unknown };
        let value = value_or_none(reading, item, &both);
        let is_left_out = |why: &str| reading.write_only || why == LEFT_OUT;
        values.push((name, value.map_err(|why| Unread { is_left_out: is_left_out(&why), why })));
    }
    values
}

impl Reading {
    /// Returns the rank in the order in which the attributes of an item are read. Texts and conditions use other
    /// attributes of the item, so those attributes are read first.
    pub(super) const fn rank(&self) -> u8 {
        match (&self.from, &self.absent_when) {
            (Origin::Path(_) | Origin::Nothing, None) => 0,
            (Origin::Text(_), _) => 1,
            (Origin::Path(_) | Origin::Nothing, Some(_)) => 2,
        }
    }

    /// Whether the file does not state what a missing value means.
    const fn decides_nothing(&self) -> bool {
        let by_path = matches!(self.from, Origin::Path(_));
        by_path && !self.required && self.absent.is_none() && self.absent_when.is_none()
    }
}

/// The values of an item that were read so far, and the values that were known before the item.
struct Both<'a> {
    values: &'a Values,
    known: &'a dyn Known,
    /// Whether the API leaves out values. Then a missing value is a gap.
    unset_is_unknown: bool,
}

impl Both<'_> {
    fn text(&self, reference: &Reference) -> Result<Option<String>, String> {
        let Reference::Attribute(name) = reference else { return self.known.text(reference) };
        match self.values.iter().find(|(known, _)| known == name) {
            Some((_, Ok(Some(Value::Text(text))))) => Ok(Some(text.clone())),
            Some((_, Ok(Some(Value::Integer(number))))) => Ok(Some(number.to_string())),
            Some((_, Ok(_))) => Ok(None),
            Some((_, Err(unread))) => Err(format!("`{name}`: {}", unread.why)),
            None => self.known.text(reference),
        }
    }

    fn value(&self, attribute: &str) -> Option<Value> {
        match self.values.iter().find(|(known, _)| *known == attribute) {
            Some((_, value)) => value.clone().ok().flatten(),
            None => self.known.value(attribute),
        }
    }
}

/// Returns the value of a reading. If the item has no value, returns what this means.
fn value_or_none(reading: &Reading, item: &Json, known: &Both<'_>) -> Result<Option<Value>, String> {
    match value(reading, item, known)? {
        Found::Value(value) => Ok(Some(value)),
        Found::Absent => Ok(None),
        Found::Nothing => missing(reading, known),
    }
}

/// Returns what it means that the item has no value: a value, absent or an error.
fn missing(reading: &Reading, known: &Both<'_>) -> Result<Option<Value>, String> {
    if reading.required {
        return Err("AWS always returns it, and the answer has no value".to_owned());
    }
    if let Some(value) = &reading.absent {
        return Ok(Some(value.clone()));
    }
    if let Some((attribute, expected)) = &reading.absent_when {
        return match known.value(attribute) {
            Some(value) if value == *expected => Ok(None),
            _ => Err(format!("the answer has no value, although `{attribute}` does not say that there is none")),
        };
    }
    // The value is surely absent in two situations: a text refers to an absent value, or no condition holds.
    let answered = matches!(reading.from, Origin::Text(_) | Origin::Nothing);
    if known.unset_is_unknown && !answered {
        return Err(LEFT_OUT.to_owned());
    }
    Ok(None)
}

/// The result of a reading, before a missing value gets its meaning.
enum Found {
    Value(Value),
    /// A condition of the file states that there is no value.
    Absent,
    /// The item has no value.
    Nothing,
}

/// Reads the value of a reading.
fn value(reading: &Reading, item: &Json, known: &Both<'_>) -> Result<Found, String> {
    if reading.write_only {
        return Err("AWS never returns this value".to_owned());
    }
    for (condition, value) in &reading.cases {
        if condition.holds(item).map_err(|wrong| wrong.to_string())? {
            return Ok(value.clone().map_or(Found::Absent, Found::Value));
        }
    }
    let raw = match &reading.from {
        Origin::Path(path) => path.value(item).map_err(|wrong| wrong.to_string())?,
        Origin::Text(template) => template.fill(&|reference| known.text(reference))?.map_or(Json::Null, Json::from),
        Origin::Nothing => Json::Null,
    };
    let empty = matches!(&raw, Json::String(text) if text.is_empty());
    if raw.is_null() || empty && !reading.keeps_empty {
        return Ok(Found::Nothing);
    }
    let mut converted = Converted::Raw(raw);
    for conversion in &reading.conversions {
        converted = conversion.apply(converted)?;
    }
    let value = match converted {
        Converted::None => return Ok(Found::Nothing),
        Converted::Raw(Json::Null) => return Ok(Found::Nothing),
        Converted::Raw(Json::String(text)) if text.is_empty() && !reading.keeps_empty => return Ok(Found::Nothing),
        Converted::Raw(value) => typed(value, reading.of, reading, known)?,
        Converted::Value(value) => checked(value, reading.of)?,
        Converted::Parts(parts) => {
            let Type::List(of) = reading.of else { return Err("the value is a list".to_owned()) };
            let items = parts.into_iter().map(|part| match part {
                Part::Raw(value) => typed(value, *of, reading, known),
                Part::Value(value) => checked(value, *of),
            });
            Value::List(items.collect::<Result<_, _>>()?)
        }
    };
    Ok(Found::Value(value))
}

fn checked(value: Value, of: Type) -> Result<Value, String> {
    if of.holds(&value) { Ok(value) } else { Err(format!("the value is not {}", of.describe())) }
}

/// Converts a JSON value to a value of a type.
fn typed(value: Json, of: Type, reading: &Reading, known: &Both<'_>) -> Result<Value, String> {
    let wrong = || Err(format!("the value is not {}", of.describe()));
    match (of, value) {
        (Type::Text, Json::String(text)) => Ok(Value::Text(text)),
        (Type::Bool, Json::Bool(it)) => Ok(Value::Bool(it)),
        (Type::Integer, Json::Number(number)) => match whole(&number) {
            Some(number) => Ok(Value::Integer(number)),
            None => wrong(),
        },
        (Type::Time, Json::String(text)) => instant(&text).map(Value::Time),
        (Type::List(of), Json::Array(items)) => {
            let items = items.into_iter().map(|item| typed(item, *of, reading, known));
            Ok(Value::List(items.collect::<Result<_, _>>()?))
        }
        (Type::Map(of), Json::Object(members)) => {
            let members = members.into_iter().map(|(name, member)| Ok((name, typed(member, *of, reading, known)?)));
            Ok(Value::Map(members.collect::<Result<BTreeMap<_, _>, String>>()?))
        }
        (Type::Record(_), item @ Json::Object(_)) => record(&item, reading, known),
        _ => wrong(),
    }
}

/// Reads the fields of a record. A field without a value is left out. If the API leaves out values, the record lists
/// the names of these fields.
fn record(item: &Json, reading: &Reading, known: &Both<'_>) -> Result<Value, String> {
    let (mut fields, mut left_out) = (BTreeMap::new(), Vec::new());
    for (name, field) in &reading.fields {
        let of_field = |why: String| format!("{name}: {why}");
        let value = match value(field, item, known).map_err(of_field)? {
            Found::Value(value) => Some(value),
            Found::Absent => None,
            Found::Nothing if known.unset_is_unknown && field.decides_nothing() => {
                left_out.push(name.as_str());
                None
            }
            Found::Nothing => missing(field, known).map_err(of_field)?,
        };
        if let Some(value) = value {
            let doubt = Attribute { range: field.range, ..Attribute::new("", field.of, "", "", "") }.doubt(&value);
            if let (Some(why), true) = (doubt, field.fields.is_empty()) {
                return Err(format!("{name}: {why}"));
            }
            fields.insert(name.clone(), value);
        }
    }
    if !left_out.is_empty() {
        fields.insert(NOT_RETURNED.to_owned(), Value::texts(left_out));
    }
    Ok(Value::Map(fields))
}
