//! Evaluates a path on an answer. This module must not know what the answer is about.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value as Json;

use super::{Comparison, Function, Path};

/// A function got a value of a type that it does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{function}` got {found}")]
pub struct WrongType {
    /// The name of the function.
    pub function: &'static str,
    /// The type of the value, in words.
    pub found: &'static str,
}

const NULL: Json = Json::Null;

/// Returns the value of a path. It is borrowed from the answer where possible.
pub(super) fn value<'a>(path: &'a Path, of: &'a Json) -> Result<Cow<'a, Json>, WrongType> {
    let of = Cow::Borrowed(of);
    at(path, of)
}

/// Returns the value of a path in a value. An earlier part of the path may have created this value.
fn at<'a>(path: &'a Path, of: Cow<'a, Json>) -> Result<Cow<'a, Json>, WrongType> {
    Ok(match path {
        Path::Current => of,
        Path::Literal(value) => Cow::Borrowed(value),
        Path::Member(name) => member(of, |it| it.get(name.as_str()), |it| it.as_object_mut()?.remove(name.as_str())),
        Path::Item(place) => {
            let index = of.as_array().and_then(|items| index(*place, items.len()));
            match index {
                Some(index) => member(of, |it| it.get(index), |it| Some(it.get_mut(index)?.take())),
                None => Cow::Owned(NULL),
            }
        }
        Path::Inside(outer, inner) => at(inner, at(outer, of)?)?,
        Path::Merged(list) => match at(list, of)?.into_owned() {
            Json::Array(items) => Cow::Owned(Json::Array(merged(items))),
            _ => Cow::Owned(NULL),
        },
        Path::Each(list, each) => match at(list, of)?.into_owned() {
            Json::Array(items) => Cow::Owned(Json::Array(projected(items, each)?)),
            _ => Cow::Owned(NULL),
        },
        Path::Where { list, condition, each } => match at(list, of)?.into_owned() {
            Json::Array(items) => {
                let mut kept = Vec::new();
                for item in items {
                    if is_true(&*value(condition, &item)?) {
                        kept.push(item);
                    }
                }
                Cow::Owned(Json::Array(projected(kept, each)?))
            }
            _ => Cow::Owned(NULL),
        },
        Path::Or(a, b) => {
            let first = at(a, of.clone())?;
            if is_true(&first) { first } else { at(b, of)? }
        }
        Path::And(a, b) => {
            let first = at(a, of.clone())?;
            if is_true(&first) { at(b, of)? } else { first }
        }
        Path::Not(a) => Cow::Owned(Json::Bool(!is_true(&*at(a, of)?))),
        Path::Compare(how, a, b) => {
            let result = compare(*how, &*value(a, &of)?, &*value(b, &of)?);
            Cow::Owned(result)
        }
        Path::Call(function, arguments) => {
            let mut values = Vec::with_capacity(arguments.len());
            for argument in arguments {
                values.push(value(argument, &of)?.into_owned());
            }
            Cow::Owned(call(*function, values)?)
        }
    })
}

/// Returns a part of a value. The part is borrowed from a borrowed value, and moved out of an owned value.
fn member<'a>(
    of: Cow<'a, Json>,
    get: impl FnOnce(&'a Json) -> Option<&'a Json>,
    take: impl FnOnce(&mut Json) -> Option<Json>,
) -> Cow<'a, Json> {
    match of {
        Cow::Borrowed(of) => get(of).map_or(Cow::Owned(NULL), Cow::Borrowed),
        Cow::Owned(mut of) => Cow::Owned(take(&mut of).unwrap_or(NULL)),
    }
}

fn index(place: i64, length: usize) -> Option<usize> {
    let index = if place < 0 { i64::try_from(length).ok()?.checked_add(place)? } else { place };
    usize::try_from(index).ok().filter(|index| *index < length)
}

fn merged(items: Vec<Json>) -> Vec<Json> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Json::Array(inner) => all.extend(inner),
            other => all.push(other),
        }
    }
    all
}

