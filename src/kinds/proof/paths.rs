//! The types of paths: what a path selects in an answer, and whether an attribute can hold it. This module must not
//! know calls.

use attestry_model::Shape;
use serde_json::Value as Json;

use super::wrong;
use attestry_core::facts::Type;
use attestry_core::facts::iam::STATEMENTS;
use attestry_core::kind_files::{Conversion, Function, Origin, Path, Reading, Sort};
use attestry_core::source::{Diagnostics, hint};

/// What a path selects.
#[derive(Clone, Debug)]
pub(super) enum Typed {
    /// A value of AWS's model.
    Model(Shape),
    /// A list that the path creates.
    List(Box<Typed>),
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// A text.
    Text,
    /// Nothing.
    Nothing,
    /// A value that no model describes.
    Any,
}

impl Typed {
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Model(Shape::Text(_)) | Self::Text | Self::Any)
    }

    fn item(&self) -> Option<Self> {
        match self {
            Self::Model(Shape::List(list)) => Some(Self::Model(list.item())),
            Self::List(item) => Some((**item).clone()),
            Self::Any | Self::Model(Shape::Document) => Some(Self::Any),
            _ => None,
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Self::Model(shape) => shape.words(),
            Self::List(_) => "a list",
            Self::Flag => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Nothing => "nothing",
            Self::Any => "any value",
        }
    }
}

/// Returns the type of a path, or the reason why it selects nothing.
pub(super) fn of(path: &Path, from: &Typed) -> Result<Typed, String> {
    walk(path, from, Sensitive::Refused)
}

/// Whether a path may name a member that AWS marks as sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sensitive {
    /// The path must not name such a member.
    Refused,
    /// The path may name such a member, because a conversion drops the values and keeps only names.
    Dropped,
}

fn walk(path: &Path, from: &Typed, sensitive: Sensitive) -> Result<Typed, String> {
    let of = |path: &Path, from: &Typed| walk(path, from, sensitive);
    Ok(match path {
        Path::Current => from.clone(),
        Path::Member(name) => member(name, from, sensitive)?,
        Path::Item(_) => item(path, from)?,
        Path::Inside(outer, inner) => of(inner, &of(outer, from)?)?,
        Path::Merged(list) => {
            let found = of(list, from)?;
            let item = item(list, &found)?;
            Typed::List(Box::new(item.item().unwrap_or(item)))
        }
        Path::Each(list, each) => {
            let found = of(list, from)?;
            Typed::List(Box::new(of(each, &item(list, &found)?)?))
        }
        Path::Where { list, condition, each } => {
            let found = of(list, from)?;
            let item = item(list, &found)?;
            of(condition, &item)?;
            Typed::List(Box::new(of(each, &item)?))
        }
        Path::Or(a, b) => {
            let (a, b) = (of(a, from)?, of(b, from)?);
            if matches!(a, Typed::Nothing) { b } else { a }
        }
        Path::And(a, b) => {
            of(a, from)?;
            of(b, from)?
        }
        Path::Not(a) => {
            of(a, from)?;
            Typed::Flag
        }
        Path::Compare(_, a, b) => {
            of(a, from)?;
            of(b, from)?;
            Typed::Flag
        }
        Path::Literal(value) => match value {
            Json::Null => Typed::Nothing,
            Json::Bool(_) => Typed::Flag,
            Json::Number(_) => Typed::Number,
            Json::String(_) => Typed::Text,
            Json::Array(_) | Json::Object(_) => Typed::Any,
        },
        Path::Call(function, arguments) => call(*function, arguments, from, sensitive)?,
    })
}

fn member(name: &str, from: &Typed, sensitive: Sensitive) -> Result<Typed, String> {
    match from {
        Typed::Any | Typed::Model(Shape::Document) => Ok(Typed::Any),
        Typed::Model(Shape::Structure(structure)) => {
            let Some(member) = structure.member(name) else {
                let names = structure.members().map(attestry_model::Member::name);
                let near = hint(name, names);
                return Err(format!("the answer has no member `{name}` there{near}"));
            };
            if member.sensitive() && sensitive == Sensitive::Refused {
                return Err(format!("AWS marks `{name}` as sensitive, so no file may read it"));
            }
            Ok(Typed::Model(member.shape()))
        }
        Typed::Model(Shape::Map(map)) => {
            if let Shape::Text(key) = map.key()
                && !key.words().is_empty()
                && !key.words().contains(&name)
            {
                let near = hint(name, key.words().iter().copied());
                return Err(format!("the map has no key `{name}`{near}"));
            }
            Ok(Typed::Model(map.value()))
        }
        Typed::Model(Shape::List(_)) | Typed::List(_) => {
            Err(format!("`{name}` stands after a list: write `[]` before it"))
        }
        other => Err(format!("`{name}` stands after {}, which has no members", other.words())),
    }
}

fn item(path: &Path, list: &Typed) -> Result<Typed, String> {
    list.item().ok_or_else(|| format!("`{path}` is {}, and no list", list.words()))
}

