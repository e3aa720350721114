//! The conversions of kind files. They turn values of answers into values of attributes.
//!
//! Each conversion returns a value, returns no value, or fails with a reason that quotes no value. This module must not
//! know paths, nor which attribute it serves.

mod values;

use serde_json::Value as Json;

use super::longest_interval;
use crate::facts::{Value, looks_secret, parse_duration};
use crate::source::hint;
use values::{
    DAY, HOUR, MINUTE, arn, as_text, epoch, host_only, integer, iso_duration, map, names, statements, tags, text, uncut,
};

pub(super) use values::{instant, whole};

/// One conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// A number of units of time. The argument is the number of seconds in a unit.
    Units(i64),
    /// A text such as `3h` or `1d 12h`.
    Duration,
    /// A text of ISO 8601 such as `PT1H`.
    IsoDuration,
    /// The longest time between two runs of a `rate()` or `cron()` expression.
    Schedule,
    /// The time since 1970 in units of time. The argument is the number of units in a second.
    Epoch(i64),
    /// An instant as a text of ISO 8601.
    Instant,
    /// A text with a whole number.
    ToInteger,
    /// The text `true` or `false`.
    ToBool,
    /// Any value as text.
    ToText,
    /// A number above zero. Any other number becomes no value.
    Positive,
    /// The part of a text after the last separator.
    LastOf(String),
    /// The part of a text before the first separator.
    Before(String),
    /// A text without this ending.
    WithoutEnd(String),
    /// The part of an ARN with this index, from 0.
    ArnPart(usize),
    /// The last part of the resource in an ARN, after the last `:` or `/`.
    ArnName,
    /// A text in lower case.
    Lower,
    /// A policy document.
    Statements(Document),
    /// A text that is JSON.
    FromJson,
    /// A map. Its values become texts.
    Texts,
    /// A list of pairs, which becomes a map. The arguments are the names of the members with the key and the value.
    Tags(String, String),
    /// The names of a map.
    Names,
    /// The names of those members of a map whose value looks like a secret.
    SecretNames,
    /// Whether a text looks like a secret.
    SecretLooking,
    /// A web address without its path.
    HostOnly,
    /// A list of texts, which is sorted.
    Sorted,
}

/// The form of a policy document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// A policy of a resource.
    Resource,
    /// The trust policy of a role.
    Trust,
    /// A policy of an identity.
    Identity,
}

/// The type of a value before or after a conversion. It is used to check a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// True or false.
    Bool,
    /// An instant.
    Time,
    /// A length of time.
    Duration,
    /// A list.
    List,
    /// A map.
    Map,
    /// A list of statements.
    Statements,
    /// Any value.
    Any,
}

/// The conversions without an argument.
pub(super) const PLAIN: &[(&str, Conversion)] = &[
    ("arn_account", Conversion::ArnPart(4)),
    ("arn_name", Conversion::ArnName),
    ("arn_region", Conversion::ArnPart(3)),
    ("days", Conversion::Units(DAY)),
    ("duration", Conversion::Duration),
    ("epoch", Conversion::Epoch(1)),
    ("epoch_ms", Conversion::Epoch(1000)),
    ("host_only", Conversion::HostOnly),
    ("hours", Conversion::Units(HOUR)),
    ("instant", Conversion::Instant),
    ("iso_duration", Conversion::IsoDuration),
    ("json", Conversion::FromJson),
    ("lower", Conversion::Lower),
    ("minutes", Conversion::Units(MINUTE)),
    ("names", Conversion::Names),
    ("positive", Conversion::Positive),
    ("schedule", Conversion::Schedule),
    ("seconds", Conversion::Units(1)),
    ("secret_looking", Conversion::SecretLooking),
    ("secret_names", Conversion::SecretNames),
    ("sorted", Conversion::Sorted),
    ("texts", Conversion::Texts),
    ("to_bool", Conversion::ToBool),
    ("to_integer", Conversion::ToInteger),
    ("to_text", Conversion::ToText),
];

/// The conversions with an argument.
pub(super) const WITH: &[&str] = &["before", "last_of", "statements", "tags", "without_end"];

const DOCUMENTS: &[(&str, Document)] =
    &[("identity", Document::Identity), ("resource", Document::Resource), ("trust", Document::Trust)];