/// Returns the value of a path in each item. Items without a value are left out.
fn projected(items: Vec<Json>, each: &Path) -> Result<Vec<Json>, WrongType> {
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let found = at(each, Cow::Owned(item))?.into_owned();
        if !found.is_null() {
            values.push(found);
        }
    }
    Ok(values)
}

/// Whether a condition with this value holds: the value is neither null, false nor empty.
pub(super) fn is_true(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(it) => *it,
        Json::Number(_) => true,
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(members) => !members.is_empty(),
    }
}

/// Returns the result of a comparison. Only numbers have an order, so `<` and similar comparisons of other values give
/// null.
fn compare(how: Comparison, a: &Json, b: &Json) -> Json {
    let order = || match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        _ => None,
    };
    let equal = || match (a, b) {
        (Json::Number(_), Json::Number(_)) => order() == Some(Ordering::Equal),
        _ => a == b,
    };
    let ordered = |fits: fn(Ordering) -> bool| order().map_or(Json::Null, |it| Json::Bool(fits(it)));
    match how {
        Comparison::Equal => Json::Bool(equal()),
        Comparison::NotEqual => Json::Bool(!equal()),
        Comparison::Less => ordered(Ordering::is_lt),
        Comparison::AtMost => ordered(Ordering::is_le),
        Comparison::Greater => ordered(Ordering::is_gt),
        Comparison::AtLeast => ordered(Ordering::is_ge),
    }
}

/// Returns the result of a function. The result is null if the first argument is null, so an absent list has no length.
/// Only `not_null` skips such arguments.
fn call(function: Function, mut arguments: Vec<Json>) -> Result<Json, WrongType> {
    if function == Function::NotNull {
        return Ok(arguments.into_iter().find(|it| !it.is_null()).unwrap_or(Json::Null));
    }
    let second = if arguments.len() > 1 { arguments.pop() } else { None };
    let first = arguments.pop().unwrap_or(Json::Null);
    if first.is_null() {
        return Ok(Json::Null);
    }
    let wrong = |of: &Json| WrongType { function: function.name(), found: in_words(of) };
    let second = second.unwrap_or(Json::Null);
    match (function, first, second) {
        (Function::Length, Json::String(text), _) => Ok(text.chars().count().into()),
        (Function::Length, Json::Array(items), _) => Ok(items.len().into()),
        (Function::Length, Json::Object(members), _) => Ok(members.len().into()),
        (Function::Keys, Json::Object(members), _) => {
            let mut names: Vec<String> = members.into_iter().map(|(name, _)| name).collect();
            names.sort();
            Ok(names.into())
        }
        (Function::Contains, Json::Array(items), wanted) => {
            Ok(items.iter().any(|item| compare(Comparison::Equal, item, &wanted) == Json::Bool(true)).into())
        }
        (Function::Contains, Json::String(text), Json::String(part)) => Ok(text.contains(&part).into()),
        (Function::StartsWith, Json::String(text), Json::String(part)) => Ok(text.starts_with(&part).into()),
        (Function::EndsWith, Json::String(text), Json::String(part)) => Ok(text.ends_with(&part).into()),
        (Function::Max | Function::Min | Function::Sort, Json::Array(items), _) => {
            let mut items = sorted(items).map_err(|found| WrongType { function: function.name(), found })?;
            Ok(match function {
                Function::Max => items.pop().unwrap_or(Json::Null),
                Function::Min if items.is_empty() => Json::Null,
                Function::Min => items.swap_remove(0),
                _ => Json::Array(items),
            })
        }
        (_, first, _) => Err(wrong(&first)),
    }
}

/// Sorts the items, if all items are numbers or all items are texts.
fn sorted(mut items: Vec<Json>) -> Result<Vec<Json>, &'static str> {
    let texts = items.iter().all(Json::is_string);
    let numbers = items.iter().all(Json::is_number);
    if !texts && !numbers {
        return Err("a list that is neither of texts nor of numbers");
    }
    items.sort_by(|a, b| match (a, b) {
        (Json::String(a), Json::String(b)) => a.cmp(b),
        (a, b) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
    });
    Ok(items)
}

const fn in_words(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}