fn call(function: Function, arguments: &[Path], from: &Typed, sensitive: Sensitive) -> Result<Typed, String> {
    let types: Vec<Typed> = arguments.iter().map(|it| walk(it, from, sensitive)).collect::<Result<_, _>>()?;
    let first = types.first().cloned().unwrap_or(Typed::Nothing);
    let wrong = || Err(format!("`{}` does not take {}", function.name(), first.words()));
    let sort = sort(&first);
    let takes = |sorts: &[Sort]| sorts.contains(&sort) || sort == Sort::Any;
    match function {
        Function::Length if takes(&[Sort::Text, Sort::List, Sort::Map]) => Ok(Typed::Number),
        Function::Max | Function::Min if takes(&[Sort::List]) => Ok(first.item().unwrap_or(Typed::Any)),
        Function::Contains if takes(&[Sort::List, Sort::Text]) => Ok(Typed::Flag),
        Function::StartsWith | Function::EndsWith if takes(&[Sort::Text]) => Ok(Typed::Flag),
        Function::Keys if takes(&[Sort::Map]) => Ok(Typed::List(Box::new(Typed::Text))),
        Function::Sort if takes(&[Sort::List]) => Ok(first),
        Function::NotNull => Ok(first),
        _ => wrong(),
    }
}

/// Converts a type to the sort that conversions use.
fn sort(of: &Typed) -> Sort {
    match of {
        Typed::Model(Shape::Structure(_) | Shape::Map(_)) => Sort::Map,
        Typed::Model(Shape::List(_)) | Typed::List(_) => Sort::List,
        Typed::Model(Shape::Text(_) | Shape::Blob) | Typed::Text => Sort::Text,
        Typed::Model(Shape::Boolean) | Typed::Flag => Sort::Bool,
        Typed::Model(Shape::Integer | Shape::Float) | Typed::Number => Sort::Integer,
        Typed::Model(Shape::Timestamp(_)) => Sort::Time,
        Typed::Model(Shape::Document) | Typed::Any | Typed::Nothing => Sort::Any,
    }
}

/// Proves the paths of a reading against the type of its item.
pub(super) fn prove(reading: &Reading, item: &Typed, sink: &mut Diagnostics) {
    for (condition, _) in &reading.cases {
        if let Err(why) = of(condition, item) {
            sink.push(wrong(reading.span, why));
        }
    }
    let Origin::Path(path) = &reading.from else { return };
    let drops = |it: &Conversion| matches!(it, Conversion::Names | Conversion::SecretNames | Conversion::SecretLooking);
    let sensitive = if reading.conversions.iter().any(drops) { Sensitive::Dropped } else { Sensitive::Refused };
    let found = match walk(path, item, sensitive) {
        Ok(found) => found,
        Err(why) => return sink.push(wrong(reading.span, why)),
    };
    if let Err(why) = fits(&found, reading) {
        sink.push(wrong(reading.span, why));
    }
    if !reading.fields.is_empty() {
        let record = match (&found, reading.of) {
            (found, Type::List(_)) => found.item(),
            (found, _) => Some(found.clone()),
        };
        if let Some(record) = record {
            reading.fields.iter().for_each(|(_, field)| prove(field, &record, sink));
        }
    }
}

/// Checks that the conversions accept the value, and that the attribute can hold the result.
fn fits(found: &Typed, reading: &Reading) -> Result<(), String> {
    let Some(first) = reading.conversions.first() else { return holds(found, reading.of) };
    let takes = first.sorts().0;
    let own = sort(found);
    // A conversion of one value is applied to each item of a list.
    let each = found.item().map(|item| sort(&item));
    let any = |sort: Sort| sort == takes || sort == Sort::Any || takes == Sort::Any;
    let statements = matches!(first, Conversion::Statements(_)) && matches!(own, Sort::Text | Sort::Map);
    if any(own) || each.is_some_and(any) || statements {
        return Ok(());
    }
    Err(format!("the conversion does not take {}", found.words()))
}

fn holds(found: &Typed, of: Type) -> Result<(), String> {
    let wrong = || Err(format!("the path is {}, and the attribute is {}", found.words(), of.describe()));
    let own = sort(found);
    if own == Sort::Any {
        return Ok(());
    }
    match (of, own) {
        (Type::Text, Sort::Text)
        | (Type::Bool, Sort::Bool)
        | (Type::Integer, Sort::Integer)
        | (Type::Time, Sort::Time)
        | (Type::Record(_), Sort::Map) => Ok(()),
        (of, Sort::List) if of == STATEMENTS => wrong(),
        (Type::List(of), Sort::List) => found.item().map_or(Ok(()), |item| holds(&item, *of)),
        (Type::Map(of), Sort::Map) => match found {
            Typed::Model(Shape::Map(map)) => holds(&Typed::Model(map.value()), *of),
            _ => wrong(),
        },
        _ => wrong(),
    }
}