impl Conversion {
    /// Returns the conversion with this name and argument. The argument of `tags` has two texts, and other arguments
    /// have one.
    ///
    /// # Errors
    /// There is no such conversion, or it takes another argument. The error text is for the user.
    pub fn named(name: &str, argument: Option<&[String]>) -> Result<Self, String> {
        let plain = PLAIN.iter().find(|(known, _)| *known == name);
        match (plain, argument) {
            (Some((_, conversion)), None) => return Ok(conversion.clone()),
            (Some(_), Some(_)) => return Err(format!("`{name}` takes no argument")),
            (None, _) => {}
        }
        let wanted = |what: &str| Err(format!("`{name}` takes {what}"));
        match (name, argument.unwrap_or_default()) {
            ("last_of", [separator]) if !separator.is_empty() => Ok(Self::LastOf(separator.clone())),
            ("before", [separator]) if !separator.is_empty() => Ok(Self::Before(separator.clone())),
            ("without_end", [end]) if !end.is_empty() => Ok(Self::WithoutEnd(end.clone())),
            ("tags", [key, value]) => Ok(Self::Tags(key.clone(), value.clone())),
            ("statements", [form]) => match DOCUMENTS.iter().find(|(known, _)| known == form) {
                Some((_, document)) => Ok(Self::Statements(*document)),
                None => wanted("`resource`, `trust` or `identity`"),
            },
            ("last_of" | "before" | "without_end", _) => wanted("a text"),
            ("tags", _) => wanted("the two members with the key and the value, such as `[Key, Value]`"),
            ("statements", _) => wanted("`resource`, `trust` or `identity`"),
            _ => {
                let names = PLAIN.iter().map(|(known, _)| *known).chain(WITH.iter().copied());
                let near = hint(name, names);
                Err(format!("`{name}` is no conversion{near}"))
            }
        }
    }

    /// Returns the type of the value before the conversion and the type after it.
    #[must_use]
    pub const fn sorts(&self) -> (Sort, Sort) {
        match self {
            Self::Units(_) => (Sort::Integer, Sort::Duration),
            Self::Duration | Self::IsoDuration | Self::Schedule => (Sort::Text, Sort::Duration),
            Self::Epoch(_) => (Sort::Integer, Sort::Time),
            Self::Instant => (Sort::Text, Sort::Time),
            Self::ToInteger => (Sort::Text, Sort::Integer),
            Self::ToBool => (Sort::Text, Sort::Bool),
            Self::ToText => (Sort::Any, Sort::Text),
            Self::Positive => (Sort::Integer, Sort::Integer),
            Self::LastOf(_)
            | Self::Before(_)
            | Self::WithoutEnd(_)
            | Self::ArnPart(_)
            | Self::ArnName
            | Self::Lower
            | Self::HostOnly => (Sort::Text, Sort::Text),
            Self::Statements(_) => (Sort::Any, Sort::Statements),
            Self::FromJson => (Sort::Text, Sort::Any),
            Self::Texts => (Sort::Map, Sort::Map),
            Self::Tags(..) => (Sort::List, Sort::Map),
            Self::Names | Self::SecretNames => (Sort::Map, Sort::List),
            Self::SecretLooking => (Sort::Text, Sort::Bool),
            Self::Sorted => (Sort::List, Sort::List),
        }
    }

    /// Converts a value. A list is converted item by item, unless the conversion takes a whole list.
    ///
    /// # Errors
    /// The value has another form. The reason quotes no value.
    pub fn apply(&self, value: Converted) -> Result<Converted, String> {
        match value {
            Converted::None => Ok(Converted::None),
            Converted::Raw(Json::Array(items)) if !matches!(self, Self::Tags(..) | Self::Sorted | Self::ToText) => {
                let mut all = Vec::with_capacity(items.len());
                for item in items {
                    match self.one(item)? {
                        Converted::None => {}
                        Converted::Raw(item) => all.push(Part::Raw(item)),
                        Converted::Value(item) => all.push(Part::Value(item)),
                        Converted::Parts(_) => return Err("the value is a list of lists".to_owned()),
                    }
                }
                Ok(Converted::Parts(all))
            }
            Converted::Parts(parts) => {
                let mut raw = Vec::with_capacity(parts.len());
                for part in parts {
                    match part {
                        Part::Raw(item) => raw.push(item),
                        Part::Value(_) => return Err("the value was converted before".to_owned()),
                    }
                }
                self.apply(Converted::Raw(Json::Array(raw)))
            }
            Converted::Raw(value) => self.one(value),
            Converted::Value(_) => Err("the value was converted before".to_owned()),
        }
    }

