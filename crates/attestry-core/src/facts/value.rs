//! The value of an attribute, and the text forms of durations.
//!
//! This module must not know kinds, matchers or AWS.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::redact::{self, REDACTED, is_secret, is_secret_of};
use super::scrub;

/// The value of an attribute. An absent value has no `Value`: see [`Fact`](super::Fact).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A whole number without a unit.
    Integer(i64),
    /// A text.
    Text(String),
    /// An instant in UTC.
    Time(Timestamp),
    /// A length of time in seconds. A day has 24 hours.
    Duration(i64),
    /// An ordered list.
    List(Vec<Value>),
    /// Named values: a record with known names, or a map with free names.
    Map(BTreeMap<String, Value>),
}

/// The name of an entry of a record. The entry lists the fields that AWS did not return and whose value is therefore
/// unknown. Its value is a list of texts.
pub const NOT_RETURNED: &str = "[not returned]";

impl Value {
    /// Replaces every text that looks like a secret. It can be a text, the key of a map, or the value under a key that
    /// names a secret.
    pub(super) fn redact(&mut self) {
        match self {
            Self::Text(text) => {
                if let Cow::Owned(clean) = scrub(text) {
                    *text = clean;
                }
            }
            Self::List(items) => items.iter_mut().for_each(Self::redact),
            Self::Map(items) => {
                // The record can have a name and a value, such as a tag or a variable.
                let of = |name: &str| match items.get(name) {
                    Some(Self::Text(text)) => Some(text.clone()),
                    _ => None,
                };
                if let (Some(name), Some(value)) = (of("name").or_else(|| of("key")), of("value"))
                    && is_secret_of(&name, &value)
                {
                    items.insert("value".to_owned(), REDACTED.into());
                }
                for (name, item) in items.iter_mut() {
                    if let Self::Text(text) = item
                        && is_secret_of(name, text)
                    {
                        REDACTED.clone_into(text);
                    }
                    item.redact();
                }
                if items.keys().any(|name| is_secret(name)) {
                    let mut clean = BTreeMap::new();
                    for (name, item) in std::mem::take(items) {
                        let name = redact::apart(scrub(&name).into_owned(), |name| clean.contains_key(name));
                        clean.insert(name, item);
                    }
                    *items = clean;
                }
            }
            Self::Bool(_) | Self::Integer(_) | Self::Time(_) | Self::Duration(_) => {}
        }
    }

    /// Whether a part of the value was withheld or not returned. A text of AWS that looks like the marker gives the
    /// same answer, because the two cannot be distinguished.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        match self {
            Self::Text(text) => redact::is_withheld(text),
            Self::List(items) => items.iter().any(Self::is_withheld),
            Self::Map(items) => {
                let hidden = |name: &str| redact::is_withheld(name) || name == NOT_RETURNED;
                items.iter().any(|(name, item)| hidden(name) || item.is_withheld())
            }
            Self::Bool(_) | Self::Integer(_) | Self::Time(_) | Self::Duration(_) => false,
        }
    }

    /// Whether AWS left out fields of a record in the value. A name of AWS that equals the marker [`NOT_RETURNED`]
    /// gives the same answer.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        match self {
            Self::List(items) => items.iter().any(Self::is_partial),
            Self::Map(items) => items.iter().any(|(name, item)| name == NOT_RETURNED || item.is_partial()),
            Self::Bool(_) | Self::Integer(_) | Self::Text(_) | Self::Time(_) | Self::Duration(_) => false,
        }
    }

    /// Creates a duration of whole days.
    #[must_use]
    pub fn days(days: impl Into<i64>) -> Self {
        Self::Duration(days.into().saturating_mul(DAY))
    }

    /// Creates a list of texts.
    pub fn texts<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(|item| Self::Text(item.into())).collect())
    }

    /// Creates a record from its fields. A field without a value is left out, so it is absent.
    pub fn record<const N: usize>(fields: [(&str, Option<Value>); N]) -> Self {
        Self::Map(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    }
}

macro_rules! value_from {
    ($($from:ty => |$it:ident| $to:expr),* $(,)?) => {
        $(impl From<$from> for Value { fn from($it: $from) -> Self { $to } })*
    };
}

value_from! {
    bool => |it| Value::Bool(it),
    i32 => |it| Value::Integer(i64::from(it)),
    i64 => |it| Value::Integer(it),
    &str => |it| Value::Text(it.to_owned()),
    String => |it| Value::Text(it),
    &String => |it| Value::Text(it.clone()),
    Timestamp => |it| Value::Time(it),
    Vec<Value> => |it| Value::List(it),
    BTreeMap<String, Value> => |it| Value::Map(it),
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const UNITS: [(&str, i64); 5] = [("w", 7 * DAY), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", 1)];

/// Reads `90d`, `1d 12h`, `15m`, `2w` as seconds. A year has no fixed length and is refused.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let unit_len = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, after) = tail.split_at_checked(unit_len)?;
        let seconds = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(seconds)?)?;
        rest = after.trim_start();
    }
    Some(total)
}

/// Writes seconds as days, hours, minutes and seconds, in the form that [`parse_duration`] reads. It cannot read a
/// negative duration, but no fact has one.
#[must_use]
pub fn format_duration(seconds: i64) -> String {
    let mut parts = Vec::new();
    let mut left = seconds.unsigned_abs();
    for (unit, size) in UNITS.iter().skip(1) {
        let size = size.unsigned_abs();
        if left >= size {
            parts.push(format!("{}{unit}", left / size));
            left %= size;
        }
    }
    let text = if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") };
    if seconds < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_write() {
        for (text, seconds) in [("90d", 90 * DAY), ("2w", 14 * DAY), ("1d 12h", 36 * HOUR), ("15m", 900), ("0s", 0)] {
            assert_eq!(parse_duration(text), Some(seconds), "{text}");
            assert_eq!(parse_duration(&format_duration(seconds)), Some(seconds), "{text}");
        }
        // Every duration of a fact is written in a form that a verifier can read.
        let mut seconds: i64 = 1;
        while let Some(next) = seconds.checked_mul(7) {
            for near in [seconds - 1, seconds, seconds + 1, i64::MAX - seconds, i64::MAX] {
                assert_eq!(parse_duration(&format_duration(near)), Some(near), "{near}");
            }
            seconds = next;
        }
        for text in ["", "90", "d", "7y", "-1d", "1.5d", "99999999999999999999d", "9223372036854775807w"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