    fn one(&self, value: Json) -> Result<Converted, String> {
        let raw = |value: Json| Ok(Converted::Raw(value));
        let done = |value: Value| Ok(Converted::Value(value));
        match self {
            Self::Units(seconds) => {
                let number = integer(&value)?;
                done(Value::Duration(number.checked_mul(*seconds).ok_or("the number is too large")?))
            }
            Self::Duration => done(Value::Duration(parse_duration(text(&value)?).ok_or("the text is no duration")?)),
            Self::IsoDuration => {
                done(Value::Duration(iso_duration(text(&value)?).ok_or("the text is no duration of ISO 8601")?))
            }
            Self::Schedule => {
                done(Value::Duration(longest_interval(text(&value)?).ok_or("the schedule is not understood")?))
            }
            Self::Epoch(units) => done(Value::Time(epoch(&value, *units)?)),
            Self::Instant => done(Value::Time(instant(text(&value)?)?)),
            Self::ToInteger => match text(&value)?.parse::<i64>() {
                Ok(number) => raw(number.into()),
                Err(_) => Err("the text is no whole number".to_owned()),
            },
            Self::ToBool => match text(&value)? {
                "true" => raw(true.into()),
                "false" => raw(false.into()),
                _ => Err("the text is neither true nor false".to_owned()),
            },
            Self::ToText => raw(as_text(value).into()),
            Self::Positive => {
                let number = integer(&value)?;
                Ok(if number > 0 { Converted::Raw(value) } else { Converted::None })
            }
            Self::LastOf(separator) => raw(uncut(&value)?.rsplit(separator.as_str()).next().unwrap_or_default().into()),
            Self::Before(separator) => raw(uncut(&value)?.split(separator.as_str()).next().unwrap_or_default().into()),
            Self::WithoutEnd(end) => {
                let text = uncut(&value)?;
                raw(text.strip_suffix(end.as_str()).unwrap_or(&text).into())
            }
            Self::ArnPart(place) => {
                let text = uncut(&value)?;
                let part = arn(&text)?.nth(*place).unwrap_or_default();
                Ok(if part.is_empty() { Converted::None } else { Converted::Raw(part.into()) })
            }
            Self::ArnName => {
                let text = uncut(&value)?;
                let resource = arn(&text)?.nth(5).unwrap_or_default();
                raw(resource.rsplit([':', '/']).next().unwrap_or_default().into())
            }
            Self::Lower => raw(text(&value)?.to_lowercase().into()),
            Self::Statements(form) => done(Value::List(statements(&value, *form)?)),
            Self::FromJson => {
                serde_json::from_str(text(&value)?).map(Converted::Raw).map_err(|_| "the text is no JSON".to_owned())
            }
            Self::Texts => {
                let members = map(value)?.into_iter().map(|(name, value)| (name, Json::from(as_text(value))));
                raw(Json::Object(members.collect()))
            }
            Self::Tags(key, of) => raw(Json::Object(tags(value, key, of)?)),
            Self::Names => raw(names(value, |_, _| true)?),
            Self::SecretNames => {
                raw(names(value, |name, value| value.as_str().is_some_and(|it| looks_secret(name, it)))?)
            }
            Self::SecretLooking => raw(looks_secret("", text(&value)?).into()),
            Self::HostOnly => raw(host_only(text(&value)?).into()),
            Self::Sorted => match value {
                Json::Array(mut items) if items.iter().all(Json::is_string) => {
                    items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                    raw(items.into())
                }
                _ => Err("the value is no list of texts".to_owned()),
            },
        }
    }
}

/// A value between two conversions.
#[derive(Clone, Debug, PartialEq)]
pub enum Converted {
    /// There is no value.
    None,
    /// A value as AWS returned it.
    Raw(Json),
    /// A value of an attribute.
    Value(Value),
    /// The items of a list.
    Parts(Vec<Part>),
}

/// An item of a list between two conversions.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// An item as AWS returned it.
    Raw(Json),
    /// An item of an attribute.
    Value(Value),
}
